package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// busy counts the jobs in hand, from their claim to their handler's end, by channel or whatever else they are told apart by.
type busy struct {
	mu       sync.Mutex
	now, top map[string]int
	changed  chan struct{} // closed when another job was counted
}

func newBusy() *busy {
	return &busy{now: map[string]int{}, top: map[string]int{}, changed: make(chan struct{})}
}

func (b *busy) enter(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now[name]++
	b.top[name] = max(b.top[name], b.now[name])
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *busy) leave(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now[name]--
}

// reached waits until so many have been in hand at a time. It ends with the test's failure when they never are.
func (b *busy) reached(t testing.TB, name string, n int) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		b.mu.Lock()
		top, changed := b.top[name], b.changed
		b.mu.Unlock()
		if top >= n {
			return
		}
		select {
		case <-changed:
		case <-late.C:
			t.Errorf("%d jobs of %s ran at a time, want %d", top, name, n)
			return
		}
	}
}

// patience is how long something is waited for that happens unless the program hangs.
const patience = 2 * time.Minute

func channels(t testing.TB, text string) jobs.Option {
	t.Helper()
	c, err := jobs.ParseChannels(text)
	if err != nil {
		t.Fatal(err)
	}
	return jobs.WithChannels(c)
}

func (b *bench) addTo(channel string, n int) {
	b.t.Helper()
	for i := range n {
		b.add(jobs.Spec{Channel: channel, Identity: fmt.Sprint(channel, " ", i)})
	}
}

func TestPool(t *testing.T) {
	t.Run("Ensure channels are used up to their capacity, and never over it", func(t *testing.T) {
		for name, limit := range map[string]int{"root.a": 3, "root.a.b": 2, "root.c": 7, "root.d": 1} {
			b := newBench(t, channels(t, "root:7,a:3,a.b:2,c:0"))
			b.addTo(name, 20)
			b.runsAtATime(20, map[string]int{name: limit}, name, limit)
		}
	})
	t.Run("Ensure channels share what the one above them may do", func(t *testing.T) {
		b := newBench(t, channels(t, "root:7,a:3,a.b:2,c:0"))
		for _, name := range []string{"a", "a.b", "c", "d"} {
			b.addTo(name, 40)
		}
		b.runsAtATime(160, map[string]int{"root": 7, "root.a": 3, "root.a.b": 2, "root.c": 7, "root.d": 1}, "root", 7)
	})
	t.Run("Ensure a record pair is worked on by one job at a time, whatever its channels", func(t *testing.T) {
		b := newBench(t, channels(t, "a:0,b:0"))
		for i := range 60 {
			b.add(jobs.Spec{Channel: []string{"a", "b"}[i%2], Pair: fmt.Sprint("pair ", i%5)})
		}
		limits := map[string]int{"all": 5}
		for i := range 5 {
			limits[fmt.Sprint("pair ", i)] = 1
		}
		b.neverOver(60, limits, "all", 5, func(j jobs.Job) []string { return []string{j.Pair, "all"} })
	})
	t.Run("Ensure what fails to be stored takes nobody else along", func(t *testing.T) {
		b := newBench(t)
		for range 30 {
			b.add(jobs.Spec{})
		}
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			return jobs.Outcome{Kind: jobs.Done, Commit: func(ctx context.Context, tx *state.Tx) error {
				if j.ID%3 != 0 {
					return meta(fmt.Sprint("job ", j.ID), j.ID)(ctx, tx)
				}
				return errors.Join(meta("never", j.ID)(ctx, tx), errors.New("no room"))
			}}
		}), jobs.WorkerOptions{Jobs: 10})
		s, err := w.Run(b.ctx(), jobs.RunFilter{})
		if err != nil || s.Done != 20 || s.Failed != 10 || b.meta("never") != "" || b.meta("job 1") == "" {
			t.Errorf("%+v, %v, stored %q and %q", s, err, b.meta("never"), b.meta("job 1"))
		}
	})
	t.Run("Ensure what is enqueued meanwhile is worked on without an end", func(t *testing.T) {
		b := newBench(t)
		ctx, stop := context.WithCancel(b.ctx())
		var ran atomic.Int32
		w := b.worker(each(func(jobs.Job) jobs.Outcome {
			if ran.Add(1) == 5 {
				stop()
			}
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{Jobs: 2})
		go func() {
			for i := range 5 {
				_ = b.db.Write(b.ctx(), func(tx *state.Tx) error {
					_, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{Identity: fmt.Sprint(i)}))
					return err
				})
			}
		}()
		s, err := w.Work(ctx, jobs.RunFilter{})
		if !errors.Is(err, context.Canceled) || s.Done != 5 {
			t.Errorf("%+v, %v", s, err)
		}
	})
	t.Run("Ensure an outage leaves the other backends' jobs running, and is told", func(t *testing.T) {
		b := newBench(t)
		for range 3 {
			b.add(jobs.Spec{})
			b.add(jobs.Spec{Backend: "magento"})
		}
		var notices []jobs.Notice
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			if j.Backend == "magento" {
				return jobs.Outcome{Kind: jobs.Paused, Err: errors.New("it is down")}
			}
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{Jobs: 1, Notice: func(n jobs.Notice) { notices = append(notices, n) }})
		s, err := w.Run(b.ctx(), jobs.RunFilter{Backends: []string{"trello", "magento"}})
		var paused *jobs.PausedError
		if !errors.As(err, &paused) {
			t.Errorf("%+v, %v, %v", s, err, notices)
		}
		w = b.worker(w2(b), jobs.WorkerOptions{Jobs: 4, Notice: func(n jobs.Notice) { notices = append(notices, n) }})
		s, err = w.Run(b.ctx(), jobs.RunFilter{})
		if err == nil || s.Done < 1 || len(notices) == 0 || notices[len(notices)-1].Backend != "magento" {
			t.Errorf("%+v, %v, %v", s, err, notices)
		}
	})
}

