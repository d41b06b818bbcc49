package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// meta stores a trace of a job in its transaction.
func meta(key string, value any) func(context.Context, *state.Tx) error {
	return func(ctx context.Context, tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?, ?)", key, fmt.Sprint(value))
		return err
	}
}

func (b *bench) meta(key string) (value string) {
	_ = b.db.Read().QueryRowContext(b.ctx(), "SELECT value FROM meta WHERE key = ?", key).Scan(&value)
	return value
}

func TestOutcomes(t *testing.T) {
	t.Run("Ensure a done job keeps its result and stores its effect", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		stats := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done, Result: "created task 7", Commit: meta("binding", 7)}))
		j := b.job(id)
		if j.State != done || j.Result != "created task 7" || !j.Finished.Equal(b.clock.Now()) || b.meta("binding") != "7" {
			t.Errorf("%+v", j)
		}
		if stats != (jobs.Stats{Done: 1}) {
			t.Errorf("%+v", stats)
		}
	})
	t.Run("Ensure nothing to do is done as well", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.NothingToDo, Result: "equal"})); s != (jobs.Stats{NothingToDo: 1}) {
			t.Errorf("%+v", s)
		}
		b.wantState(id, done)
	})
	t.Run("Ensure a failure keeps its cause", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		cause := fmt.Errorf("import card: %w", &jobs.NotFoundError{ID: 5})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: cause}))
		j := b.job(id)
		if j.ExcName != "CON-JOBS-UNKNOWN" || j.ExcMessage != cause.Error() || !strings.Contains(j.ExcInfo, "NotFoundError: there is no job 5") {
			t.Errorf("%q %q %q", j.ExcName, j.ExcMessage, j.ExcInfo)
		}
	})
	t.Run("Ensure retries come after the pattern's delays until no attempt is left", func(t *testing.T) {
		b := newBench(t, jobs.WithRetryPattern(jobs.RetryPattern{2: {Min: time.Hour}, 4: {Min: time.Minute}}))
		id := b.add(jobs.Spec{})
		for n, want := range []time.Duration{10 * time.Minute, time.Hour, time.Hour, time.Minute} {
			s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, Err: errors.New("busy")}))
			j := b.job(id)
			if j.State != pend || j.Retry != n+1 || !j.ETA.Equal(b.clock.Now().Add(want)) || j.ExcMessage != "busy" {
				t.Errorf("after attempt %d: %+v", n+1, j)
			}
			if s.Retried != 1 || s.Left != 1 || !s.NextETA.Equal(j.ETA) {
				t.Errorf("%+v", s)
			}
			_ = b.clock.Sleep(b.ctx(), want)
		}
		s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, Err: errors.New("busy")}))
		if j := b.job(id); j.State != fail || j.Retry != 5 || j.Result != "gave up after 5 attempts" || s.Failed != 1 {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure the default pattern starts with ten seconds", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, Err: errors.New("busy")}))
		if j := b.job(id); !j.ETA.Equal(b.clock.Now().Add(10 * time.Second)) {
			t.Errorf("%v", j.ETA)
		}
	})
	t.Run("Ensure an outcome may set its delay and spare the attempt", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, After: 5 * time.Second, IgnoreRetry: true}))
		if j := b.job(id); j.Retry != 0 || !j.ETA.Equal(b.clock.Now().Add(5*time.Second)) {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure zero retries are without end", func(t *testing.T) {
		b := newBench(t)
		none := 0
		id := b.add(jobs.Spec{MaxRetries: &none})
		for range 9 {
			b.mustHandle(always(jobs.Outcome{Kind: jobs.Retry, After: time.Second}))
			_ = b.clock.Sleep(b.ctx(), time.Second)
		}
		b.wantState(id, pend)
	})
	t.Run("Ensure a postponed job loses no attempt", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Postponed, After: time.Minute, Result: "unsettled"}))
		if j := b.job(id); j.State != pend || j.Retry != 0 || !j.ETA.Equal(b.clock.Now().Add(time.Minute)) || s.Postponed != 1 {
			t.Errorf("%+v %+v", j, s)
		}
	})
	t.Run("Ensure a run waits for jobs to hold for, and for no others", func(t *testing.T) {
		b := newBench(t)
		held, other := b.add(jobs.Spec{Identity: "held"}), b.add(jobs.Spec{})
		begin := b.clock.Now()
		runs := 0
		s := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			runs++
			switch {
			case j.ID == other:
				return jobs.Outcome{Kind: jobs.Postponed, After: time.Hour}
			case runs < 3:
				return jobs.Outcome{Kind: jobs.Postponed, After: time.Minute, Hold: true}
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if waited := b.clock.Now().Sub(begin); waited != time.Minute || s.Done != 1 || s.Left != 1 {
			t.Errorf("waited %v: %+v", waited, s)
		}
		b.wantState(held, done)
		b.wantState(other, pend)
	})
	t.Run("Ensure a run waits for an enqueued job that is to be held for, also a revived one", func(t *testing.T) {
		b := newBench(t)
		for _, o := range []jobs.Outcome{{Kind: jobs.Failed, Err: errors.New("no")}, {Kind: jobs.Done}} {
			eta := b.clock.Now().Add(time.Minute)
			id := b.add(jobs.Spec{Identity: "a", ETA: eta, Hold: true})
			if j := b.job(id); !j.Hold || !j.ETA.Equal(eta) {
				t.Errorf("%+v", j)
			}
			if s := b.mustHandle(always(o)); s.Done+s.Failed != 1 || b.clock.Now().Before(eta) || b.job(id).Hold {
				t.Errorf("%+v at %v", s, b.clock.Now())
			}
		}
	})
	t.Run("Ensure follow-ups run in the same run, and are enqueued only with their outcome", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		var order []string
		b.mustHandle(func(j jobs.Job) jobs.Outcome {
			order = append(order, j.Description)
			if j.ID == id {
				return jobs.Outcome{Kind: jobs.Done, FollowUps: []jobs.Spec{card(jobs.Spec{Description: "next"})}}
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		if !slices.Equal(order, []string{"", "next"}) {
			t.Errorf("%q", order)
		}
	})
	t.Run("Ensure an outcome tells how many jobs it put into the line, and leaves out those that stood there", func(t *testing.T) {
		for _, atOnce := range []int{1, 2} {
			b := newBench(t)
			first := b.add(jobs.Spec{})
			b.add(jobs.Spec{Identity: "there", ETA: noon.Add(time.Hour), Hold: true}) // it stands there until the rest is done
			asked := []jobs.Spec{card(jobs.Spec{Identity: "there"}), card(jobs.Spec{Identity: "new"}), card(jobs.Spec{Identity: "new"}), card(jobs.Spec{})}
			var told []int
			tell := func(n int) { told = append(told, n) }
			runs := 0
			handler := each(func(j jobs.Job) jobs.Outcome {
				if j.ID != first {
					return jobs.Outcome{Kind: jobs.Done, Enqueued: tell}
				}
				if runs++; runs == 1 {
					return jobs.Outcome{Kind: jobs.Wait, Dependencies: asked, Enqueued: tell}
				}
				return jobs.Outcome{Kind: jobs.Done, FollowUps: asked[1:], Enqueued: tell}
			})
			s, err := b.worker(handler, jobs.WorkerOptions{Jobs: atOnce}).Run(b.ctx(), jobs.RunFilter{})
			if err != nil || !slices.Equal(told, []int{2, 2}) {
				t.Errorf("%d at once: told %v, want 2 and 2 (%v)", atOnce, told, err)
			}
			if s.Done != 6 || s.Waiting != 1 {
				t.Errorf("%d at once: %+v", atOnce, s)
			}
		}
	})
	t.Run("Ensure an outcome that cannot be stored tells of no job", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done, FollowUps: []jobs.Spec{card(jobs.Spec{}), {}}, Enqueued: func(n int) { t.Errorf("told %d", n) }}))
	})
	t.Run("Ensure an outcome that cannot be stored fails its job alone, and nothing of it stands", func(t *testing.T) {
		for name, o := range map[string]jobs.Outcome{
			"its effect": {Kind: jobs.Done, Commit: func(ctx context.Context, tx *state.Tx) error {
				return errors.Join(meta("a", 1)(ctx, tx), errors.New("no room"))
			}},
			"its follow-up": {Kind: jobs.Done, Commit: meta("a", 1), FollowUps: []jobs.Spec{{}}},
			"no kind":       {Commit: meta("a", 1)},
		} {
			b := newBench(t)
			bad, good := b.add(jobs.Spec{}), b.add(jobs.Spec{})
			s := b.mustHandle(func(j jobs.Job) jobs.Outcome {
				if j.ID == bad {
					return o
				}
				return jobs.Outcome{Kind: jobs.Done}
			})
			b.wantState(bad, fail)
			b.wantState(good, done)
			if b.meta("a") != "" || s.Failed != 1 || !strings.Contains(b.job(bad).ExcMessage, "store the outcome") {
				t.Errorf("%s: stored %q; %+v; %s", name, b.meta("a"), s, b.job(bad).ExcMessage)
			}
		}
	})
	t.Run("Ensure a failure whose own effect cannot be stored keeps its cause", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("bad record"),
			Commit: func(context.Context, *state.Tx) error { return errors.New("no room") }}))
		if j := b.job(id); !strings.Contains(j.ExcMessage, "bad record") || !strings.Contains(j.ExcMessage, "no room") {
			t.Error(j.ExcMessage)
		}
	})
	t.Run("Ensure a durable outcome is synced", func(t *testing.T) {
		b := newBench(t)
		if b.db.Dialect() != state.SQLite {
			t.Skip("what PostgreSQL does is in state's tests")
		}
		b.add(jobs.Spec{})
		mode := 0
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done, Durable: true, Commit: func(ctx context.Context, tx *state.Tx) error {
			return tx.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&mode)
		}}))
		if mode != 2 {
			t.Errorf("synchronous is %d, want 2 (FULL)", mode)
		}
	})
}

