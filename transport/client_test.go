package transport_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/transport"
)

// fakeClock stands still but for Sleep, which moves it and returns at once.
type fakeClock struct {
	now   time.Time
	slept []time.Duration
}

func newClock() *fakeClock { return &fakeClock{now: time.Date(2025, 1, 31, 10, 0, 0, 0, time.UTC)} }

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.slept, c.now = append(c.slept, d), c.now.Add(d)
	return nil
}

// roundTrip is an http.RoundTripper of one function.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answer(status int, contentType, body string) *http.Response {
	return &http.Response{
		StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
		Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
	}
}

// sequence answers one after the other, and counts.
func sequence(n *int, answers ...func() (*http.Response, error)) roundTrip {
	return func(*http.Request) (*http.Response, error) {
		*n++
		return answers[min(*n, len(answers))-1]()
	}
}

func status(code int) func() (*http.Response, error) {
	return func() (*http.Response, error) { return answer(code, "text/plain", "no"), nil }
}

func fails(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

var errRefused = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}

func get(url string) transport.Request {
	return transport.Request{Method: http.MethodGet, URL: url, Idempotent: true}
}

func post(url string) transport.Request {
	return transport.Request{Method: http.MethodPost, URL: url, Body: []byte("x")}
}

func failure(t *testing.T, err error) *transport.Error {
	t.Helper()
	var e *transport.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is a %T (%v), not a *transport.Error", err, err)
	}
	return e
}

func TestTheKindOfAFailure(t *testing.T) {
	cases := []struct {
		name    string
		answer  func() (*http.Response, error)
		kind    transport.Kind
		unknown bool // for a POST
		outage  bool
	}{
		{"a refused connection was never sent", fails(errRefused), transport.Unreachable, false, true},
		{"a failed name look-up was never sent", fails(&net.DNSError{Err: "no such host", Name: "nowhere.invalid"}), transport.Unreachable, false, true},
		{"a reset connection leaves the outcome unknown", fails(errors.New("connection reset by peer")), transport.Dropped, true, true},
		{"a deadline leaves the outcome unknown", fails(context.DeadlineExceeded), transport.Timeout, true, true},
		{"429 was not carried out", status(429), transport.RateLimited, false, true},
		{"401 is an outage", status(401), transport.Denied, false, true},
		{"403 is not", status(403), transport.Denied, false, false},
		{"404", status(404), transport.NotFound, false, false},
		{"422", status(422), transport.Rejected, false, false},
		{"500 leaves the outcome unknown", status(500), transport.ServerError, true, false},
		{"502 leaves the outcome unknown", status(502), transport.Unavailable, true, true},
		{"503 leaves the outcome unknown", status(503), transport.Unavailable, true, true},
		{"504 leaves the outcome unknown", status(504), transport.Unavailable, true, true},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			var n int
			client := transport.New(transport.Options{System: "Trello", Base: sequence(&n, c.answer), Clock: newClock()})
			_, err := client.Do(context.Background(), post("https://example.test/1/cards?token=s3cr3t"))
			e := failure(t, err)
			if e.Kind != c.kind || e.OutcomeUnknown != c.unknown || e.Outage() != c.outage {
				t.Errorf("kind %q, unknown %v, outage %v; want %q, %v, %v", e.Kind, e.OutcomeUnknown, e.Outage(), c.kind, c.unknown, c.outage)
			}
			if strings.Contains(err.Error(), "s3cr3t") || strings.Contains(err.Error(), "?") {
				t.Errorf("the error shows the query: %v", err)
			}
			if !strings.HasPrefix(err.Error(), "Trello: POST /1/cards: ") {
				t.Errorf("the error does not name system and operation: %v", err)
			}
		})
	}
}

