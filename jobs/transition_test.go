package jobs_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

var update = flag.Bool("update", false, "write what is generated in the documents")

// explorer does everything to jobs in every state that the queue offers, and keeps what states they went through.
type explorer struct {
	*bench
	seen map[jobs.Transition]string // without why; what was done
}

// note keeps a step of a job.
func (e *explorer) note(from, to jobs.State, by string) {
	if from != to {
		e.seen[jobs.Transition{From: from, To: to}] = by
	}
}

// bring takes a job of a graph of two into a state: parent is the job that it follows there, and which is done where the job
// must have run.
func (e *explorer) bring(to jobs.State) (b *bench, id, parent int64) {
	b = e.bench
	b.write(func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.ctx(), "DELETE FROM job")
		return err
	})
	parentCall := named("parent").ETA(noon.AddDate(1, 0, 0))
	out := b.delay(jobs.Chain(parentCall, named("job").Identity("x", jobs.KeepFirst)))
	parent, id = out.IDs[0], out.IDs[1]
	if to == wait {
		return b, id, parent
	}
	if to == canc {
		b.mustAct("cancel", b.cancel(id))
		return b, id, parent
	}
	b.mustAct("set done", b.act(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, parent) }))
	switch to {
	case strt:
		b.wantClaim(1, id)
	case done:
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
	case fail:
		b.mustHandle(always(failing))
	case enqd: // no way of this version leads there; another version's may
		b.write(func(tx *state.Tx) error {
			_, err := tx.ExecContext(b.ctx(), "UPDATE job SET state = 'enqueued', due = 0 WHERE id = ?", id)
			return err
		})
	}
	b.wantState(id, to)
	return b, id, parent
}

func (b *bench) mustAct(what string, err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
}

// acts are all that can be done to a job; the errors of those that are refused don't matter.
func acts() map[string]func(b *bench, id, parent int64) {
	again := func(s jobs.Spec) func(b *bench, id, parent int64) {
		return func(b *bench, _, parent int64) {
			s := card(s)
			s.Identity = "x"
			if s.Priority == 1 {
				s.DependsOn = []int64{b.add(jobs.Spec{ETA: noon.AddDate(1, 0, 0)})}
			}
			_ = b.act(func(tx *state.Tx) error { _, _, err := b.Enqueue(b.ctx(), tx, s); return err })
		}
	}
	tomorrow, slow := noon.AddDate(0, 0, 1), "slow"
	return map[string]func(b *bench, id, parent int64){
		"requeue": func(b *bench, id, _ int64) { _ = b.requeue(id) },
		"requeue after its parent": func(b *bench, id, parent int64) {
			_ = b.requeue(parent)
			_ = b.act(func(tx *state.Tx) error { return b.Set(b.ctx(), tx, parent, jobs.Changes{ETA: &tomorrow}) })
			_ = b.requeue(id)
		},
		"requeue when its parent is done": func(b *bench, id, parent int64) {
			_ = b.act(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, parent) })
			_ = b.requeue(id)
		},
		"set done": func(b *bench, id, _ int64) { _ = b.act(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, id) }) },
		"set its parent done": func(b *bench, _, parent int64) {
			_ = b.act(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, parent) })
		},
		"cancel":            func(b *bench, id, _ int64) { _ = b.cancel(id) },
		"cancel its parent": func(b *bench, _, parent int64) { _ = b.cancel(parent) },
		"change": func(b *bench, id, _ int64) {
			_ = b.act(func(tx *state.Tx) error { return b.Set(b.ctx(), tx, id, jobs.Changes{ETA: &tomorrow, Channel: &slow}) })
		},
		"enqueue":                   again(jobs.Spec{}),
		"enqueue with dependencies": again(jobs.Spec{Priority: 1}),
		"enqueue to replace":        again(jobs.Spec{Policy: jobs.ReplaceArgs}),
		"enqueue to run again":      again(jobs.Spec{Policy: jobs.RunAgain}),
		"recover":                   func(b *bench, _, _ int64) { b.takeBack() },
		"recover its last attempt": func(b *bench, id, _ int64) {
			b.write(func(tx *state.Tx) error {
				_, err := tx.ExecContext(b.ctx(), "UPDATE job SET max_retries = 1 WHERE id = ?", id)
				return err
			})
			b.takeBack()
		},
	}
}

