package trello_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// happening is something that happens while a watch runs, so long after its beginning.
type happening struct {
	at    time.Duration
	do    func()
	wakes bool // whoever waits is woken by it
}

// watched is a watch over a world whose time passes as fast as the watch waits.
type watched struct {
	*world
	run     *run
	watch   *synchronizer.Watch
	rounds  []synchronizer.Round
	coming  []happening
	began   time.Time
	end     time.Time
	stop    context.CancelFunc
	locked  func() error // nil: the backends are free
	connect int          // how often it connected
	alive   int
}

// Now is the world's time.
func (w *watched) Now() time.Time { return w.clock.Now() }

// Sleep lets time pass, and happen what comes in it.
func (w *watched) Sleep(ctx context.Context, d time.Duration) error {
	until := w.clock.Now().Add(d)
	for len(w.coming) > 0 && !w.began.Add(w.coming[0].at).After(until) {
		next := w.coming[0]
		w.coming = w.coming[1:]
		if wait := w.began.Add(next.at).Sub(w.clock.Now()); wait > 0 {
			w.clock.Advance(wait)
		}
		if next.do(); next.wakes {
			<-ctx.Done()
			return ctx.Err()
		}
	}
	if wait := until.Sub(w.clock.Now()); wait > 0 {
		w.clock.Advance(wait)
	}
	if w.clock.Now().After(w.end) {
		w.stop()
	}
	return ctx.Err()
}

// watching makes a watch over the world's backend.
func watching(w *world, change ...func(*synchronizer.WatchOptions)) *watched {
	w.t.Helper()
	out := &watched{world: w}
	var err error
	if out.run, err = w.begin(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = out.run.db.Close() })
	o := synchronizer.WatchOptions{
		Clock: out, Run: synchronizer.RunOptions{Owner: "test"},
		Connect: func(context.Context) ([]*synchronizer.Synchronizer, error) {
			out.connect++
			return []*synchronizer.Synchronizer{out.run.Synchronizer}, nil
		},
		Locked: func(ctx context.Context, do func(context.Context)) error {
			if out.locked != nil {
				if err := out.locked(); err != nil {
					return err
				}
			}
			do(ctx)
			return nil
		},
		Due:   out.run.queue.NextDue,
		Done:  func(r synchronizer.Round) { out.rounds = append(out.rounds, r) },
		Alive: func() { out.alive++ },
	}
	for _, f := range change {
		f(&o)
	}
	out.watch = synchronizer.NewWatch(o)
	return out
}

// runFor lets the watch run for so long, while things happen, in the order of their times.
func (w *watched) runFor(d time.Duration, coming ...happening) {
	w.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	w.stop, w.coming, w.rounds = stop, coming, nil
	w.began = w.clock.Now()
	w.end = w.began.Add(d)
	if err := w.watch.Run(ctx); !errors.Is(err, context.Canceled) {
		w.t.Fatalf("the watch ended with %v", err)
	}
	if len(w.coming) > 0 {
		w.t.Fatalf("%d things did not happen", len(w.coming))
	}
}

// settled lets the watch make its first rounds and forgets them.
func (w *watched) settled() *watched {
	w.t.Helper()
	w.runFor(time.Minute)
	w.noFailure()
	w.resetRequests()
	return w
}

func (w *watched) noFailure() {
	w.t.Helper()
	for _, r := range w.rounds {
		if err := r.Failure(); err != nil {
			w.t.Fatalf("the round for %s failed: %v", r.Reason, err)
		}
	}
}

func (w *watched) reasons() (all []synchronizer.Reason) {
	for _, r := range w.rounds {
		all = append(all, r.Reason)
	}
	return all
}

// boardsOf is a world with so many boards, two lists and a card each.
func boardsOf(t *testing.T, n int) *world {
	w := newWorld(t)
	for i := range n {
		b := w.trello.AddBoard(fmt.Sprintf("Board %02d", i))
		todo := w.trello.AddList(b.ID, "To do")
		w.trello.AddList(b.ID, "Done")
		w.trello.AddCard(todo.ID, fmt.Sprintf("Card of board %02d", i))
	}
	return w
}

