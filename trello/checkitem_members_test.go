package trello_test

import (
	"testing"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// subtasked is the crew at a card with a checklist.
type subtasked struct {
	*crew
	cardID   string
	task, id int64 // the task, and its sub-task "Sand"
}

func newSubtasked(t *testing.T, version string) *subtasked {
	t.Helper()
	s := &subtasked{crew: newCrew(t, version)}
	s.cardID = s.card("Paint the door").ID
	s.trello.AddChecklist(s.cardID, "Steps", "Sand")
	s.mustSync()
	s.task, _ = s.crew.task("Paint the door")
	s.id = s.child(s.task, "Sand")
	s.resetRequests()
	return s
}

func (s *subtasked) shows(member string) {
	s.t.Helper()
	if got := s.item(s.cardID, "Sand").IDMember; got != member {
		s.t.Errorf("the check item shows the member %q, want %q", got, member)
	}
}

func (s *subtasked) show(member string) {
	s.editItem(s.cardID, "Sand", func(i *trellotest.CheckItem) { i.IDMember = member })
}

func (s *subtasked) assigned(want ...int64) {
	s.t.Helper()
	s.want("project.task", s.id, "user_ids", want)
}

func (s *subtasked) give(users ...int64) { s.set("project.task", s.id, "user_ids", links(users...)) }

func TestCheckItemsHaveAMember(t *testing.T) {
	eachVersion(t, "Ensure the member of a check item is assigned to its sub-task, and goes again", func(t *testing.T, version string) {
		s := newSubtasked(t, version)
		s.show(s.ann.ID)
		s.mustSync()
		s.assigned(s.annUser)
		s.quiet()
		s.show(s.bob.ID)
		s.mustSync()
		s.assigned(s.bobUser)
		s.quiet()
		s.show("")
		s.mustSync()
		s.assigned()
		s.quiet()
	})
	eachVersion(t, "Ensure one of the users of a sub-task is shown, and stays as long as he is one of them", func(t *testing.T, version string) {
		s := newSubtasked(t, version)
		s.give(s.daphUsr, s.bobUser)
		s.mustSync()
		s.shows(s.bob.ID)
		s.quiet()
		s.give(s.daphUsr, s.bobUser, s.annUser)
		s.mustSync()
		s.shows(s.bob.ID)
		s.quiet()
		s.give(s.daphUsr, s.annUser)
		s.mustSync()
		s.shows(s.ann.ID)
		s.quiet()
		s.give(s.daphUsr)
		s.mustSync()
		s.shows("")
		s.quiet()
	})
	eachVersion(t, "Ensure another member takes the place of the one who was shown, and nobody else's", func(t *testing.T, version string) {
		s := newSubtasked(t, version)
		s.give(s.daphUsr, s.annUser)
		s.mustSync()
		s.shows(s.ann.ID)
		s.show(s.bob.ID)
		s.mustSync()
		s.assigned(s.bobUser, s.daphUsr)
		s.quiet()
	})
	eachVersion(t, "Ensure a member without a user stays, and users without a member too", func(t *testing.T, version string) {
		s := newSubtasked(t, version)
		s.show(s.cem.ID)
		s.give(s.daphUsr)
		s.mustSync()
		s.shows(s.cem.ID)
		s.assigned(s.daphUsr)
		s.give(s.daphUsr, s.annUser)
		s.mustSync()
		s.shows(s.cem.ID)
		s.quiet()
	})
	eachVersion(t, "Ensure a new sub-task shows its user, and a new check item assigns its member", func(t *testing.T, version string) {
		s := newSubtasked(t, version)
		s.addTask("Varnish", map[string]any{"parent_id": s.task, "user_ids": links(s.annUser, s.bobUser)})
		l := s.trello.Checklists(s.cardID)[0]
		s.trello.UpdateCheckItem(s.trello.AddCheckItem(l.ID, "Dry").ID, func(i *trellotest.CheckItem) { i.IDMember = s.bob.ID })
		s.mustSync()
		if got := s.item(s.cardID, "Varnish").IDMember; got != s.ann.ID {
			t.Errorf("the check item shows %q", got)
		}
		s.want("project.task", s.child(s.task, "Dry"), "user_ids", []int64{s.bobUser})
		s.quiet()
	})
}
