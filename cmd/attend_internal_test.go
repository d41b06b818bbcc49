package cmd

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// deadMan is a dead man's switch on this machine.
type deadMan struct {
	*httptest.Server
	mu    sync.Mutex
	heard []string // path and body
}

func newDeadMan(t *testing.T) *deadMan {
	t.Helper()
	d := &deadMan{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.heard = append(d.heard, r.URL.Path+" "+string(body))
	}))
	t.Cleanup(d.Close)
	return d
}

func TestPings(t *testing.T) {
	run := func(t *testing.T, d *deadMan, backend string, args ...string) (code int, said string) {
		t.Helper()
		path := filepath.Join(t.TempDir(), "config.yaml")
		text := fmt.Sprintf("odoo:\n  - {name: main, url: sandbox://demo}\nbackends:\n  - {name: trello, kind: trello, %s}\n"+
			"notify:\n  - {name: dead-man, ping: %q}\n", backend, d.URL+"/uuid")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		a := newApp()
		var out bytes.Buffer
		a.out, a.err = &out, &out
		return a.run(append([]string{"--config", path}, args...)), out.String()
	}
	t.Run("Ensure a run that ends well is told with the end of what it said", func(t *testing.T) {
		d := newDeadMan(t)
		code, said := run(t, d, "url: sandbox://demo", "sync")
		if code != 0 || len(d.heard) != 2 || d.heard[0] != "/uuid/start " || !strings.HasPrefix(d.heard[1], "/uuid ") {
			t.Fatalf("%d: %q", code, d.heard)
		}
		if !strings.Contains(d.heard[1], "Jobs: 94 enqueued") || !strings.Contains(said, "Jobs: 94 enqueued") {
			t.Errorf("%q of %q", d.heard[1], said)
		}
	})
	t.Run("Ensure a run that fails is told with why", func(t *testing.T) {
		d := newDeadMan(t)
		code, said := run(t, d, `url: "http://127.0.0.1:9", key: k-marker, token: t-marker`, "sync")
		if code != exitEnvironment || len(d.heard) != 2 || !strings.HasPrefix(d.heard[1], "/uuid/fail ") ||
			!strings.Contains(d.heard[1], "connection refused") || strings.Contains(d.heard[1], "marker") {
			t.Errorf("%d: %q\n%s", code, d.heard, said)
		}
	})
	t.Run("Ensure other commands are told to nobody", func(t *testing.T) {
		d := newDeadMan(t)
		if code, _ := run(t, d, "url: sandbox://demo", "poll"); code != 0 || len(d.heard) != 0 {
			t.Errorf("%d: %q", code, d.heard)
		}
	})
}
