package odoo_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// loader answers load as Odoo does: all rows or none. Its rule judges one row by its cells.
type loader struct {
	*scripted
	sizes []int // rows of each call
}

func newLoader(bad func(cells []any) bool, refuse func(rows []any) (any, error)) *loader {
	l := &loader{}
	l.scripted = withFields(func(c called) (any, error) {
		if c.method == "has_access" {
			return true, nil
		}
		rows := c.args[1].([]any)
		l.sizes = append(l.sizes, len(rows))
		ids := []any{}
		for i, r := range rows {
			if bad(r.([]any)) {
				return refuse(rows)
			}
			ids = append(ids, int64(100*len(l.sizes)+i))
		}
		return map[string]any{"ids": ids, "messages": []any{}, "nextrow": int64(0)}, nil
	})
	return l
}

func badName(cells []any) bool { return strings.HasPrefix(cells[1].(string), "bad") }

// blameFirst puts the refusal on the first row, guilty or not.
func blameFirst([]any) (any, error) {
	message := map[string]any{"type": "error", "record": int64(0), "field": "name", "message": "Not this name!"}
	return map[string]any{"ids": false, "messages": []any{message}, "nextrow": int64(0)}, nil
}

func table(names ...string) [][]string {
	rows := make([][]string, len(names))
	for i, n := range names {
		rows[i] = []string{fmt.Sprintf("__connector__.r%d", i), n}
	}
	return rows
}

// loaded are the ids of the rows that were taken, 0 for the others.
func loaded(results []odoo.LoadResult) []int64 {
	ids := make([]int64, len(results))
	for i, r := range results {
		if r.Err == nil {
			ids[i] = r.ID
		}
	}
	return ids
}

func TestLoad(t *testing.T) {
	t.Run("Ensure rows and identifiers go in one call with the context that load needs", func(t *testing.T) {
		l := newLoader(badName, blameFirst)
		s := dial(t, l).WithContext(map[string]any{"tracking_disable": true, "tz": "Europe/Paris"})
		got, err := s.Load(ctx, "project.task", []string{"id", "name"}, table("a", "b"))
		if err != nil || !slices.Equal(loaded(got), []int64{100, 101}) {
			t.Errorf("%v, %v", got, err)
		}
		want := called{"project.task", "load",
			[]any{[]any{"id", "name"}, []any{[]any{"__connector__.r0", "a"}, []any{"__connector__.r1", "b"}}},
			map[string]any{"context": map[string]any{"tz": "UTC", "noupdate": true, "active_test": false, "tracking_disable": true}}}
		if !reflect.DeepEqual(l.calls[0], want) {
			t.Errorf("sent %v, want %v", l.calls[0], want)
		}
	})
	for name, refuse := range map[string]func([]any) (any, error){
		"a message that blames another row": blameFirst,
		"a fault":                           func([]any) (any, error) { return nil, &xmlrpc.Fault{Code: 2, Text: "Not this name!"} },
	} {
		t.Run("Ensure a bad row fails alone after "+name, func(t *testing.T) {
			l := newLoader(badName, refuse)
			got, err := dial(t, l).Load(ctx, "project.task", []string{"id", "name"}, table("a", "b", "c", "bad 1", "e", "f", "g", "bad 2"))
			if err != nil {
				t.Fatal(err)
			}
			for i, r := range got {
				if guilty := i == 3 || i == 7; guilty != (r.Err != nil) || guilty == (r.ID != 0) {
					t.Errorf("row %d: %v", i, r)
				}
			}
			if e := failed(t, got[3].Err); e.Kind != odoo.UserError || e.Text != "Not this name!" || e.OutcomeUnknown {
				t.Errorf("kind %q: %v", e.Kind, e)
			}
			if want := []int{8, 4, 2, 2, 1, 1, 4, 2, 2, 1, 1}; !slices.Equal(l.sizes, want) {
				t.Errorf("calls of %v rows, want %v", l.sizes, want)
			}
		})
	}
}

func TestLoadOfUnsendableCells(t *testing.T) {
	t.Run("Ensure a cell that XML cannot carry fails alone and names its field", func(t *testing.T) {
		l := newLoader(badName, blameFirst)
		got, err := dial(t, l).Load(ctx, "project.task", []string{"id", "name", "stage_id/.id"}, [][]string{{"m.a", "a", "1"}, {"m.b", "b", "\x01"}})
		if err != nil || got[0].ID == 0 || !slices.Equal(l.sizes, []int{1}) {
			t.Fatalf("%v, %v, calls %v", got, err, l.sizes)
		}
		if e := failed(t, got[1].Err); e.Kind != odoo.InvalidValue || e.Field != "stage_id" || e.Model != "project.task" {
			t.Errorf("kind %q, field %q", e.Kind, e.Field)
		}
	})
}

