package sandbox_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/state"
)

func TestForeignClients(t *testing.T) {
	s := open(t, t.TempDir(), both())

	t.Run("Ensure that any XML-RPC client can log in to Odoo", func(t *testing.T) {
		o, served := s.Odoo()
		if !served || strings.HasSuffix(o.URL, "/") || !strings.HasPrefix(o.URL, "http://127.0.0.1:") {
			t.Fatalf("Odoo is served: %v, at %q", served, o.URL)
		}
		call := `<?xml version="1.0"?><methodCall><methodName>authenticate</methodName><params>` +
			`<param><value><string>` + o.Database + `</string></value></param><param><value><string>` + o.Username + `</string></value></param>` +
			`<param><value><string>` + o.Password + `</string></value></param><param><value><struct></struct></value></param></params></methodCall>`
		r := request(t, http.MethodPost, o.URL+"/xmlrpc/2/common", []byte(call))
		if text := string(body(t, r)); !strings.Contains(text, "<int>2</int>") {
			t.Errorf("the login gave no uid 2: %s", text)
		}
	})
	t.Run("Ensure that any HTTP client can read Trello's boards", func(t *testing.T) {
		e, served := s.System("trello")
		if !served || strings.HasSuffix(e.URL, "/") {
			t.Fatalf("Trello is served: %v, at %q", served, e.URL)
		}
		address := e.URL + "/1/members/me/boards?fields=name&key=" + e.Credentials["key"] + "&token=" + e.Credentials["token"]
		var boards []struct{ Name string }
		if err := json.Unmarshal(body(t, request(t, http.MethodGet, address, nil)), &boards); err != nil || len(boards) != 3 || boards[0].Name != "Workshop" {
			t.Errorf("the boards are %v, %v", boards, err)
		}
	})
	t.Run("Ensure that the caller's copy of the credentials is its own", func(t *testing.T) {
		e, _ := s.System("trello")
		e.Credentials["key"] = "changed"
		if again, _ := s.System("trello"); again.Credentials["key"] != "demo-key" {
			t.Errorf("the key is now %q", again.Credentials["key"])
		}
	})
	t.Run("Ensure that a side that is not served is none", func(t *testing.T) {
		if _, served := s.System("magento"); served {
			t.Error("there is a Magento")
		}
		if _, served := s.System("odoo"); served {
			t.Error("Odoo is an external system")
		}
	})
}

func TestFolder(t *testing.T) {
	t.Run("Ensure that the folder and what is in it are for their owner alone", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "new", "folder")
		open(t, dir, both())
		for path, want := range map[string]os.FileMode{"": 0o700, "odoo.journal": 0o600, "trello.journal": 0o600} {
			info, err := os.Stat(filepath.Join(dir, path))
			if err != nil || info.Mode().Perm() != want {
				t.Errorf("%q: %v, %v; want %v", path, info.Mode().Perm(), err, want)
			}
		}
	})
	t.Run("Ensure that a second one of the same folder is refused while the first is open", func(t *testing.T) {
		dir := t.TempDir()
		first := open(t, dir, both())
		_, err := sandbox.Open(dir, both())
		var locked *state.LockedError
		if !errors.As(err, &locked) || locked.PID != os.Getpid() {
			t.Fatalf("the second gave %v", err)
		}
		closeNow(t, first)
		open(t, dir, both())
	})
	t.Run("Ensure that a failed opening leaves nothing locked and nothing served", func(t *testing.T) {
		dir := t.TempDir()
		taken, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = taken.Close() }()
		o := both()
		o.Addr = map[string]string{"trello": taken.Addr().String()}
		_, err = sandbox.Open(dir, o)
		var cause *net.OpError
		if !errors.As(err, &cause) || !strings.Contains(err.Error(), "trello") || !strings.Contains(err.Error(), "another address") {
			t.Fatalf("a taken address gave %v", err)
		}
		open(t, dir, both())
	})
	t.Run("Ensure that a path that cannot be a folder is an error of the environment", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "file")
		write(t, "", file)
		_, err := sandbox.Open(filepath.Join(file, "folder"), both())
		var unavailable *state.UnavailableError
		if !errors.As(err, &unavailable) {
			t.Fatalf("it gave %v", err)
		}
	})
	t.Run("Ensure that closing twice does no harm", func(t *testing.T) {
		s := open(t, t.TempDir(), both())
		closeNow(t, s)
		closeNow(t, s)
	})
}

