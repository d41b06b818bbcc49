package transport_test

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/transport"
)

func TestGate(t *testing.T) {
	t.Run("Ensure two clients of one server together have no more requests under way than it lets pass", func(t *testing.T) {
		var mu sync.Mutex
		var under, most int
		arrived, release := make(chan struct{}, 12), make(chan struct{})
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			mu.Lock()
			under++
			most = max(most, under)
			mu.Unlock()
			arrived <- struct{}{}
			<-release
			mu.Lock()
			under--
			mu.Unlock()
			return answer(200, "text/plain", ""), nil
		})
		gate := transport.NewGate(3)
		a := transport.New(transport.Options{System: "A", Base: base, Gate: gate})
		b := transport.New(transport.Options{System: "B", Base: base, Gate: gate})
		var all sync.WaitGroup
		for i := range 12 {
			client := []*transport.Client{a, b}[i%2]
			all.Go(func() {
				if _, err := client.Do(context.Background(), post("http://x/")); err != nil {
					t.Error(err)
				}
			})
		}
		for range 3 {
			<-arrived
		}
		close(release)
		all.Wait()
		if most != 3 || a.Requests()+b.Requests() != 12 {
			t.Errorf("%d at most under way, %d sent", most, a.Requests()+b.Requests())
		}
	})
	t.Run("Ensure waiting for a place ends with the context and sends nothing", func(t *testing.T) {
		entered, release := make(chan struct{}), make(chan struct{})
		gate := transport.NewGate(1)
		slow := transport.New(transport.Options{System: "X", Gate: gate, Base: roundTrip(func(*http.Request) (*http.Response, error) {
			close(entered)
			<-release
			return answer(200, "text/plain", ""), nil
		})})
		var first sync.WaitGroup
		first.Go(func() { _, _ = slow.Do(context.Background(), post("http://x/")) })
		<-entered
		n := 0
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		client := transport.New(transport.Options{System: "X", Gate: gate, Base: sequence(&n, status(200))})
		_, err := client.Do(ctx, post("http://x/"))
		if e := failure(t, err); e.Kind != transport.Timeout || e.OutcomeUnknown || n != 0 {
			t.Errorf("kind %q, unknown %v, %d sent", e.Kind, e.OutcomeUnknown, n)
		}
		close(release)
		first.Wait()
	})
	t.Run("Ensure a crash gives the place back", func(t *testing.T) {
		gate := transport.NewGate(1)
		n := 0
		crashing := transport.New(transport.Options{System: "X", Gate: gate, Base: roundTrip(func(*http.Request) (*http.Response, error) { panic("crash") })})
		func() {
			defer func() { _ = recover() }()
			_, _ = crashing.Do(context.Background(), post("http://x/"))
		}()
		client := transport.New(transport.Options{System: "X", Gate: gate, Base: sequence(&n, status(200))})
		if _, err := client.Do(context.Background(), post("http://x/")); err != nil || n != 1 {
			t.Errorf("%d sent, %v", n, err)
		}
	})
}

// busyFor is a server that wants to be left alone for some seconds.
func busyFor(seconds string) func() (*http.Response, error) {
	return func() (*http.Response, error) {
		r := answer(http.StatusTooManyRequests, "text/plain", "slow down")
		r.Header.Set("Retry-After", seconds)
		return r, nil
	}
}