func TestRetries(t *testing.T) {
	ok := func() (*http.Response, error) { return answer(200, "text/plain", "fine"), nil }
	busy := func() (*http.Response, error) {
		r := answer(503, "text/html", "<html>")
		r.Header.Set("Retry-After", "7")
		return r, nil
	}
	later := func() (*http.Response, error) {
		r := answer(503, "text/html", "<html>")
		r.Header.Set("Retry-After", "600")
		return r, nil
	}
	cases := []struct {
		name    string
		request transport.Request
		answers []func() (*http.Response, error)
		limit   *transport.Limiter
		sent    int
		slept   []time.Duration
		good    bool
	}{
		{"an idempotent request survives a dropped connection", get("http://x/"), []func() (*http.Response, error){fails(io.ErrUnexpectedEOF), ok}, nil, 2, []time.Duration{time.Second}, true},
		{"an idempotent request is tried three times", get("http://x/"), []func() (*http.Response, error){status(502)}, nil, 3, []time.Duration{time.Second, 2 * time.Second}, false},
		{"a refused connection ends within 10 s", get("http://x/"), []func() (*http.Response, error){fails(errRefused)}, nil, 0, []time.Duration{time.Second, 2 * time.Second}, false},
		{"a POST that was not sent is repeated", post("http://x/"), []func() (*http.Response, error){fails(errRefused), ok}, nil, 1, []time.Duration{time.Second}, true},
		{"a POST that was sent is not", post("http://x/"), []func() (*http.Response, error){fails(io.ErrUnexpectedEOF), ok}, nil, 1, nil, false},
		{"a POST that was limited is not", post("http://x/"), []func() (*http.Response, error){status(429), ok}, nil, 1, nil, false},
		{"404 is not", get("http://x/"), []func() (*http.Response, error){status(404), ok}, nil, 1, nil, false},
		{"Retry-After is honoured", get("http://x/"), []func() (*http.Response, error){busy, ok}, nil, 2, []time.Duration{7 * time.Second}, true},
		{"a long Retry-After is the caller's", get("http://x/"), []func() (*http.Response, error){later, ok}, nil, 1, nil, false},
		{"a limit without Retry-After waits for our own window", get("http://x/"), []func() (*http.Response, error){status(429), ok}, transport.NewLimiter(90, 10*time.Second), 2, []time.Duration{10 * time.Second}, true},
	}
	for _, c := range cases {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			var n int
			clock := newClock()
			client := transport.New(transport.Options{System: "X", Base: sequence(&n, c.answers...), Clock: clock, Limit: c.limit})
			_, err := client.Do(context.Background(), c.request)
			if (err == nil) != c.good {
				t.Errorf("error %v, want success: %v", err, c.good)
			}
			if client.Requests() != c.sent || !slices.Equal(clock.slept, c.slept) {
				t.Errorf("%d sent, slept %v; want %d, %v", client.Requests(), clock.slept, c.sent, c.slept)
			}
		})
	}
}

func TestGivingUp(t *testing.T) {
	t.Run("Ensure a look-up that takes 4 s each time is not tried again after 9 s", func(t *testing.T) {
		clock := newClock()
		start := clock.now
		slow := roundTrip(func(*http.Request) (*http.Response, error) {
			clock.now = clock.now.Add(4 * time.Second)
			return nil, &net.DNSError{Err: "timeout", IsTimeout: true}
		})
		_, err := transport.New(transport.Options{System: "X", Base: slow, Clock: clock}).Do(context.Background(), get("http://x/"))
		if e := failure(t, err); e.Kind != transport.Unreachable {
			t.Errorf("kind %q", e.Kind)
		}
		if took := clock.now.Sub(start); took > 10*time.Second {
			t.Errorf("gave up after %v", took)
		}
	})
	t.Run("Ensure the wait between tries ends with the context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		base := roundTrip(func(*http.Request) (*http.Response, error) { cancel(); return nil, errRefused })
		_, err := transport.New(transport.Options{System: "X", Base: base, Clock: newClock()}).Do(ctx, get("http://x/"))
		if e := failure(t, err); e.Kind != transport.Cancelled {
			t.Errorf("kind %q", e.Kind)
		}
	})
}

