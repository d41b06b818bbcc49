package trello_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// checked is the workshop with a card that has two checklists, all of it synchronized.
type checked struct {
	*scene
	cardID       string
	task         int64
	steps, tools trellotest.Checklist
}

func newChecked(t *testing.T) *checked {
	t.Helper()
	return newCheckedOn(t, "18.0")
}

func newCheckedOn(t *testing.T, version string) *checked {
	t.Helper()
	c := &checked{scene: boundOn(t, version, nil)}
	c.cardID = c.card("Paint the door").ID
	c.steps = c.trello.AddChecklist(c.cardID, "Steps", "Sand", "Prime")
	c.tools = c.trello.AddChecklist(c.cardID, "Tools", "Brush")
	c.mustSync()
	c.task, _ = c.scene.task("Paint the door")
	c.resetRequests()
	return c
}

// child is the one sub-task of that name under the task, archived or not.
func (w *world) child(parent int64, name string) int64 {
	w.t.Helper()
	return w.only("project.task", []any{
		[]any{"name", "=", name}, []any{"parent_id", "=", parent}, []any{"active", "in", []any{true, false}},
	})
}

// checklists show a card's checklists with their items as people see them: "Steps: [x] Sand, [ ] Prime".
func (w *world) checklists(cardID string) string {
	w.t.Helper()
	lists := w.trello.Checklists(cardID)
	slices.SortStableFunc(lists, func(a, b trellotest.Checklist) int { return int(a.Pos - b.Pos) })
	var lines []string
	for _, l := range lists {
		slices.SortStableFunc(l.Items, func(a, b trellotest.CheckItem) int { return cmp.Compare(a.Pos, b.Pos) })
		var items []string
		for _, i := range l.Items {
			items = append(items, "["+word(i.Complete, "x")+word(!i.Complete, " ")+"] "+i.Name)
		}
		lines = append(lines, l.Name+": "+strings.Join(items, ", "))
	}
	return strings.Join(lines, "; ")
}

func (w *world) wantChecklists(cardID, want string) {
	w.t.Helper()
	if got := w.checklists(cardID); got != want {
		w.t.Errorf("the card has %q, want %q", got, want)
	}
}

func (w *world) item(cardID, name string) trellotest.CheckItem {
	w.t.Helper()
	var found []trellotest.CheckItem
	for _, l := range w.trello.Checklists(cardID) {
		for _, i := range l.Items {
			if i.Name == name {
				found = append(found, i)
			}
		}
	}
	if len(found) != 1 {
		w.t.Fatalf("there are %d check items %q, want one", len(found), name)
	}
	return found[0]
}

func (w *world) editItem(cardID, name string, edit func(*trellotest.CheckItem)) {
	w.t.Helper()
	w.trello.UpdateCheckItem(w.item(cardID, name).ID, edit)
}

// addChild makes a sub-task as a user in Odoo would.
func (c *checked) addChild(name string, values map[string]any) int64 {
	all := map[string]any{"parent_id": c.task}
	for k, v := range values {
		all[k] = v
	}
	return c.addTask(name, all)
}

func TestCheckItemsAreImported(t *testing.T) {
	w := newWorld(t)
	_, todo, _ := workshop(w)
	due := time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)
	card := w.trello.AddCard(todo.ID, "Hang the shelf")
	w.trello.AddChecklist(card.ID, "Steps", "Drill", "Screw")
	w.editItem(card.ID, "Screw", func(i *trellotest.CheckItem) { i.Complete, i.Due = true, due })
	report := w.mustSync()
	parent, _ := w.task("Hang the shelf")
	t.Run("Ensure a first sync brings a card and its check items in one run", func(t *testing.T) {
		w.counts(report, "trello.checkitem", "created=2")
		w.want("project.task", w.child(parent, "Drill"), "state", "01_in_progress")
		screw := w.child(parent, "Screw")
		w.want("project.task", screw, "state", "1_done")
		w.want("project.task", screw, "date_deadline", "2026-03-09 15:00:00")
	})
	t.Run("Ensure sub-tasks live in their card's project, belong to nobody and are no cards of their own", func(t *testing.T) {
		id := w.child(parent, "Drill")
		w.want("project.task", id, "project_id", w.projectID("Workshop"))
		w.want("project.task", id, "user_ids", []int64{})
		w.want("project.task", id, "display_in_project", false)
		for _, c := range w.trello.Cards(w.trello.Boards()[0].ID) {
			if c.Name == "Drill" {
				t.Error("the check item became a card")
			}
		}
	})
	t.Run("Ensure the binding keeps the checklist's name", func(t *testing.T) {
		w.keptChecklist(w.item(card.ID, "Drill").ID, "Steps")
	})
	w.settledQuietly()
}

