package notify_test

import (
	"context"
	"fmt"
	"io"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/notify"
)

func contextThatEnds(t *testing.T) (context.Context, context.CancelFunc) {
	t.Helper()
	return context.WithCancel(t.Context())
}

func TestCommand(t *testing.T) {
	t.Run("Ensure a program gets the message on its input and the subject in its environment", func(t *testing.T) {
		dir := t.TempDir()
		r := config.Notify{Name: "ops", Command: []string{"sh", "-c", `{ cat; echo "[$CONNECTOR_NOTIFY_SUBJECT] [$CONNECTOR_NOTIFY_RECEIVER] [$1]"; } > told`, "sh", "x y"}}
		if err := notify.Test(t.Context(), r, dir); err != nil {
			t.Fatal(err)
		}
		told, err := os.ReadFile(filepath.Join(dir, "told"))
		if err != nil || !strings.Contains(string(told), "This is a test: nothing has happened.") || !strings.Contains(string(told), ": a test] [ops] [x y]") {
			t.Errorf("%q, %v", told, err)
		}
	})
	t.Run("Ensure a program that fails or isn't there is told, with what it says", func(t *testing.T) {
		for _, c := range []struct {
			argv []string
			want string
		}{
			{[]string{"sh", "-c", "echo no route >&2; exit 7"}, "sh failed with exit status 7: no route"},
			{[]string{"connector-no-such-program"}, "executable file not found"},
		} {
			err := notify.Test(t.Context(), config.Notify{Name: "ops", Command: c.argv}, t.TempDir())
			if err == nil || !strings.Contains(err.Error(), "ops could not be notified: ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v: %v, want %q", c.argv, err, c.want)
			}
		}
	})
}

func TestEmail(t *testing.T) {
	email := func(s *mailServer) *config.Email {
		return &config.Email{To: []string{"ann@example.com", "bob@example.com"}, From: "connector@example.com", Server: s.Addr().String(), Security: "none"}
	}
	t.Run("Ensure a letter goes to all, in UTF-8, and asks for no answer", func(t *testing.T) {
		s := newMailServer(t)
		b := newBench(t, func(r *config.Notify) { r.Webhook, r.Email = config.Secret{}, email(s) })
		b.fail(3, "Grüner Markt %d is locked")
		if got := b.tick(); len(got) != 0 {
			t.Errorf("%+v", got)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if len(s.letters) != 1 || !slices.Contains(s.said, "RCPT TO:<bob@example.com>") {
			t.Fatalf("%d letters after %q", len(s.letters), s.said)
		}
		letter, err := mail.ReadMessage(strings.NewReader(s.letters[0]))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(letter.Body))
		if err != nil || !strings.Contains(string(text), "3 times: ") || !strings.Contains(string(text), "Grüner Markt 1 is locked") {
			t.Errorf("%s, %v", text, err)
		}
		if letter.Header.Get("Subject") != "connector on box: 3 jobs failed" || letter.Header.Get("Auto-Submitted") != "auto-generated" ||
			letter.Header.Get("Message-Id") == "" || letter.Header.Get("Date") == "" {
			t.Errorf("%v", letter.Header)
		}
	})
	t.Run("Ensure it logs in where it is told to", func(t *testing.T) {
		s := newMailServer(t)
		e := email(s)
		e.Username, e.Password = "connector", config.PlainSecret("secret")
		if err := notify.Test(t.Context(), config.Notify{Name: "ops", Email: e}, ""); err != nil {
			t.Fatal(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		if !slices.ContainsFunc(s.said, func(line string) bool { return strings.HasPrefix(line, "AUTH PLAIN ") }) {
			t.Errorf("%q", s.said)
		}
	})
	t.Run("Ensure a server that refuses, or lacks what is asked for, is told", func(t *testing.T) {
		s := newMailServer(t)
		e := email(s)
		e.Security = "starttls"
		if err := notify.Test(t.Context(), config.Notify{Name: "ops", Email: e}, ""); err == nil || !strings.Contains(err.Error(), "offers no STARTTLS") {
			t.Errorf("got %v", err)
		}
		s.mu.Lock()
		s.refuse = "550-no such\r\n550 mailbox"
		s.mu.Unlock()
		err := notify.Test(t.Context(), config.Notify{Name: "ops", Email: email(s)}, "")
		if err == nil || !strings.Contains(err.Error(), "ann@example.com") || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
	})
}

func TestPing(t *testing.T) {
	ping := func(in *inbox) []config.Notify {
		return []config.Notify{{Name: "dead-man", Ping: config.PlainSecret(in.URL + "/uuid/"), Runs: []string{"sync"}}}
	}
	paths := func(in *inbox) (all []string) {
		for _, one := range in.take() {
			all = append(all, one.path+" "+one.body)
		}
		return all
	}
	t.Run("Ensure a run is told when it begins and how it ends, with its last words", func(t *testing.T) {
		in := newInbox(t)
		for well, want := range map[bool][]string{true: {"/uuid/start ", "/uuid/ all is well"}, false: {"/uuid/start ", "/uuid/fail all is well"}} {
			p := notify.NewPinger(ping(in), "sync")
			p.Start(t.Context())
			if err := p.End(t.Context(), well, "all is well"); err != nil {
				t.Fatal(err)
			}
			if got := paths(in); !slices.Equal(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
	t.Run("Ensure a run that nobody wants to know of is told to nobody", func(t *testing.T) {
		in := newInbox(t)
		p := notify.NewPinger(ping(in), "poll")
		p.Start(t.Context())
		if err := p.End(t.Context(), true, ""); err != nil || p != nil || len(in.take()) != 0 {
			t.Errorf("%v, %v", p, err)
		}
	})
	t.Run("Ensure a switch that cannot be reached is told, without its address", func(t *testing.T) {
		in := newInbox(t)
		in.Close()
		p := notify.NewPinger(ping(in), "sync")
		p.Start(t.Context())
		if err := p.End(t.Context(), true, ""); err == nil || strings.Contains(err.Error(), "uuid") || !strings.Contains(err.Error(), "dead-man") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure the tail is the end of the output, in whole lines, fit to be printed", func(t *testing.T) {
		var tail notify.Tail
		for i := range 5000 {
			_, _ = fmt.Fprintf(&tail, "line %d \x1b[31mred\x00 Grün\n", i)
		}
		text := tail.String()
		if !strings.HasSuffix(text, "line 4999 [31mred Grün\n") || !strings.HasPrefix(text, "line ") || len(text) > 10_000 || len(text) < 8_000 {
			t.Errorf("%d bytes: %.60q … %.60q", len(text), text, text[len(text)-60:])
		}
	})
}
