package cmd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/transport"
)

// runIn runs a command with a configuration in a directory of its own.
func runIn(t *testing.T, dir, config string, args ...string) (code int, out, said string) {
	t.Helper()
	path := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	a := newApp()
	var stdout, stderr bytes.Buffer
	a.out, a.err = &stdout, &stderr
	code = a.run(append([]string{"--config", path}, args...))
	return code, stdout.String(), stderr.String()
}

const demoConfig = "odoo:\n  - {name: main, url: sandbox://demo}\nbackends:\n  - {name: trello, kind: trello, url: sandbox://demo}\n"

// countsOf are the models' counts in a sync's report.
func countsOf(t *testing.T, out string) string {
	t.Helper()
	var r synchronizer.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	models, err := json.Marshal([]any{r.Models, r.Jobs})
	if err != nil {
		t.Fatal(err)
	}
	return string(models)
}

// replayed serves an archive's answers until the test ends, and gives a configuration for a sync with them.
func replayed(t *testing.T, archive transport.Archive) string {
	t.Helper()
	p := transport.NewReplay(archive)
	urls := map[string]string{}
	for _, e := range archive.Log.Entries {
		origin := e.Request.URL[:strings.Index(e.Request.URL[len("http://"):], "/")+len("http://")]
		if urls[e.System] == "" {
			server := httptest.NewServer(p.Server(origin))
			t.Cleanup(server.Close)
			urls[e.System] = server.URL
		}
	}
	return fmt.Sprintf("odoo:\n  - {name: main, url: %q, database: demo, username: any, password: any}\n"+
		"backends:\n  - {name: trello, kind: trello, url: %q, key: any, token: any}\n", urls["Odoo main"], urls["Trello"])
}

func TestTraceOfASync(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "sync.har")
	code, out, said := runIn(t, dir, demoConfig, "--output", "json", "--trace", file, "--log-level", "debug", "--log-format", "json", "--no-progress", "sync")
	if code != 0 {
		t.Fatalf("%d: %s", code, said)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	archive, whole, err := transport.ReadArchive(data)
	if err != nil || !whole {
		t.Fatal(whole, err)
	}
	t.Run("Ensure each request of both sides is in it, and a line at level debug", func(t *testing.T) {
		systems := map[string]int{}
		for _, e := range archive.Log.Entries {
			systems[e.System]++
		}
		var report synchronizer.Report
		if err := json.Unmarshal([]byte(out), &report); err != nil {
			t.Fatal(err)
		}
		if systems["Odoo main"] != report.Requests.Odoo || systems["Trello"] != report.Requests.Backend || systems["Trello"] == 0 {
			t.Errorf("%v, and the report says %+v", systems, report.Requests)
		}
		lines := strings.Split(strings.TrimSpace(said), "\n")
		n := 0
		for _, line := range lines {
			var one struct {
				Level, System, Request string
				Status                 int
				Records                int
			}
			if err := json.Unmarshal([]byte(line), &one); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			if one.Level == "DEBUG" && one.Status == 200 && one.System != "" {
				n++
			}
		}
		if n != len(archive.Log.Entries) || !strings.Contains(said, `"request":"project.task load","took_ms":`) {
			t.Errorf("%d lines for %d requests", n, len(archive.Log.Entries))
		}
	})
	t.Run("Ensure it holds none of the credentials, and nobody else may read it", func(t *testing.T) {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
		for _, secret := range []string{"demo-key", "demo-token", "<string>admin</string>"} {
			if bytes.Contains(data, []byte(secret)) || strings.Contains(said, secret) {
				t.Errorf("it holds %s", secret)
			}
		}
	})
	t.Run("Ensure a sync against its replay does the same", func(t *testing.T) {
		var code int
		var again, said string
		for range 3 { // how much is asked for at a time follows the time of answers: on a machine under load it may be asked otherwise
			code, again, said = runIn(t, t.TempDir(), replayed(t, archive), "--output", "json", "sync")
			if code == 0 && countsOf(t, again) == countsOf(t, out) {
				return
			}
		}
		t.Errorf("it ended with %d: %s\n%s\nand was\n%s", code, said, countsOf(t, again), countsOf(t, out))
	})
	t.Run("Ensure a trace is written over, and nothing else is", func(t *testing.T) {
		code, _, said := runIn(t, dir, demoConfig, "--trace", file, "--no-progress", "sync")
		if code != 0 || said != "" {
			t.Errorf("%d: %s", code, said)
		}
		if now, err := os.ReadFile(file); err != nil || len(now) == len(data) || !json.Valid(now) {
			t.Errorf("it was not written anew: %v", err)
		}
		code, _, said = runIn(t, dir, demoConfig, "--trace", filepath.Join(dir, "config.yaml"), "sync")
		if code != exitUsage || !strings.Contains(said, "there is something else already, which is not written over; name a new file") {
			t.Errorf("%d: %s", code, said)
		}
	})
}