// settledQuietly demands a second sync that does nothing and asks each board for no more than twice.
func (w *world) settledQuietly() {
	w.t.Helper()
	w.quiet()
	if n := len(w.trello.Requests()); n > 1+2*len(w.trello.Boards()) {
		w.t.Errorf("a sync at rest asks Trello %d times", n)
	}
}

func (w *world) keptChecklist(item, want string) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		found, err := r.env.Binder.ByExternal(ctx, trello.CheckItemModel, []string{item})
		if err != nil {
			w.t.Fatal(err)
		}
		b := found[item]
		if st, known := b.Base("checklist"); !known || st.Base.AsText() != want {
			w.t.Errorf("the binding keeps the checklist %q, want %q", st.Base.AsText(), want)
		}
	})
}

func TestCheckItemsAreExported(t *testing.T) {
	c := newChecked(t)
	t.Run("Ensure a new sub-task goes to the checklist of its last sibling", func(t *testing.T) {
		c.addChild("Varnish", map[string]any{"state": "1_done", "date_deadline": "2026-03-10 12:00:00"})
		c.counts(c.mustSync(), "trello.checkitem", "created=1 unchanged=3")
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush, [x] Varnish")
		if got := c.item(c.cardID, "Varnish").Due; !got.Equal(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)) {
			t.Errorf("it is due %s", got)
		}
		c.settledQuietly()
	})
	t.Run("Ensure the first sub-tasks of a task go to one new checklist", func(t *testing.T) {
		oil, _ := c.scene.task("Oil the hinges")
		for _, name := range []string{"Look", "Drop"} {
			c.addTask(name, map[string]any{"parent_id": oil})
		}
		c.mustSync()
		c.wantChecklists(c.card("Oil the hinges").ID, "Checklist: [ ] Drop, [ ] Look") // in Odoo's order: what nobody has placed comes newest first
		c.settledQuietly()
	})
	t.Run("Ensure an empty checklist of that name is used", func(t *testing.T) {
		yard := c.card("Sweep the yard")
		c.trello.AddChecklist(yard.ID, "Checklist")
		id, _ := c.scene.task("Sweep the yard")
		c.addTask("Fetch a broom", map[string]any{"parent_id": id})
		c.mustSync()
		c.wantChecklists(yard.ID, "Checklist: [ ] Fetch a broom")
	})
	t.Run("Ensure a task that is made with sub-tasks becomes a card with a checklist in one run", func(t *testing.T) {
		fence := c.addTask("Mend the fence", nil)
		c.addTask("Nails", map[string]any{"parent_id": fence})
		c.mustSync()
		c.wantChecklists(c.card("Mend the fence").ID, "Checklist: [ ] Nails")
		c.settledQuietly()
	})
	t.Run("Ensure sub-tasks of sub-tasks stay in Odoo", func(t *testing.T) {
		c.addTask("Grain", map[string]any{"parent_id": c.child(c.task, "Sand")})
		c.mustSync()
		if got := c.checklists(c.cardID); strings.Contains(got, "Grain") {
			t.Errorf("the card has %q", got)
		}
		c.quiet()
	})
	t.Run("Ensure an archived sub-task is left alone", func(t *testing.T) {
		c.addChild("Old", map[string]any{"active": false})
		c.set("project.task", c.child(c.task, "Prime"), "active", false)
		c.mustSync()
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush, [x] Varnish")
		c.quiet()
	})
}