func TestLoadWithoutTheRight(t *testing.T) {
	// As Odoo 18 answers a Project / User: an AccessError, but as a message and without a field.
	message := map[string]any{"type": "error", "record": int64(0), "message": "You are not allowed to create 'Project' (project.project) records."}
	refusal := map[string]any{"ids": false, "messages": []any{message}, "nextrow": int64(0)}
	server := func(rights func(called) (any, error)) *scripted {
		return &scripted{answer: func(c called) (any, error) {
			if c.method == "load" {
				return refusal, nil
			}
			return rights(c)
		}}
	}
	t.Run("Ensure a user who may not create is told after one try", func(t *testing.T) {
		base := server(func(called) (any, error) { return false, nil })
		got, err := dial(t, base).Load(ctx, "project.project", []string{"id", "name"}, table("a", "b", "c"))
		if !odoo.IsKind(err, odoo.AccessError) || len(base.calls) != 2 {
			t.Errorf("%d calls, error %v", len(base.calls), err)
		}
		for i, r := range got {
			if !odoo.IsKind(r.Err, odoo.AccessError) {
				t.Errorf("row %d: %v", i, r.Err)
			}
		}
		if !reflect.DeepEqual(base.calls[1].args, []any{[]any{}, "create"}) || base.calls[1].method != "has_access" {
			t.Errorf("asked %v", base.calls[1])
		}
	})
	t.Run("Ensure Odoo 16 and 17 are asked in their own way", func(t *testing.T) {
		base := server(func(c called) (any, error) {
			if c.method == "check_access_rights" && reflect.DeepEqual(c.args, []any{"create", false}) {
				return false, nil
			}
			return nil, &xmlrpc.Fault{Code: 1, Text: "AttributeError: The method 'has_access' does not exist on the model 'project.project'"}
		})
		_, err := dial(t, base).Load(ctx, "project.project", []string{"id", "name"}, table("a"))
		if !odoo.IsKind(err, odoo.AccessError) || len(base.calls) != 3 {
			t.Errorf("%d calls, error %v", len(base.calls), err)
		}
	})
	t.Run("Ensure a user who may create is refused row by row, and asked about once", func(t *testing.T) {
		base := server(func(called) (any, error) { return true, nil })
		got, err := dial(t, base).Load(ctx, "project.project", []string{"id", "name"}, table("a", "b"))
		if err != nil || !odoo.IsKind(got[0].Err, odoo.UserError) || !odoo.IsKind(got[1].Err, odoo.UserError) || len(base.calls) != 4 {
			t.Errorf("%v, %v, %d calls", got, err, len(base.calls))
		}
	})
}

func TestLoadThatEnds(t *testing.T) {
	t.Run("Ensure no connection ends the work, and every row knows what became of it", func(t *testing.T) {
		l := newLoader(badName, blameFirst)
		inner := l.answer
		l.answer = func(c called) (any, error) {
			if rows := c.args[1].([]any); len(rows) == 1 && badName(rows[0].([]any)) {
				return nil, errors.New("connection reset")
			}
			return inner(c)
		}
		got, err := dial(t, l).Load(ctx, "project.task", []string{"id", "name"}, table("a", "bad", "c", "d"))
		if !odoo.IsKind(err, odoo.Connection) || got[0].ID == 0 {
			t.Fatalf("%v, %v", got, err)
		}
		if e := failed(t, got[1].Err); !e.OutcomeUnknown || e.Kind != odoo.Connection {
			t.Errorf("the row that was sent: unknown %v, kind %q", e.OutcomeUnknown, e.Kind)
		}
		for _, r := range got[2:] {
			if e := failed(t, r.Err); e.OutcomeUnknown || !e.Retryable || !strings.Contains(e.Error(), "not sent") {
				t.Errorf("a row that was not sent: %v", e)
			}
		}
	})
	t.Run("Ensure other writers end the work and it may be repeated", func(t *testing.T) {
		serialize := func([]any) (any, error) {
			message := map[string]any{"type": "error", "record": int64(0), "message": "Unknown database error: could not serialize access due to concurrent update"}
			return map[string]any{"ids": false, "messages": []any{message}}, nil
		}
		l := newLoader(badName, serialize)
		got, err := dial(t, l).Load(ctx, "project.task", []string{"id", "name"}, table("bad", "b"))
		e := failed(t, err)
		if e.Kind != odoo.Serialization || !e.Retryable || len(l.sizes) != 1 || got[1].Err == nil {
			t.Errorf("kind %q, retryable %v, calls %v", e.Kind, e.Retryable, l.sizes)
		}
	})
	t.Run("Ensure an answer without one id for each row has an unknown outcome", func(t *testing.T) {
		for _, answer := range []any{true, map[string]any{"ids": []any{int64(1)}}, map[string]any{}} {
			_, err := dial(t, withFields(func(called) (any, error) { return answer, nil })).Load(ctx, "m", []string{"id"}, [][]string{{"a.b"}, {"a.c"}})
			if e := failed(t, err); e.Kind != odoo.UnexpectedAnswer || !e.OutcomeUnknown {
				t.Errorf("%v: kind %q, unknown %v", answer, e.Kind, e.OutcomeUnknown)
			}
		}
	})
}

