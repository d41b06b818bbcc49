package cmd

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
)

// TestSituations says where each situation that an administrator meets is tried with the built binary, and that what is tried there
// ends with its code.
func TestSituations(t *testing.T) {
	for _, s := range []struct{ situation, script, says string }{
		{"there is no configuration", "config_path", `there is no configuration: looked for .*CON-CONFIG-FILE`},
		{"the configuration is not there", "config_errors", `absent.yaml: no such file.*CON-CONFIG-FILE`},
		{"the configuration is a directory", "config_errors", `folder: is a directory.*CON-CONFIG-FILE`},
		{"the configuration is not YAML", "config_errors", `broken.yaml:2: is not YAML.*CON-CONFIG-YAML`},
		{"the configuration begins with a byte order mark", "config_errors", `exits 0 connector --config bom.yaml`},
		{"the configuration is indented with tabs", "config_errors", `a tab is used.*CON-CONFIG-YAML`},
		{"the configuration has an unknown key", "config_errors", `unknown key "pasword".*CON-CONFIG-KEY`},
		{"a secret is not there", "config_errors", `CON-CONFIG-SECRET`},
		{"Odoo is down", "environment", `Odoo main.*connection refused.*CON-NET-REFUSED`},
		{"Odoo has no such database", "errors", `no database nowhere.*CON-ODOO-DATABASE`},
		{"Odoo takes the password no more", "errors", `wrong user or password.*CON-ODOO-401`},
		{"a web page answers in Odoo's place", "errors", `a web page came.*CON-ODOO-API`},
		{"the certificate is signed by nobody known", "errors", `signed by an authority.*CON-NET-CERTIFICATE`},
		{"the certificate ended", "errors", `not valid today.*CON-NET-CERTIFICATE`},
		{"the certificate is of another host", "errors", `for other.example.com.*CON-NET-CERTIFICATE`},
		{"the certificate's file is given", "network", `exits 0 connector --config known.yaml`},
		{"the certificate's file is not there", "errors", `ca_file: there is no file.*CON-CONFIG-VALUE`},
		{"Trello is down", "environment", `Trello.*connection refused.*CON-NET-REFUSED`},
		{"Trello takes the key no more", "errors", `invalid key.*CON-TRELLO-401`},
		{"a module is not installed", "errors", `no model project.tags.*CON-ODOO-MODEL`},
		{"the user lacks a right", "errors", `needs Project / Administrator.*CON-ODOO-GROUP`},
		{"a field is not there", "errors", `no field "x_trello_id".*CON-TRELLO-SETTINGS`},
		{"the state's directory is not there", "state_errors", `the directory of the state file.*`},
		{"the state is on a disk that is read-only", "state_errors", `exits 3 connector --config disk.yaml`},
		{"the state is damaged", "state_errors", `not an SQLite database.*CON-STATE-CORRUPT`},
		{"the state is of a newer version", "state_errors", `CON-STATE-NEWER`},
		{"the state is locked by another program", "state_locked", `another program holds it locked.*CON-STATE-LOCKED`},
		{"the state is on a full disk", "disk_full", `the disk is full.*CON-STATE-FULL`},
		{"the disk fills up in the middle of a sync", "disk_full", `grow small 280k`},
		{"there is no home directory", "errors", `env HOME=`},
		{"two runs at once", "lock", `another run holds the lock.*CON-LOCK-HELD`},
		{"the clock goes backwards", "clock_back", `1 updated, 2 unchanged`},
		{"a second signal ends a command at once", "signals", `ends run 143 2s`},
		{"a creation's outcome is not known", "unsettled", `waiting up to .* for the outcome of 1 creation`},
		{"nobody reads the output", "closed_pipe", `closedpipe 141 connector jobs list`},
		{"jobs failed", "jobs_failed", `1 job failed.*CON-JOBS-FAILED`},
	} {
		t.Run("Ensure it is tried that "+s.situation, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", "script", s.script+".txtar"))
			if err != nil {
				t.Fatal(err)
			}
			if !matches(s.says, string(text)) {
				t.Errorf("%s.txtar has no line like %q", s.script, s.says)
			}
		})
	}
}

// matches looks for a line that holds the parts, which .* separates, in this order.
func matches(parts, text string) bool {
	text = strings.NewReplacer(`\`, "", "''", "'").Replace(text)
	for line := range strings.Lines(text) {
		found := true
		for part := range strings.SplitSeq(parts, ".*") {
			_, after, ok := strings.Cut(line, part)
			line, found = after, found && ok
		}
		if found {
			return true
		}
	}
	return false
}

// TestStateLockedByOthers has the error of a real lock, but doesn't wait for it as long as the program does.
func TestStateLockedByOthers(t *testing.T) {
	t.Run("Ensure a state that another program holds locked says so", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.on(func(ctx context.Context, db *state.DB) error {
			browser, err := sql.Open("sqlite3", d.path("state.db"))
			if err != nil {
				return err
			}
			defer func() { _ = browser.Close() }() // it wrote nothing
			held, err := browser.Conn(ctx)
			if err != nil {
				return err
			}
			if _, err := held.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
				return err
			}
			ours, err := sql.Open("sqlite3", "file:"+d.path("state.db")+"?_busy_timeout=0&_txlock=immediate")
			if err != nil {
				return err
			}
			defer func() { _ = ours.Close() }()
			_, err = ours.BeginTx(ctx, nil)
			a := newApp()
			var stderr bytes.Buffer
			a.err = &stderr
			code := a.exit(db.Explain(err))
			want := fmt.Sprintf("connector: %s: another program holds it locked; close that program (a database browser, a backup) and try again [CON-STATE-LOCKED]\n",
				d.path("state.db"))
			if code != exitEnvironment || stderr.String() != want {
				t.Errorf("%d, %q", code, stderr.String())
			}
			return nil
		})
	})
}

func TestClockGoesBack(t *testing.T) {
	t.Run("Ensure changes that are made after the clock was set back are carried over, once", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.must("sync")
		d.now = d.now.Add(-3 * time.Hour)
		mustHave(t, d.must("sync"), "Nothing changed.")
		d.change("Launch day 🎉", "Day of the launch", "Stocktaking", "Count all planks")
		mustHave(t, d.must("sync"), "trello.card ↔ project.task         2 updated, 50 unchanged", "0 failed")
		mustHave(t, d.must("sync"), "Nothing changed.")
		d.now = d.now.Add(6 * time.Hour)
		mustHave(t, d.must("sync"), "Nothing changed.")
	})
}
