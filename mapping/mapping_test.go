package mapping_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"testing/quick"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// bound is a Lookup of labels: label ids to tag ids, and which label stands for a tag in a scope.
type bound struct {
	toOdoo     map[string]string
	toExternal map[[2]string]string // tag and scope
}

func (b bound) ToOdoo(_, id string) (string, bool) {
	found, ok := b.toOdoo[id]
	return found, ok
}

func (b bound) ToExternal(_, id, scope string) (string, bool) {
	found, ok := b.toExternal[[2]string{id, scope}]
	return found, ok
}

const (
	labelModel = "trello.label"
	tagModel   = "project.tags"
	onBoard    = "board"
)

// labels is a board with the labels red (tag 1), its alias crimson (tag 1 too) and green (tag 2).
var labels = bound{
	toOdoo:     map[string]string{"red": "1", "crimson": "1", "green": "2"},
	toExternal: map[[2]string]string{{"1", onBoard}: "red", {"2", onBoard}: "green"},
}

func set(model string, ids ...string) record.Value {
	refs := make([]record.Reference, len(ids))
	for i, id := range ids {
		refs[i] = record.Reference{Model: model, ID: id}
	}
	return record.RefSet(refs...)
}

func card(ids ...string) record.Record {
	return record.New("trello.card", "c", map[string]record.Value{"idLabels": set(labelModel, ids...)})
}

func task(ids ...string) record.Record {
	return record.New("project.task", "7", map[string]record.Value{"tag_ids": set(tagModel, ids...)})
}

func TestMany2Many(t *testing.T) {
	f := mapping.Many2Many("idLabels", "tag_ids", labelModel, tagModel)
	source := func(r record.Record) mapping.Source {
		return mapping.Source{Record: r, Scope: onBoard, Lookup: labels}
	}
	target := func(v record.Value, current record.Record) mapping.Target {
		return mapping.Target{Value: v, Current: current, Source: mapping.Source{Scope: onBoard, Lookup: labels}}
	}
	read := func(t *testing.T, want record.Value) func(record.Value, error) {
		t.Helper()
		return func(got record.Value, err error) {
			t.Helper()
			if err != nil || !got.Equal(want.Canonical()) {
				t.Errorf("got %s and the error %v, want %s", got, err, want)
			}
		}
	}
	written := func(t *testing.T, field string, want record.Value) func(mapping.Values, error) {
		t.Helper()
		return func(got mapping.Values, err error) {
			t.Helper()
			if err != nil || !got[field].Equal(want) {
				t.Errorf("got %v and the error %v, want %s", got, err, want)
			}
		}
	}
	t.Run("Ensure labels are read as the tags they stand for, an alias as its tag", func(t *testing.T) {
		read(t, set(tagModel, "1", "2"))(f.ReadExternal(source(card("crimson", "green"))))
	})
	t.Run("Ensure a label that is not bound is missing", func(t *testing.T) {
		_, err := f.ReadExternal(source(card("red", "blue")))
		var missing *mapping.MissingError
		if !errors.As(err, &missing) || len(missing.Missing) != 1 || missing.Missing[0] != (record.Reference{Model: labelModel, ID: "blue"}) {
			t.Errorf("got the error %v, want blue to be missing", err)
		}
	})
	t.Run("Ensure tags without a label on this board are not compared", func(t *testing.T) {
		read(t, set(tagModel, "1"))(f.ReadOdoo(source(task("1", "9"))))
		read(t, record.Null())(f.ReadOdoo(source(task("9"))))
	})
	t.Run("Ensure tags without a label stay on the task", func(t *testing.T) {
		written(t, "tag_ids", set(tagModel, "2", "9"))(f.WriteOdoo(target(set(tagModel, "2"), task("1", "9"))))
	})
	t.Run("Ensure labels without a tag stay on the card", func(t *testing.T) {
		written(t, "idLabels", set(labelModel, "green", "blue"))(f.WriteExternal(target(set(tagModel, "2"), card("red", "blue"))))
	})
	t.Run("Ensure an alias that the card has stays, and its primary is not added", func(t *testing.T) {
		written(t, "idLabels", set(labelModel, "crimson", "green"))(f.WriteExternal(target(set(tagModel, "1", "2"), card("crimson"))))
	})
	t.Run("Ensure a new tag is written as its primary label", func(t *testing.T) {
		written(t, "idLabels", set(labelModel, "red"))(f.WriteExternal(target(set(tagModel, "1"), card())))
	})
	t.Run("Ensure taking a tag away takes its alias away", func(t *testing.T) {
		written(t, "idLabels", set(labelModel, "green"))(f.WriteExternal(target(set(tagModel, "2"), card("crimson", "green"))))
	})
}

