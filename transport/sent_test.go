package transport_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/transport"
)

func TestAHeaderThatCannotBeSent(t *testing.T) {
	for name, key := range map[string]string{"a line end": "bearer hush\n", "a line end within": "bearer hu\r\nsh", "a control character": "bearer \x01hush", "a deletion": "hush\x7f"} {
		t.Run("Ensure a key with "+name+" is told apart, not repeated and not shown", func(t *testing.T) {
			clock, tries := newClock(), 0
			client := transport.New(transport.Options{System: "Odoo main", Clock: clock, Authorize: func(r *http.Request) {
				tries++
				r.Header.Set("Authorization", key)
			}})
			request := post("http://127.0.0.1:1/x")
			request.Idempotent = true
			_, err := client.Do(context.Background(), request)
			e := failure(t, err)
			if e.Kind != transport.Rejected || e.OutcomeUnknown || tries != 1 || len(clock.slept) != 0 || client.Requests() != 0 {
				t.Errorf("kind %q, unknown %v, %d tries, slept %v, %d sent", e.Kind, e.OutcomeUnknown, tries, clock.slept, client.Requests())
			}
			if e.Detail() != "a header cannot carry it (Authorization)" || e.Hint() != "check the key for a line end or a stray character" || e.Remedy() != e.Hint() {
				t.Errorf("detail %q, hint %q", e.Detail(), e.Hint())
			}
			if strings.Contains(err.Error(), "sh\x7f") || strings.Contains(err.Error(), "hush") {
				t.Errorf("the key is shown: %v", err)
			}
		})
	}
	t.Run("Ensure another header is named, the first of several", func(t *testing.T) {
		request := post("http://127.0.0.1:1/x")
		request.Header = http.Header{"X-Other": {"\x00"}, "X-Odoo-Database": {"fine", "a\nb"}, "X-Tab": {"a\tb"}}
		_, err := transport.New(transport.Options{System: "Odoo main"}).Do(context.Background(), request)
		if e := failure(t, err); e.Detail() != "a header cannot carry it (X-Odoo-Database)" || !strings.Contains(e.Hint(), "the value of X-Odoo-Database") {
			t.Errorf("detail %q, hint %q", e.Detail(), e.Hint())
		}
	})
	t.Run("Ensure what may stand in a header is sent", func(t *testing.T) {
		n := 0
		client := transport.New(transport.Options{System: "X", Base: sequence(&n, status(200))})
		request := post("http://x/")
		request.Header = http.Header{"X-Name": {"a\tb ü"}}
		if _, err := client.Do(context.Background(), request); err != nil || n != 1 {
			t.Errorf("%d sent, %v", n, err)
		}
	})
}

func TestWhatTheNetworkRefusesBeforeItConnects(t *testing.T) {
	for name, url := range map[string]string{"a scheme that it does not speak": "ftp://127.0.0.1/x", "a URL without a host": "http:///x"} {
		t.Run("Ensure "+name+" is rejected, and the outcome known", func(t *testing.T) {
			clock := newClock()
			client := transport.New(transport.Options{System: "X", Clock: clock})
			request := post(url)
			request.Idempotent = true
			_, err := client.Do(context.Background(), request)
			if e := failure(t, err); e.Kind != transport.Rejected || e.OutcomeUnknown || len(clock.slept) != 0 || client.Requests() != 0 {
				t.Errorf("kind %q, unknown %v, slept %v, %d sent: %v", e.Kind, e.OutcomeUnknown, clock.slept, client.Requests(), err)
			}
		})
	}
	t.Run("Ensure a connection of HTTP/2 that is used again and breaks leaves the outcome unknown", func(t *testing.T) {
		n, protocol := 0, ""
		s := quiet(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if n++; n > 1 {
				protocol = r.Proto
				panic(http.ErrAbortHandler)
			}
			_, _ = io.WriteString(w, "fine")
		}))
		s.EnableHTTP2 = true
		s.StartTLS()
		t.Cleanup(s.Close)
		base, err := transport.Network(pemFile(t, s.Certificate().Raw))
		if err != nil {
			t.Fatal(err)
		}
		client := transport.New(transport.Options{System: "X", Base: base, Clock: newClock()})
		if _, err := client.Do(context.Background(), post(s.URL)); err != nil {
			t.Fatal(err)
		}
		_, err = client.Do(context.Background(), post(s.URL))
		if e := failure(t, err); e.Kind != transport.Dropped || !e.OutcomeUnknown || protocol != "HTTP/2.0" {
			t.Errorf("kind %q, unknown %v, by %s", e.Kind, e.OutcomeUnknown, protocol)
		}
	})
}

// slowly is a body that takes its time on a clock.
type slowly struct {
	io.Reader
	read func()
}

func (s slowly) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err == io.EOF {
		s.read()
	}
	return n, err
}

func TestHowLongItTook(t *testing.T) {
	t.Run("Ensure an answer tells the time of its round trip, the body with it and the wait for the limit without", func(t *testing.T) {
		clock := newClock()
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			clock.now = clock.now.Add(2 * time.Second)
			r := answer(200, "text/plain", "")
			r.Body = io.NopCloser(slowly{strings.NewReader("fine"), func() { clock.now = clock.now.Add(time.Second) }})
			return r, nil
		})
		client := transport.New(transport.Options{System: "X", Base: base, Clock: clock, Limit: transport.PerSecond(0.1)})
		for range 2 {
			r, err := client.Do(context.Background(), post("http://x/"))
			if err != nil || r.Took != 3*time.Second {
				t.Errorf("%v, %v", r, err)
			}
		}
		if len(clock.slept) != 1 {
			t.Errorf("slept %v", clock.slept)
		}
	})
	t.Run("Ensure a refusal tells it too", func(t *testing.T) {
		clock := newClock()
		base := roundTrip(func(*http.Request) (*http.Response, error) {
			clock.now = clock.now.Add(2 * time.Second)
			return answer(404, "text/plain", "no"), nil
		})
		_, err := transport.New(transport.Options{System: "X", Base: base, Clock: clock}).Do(context.Background(), post("http://x/"))
		if e := failure(t, err); e.Response == nil || e.Response.Took != 2*time.Second {
			t.Errorf("%+v", e.Response)
		}
	})
}