// runsAtATime works on n jobs, of which each channel with those below it must never have more in hand than its limit. None
// ends before so many of one of the channels were in hand at a time.
func (b *bench) runsAtATime(n int, limits map[string]int, channel string, full int) {
	b.t.Helper()
	b.neverOver(n, limits, channel, full, func(j jobs.Job) []string {
		names := []string{j.Channel}
		for i := strings.LastIndexByte(j.Channel, '.'); i > 0; i = strings.LastIndexByte(j.Channel[:i], '.') {
			names = append(names, j.Channel[:i])
		}
		return names
	})
}

// neverOver works on n jobs, which are counted under names. None ends before so many were in hand under one of them.
func (b *bench) neverOver(n int, limits map[string]int, name string, full int, names func(jobs.Job) []string) {
	b.t.Helper()
	seen := newBusy()
	w := b.worker(each(func(j jobs.Job) jobs.Outcome {
		seen.reached(b.t, name, full)
		for _, name := range names(j) {
			seen.leave(name)
		}
		return jobs.Outcome{Kind: jobs.Done}
	}), jobs.WorkerOptions{Jobs: 20, Claimed: func(slice []jobs.Job) {
		for _, name := range names(slice[0]) {
			seen.enter(name)
		}
	}})
	if s, err := w.Run(b.ctx(), jobs.RunFilter{}); err != nil || s.Done != n {
		b.t.Fatalf("%+v, %v", s, err)
	}
	for name, limit := range limits {
		if top := seen.top[name]; top > limit {
			b.t.Errorf("%d jobs of %s ran at a time, want at most %d", top, name, limit)
		}
	}
}

func w2(*bench) jobs.Handler {
	return each(func(j jobs.Job) jobs.Outcome {
		if j.Backend == "magento" {
			return jobs.Outcome{Kind: jobs.Paused, Err: errors.New("it is down")}
		}
		return jobs.Outcome{Kind: jobs.Done}
	})
}