func TestEmpty(t *testing.T) {
	count := func(t *testing.T, s *sandbox.Sandbox) int {
		t.Helper()
		a := accessTo(t, s)
		return len(a.rows(t, "project.project")) + len(a.list(t, "members/me/boards"))
	}
	empty := func() sandbox.Options {
		o := both()
		o.Empty = true
		return o
	}
	t.Run("Ensure that an empty one has no data, and that its folder remembers", func(t *testing.T) {
		dir := t.TempDir()
		s := open(t, dir, empty())
		if n := count(t, s); n != 0 {
			t.Fatalf("there are %d projects and boards", n)
		}
		closeNow(t, s)
		again := open(t, dir, both())
		if n := count(t, again); n != 0 {
			t.Fatalf("opened again there are %d projects and boards", n)
		}
		closeNow(t, again)
		open(t, dir, empty())
	})
	t.Run("Ensure that a folder with demo data is not opened as an empty one", func(t *testing.T) {
		dir := t.TempDir()
		closeNow(t, open(t, dir, both()))
		_, err := sandbox.Open(dir, empty())
		var full *sandbox.NotEmptyError
		if !errors.As(err, &full) || !strings.Contains(err.Error(), dir) || !full.Usage() {
			t.Fatalf("it gave %v", err)
		}
	})
}

func TestSides(t *testing.T) {
	t.Run("Ensure that one side alone can be served", func(t *testing.T) {
		s := open(t, t.TempDir(), sandbox.Options{Odoo: true})
		if _, served := s.Odoo(); !served {
			t.Error("Odoo is not served")
		}
		if _, served := s.System("trello"); served {
			t.Error("Trello is served")
		}
	})
	t.Run("Ensure that a side that comes later begins at the time of the first", func(t *testing.T) {
		dir := t.TempDir()
		o := both()
		o.Systems = nil
		closeNow(t, open(t, dir, o))
		later := both()
		later.Clock = ticking(start.AddDate(0, 2, 0))
		parted := accessTo(t, open(t, dir, later)).contents(t)
		same(t, parted, accessTo(t, open(t, t.TempDir(), both())).contents(t))
	})
	t.Run("Ensure that the demo data begin on the day on which the folder did", func(t *testing.T) {
		a := accessTo(t, open(t, t.TempDir(), both()))
		for _, row := range a.rows(t, "project.task") {
			if row["name"] == "Launch day 🎉" && row["date_deadline"] != "2024-03-31 15:00:00" {
				t.Errorf("the deadline is %v", row["date_deadline"])
			}
		}
	})
	t.Run("Ensure that a name that would be another side's, or no file's, is refused", func(t *testing.T) {
		for _, name := range []string{"odoo", "", "a/b"} {
			system := trelloSystem()
			system.Name = name
			if _, err := sandbox.Open(t.TempDir(), sandbox.Options{Systems: []sandbox.System{system}}); err == nil || !strings.Contains(err.Error(), "name") {
				t.Errorf("%q gave %v", name, err)
			}
		}
	})
	t.Run("Ensure that a system without demo data can be served", func(t *testing.T) {
		system := trelloSystem()
		system.Demo = nil
		dir := t.TempDir()
		o := sandbox.Options{Odoo: true, Systems: []sandbox.System{system}, Clock: ticking(start)}
		a := accessTo(t, open(t, dir, o))
		if boards := a.list(t, "members/me/boards"); len(boards) != 0 {
			t.Errorf("there are boards: %v", boards)
		}
	})
}

func TestAddresses(t *testing.T) {
	t.Run("Ensure that an address of this machine is listened on", func(t *testing.T) {
		for _, addr := range []string{"127.0.0.1:0", ":0", "localhost:0", "[::1]:0"} {
			if listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr); err != nil {
				continue // a machine without IPv6
			} else if err := listener.Close(); err != nil {
				t.Fatal(err)
			}
			s := open(t, t.TempDir(), sandbox.Options{Odoo: true, Addr: map[string]string{"odoo": addr}})
			o, _ := s.Odoo()
			if host := strings.TrimPrefix(o.URL, "http://"); !strings.HasPrefix(host, "127.0.0.1:") && !strings.HasPrefix(host, "[::1]:") {
				t.Errorf("%s gave %s", addr, o.URL)
			}
		}
	})
	t.Run("Ensure that an address that others reach, or none, is refused", func(t *testing.T) {
		for _, addr := range []string{"0.0.0.0:8069", "192.0.2.1:80", "example.com:80", "8069"} {
			dir := filepath.Join(t.TempDir(), "folder")
			_, err := sandbox.Open(dir, sandbox.Options{Odoo: true, Addr: map[string]string{"odoo": addr}})
			var refused *sandbox.AddressError
			if !errors.As(err, &refused) || !refused.Usage() || !strings.Contains(err.Error(), "127.0.0.1") {
				t.Errorf("%s gave %v", addr, err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s left a folder behind", addr)
			}
		}
	})
}

func TestClock(t *testing.T) {
	t.Run("Ensure that changes bear the time at which they were made", func(t *testing.T) {
		o := both()
		now := start
		o.Clock = func() time.Time { return now }
		a := accessTo(t, open(t, t.TempDir(), o))
		now = start.Add(48 * time.Hour)
		a.write(t)
		tasks := a.rows(t, "project.task")
		if date := tasks[len(tasks)-1]["write_date"]; date != "2024-03-03 09:00:00" {
			t.Errorf("the new task's write_date is %v", date)
		}
		if date := tasks[0]["write_date"]; date != "2024-03-01 09:00:00" {
			t.Errorf("the first task's write_date is %v", date)
		}
	})
}
