package synchronizer_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
)

// tie is a bound pair of a ties lookup; without a scope it is found in every scope.
type tie struct{ model, external, odoo, scope string }

// ties is a Lookup of a few bound pairs.
type ties []tie

func (l ties) ToOdoo(model, external string) (string, bool) {
	i := slices.IndexFunc(l, func(t tie) bool { return t.model == model && t.external == external })
	if i < 0 {
		return "", false
	}
	return l[i].odoo, true
}

func (l ties) ToExternal(model, odoo, scope string) (string, bool) {
	i := slices.IndexFunc(l, func(t tie) bool { return t.model == model && t.odoo == odoo && (t.scope == "" || t.scope == scope) })
	if i < 0 {
		return "", false
	}
	return l[i].external, true
}

// office has two boards. The stage 20 and the tag 30 stand for a column and a label of either.
var office = ties{
	{"desk.board", "B1", "10", ""}, {"desk.board", "B2", "11", ""},
	{"desk.column", "todo1", "20", "B1"}, {"desk.column", "done1", "21", "B1"}, {"desk.column", "todo2", "20", "B2"},
	{"desk.label", "red1", "30", "B1"}, {"desk.label", "blue1", "31", "B1"}, {"desk.label", "red2", "30", "B2"},
}

var ticketModel = backend.Model{
	Name: "desk.ticket", OdooModel: "project.task", Noun: "ticket", OdooNoun: "task", NameField: "title", OdooNameField: "name",
	Parent: "desk.board", ParentField: "board", OdooParent: "project_id", Creates: true,
}

func ticketMapper() mapping.Mapper {
	name := mapping.Direct("title", "name", mapping.Trimmed)
	name.Match = true
	active := mapping.Active("closed")
	active.AfterCreate = true
	return mapping.New(name,
		mapping.Many2One("board", "project_id", "desk.board", "project.project"),
		mapping.Many2One("column", "stage_id", "desk.column", "project.task.type"),
		mapping.Many2Many("labels", "tag_ids", "desk.label", "project.tags"), active)
}

func link(model, id string) record.Value {
	if id == "" {
		return record.Null()
	}
	return record.Ref(model, id)
}

func links(model, ids string) record.Value {
	var set []record.Reference
	for _, id := range strings.Fields(ids) {
		set = append(set, record.Reference{Model: model, ID: id})
	}
	return record.RefSet(set...)
}

func ticket(title, board, column, labels string) *record.Record {
	r := record.New("desk.ticket", "t1", map[string]record.Value{
		"title": record.Text(title), "board": link("desk.board", board), "column": link("desk.column", column), "labels": links("desk.label", labels),
		"closed": record.Bool(false),
	})
	return &r
}

func todo(name, project, stage, tags string) *record.Record {
	r := record.New("project.task", "7", map[string]record.Value{
		"name": record.Text(name), "project_id": link("project.project", project), "stage_id": link("project.task.type", stage),
		"tag_ids": links("project.tags", tags), "active": record.Bool(true),
	})
	return &r
}

// agreed is a bound pair whose sides agreed on a door on the first board, to do, red.
func agreed(t *testing.T, external, odoo *record.Record) synchronizer.Pair {
	t.Helper()
	x, o := ticket("Door", "B1", "todo1", "red1"), todo("Door", "10", "20", "30")
	p := unboundTicket(external, odoo)
	p.Binding = binding.Binding{ID: 1, Model: ticketModel.Name, ExternalID: "t1", OdooID: 7, Fields: binding.Fields{}, Canonical: record.CanonicalVersion}
	for f := range p.Mapper.Each() {
		base, err := f.ReadExternal(mapping.Source{Record: *x, Scope: "B1", Lookup: office})
		if err != nil {
			t.Fatal(err)
		}
		p.Binding.Fields[f.Name] = binding.FieldState{External: f.ExternalHash(*x), Odoo: f.OdooHash(*o), Base: base}
	}
	return p
}

