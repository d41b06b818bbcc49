package jobs_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

func TestStandings(t *testing.T) {
	t.Run("Ensure jobs are counted by backend, channel and state, and those that are over are not", func(t *testing.T) {
		b := newBench(t)
		b.bring(jobs.StateDone)
		b.bring(jobs.StateFailed)
		b.bring(jobs.StateCancelled)
		running := b.job(b.bring(jobs.StateStarted))
		oldest := b.job(b.add(jobs.Spec{}))
		b.add(jobs.Spec{})
		b.add(jobs.Spec{ETA: b.clock.Now().Add(time.Hour)})
		b.add(jobs.Spec{Backend: "magento", Channel: "root.other"})
		b.bring(jobs.StateWaitDependencies) // and one that it waits for, whose time is to come
		all, err := b.Standings(b.ctx())
		if err != nil {
			t.Fatal(err)
		}
		want := []jobs.Standing{
			{Backend: "trello", Channel: "root.trello", State: jobs.StateWaitDependencies, Count: 1},
			{Backend: "magento", Channel: "root.other", State: jobs.StatePending, Count: 1},
			{Backend: "trello", Channel: "root.trello", State: jobs.StatePending, Count: 2, Oldest: oldest.Created},
			{Backend: "trello", Channel: "root.trello", State: jobs.StatePending, Later: true, Count: 2},
			{Backend: "trello", Channel: "root.trello", State: jobs.StateStarted, Count: 1, Oldest: running.Started},
			{Backend: "trello", Channel: "root.trello", State: jobs.StateFailed, Count: 1},
		}
		for i := range all {
			if all[i].Backend == "magento" {
				all[i].Oldest = time.Time{}
			}
		}
		if !slices.Equal(all, want) {
			t.Errorf("got  %+v\nwant %+v", all, want)
		}
	})
	t.Run("Ensure they can be counted by binding model", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{Model: "trello.card"})
		b.add(jobs.Spec{Model: "trello.list", Channel: "root.trello.other"})
		b.add(jobs.Spec{Model: "trello.list"})
		all, err := b.StandingsByModel(b.ctx())
		for i := range all {
			all[i].Oldest = time.Time{}
		}
		want := []jobs.Standing{
			{Backend: "trello", Model: "trello.card", State: jobs.StatePending, Count: 1},
			{Backend: "trello", Model: "trello.list", State: jobs.StatePending, Count: 2},
		}
		if err != nil || !slices.Equal(all, want) {
			t.Errorf("got  %+v (%v)\nwant %+v", all, err, want)
		}
	})
	t.Run("Ensure a job whose time came counts as one that could run", func(t *testing.T) {
		b := newBench(t)
		eta := b.clock.Now().Add(time.Hour)
		b.add(jobs.Spec{ETA: eta})
		_ = b.clock.Sleep(b.ctx(), 2*time.Hour)
		all, err := b.Standings(b.ctx())
		if err != nil || len(all) != 1 || all[0].Later || !all[0].Oldest.Equal(eta) {
			t.Errorf("%+v, %v; want one that has been there since %s", all, err, eta)
		}
	})
}

func TestEndings(t *testing.T) {
	t.Run("Ensure each job that ended within the time is told once, with how long it waited and ran", func(t *testing.T) {
		b := newBench(t)
		b.bring(jobs.StateDone) // before
		b.tick()
		from := b.clock.Now()
		id := b.add(jobs.Spec{})
		_ = b.clock.Sleep(b.ctx(), time.Minute)
		b.mustHandle(func(jobs.Job) jobs.Outcome {
			_ = b.clock.Sleep(b.ctx(), 3*time.Second)
			return jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}
		})
		b.bring(jobs.StateCancelled)
		b.tick()
		to := b.clock.Now()
		b.tick()
		b.bring(jobs.StateDone) // after
		var got []jobs.Ending
		if err := b.Endings(b.ctx(), from, to, func(e jobs.Ending) { got = append(got, e) }); err != nil {
			t.Fatal(err)
		}
		failed := b.job(id)
		want := []jobs.Ending{
			{Function: "card.import", Backend: "trello", Channel: "root.trello", State: jobs.StateFailed, Ran: true,
				Wait: failed.Started.Sub(failed.Created), Duration: 3 * time.Second},
			{Function: "card.import", Backend: "trello", Channel: "root.trello", State: jobs.StateCancelled},
		}
		if !slices.Equal(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("Ensure attempts are counted by function and outcome", func(t *testing.T) {
		b := newBench(t)
		from := b.clock.Now()
		b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, After: time.Minute, Err: errors.New("later")}))
		_ = b.clock.Sleep(b.ctx(), time.Minute)
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		b.tick()
		got := map[string]int{}
		err := b.Attempted(b.ctx(), from, b.clock.Now(), func(function, outcome string, n int) { got[function+" "+outcome] += n })
		if err != nil || len(got) != 2 || got["card.import retry"] != 1 || got["card.import failed"] != 1 {
			t.Errorf("%v, %v", got, err)
		}
	})
}