// takeBack takes back what dead workers had in hand.
func (b *bench) takeBack() {
	b.write(func(tx *state.Tx) error { _, err := b.Recover(b.ctx(), tx, "trello"); return err })
}

// run lets a worker end the job in every way, and notes the steps.
func (e *explorer) run(from jobs.State) {
	kinds := []jobs.OutcomeKind{jobs.Done, jobs.NothingToDo, jobs.Retry, jobs.Failed, jobs.Wait, jobs.Paused, jobs.Postponed}
	for _, kind := range kinds {
		b, id, _ := e.bring(from)
		ran := false
		_, _ = b.worker(each(func(j jobs.Job) jobs.Outcome {
			if j.ID != id {
				return jobs.Outcome{Kind: jobs.Done}
			}
			ran = true
			e.note(from, b.job(id).State, "claim")
			o := jobs.Outcome{Kind: kind, Err: errors.New("no"), After: time.Hour}
			if kind == jobs.Wait {
				o.Dependencies = []jobs.Spec{card(jobs.Spec{Function: "other", ETA: noon.AddDate(1, 0, 0)})}
			}
			return o
		}), jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{IDs: []int64{id}})
		if ran {
			e.note(strt, b.job(id).State, kind.String())
		} else {
			e.note(from, b.job(id).State, "run")
		}
	}
}

// TestEveryTransition does everything to a job in every state, and compares the steps that were seen with the table.
func TestEveryTransition(t *testing.T) {
	e := &explorer{bench: newBench(t), seen: map[jobs.Transition]string{}}
	for _, from := range jobs.States() {
		for name, act := range acts() {
			b, id, parent := e.bring(from)
			act(b, id, parent)
			e.note(from, b.job(id).State, name)
		}
		e.run(from)
	}
	// What is promised to a worker is another version's.
	others := map[jobs.Transition]bool{{From: pend, To: enqd}: true, {From: enqd, To: strt}: true}
	for _, from := range jobs.States() {
		for _, to := range jobs.States() {
			if from == to {
				continue
			}
			step := jobs.Transition{From: from, To: to}
			by, seen := e.seen[step]
			switch {
			case jobs.Allowed(from, to) && !others[step]:
				t.Run(fmt.Sprintf("Ensure a way leads from %s to %s", from, to), func(t *testing.T) {
					if !seen {
						t.Error("nothing that the queue offers goes it")
					}
				})
			default:
				t.Run(fmt.Sprintf("Ensure no way leads from %s to %s", from, to), func(t *testing.T) {
					if seen {
						t.Errorf("it was gone by: %s", by)
					}
				})
			}
		}
	}
}

// stateDiagram draws the table.
func stateDiagram() string {
	var b strings.Builder
	b.WriteString("```mermaid\nstateDiagram-v2\n    [*] --> pending: enqueued\n    [*] --> wait_dependencies: enqueued with dependencies\n")
	for _, tr := range jobs.Transitions() {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", tr.From, tr.To, strings.ReplaceAll(tr.Why, ";", ","))
	}
	b.WriteString("```\n")
	return b.String()
}

// TestDocument compares the diagram in the document with the table; -update writes it.
func TestDocument(t *testing.T) {
	const path, begin, end = "../docs/jobs.md", "<!-- states: generated from jobs/states.go by `go test ./jobs -run TestDocument -update` -->\n", "<!-- states end -->\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the diagram", path)
	}
	want := before + begin + stateDiagram() + end + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Run("Ensure the diagram in docs/jobs.md is that of the table in the code", func(t *testing.T) {
		if want != string(text) {
			t.Error("it is not; run the test with -update")
		}
	})
}