func TestRun(t *testing.T) {
	t.Run("Ensure a down backend ends the run and costs no attempt", func(t *testing.T) {
		b := newBench(t)
		ids := []int64{b.add(jobs.Spec{}), b.add(jobs.Spec{}), b.add(jobs.Spec{})}
		down := errors.New("connection refused")
		s, err := b.handle(func(j jobs.Job) jobs.Outcome {
			if j.ID == ids[0] {
				return jobs.Outcome{Kind: jobs.Done}
			}
			return jobs.Outcome{Kind: jobs.Paused, Err: down, After: time.Minute, Commit: meta("paused", "yes")}
		})
		var paused *jobs.PausedError
		if !errors.As(err, &paused) || paused.Backend != "trello" || paused.After != time.Minute || !errors.Is(err, down) {
			t.Errorf("%v", err)
		}
		if s.Done != 1 || s.Paused != 1 || s.GivenBack != 1 || b.meta("paused") != "yes" {
			t.Errorf("%+v", s)
		}
		for _, id := range ids[1:] {
			if j := b.job(id); j.State != pend || j.Retry != 0 || j.Alone || !j.ETA.IsZero() {
				t.Errorf("%+v", j)
			}
		}
	})
	t.Run("Ensure a run that is told to stop ends the record in hand and gives the rest back", func(t *testing.T) {
		b := newBench(t)
		for range 5 {
			b.add(jobs.Spec{})
		}
		ctx, cancel := context.WithCancel(b.ctx())
		var inHand error
		h := func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			return each(func(jobs.Job) jobs.Outcome {
				cancel()
				inHand = ctx.Err()
				return jobs.Outcome{Kind: jobs.Done}
			})(ctx, slice, finish)
		}
		s, err := b.worker(h, jobs.WorkerOptions{SliceLimit: 3}).Run(ctx, jobs.RunFilter{})
		if !errors.Is(err, context.Canceled) || inHand != nil || s.Done != 1 || s.GivenBack != 2 {
			t.Errorf("%v, in hand %v, %+v", err, inHand, s)
		}
		if counts, err := b.Counts(t.Context(), ""); err != nil || counts[pend] != 4 || counts[done] != 1 {
			t.Error(counts, err)
		}
		if j := b.job(2); j.Retry != 0 || j.Alone {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure a run can be stopped while it holds", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		ctx, cancel := context.WithCancel(b.ctx())
		w := b.worker(each(always(jobs.Outcome{Kind: jobs.Postponed, Hold: true})), jobs.WorkerOptions{Progress: func(jobs.Job, jobs.Outcome) { cancel() }})
		if _, err := w.Run(ctx, jobs.RunFilter{}); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	})
	t.Run("Ensure only the asked jobs run", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		asked := b.add(jobs.Spec{})
		var ran []int64
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			ran = append(ran, j.ID)
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{})
		if _, err := w.Run(b.ctx(), jobs.RunFilter{IDs: []int64{asked}}); err != nil || !slices.Equal(ran, []int64{asked}) {
			t.Error(ran, err)
		}
	})
	t.Run("Ensure an unknown function fails its jobs and says what is missing", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Function: "card.paint"})
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Failed != 1 {
			t.Errorf("%+v", s)
		}
		if j := b.job(id); j.ExcName != "CON-JOBS-FUNCTION" || !strings.Contains(j.ExcMessage, "card.paint") {
			t.Error(j.ExcMessage)
		}
	})
	t.Run("Ensure progress is told with the job as it is then", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		var told []string
		w := b.worker(each(always(jobs.Outcome{Kind: jobs.NothingToDo})), jobs.WorkerOptions{Progress: func(j jobs.Job, o jobs.Outcome) {
			told = append(told, fmt.Sprintf("job %d is %s: %s", j.ID, j.State, o.Kind))
		}})
		if _, err := w.Run(b.ctx(), jobs.RunFilter{}); err != nil || !slices.Equal(told, []string{"job 1 is done: nothing to do"}) {
			t.Errorf("%q (%v)", told, err)
		}
	})
	t.Run("Ensure a handler's own error ends the run and gives its jobs back", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		b.add(jobs.Spec{})
		broken := errors.New("no environment")
		h := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			return errors.Join(finish(slice[0], jobs.Outcome{Kind: jobs.Done}), broken)
		}
		s, err := b.worker(h, jobs.WorkerOptions{SliceLimit: 2}).Run(b.ctx(), jobs.RunFilter{})
		if !errors.Is(err, broken) || s.Done != 1 || s.GivenBack != 1 {
			t.Errorf("%v %+v", err, s)
		}
		b.wantState(1, done)
		b.wantState(2, pend)
	})
	t.Run("Ensure a job is finished once, and only by whom it was given to", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		other := b.add(jobs.Spec{})
		h := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			if err := finish(jobs.Job{ID: other}, jobs.Outcome{Kind: jobs.Done}); err == nil {
				t.Error("another job was finished")
			}
			if err := finish(slice[0], jobs.Outcome{Kind: jobs.Done}); err != nil {
				t.Error(err)
			}
			if err := finish(slice[0], jobs.Outcome{Kind: jobs.Failed}); err == nil {
				t.Error("it was finished twice")
			}
			return nil
		}
		w := b.worker(h, jobs.WorkerOptions{})
		if _, err := w.Run(b.ctx(), jobs.RunFilter{IDs: []int64{1}}); err != nil {
			t.Error(err)
		}
		b.wantState(1, done)
		b.wantState(other, pend)
	})
}

