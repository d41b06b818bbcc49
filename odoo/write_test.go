package odoo_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// writer is a server that judges a write or unlink by its ids, and knows which records are gone.
type writer struct {
	*scripted
	gone   []int64
	refuse func(ids []int64) error // after the dead
	writes [][]int64               // of each call
	values []any
	denied bool // to the whole model
}

func newWriter() *writer {
	w := &writer{}
	w.scripted = withFields(func(c called) (any, error) {
		switch c.method {
		case "has_access":
			return !w.denied, nil
		case "read":
			return w.read(c), nil
		case "load":
			return map[string]any{"ids": []any{int64(9)}, "messages": []any{}}, nil
		default:
			return true, w.change(c)
		}
	})
	return w
}

func (w *writer) read(c called) any {
	rows := []any{}
	for _, id := range idsOf(c.args[0]) {
		if !slices.Contains(w.gone, id) {
			rows = append(rows, map[string]any{"id": id, "write_date": "2025-01-31 10:00:00"})
		}
	}
	return rows
}

func (w *writer) change(c called) error {
	ids := idsOf(c.args[0])
	w.writes = append(w.writes, ids)
	if c.method == "write" {
		w.values = append(w.values, c.args[1])
	}
	for _, id := range ids {
		if slices.Contains(w.gone, id) {
			return &xmlrpc.Fault{Code: 2, Text: fmt.Sprintf("Record does not exist or has been deleted.\n(Record: project.task(%d,), User: 2)", id)}
		}
	}
	if w.refuse != nil {
		return w.refuse(ids)
	}
	return nil
}

func idsOf(list any) []int64 {
	var ids []int64
	for _, id := range list.([]any) {
		ids = append(ids, id.(int64))
	}
	return ids
}

func named(id int64, name string) odoo.RecordChange {
	return odoo.RecordChange{ID: id, Values: map[string]record.Value{"name": record.Text(name)}}
}

// outcome is each record's id with "ok", or the kind of its error.
func outcome(results []odoo.WriteResult) []string {
	out := make([]string, len(results))
	for i, r := range results {
		var e *odoo.Error
		out[i] = fmt.Sprint(r.ID, " ok")
		if errors.As(r.Err, &e) {
			out[i] = fmt.Sprint(r.ID, " ", e.Kind)
		}
	}
	return out
}