func TestCheckItemsAreEdited(t *testing.T) {
	c := newChecked(t)
	sand, brush := c.child(c.task, "Sand"), c.child(c.task, "Brush")
	t.Run("Ensure edits of a check item go into Odoo", func(t *testing.T) {
		c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) {
			i.Name, i.Complete, i.Due = "Sand twice", true, time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)
		})
		c.counts(c.mustSync(), "trello.checkitem", "updated=1 unchanged=2")
		c.want("project.task", sand, "name", "Sand twice")
		c.want("project.task", sand, "state", "1_done")
		c.want("project.task", sand, "date_deadline", "2026-03-09 15:00:00")
		c.quiet()
	})
	t.Run("Ensure a tick that is taken off opens the sub-task", func(t *testing.T) {
		c.editItem(c.cardID, "Sand twice", func(i *trellotest.CheckItem) { i.Complete, i.Due = false, time.Time{} })
		c.mustSync()
		c.want("project.task", sand, "state", "01_in_progress")
		c.want("project.task", sand, "date_deadline", false)
		c.quiet()
	})
	t.Run("Ensure edits of a sub-task go out, in one request with what changed", func(t *testing.T) {
		c.odoo.Write("project.task", []int64{brush}, map[string]any{"name": "Broad brush", "state": "1_done"})
		c.resetRequests()
		c.mustSync()
		if _, x := c.writes(); x != 1 {
			t.Errorf("Trello was written %d times: %s", x, c.sent())
		}
		c.wantChecklists(c.cardID, "Steps: [ ] Sand twice, [ ] Prime; Tools: [x] Broad brush")
		c.quiet()
	})
	t.Run("Ensure a state that is neither done nor open stays", func(t *testing.T) {
		c.set("project.task", sand, "state", "03_approved")
		c.mustSync()
		c.editItem(c.cardID, "Sand twice", func(i *trellotest.CheckItem) { i.Name = "Sand" })
		c.mustSync()
		c.want("project.task", sand, "state", "03_approved")
		c.quiet()
	})
	t.Run("Ensure edits of different fields merge and two of one wait for a person", func(t *testing.T) {
		c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Complete, i.Name = true, "Sand thrice" })
		c.set("project.task", sand, "name", "Sand once")
		c.mustSync()
		c.want("project.task", sand, "state", "1_done")
		c.want("project.task", sand, "name", "Sand once")
		c.item(c.cardID, "Sand thrice")
		c.reviewed(trello.CheckItemModel, binding.Conflict)
		c.set("project.task", sand, "name", "Sand thrice")
		c.mustSync()
		c.reviewed(trello.CheckItemModel)
		c.quiet()
	})
	t.Run("Ensure an item that moves to another checklist of its card is no change in Odoo", func(t *testing.T) {
		c.editItem(c.cardID, "Prime", func(i *trellotest.CheckItem) { i.IDChecklist, i.Pos = c.tools.ID, 1 })
		id := c.item(c.cardID, "Prime").ID
		c.resetRequests()
		r := c.mustSync()
		c.noOdooWrites()
		if r.Jobs.Enqueued != 0 {
			t.Errorf("there were %d jobs", r.Jobs.Enqueued)
		}
		c.keptChecklist(id, "Tools")
	})
	t.Run("Ensure a checklist that is renamed is no change in Odoo", func(t *testing.T) {
		c.trello.UpdateChecklist(c.tools.ID, func(l *trellotest.Checklist) { l.Name = "Things" })
		c.resetRequests()
		c.mustSync()
		c.noOdooWrites()
		c.keptChecklist(c.item(c.cardID, "Prime").ID, "Things")
		c.quiet()
	})
}

func TestCheckItemsOfConflictPolicies(t *testing.T) {
	for policy, want := range map[config.Conflict]string{config.ConflictOdoo: "Sand in Odoo", config.ConflictBackend: "Sand outside"} {
		t.Run(fmt.Sprintf("Ensure a name that both sides changed follows the policy %s", policy), func(t *testing.T) {
			c := newChecked(t)
			c.model(trello.CheckItemModel, func(m *config.Model) { m.Conflict = policy })
			sand := c.child(c.task, "Sand")
			c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Name = "Sand outside" })
			c.set("project.task", sand, "name", "Sand in Odoo")
			c.mustSync()
			c.want("project.task", sand, "name", want)
			c.item(c.cardID, want)
			c.quiet()
		})
	}
}