func unboundTicket(external, odoo *record.Record) synchronizer.Pair {
	p := synchronizer.Pair{
		Model: ticketModel, Mapper: ticketMapper(), Lookup: office, External: external, Odoo: odoo,
		Settings: config.Model{Model: ticketModel.Name, Direction: config.DirectionBoth, Conflict: config.ConflictAsk},
	}
	if external != nil {
		ref, _ := external.Value("board").AsRef()
		p.ExternalScope = ref.ID
	}
	p.OdooScope = p.ExternalScope
	if odoo != nil {
		if ref, ok := odoo.Value("project_id").AsRef(); ok {
			if board, bound := office.ToExternal("desk.board", ref.ID, ""); bound {
				p.OdooScope = board
			}
		}
		if external == nil {
			p.ExternalScope = p.OdooScope
		}
	}
	return p
}

func TestReconcileLinks(t *testing.T) {
	t.Run("Ensure sets that were changed on both sides are merged, and each side is given what it lacks", func(t *testing.T) {
		p := agreed(t, ticket("Door", "B1", "todo1", "red1 blue1"), todo("Door", "10", "20", "77"))
		reconcile(t, p, synchronizer.Update,
			mapping.Values{"tag_ids": links("project.tags", "31 77")}, mapping.Values{"labels": links("desk.label", "blue1")})
	})
	t.Run("Ensure a tag without a label is no change", func(t *testing.T) {
		reconcile(t, agreed(t, ticket("Door", "B1", "todo1", "red1"), todo("Door", "10", "20", "30 77")), synchronizer.Nothing, nil, nil)
	})
	t.Run("Ensure an edit of links goes across in the other side's terms", func(t *testing.T) {
		reconcile(t, agreed(t, ticket("Door", "B1", "done1", "red1"), todo("Door", "10", "20", "30")), synchronizer.Update,
			mapping.Values{"stage_id": link("project.task.type", "21")}, nil)
		reconcile(t, agreed(t, ticket("Door", "B1", "todo1", "red1"), todo("Door", "10", "21", "30")), synchronizer.Update,
			nil, mapping.Values{"column": link("desk.column", "done1")})
	})
	t.Run("Ensure a link to what is not bound yet makes the pair wait, and writes nothing", func(t *testing.T) {
		plan := reconcile(t, agreed(t, ticket("Gate", "B1", "new1", "red1 new2"), todo("Door", "10", "20", "30")), synchronizer.Wait, nil, nil)
		want := []record.Reference{{Model: "desk.column", ID: "new1"}, {Model: "desk.label", ID: "new2"}}
		if !slices.Equal(plan.Missing, want) {
			t.Errorf("missing are %v, want %v", plan.Missing, want)
		}
	})
	t.Run("Ensure nobody waits for a model that is not synchronized", func(t *testing.T) {
		p := agreed(t, ticket("Gate", "B1", "new1", "red1"), todo("Door", "10", "20", "30"))
		p.Off = func(model string) bool { return model == "desk.column" }
		reconcile(t, p, synchronizer.Update, mapping.Values{"name": record.Text("Gate")}, nil)
	})
	t.Run("Ensure a stage without a column is left for review, and everything else goes out", func(t *testing.T) {
		plan := reconcile(t, agreed(t, ticket("Door", "B1", "todo1", "red1"), todo("Gate", "10", "29", "30")), synchronizer.Update,
			nil, mapping.Values{"title": record.Text("Gate")})
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.MissingReference}) || plan.Reviews[0].Field != "stage_id" {
			t.Fatalf("got the reviews %+v", plan.Reviews)
		}
		if r := plan.Reviews[0]; r.ExternalID != "t1" || r.OdooID != 7 || !strings.Contains(r.Reason, "stage_id") || !strings.Contains(r.Reason, "29") {
			t.Errorf("got the review %+v", r)
		}
	})
	t.Run("Ensure a review of a missing link ends when there is a counterpart", func(t *testing.T) {
		p := agreed(t, ticket("Door", "B1", "todo1", "red1"), todo("Door", "10", "21", "30"))
		p.Reviews = map[string]binding.Review{"stage_id": {Field: "stage_id", Kind: binding.MissingReference}}
		plan := reconcile(t, p, synchronizer.Update, nil, mapping.Values{"column": link("desk.column", "done1")})
		if !slices.Equal(plan.Solved, []string{"stage_id"}) {
			t.Errorf("solved are %v", plan.Solved)
		}
	})
	t.Run("Ensure a task that was moved in Odoo takes all its links to the other board, in that board's terms", func(t *testing.T) {
		p := agreed(t, ticket("Door", "B1", "todo1", "red1"), todo("Door", "11", "20", "30"))
		reconcile(t, p, synchronizer.Update, nil, mapping.Values{
			"board": link("desk.board", "B2"), "column": link("desk.column", "todo2"), "labels": links("desk.label", "red2"),
		})
	})
	t.Run("Ensure a ticket that was moved outside takes all its links to the other project", func(t *testing.T) {
		p := agreed(t, ticket("Door", "B2", "todo2", "red2"), todo("Door", "10", "20", "30"))
		reconcile(t, p, synchronizer.Update, mapping.Values{
			"project_id": link("project.project", "11"), "stage_id": link("project.task.type", "20"), "tag_ids": links("project.tags", "30"),
		}, nil)
	})
}

