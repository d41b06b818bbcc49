package trello_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// links writes the ids of a many2many as Odoo's command that replaces the set.
func links(ids ...int64) []any { return []any{[]any{6, 0, ids}} }

// scene is a board with two lists that was synchronized once, so that everything on it is bound.
type scene struct {
	*world
	board                trellotest.Board
	todo, doing          trellotest.List
	project              int64
	todoStage, doneStage int64 // of "To do" and "Doing"
}

// bound makes the workshop and synchronizes it; the requests begin to count after that.
func bound(t testing.TB) *scene {
	t.Helper()
	s := &scene{world: newWorld(t)}
	s.board, s.todo, s.doing = workshop(s.world)
	s.mustSync()
	s.project = s.projectID("Workshop")
	s.todoStage, s.doneStage = s.stageID("To do", s.project), s.stageID("Doing", s.project)
	s.resetRequests()
	return s
}

// projectID is the one project of that name.
func (w *world) projectID(name string) int64 {
	w.t.Helper()
	return w.only("project.project", []any{[]any{"name", "=", name}, []any{"active", "in", []any{true, false}}})
}

// stageID is the one stage of that name in the project.
func (w *world) stageID(name string, project int64) int64 {
	w.t.Helper()
	return w.only("project.task.type", []any{[]any{"name", "=", name}, []any{"project_ids", "in", []any{project}}})
}

// tagID is the one tag of that name.
func (w *world) tagID(name string) int64 {
	w.t.Helper()
	return w.only("project.tags", []any{[]any{"name", "=", name}})
}

func (w *world) only(model string, domain []any) int64 {
	w.t.Helper()
	ids := w.odoo.Search(model, domain)
	if len(ids) != 1 {
		w.t.Fatalf("%s %v finds %d records, want one", model, domain, len(ids))
	}
	return ids[0]
}

// addTask makes a task as a user in Odoo would.
func (s *scene) addTask(name string, values map[string]any) int64 {
	all := map[string]any{"name": name, "project_id": s.project, "stage_id": s.todoStage}
	for k, v := range values {
		all[k] = v
	}
	return s.odoo.Create("project.task", all)
}

// set writes one record in Odoo as a user would.
func (w *world) set(model string, id int64, field string, value any) {
	w.odoo.Write(model, []int64{id}, map[string]any{field: value})
}

// value is one field of a record as Odoo answers it.
func (w *world) value(model string, id int64, field string) any {
	w.t.Helper()
	row := w.odoo.Read(model, id, field)
	if row == nil {
		w.t.Fatalf("%s %d does not exist", model, id)
	}
	return row[field]
}

// want checks one field of an Odoo record. A many2one is compared by its id, a set by its ids.
func (w *world) want(model string, id int64, field string, want any) {
	w.t.Helper()
	got := w.value(model, id, field)
	if pair, ok := got.([]any); ok && len(pair) == 2 {
		if _, named := pair[1].(string); named {
			got = pair[0]
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("%s %d has %s %v, want %v", model, id, field, got, want)
	}
}

// quiet demands that the next sync writes nothing and finds nothing changed.
func (w *world) quiet() {
	w.t.Helper()
	w.resetRequests()
	r := w.mustSync()
	if o, x := w.writes(); o+x != 0 {
		w.t.Errorf("a sync of a world at rest wrote %d times into Odoo and %d times into Trello: %s", o, x, w.sent())
	}
	if r.Changed() {
		w.t.Errorf("a sync of a world at rest reports a change: %+v", flat(r.Models))
	}
	if r.Jobs.Enqueued != 0 {
		w.t.Errorf("a sync of a world at rest made %d jobs", r.Jobs.Enqueued)
	}
}

func flat[T any](all []*T) (out []T) {
	for _, x := range all {
		out = append(out, *x)
	}
	return out
}

// sent lists the writing requests on both sides, for messages.
func (w *world) sent() string {
	var all []string
	for _, r := range w.odoo.Requests() {
		if r.Writes {
			all = append(all, fmt.Sprintf("%s.%s%v", r.Model, r.Method, r.Args))
		}
	}
	for _, r := range w.trello.Requests() {
		if r.Write {
			all = append(all, fmt.Sprintf("%s %s %v", r.Method, r.Path, r.Params))
		}
	}
	return strings.Join(all, "; ")
}

// noOdooWrites demands that Odoo was only read since the requests began to count.
func (w *world) noOdooWrites() {
	w.t.Helper()
	if o, _ := w.writes(); o != 0 {
		w.t.Errorf("Odoo was written %d times, want never: %s", o, w.sent())
	}
}

// noTrelloWrites demands that Trello was only read since the requests began to count.
func (w *world) noTrelloWrites() {
	w.t.Helper()
	if _, x := w.writes(); x != 0 {
		w.t.Errorf("Trello was written %d times, want never: %s", x, w.sent())
	}
}

// reviews are the open reviews of one binding model.
func (w *world) reviews(model string) (all []binding.Review) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		found, err := r.env.Binder.Reviews(ctx, model)
		if err != nil {
			w.t.Fatal(err)
		}
		all = found
	})
	return all
}

