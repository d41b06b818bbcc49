package odoo_test

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// danglers is a server with records 1 to n, some of which cannot tell their res_name, so that Odoo leaves them out
// of every answer that would hold it (seen on Odoo 16 to 19: ir.attachment over a record that was deleted).
type danglers struct {
	*scripted
	n        int64
	dangling []int64
	late     []int64 // ids that only a search finds, and what comes after it
	gone     []int64 // ids that only a search finds, and nothing after it
	searched bool
	plain    bool // without write_date
}

func newDanglers(n int64, dangling ...int64) *danglers {
	d := &danglers{n: n, dangling: dangling}
	d.scripted = &scripted{answer: func(c called) (any, error) {
		switch c.method {
		case "fields_get":
			char := map[string]any{"type": "char", "store": true}
			made := map[string]any{"type": "char", "store": false}
			fields := map[string]any{"id": map[string]any{"type": "integer"}, "name": char, "res_name": made, "res_note": made}
			if !d.plain {
				fields["write_date"] = map[string]any{"type": "datetime", "store": true}
			}
			return fields, nil
		case "search":
			d.searched = true
			return anyIDs(d.found(c)), nil
		case "read":
			return d.rows(idsOf(c.args[0]), c.kw), nil
		default:
			return d.rows(d.found(c), c.kw), nil
		}
	}}
	return d
}

// found are the ids behind the one that the domain names, up to the limit.
func (d *danglers) found(c called) []int64 {
	from, limit := int64(1), d.n
	for _, term := range c.args[0].([]any) {
		if t, ok := term.([]any); ok && t[0] == "id" {
			from = t[2].(int64) + 1
		}
	}
	if asked, ok := c.kw["limit"].(int64); ok {
		limit = asked
	}
	var ids []int64
	for id := from; id <= d.n && int64(len(ids)) < limit; id++ {
		ids = append(ids, id)
	}
	return ids
}

func (d *danglers) rows(ids []int64, kw map[string]any) []any {
	rows, fields := []any{}, kw["fields"].([]any)
	for _, id := range ids {
		early := !d.searched && (slices.Contains(d.late, id) || slices.Contains(d.gone, id))
		dropped := slices.Contains(d.dangling, id) && slices.Contains(fields, any("res_name"))
		if id > d.n || early || dropped || d.searched && slices.Contains(d.gone, id) {
			continue
		}
		row := map[string]any{"id": id}
		for _, f := range fields {
			row[f.(string)] = map[string]any{"name": fmt.Sprint("n", id), "res_name": fmt.Sprint("r", id), "res_note": "", "write_date": "2025-01-31 10:00:00", "id": id}[f.(string)]
		}
		rows = append(rows, row)
	}
	return rows
}

func (d *danglers) methods() string {
	var names []string
	for _, c := range d.calls {
		names = append(names, c.method)
	}
	return strings.Join(names, " ")
}

