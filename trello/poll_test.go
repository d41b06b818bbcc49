package trello_test

import (
	"context"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestPollAndRun(t *testing.T) {
	s := bound(t)
	id, _ := s.task("Paint the door")
	s.set("project.task", id, "name", "Paint the gate")
	s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil the locks" })
	poll := func() (report *synchronizer.Report) {
		s.with(func(ctx context.Context, r *run) {
			report = r.Report()
			if err := synchronizer.Poll(ctx, []*synchronizer.Synchronizer{r.Synchronizer})[0]; err != nil {
				t.Fatal(err)
			}
		})
		return report
	}
	t.Run("Ensure a poll makes a job of each change and writes nothing", func(t *testing.T) {
		report := poll()
		s.counts(report, trello.CardModel, "unchanged=1") // of three
		s.counts(report, trello.ListModel, "unchanged=2")
		var descriptions []string
		for _, j := range s.jobsIn(jobs.StatePending) {
			descriptions = append(descriptions, j.Description)
		}
		if len(descriptions) != 2 || descriptions[0] != "Import card 'Oil the locks' into project.task" || descriptions[1] != "Export task 'Paint the gate' to trello.card" {
			t.Errorf("got the jobs %q", descriptions)
		}
		s.noOdooWrites()
		s.noTrelloWrites()
	})
	t.Run("Ensure a second poll makes no second job of the same change", func(t *testing.T) {
		poll()
		if n := len(s.jobsIn(jobs.StatePending)); n != 2 {
			t.Errorf("%d jobs wait, want two", n)
		}
	})
	t.Run("Ensure the jobs read what there is when they run, not when they were made", func(t *testing.T) {
		s.edit("Oil the locks", func(c *trellotest.Card) { c.Name = "Oil the bolts" })
		s.with(func(ctx context.Context, r *run) {
			if err := synchronizer.RunJobs(ctx, r.Synchronizer, nil, synchronizer.RunOptions{Owner: "test"}); err != nil {
				t.Fatal(err)
			}
		})
		s.task("Oil the bolts")
		s.card("Paint the gate")
		if n := len(s.jobsIn(jobs.StatePending)); n != 0 {
			t.Errorf("%d jobs are left", n)
		}
		s.quiet()
	})
}