func TestWatchAtRest(t *testing.T) {
	t.Run("Ensure idle time costs a request for each board and look, few to Odoo, a sweep each ten minutes, and no write", func(t *testing.T) {
		w := watching(boardsOf(t, 5)).settled()
		w.runFor(30 * time.Minute)
		w.noFailure()
		looks := int(30 * time.Minute / (3 * time.Second))
		sweeps := 0
		for _, why := range w.reasons() {
			if why != synchronizer.Sweeping {
				t.Fatalf("a round for %s: %v", why, w.reasons())
			}
			sweeps++
		}
		toTrello, toOdoo := len(w.trello.Requests()), len(w.odoo.Requests())
		t.Logf("%d looks, %d sweeps, %d requests to Trello, %d to Odoo", looks, sweeps, toTrello, toOdoo)
		if o, x := w.writes(); o+x > 0 {
			t.Errorf("%d writes to Odoo, %d to Trello", o, x)
		}
		if sweeps < 2 || sweeps > 3 {
			t.Errorf("%d sweeps in half an hour", sweeps)
		}
		if most := looks*5 + sweeps*20; toTrello > most {
			t.Errorf("%d requests to Trello, want at most %d", toTrello, most)
		}
		if most := looks*w.models() + sweeps*30; toOdoo > most {
			t.Errorf("%d requests to Odoo, want at most %d", toOdoo, most)
		}
	})
	t.Run("Ensure a look asks each board once, and asks less often where there are more than 20", func(t *testing.T) {
		for boards, most := range map[int]int{20: 15, 40: 8} { // looks in a minute
			w := watching(boardsOf(t, boards)).settled()
			w.runFor(time.Minute)
			asked := map[string]int{}
			for _, r := range w.trello.Requests() {
				asked[r.Path]++
			}
			for path, n := range asked {
				if n > most {
					t.Errorf("%d boards: %s was asked %d times in a minute, want at most %d", boards, path, n, most)
				}
			}
			if len(asked) != boards {
				t.Errorf("%d boards: %d paths were asked", boards, len(asked))
			}
		}
	})
	for most, reaction := range map[int]time.Duration{1: 25 * time.Second, 2: 5 * time.Second} {
		t.Run(fmt.Sprintf("Ensure only %d Odoo models are asked in a look where Odoo is to be spared, and tasks are seen in %s", most, reaction), func(t *testing.T) {
			w := watching(boardsOf(t, 2), func(o *synchronizer.WatchOptions) { o.OdooModels = most }).settled()
			w.runFor(time.Minute)
			if n := len(w.odoo.Requests()); n < 18*most || n > 21*most {
				t.Errorf("%d requests to Odoo in a minute", n)
			}
			id, _ := w.task("Card of board 01")
			w.runFor(time.Minute, happening{time.Second, func() { w.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Other"}) }, false},
				happening{time.Second + reaction, func() { w.card("Other") }, false})
		})
	}
	t.Run("Ensure memory stays as it is over 500 looks and their rounds", func(t *testing.T) {
		if raced {
			t.Skip("the race detector takes memory of its own")
		}
		w := watching(boardsOf(t, 5), func(o *synchronizer.WatchOptions) { o.Done = nil }).settled()
		live := func() uint64 {
			w.resetRequests()
			runtime.GC()
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		w.runFor(10 * time.Minute)
		before := live()
		for range 10 { // the fakes note what they were asked
			w.runFor(210 * time.Second)
			w.resetRequests()
		}
		if after := live(); after > before+512<<10 {
			t.Errorf("%d kB live before, %d kB after", before>>10, after>>10)
		}
	})
}

// models is how many Odoo models a look asks for: boards, lists, cards with their check items, comments, attachments; a tag without a
// label is nobody's.
func (w *watched) models() int { return 6 }

func TestWatchReacts(t *testing.T) {
	const soon = 5 * time.Second
	t.Run("Ensure a change on either side is on the other within five seconds, whenever it comes", func(t *testing.T) {
		w := watching(boardsOf(t, 5)).settled()
		id, _ := w.task("Card of board 01")
		card := w.card("Card of board 02")
		var coming []happening
		for i, at := range []time.Duration{0, 700 * time.Millisecond, 1900 * time.Millisecond, 3100 * time.Millisecond, 3999 * time.Millisecond} {
			at += time.Duration(i+1) * time.Minute
			there, here := fmt.Sprintf("In Odoo %d", i), fmt.Sprintf("In Trello %d", i)
			coming = append(coming,
				happening{at, func() {
					w.odoo.Write("project.task", []int64{id}, map[string]any{"name": there})
					w.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = here })
				}, false},
				happening{at + soon, func() { w.card(there); w.task(here) }, false})
		}
		w.runFor(7*time.Minute, coming...)
		w.noFailure()
	})
	t.Run("Ensure that goes on when people work all the time, though Trello tells seldom which boards there are", func(t *testing.T) {
		if raced {
			t.Skip("looks for minutes at what another test looks at for some seconds, which a race changes nothing about")
		}
		base := boardsOf(t, 2)
		base.tune = func(s *trello.Settings) { s.Rate = 90 }
		w := watching(base).settled()
		id, _ := w.task("Card of board 01")
		var coming []happening
		for i := range 150 {
			name, at := fmt.Sprintf("Name %d", i), time.Duration(i+1)*6*time.Second
			coming = append(coming, happening{at, func() { w.odoo.Write("project.task", []int64{id}, map[string]any{"name": name}) }, false},
				happening{at + soon, func() { w.card(name) }, false})
		}
		w.runFor(16*time.Minute, coming...)
		w.noFailure()
		asked := 0
		for _, r := range w.trello.Requests() {
			if strings.HasPrefix(r.Path, "/1/members/") {
				asked++
			}
		}
		if asked > 70 {
			t.Errorf("Trello was asked %d times which boards there are", asked)
		}
	})
	t.Run("Ensure a change is synced once, with a second round at most that finds nothing", func(t *testing.T) {
		w := watching(boardsOf(t, 2)).settled()
		card := w.card("Card of board 01")
		w.runFor(time.Minute, happening{10 * time.Second, func() { w.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = "Other" }) }, false})
		if got := w.reasons(); !slices.Equal(got, []synchronizer.Reason{synchronizer.Changed}) {
			t.Errorf("from Trello: rounds for %v", got)
		}
		id, _ := w.task("Card of board 00")
		w.runFor(time.Minute, happening{10 * time.Second, func() { w.odoo.Write("project.task", []int64{id}, map[string]any{"name": "Task"}) }, false})
		if got := w.reasons(); len(got) > 2 {
			t.Errorf("from Odoo: rounds for %v", got)
		}
	})
	t.Run("Ensure jobs that others enqueue run at once, and later ones in their time", func(t *testing.T) {
		wake := make(chan struct{}, 1)
		w := watching(boardsOf(t, 2), func(o *synchronizer.WatchOptions) { o.Wake, o.Interval = wake, time.Minute }).settled()
		card := w.card("Card of board 01")
		enqueue := func(eta time.Duration) {
			s := w.run.Spec(synchronizer.ImportRecord, synchronizer.Args{Model: "trello.card", ExternalID: card.ID}, "by hand")
			if eta > 0 {
				s.ETA = w.clock.Now().Add(eta)
			}
			w.write(func(ctx context.Context, tx *state.Tx) error {
				_, _, err := w.run.queue.Enqueue(ctx, tx, s)
				return err
			})
		}
		left := func() int {
			counts, err := w.run.queue.Counts(context.Background(), "trello")
			if err != nil {
				t.Error(err)
			}
			return counts[jobs.StatePending]
		}
		w.runFor(40*time.Second,
			happening{time.Second, func() { enqueue(0); wake <- struct{}{} }, true},
			happening{2 * time.Second, func() {
				if n := left(); n != 0 {
					t.Errorf("%d jobs are left", n)
				}
				enqueue(10 * time.Second)
				wake <- struct{}{}
			}, true},
			happening{11 * time.Second, func() {
				if n := left(); n != 1 {
					t.Errorf("%d jobs are left before their time", n)
				}
			}, false},
			happening{13 * time.Second, func() {
				if n := left(); n != 0 {
					t.Errorf("%d jobs are left after their time", n)
				}
			}, false})
		if got := w.reasons(); !slices.Equal(got, []synchronizer.Reason{synchronizer.JobsDue, synchronizer.JobsDue}) {
			t.Errorf("rounds for %v", got)
		}
	})
	t.Run("Ensure jobs of a paused backend keep nobody awake", func(t *testing.T) {
		w := watching(boardsOf(t, 1)).settled()
		w.write(func(ctx context.Context, tx *state.Tx) error {
			if err := w.run.queue.Pause(ctx, tx, jobs.Pause{Scope: jobs.PauseChannel, Name: "root.trello"}); err != nil {
				return err
			}
			s := w.run.Spec(synchronizer.ImportRecord, synchronizer.Args{Model: "trello.card", ExternalID: w.card("Card of board 00").ID}, "by hand")
			_, _, err := w.run.queue.Enqueue(ctx, tx, s)
			return err
		})
		w.runFor(2 * time.Minute)
		if n := len(w.rounds); n > 5 {
			t.Errorf("%d rounds: %v", n, w.reasons())
		}
		w.write(func(ctx context.Context, tx *state.Tx) error {
			return w.run.queue.Pause(ctx, tx, jobs.Pause{Scope: jobs.PauseAll})
		})
		w.runFor(2 * time.Minute)
		if len(w.rounds) > 0 {
			t.Errorf("rounds for %v", w.reasons())
		}
	})
	t.Run("Ensure a round that is asked for is made at once", func(t *testing.T) {
		w := watching(boardsOf(t, 1)).settled()
		got := make(chan error, 1)
		w.runFor(time.Minute, happening{time.Second, func() {
			go func() {
				_, err := w.watch.Ask(context.Background(), synchronizer.Wish{})
				got <- err
			}()
		}, true}, happening{30 * time.Second, func() {
			if err := <-got; err != nil {
				t.Error(err)
			}
		}, false})
	})
}