func TestARealServer(t *testing.T) {
	t.Run("Ensure credentials, body and length arrive and the connection is kept", func(t *testing.T) {
		var addresses []string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			addresses = append(addresses, r.RemoteAddr)
			_, _ = fmt.Fprintf(w, "%s %s %d %s %s", r.Header.Get("Authorization"), body, r.ContentLength, r.Header.Get("X-A"), r.Header.Get("User-Agent"))
		}))
		defer server.Close()
		client := transport.New(transport.Options{
			System: "X", Authorize: func(r *http.Request) { r.Header.Set("Authorization", "key") }, UserAgent: "connector/1",
		})
		for range 2 {
			r, err := client.Do(context.Background(), transport.Request{
				Method: http.MethodPost, URL: server.URL, Body: []byte("hello"), Header: http.Header{"x-a": {"b"}},
			})
			if err != nil {
				t.Fatal(err)
			}
			if got := string(r.Body); got != "key hello 5 b connector/1" {
				t.Errorf("the server saw %q", got)
			}
		}
		if addresses[0] != addresses[1] {
			t.Errorf("two connections for two requests: %v", addresses)
		}
	})
	t.Run("Ensure a redirect is not followed and its target is shown without its query", func(t *testing.T) {
		n := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n++
			http.Redirect(w, r, "/web/login?redirect=secret", http.StatusSeeOther)
		}))
		defer server.Close()
		_, err := transport.New(transport.Options{System: "X"}).Do(context.Background(), get(server.URL+"/a?q=1"))
		e := failure(t, err)
		if e.Kind != transport.Protocol || e.Location != server.URL+"/web/login" || n != 1 {
			t.Errorf("kind %q, location %q, %d requests", e.Kind, e.Location, n)
		}
		if !strings.Contains(err.Error(), "redirects to /web/login)") || strings.Contains(err.Error(), "127.0.0.1") {
			t.Errorf("the error does not say where to, or shows the address: %v", err)
		}
	})
}

func TestARealServerThatBreaksOff(t *testing.T) {
	t.Run("Ensure a connection that breaks after the request leaves the outcome unknown", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
		defer server.Close()
		_, err := transport.New(transport.Options{System: "X"}).Do(context.Background(), post(server.URL))
		if e := failure(t, err); e.Kind != transport.Dropped || !e.OutcomeUnknown {
			t.Errorf("kind %q, unknown %v", e.Kind, e.OutcomeUnknown)
		}
	})
	t.Run("Ensure a body that breaks off leaves the outcome unknown", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "half")
		}))
		defer server.Close()
		_, err := transport.New(transport.Options{System: "X"}).Do(context.Background(), post(server.URL))
		if e := failure(t, err); e.Kind != transport.Dropped || !e.OutcomeUnknown {
			t.Errorf("kind %q, unknown %v", e.Kind, e.OutcomeUnknown)
		}
	})
	t.Run("Ensure an answer that does not come is a timeout", func(t *testing.T) {
		release := make(chan struct{})
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
		defer server.Close()
		defer close(release)
		client := transport.New(transport.Options{System: "X", Timeout: 20 * time.Millisecond})
		_, err := client.Do(context.Background(), post(server.URL))
		if e := failure(t, err); e.Kind != transport.Timeout || !e.OutcomeUnknown || !strings.Contains(err.Error(), "no answer within 20ms") {
			t.Errorf("unknown %v: %v", e.OutcomeUnknown, err)
		}
	})
}

func TestARealServerThatIsNeverReached(t *testing.T) {
	t.Run("Ensure a refused connection and a wrong protocol were never sent", func(t *testing.T) {
		server := httptest.NewServer(http.NotFoundHandler())
		plain := strings.Replace(server.URL, "http:", "https:", 1)
		client := transport.New(transport.Options{System: "X", Clock: newClock()})
		_, err := client.Do(context.Background(), post(plain))
		if e := failure(t, err); e.Kind != transport.Unreachable || e.OutcomeUnknown {
			t.Errorf("https to an http port: kind %q, unknown %v: %v", e.Kind, e.OutcomeUnknown, err)
		}
		server.Close()
		_, err = client.Do(context.Background(), post(server.URL))
		if e := failure(t, err); e.Kind != transport.Unreachable || e.OutcomeUnknown || client.Requests() != 0 {
			t.Errorf("kind %q, unknown %v, %d sent", e.Kind, e.OutcomeUnknown, client.Requests())
		}
	})
	t.Run("Ensure an unknown certificate was never sent", func(t *testing.T) {
		server := httptest.NewUnstartedServer(http.NotFoundHandler())
		server.Config.ErrorLog = log.New(io.Discard, "", 0)
		server.StartTLS()
		defer server.Close()
		_, err := transport.New(transport.Options{System: "X", Clock: newClock()}).Do(context.Background(), post(server.URL))
		if e := failure(t, err); e.Kind != transport.Unreachable || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("kind %q: %v", e.Kind, err)
		}
	})
}

