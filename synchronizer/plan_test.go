package synchronizer_test

import (
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
)

// nothingBound is a Lookup that knows no record.
type nothingBound struct{}

func (nothingBound) ToOdoo(string, string) (string, bool)             { return "", false }
func (nothingBound) ToExternal(string, string, string) (string, bool) { return "", false }

var noteModel = backend.Model{
	Name: "notes.note", OdooModel: "project.task", Noun: "note", OdooNoun: "task",
	NameField: "title", OdooNameField: "name", Creates: true,
}

// noteMapper maps a name, a text that Odoo may hold with more than the other side can, and a flag.
func noteMapper() mapping.Mapper {
	name := mapping.Direct("title", "name", mapping.Trimmed)
	name.Match = true
	text := mapping.Direct("text", "description")
	text.Lossy = func(r record.Record) []string {
		if !r.Value("formatted").AsBool() {
			return nil
		}
		return []string{"a table", "an image", "colours"}
	}
	return mapping.New(name, text, mapping.Active("closed"))
}

func note(title, text string, closed bool) *record.Record {
	r := record.New("notes.note", "n1", map[string]record.Value{"title": record.Text(title), "text": record.Text(text), "closed": record.Bool(closed)})
	return &r
}

func task(name, text string, active bool) *record.Record {
	r := record.New("project.task", "7", map[string]record.Value{"name": record.Text(name), "description": record.Text(text), "active": record.Bool(active)})
	return &r
}

// pair is a bound pair whose sides agreed on the name "Door", the text "Paint" and being in use.
func pair(external, odoo *record.Record) synchronizer.Pair {
	m := noteMapper()
	agreed := binding.Fields{}
	for f := range m.Each() {
		x, _ := f.ReadExternal(mapping.Source{Record: *note("Door", "Paint", false)})
		agreed[f.Name] = binding.FieldState{External: f.ExternalHash(*note("Door", "Paint", false)), Odoo: f.OdooHash(*task("Door", "Paint", true)), Base: x}
	}
	return synchronizer.Pair{
		Model: noteModel, Mapper: m, Settings: config.Model{Model: noteModel.Name, Direction: config.DirectionBoth, Conflict: config.ConflictAsk},
		Binding:  binding.Binding{Model: noteModel.Name, ExternalID: "n1", OdooID: 7, Fields: agreed, Canonical: record.CanonicalVersion},
		External: external, Odoo: odoo, Lookup: nothingBound{},
	}
}

// reconcile plans and checks the action and what is written on each side.
func reconcile(t *testing.T, p synchronizer.Pair, action synchronizer.Action, intoOdoo, outside mapping.Values) synchronizer.Plan {
	t.Helper()
	plan, err := synchronizer.Reconcile(p)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Action != action {
		t.Errorf("the action is %s, want %s", plan.Action, action)
	}
	same(t, "Odoo", plan.Odoo, intoOdoo)
	same(t, "outside", plan.Outside, outside)
	return plan
}

func same(t *testing.T, side string, got, want mapping.Values) {
	t.Helper()
	equal := len(got) == len(want)
	for name, v := range want {
		equal = equal && got[name].Equal(v)
	}
	if !equal {
		t.Errorf("%s is given %v, want %v", side, got, want)
	}
}

func kinds(p synchronizer.Plan) (out []binding.ReviewKind) {
	for _, r := range p.Reviews {
		out = append(out, r.Kind)
	}
	return out
}

