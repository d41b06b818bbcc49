package jobs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func TestIdentityKeys(t *testing.T) {
	base := card(jobs.Spec{Args: map[string]any{"external_id": "<5f>", "deep": map[string]int{"b": 2, "a": 1}}})
	keys := map[string]jobs.IdentityKey{"exact": jobs.IdentityExact, "hashed": jobs.IdentityHashed}
	key := func(t *testing.T, of jobs.IdentityKey, s jobs.Spec) string {
		t.Helper()
		text, err := of(s)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	t.Run("Ensure an exact key can be read", func(t *testing.T) {
		want := `card.import,trello,trello.card({"deep":{"a":1,"b":2},"external_id":"<5f>"})`
		if got := key(t, jobs.IdentityExact, base); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
		if got := key(t, jobs.IdentityExact, jobs.Spec{Function: "f"}); got != "f,,({})" {
			t.Error(got)
		}
	})
	t.Run("Ensure a hashed key has 64 digits and stays the same from release to release", func(t *testing.T) {
		const want = "d6469e40eca4bbb2f7c6f8c19bdf10c6a63cbb833053db10edd3c9e810cbadf2"
		if got := key(t, jobs.IdentityHashed, base); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
	for name, of := range keys {
		t.Run("Ensure "+name+" keys are equal for equal calls, however their arguments were written", func(t *testing.T) {
			other := base
			other.Args = struct {
				External string         `json:"external_id"`
				Deep     map[string]int `json:"deep"`
			}{"<5f>", map[string]int{"a": 1, "b": 2}}
			other.Priority, other.Channel, other.Description = 3, "slow", "other words"
			if key(t, of, base) != key(t, of, other) {
				t.Errorf("%s and %s", key(t, of, base), key(t, of, other))
			}
		})
		t.Run("Ensure "+name+" keys differ for another function, backend, model or arguments", func(t *testing.T) {
			seen := map[string]string{key(t, of, base): "the first"}
			for what, change := range map[string]func(*jobs.Spec){
				"function":  func(s *jobs.Spec) { s.Function = "card.export" },
				"backend":   func(s *jobs.Spec) { s.Backend = "magento" },
				"model":     func(s *jobs.Spec) { s.Model = "trello.board" },
				"arguments": func(s *jobs.Spec) { s.Args = map[string]any{"external_id": "60"} },
				"number":    func(s *jobs.Spec) { s.Args = 12345678901234567 },
				"neighbour": func(s *jobs.Spec) { s.Args = 12345678901234568 },
			} {
				s := base
				change(&s)
				if before, twice := seen[key(t, of, s)]; twice {
					t.Errorf("another %s has the key of %s", what, before)
				}
				seen[key(t, of, s)] = what
			}
		})
		t.Run("Ensure arguments that cannot be stored have no "+name+" key, and are not shown", func(t *testing.T) {
			_, err := of(card(jobs.Spec{Args: secretArgs{Key: "hunter2"}}))
			var ae *jobs.ArgsError
			if !errors.As(err, &ae) || strings.Contains(err.Error(), "hunter2") {
				t.Error(err)
			}
		})
	}
	t.Run("Ensure a call that makes its identity itself waits once", func(t *testing.T) {
		b := newBench(t)
		call := func(id string) jobs.Spec {
			return jobs.Spec{Args: map[string]string{"external_id": id}, IdentityBy: jobs.IdentityExact}
		}
		first, other := b.add(call("5f")), b.add(call("60"))
		if again, created := b.enqueue(call("5f")); again != first || created || other == first {
			t.Errorf("%d, %t", again, created)
		}
		if j := b.job(first); j.Identity != `card.import,trello,trello.card({"external_id":"5f"})` || j.Pair != j.Identity {
			t.Errorf("%q, pair %q", j.Identity, j.Pair)
		}
		by := jobs.NewDelayable(card(call("70"))).IdentityBy(jobs.IdentityHashed, jobs.KeepFirst)
		if j := b.job(b.delay(by).IDs[0]); len(j.Identity) != 64 {
			t.Errorf("%q", j.Identity)
		}
	})
}

// call is a call of one identity with a number as its arguments.
func call(n int, p jobs.IdentityPolicy) jobs.Spec {
	return card(jobs.Spec{Identity: "x", Args: n, Policy: p, Priority: n, Description: fmt.Sprint("call ", n)})
}

// ran lets the queue run dry and gives the arguments of what ran, in order.
func (b *bench) ran(outcome jobs.Outcome) string {
	b.t.Helper()
	var args []string
	b.mustHandle(func(j jobs.Job) jobs.Outcome {
		args = append(args, string(j.Args))
		return outcome
	})
	return strings.Join(args, " ")
}

// TestPolicies tries what becomes of a second call of one identity.
func TestPolicies(t *testing.T) {
	ok := jobs.Outcome{Kind: jobs.Done}
	both := map[string]func(b *bench, first, second jobs.Spec){
		"one after the other": func(b *bench, first, second jobs.Spec) {
			b.add(first)
			b.add(second)
		},
		"in one batch": func(b *bench, first, second jobs.Spec) {
			b.write(func(tx *state.Tx) error {
				_, created, err := b.EnqueueAll(b.ctx(), tx, []jobs.Spec{first, second})
				if created != 1 {
					b.t.Errorf("%d created", created)
				}
				return err
			})
		},
	}
	for how, enqueue := range both {
		for policy, want := range map[jobs.IdentityPolicy]string{jobs.KeepFirst: "1", jobs.ReplaceArgs: "2", jobs.RunAgain: "1 2"} {
			t.Run(fmt.Sprintf("Ensure two calls %s under policy %d run as %s", how, policy, want), func(t *testing.T) {
				b := newBench(t)
				enqueue(b, call(1, jobs.KeepFirst), call(2, policy))
				if j := b.job(1); j.RunsAgain != (policy == jobs.RunAgain) || policy == jobs.ReplaceArgs && j.Priority != 2 {
					t.Errorf("%+v", j)
				}
				if got := b.ran(ok); got != want {
					t.Errorf("ran %s, want %s", got, want)
				}
			})
		}
	}
	t.Run("Ensure new arguments keep the old place in the line", func(t *testing.T) {
		b := newBench(t)
		first := b.add(jobs.Spec{Identity: "x", Args: 1})
		other := b.add(jobs.Spec{Args: 9})
		b.add(jobs.Spec{Identity: "x", Args: 2, Policy: jobs.ReplaceArgs})
		b.wantClaim(2, first, other)
	})
	t.Run("Ensure new arguments bring a new eta", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{Identity: "x", Args: 1})
		b.add(jobs.Spec{Identity: "x", Args: 2, Policy: jobs.ReplaceArgs, ETA: b.clock.Now().Add(time.Hour)})
		b.wantClaim(1)
		_ = b.clock.Sleep(b.ctx(), time.Hour)
		b.wantClaim(1, 1)
	})
	t.Run("Ensure of several calls to run again the last one counts", func(t *testing.T) {
		b := newBench(t)
		for n := range 4 {
			b.add(call(n+1, jobs.RunAgain))
		}
		if got := b.ran(ok); got != "1 4" {
			t.Errorf("ran %s", got)
		}
	})
	t.Run("Ensure a call that runs again is a job of its own, as it was described", func(t *testing.T) {
		b := newBench(t)
		one := 1
		b.add(call(1, jobs.KeepFirst))
		second := call(2, jobs.RunAgain)
		second.MaxRetries, second.TimeLimit, second.Channel, second.Pair = &one, time.Minute, "slow", "p"
		b.add(second)
		b.mustHandle(always(ok))
		j := b.job(2)
		if j.Description != "call 2" || j.MaxRetries != 1 || j.TimeLimit != time.Minute || j.Channel != "root.slow" || j.Pair != "p" || j.State != done {
			t.Errorf("%+v", j)
		}
		if first := b.job(1); first.RunsAgain {
			t.Error("the first one would run it once more")
		}
	})
	t.Run("Ensure a failed job begins anew with the new arguments under each policy", func(t *testing.T) {
		for _, policy := range []jobs.IdentityPolicy{jobs.KeepFirst, jobs.ReplaceArgs, jobs.RunAgain} {
			b := newBench(t)
			b.add(call(1, jobs.KeepFirst))
			b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
			if id, created := b.enqueue(call(2, policy)); id != 1 || !created {
				t.Errorf("policy %d: %d, %t", policy, id, created)
			}
			if got := b.ran(ok); got != "2" {
				t.Errorf("policy %d: ran %s", policy, got)
			}
		}
	})
	t.Run("Ensure a cancelled job stands for no other call", func(t *testing.T) {
		for _, policy := range []jobs.IdentityPolicy{jobs.KeepFirst, jobs.ReplaceArgs, jobs.RunAgain} {
			b := newBench(t)
			b.add(call(1, jobs.KeepFirst))
			b.write(func(tx *state.Tx) error { _, err := b.Cancel(b.ctx(), tx, 1); return err })
			if id, created := b.enqueue(call(2, policy)); id != 2 || !created {
				t.Errorf("policy %d: %d, %t", policy, id, created)
			}
			if got := b.ran(ok); got != "2" {
				t.Errorf("policy %d: ran %s", policy, got)
			}
		}
	})
	t.Run("Ensure calls of one batch come to a waiting job one after the other", func(t *testing.T) {
		for _, test := range []struct {
			batch []jobs.IdentityPolicy
			want  string
		}{
			{[]jobs.IdentityPolicy{jobs.KeepFirst, jobs.ReplaceArgs}, "2"},
			{[]jobs.IdentityPolicy{jobs.KeepFirst, jobs.RunAgain}, "0 2"},
			{[]jobs.IdentityPolicy{jobs.ReplaceArgs, jobs.RunAgain}, "1 2"},
			{[]jobs.IdentityPolicy{jobs.RunAgain, jobs.ReplaceArgs}, "2 1"},
			{[]jobs.IdentityPolicy{jobs.RunAgain, jobs.RunAgain}, "0 2"},
			{[]jobs.IdentityPolicy{jobs.ReplaceArgs, jobs.KeepFirst}, "1"},
		} {
			b := newBench(t)
			b.add(call(0, jobs.KeepFirst))
			b.write(func(tx *state.Tx) error {
				_, _, err := b.EnqueueAll(b.ctx(), tx, []jobs.Spec{call(1, test.batch[0]), call(2, test.batch[1])})
				return err
			})
			if got := b.ran(ok); got != test.want {
				t.Errorf("policies %v: ran %s, want %s", test.batch, got, test.want)
			}
		}
	})
	t.Run("Ensure a batch that revives a failed job keeps the call that is to run again", func(t *testing.T) {
		b := newBench(t)
		b.add(call(0, jobs.KeepFirst))
		b.mustHandle(always(failing))
		b.write(func(tx *state.Tx) error {
			_, _, err := b.EnqueueAll(b.ctx(), tx, []jobs.Spec{call(1, jobs.KeepFirst), call(2, jobs.RunAgain)})
			return err
		})
		if got := b.ran(ok); got != "1 2" {
			t.Errorf("ran %s", got)
		}
	})
	t.Run("Ensure a call that comes while another one runs is dropped only where the first is kept, when that one comes back", func(t *testing.T) {
		for policy, want := range map[jobs.IdentityPolicy]string{jobs.KeepFirst: "1 1", jobs.ReplaceArgs: "1 1 2", jobs.RunAgain: "1 1 2"} {
			b := newBench(t)
			b.add(call(1, jobs.KeepFirst))
			var ran []string
			one := func(j jobs.Job) jobs.Outcome {
				ran = append(ran, string(j.Args))
				if len(ran) == 1 {
					b.add(call(2, policy))
					return jobs.Outcome{Kind: jobs.Retry, After: time.Second, Err: errors.New("busy")}
				}
				return ok
			}
			b.mustHandle(one)
			_ = b.clock.Sleep(b.ctx(), time.Minute)
			b.mustHandle(one)
			if got := strings.Join(ran, " "); got != want {
				t.Errorf("policy %d: ran %s, want %s", policy, got, want)
			}
		}
	})
	t.Run("Ensure a call that is to run again stays with a job that fails or is cancelled, and runs when that is done after all", func(t *testing.T) {
		for name, stop := range map[string]func(b *bench){
			"failed":    func(b *bench) { b.mustHandle(always(failing)) },
			"cancelled": func(b *bench) { b.mustAct("cancel", b.cancel(1)) },
		} {
			b := newBench(t)
			b.add(call(1, jobs.KeepFirst))
			b.add(call(2, jobs.RunAgain))
			stop(b)
			if !b.job(1).RunsAgain {
				t.Errorf("%s: it forgot the call", name)
			}
			b.mustAct("requeue", b.requeue(1))
			if got := b.ran(ok); got != "1 2" {
				t.Errorf("%s: ran %s", name, got)
			}
		}
	})
	t.Run("Ensure setting a job done by hand lets the call run that was to run again", func(t *testing.T) {
		b := newBench(t)
		b.add(call(1, jobs.KeepFirst))
		b.add(call(2, jobs.RunAgain))
		b.write(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, 1) })
		if got := b.ran(ok); got != "2" {
			t.Errorf("ran %s", got)
		}
	})
}

func TestRunAgainMeanwhile(t *testing.T) {
	t.Run("Ensure a call that is to run again isn't dropped for one that came while its job ran", func(t *testing.T) {
		b := newBench(t)
		args := func(n int) map[string]int { return map[string]int{"n": n} }
		first := b.add(jobs.Spec{Identity: "a", Args: args(1)})
		b.add(jobs.Spec{Identity: "a", Args: args(2), Policy: jobs.RunAgain})
		ran := map[string]bool{}
		b.mustHandle(func(j jobs.Job) jobs.Outcome {
			ran[string(j.Args)] = true
			if j.ID == first {
				b.add(jobs.Spec{Identity: "a", Args: args(3)})
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if !ran[`{"n":2}`] || len(ran) != 3 {
			t.Errorf("%v", ran)
		}
	})
}