func TestReconcileGuards(t *testing.T) {
	guarded := func(t *testing.T, external, odoo string, shared bool) synchronizer.Pair {
		p := agreed(t, ticket(external, "B1", "todo1", "red1"), todo(odoo, "10", "20", "30"))
		name, _ := p.Mapper.Field("name")
		name.Guarded = true
		p.Mapper, p.Shared = p.Mapper.Extend(name), shared
		return p
	}
	t.Run("Ensure a record that stands for several is not renamed from outside", func(t *testing.T) {
		plan := reconcile(t, guarded(t, "Gate", "Door", true), synchronizer.Nothing, nil, nil)
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Shared}) || plan.Reviews[0].Field != "name" {
			t.Errorf("got the reviews %+v", plan.Reviews)
		}
	})
	t.Run("Ensure it is renamed from Odoo", func(t *testing.T) {
		reconcile(t, guarded(t, "Door", "Gate", true), synchronizer.Update, nil, mapping.Values{"title": record.Text("Gate")})
	})
	t.Run("Ensure one that stands for one alone is renamed from outside", func(t *testing.T) {
		reconcile(t, guarded(t, "Gate", "Door", false), synchronizer.Update, mapping.Values{"name": record.Text("Gate")}, nil)
	})
	t.Run("Ensure a review that stands doesn't freeze the other fields", func(t *testing.T) {
		p := agreed(t, ticket("Gate", "B1", "done1", "red1"), todo("Roof", "10", "20", "30"))
		p.Reviews = map[string]binding.Review{"name": {Field: "name", Kind: binding.Conflict}}
		plan := reconcile(t, p, synchronizer.Update, mapping.Values{"stage_id": link("project.task.type", "21")}, nil)
		if len(plan.Solved) != 0 || !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Conflict}) {
			t.Errorf("solved are %v, reviews %+v", plan.Solved, plan.Reviews)
		}
	})
	t.Run("Ensure a pair without a base agrees where both sides are equal, and asks where they are not", func(t *testing.T) {
		p := agreed(t, ticket("Door", "B1", "todo1", "red1"), todo("Gate", "10", "20", "30"))
		p.Binding.Fields = nil
		plan := reconcile(t, p, synchronizer.Nothing, nil, nil)
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Conflict}) || plan.Reviews[0].Field != "name" {
			t.Errorf("got the reviews %+v", plan.Reviews)
		}
	})
	t.Run("Ensure what a creation alone sets is not changed afterwards", func(t *testing.T) {
		p := agreed(t, ticket("Gate", "B1", "todo1", "red1"), todo("Door", "10", "20", "30"))
		name, _ := p.Mapper.Field("name")
		name.OnlyCreate = true
		p.Mapper = p.Mapper.Extend(name)
		reconcile(t, p, synchronizer.Nothing, nil, nil)
	})
}