func TestAnswersOfLoad(t *testing.T) {
	t.Run("Ensure a warning stays with its row", func(t *testing.T) {
		warning := map[string]any{"type": "warning", "record": int64(1), "message": "Looks odd"}
		s := dial(t, withFields(func(called) (any, error) {
			return map[string]any{"ids": []any{int64(1), int64(2)}, "messages": []any{warning}}, nil
		}))
		got, err := s.Load(ctx, "m", []string{"id"}, [][]string{{"a.b"}, {"a.c"}})
		if err != nil || got[0].Warnings != nil || !slices.Equal(got[1].Warnings, []string{"Looks odd"}) {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("Ensure nothing to load is no request", func(t *testing.T) {
		s := dial(t, &scripted{})
		if got, err := s.Load(ctx, "m", []string{"id"}, nil); err != nil || len(got) != 0 || s.Requests() != 1 {
			t.Errorf("%v, %v, %d requests", got, err, s.Requests())
		}
	})
	t.Run("Ensure the refusal of a real server names row and field", func(t *testing.T) {
		body := capture(t, "odoo18/res_partner_load_with_error.response.xml")
		s := dial(t, &scripted{raw: func() (*http.Response, error) { return page(200, "text/xml", string(body)) }})
		got, err := s.Load(ctx, "res.partner", []string{"id", "name", "country_id"}, [][]string{{"labx.bad2", "Bad row", "Nowhereland"}})
		if err != nil {
			t.Fatal(err)
		}
		e := failed(t, got[0].Err)
		if e.Field != "country_id" || e.Text != "No matching record found for name 'Nowhereland' in field 'Country'" {
			t.Errorf("field %q, text %q", e.Field, e.Text)
		}
	})
	t.Run("Ensure the ids of a real server are read", func(t *testing.T) {
		body := capture(t, "odoo19/project_task_load.response.xml")
		s := dial(t, &scripted{raw: func() (*http.Response, error) { return page(200, "text/xml", string(body)) }})
		got, err := s.Load(ctx, "project.task", []string{"id", "name"}, table("T one", "T two"))
		if err != nil || got[0].ID != 77 || got[1].ID != 78 {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestLoadRecords(t *testing.T) {
	text := func(s string) map[string]record.Value { return map[string]record.Value{"name": record.Text(s)} }
	t.Run("Ensure records with other fields go in another call and keep their places", func(t *testing.T) {
		l := newLoader(badName, blameFirst)
		withStage := text("b")
		withStage["stage_id"] = record.Ref("project.task.type", "4")
		got, err := dial(t, l).LoadRecords(ctx, "project.task", []odoo.NewRecord{
			{Identifier: "c.a", Values: text("a")}, {Identifier: "c.b", Values: withStage}, {Identifier: "c.c", Values: text("c")},
		})
		if err != nil || !slices.Equal(loaded(got), []int64{100, 200, 101}) {
			t.Fatalf("%v, %v", got, err)
		}
		if !reflect.DeepEqual(l.calls[2].args, []any{[]any{"id", "name", "stage_id/.id"}, []any{[]any{"c.b", "b", "4"}}}) {
			t.Errorf("sent %v", l.calls[2].args)
		}
	})
	t.Run("Ensure a value that its field cannot hold fails alone", func(t *testing.T) {
		l := newLoader(badName, blameFirst)
		got, err := dial(t, l).LoadRecords(ctx, "project.task", []odoo.NewRecord{
			{Identifier: "c.a", Values: map[string]record.Value{"sequence": record.Int(1 << 40)}},
			{Identifier: "c.b", Values: map[string]record.Value{"nosuch": record.Int(1)}}, {Identifier: "c.c", Values: text("c")},
		})
		if err != nil || got[2].ID == 0 || !odoo.IsKind(got[0].Err, odoo.InvalidValue) || !odoo.IsKind(got[1].Err, odoo.UnknownField) {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("Ensure what follows a lost connection is not sent", func(t *testing.T) {
		server := withFields(func(called) (any, error) { return nil, errors.New("connection reset") })
		got, err := dial(t, server).LoadRecords(ctx, "project.task", []odoo.NewRecord{
			{Identifier: "c.a", Values: text("a")}, {Identifier: "c.b", Values: map[string]record.Value{"active": record.Bool(false)}},
		})
		if !odoo.IsKind(err, odoo.Connection) || !failed(t, got[0].Err).OutcomeUnknown || failed(t, got[1].Err).OutcomeUnknown || len(server.calls) != 2 {
			t.Errorf("%v, %v, %d calls", got, err, len(server.calls))
		}
	})
}

func TestLoadCells(t *testing.T) {
	price, _ := record.Decimal("12.50")
	tags := record.RefSet(record.Reference{Model: "project.tags", ID: "12"}, record.Reference{Model: "project.tags", ID: "3"})
	cases := []struct {
		kind, relation string
		value          record.Value
		column, cell   string
	}{
		{"char", "", record.Text("a"), "f", "a"},
		{"html", "", record.HTML("<p>a</p>"), "f", "<p>a</p>"},
		{"boolean", "", record.Bool(true), "f", "1"},
		{"boolean", "", record.Bool(false), "f", "0"},
		{"integer", "", record.Int(-3), "f", "-3"},
		{"float", "", price, "f", "12.5"},
		{"selection", "", record.Text("01_in_progress"), "f", "01_in_progress"},
		{"date", "", record.Date(time.Date(2025, 1, 31, 0, 0, 0, 0, time.UTC)), "f", "2025-01-31"},
		{"datetime", "", record.Instant(time.Date(2025, 1, 31, 11, 0, 0, 999, time.FixedZone("", 3600))), "f", "2025-01-31 10:00:00"},
		{"many2one", "project.tags", record.Ref("project.tags", "4"), "f/.id", "4"},
		{"many2many", "project.tags", tags, "f/.id", "12,3"},
		{"many2many", "project.tags", record.Null(), "f/.id", ""},
		{"reference", "", record.Ref("res.partner", "5"), "f", "res.partner,5"},
		{"binary", "", record.Bytes([]byte("hi")), "f", "aGk="},
		{"char", "", record.Null(), "f", ""},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.kind+" "+c.value.String()+" is a text", func(t *testing.T) {
			f := odoo.Field{Name: "f", Type: c.kind, Relation: c.relation}
			cell, err := f.LoadCell(c.value)
			if err != nil || cell != c.cell || f.LoadColumn() != c.column {
				t.Errorf("column %q, cell %q, error %v; want %q, %q", f.LoadColumn(), cell, err, c.column, c.cell)
			}
		})
	}
	for name, refused := range map[string]struct {
		field odoo.Field
		value record.Value
	}{
		"a one2many":               {odoo.Field{Type: "one2many"}, record.RefSet()},
		"a reference elsewhere":    {odoo.Field{Type: "many2one", Relation: "project.tags"}, record.Ref("res.partner", "4")},
		"an id that is none":       {odoo.Field{Type: "many2one", Relation: "project.tags"}, record.Ref("project.tags", "0")},
		"a large whole number":     {odoo.Field{Type: "integer"}, record.Int(1 << 31)},
		"a text for a date":        {odoo.Field{Type: "date"}, record.Text("2025-01-31")},
		"a type that nobody reads": {odoo.Field{Type: "properties"}, record.Null()},
	} {
		t.Run("Ensure "+name+" is refused", func(t *testing.T) {
			if cell, err := refused.field.LoadCell(refused.value); err == nil {
				t.Errorf("it became %q", cell)
			}
		})
	}
}

func TestLoadOfManyRows(t *testing.T) {
	names := make([]string, 450)
	for i := range names {
		names[i] = fmt.Sprint("row ", i)
	}
	t.Run("Ensure many rows go in several calls and their results stay in order", func(t *testing.T) {
		l := newLoader(badName, blameFirst)
		got, err := dial(t, l).Load(ctx, "project.task", []string{"id", "name"}, table(names...))
		if err != nil || !slices.Equal(l.sizes, []int{200, 200, 50}) {
			t.Fatalf("calls of %v rows, error %v", l.sizes, err)
		}
		for i, id := range loaded(got) {
			if want := int64(100*(1+i/200) + i%200); id != want {
				t.Fatalf("row %d has id %d, want %d", i, id, want)
			}
		}
	})
	t.Run("Ensure nothing follows a call without an answer", func(t *testing.T) {
		l := newLoader(func(cells []any) bool { return cells[1] == "row 250" }, func([]any) (any, error) { return nil, errors.New("connection reset") })
		got, err := dial(t, l).Load(ctx, "project.task", []string{"id", "name"}, table(names...))
		if failed(t, err).Kind != odoo.Connection || !slices.Equal(l.sizes, []int{200, 200}) {
			t.Fatalf("calls of %v rows, error %v", l.sizes, err)
		}
		if got[199].Err != nil || !failed(t, got[200].Err).OutcomeUnknown {
			t.Errorf("the first two calls: %v, %v", got[199].Err, got[200].Err)
		}
		if e := failed(t, got[400].Err); e.OutcomeUnknown || !strings.Contains(e.Text, "not sent") {
			t.Errorf("the last call: %v", e)
		}
	})
}