func TestCheckItemsComeAndGo(t *testing.T) {
	t.Run("Ensure a check item that is deleted is reported, and its sub-task stays", func(t *testing.T) {
		c := newChecked(t)
		c.trello.DeleteCheckItem(c.item(c.cardID, "Sand").ID)
		c.counts(c.mustSync(), "trello.checkitem", "deleted=1 unchanged=2")
		c.child(c.task, "Sand")
		c.reviewed(trello.CheckItemModel, binding.Deleted)
		c.quiet()
	})
	t.Run("Ensure a checklist that is deleted is reported item by item, and the sub-tasks stay", func(t *testing.T) {
		c := newChecked(t)
		c.trello.DeleteChecklist(c.steps.ID)
		c.counts(c.mustSync(), "trello.checkitem", "deleted=2 unchanged=1")
		c.child(c.task, "Prime")
		c.quiet()
	})
	t.Run("Ensure a card that is deleted takes its items along, and the tasks stay", func(t *testing.T) {
		c := newChecked(t)
		c.trello.DeleteCard(c.cardID)
		r := c.mustSync()
		c.counts(r, "trello.checkitem", "deleted=3")
		sand := c.child(c.task, "Sand")
		c.set("project.task", sand, "name", "Sand all the same")
		c.addChild("Late", nil)
		c.mustSync()
		c.quiet()
	})
	t.Run("Ensure a sub-task that is deleted is reported, and its check item stays", func(t *testing.T) {
		c := newChecked(t)
		c.odoo.Unlink("project.task", c.child(c.task, "Sand"))
		c.counts(c.mustSync(), "trello.checkitem", "deleted=1 unchanged=2")
		c.item(c.cardID, "Sand")
		c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Complete = true })
		c.quiet()
	})
	t.Run("Ensure a task that is deleted with its sub-tasks leaves the checklists as they are", func(t *testing.T) {
		c := newChecked(t)
		c.odoo.Unlink("project.task", c.task)
		c.counts(c.mustSync(), "trello.checkitem", "deleted=3")
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush")
		c.trello.AddCheckItem(c.steps.ID, "Late")
		c.quiet()
	})
	t.Run("Ensure a check item that becomes a card is a new task, and its sub-task stays", func(t *testing.T) {
		c := newChecked(t)
		c.trello.DeleteCheckItem(c.item(c.cardID, "Sand").ID) // what Trello does, in one go
		c.trello.AddCard(c.todo.ID, "Sand")
		r := c.mustSync()
		c.counts(r, "trello.checkitem", "deleted=1 unchanged=2")
		c.child(c.task, "Sand")
		c.only("project.task", []any{[]any{"name", "=", "Sand"}, []any{"parent_id", "=", false}})
		c.quiet()
	})
}

func TestSubTasksLeaveTheirTask(t *testing.T) {
	t.Run("Ensure a sub-task that is detached becomes a card, and its check item stays", func(t *testing.T) {
		c := newChecked(t)
		sand := c.child(c.task, "Sand")
		c.set("project.task", sand, "parent_id", false)
		r := c.mustSync()
		c.counts(r, "trello.checkitem", "deleted=1 unchanged=2")
		c.counts(r, "trello.card", "created=1 unchanged=3")
		c.card("Sand")
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush")
		c.quiet()
	})
	t.Run("Ensure a sub-task that goes to another task gets a check item there, and comes back to its own", func(t *testing.T) {
		c := newChecked(t)
		sand := c.child(c.task, "Sand")
		oil, _ := c.scene.task("Oil the hinges")
		c.set("project.task", sand, "parent_id", oil)
		c.counts(c.mustSync(), "trello.checkitem", "created=1 deleted=1 unchanged=2")
		c.wantChecklists(c.card("Oil the hinges").ID, "Checklist: [ ] Sand")
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush")
		c.quiet()
		c.set("project.task", sand, "name", "Sand it")
		c.mustSync()
		c.wantChecklists(c.card("Oil the hinges").ID, "Checklist: [ ] Sand it")
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush")
		c.set("project.task", sand, "parent_id", c.task)
		c.mustSync()
		c.wantChecklists(c.cardID, "Steps: [ ] Sand it, [ ] Prime; Tools: [ ] Brush")
		c.set("project.task", sand, "name", "Sand")
		c.mustSync()
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush")
		c.quiet()
	})
}

