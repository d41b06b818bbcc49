package mapping_test

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// pairing is a Lookup of pairs "model external scope role"=odoo id. A pair without a scope is found in every scope.
type pairing []struct{ model, external, odoo, scope, role string }

func (b pairing) ToOdoo(model, external string) (string, bool) {
	for _, p := range b {
		if p.model == model && p.external == external {
			return p.odoo, true
		}
	}
	return "", false
}

func (b pairing) ToExternal(model, odoo, scope string) (string, bool) {
	for _, p := range b {
		if p.model == model && p.odoo == odoo && (p.scope == "" || p.scope == scope) && p.role != "alias" {
			return p.external, true
		}
	}
	return "", false
}

// shop is what the tests' records point to.
var shop = pairing{
	{"demo.board", "B1", "1", "", ""}, {"demo.board", "B2", "2", "", ""},
	{"demo.label", "red1", "4", "B1", ""}, {"demo.label", "rouge", "4", "B1", "alias"}, {"demo.label", "blue1", "5", "B1", ""},
	{"demo.label", "red2", "4", "B2", ""},
}

func refs(model string, ids ...string) record.Value {
	set := make([]record.Reference, len(ids))
	for i, id := range ids {
		set[i] = record.Reference{Model: model, ID: id}
	}
	return record.RefSet(set...)
}

func rec(values map[string]record.Value) record.Record { return record.New("any", "1", values) }

func source(values map[string]record.Value, scope string) mapping.Source {
	return mapping.Source{Record: rec(values), Scope: scope, Lookup: shop}
}

// read checks what both sides of a field give.
func read(t *testing.T, f mapping.Field, s mapping.Source, external, odoo record.Value) {
	t.Helper()
	if v, err := f.ReadExternal(s); err != nil || !v.Equal(external) {
		t.Errorf("outside is %s, %v, want %s", v, err, external)
	}
	if v, err := f.ReadOdoo(s); err != nil || !v.Equal(odoo) {
		t.Errorf("Odoo is %s, %v, want %s", v, err, odoo)
	}
}

func wrote(t *testing.T, what string, got mapping.Values, err error, want mapping.Values) {
	t.Helper()
	if err != nil || !maps.EqualFunc(got, want, record.Value.Equal) {
		t.Errorf("%s gets %v, %v, want %v", what, got, err, want)
	}
}

func TestDirect(t *testing.T) {
	upper := func(v record.Value) record.Value { return record.Text(strings.ToUpper(v.AsText())) }
	f := mapping.Direct("title", "name", mapping.Trimmed, upper)
	t.Run("Ensure both sides go through the modifiers in their order and become canonical", func(t *testing.T) {
		read(t, f, source(map[string]record.Value{"title": record.Text(" door\r\n"), "name": record.Text("  ")}, ""), record.Text("DOOR"), record.Null())
	})
	t.Run("Ensure a value is written as it is, to its own side", func(t *testing.T) {
		to := mapping.Target{Value: record.Text("Gate")}
		got, err := f.WriteOdoo(to)
		wrote(t, "Odoo", got, err, mapping.Values{"name": record.Text("Gate")})
		got, err = f.WriteExternal(to)
		wrote(t, "outside", got, err, mapping.Values{"title": record.Text("Gate")})
	})
	t.Run("Ensure it is named by its Odoo field and says what it reads", func(t *testing.T) {
		if f.Name != "name" || !slices.Equal(f.Odoo, []string{"name"}) || !slices.Equal(f.External, []string{"title"}) {
			t.Errorf("got %q, %v, %v", f.Name, f.Odoo, f.External)
		}
	})
	t.Run("Ensure Trimmed touches nothing but text, and leaves its own output as it is", func(t *testing.T) {
		for in, want := range map[string]string{" \t a b \r\n": "a b", "\x00 a \x00": "a", "": ""} {
			once := mapping.Trimmed(record.Text(in))
			if once.AsText() != want || !mapping.Trimmed(once).Equal(once) {
				t.Errorf("%q became %s", in, once)
			}
		}
		if v := mapping.Trimmed(record.HTML(" a ")); v.AsText() != " a " {
			t.Errorf("the HTML became %s", v)
		}
	})
	t.Run("Ensure the raw hash is of what the field reads, and of nothing else", func(t *testing.T) {
		r := rec(map[string]record.Value{"title": record.Text("a"), "name": record.Text("b")})
		if f.ExternalHash(r) != record.Text("a").Hash() || f.OdooHash(r) != record.Text("b").Hash() {
			t.Error("the hash is another than the value's")
		}
		if f.ExternalHash(r) != f.ExternalHash(r.With("color", record.Int(1))) || f.ExternalHash(r) == f.ExternalHash(r.With("title", record.Text("a "))) {
			t.Error("the hash follows another field, or misses a raw change")
		}
	})
}

