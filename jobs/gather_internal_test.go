package jobs

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestPatience(t *testing.T) {
	t.Run("Ensure only a transaction with many outcomes lets the next one wait, a part of its time and never long", func(t *testing.T) {
		for _, c := range []struct {
			last turnPace
			want time.Duration
		}{
			{turnPace{}, 0},
			{turnPace{gatherFrom - 1, time.Second}, 0},
			{turnPace{gatherFrom, 4 * time.Millisecond}, time.Millisecond},
			{turnPace{1000, time.Minute}, gatherMost},
		} {
			if got := c.last.patience(); got != c.want {
				t.Errorf("%+v: %s, want %s", c.last, got, c.want)
			}
		}
	})
}

func TestAnswer(t *testing.T) {
	waiting := func(own error) *request {
		return &request{ended: &ended{job: Job{ID: 7}, err: own}, done: make(chan error, 1)}
	}
	t.Run("Ensure handlers hear of their outcomes once these are safe", func(t *testing.T) {
		lost, safe := &LostError{ID: 7}, make(chan struct{})
		list := []*request{waiting(nil), waiting(lost)}
		answer(list, nil, func() error { <-safe; return nil }, nil)
		select {
		case err := <-list[0].done:
			t.Fatalf("told too early: %v", err)
		default:
		}
		close(safe)
		if first, second := <-list[0].done, <-list[1].done; first != nil || !errors.Is(second, lost) {
			t.Errorf("%v, %v", first, second)
		}
	})
	t.Run("Ensure a disk that nobody heard of is an error of each, and ends what was claimed along", func(t *testing.T) {
		broken := errors.New("no answer")
		list, begun := []*request{waiting(nil), waiting(nil)}, newHand(nil, nil)
		ctx, cancel := context.WithCancelCause(t.Context())
		begun.enter(ctx, cancel)
		answer(list, nil, func() error { return broken }, []*hand{begun})
		for _, r := range list {
			if err := <-r.done; !errors.Is(err, broken) {
				t.Errorf("%v", err)
			}
		}
		if err := context.Cause(ctx); !errors.Is(err, broken) || !begun.stopped.Load() {
			t.Errorf("what began goes on: %v", err)
		}
	})
}