// write changes the state as another process does.
func (w *watched) write(do func(context.Context, *state.Tx) error) {
	w.t.Helper()
	ctx := context.Background()
	if err := w.run.db.Write(ctx, func(tx *state.Tx) error { return do(ctx, tx) }); err != nil {
		w.t.Fatal(err)
	}
}

func TestWatchInTrouble(t *testing.T) {
	t.Run("Ensure a server that is down is tried less and less often, and all is there when it comes back", func(t *testing.T) {
		w := watching(boardsOf(t, 2)).settled()
		card := w.card("Card of board 01")
		w.runFor(45*time.Minute,
			happening{time.Minute, func() {
				w.trello.Fail(func(trellotest.Request) error { return &trellotest.Refusal{Status: http.StatusServiceUnavailable} })
				w.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = "Meanwhile" })
			}, false},
			happening{31 * time.Minute, func() { w.trello.Fail(nil) }, false},
			happening{37 * time.Minute, func() { w.task("Meanwhile") }, false})
		failed := 0
		for _, r := range w.rounds {
			if r.Failure() != nil {
				failed++
			}
		}
		if failed < 7 || failed > 13 {
			t.Errorf("%d rounds failed in half an hour: %v", failed, w.reasons())
		}
		if w.rounds[len(w.rounds)-1].Failure() != nil {
			t.Errorf("the last round failed: %v", w.reasons())
		}
	})
	t.Run("Ensure a backend that another process works on is asked for again, and nothing is lost", func(t *testing.T) {
		w := watching(boardsOf(t, 2)).settled()
		card := w.card("Card of board 01")
		w.runFor(time.Minute,
			happening{time.Second, func() {
				w.locked = func() error { return &state.LockedError{Name: "trello"} }
				w.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = "Meanwhile" })
			}, false},
			happening{30 * time.Second, func() { w.locked = nil }, false},
			happening{35 * time.Second, func() { w.task("Meanwhile") }, false})
	})
	t.Run("Ensure what cannot be connected at first is connected later", func(t *testing.T) {
		tries := 0
		base := boardsOf(t, 1)
		w := watching(base, func(o *synchronizer.WatchOptions) {
			connect := o.Connect
			o.Connect = func(ctx context.Context) ([]*synchronizer.Synchronizer, error) {
				if tries++; tries < 4 {
					return nil, errors.New("nobody answers")
				}
				return connect(ctx)
			}
		})
		w.runFor(3 * time.Minute)
		w.task("Card of board 00")
		if tries != 4 || w.connect != 1 || w.alive < 10 {
			t.Errorf("%d tries, connected %d times, %d signs of life", tries, w.connect, w.alive)
		}
	})
}