func TestPanic(t *testing.T) {
	t.Run("Ensure a panic fails the job that is to blame, with its stack, and no other", func(t *testing.T) {
		b := newBench(t)
		b.add(jobs.Spec{})
		bad := b.add(jobs.Spec{})
		b.add(jobs.Spec{})
		s := b.mustHandle(func(j jobs.Job) jobs.Outcome {
			if j.ID == bad {
				panic("index out of range")
			}
			return jobs.Outcome{Kind: jobs.Done}
		})
		j := b.job(bad)
		if j.State != fail || !strings.HasPrefix(j.ExcMessage, "panic: index out of range; this is a mistake of the program") || !strings.Contains(j.ExcInfo, "worker_test.go") {
			t.Errorf("%s: %s\n%s", j.State, j.ExcMessage, j.ExcInfo)
		}
		if s.Done != 2 || s.Failed != 1 || s.GivenBack != 2 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("Ensure a panic in an effect fails its job", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done, Commit: func(context.Context, *state.Tx) error { panic("nil map") }}))
		b.wantState(id, fail)
	})
	t.Run("Ensure a death at either side of each commit is made good by the next run, with each effect once", func(t *testing.T) {
		type death struct{}
		for n := 1; ; n++ {
			store, clock := statetest.New(t), statetest.NewClock(noon)
			count, armed := 0, false
			hook := func(context.Context, string) {
				if count++; armed && count == n {
					panic(death{})
				}
			}
			b := openBench(t, store, state.Options{Clock: clock, Hook: hook})
			for range 3 {
				b.add(jobs.Spec{})
			}
			effect := func(j jobs.Job) jobs.Outcome {
				return jobs.Outcome{Kind: jobs.Done, Commit: meta(fmt.Sprint("effect ", j.ID), "once")}
			}
			repanic := func(v any) bool { _, dead := v.(death); return dead }
			died := func() (died bool) {
				defer func() { died = recover() != nil }()
				count, armed = 0, true
				_, err := b.worker(each(effect), jobs.WorkerOptions{SliceLimit: 2, Repanic: repanic}).Run(b.ctx(), jobs.RunFilter{})
				if err != nil {
					t.Error(err)
				}
				return false
			}()
			next := openBench(t, store, state.Options{Clock: clock})
			next.write(func(tx *state.Tx) error { _, err := next.Recover(next.ctx(), tx, "trello"); return err })
			next.mustHandle(effect) // a second effect would break the primary key and fail its job
			if counts, err := next.Counts(next.ctx(), ""); err != nil || counts[done] != 3 || len(counts) != 1 {
				t.Errorf("death %d: %v (%v)", n, counts, err)
			}
			if !died {
				if n < 10 { // claim, 2 jobs, claim, job, claim: 6 commits with 2 sides each
					t.Errorf("only %d crash points", n-1)
				}
				return
			}
		}
	})
}

func TestStatsAdd(t *testing.T) {
	t.Run("Ensure every count is added, and what is left is that of the later run", func(t *testing.T) {
		var sum jobs.Stats
		one := jobs.Stats{Left: 7, NextETA: noon}
		counts := reflect.ValueOf(&one).Elem()
		for i := range counts.NumField() {
			if f := counts.Field(i); f.Kind() == reflect.Int && f.Int() == 0 {
				f.SetInt(int64(i + 1))
			}
		}
		sum.Add(one)
		if sum != one {
			t.Errorf("got %+v, want %+v", sum, one)
		}
		sum.Add(jobs.Stats{Done: 1, Left: 2})
		if sum.Done != one.Done+1 || sum.Left != 2 || !sum.NextETA.IsZero() {
			t.Errorf("%+v", sum)
		}
	})
}
