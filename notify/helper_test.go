package notify_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/notify"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestMain runs every test on SQLite and on PostgreSQL.
func TestMain(m *testing.M) { os.Exit(statetest.MainOnEach(m)) }

var noon = time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)

// sent is what a server got of one request.
type sent struct {
	path, body string
	events     []event
	subject    string
}

type event struct {
	Event, Topic string
	Count        int
	First, Last  struct{ Text string }
}

// inbox is a server on this machine that takes messages, and refuses while refuse says so.
type inbox struct {
	*httptest.Server
	mu     sync.Mutex
	got    []sent
	refuse int // the HTTP status, 0: takes them
}

func newInbox(t *testing.T) *inbox {
	t.Helper()
	in := &inbox{}
	in.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		in.mu.Lock()
		defer in.mu.Unlock()
		if in.refuse != 0 {
			w.WriteHeader(in.refuse)
			return
		}
		one := sent{path: r.URL.RequestURI(), body: string(body)}
		var message struct {
			Subject string
			Events  []event
		}
		if r.Header.Get("Content-Type") == "application/json" {
			if err := json.Unmarshal(body, &message); err != nil {
				t.Errorf("%v in %s", err, body)
			}
			one.events, one.subject = message.Events, message.Subject
		}
		in.got = append(in.got, one)
	}))
	t.Cleanup(in.Close)
	return in
}

func (in *inbox) setRefuse(status int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.refuse = status
}

// take gives what came since it was last asked.
func (in *inbox) take() []sent {
	in.mu.Lock()
	defer in.mu.Unlock()
	got := in.got
	in.got = nil
	return got
}

// bench is a state with a queue, and a receiver whose messages come into an inbox.
type bench struct {
	*notify.Notifier
	t     *testing.T
	in    *inbox
	db    *state.DB
	queue *jobs.Queue
	clock *statetest.Clock
}

func newBench(t *testing.T, change ...func(*config.Notify)) *bench {
	t.Helper()
	b := &bench{t: t, in: newInbox(t), clock: statetest.NewClock(noon)}
	b.db = statetest.New(t).Open(t, state.Options{Clock: b.clock})
	b.queue = jobs.New(b.db)
	r := config.Notify{Name: "ops", On: config.NotifyEvents(), Digest: 10 * time.Minute, Webhook: config.PlainSecret(b.in.URL + "/hook?token=abc")}
	for _, c := range change {
		c(&r)
	}
	b.Notifier = notify.New(b.db, b.queue, notify.Options{Receivers: []config.Notify{r}, Schedule: []string{"night"}, Host: "box", Dir: t.TempDir()})
	if err := b.Begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.pass(time.Second)
	return b
}

func (b *bench) pass(d time.Duration) { _ = b.clock.Sleep(b.t.Context(), d) }

func (b *bench) exec(query string, args ...any) {
	b.t.Helper()
	err := b.db.Write(b.t.Context(), func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.t.Context(), query, args...)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// fail lets n jobs fail with a message in which %d is their number.
func (b *bench) fail(n int, message string) {
	b.t.Helper()
	for range n {
		err := b.db.Write(b.t.Context(), func(tx *state.Tx) error {
			_, _, err := b.queue.Enqueue(b.t.Context(), tx, jobs.Spec{Function: "import", Backend: "trello", Description: "Import card"})
			return err
		})
		if err != nil {
			b.t.Fatal(err)
		}
	}
	handler := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		text := strings.ReplaceAll(message, "%d", string(rune('0'+slice[0].ID%10)))
		return finish(slice[0], jobs.Outcome{Kind: jobs.Failed, Err: errors.New(text)})
	}
	w := jobs.NewWorker(b.queue, "runner", map[string]jobs.Handler{"import": handler}, jobs.WorkerOptions{})
	if _, err := w.Run(b.t.Context(), jobs.RunFilter{}); err != nil {
		b.t.Fatal(err)
	}
	b.pass(20 * time.Second) // long enough for those who look, on either store
}

// tick looks, and gives what was sent.
func (b *bench) tick() []sent {
	b.t.Helper()
	if err := b.Tick(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	return b.in.take()
}

// one is tick where exactly one message must come.
func (b *bench) one() sent {
	b.t.Helper()
	got := b.tick()
	if len(got) != 1 {
		b.t.Fatalf("%d messages, want one: %+v", len(got), got)
	}
	return got[0]
}

func (b *bench) none(about string) {
	b.t.Helper()
	if got := b.tick(); len(got) != 0 {
		b.t.Fatalf("%s: %d messages, want none: %+v", about, len(got), got)
	}
}

// mailServer takes letters, as RFC 5321 has it, without encryption.
type mailServer struct {
	net.Listener
	mu      sync.Mutex
	letters []string
	said    []string
	refuse  string // an answer to RCPT
}

func newMailServer(t *testing.T) *mailServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &mailServer{Listener: l}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	return s
}

func (s *mailServer) talk(c net.Conn) {
	defer c.Close()
	say := func(line string) { _, _ = io.WriteString(c, line+"\r\n") }
	say("220 box ready")
	in := bufio.NewReader(c)
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		s.mu.Lock()
		s.said = append(s.said, strings.TrimSpace(line))
		refuse := s.refuse
		s.mu.Unlock()
		switch verb, _, _ := strings.Cut(strings.ToUpper(strings.TrimSpace(line)), " "); verb {
		case "EHLO":
			say("250-box")
			say("250 AUTH PLAIN")
		case "AUTH":
			say("235 welcome")
		case "RCPT":
			if refuse != "" {
				say(refuse)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			var letter strings.Builder
			for line, err = in.ReadString('\n'); err == nil && line != ".\r\n"; line, err = in.ReadString('\n') {
				letter.WriteString(line)
			}
			s.mu.Lock()
			s.letters = append(s.letters, letter.String())
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