func TestWriteRecords(t *testing.T) {
	t.Run("Ensure records of equal values go in one call, and each has its result", func(t *testing.T) {
		w := newWriter()
		got, err := dial(t, w).WriteRecords(ctx, "project.task", []odoo.RecordChange{named(1, "a"), named(2, "b"), named(3, "a"), {ID: 4}, named(5, "b")})
		if err != nil || !slices.Equal(outcome(got), []string{"1 ok", "2 ok", "3 ok", "4 ok", "5 ok"}) {
			t.Errorf("%v, %v", outcome(got), err)
		}
		if !reflect.DeepEqual(w.writes, [][]int64{{1, 3}, {2, 5}}) || !reflect.DeepEqual(w.values, []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}}) {
			t.Errorf("writes of %v with %v", w.writes, w.values)
		}
	})
	t.Run("Ensure two changes of one record keep their order", func(t *testing.T) {
		w := newWriter()
		_, err := dial(t, w).WriteRecords(ctx, "project.task", []odoo.RecordChange{named(2, "b"), named(1, "a"), named(1, "b")})
		if err != nil || !reflect.DeepEqual(w.writes, [][]int64{{2}, {1}, {1}}) || !reflect.DeepEqual(w.values[2], map[string]any{"name": "b"}) {
			t.Errorf("writes of %v with %v, error %v", w.writes, w.values, err)
		}
	})
	t.Run("Ensure dead records are found out and the living are written by one more call", func(t *testing.T) {
		w := newWriter()
		w.gone = []int64{2, 5}
		changes := []odoo.RecordChange{named(1, "a"), named(2, "a"), named(3, "a"), named(4, "a"), named(5, "a")}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", changes)
		want := []string{"1 ok", "2 no such record", "3 ok", "4 ok", "5 no such record"}
		if err != nil || !slices.Equal(outcome(got), want) || !reflect.DeepEqual(w.writes, [][]int64{{1, 2, 3, 4, 5}, {1, 3, 4}}) {
			t.Errorf("%v in writes of %v, error %v", outcome(got), w.writes, err)
		}
	})
	t.Run("Ensure a record that leads to a dead one fails alone", func(t *testing.T) {
		w := newWriter()
		w.refuse = func(ids []int64) error {
			if slices.Contains(ids, 3) {
				return &xmlrpc.Fault{Code: 2, Text: "Gone.\n(Record: project.tags(7,), User: 2)"}
			}
			return nil
		}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", []odoo.RecordChange{named(1, "a"), named(2, "a"), named(3, "a"), named(4, "a")})
		if err != nil || !slices.Equal(outcome(got), []string{"1 ok", "2 ok", "3 no such record", "4 ok"}) {
			t.Errorf("%v, error %v", outcome(got), err)
		}
	})
	t.Run("Ensure a refused record fails alone", func(t *testing.T) {
		w := newWriter()
		w.refuse = func(ids []int64) error {
			if slices.Contains(ids, 4) {
				return &xmlrpc.Fault{Code: 2, Text: "Not this one!"}
			}
			return nil
		}
		changes := make([]odoo.RecordChange, 8)
		for i := range changes {
			changes[i] = named(int64(i+1), "a")
		}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", changes)
		want := []string{"1 ok", "2 ok", "3 ok", "4 refused by Odoo", "5 ok", "6 ok", "7 ok", "8 ok"}
		if err != nil || !slices.Equal(outcome(got), want) || len(w.writes) != 7 {
			t.Errorf("%v in writes of %v, error %v", outcome(got), w.writes, err)
		}
	})
	t.Run("Ensure a value that its field cannot hold fails alone, unsent", func(t *testing.T) {
		w := newWriter()
		bad := odoo.RecordChange{ID: 1, Values: map[string]record.Value{"sequence": record.Int(1 << 40)}}
		unknown := odoo.RecordChange{ID: 2, Values: map[string]record.Value{"nosuch": record.Int(1)}}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", []odoo.RecordChange{bad, unknown, named(3, "a")})
		if err != nil || !slices.Equal(outcome(got), []string{"1 invalid value", "2 unknown field", "3 ok"}) || !reflect.DeepEqual(w.writes, [][]int64{{3}}) {
			t.Errorf("%v in writes of %v, error %v", outcome(got), w.writes, err)
		}
	})
	t.Run("Ensure many records go in several calls", func(t *testing.T) {
		w := newWriter()
		changes := make([]odoo.RecordChange, 450)
		for i := range changes {
			changes[i] = named(int64(i+1), "a")
		}
		if _, err := dial(t, w).WriteRecords(ctx, "project.task", changes); err != nil || len(w.writes) != 3 || len(w.writes[0]) != 200 {
			t.Errorf("%d writes, error %v", len(w.writes), err)
		}
	})
	t.Run("Ensure the session's context travels along, to load too", func(t *testing.T) {
		w := newWriter()
		s := dial(t, w).WithContext(map[string]any{"tracking_disable": true})
		if _, err := s.WriteRecords(ctx, "project.task", []odoo.RecordChange{named(1, "a")}); err != nil {
			t.Fatal(err)
		}
		if _, err := s.LoadRecords(ctx, "project.task", []odoo.NewRecord{{Identifier: "c.a", Values: named(1, "a").Values}}); err != nil || len(w.calls) != 3 {
			t.Fatalf("%d calls, error %v", len(w.calls), err)
		}
		for _, c := range w.calls[1:] {
			if sent := c.kw["context"].(map[string]any); sent["tracking_disable"] != true {
				t.Errorf("%s with %v", c.method, sent)
			}
		}
	})
}