func TestMatchOutwards(t *testing.T) {
	alone := synchronizer.Candidates{Siblings: 1}
	match := func(t *testing.T, p synchronizer.Pair, c synchronizer.Candidates, want synchronizer.Action) (synchronizer.Plan, *record.Record) {
		t.Helper()
		plan, chosen, err := synchronizer.Match(p, c)
		if err != nil || plan.Action != want {
			t.Fatalf("got %+v, %v, want %s", plan, err, want)
		}
		return plan, chosen
	}
	t.Run("Ensure a task is created outside with all but what can only be set afterwards", func(t *testing.T) {
		plan, _ := match(t, unboundTicket(nil, todo("Door", "10", "20", "30 77")), alone, synchronizer.CreateExternal)
		same(t, "outside", plan.Outside, mapping.Values{
			"title": record.Text("Door"), "board": link("desk.board", "B1"), "column": link("desk.column", "todo1"), "labels": links("desk.label", "red1"),
		})
		if i := slices.IndexFunc(plan.Fields, func(f synchronizer.FieldPlan) bool { return f.Field == "active" }); i < 0 || plan.Fields[i].ToExternal {
			t.Errorf("what can only be set afterwards is planned as %+v", plan.Fields)
		}
	})
	t.Run("Ensure a ticket is created in Odoo in Odoo's terms", func(t *testing.T) {
		plan, _ := match(t, unboundTicket(ticket(" Door ", "B1", "todo1", "red1"), nil), alone, synchronizer.CreateOdoo)
		same(t, "Odoo", plan.Odoo, mapping.Values{
			"name": record.Text("Door"), "project_id": link("project.project", "10"), "stage_id": link("project.task.type", "20"),
			"tag_ids": links("project.tags", "30"), "active": record.Bool(true),
		})
	})
	t.Run("Ensure a ticket waits for the column that it is in", func(t *testing.T) {
		plan, _ := match(t, unboundTicket(ticket("Door", "B1", "new1", ""), nil), alone, synchronizer.Wait)
		if !slices.Equal(plan.Missing, []record.Reference{{Model: "desk.column", ID: "new1"}}) {
			t.Errorf("missing are %v", plan.Missing)
		}
	})
	t.Run("Ensure a task whose stage has no column is not created outside, but reviewed", func(t *testing.T) {
		plan, _ := match(t, unboundTicket(nil, todo("Door", "10", "29", "")), alone, synchronizer.Skip)
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.MissingReference}) || plan.Reviews[0].OdooID != 7 {
			t.Errorf("got the reviews %+v", plan.Reviews)
		}
	})
	t.Run("Ensure a model that makes nothing outside makes nothing", func(t *testing.T) {
		p := unboundTicket(nil, todo("Door", "10", "20", ""))
		p.Model.Creates = false
		if plan, _ := match(t, p, alone, synchronizer.Skip); len(plan.Reviews) != 0 || plan.Reason == "" {
			t.Errorf("got %+v", plan)
		}
	})
	t.Run("Ensure a task binds to the equal ticket, which comes back as chosen", func(t *testing.T) {
		found := ticket("Door", "B1", "todo1", "red1")
		plan, chosen := match(t, unboundTicket(nil, todo("Door", "10", "20", "30")), synchronizer.Candidates{Records: []record.Record{*found}, Siblings: 1}, synchronizer.Bind)
		if chosen == nil || chosen.ID != "t1" || len(plan.Fields) != len(ticketMapper().Fields()) {
			t.Errorf("chosen is %v by %+v", chosen, plan.Fields)
		}
	})
	t.Run("Ensure an unequal ticket's review names it and what differs", func(t *testing.T) {
		found := ticket("Door", "B1", "done1", "red1")
		plan, _ := match(t, unboundTicket(nil, todo("Door", "10", "20", "30")), synchronizer.Candidates{Records: []record.Record{*found}, Siblings: 1}, synchronizer.Skip)
		if !slices.Equal(kinds(plan), []binding.ReviewKind{binding.Unequal}) {
			t.Fatalf("got the reviews %+v", plan.Reviews)
		}
		if r := plan.Reviews[0]; r.ExternalID != "t1" || !strings.Contains(r.Reason, "stage_id") || r.Fingerprint == "" {
			t.Errorf("got %+v", r)
		}
	})
	t.Run("Ensure a model that goes by names binds to the namesake, whatever else differs", func(t *testing.T) {
		p := unboundTicket(ticket("Door", "B1", "done1", ""), nil)
		p.Model.ByName = true
		plan, chosen := match(t, p, synchronizer.Candidates{Records: []record.Record{*todo("Door", "10", "20", "30")}, Siblings: 1}, synchronizer.Bind)
		if chosen == nil || len(plan.Odoo)+len(plan.Outside)+len(plan.Reviews) != 0 {
			t.Errorf("chosen is %v by %+v", chosen, plan)
		}
	})
}
