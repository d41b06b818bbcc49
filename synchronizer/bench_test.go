package synchronizer_test

import (
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
)

// oneToOne is a lookup in which every record is bound to the one of its own id.
type oneToOne struct{}

func (oneToOne) ToOdoo(_, id string) (string, bool)        { return id, true }
func (oneToOne) ToExternal(_, id, _ string) (string, bool) { return id, true }

var instant = time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)

func boundCard(name string) record.Record {
	return record.New(trello.CardModel, "4", map[string]record.Value{
		"name": record.Text(name), "desc": record.Text("Two coats.\n\nGreen & white"), "closed": record.Bool(false),
		"idBoard": record.Ref(trello.BoardModel, "1"), "idList": record.Ref(trello.ListModel, "2"),
		"idLabels": record.RefSet(record.Reference{Model: trello.LabelModel, ID: "3"}, record.Reference{Model: trello.LabelModel, ID: "5"}),
		"due":      record.Instant(instant), "dateLastActivity": record.Instant(instant),
	})
}

func boundTask() record.Record {
	return record.New("project.task", "4", map[string]record.Value{
		"name": record.Text("Paint the door"), "description": record.HTML("<p>Two coats.</p><p>Green &amp; white</p>"), "active": record.Bool(true),
		"project_id": record.Ref("project.project", "1"), "stage_id": record.Ref("project.task.type", "2"),
		"tag_ids":       record.RefSet(record.Reference{Model: "project.tags", ID: "3"}, record.Reference{Model: "project.tags", ID: "5"}),
		"date_deadline": record.Instant(instant), "write_date": record.Instant(instant),
	})
}

func cardModel(tb testing.TB) backend.Model {
	tb.Helper()
	m, ok := trello.Backend().Model(trello.CardModel)
	if !ok {
		tb.Fatal("there is no model of cards")
	}
	return m
}

// boundPair is a card and a task that are bound and agree.
func boundPair(tb testing.TB) synchronizer.Pair {
	tb.Helper()
	x, o := boundCard("Paint the door"), boundTask()
	p := synchronizer.Pair{
		Model: cardModel(tb), Mapper: trello.CardMapper(), External: &x, Odoo: &o, Lookup: oneToOne{}, ExternalScope: "1", OdooScope: "1",
		Settings: config.Model{Model: trello.CardModel, Direction: config.DirectionBoth, Conflict: config.ConflictAsk},
		Binding: binding.Binding{
			ID: 1, Model: trello.CardModel, OdooModel: "project.task", ExternalID: x.ID, OdooID: 4,
			Canonical: record.CanonicalVersion, Fields: binding.Fields{},
		},
	}
	for f := range p.Mapper.Each() {
		v, err := f.ReadExternal(mapping.Source{Record: x, Scope: "1", Lookup: oneToOne{}})
		if err != nil {
			tb.Fatal(err)
		}
		p.Binding.Fields[f.Name] = binding.FieldState{External: f.ExternalHash(x), Odoo: f.OdooHash(o), Base: v}
	}
	return p
}

func BenchmarkReconcileNothingChanged(b *testing.B) {
	p := boundPair(b)
	b.ReportAllocs()
	for b.Loop() {
		plan, err := synchronizer.Reconcile(p)
		if err != nil || plan.Action != synchronizer.Nothing {
			b.Fatal(plan.Action, err)
		}
	}
}

func BenchmarkReconcileOneFieldChanged(b *testing.B) {
	p := boundPair(b)
	renamed := boundCard("Paint the front door")
	p.External = &renamed
	b.ReportAllocs()
	for b.Loop() {
		plan, err := synchronizer.Reconcile(p)
		if err != nil || plan.Action != synchronizer.Update || len(plan.Odoo) != 1 || len(plan.Outside) != 0 {
			b.Fatal(plan.Action, plan.Odoo, plan.Outside, err)
		}
	}
}

func BenchmarkMatchCreatesInOdoo(b *testing.B) {
	p := boundPair(b)
	p.Odoo, p.Binding = nil, binding.Binding{}
	b.ReportAllocs()
	for b.Loop() {
		plan, _, err := synchronizer.Match(p, synchronizer.Candidates{Siblings: 1})
		if err != nil || plan.Action != synchronizer.CreateOdoo {
			b.Fatal(plan.Action, err)
		}
	}
}

func BenchmarkImportMapper(b *testing.B) {
	m, src := trello.CardMapper().Import(), mapping.Source{Record: boundCard("Paint the door"), Scope: "1", Lookup: oneToOne{}}
	b.ReportAllocs()
	for b.Loop() {
		if values, err := m.Values(src, true); err != nil || len(values) != 7 {
			b.Fatal(values, err)
		}
	}
}

func BenchmarkExportMapper(b *testing.B) {
	m, src := trello.CardMapper().Export(), mapping.Source{Record: boundTask(), Scope: "1", Lookup: oneToOne{}}
	b.ReportAllocs()
	for b.Loop() {
		if values, err := m.Values(src, false); err != nil || len(values) != 7 {
			b.Fatal(values, err)
		}
	}
}
