package cmd_test

import (
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listenForNotices plays systemd: it gives what is told to the socket, line by line.
func listenForNotices(t testing.TB) (socket string, told func() []string) {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return socket, func() (lines []string) {
		go func() { _, _ = conn.WriteTo([]byte("end"), conn.LocalAddr()) }() // behind what was told before
		for buf := make([]byte, 4096); ; {
			n, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			if string(buf[:n]) == "end" {
				return lines
			}
			lines = append(lines, strings.Split(string(buf[:n]), "\n")...)
		}
	}
}

// TestWatch lets real processes work: a sandbox, a watch, and other commands beside it.
func TestWatch(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "connector")
	w.fill(6, 6)
	socket, told := listenForNotices(t)
	c := w.command("watch")
	c.Env = append(os.Environ(), "NOTIFY_SOCKET="+socket, "WATCHDOG_USEC=20000000")
	p, err := start(c)
	w.must(err)
	t.Cleanup(p.kill)
	_, err = p.out.await(regexp.MustCompile(`"event":"round","backend":"trello","reason":"start"`), p.done)
	w.must(err)
	var notices []string
	w.eventually(func() bool { notices = append(notices, told()...); return slices.Contains(notices, "READY=1") })
	w.complete()

	began := time.Now()
	w.cards[0].name = "Renamed in Trello"
	var changed struct{}
	w.trello(&changed, http.MethodPut, "cards/"+w.cards[0].id.(string), "name", w.cards[0].name)
	w.eventually(func() bool {
		return len(slices.DeleteFunc(w.inOdoo(), func(s string) bool { return !strings.Contains(s, "Renamed in Trello") })) == 1
	})
	t.Logf("from Trello to Odoo in %s", time.Since(began))
	began = time.Now()
	w.tasks[0].name = "Renamed in Odoo"
	w.odoo("project.task", "write", []any{[]any{w.tasks[0].id}, map[string]any{"name": w.tasks[0].name}}, map[string]any{})
	w.eventually(func() bool {
		return len(slices.DeleteFunc(w.inTrello(), func(s string) bool { return !strings.Contains(s, "Renamed in Odoo") })) == 1
	})
	t.Logf("from Odoo to Trello in %s", time.Since(began))

	other, err := start(w.command("--wait", "5m", "sync"))
	w.must(err)
	if code, err := other.wait(); err != nil || code != 0 {
		t.Errorf("a sync beside it ended with %d (%v): %s", code, err, other.err)
	}
	w.eventually(func() bool { notices = append(notices, told()...); return slices.Contains(notices, "WATCHDOG=1") })
	w.must(p.signal(syscall.SIGTERM))
	if code, err := p.wait(); err != nil || code != 143 {
		t.Errorf("it ended with %d (%v): %s", code, err, p.err)
	}
	if notices = append(notices, told()...); !slices.Contains(notices, "STOPPING=1") {
		t.Errorf("systemd was told %q, want that it stops", notices)
	}
	w.complete()
}

// eventually waits until something holds, which may take a few seconds and more on a busy machine.
func (w *world) eventually(holds func() bool) {
	w.t.Helper()
	for began := time.Now(); !holds(); {
		if time.Since(began) > patience {
			w.t.Fatal("it did not come true")
		}
		<-time.After(50 * time.Millisecond)
	}
}
