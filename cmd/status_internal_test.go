package cmd

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/transport"
)

// desk is a directory with a configuration and a clock that stands still, where commands are run within the test's process.
type desk struct {
	testing.TB
	dir string
	now time.Time  // the test's own to read and set while no command runs
	mu  sync.Mutex // guards now while one does
}

func (d *desk) Now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) Sleep(ctx context.Context, by time.Duration) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(by)
	return ctx.Err()
}

// sandboxed is a configuration of one backend of the sandbox.
const sandboxed = "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends: [{name: trello, kind: trello, url: 'sandbox://demo'}]\n"

func newDesk(t *testing.T, configuration string) *desk {
	t.Helper()
	d := &desk{TB: t, dir: t.TempDir(), now: time.Date(2026, 3, 2, 15, 4, 5, 0, time.UTC)}
	d.write("config.yaml", configuration)
	return d
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) write(name, text string) {
	d.Helper()
	if err := os.WriteFile(d.path(name), []byte(text), 0o600); err != nil {
		d.Fatal(err)
	}
}

// run gives a command's exit code and what it wrote.
func (d *desk) run(args ...string) (code int, out, errs string) {
	d.Helper()
	a := newApp()
	var stdout, stderr bytes.Buffer
	a.out, a.err, a.clock = &stdout, &stderr, d
	code = a.run(append([]string{"--config", d.path("config.yaml")}, args...))
	return code, stdout.String(), stderr.String()
}

// must is run for a command that goes well.
func (d *desk) must(args ...string) string {
	d.Helper()
	code, out, errs := d.run(args...)
	if code != 0 {
		d.Fatalf("%v: exit %d\n%s%s", args, code, out, errs)
	}
	return out
}

// on does something to the state, which it makes where there is none.
func (d *desk) on(do func(ctx context.Context, db *state.DB) error) {
	d.Helper()
	db, err := state.Open(d.Context(), d.path("state.db"), state.Options{Clock: d})
	if err != nil {
		d.Fatal(err)
	}
	if err := errors.Join(do(d.Context(), db), db.Close()); err != nil {
		d.Fatal(err)
	}
}

// noted is a run of the backend that ended so.
func (d *desk) noted(failure error) {
	d.Helper()
	d.on(func(ctx context.Context, db *state.DB) error {
		err := synchronizer.NoteRun(ctx, db, "trello", failure)
		if err != nil || failure != nil {
			return err
		}
		return db.Write(ctx, func(tx *state.Tx) error {
			_, err := tx.ExecContext(ctx, "UPDATE backend_state SET last_success = last_run")
			return err
		})
	})
}

// partly notes a run that looked at a part.
func (d *desk) partly() {
	d.Helper()
	d.on(func(ctx context.Context, db *state.DB) error { return synchronizer.NoteRun(ctx, db, "trello", nil) })
}

// failing puts jobs into the state that failed.
func (d *desk) failing(n int) {
	d.Helper()
	d.on(func(ctx context.Context, db *state.DB) error {
		q := jobs.New(db)
		specs := make([]jobs.Spec, n)
		for i := range specs {
			specs[i] = jobs.Spec{Function: "import_record", Backend: "trello", Model: "trello.card"}
		}
		err := db.Write(ctx, func(tx *state.Tx) error {
			_, _, err := q.EnqueueAll(ctx, tx, specs)
			return err
		})
		fail := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
			var errs []error
			for _, j := range slice {
				errs = append(errs, finish(j, jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no such list")}))
			}
			return errors.Join(errs...)
		}
		w := jobs.NewWorker(q, "test:1", map[string]jobs.Handler{"import_record": fail}, jobs.WorkerOptions{})
		_, runErr := w.Run(ctx, jobs.RunFilter{})
		return errors.Join(err, runErr)
	})
}

func mustHave(t *testing.T, text string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(text, w) {
			t.Errorf("%q is missing in\n%s", w, text)
		}
	}
}

