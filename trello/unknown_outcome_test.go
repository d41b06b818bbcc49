package trello_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestACreationWhoseAnswerIsLostAgainAndAgain(t *testing.T) {
	t.Run("Ensure a run repeats it once and ends, and a later run completes it", func(t *testing.T) {
		s := bound(t)
		s.addTask("Oil the lock", nil)
		posts := 0
		s.trelloRefuses(http.StatusInternalServerError, func(r trellotest.Request) bool {
			if r.Method == http.MethodPost && !r.After {
				posts++
			}
			return r.Method == http.MethodPost && posts <= 6 // a run that never gives up comes to an end all the same
		})
		r := s.mustSync()
		if posts != 2 || r.Jobs.Pending != 1 || r.Jobs.Failed != 0 {
			t.Errorf("the card was posted %d times, want twice, and the job left for later: %+v", posts, r.Jobs)
		}
		for _, j := range s.jobsIn(jobs.StatePending) {
			if j.Retry != 1 || j.ExcMessage == "" {
				t.Errorf("job %d spent %d attempts for %q, want one and its cause", j.ID, j.Retry, j.ExcMessage)
			}
		}
		s.heal()
		s.mustSync()
		s.clock.Advance(time.Minute)
		s.mustSync()
		s.card("Oil the lock")
		s.quiet()
	})
}