func TestMany2One(t *testing.T) {
	f := mapping.Many2One("idList", "stage_id", "trello.list", "project.task.type")
	lookup := bound{toOdoo: map[string]string{"l": "3"}, toExternal: map[[2]string]string{{"3", onBoard}: "l"}}
	t.Run("Ensure a list is read as its stage, and none as none", func(t *testing.T) {
		r := record.New("trello.card", "c", map[string]record.Value{"idList": record.Ref("trello.list", "l")})
		v, err := f.ReadExternal(mapping.Source{Record: r, Lookup: lookup})
		if err != nil || !v.Equal(record.Ref("project.task.type", "3")) {
			t.Errorf("got %s and the error %v", v, err)
		}
		v, err = f.ReadExternal(mapping.Source{Record: record.Record{}, Lookup: lookup})
		if err != nil || !v.IsNull() {
			t.Errorf("got %s and the error %v", v, err)
		}
	})
	t.Run("Ensure a stage is written as its list in the scope, and is missing in another", func(t *testing.T) {
		target := mapping.Target{Value: record.Ref("project.task.type", "3"), Source: mapping.Source{Scope: onBoard, Lookup: lookup}}
		v, err := f.WriteExternal(target)
		if err != nil || !v["idList"].Equal(record.Ref("trello.list", "l")) {
			t.Errorf("got %v and the error %v", v, err)
		}
		target.Scope = "elsewhere"
		_, err = f.WriteExternal(target)
		var missing *mapping.MissingError
		if !errors.As(err, &missing) || missing.Field != "stage_id" {
			t.Errorf("got the error %v, want stage_id to miss its list", err)
		}
	})
}