func TestAServerThatWantsAPause(t *testing.T) {
	t.Run("Ensure a pause that one client was asked for holds the others of the server back, and ends", func(t *testing.T) {
		var n int
		clock, gate := newClock(), transport.NewGate(2)
		base := sequence(&n, busyFor("600"), status(200))
		a := transport.New(transport.Options{System: "A", Base: base, Gate: gate, Clock: clock})
		b := transport.New(transport.Options{System: "B", Base: base, Gate: gate, Clock: clock})
		_, err := a.Do(context.Background(), post("http://x/"))
		if e := failure(t, err); e.Kind != transport.RateLimited || e.RetryAfter != 10*time.Minute {
			t.Errorf("kind %q, after %v", e.Kind, e.RetryAfter)
		}
		clock.now = clock.now.Add(time.Minute)
		_, err = b.Do(context.Background(), post("http://x/"))
		e := failure(t, err)
		if e.Kind != transport.RateLimited || e.RetryAfter != 9*time.Minute || e.OutcomeUnknown || !e.Outage() || b.Requests() != 0 || n != 1 {
			t.Errorf("kind %q, after %v, unknown %v, %d sent", e.Kind, e.RetryAfter, e.OutcomeUnknown, n)
		}
		clock.now = clock.now.Add(9 * time.Minute)
		if _, err := b.Do(context.Background(), post("http://x/")); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
	t.Run("Ensure a short pause is waited for, and what was not sent yet is sent then", func(t *testing.T) {
		var n int
		clock, gate := newClock(), transport.NewGate(2)
		base := sequence(&n, busyFor("5"), status(200))
		a := transport.New(transport.Options{System: "A", Base: base, Gate: gate, Clock: clock})
		b := transport.New(transport.Options{System: "B", Base: base, Gate: gate, Clock: clock})
		_, err := a.Do(context.Background(), post("http://x/"))
		if e := failure(t, err); e.RetryAfter != 5*time.Second {
			t.Errorf("after %v", e.RetryAfter)
		}
		if _, err := b.Do(context.Background(), post("http://x/")); err != nil || !slices.Equal(clock.slept, []time.Duration{5 * time.Second}) {
			t.Errorf("slept %v, %v", clock.slept, err)
		}
	})
}

func TestPerSecond(t *testing.T) {
	t.Run("Ensure requests of two clients are spaced out evenly", func(t *testing.T) {
		clock, limit := newClock(), transport.PerSecond(0.5)
		var at []time.Duration
		start := clock.now
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			at = append(at, clock.now.Sub(start))
			return answer(200, "text/plain", ""), nil
		})
		a := transport.New(transport.Options{System: "A", Base: base, Limit: limit, Clock: clock})
		b := transport.New(transport.Options{System: "B", Base: base, Limit: limit, Clock: clock})
		for _, client := range []*transport.Client{a, b, a, b} {
			if _, err := client.Do(context.Background(), get("http://x/")); err != nil {
				t.Fatal(err)
			}
		}
		if want := []time.Duration{0, 2 * time.Second, 4 * time.Second, 6 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("sent at %v, want %v", at, want)
		}
	})
	t.Run("Ensure none is no limit", func(t *testing.T) {
		if transport.PerSecond(0) != nil || transport.PerSecond(-1) != nil {
			t.Error("there is a limit")
		}
	})
}

func TestSkew(t *testing.T) {
	for name, c := range map[string]struct {
		date string
		want time.Duration
		none bool
	}{
		"a server in step":                    {date: "Fri, 31 Jan 2025 10:00:00 GMT"},
		"a server within the second":          {date: "Fri, 31 Jan 2025 09:59:59 GMT"},
		"a server five minutes ahead":         {date: "Fri, 31 Jan 2025 10:05:00 GMT", want: 5 * time.Minute},
		"a server five minutes behind":        {date: "Fri, 31 Jan 2025 09:54:59 GMT", want: -5 * time.Minute},
		"a server that does not tell":         {none: true},
		"a server that tells what is no time": {date: "yesterday", none: true},
	} {
		t.Run("Ensure the clock is compared with that of "+name, func(t *testing.T) {
			base := roundTrip(func(*http.Request) (*http.Response, error) {
				r := answer(404, "text/plain", "no")
				r.Header.Set("Date", c.date)
				return r, nil
			})
			client := transport.New(transport.Options{System: "X", Base: base, Clock: newClock()})
			_, _ = client.Do(context.Background(), get("http://x/"))
			if got, known := client.Skew(); got != c.want || known == c.none {
				t.Errorf("skew %v, known %v", got, known)
			}
		})
	}
}

// sharedClock is a fakeClock for several goroutines, with something that happens while it sleeps.
type sharedClock struct {
	mu     sync.Mutex
	now    time.Time
	asleep func()
}