func TestWriteRecordsThatEnd(t *testing.T) {
	two := []odoo.RecordChange{named(1, "a"), named(2, "b"), named(3, "a"), named(4, "c")}
	t.Run("Ensure a write without an answer is not repeated, and nothing follows it", func(t *testing.T) {
		w := newWriter()
		w.refuse = func(ids []int64) error {
			if ids[0] == 2 {
				return errors.New("connection reset")
			}
			return nil
		}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", two)
		if !odoo.IsKind(err, odoo.Connection) || len(w.writes) != 2 {
			t.Fatalf("%v, writes of %v", err, w.writes)
		}
		if got[0].Err != nil || got[2].Err != nil {
			t.Errorf("what was written before: %v", outcome(got))
		}
		if e := failed(t, got[1].Err); !e.OutcomeUnknown {
			t.Errorf("the record that was sent: %v", e)
		}
		if e := failed(t, got[3].Err); e.OutcomeUnknown || !e.Retryable || !strings.Contains(e.Error(), "not sent") || !strings.Contains(e.Op, "write") {
			t.Errorf("the record that was not sent: %v", e)
		}
	})
	t.Run("Ensure a right that is missing for the whole model ends the work", func(t *testing.T) {
		w := newWriter()
		w.denied, w.refuse = true, func([]int64) error { return &xmlrpc.Fault{Code: 4, Text: "You may not."} }
		got, err := dial(t, w).WriteRecords(ctx, "project.task", two)
		if !odoo.IsKind(err, odoo.AccessError) || len(w.writes) != 1 || !odoo.IsKind(got[3].Err, odoo.AccessError) {
			t.Errorf("%v, %v, writes of %v", outcome(got), err, w.writes)
		}
	})
	t.Run("Ensure a rule that forbids one record lets the others pass", func(t *testing.T) {
		w := newWriter()
		w.refuse = func(ids []int64) error {
			if slices.Contains(ids, 3) {
				return &xmlrpc.Fault{Code: 4, Text: "Not this one."}
			}
			return nil
		}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", two)
		if err != nil || !slices.Equal(outcome(got), []string{"1 ok", "2 ok", "3 no right", "4 ok"}) {
			t.Errorf("%v, %v", outcome(got), err)
		}
	})
	t.Run("Ensure other writers end the work", func(t *testing.T) {
		w := newWriter()
		w.refuse = func([]int64) error {
			return &xmlrpc.Fault{Code: 1, Text: "psycopg2.errors.SerializationFailure: could not serialize access due to concurrent update"}
		}
		got, err := dial(t, w).WriteRecords(ctx, "project.task", two)
		if e := failed(t, err); e.Kind != odoo.Serialization || !e.Retryable || len(w.writes) != 1 || got[3].Err == nil {
			t.Errorf("%v, %v", outcome(got), err)
		}
	})
}

func TestUnlinkRecords(t *testing.T) {
	t.Run("Ensure what can be deleted is, and each record has its result", func(t *testing.T) {
		w := newWriter()
		w.gone = []int64{2}
		w.refuse = func(ids []int64) error {
			if slices.Contains(ids, 4) {
				return &xmlrpc.Fault{Code: 2, Text: "It is in use."}
			}
			return nil
		}
		got, err := dial(t, w).UnlinkRecords(ctx, "project.task", []int64{1, 2, 3, 4, 1})
		if err != nil || !slices.Equal(outcome(got), []string{"1 ok", "2 no such record", "3 ok", "4 refused by Odoo", "1 ok"}) {
			t.Errorf("%v, %v", outcome(got), err)
		}
	})
	t.Run("Ensure no records are no call", func(t *testing.T) {
		w := newWriter()
		if got, err := dial(t, w).UnlinkRecords(ctx, "project.task", nil); err != nil || len(got) != 0 || len(w.calls) != 0 {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestWritingOnEachVersion(t *testing.T) {
	for _, d := range dialers {
		t.Run("Ensure a dead record harms no other on Odoo "+d.version+" by "+d.name, func(t *testing.T) {
			server := odootest.New(odootest.Options{Version: d.version, APIKey: adminKey})
			first, dead, last := tag(server, "a"), tag(server, "b"), tag(server, "c")
			server.Unlink("project.tags", dead)
			blue := map[string]record.Value{"color": record.Int(4)}
			got, err := d.dial(t, server).WriteRecords(ctx, "project.tags", []odoo.RecordChange{{first, blue}, {dead, blue}, {last, blue}})
			if err != nil || got[0].Err != nil || !odoo.IsKind(got[1].Err, odoo.MissingError) || got[2].Err != nil {
				t.Errorf("%v, %v", outcome(got), err)
			}
			if n := len(server.Search("project.tags", []any{[]any{"color", "=", 4}})); n != 2 {
				t.Errorf("%d records were written", n)
			}
		})
	}
}

func tag(server *odootest.Server, name string) int64 {
	return server.Create("project.tags", map[string]any{"name": name})
}