func TestActiveBothWays(t *testing.T) {
	f := mapping.Active("closed")
	if !f.Active {
		t.Error("it doesn't say that it holds the archived state")
	}
	for _, closed := range []bool{true, false} {
		t.Run(fmt.Sprintf("Ensure closed=%v is active=%v, both ways", closed, !closed), func(t *testing.T) {
			read(t, f, source(map[string]record.Value{"closed": record.Bool(closed), "active": record.Bool(!closed)}, ""), record.Bool(!closed), record.Bool(!closed))
			got, err := f.WriteExternal(mapping.Target{Value: record.Bool(!closed)})
			wrote(t, "outside", got, err, mapping.Values{"closed": record.Bool(closed)})
			got, err = f.WriteOdoo(mapping.Target{Value: record.Bool(!closed)})
			wrote(t, "Odoo", got, err, mapping.Values{"active": record.Bool(!closed)})
		})
	}
}

func TestMany2OneBothWays(t *testing.T) {
	f := mapping.Many2One("idBoard", "project_id", "demo.board", "project.project")
	board := map[string]record.Value{"idBoard": record.Ref("whatever the adapter says", "B1"), "project_id": record.Ref("project.project", "1")}
	t.Run("Ensure both sides mean the same Odoo record", func(t *testing.T) {
		read(t, f, source(board, ""), record.Ref("project.project", "1"), record.Ref("project.project", "1"))
	})
	t.Run("Ensure no link is null on both sides", func(t *testing.T) {
		read(t, f, source(nil, ""), record.Null(), record.Null())
		got, err := f.WriteExternal(mapping.Target{Value: record.Null(), Source: source(nil, "")})
		wrote(t, "outside", got, err, mapping.Values{"idBoard": record.Null()})
	})
	t.Run("Ensure it is written in each side's terms", func(t *testing.T) {
		to := mapping.Target{Value: record.Ref("project.project", "2"), Source: source(nil, "")}
		got, err := f.WriteExternal(to)
		wrote(t, "outside", got, err, mapping.Values{"idBoard": record.Ref("demo.board", "B2")})
		got, err = f.WriteOdoo(to)
		wrote(t, "Odoo", got, err, mapping.Values{"project_id": record.Ref("project.project", "2")})
	})
	t.Run("Ensure it says what must be looked up, by the binding model", func(t *testing.T) {
		r := rec(board)
		if got := f.Needs(r); !slices.Equal(got, []record.Reference{{Model: "demo.board", ID: "B1"}}) {
			t.Errorf("outside needs %v", got)
		}
		if got := f.NeedsOdoo(r); !slices.Equal(got, []record.Reference{{Model: "demo.board", ID: "1"}}) {
			t.Errorf("Odoo needs %v", got)
		}
		if len(f.Needs(rec(nil))) != 0 {
			t.Error("an empty link needs something")
		}
	})
	t.Run("Ensure a missing counterpart is an error that names the field and the record", func(t *testing.T) {
		_, err := f.ReadExternal(source(map[string]record.Value{"idBoard": record.Ref("demo.board", "B9")}, ""))
		isMissing(t, err, "project_id", "B9")
		_, err = f.WriteExternal(mapping.Target{Value: record.Ref("project.project", "9"), Source: source(nil, "")})
		isMissing(t, err, "project_id", "9")
	})
}