func TestStatus(t *testing.T) {
	t.Run("Ensure that before the first run it says what to begin with, and makes no state", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		mustHave(t, d.must("status"), "trello ↔ Odoo main: never run\n", "  trello.card ↔ project.task             -        -       -       -\n",
			"There is no state yet.\nNext: `connector doctor`, then `connector sync`.\n")
		if _, err := os.Stat(d.path("state.db")); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("a state was made: %v", err)
		}
		if code, _, errs := d.run("status", "--check"); code != exitEnvironment || errs != "connector: trello: never run; try `connector sync trello` [CON-STATUS-ATTENTION]\n" {
			t.Errorf("%d, %q", code, errs)
		}
	})
	t.Run("Ensure that a backend without troubles is well", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(nil)
		d.now = d.now.Add(5*time.Minute + time.Second)
		out := d.must("status", "--check", "--max-age", "1h")
		mustHave(t, out, "trello ↔ Odoo main: ok\n", "  last success  5m1s ago, at ", "\nAll is well.\n")
	})
	t.Run("Ensure that after a sync it counts pairs and what waits for a decision, which is no failure", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.must("sync")
		out := d.must("status", "--check")
		mustHave(t, out, "trello ↔ Odoo main: waits for decisions\n", "  trello.board ↔ project.project         3        -       -       -\n",
			"trello: 1 record waits for a decision.\nNext: `connector review list trello`\n")
	})
	t.Run("Ensure that pairs which are bound no more are counted apart, and as the list has them", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.on(func(ctx context.Context, db *state.DB) error {
			return db.Write(ctx, func(tx *state.Tx) error {
				for i, apart := range []string{"canonical", "retired", "retired", "external_gone", "odoo_gone"} {
					_, err := tx.ExecContext(ctx, `INSERT INTO binding (database, backend, model, external_id, odoo_model, odoo_id, `+apart+`)
						VALUES ('d', 'trello', 'trello.card', ?, 'project.task', ?, 1)`, i, 1+i)
					if err != nil {
						return err
					}
				}
				return nil
			})
		})
		mustHave(t, d.must("status"), "  trello.card ↔ project.task             1        -       -       -\n",
			"  bound no more 2 pairs retired, 2 pairs with a deleted half\n")
		if list := d.must("bindings", "list", "--state", "retired,deleted"); strings.Count(list, "trello.card") != 4 {
			t.Errorf("the list has others:\n%s", list)
		}
		mustHave(t, d.must("--output", "json", "status"), `"bound":1,"retired":2,"deleted":2,`)
	})
}

func TestStatusOfTroubles(t *testing.T) {
	t.Run("Ensure that failed jobs are counted, and exit 5 where it is asked for", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(nil)
		d.failing(1200)
		mustHave(t, d.must("status"), "trello ↔ Odoo main: jobs failed\n", "  trello.card ↔ project.task             -        -   1,200       -\n",
			"trello: 1200 jobs failed.\nNext: `connector jobs errors --backend trello`\n")
		if code, _, errs := d.run("status", "--check"); code != exitFailedJobs || errs != "connector: trello: jobs failed; try `connector jobs errors --backend trello` [CON-STATUS-ATTENTION]\n" {
			t.Errorf("%d, %q", code, errs)
		}
	})
	t.Run("Ensure that an outage tells since when and why", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(&transport.Error{System: "Trello", Op: "GET /members/me", Kind: transport.Timeout})
		d.now = d.now.Add(time.Hour)
		mustHave(t, d.must("status"), "trello ↔ Odoo main: out\n", "last tried 1h ago", "trello: out for 1h: Trello: GET /members/me: timeout", "Next: `connector doctor`\n")
		if code, _, _ := d.run("status", "--check"); code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
		d.noted(&transport.Error{System: "Trello", Op: "GET /members/me", Kind: transport.Denied, Status: 401})
		if code, out, _ := d.run("status", "--check"); code != exitDenied {
			t.Errorf("exit %d\n%s", code, out)
		}
	})
	t.Run("Ensure that a pause tells by whom, until when and why, and how it is ended", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(nil)
		d.must("jobs", "pause", "--backend", "trello", "--for", "2h", "--reason", "Trello moves house")
		mustHave(t, d.must("status"), "trello: backend trello paused by hand since ", ", until ", ": Trello moves house.\nNext: `connector jobs resume --backend trello`\n")
		if code, _, _ := d.run("status", "--check"); code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
		d.now = d.now.Add(3 * time.Hour)
		mustHave(t, d.must("status", "--check"), "All is well.\n")
	})
	t.Run("Ensure that a success that is too old is stale", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(nil)
		d.now = d.now.Add(2 * time.Hour)
		mustHave(t, d.must("status"), "All is well.\n")
		code, out, _ := d.run("status", "--check", "--max-age", "1h")
		if code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
		mustHave(t, out, "trello ↔ Odoo main: stale\n", "trello: the last success is 2h old.\nNext: `connector sync trello`\n")
	})
	t.Run("Ensure that a run of the schedule that nobody began is stale, and is told before", func(t *testing.T) {
		d := newDesk(t, sandboxed+"schedule: [{name: hourly, run: sync, every: 1h}]\n")
		d.noted(nil)
		d.must("schedule", "run", "--due") // plans it
		mustHave(t, d.must("status", "--check"), "  next run      in ", ", by hourly of the schedule\n")
		d.now = d.now.Add(3 * time.Hour)
		code, out, _ := d.run("status", "--check")
		if code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
		mustHave(t, out, "  next run      due for ", "trello: hourly of the schedule was due ", "Next: `connector schedule list`\n")
	})
}