func anyIDs(ids []int64) []any {
	out := make([]any, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}

func recordIDs(rows []record.Record) []string {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

var computed, stored = []string{"name", "res_name"}, []string{"name"}

// leftOut checks the error of a record that Odoo leaves out.
func leftOut(t *testing.T, err error, id int64) {
	t.Helper()
	e := failed(t, err)
	if e.Kind != odoo.UnexpectedAnswer || e.Field != "res_name" || !strings.Contains(e.Text, "ir.attachment "+strconv.FormatInt(id, 10)+" is there") || !strings.Contains(e.Hint, "look at it in Odoo") {
		t.Errorf("kind %q, field %q: %v", e.Kind, e.Field, err)
	}
}

func TestRecordsThatOdooLeavesOut(t *testing.T) {
	t.Run("Ensure one in the middle of a page ends the reading with its id, and nothing is taken for the end", func(t *testing.T) {
		for _, dangling := range []int64{1, 2, 5, 6, 7} {
			_, err := dial(t, newDanglers(7, dangling)).All(ctx, "ir.attachment", nil, computed, 3)
			leftOut(t, err, dangling)
		}
	})
	t.Run("Ensure a search and read tells it, with and without a limit", func(t *testing.T) {
		for _, o := range []odoo.SearchOptions{{}, {Limit: 5}, {Limit: 100}} {
			rows, err := dial(t, newDanglers(7, 3)).SearchRead(ctx, "ir.attachment", nil, computed, o)
			if leftOut(t, err, 3); len(rows) != 0 {
				t.Errorf("%d records beside the error", len(rows))
			}
		}
	})
	t.Run("Ensure a reading by ids tells it, and counts it neither as found nor as deleted", func(t *testing.T) {
		_, missing, err := dial(t, newDanglers(7, 3)).Read(ctx, "ir.attachment", []int64{9, 3, 1}, computed)
		leftOut(t, err, 3)
		if len(missing) != 0 {
			t.Errorf("missing %v", missing)
		}
	})
	t.Run("Ensure one that is gone is missing all the same", func(t *testing.T) {
		server := newDanglers(7, 3)
		found, missing, err := dial(t, server).Read(ctx, "ir.attachment", []int64{9, 2, 1}, computed)
		if err != nil || !slices.Equal(recordIDs(found), []string{"2", "1"}) || !slices.Equal(missing, []int64{9}) {
			t.Errorf("found %v, missing %v, error %v", found, missing, err)
		}
		if got := server.methods(); got != "fields_get read read" {
			t.Errorf("calls: %s", got)
		}
	})
	t.Run("Ensure several computed fields are all named", func(t *testing.T) {
		fields := []string{"name", "res_name", "res_note"}
		_, _, err := dial(t, newDanglers(7, 3)).Read(ctx, "ir.attachment", []int64{3}, fields)
		if e := failed(t, err); e.Field != "" || !strings.Contains(e.Hint, "res_name, res_note") {
			t.Errorf("field %q, hint %q", e.Field, e.Hint)
		}
	})
	t.Run("Ensure a reading in languages tells it, and counts ids that no record has as missing", func(t *testing.T) {
		server := newDanglers(7, 3)
		_, _, err := dial(t, server).ReadLanguages(ctx, "ir.attachment", []int64{1, 3}, computed, nil)
		leftOut(t, err, 3)
		found, missing, err := dial(t, server).ReadLanguages(ctx, "ir.attachment", []int64{0, 1, 9}, computed, nil)
		if err != nil || len(found) != 1 || !slices.Equal(missing, []int64{0, 9}) {
			t.Errorf("found %v, missing %v, error %v", found, missing, err)
		}
	})
	t.Run("Ensure a model without write_date is asked for another stored field", func(t *testing.T) {
		server := newDanglers(7, 3)
		server.plain = true
		_, _, err := dial(t, server).Read(ctx, "ir.attachment", []int64{3}, computed)
		leftOut(t, err, 3)
		if asked := server.calls[len(server.calls)-1].kw["fields"]; !reflect.DeepEqual(asked, []any{"name"}) {
			t.Errorf("asked for %v", asked)
		}
	})
	t.Run("Ensure stored fields of the same record can be read", func(t *testing.T) {
		rows, err := dial(t, newDanglers(7, 3)).All(ctx, "ir.attachment", nil, stored, 3)
		if err != nil || !slices.Equal(recordIDs(rows), counted(7)) {
			t.Errorf("%v, error %v", recordIDs(rows), err)
		}
	})
}

func TestWhatLookingForLeftOutRecordsCosts(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		want   string
	}{
		"stored fields cost nothing more":                       {stored, "fields_get search_read search_read search_read"},
		"computed fields cost one search of ids after the last": {computed, "fields_get search_read search_read search_read search"},
	} {
		t.Run("Ensure "+name, func(t *testing.T) {
			server := newDanglers(7)
			rows, err := dial(t, server).All(ctx, "ir.attachment", nil, c.fields, 3)
			if got := server.methods(); err != nil || len(rows) != 7 || got != c.want {
				t.Errorf("%d records by %s, error %v", len(rows), got, err)
			}
		})
	}
	t.Run("Ensure a page that reached its limit is not looked at again", func(t *testing.T) {
		server := newDanglers(7)
		rows, err := dial(t, server).SearchRead(ctx, "ir.attachment", nil, computed, odoo.SearchOptions{Limit: 3})
		if got := server.methods(); err != nil || len(rows) != 3 || got != "fields_get search_read" {
			t.Errorf("%d records by %s, error %v", len(rows), got, err)
		}
	})
}

func TestRecordsThatComeAndGoBetweenAReadingAndItsSearch(t *testing.T) {
	t.Run("Ensure one that came is among the rest, in order", func(t *testing.T) {
		server := newDanglers(7)
		server.late = []int64{2, 6}
		rows, err := dial(t, server).All(ctx, "ir.attachment", nil, computed, 3)
		if err != nil || !slices.Equal(recordIDs(rows), counted(7)) {
			t.Errorf("%v, error %v", recordIDs(rows), err)
		}
	})
	t.Run("Ensure one that went is not, and the reading goes on behind it", func(t *testing.T) {
		server := newDanglers(7)
		server.gone = []int64{1, 2, 3}
		rows, err := dial(t, server).All(ctx, "ir.attachment", nil, computed, 3)
		if err != nil || !slices.Equal(recordIDs(rows), []string{"4", "5", "6", "7"}) {
			t.Errorf("%v, error %v", recordIDs(rows), err)
		}
	})
}

func TestIDsThatNoRecordHas(t *testing.T) {
	impossible := []int64{0, -5, 1 << 31, 1 << 40}
	t.Run("Ensure they are missing from a reading, unsent", func(t *testing.T) {
		server := newDanglers(7)
		found, missing, err := dial(t, server).Read(ctx, "ir.attachment", []int64{0, 2, 9, -5, 1 << 40, 0}, stored)
		if err != nil || !slices.Equal(recordIDs(found), []string{"2"}) || !slices.Equal(missing, []int64{0, 9, -5, 1 << 40}) {
			t.Errorf("found %v, missing %v, error %v", found, missing, err)
		}
		if sent := server.calls[1].args[0]; !reflect.DeepEqual(sent, []any{int64(2), int64(9)}) {
			t.Errorf("sent %v", sent)
		}
		server.calls = nil
		if _, missing, err := dial(t, server).Read(ctx, "ir.attachment", impossible, computed); err != nil || len(missing) != 4 || server.methods() != "fields_get" {
			t.Errorf("missing %v by %s, error %v", missing, server.methods(), err)
		}
	})
	for _, id := range impossible {
		t.Run(fmt.Sprintf("Ensure %d fails a write and an unlink as a whole, unsent", id), func(t *testing.T) {
			w := newWriter()
			s := dial(t, w)
			err := s.Write(ctx, "project.task", []int64{1, id}, named(1, "a").Values)
			if e := failed(t, err); e.Kind != odoo.MissingError || e.OutcomeUnknown || e.Method != "write" {
				t.Error(err)
			}
			err = s.Unlink(ctx, "project.task", []int64{1, id})
			if e := failed(t, err); e.Kind != odoo.MissingError || e.OutcomeUnknown || e.Method != "unlink" || len(w.writes) != 0 {
				t.Errorf("%d writes, error %v", len(w.writes), err)
			}
		})
		t.Run(fmt.Sprintf("Ensure %d fails alone among many", id), func(t *testing.T) {
			w := newWriter()
			s := dial(t, w)
			got, err := s.WriteRecords(ctx, "project.task", []odoo.RecordChange{named(1, "a"), named(id, "a"), named(2, "a")})
			if want := []string{"1 ok", fmt.Sprint(id, " no such record"), "2 ok"}; err != nil || !slices.Equal(outcome(got), want) {
				t.Errorf("%v, error %v", outcome(got), err)
			}
			got, err = s.UnlinkRecords(ctx, "project.task", []int64{id, 1, id, 2})
			if want := []string{fmt.Sprint(id, " no such record"), "1 ok", fmt.Sprint(id, " no such record"), "2 ok"}; err != nil || !slices.Equal(outcome(got), want) {
				t.Errorf("%v, error %v", outcome(got), err)
			}
			if !reflect.DeepEqual(w.writes, [][]int64{{1, 2}, {1, 2}}) {
				t.Errorf("sent %v", w.writes)
			}
		})
	}
}