func isMissing(t *testing.T, err error, field string, ids ...string) {
	t.Helper()
	var missing *mapping.MissingError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want a *MissingError", err)
	}
	var got []string
	for _, r := range missing.Missing {
		got = append(got, r.ID)
		if !strings.Contains(err.Error(), r.Model+" "+r.ID) {
			t.Errorf("%q does not name %s", err, r)
		}
	}
	if missing.Field != field || !slices.Equal(got, ids) || !strings.Contains(err.Error(), field) {
		t.Errorf("%q is of field %q and lacks %v, want %q and %v", err, missing.Field, got, field, ids)
	}
}

func TestMany2ManyBothWays(t *testing.T) {
	f := mapping.Many2Many("idLabels", "tag_ids", "demo.label", "project.tags")
	labels := func(ids ...string) mapping.Values { return mapping.Values{"idLabels": refs("demo.label", ids...)} }
	tags := func(ids ...string) record.Value { return refs("project.tags", ids...) }

	t.Run("Ensure labels mean the tags that they are bound to, an alias the same one", func(t *testing.T) {
		read(t, f, source(map[string]record.Value{"idLabels": refs("l", "rouge", "blue1", "red1"), "tag_ids": tags("5", "4")}, "B1"), tags("4", "5"), tags("4", "5"))
	})
	t.Run("Ensure no labels and no tags are null", func(t *testing.T) {
		read(t, f, source(map[string]record.Value{"idLabels": refs("l"), "tag_ids": record.Null()}, "B1"), record.Null(), record.Null())
	})
	t.Run("Ensure a tag without a label on this board doesn't take part", func(t *testing.T) {
		read(t, f, source(map[string]record.Value{"tag_ids": tags("4", "5", "77")}, "B2"), record.Null(), tags("4"))
	})
	t.Run("Ensure all labels that are not bound are named", func(t *testing.T) {
		_, err := f.ReadExternal(source(map[string]record.Value{"idLabels": refs("l", "new1", "red1", "new2")}, "B1"))
		isMissing(t, err, "tag_ids", "new1", "new2")
	})
	for _, c := range []struct {
		name    string
		wanted  record.Value
		current []string
		scope   string
		want    []string
	}{
		{"an alias that stands for a wanted tag stays", tags("4"), []string{"rouge"}, "B1", []string{"rouge"}},
		{"an alias and its primary both stay", tags("4"), []string{"rouge", "red1"}, "B1", []string{"red1", "rouge"}},
		{"a label of a tag that is not wanted goes, an alias too", tags("5"), []string{"rouge", "red1"}, "B1", []string{"blue1"}},
		{"a wanted tag that no label stands for gets its primary one", tags("4", "5"), []string{"rouge"}, "B1", []string{"blue1", "rouge"}},
		{"a label that stands for no tag stays", tags(), []string{"unknown", "red1"}, "B1", []string{"unknown"}},
		{"another board has its own label", tags("4"), nil, "B2", []string{"red2"}},
		{"a tag that has no label on this board is left out", tags("4", "5"), nil, "B2", []string{"red2"}},
		{"null takes all bound labels away", record.Null(), []string{"red1"}, "B1", nil},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			current := rec(map[string]record.Value{"idLabels": refs("demo.label", c.current...)})
			got, err := f.WriteExternal(mapping.Target{Value: c.wanted, Current: current, Source: source(nil, c.scope)})
			wrote(t, "outside", got, err, labels(c.want...))
		})
	}
	t.Run("Ensure tags that no label of the board stands for stay in Odoo", func(t *testing.T) {
		current := rec(map[string]record.Value{"tag_ids": tags("4", "5", "77")})
		got, err := f.WriteOdoo(mapping.Target{Value: tags("5"), Current: current, Source: source(nil, "B1")})
		wrote(t, "Odoo", got, err, mapping.Values{"tag_ids": tags("5", "77")})
		got, err = f.WriteOdoo(mapping.Target{Value: record.Null(), Current: current, Source: source(nil, "B2")})
		wrote(t, "Odoo", got, err, mapping.Values{"tag_ids": tags("5", "77")})
	})
	t.Run("Ensure a side that was written is read as what was written", func(t *testing.T) {
		for _, wanted := range []record.Value{tags("4"), tags("4", "5"), record.Null()} {
			current := rec(map[string]record.Value{"idLabels": refs("demo.label", "rouge"), "tag_ids": tags("77")})
			out, err := f.WriteExternal(mapping.Target{Value: wanted, Current: current, Source: source(nil, "B1")})
			in, err2 := f.WriteOdoo(mapping.Target{Value: wanted, Current: current, Source: source(nil, "B1")})
			if err != nil || err2 != nil {
				t.Fatal(err, err2)
			}
			after := map[string]record.Value{"idLabels": out["idLabels"], "tag_ids": in["tag_ids"]}
			read(t, f, source(after, "B1"), wanted, wanted)
		}
	})
}