func TestStatusOfProcesses(t *testing.T) {
	t.Run("Ensure that a run is seen, and is not disturbed", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(nil)
		lock, err := state.Lock(d.path("state.db"), "trello", d.now)
		if err != nil {
			t.Fatal(err)
		}
		mustHave(t, d.must("status"), "  running now   process ")
		if err := lock.Release(); err != nil {
			t.Fatal(err)
		}
		if out := d.must("status"); strings.Contains(out, "running now") {
			t.Error(out)
		}
	})
	t.Run("Ensure that a run of a part is told, and is no success of the whole", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.partly()
		d.now = d.now.Add(2 * time.Minute)
		mustHave(t, d.must("status"), "  last success  never of all; of a part 2m ago\n")
		if code, _, _ := d.run("status", "--check", "--max-age", "1h"); code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
		d.noted(nil)
		d.now = d.now.Add(2 * time.Hour)
		d.partly()
		d.now = d.now.Add(time.Minute)
		mustHave(t, d.must("status"), "  last success  2h1m ago, at ", "; of a part 1m ago\n")
		if code, _, _ := d.run("status", "--check", "--max-age", "1h"); code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
	})
	t.Run("Ensure that what is no longer configured is told", func(t *testing.T) {
		d := newDesk(t, strings.ReplaceAll(sandboxed, "name: trello", "name: boards"))
		d.failing(1)
		mustHave(t, d.must("status"), "Not in the configuration any more, but in the state: trello.\n")
	})
	t.Run("Ensure that secrets are not needed", func(t *testing.T) {
		d := newDesk(t, "odoo: [{name: main, url: 'http://127.0.0.1:9', username: a, password: {file: nowhere/odoo}}]\n"+
			"backends: [{name: trello, kind: trello, key: {env: NOT_SET}, token: {command: ['false']}}]\n")
		d.noted(nil)
		mustHave(t, d.must("status"), "All is well.\n")
	})
	t.Run("Ensure that programs get the same", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.noted(nil)
		d.failing(2)
		var v statusView
		if err := json.Unmarshal([]byte(d.must("--output", "json", "status")), &v); err != nil {
			t.Fatal(err)
		}
		p := v.Backends[0]
		if p.Condition != conditionFailing || p.total().Failed != 2 || len(p.Troubles) != 1 || !p.LastSuccess.Equal(d.now) || v.State != d.path("state.db") {
			t.Errorf("%+v", v)
		}
	})
	t.Run("Ensure that a name that is not there is refused", func(t *testing.T) {
		if code, _, errs := newDesk(t, sandboxed).run("status", "trelo"); code != exitUsage || !strings.Contains(errs, `did you mean "trello"?`) {
			t.Errorf("%d, %q", code, errs)
		}
	})
}
