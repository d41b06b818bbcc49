package cmd

import (
	"context"
	"errors"
	"fmt"
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
)

// BenchmarkJobsList measures what the built binary takes to look at a queue of 100,000 jobs, nearly all of them done, in turn
// with its mere start.
func BenchmarkJobsList(b *testing.B) {
	measure(b, fullPlace(b), [][]string{
		{"jobs", "list"}, {"jobs", "list", "--state", "failed,pending"}, {"jobs", "list", "--state", "done", "--sort", "-finished"},
		{"jobs", "list", "--state", "failed", "--error", "timeout", "--since", "2h"}, {"jobs", "list", "--sort", "-duration"},
		{"jobs", "list", "--page", "500"}, {"jobs", "list", "--record", "card-77777"}, {"jobs", "list", "--channel", "trello", "--sort", "-created"},
		{"jobs", "show", "50000"}, {"jobs", "errors"}, {"jobs", "channels"}, {"jobs", "stats"},
	})
}

// BenchmarkStatus measures what the built binary takes to look at 100,000 bindings beside the jobs.
func BenchmarkStatus(b *testing.B) {
	dir := fullPlace(b)
	if err := fillBindings(b.Context(), filepath.Join(dir, "state.db"), 100_000); err != nil {
		b.Fatal(err)
	}
	measure(b, dir, [][]string{
		{"status"}, {"bindings", "list"}, {"bindings", "list", "--page", "500"}, {"bindings", "list", "--search", "card 77777"},
		{"bindings", "list", "--external-id", "card-77777"}, {"bindings", "show", "trello.card:card-77777"},
	})
}

// fullPlace is a directory with the built binary and a state of 100,000 jobs.
func fullPlace(b *testing.B) string {
	b.Helper()
	dir := b.TempDir()
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", filepath.Join(dir, "connector"), "..").CombinedOutput(); err != nil {
		b.Fatalf("the binary could not be built: %v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(benchConfig), 0o600); err != nil {
		b.Fatal(err)
	}
	if err := fillState(b.Context(), filepath.Join(dir, "state.db"), 100_000); err != nil {
		b.Fatal(err)
	}
	return dir
}

// measure runs commands, each in turn with the binary's mere start.
func measure(b *testing.B, dir string, commands [][]string) {
	binary := filepath.Join(dir, "connector")
	for _, args := range commands {
		b.Run(strings.Join(args, " "), func(b *testing.B) {
			var took, start time.Duration
			for b.Loop() {
				took += run(b, dir, binary, args...)
				start += run(b, dir, binary, "version")
			}
			b.ReportMetric(float64(took.Microseconds())/1000/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(took)/float64(max(start, 1)), "x-version")
		})
	}
}

// run gives the processor's time that a command took: on a busy machine it says more than the clock.
func run(b *testing.B, dir, binary string, args ...string) time.Duration {
	b.Helper()
	c := exec.CommandContext(b.Context(), binary, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		b.Fatalf("%v: %s", err, out)
	}
	return c.ProcessState.UserTime() + c.ProcessState.SystemTime()
}

const benchConfig = `odoo: [{name: main, url: "sandbox://demo"}]
backends: [{name: trello, kind: trello, url: "sandbox://demo"}]
`

// fillState makes jobs as a connector's first months leave them: two in a hundred failed, a thousand wait, the others are done.
func fillState(ctx context.Context, path string, n int) (err error) {
	db, err := state.Open(ctx, path, state.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	q := jobs.New(db)
	enqueue := func(from int) error {
		specs := make([]jobs.Spec, 1000)
		for i := range specs {
			id := fmt.Sprintf("card-%d", from+i)
			specs[i] = jobs.Spec{Function: "import_record", Backend: "trello", Model: "trello.card", Identity: "trello:trello.card:" + id,
				Description: "Import card '" + id + "' into project.task", Args: map[string]string{"model": "trello.card", "external_id": id}}
		}
		return db.Write(ctx, func(tx *state.Tx) error {
			_, _, err := q.EnqueueAll(ctx, tx, specs)
			return err
		})
	}
	for at := 0; at < n-1000; at += 1000 {
		if err := enqueue(at); err != nil {
			return err
		}
	}
	handlers := map[string]jobs.Handler{"import_record": benchHandler}
	if _, err := jobs.NewWorker(q, "bench:1", handlers, jobs.WorkerOptions{SliceLimit: 500}).Run(ctx, jobs.RunFilter{}); err != nil {
		return err
	}
	return enqueue(n - 1000)
}

// fillBindings binds cards as a sync does, a thousand at a time.
func fillBindings(ctx context.Context, path string, n int) (err error) {
	db, err := state.Open(ctx, path, state.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	fields := binding.Fields{}
	for _, name := range []string{"name", "desc", "idBoard", "idList", "idLabels", "due", "closed", "pos"} {
		fields[name] = binding.FieldState{External: strings.Repeat("e", 32), Odoo: strings.Repeat("0", 32), Base: record.Text("what both hold")}
	}
	binder := binding.New(db, "sandbox://demo/demo", "trello")
	for at := 0; at < n; at += 1000 {
		err := db.Write(ctx, func(tx *state.Tx) (err error) {
			for i := at + 1; i <= at+1000 && err == nil; i++ {
				err = binder.Save(ctx, tx, &binding.Binding{Model: "trello.card", ExternalID: fmt.Sprintf("card-%d", i), OdooModel: "project.task",
					OdooID: int64(i), Parent: "board-1", Name: fmt.Sprintf("card %d", i), Fields: fields})
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func benchHandler(_ context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
	var failed []error
	for _, j := range slice {
		o := jobs.Outcome{Kind: jobs.Done, Result: "created task"}
		if j.ID%50 == 0 {
			o = jobs.Outcome{Kind: jobs.Failed, Err: fmt.Errorf("timeout after %d s", j.ID%7)}
		}
		failed = append(failed, finish(j, o))
	}
	return errors.Join(failed...)
}