func TestOutageOfSeveral(t *testing.T) {
	t.Run("Ensure an outage that several slices meet at a time is one", func(t *testing.T) {
		b := newBench(t)
		for range 4 {
			b.add(jobs.Spec{})
		}
		ctx, cancel := context.WithCancel(b.ctx())
		defer cancel()
		var all sync.WaitGroup
		all.Add(4)
		var mu sync.Mutex
		var told []jobs.Notice
		ended := 0
		w := b.worker(each(func(jobs.Job) jobs.Outcome {
			all.Done()
			all.Wait()
			return jobs.Outcome{Kind: jobs.Paused, Err: errors.New("it is down")}
		}), jobs.WorkerOptions{Jobs: 4, Notice: func(n jobs.Notice) {
			mu.Lock()
			defer mu.Unlock()
			if n.Kind == jobs.OutageBegan {
				told = append(told, n)
			}
		}, Progress: func(jobs.Job, jobs.Outcome) {
			if ended++; ended == 4 {
				cancel()
			}
		}})
		_, _ = w.Work(ctx, jobs.RunFilter{})
		if len(told) != 1 || told[0].After != 10*time.Second {
			t.Errorf("%+v", told)
		}
	})
	t.Run("Ensure what began before an outage doesn't end it", func(t *testing.T) {
		b := newBench(t)
		down := b.add(jobs.Spec{})
		b.add(jobs.Spec{})
		ctx, cancel := context.WithCancel(b.ctx())
		defer cancel()
		inHand, began := make(chan struct{}), make(chan struct{})
		var kinds []jobs.NoticeKind
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			if j.ID == down {
				<-inHand
				return jobs.Outcome{Kind: jobs.Paused, Err: errors.New("it is down")}
			}
			close(inHand)
			<-began
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{Jobs: 2, Notice: func(n jobs.Notice) {
			if kinds = append(kinds, n.Kind); n.Kind == jobs.OutageBegan {
				close(began)
			}
		}, Progress: func(_ jobs.Job, o jobs.Outcome) {
			if o.Kind == jobs.Done {
				cancel()
			}
		}})
		if s, err := w.Work(ctx, jobs.RunFilter{}); !errors.Is(err, context.Canceled) || s.Done != 1 || len(kinds) != 1 {
			t.Errorf("%+v, %v, %v", s, err, kinds)
		}
	})
}

func TestTimeLimit(t *testing.T) {
	for _, n := range []int{1, 4} {
		t.Run(fmt.Sprintf("Ensure an attempt ends when its time is up, %d at a time", n), func(t *testing.T) {
			b := newBench(t)
			slow := b.add(jobs.Spec{TimeLimit: 20 * time.Millisecond})
			quick := b.add(jobs.Spec{})
			w := b.worker(func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
				if slice[0].ID == slow {
					<-ctx.Done()
					return ctx.Err()
				}
				return finish(slice[0], jobs.Outcome{Kind: jobs.Done})
			}, jobs.WorkerOptions{Jobs: n})
			s, err := w.Run(b.ctx(), jobs.RunFilter{})
			if j := b.job(slow); err != nil || s.Retried != 1 || j.Retry != 1 || j.ExcName != "CON-JOBS-TIME" {
				t.Errorf("%+v, %v, %+v", s, err, j)
			}
			b.wantState(quick, done)
		})
		t.Run(fmt.Sprintf("Ensure what was done as the time was up is stored, %d at a time", n), func(t *testing.T) {
			b := newBench(t)
			id := b.add(jobs.Spec{TimeLimit: 10 * time.Millisecond})
			w := b.worker(func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
				<-ctx.Done()
				return finish(slice[0], jobs.Outcome{Kind: jobs.Done})
			}, jobs.WorkerOptions{Jobs: n})
			if s, err := w.Run(b.ctx(), jobs.RunFilter{}); err != nil || s.Done != 1 {
				t.Errorf("%+v, %v", s, err)
			}
			b.wantState(id, done)
		})
	}
}

