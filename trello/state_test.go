package trello_test

import (
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// states are the names of a version's states of a task.
type states struct{ field, open, done, other, second string }

func statesOf(version string) states {
	if version == "16.0" {
		return states{"kanban_state", "normal", "done", "blocked", "blocked"}
	}
	return states{"state", "01_in_progress", "1_done", "03_approved", "02_changes_requested"}
}

// tick sets whether a card is complete.
func (w *world) tick(name string, complete bool) {
	w.editCard(name, func(c *trellotest.Card) { c.DueComplete = complete })
}

// ticked demands that a card is complete or is not.
func (w *world) ticked(name string, want bool) {
	w.t.Helper()
	if got := w.card(name).DueComplete; got != want {
		w.t.Errorf("card %q is complete: %t, want %t", name, got, want)
	}
}

func TestDone(t *testing.T) {
	eachVersion(t, "Ensure a tick makes a task done, and taking it off opens it again", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		id, _ := s.task("Oil the hinges")
		s.tick("Oil the hinges", true)
		s.mustSync()
		s.want("project.task", id, st.field, st.done)
		s.quiet()
		s.tick("Oil the hinges", false)
		s.mustSync()
		s.want("project.task", id, st.field, st.open)
		s.quiet()
	})
	eachVersion(t, "Ensure a task that is done ticks its card, and one that is opened unticks it", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, st.field, st.done)
		s.mustSync()
		s.ticked("Oil the hinges", true)
		s.quiet()
		s.set("project.task", id, st.field, st.other)
		s.mustSync()
		s.ticked("Oil the hinges", false)
		s.want("project.task", id, st.field, st.other)
		s.quiet()
	})
	eachVersion(t, "Ensure other states stay what they are, whatever else changes on the card", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, st.field, st.other)
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
		s.noTrelloWrites()
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.mustSync()
		s.want("project.task", id, st.field, st.other)
		s.ticked("Oil the hinges", false)
		s.quiet()
	})
	eachVersion(t, "Ensure the state that a task had before it was done comes back when the tick is taken off", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, st.field, st.other)
		s.mustSync() // it is seen
		s.tick("Oil the hinges", true)
		s.mustSync()
		s.want("project.task", id, st.field, st.done)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Desc = "All of them" })
		s.mustSync()
		s.tick("Oil the hinges", false)
		s.mustSync()
		s.want("project.task", id, st.field, st.other)
		s.quiet()
	})
	eachVersion(t, "Ensure a state that is seen only as the tick comes is remembered too", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, st.field, st.second)
		s.tick("Oil the hinges", true)
		s.mustSync()
		s.tick("Oil the hinges", false)
		s.mustSync()
		s.want("project.task", id, st.field, st.second)
		s.quiet()
	})
	eachVersion(t, "Ensure new records are done on both sides where one is", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		s.trello.AddCard(s.todo.ID, "Sand the door")
		s.tick("Sand the door", true)
		s.addTask("Hang the door", map[string]any{st.field: st.done})
		s.addTask("Lock the door", map[string]any{st.field: st.other})
		s.mustSync()
		id, _ := s.task("Sand the door")
		s.want("project.task", id, st.field, st.done)
		s.ticked("Hang the door", true)
		s.ticked("Lock the door", false)
		s.quiet()
		s.trello.AddCard(s.todo.ID, "Oil the lock", trellotest.Archived())
		s.tick("Oil the lock", true)
		s.addTask("Wax the lock", map[string]any{st.field: st.done, "active": false})
		s.mustSync()
		id, task := s.task("Oil the lock")
		s.want("project.task", id, st.field, st.done)
		if task["active"] != false {
			t.Error("the task is not archived")
		}
		s.ticked("Wax the lock", true)
		if !s.card("Wax the lock").Closed {
			t.Error("the card is not archived")
		}
		s.quiet()
	})
	eachVersion(t, "Ensure a done side counts where two records of one name are first matched", func(t *testing.T, version string) {
		w, st := newWorldOf(t, version), statesOf(version)
		fullProject(w)
		w.trello.AddCard(w.listID("Doing"), "Oil the hinges")
		w.trello.AddCard(w.listID("To do"), "Wax the floor")
		w.tick("Wax the floor", true)
		w.editTask("Oil the hinges", map[string]any{st.field: st.done})
		w.mustSync()
		w.mustSync()
		w.ticked("Oil the hinges", true)
		w.want("project.task", w.odooID("project.task", "Wax the floor"), st.field, st.done)
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	t.Run("Ensure a state that Odoo computes is not fought", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Oil the hinges")
		s.set("project.project", s.project, "allow_task_dependencies", true)
		blocker := s.addTask("Buy oil", nil)
		s.set("project.task", id, "depend_on_ids", links(blocker))
		s.want("project.task", id, "state", "04_waiting_normal")
		s.mustSync()
		s.ticked("Oil the hinges", false)
		s.resetRequests()
		s.trello.MoveCard(s.card("Oil the hinges").ID, s.todo.ID)
		s.mustSync()
		s.want("project.task", id, "state", "04_waiting_normal")
		if contains(s.sent(), "state:") {
			t.Errorf("the state was written: %s", s.sent())
		}
		s.tick("Oil the hinges", true)
		s.mustSync()
		s.want("project.task", id, "state", "1_done")
		s.tick("Oil the hinges", false) // in progress, which Odoo makes waiting again
		s.mustSync()
		s.want("project.task", id, "state", "04_waiting_normal")
		s.ticked("Oil the hinges", false)
		s.quiet()
	})
}