func TestReconcile(t *testing.T) {
	newYear := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	text := record.Text
	t.Run("Ensure two sides as they were need nothing", func(t *testing.T) {
		reconcile(t, pair(note("Door", "Paint", false), task("Door", "Paint", true)), synchronizer.Nothing, nil, nil)
	})
	t.Run("Ensure what only looks different needs nothing", func(t *testing.T) {
		reconcile(t, pair(note(" Door ", "Paint", false), task("Door", "Paint", true)), synchronizer.Nothing, nil, nil)
	})
	t.Run("Ensure an edit outside goes into Odoo, only what changed", func(t *testing.T) {
		reconcile(t, pair(note("Gate", "Paint", false), task("Door", "Paint", true)), synchronizer.Update, mapping.Values{"name": text("Gate")}, nil)
	})
	t.Run("Ensure an edit in Odoo goes outside, only what changed", func(t *testing.T) {
		reconcile(t, pair(note("Door", "Paint", false), task("Door", "Paint", false)), synchronizer.Update, nil, mapping.Values{"closed": record.Bool(true)})
	})
	t.Run("Ensure edits of different fields merge", func(t *testing.T) {
		reconcile(t, pair(note("Gate", "Paint", false), task("Door", "Oil", true)), synchronizer.Update,
			mapping.Values{"name": text("Gate")}, mapping.Values{"text": text("Oil")})
	})
	t.Run("Ensure the same edit on both sides needs nothing", func(t *testing.T) {
		reconcile(t, pair(note("Gate", "Paint", false), task("Gate", "Paint", true)), synchronizer.Nothing, nil, nil)
	})
	t.Run("Ensure raw unchanged is unchanged, whatever the canonical form says", func(t *testing.T) {
		p := pair(note("Door", "Paint", false), task("Door", "Paint", true))
		st := p.Binding.Fields["name"]
		st.Base = text("What an older library made of it")
		p.Binding.Fields["name"] = st
		reconcile(t, p, synchronizer.Nothing, nil, nil)
	})
	t.Run("Ensure a base of another canonical form is not taken for an edit where both sides agree", func(t *testing.T) {
		p := pair(note("Door", "Paint", false), task("Door", "Paint", true))
		p.Binding.Canonical = record.CanonicalVersion + 1
		reconcile(t, p, synchronizer.Nothing, nil, nil)
	})
	for policy, want := range map[config.Conflict]struct{ odoo, outside mapping.Values }{
		config.ConflictOdoo:    {nil, mapping.Values{"title": text("Roof")}},
		config.ConflictBackend: {mapping.Values{"name": text("Gate")}, nil},
		config.ConflictNewest:  {mapping.Values{"name": text("Gate")}, nil},
	} {
		t.Run("Ensure the policy "+string(policy)+" decides a conflict", func(t *testing.T) {
			p := pair(note("Gate", "Paint", false), task("Roof", "Paint", true))
			p.Settings.Conflict = policy
			p.OdooTime = newYear
			p.ExternalTime = p.OdooTime.Add(time.Second)
			reconcile(t, p, synchronizer.Update, want.odoo, want.outside)
		})
	}
	for what, times := range map[string][2]time.Time{
		"the times are equal": {newYear, newYear}, "there is no time": {}, "the outside has no time": {{}, newYear},
	} {
		t.Run("Ensure newest prefers Odoo where "+what, func(t *testing.T) {
			p := pair(note("Gate", "Paint", false), task("Roof", "Paint", true))
			p.Settings.Conflict = config.ConflictNewest
			p.ExternalTime, p.OdooTime = times[0], times[1]
			reconcile(t, p, synchronizer.Update, nil, mapping.Values{"title": text("Roof")})
		})
	}
	t.Run("Ensure ask writes nothing and asks", func(t *testing.T) {
		plan := reconcile(t, pair(note("Gate", "Paint", false), task("Roof", "Paint", true)), synchronizer.Nothing, nil, nil)
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Conflict}) || plan.Reviews[0].Field != "name" {
			t.Errorf("got the reviews %+v", plan.Reviews)
		}
	})
	t.Run("Ensure an open conflict stays while both differ, and ends when one side gives way", func(t *testing.T) {
		open := map[string]binding.Review{"name": {Field: "name", Kind: binding.Conflict}}
		p := pair(note("Gate", "Paint", false), task("Roof", "Paint", true))
		f, _ := p.Mapper.Field("name") // both were seen as they are, and the base stayed
		st := p.Binding.Fields["name"]
		st.External, st.Odoo = f.ExternalHash(*p.External), f.OdooHash(*p.Odoo)
		p.Binding.Fields["name"] = st
		p.Reviews = open
		reconcile(t, p, synchronizer.Nothing, nil, nil)

		p.External = note("Door", "Paint", false) // taken back outside
		plan := reconcile(t, p, synchronizer.Update, nil, mapping.Values{"title": text("Roof")})
		if !slices.Equal(plan.Solved, []string{"name"}) {
			t.Errorf("the review of the name is still open: %+v", plan)
		}
	})
	t.Run("Ensure an edit outside is not written over what Odoo holds in full", func(t *testing.T) {
		o := task("Door", "Paint", true).With("formatted", record.Bool(true))
		plan := reconcile(t, pair(note("Door", "Oil", false), &o), synchronizer.Nothing, nil, nil)
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Lossy}) {
			t.Errorf("got the reviews %+v", plan.Reviews)
		}
		if want := "description has a table, an image and colours in Odoo, which the other side cannot hold, so the edit from outside is not written over it"; plan.Reviews[0].Reason != want {
			t.Errorf("the review says %q, want %q", plan.Reviews[0].Reason, want)
		}
	})
	t.Run("Ensure the plan says what an edit in Odoo leaves behind when it goes out", func(t *testing.T) {
		o := task("Door", "Oil", true).With("formatted", record.Bool(true))
		plan := reconcile(t, pair(note("Door", "Paint", false), &o), synchronizer.Update, nil, mapping.Values{"text": text("Oil")})
		i := slices.IndexFunc(plan.Fields, func(fp synchronizer.FieldPlan) bool { return fp.Field == "description" })
		if want := "goes outside without a table, an image and colours: what the other side cannot hold stays in Odoo"; plan.Fields[i].Note != want {
			t.Errorf("the plan says %q, want %q", plan.Fields[i].Note, want)
		}
	})
	t.Run("Ensure import and export hold the other direction back", func(t *testing.T) {
		p := pair(note("Gate", "Paint", false), task("Door", "Oil", true))
		p.Settings.Direction = config.DirectionImport
		reconcile(t, p, synchronizer.Update, mapping.Values{"name": text("Gate")}, nil)
		p.Settings.Direction = config.DirectionExport
		reconcile(t, p, synchronizer.Update, nil, mapping.Values{"text": text("Oil")})
	})
	t.Run("Ensure what Odoo archived by itself is no edit", func(t *testing.T) {
		p := pair(note("Door", "Paint", false), task("Door", "Paint", false))
		p.CascadeArchived = true
		reconcile(t, p, synchronizer.Nothing, nil, nil)
	})
	t.Run("Ensure what Odoo restored by itself gets its own state back", func(t *testing.T) {
		p := pair(note("Door", "Paint", true), task("Door", "Paint", true))
		f, _ := p.Mapper.Field("active")
		p.Binding.Fields["active"] = binding.FieldState{External: f.ExternalHash(*p.External), Odoo: f.OdooHash(*task("", "", false)), Base: record.Bool(false)}
		p.CascadeRestored = true
		reconcile(t, p, synchronizer.Update, mapping.Values{"active": record.Bool(false)}, nil)
	})
	t.Run("Ensure planning the same pair twice gives the same plan", func(t *testing.T) {
		p := pair(note("Gate", "Oil", true), task("Roof", "Paint", true))
		first, _ := synchronizer.Reconcile(p)
		second, _ := synchronizer.Reconcile(p)
		same(t, "Odoo", second.Odoo, first.Odoo)
		same(t, "outside", second.Outside, first.Outside)
	})
}