func TestMergeSets(t *testing.T) {
	for _, c := range []struct {
		name                       string
		base, external, odoo, want []string
	}{
		{"what either side added is added", nil, []string{"1"}, []string{"2"}, []string{"1", "2"}},
		{"what either side took away is taken away", []string{"1", "2", "3"}, []string{"2", "3"}, []string{"1", "3"}, []string{"3"}},
		{"adding and taking away at once", []string{"1"}, []string{"1", "2"}, nil, []string{"2"}},
		{"the same edit on both sides", []string{"1"}, []string{"2"}, []string{"2"}, []string{"2"}},
		{"nothing left is no value", []string{"1"}, nil, []string{"1"}, nil},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			got := mapping.MergeSets(set(tagModel, c.base...), set(tagModel, c.external...), set(tagModel, c.odoo...))
			if want := set(tagModel, c.want...).Canonical(); !got.Equal(want) {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
	pick := func(bits uint8) record.Value {
		var ids []string
		for i := range 8 {
			if bits&(1<<i) != 0 {
				ids = append(ids, string(rune('a'+i)))
			}
		}
		return set(tagModel, ids...).Canonical()
	}
	t.Run("Ensure a side that changed nothing leaves the other's edit", func(t *testing.T) {
		err := quick.Check(func(base, edit uint8) bool {
			b, e := pick(base), pick(edit)
			return mapping.MergeSets(b, e, b).Equal(e) && mapping.MergeSets(b, b, e).Equal(e) && mapping.MergeSets(b, e, e).Equal(e)
		}, nil)
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure it does not matter which side is which", func(t *testing.T) {
		err := quick.Check(func(base, x, o uint8) bool {
			return mapping.MergeSets(pick(base), pick(x), pick(o)).Equal(mapping.MergeSets(pick(base), pick(o), pick(x)))
		}, nil)
		if err != nil {
			t.Error(err)
		}
	})
}

func TestModifiers(t *testing.T) {
	upper := func(v record.Value) record.Value { return record.Text(strings.ToUpper(v.AsText())) }
	f := mapping.Direct("title", "name", mapping.Trimmed, upper)
	t.Run("Ensure they are applied in order to both sides", func(t *testing.T) {
		x, _ := f.ReadExternal(mapping.Source{Record: record.New("x", "1", map[string]record.Value{"title": record.Text(" a door ")})})
		o, _ := f.ReadOdoo(mapping.Source{Record: record.New("o", "1", map[string]record.Value{"name": record.Text("A Door")})})
		if !x.Equal(record.Text("A DOOR")) || !o.Equal(x) {
			t.Errorf("got %s and %s", x, o)
		}
	})
	t.Run("Ensure a text of blanks is no value", func(t *testing.T) {
		x, err := f.ReadExternal(mapping.Source{Record: record.New("x", "1", map[string]record.Value{"title": record.Text("  ")})})
		if err != nil || !x.IsNull() {
			t.Errorf("got %s and the error %v", x, err)
		}
	})
	t.Run("Ensure trimming leaves its own output and what is no text alone", func(t *testing.T) {
		for _, v := range []record.Value{record.Text("a b"), record.Int(3), record.Null(), record.Bool(false)} {
			if got := mapping.Trimmed(v); !got.Equal(v) {
				t.Errorf("got %s, want %s", got, v)
			}
		}
	})
}

func TestActive(t *testing.T) {
	f := mapping.Active("closed")
	t.Run("Ensure closed is the opposite of active, both ways", func(t *testing.T) {
		for _, closed := range []bool{true, false} {
			x, _ := f.ReadExternal(mapping.Source{Record: record.New("x", "1", map[string]record.Value{"closed": record.Bool(closed)})})
			out, _ := f.WriteExternal(mapping.Target{Value: x})
			in, _ := f.WriteOdoo(mapping.Target{Value: x})
			if x.AsBool() == closed || !out["closed"].Equal(record.Bool(closed)) || !in["active"].Equal(record.Bool(!closed)) {
				t.Errorf("closed %v is read as %s and written as %v and %v", closed, x, out, in)
			}
		}
	})
}

func TestMapper(t *testing.T) {
	name := mapping.Direct("name", "name")
	due := mapping.Direct("due", "date_deadline")
	due.OnlyCreate = true
	base := mapping.New(name, due)
	names := func(m mapping.Mapper) (out []string) {
		for _, f := range m.Fields() {
			out = append(out, f.Name)
		}
		return out
	}
	t.Run("Ensure extending leaves the parent as it was, replaces by name and adds the rest", func(t *testing.T) {
		other := mapping.Direct("title", "name")
		child := base.Extend(other, mapping.Direct("pos", "sequence"))
		if got := names(child); !reflect.DeepEqual(got, []string{"name", "date_deadline", "sequence"}) {
			t.Errorf("the child has the fields %q", got)
		}
		if f, _ := child.Field("name"); f.External[0] != "title" {
			t.Errorf("the child reads the name from %q", f.External)
		}
		if f, _ := base.Field("name"); f.External[0] != "name" || len(base.Fields()) != 2 {
			t.Error("the parent was changed")
		}
	})
	t.Run("Ensure a field can be left out", func(t *testing.T) {
		if got := names(base.Without("date_deadline")); !reflect.DeepEqual(got, []string{"name"}) {
			t.Errorf("got the fields %q", got)
		}
	})
	t.Run("Ensure what is read is listed once and in order", func(t *testing.T) {
		m := base.Extend(mapping.Field{Name: "both", Odoo: []string{"name", "active"}, External: []string{"name", "closed"}})
		if got := m.OdooFields(); !reflect.DeepEqual(got, []string{"active", "date_deadline", "name"}) {
			t.Errorf("got the Odoo fields %q", got)
		}
		if got := m.ExternalFields(); !reflect.DeepEqual(got, []string{"closed", "due", "name"}) {
			t.Errorf("got the external fields %q", got)
		}
	})
	t.Run("Ensure what is written once takes part in a creation alone", func(t *testing.T) {
		r := record.New("trello.card", "c", map[string]record.Value{"name": record.Text("A"), "due": record.Text("B")})
		made, err := base.Import().Values(mapping.Source{Record: r}, true)
		if err != nil || len(made) != 2 {
			t.Errorf("got %v and the error %v for a creation", made, err)
		}
		changed, err := base.Import().Values(mapping.Source{Record: r}, false)
		if err != nil || len(changed) != 1 {
			t.Errorf("got %v and the error %v for an update", changed, err)
		}
	})
	t.Run("Ensure an error names the field and keeps its cause", func(t *testing.T) {
		cause := errors.New("no such colour")
		bad := mapping.Direct("color", "color")
		bad.FromOdoo = func(mapping.Source) (record.Value, error) { return record.Null(), cause }
		_, err := mapping.New(bad).Export().Values(mapping.Source{}, true)
		var e *mapping.Error
		if !errors.As(err, &e) || e.Field != "color" || !errors.Is(err, cause) {
			t.Errorf("got the error %v", err)
		}
	})
	t.Run("Ensure a field of one direction has nothing to say in the other", func(t *testing.T) {
		in := mapping.Direct("name", "name")
		in.FromOdoo = nil
		if _, err := in.ReadOdoo(mapping.Source{}); !errors.Is(err, mapping.ErrSkip) {
			t.Errorf("got the error %v, want ErrSkip", err)
		}
	})
	t.Run("Ensure a field that is declared twice panics", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("it did not panic")
			}
		}()
		mapping.New(name, name)
	})
	t.Run("Ensure a raw hash tells apart what is empty in different ways", func(t *testing.T) {
		hashes := map[string]bool{}
		for _, v := range []record.Value{record.Null(), record.Text(""), record.Bool(false), record.Int(0), set(tagModel)} {
			hashes[name.OdooHash(record.New("o", "1", map[string]record.Value{"name": v}))] = true
		}
		if len(hashes) != 5 {
			t.Errorf("five values have %d hashes", len(hashes))
		}
	})
}