func TestCheckItemsOfArchivedAndMovedCards(t *testing.T) {
	t.Run("Ensure a card that is archived keeps its items in step", func(t *testing.T) {
		c := newChecked(t)
		c.edit("Paint the door", func(k *trellotest.Card) { k.Closed = true })
		c.mustSync()
		c.want("project.task", c.task, "active", false)
		c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Complete = true })
		c.mustSync()
		c.want("project.task", c.child(c.task, "Sand"), "state", "1_done")
		c.want("project.task", c.child(c.task, "Sand"), "active", true)
		c.quiet()
		c.edit("Paint the door", func(k *trellotest.Card) { k.Closed = false })
		c.mustSync()
		c.quiet()
	})
	t.Run("Ensure a project that is archived with all its tasks changes no check item", func(t *testing.T) {
		c := newChecked(t)
		c.set("project.project", c.project, "active", false)
		c.mustSync()
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Prime; Tools: [ ] Brush")
		c.set("project.project", c.project, "active", true)
		c.mustSync()
		c.quiet()
	})
}

// odooVersions are those that the fake plays.
var odooVersions = []string{"16.0", "17.0", "18.0", "19.0"}

// doneIn is how a version of Odoo says that a task is done.
func doneIn(version string) (field, value string) {
	if version == "16.0" {
		return "kanban_state", "done"
	}
	return "state", "1_done"
}

func TestCheckItemsGoToAnotherBoard(t *testing.T) {
	for _, version := range odooVersions {
		if raced && version != "19.0" {
			continue // as in eachVersion
		}
		for _, inOdoo := range []bool{false, true} {
			t.Run(fmt.Sprintf("Ensure the sub-tasks go along with their ticks, and again, on Odoo %s, moved in Odoo: %t", version, inOdoo), func(t *testing.T) {
				c := newCheckedOn(t, version)
				state, value := doneIn(version)
				garden := c.trello.AddBoard("Garden")
				beds := c.trello.AddList(garden.ID, "Beds")
				c.mustSync()
				c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Complete = true })
				c.mustSync()
				for _, to := range []string{"Garden", "Workshop", "Garden"} {
					list, project := beds.ID, c.projectID(to)
					stage := "Beds"
					if to == "Workshop" {
						list, stage = c.doing.ID, "Doing"
					}
					if inOdoo {
						c.odoo.Write("project.task", []int64{c.task}, map[string]any{"project_id": project, "stage_id": c.stageID(stage, project)})
					} else {
						c.trello.MoveCard(c.cardID, list)
					}
					c.mustSync()
					if k := c.card("Paint the door"); k.IDList != list {
						t.Errorf("the card is in list %s", k.IDList)
					}
					for _, name := range []string{"Sand", "Prime", "Brush"} {
						c.want("project.task", c.child(c.task, name), "project_id", project)
						if version != "16.0" {
							c.want("project.task", c.child(c.task, name), "display_in_project", false)
						}
					}
					c.wantChecklists(c.cardID, "Steps: [x] Sand, [ ] Prime; Tools: [ ] Brush")
					c.want("project.task", c.child(c.task, "Sand"), state, value)
					c.settledQuietly()
				}
			})
		}
	}
	t.Run("Ensure a sub-task that somebody put into a project of its own stays there", func(t *testing.T) {
		c := newChecked(t)
		garden := c.trello.AddBoard("Garden")
		beds := c.trello.AddList(garden.ID, "Beds")
		elsewhere := c.odoo.Create("project.project", map[string]any{"name": "Elsewhere"})
		c.mustSync()
		sand := c.child(c.task, "Sand")
		c.set("project.task", sand, "project_id", elsewhere)
		c.mustSync()
		c.trello.MoveCard(c.cardID, beds.ID)
		c.mustSync()
		c.want("project.task", sand, "project_id", elsewhere)
		c.settledQuietly()
	})
}

