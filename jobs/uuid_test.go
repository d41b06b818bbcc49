package jobs_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/odoo-connector/connector/jobs"
)

func TestUUIDs(t *testing.T) {
	b := newBench(t)
	fill(b, 1000)
	b.tick()
	later := b.add(jobs.Spec{Identity: "trello.card:later"})
	list, err := b.List(t.Context(), jobs.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var early []string
	for _, j := range list {
		if j.ID != later {
			early = append(early, j.UUID)
		}
	}
	t.Run("Ensure jobs enqueued at one instant have UUIDs of their own", func(t *testing.T) {
		if n := len(slices.Compact(slices.Sorted(slices.Values(early)))); n != 1000 {
			t.Errorf("1000 jobs have %d UUIDs", n)
		}
	})
	t.Run("Ensure a later job's UUID comes after all earlier ones, so that one part of their index grows", func(t *testing.T) {
		if last := b.job(later).UUID; slices.Max(early) >= last {
			t.Errorf("%s of an earlier job isn't before %s", slices.Max(early), last)
		}
	})
	t.Run("Ensure a UUID says its version and variant", func(t *testing.T) {
		form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
		for _, uuid := range early {
			if !form.MatchString(uuid) {
				t.Fatalf("%s has another form", uuid)
			}
		}
	})
}