func TestMovesKeepTheState(t *testing.T) {
	for _, state := range []string{"done", "other"} {
		eachVersion(t, "Ensure a card that changes lists keeps its task's state, "+state, func(t *testing.T, version string) {
			s, st := boundOn(t, version, nil), statesOf(version)
			value := map[string]string{"done": st.done, "other": st.other}[state]
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, st.field, value)
			s.mustSync()
			s.trello.MoveCard(s.card("Oil the hinges").ID, s.todo.ID)
			s.resetRequests()
			s.mustSync()
			s.want("project.task", id, "stage_id", s.todoStage)
			s.want("project.task", id, st.field, value)
			s.ticked("Oil the hinges", state == "done")
			if o, x := s.writes(); o != 1 || x != 0 {
				t.Errorf("Odoo was written %d times and Trello %d times, want once and never: %s", o, x, s.sent())
			}
			s.quiet()
		})
		eachVersion(t, "Ensure a card that changes boards keeps its task's state, "+state, func(t *testing.T, version string) {
			s, st := boundOn(t, version, nil), statesOf(version)
			garden := s.trello.AddBoard("Garden")
			beds := s.trello.AddList(garden.ID, "Beds")
			s.mustSync()
			value := map[string]string{"done": st.done, "other": st.other}[state]
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, st.field, value)
			s.mustSync()
			s.trello.MoveCard(s.card("Oil the hinges").ID, beds.ID)
			s.mustSync()
			s.want("project.task", id, "project_id", s.projectID("Garden"))
			s.want("project.task", id, st.field, value)
			s.ticked("Oil the hinges", state == "done")
			s.quiet()
		})
	}
	eachVersion(t, "Ensure a tick and a move at once do both", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		id, _ := s.task("Oil the hinges")
		s.tick("Oil the hinges", true)
		s.trello.MoveCard(s.card("Oil the hinges").ID, s.todo.ID)
		s.mustSync()
		s.want("project.task", id, st.field, st.done)
		s.want("project.task", id, "stage_id", s.todoStage)
		s.quiet()
	})
	eachVersion(t, "Ensure what a user's own move makes of the state is the state", func(t *testing.T, version string) {
		s, st := boundOn(t, version, nil), statesOf(version)
		garden := s.trello.AddBoard("Garden")
		beds := s.trello.AddList(garden.ID, "Beds")
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.set("project.task", id, st.field, st.done)
		s.mustSync()
		s.ticked("Oil the hinges", true)
		project := s.projectID("Garden")
		s.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": project, "stage_id": s.stageID("Beds", project)})
		s.want("project.task", id, st.field, st.open)
		s.mustSync()
		s.ticked("Oil the hinges", false)
		if c := s.card("Oil the hinges"); c.IDList != beds.ID {
			t.Errorf("the card is in list %s", c.IDList)
		}
		s.quiet()
	})
	for _, policy := range []config.Conflict{config.ConflictAsk, config.ConflictOdoo, config.ConflictBackend} {
		t.Run("Ensure a tick on both sides is none of a conflict, with the policy "+string(policy), func(t *testing.T) {
			s := bound(t)
			s.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
			id, _ := s.task("Oil the hinges")
			s.set("project.task", id, "state", "1_done")
			s.tick("Oil the hinges", true)
			s.mustSync()
			s.noOdooWrites()
			s.noTrelloWrites()
			s.reviewed(trello.CardModel)
			s.quiet()
		})
	}
}
