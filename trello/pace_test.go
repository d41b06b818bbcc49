package trello_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/backend/backendtest"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// limited is a Trello that refuses what is beyond its limits, and clients of one token that know nothing of each other.
type limited struct {
	clock   *backendtest.Clock
	trello  *trellotest.Server
	clients []*trello.Client
	started time.Time
}

func newLimited(clients int) *limited {
	l := &limited{clock: backendtest.NewClock()}
	l.trello = trellotest.New(trellotest.Options{Clock: l.clock.Now, Strict: true, RateLimit: true})
	for range clients {
		settings := config.Backend{Name: "trello", URL: "https://api.trello.com/1", Timeout: 30 * time.Second}
		l.clients = append(l.clients, trello.NewClient(backend.Setup{Config: settings, Transport: l.trello.RoundTripper(), Clock: l.clock}, "demo-key", "demo-token", 0))
	}
	l.started = l.clock.Now()
	return l
}

// refused is how many requests were answered with 429.
func (l *limited) refused() (n int) {
	for _, r := range l.trello.Requests() {
		if r.Status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

func TestLimitsAreKept(t *testing.T) {
	t.Run("Ensure three programs with one token share its limit, and none is ever refused", func(t *testing.T) {
		l := newLimited(3)
		board := l.trello.AddBoard("Workshop").ID
		for range 200 {
			for _, c := range l.clients {
				c.Refresh()
				if err := c.ReadBoard(context.Background(), board); err != nil {
					t.Fatal(err)
				}
			}
		}
		took := l.clock.Now().Sub(l.started)
		if n := l.refused(); n != 0 || took < 50*time.Second || took > 100*time.Second {
			t.Errorf("600 requests took %s and %d were refused, want one minute or a little more, and none", took, n)
		}
	})
	t.Run("Ensure one program alone is not slowed down below its own rate", func(t *testing.T) {
		l := newLimited(1)
		board := l.trello.AddBoard("Workshop").ID
		for range 300 {
			l.clients[0].Refresh()
			if err := l.clients[0].ReadBoard(context.Background(), board); err != nil {
				t.Fatal(err)
			}
		}
		if took := l.clock.Now().Sub(l.started); took > 60*time.Second {
			t.Errorf("300 requests took %s", took)
		}
	})
	t.Run("Ensure the narrow limit of members is kept", func(t *testing.T) {
		l := newLimited(1)
		for range 150 {
			l.clients[0].Refresh()
			if err := l.clients[0].ReadMine(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if n := l.refused(); n != 0 {
			t.Errorf("%d requests were refused", n)
		}
	})
}

func TestARefusalSaysHowLongToPause(t *testing.T) {
	for code, want := range map[string]time.Duration{
		"API_TOKEN_LIMIT_EXCEEDED": 10 * time.Second, "API_KEY_LIMIT_EXCEEDED": 10 * time.Second, "RATE_LIMIT_EXCEEDED": 15 * time.Minute,
		"API_TOKEN_DB_LIMIT_EXCEEDED": time.Minute,
	} {
		t.Run("Ensure "+code+" pauses for "+want.String()+" and charges no job", func(t *testing.T) {
			s := bound(t)
			s.addTask("Later", nil)
			s.trello.Fail(func(r trellotest.Request) error {
				if r.Write {
					return &trellotest.Refusal{Status: http.StatusTooManyRequests, Text: code}
				}
				return nil
			})
			_, err := s.sync()
			var e *transport.Error
			if !isOutage(err) || !errors.As(err, &e) || e.RetryAfter != want {
				t.Fatalf("got %v", err)
			}
			s.unspent()
			s.heal()
			s.mustSync()
			s.card("Later")
		})
	}
}