func TestWhatAnErrorSays(t *testing.T) {
	cases := []struct{ name, contentType, body, want string }{
		{"the first line of a plain text", "text/plain; charset=utf-8", "invalid token\nmore", "invalid token"},
		{"a JSON message", "application/json", `{"error":"API_TOKEN_LIMIT_EXCEEDED","message":"Rate limit exceeded"}`, "Rate limit exceeded"},
		{"a JSON error", "application/json", `{"error":"nope"}`, "nope"},
		{"a nested JSON error", "application/json", `{"error":{"message":"nested"}}`, "nested"},
		{"the first of several errors", "application/vnd.api+json", `{"errors":[{"message":"one"},{"message":"two"}]}`, "one"},
		{"nothing of a page of HTML", "text/html", "<html>token=abc</html>", ""},
		{"nothing of broken JSON", "application/json", "{", ""},
		{"no secret of ours", "text/plain", "user admin, password hunter2: administrator wanted", "user ***, password ***: administrator wanted"},
		{"no credential at all", "text/plain", "GET https://u:p@h/x?key=k&token=t Authorization: Bearer abcdefghijklmnop1 failed, api_key=zzz", "GET https://***@h/x Authorization: Bearer *** failed, api_key=***"},
	}
	for _, c := range cases {
		t.Run("Ensure it shows "+c.name, func(t *testing.T) {
			base := roundTrip(func(*http.Request) (*http.Response, error) { return answer(400, c.contentType, c.body), nil })
			client := transport.New(transport.Options{System: "X", Base: base, Secrets: []string{"admin", "hunter2", ""}})
			_, err := client.Do(context.Background(), get("http://x/"))
			if e := failure(t, err); e.Text != c.want || string(e.Response.Body) != c.body {
				t.Errorf("text %q, want %q", e.Text, c.want)
			}
		})
	}
	t.Run("Ensure a secret that is no UTF-8 is hidden too", func(t *testing.T) {
		if got := transport.Redact("wrong password p\xe4ss!", "p\xe4ss"); got != "wrong password ***!" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("Ensure a long text is cut", func(t *testing.T) {
		got := transport.New(transport.Options{}).Redact(strings.Repeat("ä", 400))
		if want := strings.Repeat("ä", 299) + "…"; got != want {
			t.Errorf("got %d characters", len([]rune(got)))
		}
	})
	t.Run("Ensure a URL that cannot be read is not shown", func(t *testing.T) {
		_, err := transport.New(transport.Options{System: "X"}).Do(context.Background(), get("http://h:port/?token=hush"))
		if e := failure(t, err); e.Kind != transport.Rejected || strings.Contains(err.Error(), "hush") {
			t.Errorf("kind %q: %v", e.Kind, err)
		}
	})
}

func TestAnAnswerIsNeverTooLarge(t *testing.T) {
	base := roundTrip(func(*http.Request) (*http.Response, error) { return answer(200, "text/plain", "12345"), nil })
	client := func(limit int64) *transport.Client {
		return transport.New(transport.Options{System: "X", Base: base, MaxBody: limit})
	}
	if _, err := client(5).Do(context.Background(), get("http://x/")); err != nil {
		t.Errorf("5 bytes of 5: %v", err)
	}
	_, err := client(4).Do(context.Background(), post("http://x/"))
	if e := failure(t, err); e.Kind != transport.TooLarge || !e.OutcomeUnknown {
		t.Errorf("kind %q, unknown %v", e.Kind, e.OutcomeUnknown)
	}
}

func TestHooksAndTraces(t *testing.T) {
	t.Run("Ensure every try is a pair of crash points and one exchange without a secret", func(t *testing.T) {
		var n int
		var points []string
		var seen []transport.Exchange
		client := transport.New(transport.Options{
			System: "X", Clock: newClock(),
			Base:  sequence(&n, status(503), func() (*http.Response, error) { return answer(200, "text/plain", "fine"), nil }),
			Hook:  func(_ context.Context, point string) { points = append(points, point) },
			Trace: func(x transport.Exchange) { seen = append(seen, x) },
		})
		r := transport.Request{Method: http.MethodPut, URL: "http://h/a?token=t", Op: "card update", Body: []byte("abc"), Idempotent: true}
		if _, err := client.Do(context.Background(), r); err != nil {
			t.Fatal(err)
		}
		one := []string{"before request PUT /a card update", "after request PUT /a card update"}
		if !slices.Equal(points, append(one, one...)) {
			t.Errorf("points %q", points)
		}
		if len(seen) != 2 || seen[0].Err == nil || seen[0].Status != 503 || seen[1].Err != nil {
			t.Fatalf("exchanges %+v", seen)
		}
		want := transport.Exchange{System: "X", Method: "PUT", Host: "h", Path: "/a", Op: "card update", Try: 2, Status: 200, Sent: 3, Got: 4}
		if seen[1] != want {
			t.Errorf("exchange %+v, want %+v", seen[1], want)
		}
	})
	t.Run("Ensure a panic of the base reaches the caller", func(t *testing.T) {
		base := roundTrip(func(*http.Request) (*http.Response, error) { panic("crash here") })
		defer func() {
			if got := recover(); got != "crash here" {
				t.Errorf("recovered %v", got)
			}
		}()
		_, err := transport.New(transport.Options{System: "X", Base: base}).Do(context.Background(), get("http://x/"))
		t.Errorf("Do came back with %v", err)
	})
}

func TestLimiter(t *testing.T) {
	t.Run("Ensure no 10 seconds see more than 90 requests", func(t *testing.T) {
		clock := newClock()
		var at []time.Time
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			at = append(at, clock.now)
			return answer(200, "text/plain", ""), nil
		})
		client := transport.New(transport.Options{System: "X", Base: base, Clock: clock, Limit: transport.NewLimiter(90, 10*time.Second)})
		for i := range 400 {
			if i == 200 {
				clock.now = clock.now.Add(time.Minute)
			}
			if _, err := client.Do(context.Background(), get("http://x/")); err != nil {
				t.Fatal(err)
			}
		}
		for i := range at {
			last := i
			for last < len(at) && at[last].Sub(at[i]) < 10*time.Second {
				last++
			}
			if last-i > 90 {
				t.Fatalf("%d requests within 10 s of request %d", last-i, i)
			}
		}
		if took := at[199].Sub(at[0]); took > 29*time.Second {
			t.Errorf("200 requests took %v: slower than the limit asks for", took)
		}
	})
	t.Run("Ensure a wait ends with the context and sends nothing", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		n := 0
		client := transport.New(transport.Options{System: "X", Base: sequence(&n, status(200)), Limit: transport.NewLimiter(1, time.Second)})
		_, err := client.Do(ctx, post("http://x/"))
		if e := failure(t, err); e.Kind != transport.Cancelled || e.OutcomeUnknown || n != 0 || !errors.Is(err, context.Canceled) {
			t.Errorf("kind %q, unknown %v, %d sent", e.Kind, e.OutcomeUnknown, n)
		}
	})
}

func ExampleClient_Do() {
	client := transport.New(transport.Options{
		System:    "Trello",
		Authorize: func(r *http.Request) { r.Header.Set("Authorization", `OAuth oauth_token="…"`) },
		Limit:     transport.NewLimiter(90, 10*time.Second),
		Base: roundTrip(func(r *http.Request) (*http.Response, error) {
			body := bytes.NewReader([]byte("invalid token"))
			return &http.Response{StatusCode: http.StatusUnauthorized, Header: http.Header{"Content-Type": {"text/plain"}}, Body: io.NopCloser(body), Request: r}, nil
		}),
	})
	_, err := client.Do(context.Background(), transport.Request{Method: http.MethodGet, URL: "https://api.trello.com/1/members/me?fields=id"})
	fmt.Println(err)
	// Output: Trello: GET /1/members/me: denied (HTTP 401: invalid token); check the credentials and the rights of the user
}