func TestMergeAnySets(t *testing.T) {
	for _, c := range []struct{ name, base, external, odoo, want string }{
		{"what either side added is added", "a", "ab", "ac", "abc"},
		{"what either side took away is taken away", "abc", "ab", "bc", "b"},
		{"both may add the same", "", "a", "a", "a"},
		{"both may take the same away", "ab", "b", "b", "b"},
		{"one side adds while the other takes away", "a", "ab", "", "b"},
		{"nothing changed", "ab", "ab", "ab", "ab"},
		{"an emptied set is null", "a", "", "a", ""},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			if got := mapping.MergeSets(letterSet(c.base), letterSet(c.external), letterSet(c.odoo)); !got.Equal(letterSet(c.want)) {
				t.Errorf("got %s, want %s", got, letterSet(c.want))
			}
		})
	}
	t.Run("Ensure, for any sets, that sides are equal and an unchanged side loses nothing of the other's", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 500 {
			base, x, o := anySet(r), anySet(r), anySet(r)
			got := mapping.MergeSets(base, x, o)
			if swapped := mapping.MergeSets(base, o, x); !swapped.Equal(got) {
				t.Fatalf("of %s, %s and %s come %s, and with the sides swapped %s", base, x, o, got, swapped)
			}
			if alone := mapping.MergeSets(base, x, base); !alone.Equal(x) {
				t.Fatalf("of %s only %s was changed, and %s came of it", base, x, alone)
			}
			if same := mapping.MergeSets(base, x, x); !same.Equal(x) {
				t.Fatalf("both sides hold %s, and %s came of it", x, same)
			}
			if again := mapping.MergeSets(got, got, got); !again.Equal(got) {
				t.Fatalf("%s is not stable: %s", got, again)
			}
			for _, m := range strings.Split("abcd", "") {
				want := has(x, m) && has(o, m) || !has(base, m) && (has(x, m) || has(o, m))
				if has(got, m) != want {
					t.Fatalf("of %s, %s and %s came %s: %s is wrong", base, x, o, got, m)
				}
			}
		}
	})
}

// letterSet has a member for each letter; none is null, as a canonical empty set is.
func letterSet(letters string) record.Value {
	return refs("m", strings.Split(letters, "")...).Canonical()
}

func anySet(r *rand.Rand) record.Value {
	letters := ""
	for _, m := range strings.Split("abcd", "") {
		if r.IntN(2) == 0 {
			letters += m
		}
	}
	return letterSet(letters)
}

func has(v record.Value, id string) bool {
	return slices.Contains(v.AsRefs(), record.Reference{Model: "m", ID: id})
}

