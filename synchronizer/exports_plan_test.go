package synchronizer_test

import (
	"slices"
	"strconv"
	"testing"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
)

// exporting lets the given Odoo ids get a counterpart where they have none.
func exporting(p synchronizer.Pair, ids ...string) synchronizer.Pair {
	p.Export = func(ref record.Reference, scope string) (synchronizer.Args, bool) {
		id, _ := strconv.ParseInt(ref.ID, 10, 64)
		return synchronizer.Args{Model: ref.Model, OdooID: id, Scope: scope}, slices.Contains(ids, ref.ID)
	}
	return p
}

func column(id int64) synchronizer.Args {
	return synchronizer.Args{Model: "desk.column", OdooID: id, Scope: "B1"}
}

func label(id int64) synchronizer.Args {
	return synchronizer.Args{Model: "desk.label", OdooID: id, Scope: "B1"}
}

func waitsFor(t *testing.T, plan synchronizer.Plan, want ...synchronizer.Args) {
	t.Helper()
	if plan.Action != synchronizer.Wait || !slices.Equal(plan.Exports, want) || len(plan.Outside)+len(plan.Odoo)+len(plan.Reviews) > 0 {
		t.Errorf("the plan is %s for %v, want it to wait for %v and to write nothing: %+v", plan.Action, plan.Exports, want, plan)
	}
}

func TestReconcileWaitsForExports(t *testing.T) {
	ours := ticket("Door", "B1", "todo1", "red1")
	t.Run("Ensure a link to what gets a counterpart outside waits for that, and nothing is written", func(t *testing.T) {
		p := exporting(agreed(t, ours, todo("Gate", "10", "29", "30")), "29")
		waitsFor(t, reconcile(t, p, synchronizer.Wait, nil, nil), column(29))
	})
	t.Run("Ensure a new member of a set waits for its counterpart, and one that gets none does not hinder", func(t *testing.T) {
		p := exporting(agreed(t, ours, todo("Door", "10", "20", "30 77 88")), "77")
		waitsFor(t, reconcile(t, p, synchronizer.Wait, nil, nil), label(77))
		p = exporting(agreed(t, ours, todo("Gate", "10", "20", "30 88")))
		reconcile(t, p, synchronizer.Update, nil, mapping.Values{"title": record.Text("Gate")})
	})
	t.Run("Ensure a member that was there when both sides agreed is not asked for", func(t *testing.T) {
		p := agreed(t, ours, todo("Gate", "10", "20", "30 77"))
		f, _ := p.Mapper.Field("tag_ids")
		st := p.Binding.Fields["tag_ids"]
		st.Odoo = f.OdooHash(*p.Odoo)
		p.Binding.Fields["tag_ids"] = st
		reconcile(t, exporting(p, "77"), synchronizer.Update, nil, mapping.Values{"title": record.Text("Gate")})
	})
	t.Run("Ensure what is not exported waits for nothing", func(t *testing.T) {
		p := exporting(agreed(t, ours, todo("Gate", "10", "29", "30 77")), "29", "77")
		p.Settings.Direction = "import"
		reconcile(t, p, synchronizer.Nothing, nil, nil)
	})
}

func TestMatchWaitsForExports(t *testing.T) {
	match := func(t *testing.T, o *record.Record, ids ...string) synchronizer.Plan {
		t.Helper()
		plan, _, err := synchronizer.Match(exporting(unboundTicket(nil, o), ids...), synchronizer.Candidates{Siblings: 1})
		if err != nil {
			t.Fatal(err)
		}
		return plan
	}
	t.Run("Ensure a new record waits for all that it points to", func(t *testing.T) {
		waitsFor(t, match(t, todo("Door", "10", "29", "30 77"), "29", "77"), column(29), label(77))
	})
	t.Run("Ensure it is left alone, and asks for nothing, where one of them gets none", func(t *testing.T) {
		if plan := match(t, todo("Door", "10", "29", "77"), "77"); plan.Action != synchronizer.Skip || len(plan.Reviews) != 1 {
			t.Errorf("got %+v", plan)
		}
	})
	t.Run("Ensure it waits for its place alone, for all else depends on that", func(t *testing.T) {
		plan := match(t, todo("Door", "19", "29", "77"), "19")
		waitsFor(t, plan, synchronizer.Args{Model: "desk.board", OdooID: 19})
	})
}