func TestFieldsThatShareAnOdooField(t *testing.T) {
	t.Run("Ensure the later one builds on what the earlier wrote, and else on what stands there", func(t *testing.T) {
		behind := mapping.Field{
			Name: "behind", Odoo: []string{"note"}, External: []string{"more"},
			FromExternal: func(s mapping.Source) (record.Value, error) { return s.Record.Value("more"), nil },
			ToOdoo: func(to mapping.Target) (mapping.Values, error) {
				return mapping.Values{"note": record.Text(to.Standing("note").AsText() + to.Value.AsText())}, nil
			},
		}
		r := record.New("x", "1", map[string]record.Value{"text": record.Text("Gate"), "more": record.Text("!")})
		got, err := mapping.New(mapping.Direct("text", "note"), behind).Import().Values(mapping.Source{Record: r}, true)
		if err != nil || got["note"].AsText() != "Gate!" {
			t.Errorf("both write %v, %v", got, err)
		}
		standing := record.New("y", "2", map[string]record.Value{"note": record.Text("Door")})
		got, err = behind.WriteOdoo(mapping.Target{Value: record.Text("!"), Current: standing})
		if err != nil || got["note"].AsText() != "Door!" {
			t.Errorf("the later alone writes %v, %v", got, err)
		}
	})
}