func TestMapperCopies(t *testing.T) {
	names := func(m mapping.Mapper) (out []string) {
		for _, f := range m.Fields() {
			out = append(out, f.Name)
		}
		return out
	}
	parent := mapping.New(mapping.Direct("title", "name"), mapping.Direct("desc", "description"))
	t.Run("Ensure a child has its parent's fields, its own in their place and more behind", func(t *testing.T) {
		child := parent.Extend(mapping.Direct("due", "date"), mapping.Direct("shortTitle", "name"))
		if got := names(child); !slices.Equal(got, []string{"name", "description", "date"}) {
			t.Errorf("the child has %v", got)
		}
		f, ok := child.Field("name")
		if !ok || f.External[0] != "shortTitle" {
			t.Errorf("the child's name reads %v", f.External)
		}
	})
	t.Run("Ensure the parent stays as it is", func(t *testing.T) {
		parent.Extend(mapping.Direct("shortTitle", "name"), mapping.Direct("due", "date"))
		parent.Without("description")
		parent.Fields()[0] = mapping.Field{Name: "changed"}
		if f, _ := parent.Field("name"); !slices.Equal(names(parent), []string{"name", "description"}) || f.External[0] != "title" {
			t.Errorf("the parent has %v, and its name reads %v", names(parent), f.External)
		}
	})
	t.Run("Ensure fields can be taken away, and an unknown name is no mistake", func(t *testing.T) {
		if got := names(parent.Without("name", "nobody")); !slices.Equal(got, []string{"description"}) {
			t.Errorf("left are %v", got)
		}
		if _, ok := parent.Without("name").Field("name"); ok {
			t.Error("the field is still found")
		}
	})
	t.Run("Ensure all fields that are read are listed once and sorted", func(t *testing.T) {
		m := parent.Extend(mapping.Field{Name: "sum", Odoo: []string{"name", "amount"}, External: []string{"title", "a"}})
		if o, x := m.OdooFields(), m.ExternalFields(); !slices.Equal(o, []string{"amount", "description", "name"}) || !slices.Equal(x, []string{"a", "desc", "title"}) {
			t.Errorf("got %v and %v", o, x)
		}
	})
	t.Run("Ensure the pair by which records are recognised is found", func(t *testing.T) {
		if _, ok := parent.MatchField(); ok {
			t.Error("there is none")
		}
		f := mapping.Direct("ref", "ref")
		f.Match = true
		if got, ok := parent.Extend(f).MatchField(); !ok || got.Name != "ref" {
			t.Errorf("got %q, %v", got.Name, ok)
		}
	})
	for name, fields := range map[string][]mapping.Field{
		"two fields of one name": {mapping.Direct("a", "name"), mapping.Direct("b", "name")},
		"a field without a name": {{}},
	} {
		t.Run("Ensure "+name+" panic at start", func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, fmt.Sprintf("%q", fields[0].Name)) {
					t.Errorf("got %v", got)
				}
			}()
			mapping.New(fields...)
		})
	}
}

func TestValues(t *testing.T) {
	company := mapping.Direct("company", "company_id")
	company.OnlyCreate = true
	closed := mapping.Active("closed")
	closed.AfterCreate = true
	reading := mapping.Direct("url", "website")
	reading.ToExternal = nil
	m := mapping.New(mapping.Direct("title", "name", mapping.Trimmed), company, closed, reading,
		mapping.Many2Many("idLabels", "tag_ids", "demo.label", "project.tags"))
	card := source(map[string]record.Value{
		"title": record.Text(" Door "), "company": record.Int(1), "closed": record.Bool(false), "url": record.Text("u"), "idLabels": refs("demo.label", "red1"),
	}, "B1")
	task := source(map[string]record.Value{
		"name": record.Text("Door"), "company_id": record.Int(1), "active": record.Bool(false), "website": record.Text("u"), "tag_ids": refs("project.tags", "4"),
	}, "B1")
	tags, labels := refs("project.tags", "4"), refs("demo.label", "red1")

	for _, c := range []struct {
		name      string
		forCreate bool
		values    func(mapping.Source, bool) (mapping.Values, error)
		from      mapping.Source
		want      mapping.Values
	}{
		{"a creation in Odoo gets everything", true, m.Import().Values, card, mapping.Values{
			"name": record.Text("Door"), "company_id": record.Int(1), "active": record.Bool(true), "website": record.Text("u"), "tag_ids": tags,
		}},
		{"an update of Odoo lacks what only a creation sets", false, m.Import().Values, card, mapping.Values{
			"name": record.Text("Door"), "active": record.Bool(true), "website": record.Text("u"), "tag_ids": tags,
		}},
		{"a creation outside lacks what can only be set afterwards, and what is not written there", true, m.Export().Values, task, mapping.Values{
			"title": record.Text("Door"), "company": record.Int(1), "idLabels": labels,
		}},
		{"an update outside has what could not be set before", false, m.Export().Values, task, mapping.Values{
			"title": record.Text("Door"), "closed": record.Bool(true), "idLabels": labels,
		}},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			got, err := c.values(c.from, c.forCreate)
			wrote(t, "the other side", got, err, c.want)
		})
	}
	t.Run("Ensure a missing reference of any field comes back with its name", func(t *testing.T) {
		_, err := m.Import().Values(source(map[string]record.Value{"idLabels": refs("l", "new")}, "B1"), true)
		isMissing(t, err, "tag_ids", "new")
	})
}