func TestChecklistsOff(t *testing.T) {
	c := &checked{scene: bound(t)}
	c.tune = func(s *trello.Settings) { s.Checklists = trello.ChecklistsOff }
	c.cardID = c.card("Paint the door").ID
	c.task, _ = c.scene.task("Paint the door")
	c.trello.AddChecklist(c.cardID, "Steps", "Sand")
	c.addChild("Varnish", nil)
	c.mustSync()
	t.Run("Ensure check items and sub-tasks are left alone", func(t *testing.T) {
		c.wantChecklists(c.cardID, "Steps: [ ] Sand")
		if ids := c.odoo.Search("project.task", []any{[]any{"name", "=", "Sand"}}); len(ids) != 0 {
			t.Errorf("there are %d sub-tasks of that name", len(ids))
		}
		c.quiet()
	})
	t.Run("Ensure they come as soon as they are switched on", func(t *testing.T) {
		c.tune = nil
		c.mustSync()
		c.child(c.task, "Sand")
		c.wantChecklists(c.cardID, "Steps: [ ] Sand, [ ] Varnish")
		c.settledQuietly()
	})
}

func TestCheckItemsMatch(t *testing.T) {
	w := newWorld(t)
	workshop(w)
	w.mustSync()
	id, _ := w.task("Paint the door")
	project := w.projectID("Workshop")
	for _, name := range []string{"Sand", "Prime"} {
		w.odoo.Create("project.task", map[string]any{"name": name, "parent_id": id, "project_id": project, "stage_id": w.stageID("To do", project)})
	}
	cardID := w.card("Paint the door").ID
	w.trello.AddChecklist(cardID, "Steps", "Sand", "Prime", "Dry")
	w.counts(w.mustSync(), "trello.checkitem", "created=1 unchanged=2")
	t.Run("Ensure items and sub-tasks of one name under one card are the same", func(t *testing.T) {
		w.wantChecklists(cardID, "Steps: [ ] Sand, [ ] Prime, [ ] Dry")
		for _, name := range []string{"Sand", "Prime", "Dry"} {
			w.child(id, name)
		}
		w.settledQuietly()
	})
}

func TestCheckItemsOfOdoo16(t *testing.T) {
	w := newWorldOf(t, "16.0")
	_, todo, _ := workshop(w)
	card := w.trello.AddCard(todo.ID, "Hang the shelf")
	w.trello.AddChecklist(card.ID, "Steps", "Drill", "Screw")
	w.editItem(card.ID, "Screw", func(i *trellotest.CheckItem) { i.Complete, i.Due = true, time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC) })
	w.mustSync()
	parent, _ := w.task("Hang the shelf")
	screw := w.child(parent, "Screw")
	t.Run("Ensure Odoo 16 has the tick as ready, and the day", func(t *testing.T) {
		w.want("project.task", screw, "kanban_state", "done")
		w.want("project.task", screw, "date_deadline", "2026-03-09")
		w.want("project.task", screw, "project_id", w.projectID("Workshop"))
		w.settledQuietly()
	})
	t.Run("Ensure a sub-task of Odoo 16 is ticked outside", func(t *testing.T) {
		w.odoo.Write("project.task", []int64{w.child(parent, "Drill")}, map[string]any{"kanban_state": "done"})
		w.mustSync()
		w.wantChecklists(card.ID, "Steps: [x] Drill, [x] Screw")
		w.settledQuietly()
	})
	t.Run("Ensure sub-tasks that a deleted task leaves behind become cards, and the items stay", func(t *testing.T) {
		w.odoo.Unlink("project.task", parent)
		w.mustSync()
		w.card("Drill")
		w.wantChecklists(card.ID, "Steps: [x] Drill, [x] Screw")
		w.quiet()
	})
}