func (c *sharedClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *sharedClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (c *sharedClock) Sleep(ctx context.Context, d time.Duration) error {
	if c.asleep != nil {
		c.asleep()
	}
	c.advance(d)
	return ctx.Err()
}

// queueing is a context that tells when somebody waits for its end: for a place in the gate, too.
type queueing struct {
	context.Context //nolint:containedctx // It is a context itself.

	waits func()
}

func (q queueing) Done() <-chan struct{} {
	q.waits()
	return q.Context.Done()
}

// inLine begins a request for each context while the first is under way, and ends that when all the others are in line.
func inLine(others int, first, release func(), other func(ctx context.Context)) {
	var all, waiting sync.WaitGroup
	all.Go(first)
	waiting.Add(others)
	for range others {
		ctx := queueing{context.Background(), sync.OnceFunc(waiting.Done)}
		all.Go(func() { other(ctx) })
	}
	waiting.Wait()
	release()
	all.Wait()
}

func TestWaitingInOrder(t *testing.T) {
	t.Run("Ensure a pause that is asked for holds back those who wait for a place, and their places are free again", func(t *testing.T) {
		var n int
		begun, end := make(chan struct{}), make(chan struct{})
		clock := &sharedClock{now: newClock().now}
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			if n++; n > 1 {
				return answer(200, "text/plain", ""), nil
			}
			close(begun)
			<-end
			return busyFor("3600")()
		})
		client := transport.New(transport.Options{System: "X", Base: base, Gate: transport.NewGate(1), Clock: clock})
		inLine(3, func() { _, _ = client.Do(context.Background(), post("http://x/")) }, func() { close(end) }, func(ctx context.Context) {
			<-begun
			_, err := client.Do(ctx, post("http://x/"))
			if e := failure(t, err); e.Kind != transport.RateLimited || e.RetryAfter != time.Hour || e.OutcomeUnknown {
				t.Errorf("kind %q, after %v", e.Kind, e.RetryAfter)
			}
		})
		if n != 1 {
			t.Errorf("%d sent, though the server wants none", n)
		}
		clock.advance(time.Hour)
		if _, err := client.Do(context.Background(), post("http://x/")); err != nil {
			t.Errorf("after the pause: %v", err)
		}
	})
	t.Run("Ensure a pause that is asked for holds back who waits for the limit", func(t *testing.T) {
		var n int
		clock, gate := &sharedClock{now: newClock().now}, transport.NewGate(2)
		a := transport.New(transport.Options{System: "A", Base: sequence(&n, busyFor("600")), Gate: gate, Clock: clock})
		b := transport.New(transport.Options{System: "B", Base: sequence(new(int), status(200)), Gate: gate, Clock: clock, Limit: transport.PerSecond(0.1)})
		if _, err := b.Do(context.Background(), post("http://x/")); err != nil {
			t.Fatal(err)
		}
		clock.asleep = sync.OnceFunc(func() { _, _ = a.Do(context.Background(), post("http://x/")) })
		_, err := b.Do(context.Background(), post("http://x/"))
		if e := failure(t, err); n != 1 || e.Kind != transport.RateLimited || e.RetryAfter != 590*time.Second || b.Requests() != 1 {
			t.Errorf("kind %q, after %v, %d sent", e.Kind, e.RetryAfter, b.Requests())
		}
	})
	t.Run("Ensure those who waited for a place are spaced out too when it is free", func(t *testing.T) {
		var at []time.Duration
		begun, end := make(chan struct{}), make(chan struct{})
		clock := &sharedClock{now: newClock().now}
		start := clock.now
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			at = append(at, clock.Now().Sub(start))
			if len(at) == 1 {
				close(begun)
				<-end
			}
			return answer(200, "text/plain", ""), nil
		})
		client := transport.New(transport.Options{System: "X", Base: base, Gate: transport.NewGate(1), Limit: transport.PerSecond(1), Clock: clock})
		send := func(ctx context.Context) {
			if _, err := client.Do(ctx, post("http://x/")); err != nil {
				t.Error(err)
			}
		}
		release := func() {
			clock.advance(10 * time.Second)
			close(end)
		}
		inLine(3, func() { send(context.Background()) }, release, func(ctx context.Context) {
			<-begun
			send(ctx)
		})
		if want := []time.Duration{0, 10 * time.Second, 11 * time.Second, 12 * time.Second}; !slices.Equal(at, want) {
			t.Errorf("sent at %v, want %v", at, want)
		}
	})
}