// reviewed demands exactly the given kinds of review, in the order in which they were opened.
func (w *world) reviewed(model string, want ...binding.ReviewKind) {
	w.t.Helper()
	var got []binding.ReviewKind
	all := w.reviews(model)
	for _, r := range all {
		got = append(got, r.Kind)
	}
	if !slices.Equal(got, want) {
		w.t.Errorf("%s has the reviews %v, want %v: %+v", model, got, want, all)
	}
}

// bindingOf is the binding of an external record; the zero value if there is none.
func (w *world) bindingOf(model, externalID string) (found binding.Binding) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		all, err := r.env.Binder.ByExternal(ctx, model, []string{externalID})
		if err != nil {
			w.t.Fatal(err)
		}
		found = all[externalID]
	})
	return found
}

// jobsIn are the jobs in the given states.
func (w *world) jobsIn(states ...jobs.State) (all []jobs.Job) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		found, err := r.queue.List(ctx, jobs.Filter{States: states})
		if err != nil {
			w.t.Fatal(err)
		}
		all = found
	})
	return all
}

// model configures one binding model.
func (w *world) model(name string, change func(*config.Model)) {
	m := config.Model{Model: name, Direction: config.DirectionBoth, Conflict: config.ConflictAsk}
	change(&m)
	w.models = append(w.models, m)
}

// direct sets the direction of one binding model.
func (w *world) direct(name string, d config.Direction) {
	w.model(name, func(m *config.Model) { m.Direction = d })
}

// edit changes a card as a person at Trello would.
func (w *world) edit(name string, change func(*trellotest.Card)) trellotest.Card {
	w.t.Helper()
	return w.trello.UpdateCard(w.card(name).ID, change)
}

// cardsOf are the names of a board's cards.
func (w *world) cardsOf(boardID string) (names []string) {
	for _, c := range w.trello.Cards(boardID) {
		names = append(names, c.Name)
	}
	return names
}

// trelloRefuses makes Trello answer every request that matches with this status.
func (w *world) trelloRefuses(status int, matches func(trellotest.Request) bool) {
	w.trello.Fail(func(r trellotest.Request) error {
		if r.After || !matches(r) {
			return nil
		}
		return &trellotest.Refusal{Status: status}
	})
}

// odooRefuses makes Odoo answer every matching call with the error that the function gives.
func (w *world) odooRefuses(refusal func(odootest.Request) error) {
	w.odoo.Fail(func(r odootest.Request) error {
		if r.Moment == odootest.After {
			return nil
		}
		return refusal(r)
	})
}

// heal ends all refusals.
func (w *world) heal() {
	w.trello.Fail(nil)
	w.odoo.Fail(nil)
}

// allModels are the binding models in their order.
func allModels() []string {
	return []string{trello.BoardModel, trello.ListModel, trello.LabelModel, trello.CardModel}
}

func contains(text, part string) bool { return strings.Contains(text, part) }
