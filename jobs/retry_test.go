package jobs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

func TestRetryPattern(t *testing.T) {
	t.Run("Ensure delays are those that queue_job's own tests expect", func(t *testing.T) {
		for text, want := range map[string][]time.Duration{
			"{1: 60, 2: 180, 3: 10, 5: 300}": {60, 180, 10, 10, 300, 300},
			"{3: 180}":                       {600, 600, 180, 180},
		} {
			p := mustPattern(t, text)
			for i, seconds := range want {
				if got := p.Delay(i+1, nil); got != seconds*time.Second {
					t.Errorf("%s: after %d attempts %s, want %d s", text, i+1, got, seconds)
				}
			}
		}
	})
	t.Run("Ensure a random delay is between its bounds, both of which can come", func(t *testing.T) {
		p := mustPattern(t, "{1: [5s, 30s], 3: 1m}")
		lowest, highest := func(int64) int64 { return 0 }, func(n int64) int64 { return n - 1 }
		got := []time.Duration{p.Delay(1, lowest), p.Delay(2, highest), p.Delay(3, highest)}
		if want := []time.Duration{5 * time.Second, 30 * time.Second, time.Minute}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("Ensure every spelling is read, and written in one", func(t *testing.T) {
		for text, want := range map[string]string{
			"{1: 10s, 5: 1m, 10: 10m}":      "{1: 10s, 5: 1m, 10: 10m}",
			"10: 1h30m,5:1h , 1 : 10":       "{1: 10s, 5: 1h, 10: 1h30m}",
			"{1: [5s, 30s], 2: (60, 120),}": "{1: [5s, 30s], 2: [1m, 2m]}",
			"{1: [7, 7]}":                   "{1: 7s}",
		} {
			if got := mustPattern(t, text).String(); got != want {
				t.Errorf("%s is read as %s, want %s", text, got, want)
			}
			mustPattern(t, want)
		}
	})
	for text, want := range map[string]string{
		"":                    "no number of attempts with a delay",
		"{1: 10s":             "its brace isn't closed",
		"{}":                  "no number of attempts with a delay",
		"{1: 10s, , 2: 1m}":   "no number of attempts with a delay",
		"{0: 10s}":            "must be 1 or more",
		"{first: 10s}":        "must be 1 or more",
		"{1: soon}":           "a time span or a number of seconds",
		"{1: -5}":             "a time span or a number of seconds",
		"{1: 0}":              "a time span or a number of seconds",
		"{1: 90000000000000}": "a time span or a number of seconds",
		"{1: [5]}":            "lies between two",
		"{1: [5, 10, 15]}":    "lies between two",
		"{1: [30s, 5s]}":      "the shorter delay comes first",
		"{1: 10s, 1: 20s}":    "there twice",
	} {
		t.Run("Ensure "+text+" is refused, with the reason", func(t *testing.T) {
			_, err := jobs.ParseRetryPattern(text)
			var pe *jobs.RetryPatternError
			if !errors.As(err, &pe) || !strings.Contains(err.Error(), want) {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}

func mustPattern(t *testing.T, text string) jobs.RetryPattern {
	t.Helper()
	p, err := jobs.ParseRetryPattern(text)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFunctionOptions(t *testing.T) {
	none := 0
	options := jobs.FunctionOptions{Channel: "root.imports", Priority: 20, MaxRetries: &none, TimeLimit: time.Minute,
		RetryPattern: jobs.RetryPattern{1: {Min: 5 * time.Second, Max: 30 * time.Second}}}
	withOptions := func(t *testing.T) *bench {
		return newBench(t, jobs.WithFunction("card.import", options), jobs.WithRandom(func(n int64) int64 { return n - 1 }))
	}
	t.Run("Ensure a call takes from its function what it doesn't say itself", func(t *testing.T) {
		b := withOptions(t)
		j := b.job(b.add(jobs.Spec{}))
		if j.Channel != "root.imports" || j.Priority != 20 || j.MaxRetries != 0 || j.TimeLimit != time.Minute {
			t.Errorf("%+v", j)
		}
		two := 2
		j = b.job(b.add(jobs.Spec{Channel: "slow", Priority: 1, MaxRetries: &two, TimeLimit: time.Hour}))
		if j.Channel != "root.slow" || j.Priority != 1 || j.MaxRetries != 2 || j.TimeLimit != time.Hour {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure other functions keep the queue's defaults", func(t *testing.T) {
		b := withOptions(t)
		j := b.job(b.add(jobs.Spec{Function: "board.import"}))
		if j.Channel != "root.trello" || j.Priority != jobs.DefaultPriority || j.MaxRetries != jobs.DefaultMaxRetries || j.TimeLimit != 0 {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure a function's own pattern says when a failed attempt is repeated, with injected chance", func(t *testing.T) {
		b := withOptions(t)
		own, other := b.add(jobs.Spec{}), b.add(jobs.Spec{Function: "board.import"})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, Err: errors.New("busy")}))
		if got := b.job(own).ETA.Sub(b.clock.Now()); got != 30*time.Second {
			t.Errorf("its own: %s", got)
		}
		if got := b.job(other).ETA.Sub(b.clock.Now()); got != 10*time.Second {
			t.Errorf("the other: %s", got)
		}
	})
}
