package binding_test

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestSaveOfWhatTwoHold(t *testing.T) { statetest.Each(t, testSaveOfWhatTwoHold) }

// door is a card with a name that both sides agreed on.
func door() binding.Binding {
	b := card("c1", 1, "")
	b.Fields = binding.Fields{"name": {External: "x", Odoo: "o", Base: record.Text("Door")}, "due": {External: "dx", Odoo: "do"}}
	return b
}

// change changes the state of a binding's field.
func change(b *binding.Binding, field string, how func(*binding.FieldState)) {
	st := b.Fields[field]
	how(&st)
	b.Fields[field] = st
}

func testSaveOfWhatTwoHold(t *testing.T, s statetest.Store) {
	// twice lets two who read the same binding change it and store it, in either order, and gives what is stored then.
	twice := func(t *testing.T, one, other func(*binding.Binding), check func(t *testing.T, stored binding.Binding)) {
		t.Helper()
		for _, order := range [][2]func(*binding.Binding){{one, other}, {other, one}} {
			w := newWorld(t, s)
			id := w.save(door())[0].ID
			first, second := w.get(id), w.get(id)
			order[0](&first)
			order[1](&second)
			w.save(first)
			w.save(second)
			check(t, w.get(id))
		}
	}
	t.Run("Ensure what one of them left as it was stays as the other made it, whoever stores last", func(t *testing.T) {
		twice(t, func(b *binding.Binding) {
			b.Name, b.OdooWriteDate = "Gate", "2026-03-09 12:00:05"
			change(b, "name", func(st *binding.FieldState) {
				*st = binding.FieldState{External: "x2", Odoo: "o2", Base: record.Text("Gate")}
			})
			b.Fields["tag"] = binding.FieldState{External: "t"}
		}, func(b *binding.Binding) {
			b.Role, b.Retired = binding.Alias, now
			change(b, "due", func(st *binding.FieldState) { st.Odoo = "" })
			b.Fields["size"] = binding.FieldState{Odoo: "s"}
		}, func(t *testing.T, b binding.Binding) {
			if b.Name != "Gate" || b.OdooWriteDate == "" || b.Role != binding.Alias || !b.Retired.Equal(now) {
				t.Errorf("%+v", b)
			}
			if name, due := b.Fields["name"], b.Fields["due"]; name.Odoo != "o2" || name.Base.AsText() != "Gate" || due.External != "dx" || due.Odoo != "" {
				t.Errorf("%+v", b.Fields)
			}
			if b.Fields["tag"].External != "t" || b.Fields["size"].Odoo != "s" {
				t.Errorf("%+v", b.Fields)
			}
		})
	})
	t.Run("Ensure a side is not known any more that one wanted to be looked at again, though the other saw it as it was", func(t *testing.T) {
		twice(t, func(b *binding.Binding) {
			change(b, "name", func(st *binding.FieldState) {
				*st = binding.FieldState{External: "x2", Odoo: "o2", Base: record.Text("Gate")}
			})
		}, func(b *binding.Binding) {
			change(b, "name", func(st *binding.FieldState) { st.Odoo, st.Replaced = "", map[string]string{"7": "8"} })
		}, func(t *testing.T, b binding.Binding) {
			if st := b.Fields["name"]; st.External != "x2" || st.Odoo != "" || st.Base.AsText() != "Gate" || st.Replaced["7"] != "8" {
				t.Errorf("%+v", st)
			}
		})
	})
	t.Run("Ensure who stores once before and once after a request takes nothing away that came in between, nor before", func(t *testing.T) {
		for _, early := range []bool{true, false} {
			w := newWorld(t, s)
			id := w.save(door())[0].ID
			writer, other := w.get(id), w.get(id)
			change(&other, "name", func(st *binding.FieldState) { st.Odoo = "" })
			change(&writer, "name", func(st *binding.FieldState) { st.Writing = &binding.Writing{Odoo: true, Value: record.Text("Gate")} })
			steps := []*binding.Binding{&writer, &other}
			if early {
				steps[0], steps[1] = steps[1], steps[0]
			}
			for _, b := range steps {
				w.must(func(tx *state.Tx) error { return w.Save(t.Context(), tx, b) })
			}
			if st := w.get(id).Fields["name"]; st.Writing == nil || st.Odoo != "" {
				t.Errorf("early %t: before the request it is %+v", early, st)
			}
			change(&writer, "name", func(st *binding.FieldState) {
				*st = binding.FieldState{External: "x2", Odoo: "o", Base: record.Text("Gate")}
			})
			w.save(writer)
			if st := w.get(id).Fields["name"]; st.Writing != nil || st.Odoo != "" || st.External != "x2" || st.Base.AsText() != "Gate" {
				t.Errorf("early %t: it is %+v", early, st)
			}
		}
	})
	t.Run("Ensure a field that one takes away is gone, and one that is made anew is as it was made", func(t *testing.T) {
		twice(t, func(b *binding.Binding) {
			delete(b.Fields, "due")
			b.Fields["size"] = binding.FieldState{External: "s", Base: record.Int(1)}
		}, func(b *binding.Binding) {
			b.SyncDate = now.Add(time.Minute)
			b.Fields["size"] = binding.FieldState{External: "s", Base: record.Int(1)}
		}, func(t *testing.T, b binding.Binding) {
			if _, there := b.Fields["due"]; there || b.Fields["size"].External != "s" || b.Fields["size"].Base.AsInt() != 1 {
				t.Errorf("%+v", b.Fields)
			}
		})
	})
	t.Run("Ensure a binding that nobody read is stored as it is given", func(t *testing.T) {
		w := newWorld(t, s)
		saved := w.save(door())[0]
		anew := card("c2", 2, "")
		anew.ID = saved.ID
		w.save(anew)
		if got := w.get(saved.ID); got.ExternalID != "c2" || len(got.Fields) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("Ensure one that another took away is not stored again", func(t *testing.T) {
		w := newWorld(t, s)
		b := w.get(w.save(door())[0].ID)
		w.must(func(tx *state.Tx) error { return w.Delete(t.Context(), tx, b.ID) })
		b.Name = "Gate"
		err := w.write(func(tx *state.Tx) error { return w.Save(t.Context(), tx, &b) })
		if err == nil || !strings.Contains(err.Error(), "is gone") {
			t.Errorf("%v", err)
		}
	})
}