func TestMatch(t *testing.T) {
	unbound := func(external, odoo *record.Record) synchronizer.Pair {
		p := pair(external, odoo)
		p.Binding = binding.Binding{}
		return p
	}
	t.Run("Ensure a record without a namesake is created on the other side", func(t *testing.T) {
		plan, chosen, err := synchronizer.Match(unbound(note("Door", "Paint", true), nil), synchronizer.Candidates{Siblings: 1})
		if err != nil || chosen != nil || plan.Action != synchronizer.CreateOdoo {
			t.Fatalf("got %+v, %v, %v", plan, chosen, err)
		}
		same(t, "Odoo", plan.Odoo, mapping.Values{"name": record.Text("Door"), "description": record.Text("Paint"), "active": record.Bool(false)})
		plan, _, err = synchronizer.Match(unbound(nil, task("Door", "Paint", true)), synchronizer.Candidates{Siblings: 1})
		if err != nil || plan.Action != synchronizer.CreateExternal {
			t.Fatalf("got %+v, %v", plan, err)
		}
	})
	t.Run("Ensure an equal namesake is bound", func(t *testing.T) {
		plan, chosen, err := synchronizer.Match(unbound(note("Door", "Paint", false), nil), synchronizer.Candidates{Records: []record.Record{*task("Door", "Paint", true)}, Siblings: 1})
		if err != nil || chosen == nil || plan.Action != synchronizer.Bind || len(plan.Odoo)+len(plan.Outside) != 0 {
			t.Errorf("got %+v, %v, %v", plan, chosen, err)
		}
	})
	t.Run("Ensure an unequal namesake is left for review", func(t *testing.T) {
		plan, _, err := synchronizer.Match(unbound(note("Door", "Paint", false), nil), synchronizer.Candidates{Records: []record.Record{*task("Door", "Oil", true)}, Siblings: 1})
		if err != nil || plan.Action != synchronizer.Skip || !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Unequal}) {
			t.Errorf("got %+v, %v", plan, err)
		}
	})
	t.Run("Ensure what was imported before is bound where it is equal, and asked about by its own kind of review where it is not", func(t *testing.T) {
		for text, want := range map[string]synchronizer.Action{"Paint": synchronizer.Bind, "Oil": synchronizer.Skip} {
			p := unbound(note("Door", "Paint", false), nil)
			p.Imported = true
			plan, _, err := synchronizer.Match(p, synchronizer.Candidates{Records: []record.Record{*task("Door", text, true)}, Siblings: 1})
			if err != nil || plan.Action != want || len(plan.Odoo)+len(plan.Outside) != 0 {
				t.Fatalf("%s: got %+v, %v", text, plan, err)
			}
			if asks := slices.Equal(kinds(plan), []binding.ReviewKind{binding.Imported}); asks != (want == synchronizer.Skip) {
				t.Errorf("%s: the reviews are %+v", text, plan.Reviews)
			}
		}
	})
	t.Run("Ensure no other is made of what was imported before and cannot be had", func(t *testing.T) {
		plan, chosen, err := synchronizer.Match(unbound(note("Door", "Paint", false), nil), synchronizer.Candidates{Siblings: 1, Unusable: 7})
		if err != nil || chosen != nil || plan.Action != synchronizer.Skip || !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Imported}) {
			t.Errorf("got %+v, %v", plan, err)
		}
	})
	for name, c := range map[string]synchronizer.Candidates{
		"two namesakes on the other side": {Records: []record.Record{*task("Door", "Paint", true), *task("Door", "Paint", true)}, Siblings: 1},
		"two namesakes on its own side":   {Records: []record.Record{*task("Door", "Paint", true)}, Siblings: 2},
	} {
		t.Run("Ensure "+name+" are ambiguous", func(t *testing.T) {
			plan, _, err := synchronizer.Match(unbound(note("Door", "Paint", false), nil), c)
			if err != nil || plan.Action != synchronizer.Skip || !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Ambiguous}) {
				t.Errorf("got %+v, %v", plan, err)
			}
		})
	}
	t.Run("Ensure nothing is created against the direction", func(t *testing.T) {
		p := unbound(note("Door", "Paint", false), nil)
		p.Settings.Direction = config.DirectionExport
		if plan, _, err := synchronizer.Match(p, synchronizer.Candidates{Siblings: 1}); err != nil || plan.Action != synchronizer.Skip || len(plan.Reviews) != 0 {
			t.Errorf("got %+v, %v", plan, err)
		}
	})
	t.Run("Ensure equal records are bound whatever the direction", func(t *testing.T) {
		p := unbound(note("Door", "Paint", false), nil)
		p.Settings.Direction = config.DirectionExport
		plan, _, err := synchronizer.Match(p, synchronizer.Candidates{Records: []record.Record{*task("Door", "Paint", true)}, Siblings: 1})
		if err != nil || plan.Action != synchronizer.Bind {
			t.Errorf("got %+v, %v", plan, err)
		}
	})
}