func TestSkip(t *testing.T) {
	never := func(mapping.Source) (record.Value, error) {
		return record.Null(), fmt.Errorf("this one: %w", mapping.ErrSkip)
	}
	f := mapping.Direct("a", "b")
	f.FromExternal = never
	m := mapping.New(f, mapping.Direct("title", "name"))
	s := source(map[string]record.Value{"title": record.Text("Door"), "b": record.Text("x")}, "")
	t.Run("Ensure a field that has nothing to say is left out, and the others are not", func(t *testing.T) {
		got, err := m.Import().Values(s, true)
		wrote(t, "Odoo", got, err, mapping.Values{"name": record.Text("Door")})
		if _, err := f.ReadExternal(s); !errors.Is(err, mapping.ErrSkip) {
			t.Errorf("reading gives %v", err)
		}
	})
	t.Run("Ensure a direction that a field doesn't have is skipped", func(t *testing.T) {
		if _, err := (mapping.Field{Name: "one way"}).ReadOdoo(s); !errors.Is(err, mapping.ErrSkip) {
			t.Errorf("reading gives %v", err)
		}
		got, err := mapping.Field{Name: "one way"}.WriteExternal(mapping.Target{})
		wrote(t, "outside", got, err, nil)
	})
	t.Run("Ensure writing may skip too", func(t *testing.T) {
		f := mapping.Direct("a", "b")
		f.ToOdoo = func(mapping.Target) (mapping.Values, error) {
			return mapping.Values{"b": record.Null()}, mapping.ErrSkip
		}
		got, err := f.WriteOdoo(mapping.Target{})
		wrote(t, "Odoo", got, err, nil)
		got, err = mapping.New(f).Import().Values(s, true)
		wrote(t, "Odoo", got, err, mapping.Values{})
	})
}

func TestErrors(t *testing.T) {
	cause := errors.New("no such colour")
	f := mapping.Direct("color", "color")
	f.FromOdoo = func(mapping.Source) (record.Value, error) { return record.Null(), cause }
	f.ToOdoo = func(mapping.Target) (mapping.Values, error) { return nil, cause }
	read := func() error { _, err := f.ReadOdoo(mapping.Source{}); return err }
	write := func() error { _, err := f.WriteOdoo(mapping.Target{}); return err }
	mapped := func() error { _, err := mapping.New(f).Import().Values(mapping.Source{}, true); return err }
	for name, of := range map[string]func() error{"reading": read, "writing": write, "mapping": mapped} {
		t.Run("Ensure "+name+" says which field failed and why", func(t *testing.T) {
			err := of()
			var named *mapping.Error
			if !errors.As(err, &named) || named.Field != "color" || !errors.Is(err, cause) || err.Error() != "field color cannot be mapped: no such colour" {
				t.Errorf("got %v", err)
			}
		})
	}
}