func TestGrace(t *testing.T) {
	t.Run("Ensure what goes on after its grace is given back unspent", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		ctx, stop := context.WithCancel(b.ctx())
		w := b.worker(func(ctx context.Context, _ []jobs.Job, _ func(jobs.Job, jobs.Outcome) error) error {
			stop()
			<-ctx.Done()
			return nil
		}, jobs.WorkerOptions{Jobs: 1, Grace: 10 * time.Millisecond})
		s, err := w.Work(ctx, jobs.RunFilter{})
		if j := b.job(id); !errors.Is(err, context.Canceled) || s.GivenBack != 1 || j.State != pend || j.Retry != 0 {
			t.Errorf("%+v, %v, %+v", s, err, j)
		}
	})
	t.Run("Ensure a handler that is stopped before it begins finds its context ended", func(t *testing.T) {
		if cause := jobs.CauseAfterStop(context.DeadlineExceeded); !errors.Is(cause, context.DeadlineExceeded) {
			t.Error(cause)
		}
	})
}

func TestPresence(t *testing.T) {
	t.Run("Ensure the jobs of a worker that died are taken back by another, and those of one that lives are not", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		other := b.add(jobs.Spec{Channel: "other", Backend: "magento"})
		w := b.worker(each(func(j jobs.Job) jobs.Outcome {
			if j.ID != id {
				return jobs.Outcome{Kind: jobs.Done}
			}
			if dead, n, err := b.RecoverDead(b.ctx()); err != nil || n != 0 {
				t.Errorf("took %d jobs of %v (%v)", n, dead, err)
			}
			list, err := b.Workers(b.ctx())
			if err != nil || len(list) != 1 || !list[0].Alive || list[0].ID != b.job(id).Worker {
				t.Errorf("%+v, %v", list, err)
			}
			return jobs.Outcome{Kind: jobs.Done}
		}), jobs.WorkerOptions{})
		if _, err := w.Run(b.ctx(), jobs.RunFilter{Backend: "trello"}); err != nil {
			t.Fatal(err)
		}
		if list, err := b.Workers(b.ctx()); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		b.dieWith(other)
		dead, n, err := b.RecoverDead(b.ctx())
		if err != nil || n != 1 || len(dead) != 1 {
			t.Errorf("took %d jobs of %v (%v)", n, dead, err)
		}
		b.wantState(other, pend)
	})
	t.Run("Ensure a worker that lost its lease completes nothing", func(t *testing.T) {
		b := newBench(t, jobs.WithLease(time.Minute))
		id := b.add(jobs.Spec{})
		_, err := b.handle(func(j jobs.Job) jobs.Outcome {
			_ = b.clock.Sleep(b.ctx(), 2*time.Minute)
			return jobs.Outcome{Kind: jobs.Done, Commit: meta("effect", j.ID)}
		})
		var lost *jobs.LostError
		if !errors.As(err, &lost) || b.meta("effect") != "" {
			t.Errorf("%v, stored %q", err, b.meta("effect"))
		}
		b.wantState(id, strt)
		if _, n, err := b.RecoverDead(b.ctx()); n != 1 || err != nil {
			t.Errorf("took %d jobs (%v)", n, err)
		}
		b.wantState(id, pend)
	})
}

// dieWith leaves a job in the hands of a worker whose lock is gone.
func (b *bench) dieWith(id int64) {
	b.t.Helper()
	b.write(func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.ctx(), "INSERT INTO job_worker (id, slot, started, heartbeat) VALUES ('dead:1', 77, 1, 1)")
		return err
	})
	slice, err := b.Claim(b.ctx(), "dead:1", jobs.ClaimFilter{IDs: []int64{id}})
	if err != nil || len(slice) != 1 {
		b.t.Fatal(slice, err)
	}
}
