package trello_test

import (
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestEnqueuedJobs(t *testing.T) {
	t.Run("Ensure a job that several cards ask for counts once", func(t *testing.T) {
		s := bound(t)
		before := len(s.jobsIn(jobs.StateDone))
		happened := s.between([]string{"GET", "/boards/" + s.board.ID + "/cards"}, func() { // its labels were listed before
			late := s.trello.AddLabel(s.board.ID, "Late", "lime")
			for _, name := range []string{"Oil the hinges", "Paint the door"} {
				s.edit(name, func(c *trellotest.Card) { c.IDLabels = append(c.IDLabels, late.ID) })
			}
		})
		r := s.mustSync()
		if s.base = nil; !happened() {
			t.Fatal("nobody listed the cards")
		}
		if made := len(s.jobsIn(jobs.StateDone)) - before; made != 3 || r.Jobs.Done != made || r.Jobs.Enqueued != made {
			t.Errorf("%d jobs were made, want 3: those of the cards, and that of the label; %+v", made, r.Jobs)
		}
		s.tagID("Late")
		s.quiet()
	})
}
