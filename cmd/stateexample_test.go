package cmd_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

//go:generate go test -count=1 -run ^(TestStateExample|TestCodes)$ . -update

// update makes the test write the file that it otherwise compares.
var update = flag.Bool("update", false, "write state.db.example anew")

const exampleFile = "../state.db.example"

// TestStateExample holds state.db.example, for readers who want to see what the program keeps, to today's schema and rows.
func TestStateExample(t *testing.T) {
	fresh := filepath.Join(t.TempDir(), "state.db")
	if err := writeExample(t.Context(), fresh); err != nil {
		t.Fatal(err)
	}
	if *update {
		text, err := os.ReadFile(fresh)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(exampleFile, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}

	t.Run("Ensure that its schema and rows are those that the program writes today", func(t *testing.T) {
		if got, want := dump(t, exampleFile), dump(t, fresh); got != want {
			t.Errorf("state.db.example is out of date; run `go generate ./cmd`\n%s", firstDifference(got, want))
		}
	})
	t.Run("Ensure that it is the same, byte for byte, whenever it is written", func(t *testing.T) {
		again := filepath.Join(t.TempDir(), "state.db")
		if err := writeExample(t.Context(), again); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(read(t, fresh), read(t, again)) {
			t.Error("two of them differ")
		}
	})
	t.Run("Ensure that looking at it leaves no trace", func(t *testing.T) {
		before, beside := read(t, exampleFile), listing(t, "..")
		if v := before[18:20]; !bytes.Equal(v, []byte{1, 1}) { // SQLite's header: 1 is a rollback journal, 2 a write-ahead log
			t.Errorf("its journal versions are %v, want those of the mode DELETE", v)
		}
		db, err := state.Open(t.Context(), exampleFile, state.Options{Immutable: true})
		if err != nil {
			t.Fatal(err)
		}
		list, err := jobs.New(db).List(t.Context(), jobs.Filter{})
		if err != nil || len(list) == 0 {
			t.Errorf("it lists %d jobs, %v", len(list), err)
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(read(t, exampleFile), before) || listing(t, "..") != beside {
			t.Errorf("the folder has changed from %s to %s", beside, listing(t, ".."))
		}
	})
	t.Run("Ensure that the program shows what is in a copy", func(t *testing.T) {
		dir := t.TempDir()
		for name, from := range map[string]string{"state.db": exampleFile, "config.yaml": "../config.yaml.example"} {
			if err := os.WriteFile(filepath.Join(dir, name), read(t, from), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for _, shown := range []struct{ command, want string }{
			{"jobs list", "done"}, {"jobs list", "failed"}, {"jobs list", "pending"}, {"jobs list", "wait_dependencies"}, {"jobs list", "cancelled"},
			{"jobs list", "started"}, {"jobs list", "enqueued"}, {"jobs show 8", "2 of 2"}, {"jobs show 8", "retry "}, {"jobs graph 8", "Order the cards"},
			{"jobs channels", "the attachments' server is moved"}, {"jobs errors", "(HTTP …)"},
			{"jobs show --id 3", "a mandatory field is not set"}, {"bindings list", "project.task 41"}, {"bindings list", "alias"},
			{"bindings list", "export under way"}, {"bindings list", "deleted outside"}, {"bindings list --review", "Order screws"},
		} {
			c := exec.CommandContext(t.Context(), "connector", strings.Fields(shown.command)...)
			c.Dir = dir
			if text, err := c.CombinedOutput(); err != nil || !strings.Contains(string(text), shown.want) {
				t.Errorf("%s, %v, does not show %q: %s", shown.command, err, shown.want, text)
			}
		}
	})
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// listing are the names of what begins as state.db does in a folder.
func listing(t *testing.T, dir string) string {
	t.Helper()
	names, err := fs.Glob(os.DirFS(dir), "state.db*")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// dump writes the schema and all rows as text.
func dump(t *testing.T, path string) string {
	t.Helper()
	db, err := sql.Open("sqlite3", "file:"+path+"?mode=ro&immutable=1")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }() // a reader's: there is nothing left to lose
	var b strings.Builder
	queries := []string{"PRAGMA user_version", "PRAGMA application_id", "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"}
	for _, table := range rows(t, db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name") {
		queries = append(queries, fmt.Sprintf("SELECT * FROM %q ORDER BY 1, 2", table))
	}
	for _, query := range queries {
		fmt.Fprintf(&b, "%s\n%s\n", query, strings.Join(rows(t, db, query), "\n"))
	}
	return b.String()
}

// rows gives the rows of a query, the values of each side by side.
func rows(t *testing.T, db *sql.DB, query string) (lines []string) {
	t.Helper()
	found, err := db.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = found.Close() }() // read to its end
	names, err := found.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for found.Next() {
		values := make([]sql.NullString, len(names))
		into := make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := found.Scan(into...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(names))
		for i, v := range values {
			texts[i] = v.String
		}
		lines = append(lines, strings.Join(texts, " | "))
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	return lines
}

func firstDifference(got, want string) string {
	lines := strings.Split(got, "\n")
	for i, line := range strings.Split(want, "\n") {
		if i >= len(lines) {
			return fmt.Sprintf("it lacks  %s", line)
		}
		if line != lines[i] {
			return fmt.Sprintf("it has    %s\nnot       %s", lines[i], line)
		}
	}
	return "it has more rows"
}

// exampleClock lets a second pass whenever it is asked, so that no two things happen at once.
type exampleClock struct{ now time.Time }

func (c *exampleClock) Now() time.Time {
	c.now = c.now.Add(time.Second)
	return c.now
}

func (c *exampleClock) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	return ctx.Err()
}

// The records of the example.
const (
	exampleBoard  = "65f1a0c00000000000000001"
	exampleTodo   = "65f1a0c00000000000000002"
	exampleDoing  = "65f1a0c00000000000000003"
	exampleUrgent = "65f1a0c00000000000000004"
	exampleAgain  = "65f1a0c00000000000000005"
	examplePaint  = "65f1a0c00000000000000006"
	exampleOil    = "65f1a0c00000000000000007"
	exampleSweep  = "65f1a0c00000000000000008"
	exampleScrews = "65f1a0c00000000000000009"
	exampleDone   = "65f1a0c0000000000000000a"
	exampleSand   = "65f1a0c0000000000000000b"
)

// writeExample writes the example to a new file at path: what a workshop's connector keeps after its first days. At each call it is
// the same, byte for byte.
func writeExample(ctx context.Context, path string) (err error) {
	dir, err := os.MkdirTemp("", "state-example")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	clock := &exampleClock{now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)}
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"), state.Options{Clock: clock})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Write(ctx, func(tx *state.Tx) error { return exampleBindings(ctx, tx, db, clock) }); err != nil {
		return err
	}
	if err := exampleJobs(ctx, db); err != nil {
		return err
	}
	return db.Snapshot(ctx, path)
}

// exampleBindings are a board with its lists, labels and cards: an alias, a card that was deleted in Trello, one that is being
// created there, and one that waits for a person.
func exampleBindings(ctx context.Context, tx *state.Tx, db *state.DB, clock *exampleClock) error {
	binder := binding.New(db, "https://example.odoo.com/example", "trello")
	agreed := func(values map[string]record.Value) binding.Fields {
		fields := binding.Fields{}
		for name, v := range values {
			fields[name] = binding.FieldState{External: record.HashValues(v), Odoo: record.HashValues(v), Base: v.Canonical()}
		}
		return fields
	}
	named := func(name string) binding.Fields { return agreed(map[string]record.Value{"name": record.Text(name)}) }
	card := func(id string, task int64, name string) binding.Binding {
		return binding.Binding{Model: "trello.card", OdooModel: "project.task", ExternalID: id, OdooID: task, Parent: exampleBoard, Name: name,
			Fields: agreed(map[string]record.Value{
				"name": record.Text(name), "project_id": record.Ref("project.project", "3"), "stage_id": record.Ref("project.task.type", "11"),
				"active": record.Bool(true),
			})}
	}
	child := func(model, odooModel, id string, odooID int64, name string) binding.Binding {
		return binding.Binding{Model: model, OdooModel: odooModel, ExternalID: id, OdooID: odooID, Scope: exampleBoard, Parent: exampleBoard,
			Name: name, Fields: named(name)}
	}
	all := []binding.Binding{
		{Model: "trello.board", OdooModel: "project.project", ExternalID: exampleBoard, OdooID: 3, Name: "Workshop", Fields: named("Workshop")},
		child("trello.list", "project.task.type", exampleTodo, 11, "To do"),
		child("trello.list", "project.task.type", exampleDoing, 12, "Doing"),
		child("trello.label", "project.tags", exampleUrgent, 7, "Urgent"),
		child("trello.label", "project.tags", exampleAgain, 7, "Urgent"),
		card(examplePaint, 41, "Paint the door"), card(exampleOil, 42, "Oil the hinges"), card(exampleSweep, 43, "Sweep the yard"),
		card("", 44, "Wax the floor"),
	}
	all[4].Role = binding.Alias
	all[7].ExternalGone = clock.Now()
	all[8].Intent, all[8].IntentAt = binding.Export, clock.Now()
	all[8].Sent = binding.Sent{Name: "Wax the floor", Parent: exampleBoard, Fields: all[8].Fields,
		Values: map[string]record.Value{"name": record.Text("Wax the floor"), "idList": record.Ref("trello.list", exampleTodo)}}
	for i := range all {
		if all[i].Intent == binding.None {
			all[i].SyncDate, all[i].OdooWriteDate = clock.Now(), "2026-03-02 07:59:30"
		}
		if err := binder.Save(ctx, tx, &all[i]); err != nil {
			return err
		}
	}
	return binder.SaveReview(ctx, tx, binding.Review{
		Model: "trello.card", ExternalID: exampleScrews, OdooID: 45, Parent: exampleBoard, Name: "Order screws", Kind: binding.Unequal,
		Reason: `the card and the task of this name differ in due: "2026-03-09" outside, nothing in Odoo; make them equal or rename one`, Created: clock.Now(),
	})
}

// exampleJobs are jobs in all states in which a run leaves them, each brought there by a worker.
func exampleJobs(ctx context.Context, db *state.DB) error {
	n := 0
	queue := jobs.New(db, jobs.WithUUIDs(func() string {
		n++
		return fmt.Sprintf("00000000-0000-4000-8000-%012d", n)
	}))
	spec := func(function, model, id, description string) jobs.Spec {
		return jobs.Spec{Function: function, Backend: "trello", Model: model, Identity: "trello:" + model + ":" + id, Description: description,
			Args: synchronizer.Args{Model: model, ExternalID: id, Parent: exampleBoard}}
	}
	board := spec(synchronizer.ImportRecord, "trello.board", exampleBoard, "Import board 'Workshop' into project.project")
	board.Args = synchronizer.Args{Model: "trello.board", ExternalID: exampleBoard}
	specs := []jobs.Spec{
		board,
		spec(synchronizer.ImportRecord, "trello.card", examplePaint, "Import card 'Paint the door' into project.task"),
		spec(synchronizer.ImportRecord, "trello.card", exampleScrews, "Import card 'Order screws' into project.task"),
		spec(synchronizer.ExportRecord, "trello.card", exampleOil, "Export task 'Oil the hinges' to trello.card"),
	}
	outcomes := map[string]jobs.Outcome{
		specs[0].Identity: {Kind: jobs.Done, Result: "created project 3"},
		specs[1].Identity: {Kind: jobs.NothingToDo, Result: "nothing to do: both sides agree"},
		specs[2].Identity: {Kind: jobs.Failed, Err: errors.New("Odoo example: project.task load: a mandatory field is not set: Title (name)")},
		specs[3].Identity: {Kind: jobs.Retry, Err: errors.New("Trello: PUT /cards/" + exampleOil + ": server error (HTTP 500)")},
	}
	err := db.Write(ctx, func(tx *state.Tx) error {
		_, _, err := queue.EnqueueAll(ctx, tx, specs)
		return err
	})
	if err != nil {
		return err
	}
	handler := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		var failed []error
		for _, j := range slice {
			failed = append(failed, finish(j, outcomes[j.Identity]))
		}
		return errors.Join(failed...)
	}
	handlers := map[string]jobs.Handler{synchronizer.ImportRecord: handler, synchronizer.ExportRecord: handler}
	if _, err := jobs.NewWorker(queue, "example:4711", handlers, jobs.WorkerOptions{}).Run(ctx, jobs.RunFilter{}); err != nil {
		return err
	}
	if err := db.Write(ctx, func(tx *state.Tx) error { return exampleWaiting(ctx, tx, queue, spec) }); err != nil {
		return err
	}
	if err := exampleGraph(ctx, db, queue); err != nil {
		return err
	}
	return db.Write(ctx, func(tx *state.Tx) error { return exampleInHand(ctx, tx, db, queue, spec) })
}

// exampleWaiting are a job that waits to run, one that waits for it, and one that was cancelled.
func exampleWaiting(ctx context.Context, tx *state.Tx, queue *jobs.Queue, spec func(function, model, id, description string) jobs.Spec) error {
	list, _, err := queue.Enqueue(ctx, tx, spec(synchronizer.ImportRecord, "trello.list", exampleDone, "Import list 'Done' into project.task.type"))
	if err != nil {
		return err
	}
	waits := spec(synchronizer.ImportRecord, "trello.card", exampleSand, "Import card 'Sand the table top' into project.task")
	waits.DependsOn = []int64{list}
	if _, _, err := queue.Enqueue(ctx, tx, waits); err != nil {
		return err
	}
	cancelled, _, err := queue.Enqueue(ctx, tx, spec(synchronizer.ImportRecord, "trello.card", exampleSweep, "Import card 'Sweep the yard' into project.task"))
	if err != nil {
		return err
	}
	_, err = queue.Cancel(ctx, tx, cancelled)
	return err
}

// exampleGraph are three jobs of one graph: two comments are exported, and when both are done the order of the cards. The first
// failed for good at its second attempt.
func exampleGraph(ctx context.Context, db *state.DB, queue *jobs.Queue) error {
	const graph = "00000000-0000-4000-9000-000000000001"
	export := func(id int64, text string, retries int) jobs.Spec {
		return jobs.Spec{Function: synchronizer.ExportRecord, Backend: "trello", Model: "trello.comment", Graph: graph, MaxRetries: &retries,
			Identity: fmt.Sprintf("trello:trello.comment:odoo:%d@", id), Description: "Export message '" + text + "' to trello.comment",
			Args: synchronizer.Args{Model: "trello.comment", OdooID: id, Parent: examplePaint}}
	}
	var first int64
	err := db.Write(ctx, func(tx *state.Tx) error {
		ids, _, err := queue.EnqueueAll(ctx, tx, []jobs.Spec{export(901, "Two coats, please", 2), export(902, "Done on Friday", 5)})
		if err != nil {
			return err
		}
		first = ids[0]
		_, _, err = queue.Enqueue(ctx, tx, jobs.Spec{Function: synchronizer.OrderRecords, Backend: "trello", Model: "trello.card", Graph: graph,
			Description: "Order the cards of 'To do'", DependsOn: ids, Args: synchronizer.Args{Model: "trello.card", Group: exampleTodo}})
		return err
	})
	if err != nil {
		return err
	}
	handler := func(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		return finish(slice[0], jobs.Outcome{Kind: jobs.Retry, After: time.Second,
			Err: errors.New("Trello: POST /cards/" + examplePaint + "/actions/comments: server error (HTTP 503)")})
	}
	for range 2 {
		worker := jobs.NewWorker(queue, "example:4712", map[string]jobs.Handler{synchronizer.ExportRecord: handler}, jobs.WorkerOptions{})
		if _, err := worker.Run(ctx, jobs.RunFilter{IDs: []int64{first}}); err != nil {
			return err
		}
		_ = db.Clock().Sleep(ctx, 2*time.Second)
	}
	return nil
}

// exampleInHand are a job that a worker has in hand, one that is promised to it, and a channel that is paused.
func exampleInHand(ctx context.Context, tx *state.Tx, db *state.DB, queue *jobs.Queue,
	spec func(function, model, id, description string) jobs.Spec) error {
	for _, s := range []struct{ state, id, description string }{
		{"started", "65f1a0c0000000000000000c", "Import card 'Sharpen the saw' into project.task"},
		{"enqueued", "65f1a0c0000000000000000d", "Import card 'Measure the window' into project.task"},
	} {
		id, _, err := queue.Enqueue(ctx, tx, spec(synchronizer.ImportRecord, "trello.card", s.id, s.description))
		if err != nil {
			return err
		}
		// A process that writes an example must not die with a job in its hands, so what a claim would do is done here.
		_, err = tx.ExecContext(ctx, `UPDATE job SET state = ?, due = 0, slot = CASE ? WHEN 'started' THEN id ELSE 0 END,
			started = CASE ? WHEN 'started' THEN ? ELSE 0 END, worker = 'example:4713', claims = 1, slice = 1 WHERE id = ?`,
			s.state, s.state, s.state, state.Micros(db.Clock().Now()), id)
		if err != nil {
			return err
		}
	}
	return queue.Pause(ctx, tx, jobs.Pause{Scope: jobs.PauseChannel, Name: "trello.attachments", Reason: "the attachments' server is moved"})
}
