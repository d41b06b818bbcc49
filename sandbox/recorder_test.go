package sandbox_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/sandbox"
)

// counter is a handler that counts posts, and tells when the last one was.
type counter struct {
	clock func() time.Time
	posts int
	last  time.Time
}

func (c *counter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	switch {
	case r.Method == http.MethodPost && string(body) == "bad":
		http.Error(w, "no such thing", http.StatusUnprocessableEntity)
		return
	case r.Method == http.MethodPost:
		c.posts, c.last = c.posts+1, c.clock()
	}
	_, _ = fmt.Fprintf(w, "%d at %s", c.posts, c.last.UTC().Format(time.RFC3339))
}

// recorded is a recorder of a counter, whose clock goes on by a minute with each request that a journal line is made of.
func recorded(journal func([]byte) error) *sandbox.Recorder {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { now = now.Add(time.Minute); return now }
	allow := func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer secret-token" }
	return sandbox.NewRecorder(sandbox.FakeOptions{Clock: clock, Journal: journal}, allow, func(clock func() time.Time) http.Handler {
		return &counter{clock: clock}
	})
}

func ask(t *testing.T, client *http.Client, url, method, token, body string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(data)
}

func TestRecorder(t *testing.T) {
	var lines [][]byte
	first := recorded(func(line []byte) error { lines = append(lines, line); return nil })
	client := &http.Client{Transport: first.RoundTripper()}
	const url = "https://counter.example.com/things?kind=a"

	t.Run("Ensure what changes something is journalled, and nothing else", func(t *testing.T) {
		for _, c := range []struct {
			method, token, body string
			status              int
		}{
			{"POST", "secret-token", "one", 200}, {"GET", "secret-token", "", 200}, {"POST", "wrong", "one", 401},
			{"POST", "secret-token", "bad", 422}, {"POST", "secret-token", "two", 200},
		} {
			if status, text := ask(t, client, url, c.method, c.token, c.body); status != c.status {
				t.Errorf("%s %q is answered with %d %s, want %d", c.method, c.body, status, text, c.status)
			}
		}
		if len(lines) != 2 {
			t.Fatalf("the journal is %s, want the two posts that were taken", lines)
		}
	})
	t.Run("Ensure a journal holds no credentials and no line breaks", func(t *testing.T) {
		for _, line := range lines {
			if text := string(line); strings.Contains(text, "secret-token") || strings.Contains(text, "\n") || !json.Valid(line) {
				t.Errorf("the line is %s", line)
			}
		}
	})
	t.Run("Ensure a replayed journal gives the same things at the same times", func(t *testing.T) {
		second := recorded(nil)
		for _, line := range lines {
			if err := second.Replay(line); err != nil {
				t.Fatal(err)
			}
		}
		_, want := ask(t, client, url, "GET", "secret-token", "")
		if _, got := ask(t, &http.Client{Transport: second.RoundTripper()}, url, "GET", "secret-token", ""); got != want {
			t.Errorf("the second counter says %q, want %q", got, want)
		}
	})
	t.Run("Ensure a line that is refused now, and one that is none, are errors", func(t *testing.T) {
		for _, line := range []string{`{"method":"POST","url":"/things","body":"YmFk"}`, `{"method"`, `{"method":"A B","url":"/"}`} {
			if err := recorded(nil).Replay([]byte(line)); err == nil {
				t.Errorf("the line %s is replayed", line)
			}
		}
	})
	t.Run("Ensure a change that cannot be journalled is not answered as done", func(t *testing.T) {
		full := recorded(func([]byte) error { return io.ErrShortWrite })
		if status, _ := ask(t, &http.Client{Transport: full.RoundTripper()}, url, "POST", "secret-token", "one"); status != 500 {
			t.Errorf("it is answered with %d", status)
		}
	})
	t.Run("Ensure it is served on loopback, too", func(t *testing.T) {
		origin, stop, err := recorded(nil).Listen("127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		if status, text := ask(t, http.DefaultClient, origin+"/things", "POST", "secret-token", "one"); status != 200 || !strings.HasPrefix(text, "1 at ") {
			t.Errorf("it answers %d %s", status, text)
		}
	})
}
