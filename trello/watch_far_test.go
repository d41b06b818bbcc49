package trello_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// away is how long each request takes in a world far away, as in an Odoo on another continent.
const away = 150 * time.Millisecond

// road leads to a server that is far away, so many requests at the same time at most.
type road struct {
	base    http.RoundTripper
	lanes   chan struct{}
	arrived func() // nil, or called after each request
}

func (r *road) RoundTrip(req *http.Request) (*http.Response, error) {
	r.lanes <- struct{}{}
	defer func() { <-r.lanes }()
	time.Sleep(away) // of the test's own time, which passes only while all wait
	answer, err := r.base.RoundTrip(req)
	r.arrived()
	return answer, err
}

// farWorld is a watched world whose servers are far away. Odoo is asked two things at a time, as calls_at_once has it when it is left out.
type farWorld struct {
	*world
	all   []*synchronizer.Synchronizer
	probe *synchronizer.Probe
	mu    sync.Mutex
	there func() bool   // whether what is waited for is there
	since time.Time     // from when it is waited for
	took  time.Duration // until it was there; 0: it is not
}

// far has a world with so many boards looked at from afar, inside of a bubble of time.
func far(t *testing.T, boards int, do func(t *testing.T, f *farWorld)) {
	synctest.Test(t, func(t *testing.T) {
		f := &farWorld{world: boardsOf(t, boards), probe: synchronizer.NewProbe(), there: func() bool { return false }}
		f.base = func(base http.RoundTripper) http.RoundTripper {
			return &road{base, make(chan struct{}, 2), f.look}
		}
		card := f.card("Card of board 00")
		f.trello.AddChecklist(card.ID, "Steps", "One")
		f.trello.AddComment(card.ID, "Said before")
		f.mustSync()
		f.with(func(ctx context.Context, r *run) {
			f.all = []*synchronizer.Synchronizer{r.Synchronizer}
			if err := f.probe.Aim(ctx, f.all); err != nil {
				t.Fatal(err)
			}
			f.probe.Look(ctx, 0) // takes a while longer: the client finds out which boards there are
			do(t, f)
		})
	})
}

// look notes when what is waited for is there.
func (f *farWorld) look() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.took == 0 && f.there() {
		f.took = time.Since(f.since)
	}
}

// follow looks and syncs what it found, and gives how many requests lie one behind the other before that is there.
func (f *farWorld) follow(there func() bool) int {
	f.t.Helper()
	ctx := context.Background()
	f.there, f.since, f.took = there, time.Now(), 0
	news := f.probe.Look(ctx, 0)
	if errs := synchronizer.SyncFound(ctx, f.all, news, synchronizer.RunOptions{Owner: "test"}); len(news.Errs) > 0 || errs[0] != nil {
		f.t.Fatal(news.Errs, errs)
	}
	return int(f.took / away)
}

func TestWatchFromAfar(t *testing.T) {
	t.Run("Ensure a look takes as long as three requests, however many models and boards it asks for", func(t *testing.T) {
		far(t, 5, func(t *testing.T, f *farWorld) {
			f.resetRequests()
			begun := time.Now()
			if news := f.probe.Look(context.Background(), 0); news.Any() || len(news.Errs) > 0 {
				t.Errorf("%+v", news)
			}
			n := int(time.Since(begun) / away)
			if sent := len(f.trello.Requests()) + len(f.odoo.Requests()); n != 3 || sent != 5+5 {
				t.Errorf("%d requests, %d behind each other", sent, n)
			}
		})
	})
	for _, boards := range []int{5, 12} {
		t.Run(fmt.Sprintf("Ensure a change on one of %d boards is there within five seconds of a watch with looks each three seconds, "+
			"where a request takes 150 ms", boards), func(t *testing.T) {
			far(t, boards, func(t *testing.T, f *farWorld) { f.soon(boards) })
		})
	}
}

// soon makes sure that changes are there in time, and that a round asks for the board that was changed alone, beside the look.
func (f *farWorld) soon(boards int) {
	const most = int((5*time.Second - 3*time.Second) / away)
	id, _ := f.task("Card of board 01")
	card, twin := f.card("Card of board 00"), f.card("Card of board 01")
	for i := range 2 { // the first time the client finds out what it needs to know for long
		f.clock.Advance(time.Minute)
		here, there := fmt.Sprintf("In Trello %d", i), fmt.Sprintf("In Odoo %d", i)
		f.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = here })
		f.resetRequests()
		imports := f.follow(func() bool { return len(f.odoo.Search("project.task", []any{[]any{"name", "=", here}})) == 1 })
		changed := 1 + i // the second time that of the card which the connector itself wrote, too
		if sent, most := len(f.trello.Requests()), boards+2*changed+1; sent > most {
			f.t.Errorf("%d requests to Trello, want at most %d: one for each board, two for each that changed, and one for which there are; %v",
				sent, most, f.tally())
		}
		f.odoo.Write("project.task", []int64{id}, map[string]any{"name": there})
		exports := f.follow(func() bool {
			c, _ := f.trello.Card(twin.ID)
			return c.Name == there
		})
		f.t.Logf("%d requests behind each other into Odoo, %d out of it", imports, exports)
		for about, n := range map[string]int{"a card renamed in Trello": imports, "a task renamed in Odoo": exports} {
			if n == 0 || n > most {
				f.t.Errorf("%s is there after %d requests behind each other, want at most %d", about, n, most)
			}
		}
	}
}
