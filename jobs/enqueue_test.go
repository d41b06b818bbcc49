package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func TestEnqueue(t *testing.T) {
	t.Run("Ensure a job is stored as it was described, with the defaults", func(t *testing.T) {
		b := newBench(t, jobs.WithUUIDs(func() string { return "uuid-1" }))
		id := b.add(jobs.Spec{Function: "card.import", Identity: "card:5f", Args: map[string]string{"external_id": "5f"},
			Description: "Import card 'Paint the door' into project.task"})
		want := jobs.Job{ID: id, UUID: "uuid-1", Function: "card.import", Backend: "trello", Model: "trello.card",
			Channel: "root.trello", Identity: "card:5f", Pair: "card:5f", ArgsVersion: 1, Args: []byte(`{"external_id":"5f"}`),
			Description: "Import card 'Paint the door' into project.task", State: pend, Priority: 10, MaxRetries: 5,
			Created: noon, Enqueued: noon}
		if got := b.job(id); !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	})
	t.Run("Ensure what is described overrides the defaults", func(t *testing.T) {
		b := newBench(t)
		forEver := 0
		j := b.job(b.add(jobs.Spec{Priority: 3, MaxRetries: &forEver, Channel: "root.slow", ETA: noon.Add(time.Hour)}))
		if j.Priority != 3 || j.MaxRetries != 0 || j.Channel != "root.slow" || !j.ETA.Equal(noon.Add(time.Hour)) {
			t.Errorf("%+v", j)
		}
		if string(j.Args) != "{}" || len(j.UUID) != 36 || j.UUID == b.job(b.add(jobs.Spec{})).UUID {
			t.Errorf("arguments %s, uuid %s", j.Args, j.UUID)
		}
	})
	t.Run("Ensure a job without a function is refused", func(t *testing.T) {
		b := newBench(t)
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, _, err := b.Enqueue(b.ctx(), tx, jobs.Spec{})
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "function") {
			t.Error(err)
		}
	})
	t.Run("Ensure an undone transaction enqueues nothing", func(t *testing.T) {
		b := newBench(t)
		_ = b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{}))
			return errors.Join(err, errors.New("undo"))
		})
		if list, err := b.List(b.ctx(), jobs.Filter{}); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
	})
}

func TestIdentity(t *testing.T) {
	for _, st := range []jobs.State{wait, pend, enqd} {
		t.Run(fmt.Sprintf("Ensure a job that is %s stands for a second one of its identity", st), func(t *testing.T) {
			b := newBench(t)
			id := b.bring(st)
			b.setIdentity(id, "card:5f")
			again, created := b.enqueue(jobs.Spec{Identity: "card:5f", Description: "new name", Args: []int{2}})
			if again != id || created {
				t.Errorf("job %d, created %t; want job %d", again, created, id)
			}
			if j := b.job(id); j.Description != "new name" || string(j.Args) != "{}" || j.State != st {
				t.Errorf("description %q, arguments %s, %s", j.Description, j.Args, j.State)
			}
		})
	}
	for _, st := range []jobs.State{strt, done, canc} {
		t.Run(fmt.Sprintf("Ensure a job that is %s doesn't count", st), func(t *testing.T) {
			b := newBench(t)
			id := b.bring(st)
			b.setIdentity(id, "card:5f")
			again, created := b.enqueue(jobs.Spec{Identity: "card:5f"})
			if again == id || !created {
				t.Errorf("job %d, created %t", again, created)
			}
		})
	}
	t.Run("Ensure a failed job is revived as new", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{Identity: "card:5f", Description: "old"})
		waiting := b.add(jobs.Spec{DependsOn: []int64{id}})
		one := 1
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		again, created := b.enqueue(jobs.Spec{Identity: "card:5f", Description: "new", Args: []int{2}, MaxRetries: &one, Priority: 4})
		j := b.job(id)
		if again != id || !created || j.State != pend || j.Retry != 0 || j.ExcMessage != "" || !j.Finished.IsZero() {
			t.Errorf("job %d, created %t: %+v", again, created, j)
		}
		if j.Description != "new" || string(j.Args) != "[2]" || j.MaxRetries != 1 || j.Priority != 4 {
			t.Errorf("%+v", j)
		}
		if w := b.job(waiting); w.State != wait || w.ExcMessage != "" {
			t.Errorf("%s, still says %q", w.State, w.ExcMessage)
		}
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Done}))
		b.wantState(waiting, done)
	})
	t.Run("Ensure the waiting one stands before a failed one", func(t *testing.T) {
		b := newBench(t)
		failed := b.bring(fail)
		waiting := b.add(jobs.Spec{})
		b.setIdentity(failed, "a")
		b.setIdentity(waiting, "a")
		if id, created := b.enqueue(jobs.Spec{Identity: "a"}); id != waiting || created {
			t.Errorf("job %d, created %t, want %d", id, created, waiting)
		}
	})
	t.Run("Ensure backends don't share identities, and jobs without one don't share any", func(t *testing.T) {
		b := newBench(t)
		ids := []int64{b.add(jobs.Spec{Identity: "1"}), b.add(jobs.Spec{Identity: "1", Backend: "magento"}),
			b.add(jobs.Spec{}), b.add(jobs.Spec{})}
		if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 4 {
			t.Errorf("%v", ids)
		}
	})
	t.Run("Ensure the database itself refuses a second waiting and a second running one", func(t *testing.T) {
		for _, st := range []jobs.State{pend, strt} {
			b := newBench(t)
			b.setIdentity(b.bring(st), string(st))
			second := b.bring(st)
			err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
				_, err := tx.ExecContext(b.ctx(), "UPDATE job SET identity = ?, pair = ? WHERE id = ?", string(st), string(st), second)
				return err
			})
			if !state.IsUniqueViolation(err) {
				t.Errorf("two jobs of one identity are %s (%v)", st, err)
			}
		}
	})
	t.Run("Ensure a job that comes back takes the place of the one that was enqueued meanwhile", func(t *testing.T) {
		for name, back := range map[string]jobs.Outcome{
			"retry":     {Kind: jobs.Retry, Err: errors.New("later")},
			"postponed": {Kind: jobs.Postponed, After: time.Minute},
			"wait":      {Kind: jobs.Wait, Dependencies: []jobs.Spec{card(jobs.Spec{Function: "board.import", ETA: noon.AddDate(1, 0, 0)})}},
		} {
			b := newBench(t)
			id := b.add(jobs.Spec{Identity: "a"})
			var twin, waiting int64
			b.mustHandle(func(jobs.Job) jobs.Outcome {
				twin = b.add(jobs.Spec{Identity: "a", Description: "newer"})
				waiting = b.add(jobs.Spec{DependsOn: []int64{twin}})
				return back
			})
			if tw := b.job(twin); tw.State != canc || !strings.Contains(tw.Result, fmt.Sprintf("job %d", id)) {
				t.Errorf("%s: the twin is %s: %q", name, tw.State, tw.Result)
			}
			if j := b.job(id); j.State != pend && j.State != wait || j.Description != "newer" {
				t.Errorf("%s: %s %q", name, j.State, j.Description)
			}
			if deps := b.job(waiting).DependsOn; !slices.Equal(deps, []int64{id}) {
				t.Errorf("%s: what waited for the twin waits for %v, want %d", name, deps, id)
			}
		}
	})
}

func (b *bench) setIdentity(id int64, identity string) {
	b.t.Helper()
	b.write(func(tx *state.Tx) error {
		_, err := tx.ExecContext(b.ctx(), "UPDATE job SET identity = ?, pair = ? WHERE id = ?", identity, identity, id)
		return err
	})
}

func TestEnqueueAll(t *testing.T) {
	t.Run("Ensure ids come in the order of the specs, whatever becomes of each", func(t *testing.T) {
		b := newBench(t)
		failed := b.add(jobs.Spec{Identity: "failed"})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		waiting := b.add(jobs.Spec{Identity: "waiting"})
		b.write(func(tx *state.Tx) error {
			ids, created, err := b.EnqueueAll(b.ctx(), tx, []jobs.Spec{
				card(jobs.Spec{Identity: "new"}), card(jobs.Spec{Identity: "failed"}), card(jobs.Spec{}),
				card(jobs.Spec{Identity: "waiting"}), card(jobs.Spec{Identity: "new"}), card(jobs.Spec{}),
			})
			want := []int64{3, failed, 4, waiting, 3, 5}
			if !slices.Equal(ids, want) || created != 4 {
				t.Errorf("%v, %d created, want %v, 4 created", ids, created, want)
			}
			return err
		})
	})
	t.Run("Ensure many are enqueued with few statements, twice without a change", func(t *testing.T) {
		b := newBench(t)
		specs := make([]jobs.Spec, 1234)
		for i := range specs {
			specs[i] = card(jobs.Spec{Identity: fmt.Sprint("card:", i), Args: i})
		}
		for _, want := range []int{1234, 0} {
			b.write(func(tx *state.Tx) error {
				ids, created, err := b.EnqueueAll(b.ctx(), tx, specs)
				if created != want || len(ids) != 1234 || ids[1233] != 1234 {
					t.Errorf("%d created, want %d; last id %v", created, want, ids[1233])
				}
				return err
			})
		}
		if j := b.job(1001); string(j.Args) != "1000" || j.Identity != "card:1000" {
			t.Errorf("%+v", j)
		}
	})
	t.Run("Ensure none is none", func(t *testing.T) {
		b := newBench(t)
		b.write(func(tx *state.Tx) error {
			ids, created, err := b.EnqueueAll(b.ctx(), tx, nil)
			if len(ids) != 0 || created != 0 {
				t.Error(ids, created)
			}
			return err
		})
	})
}

type secretArgs struct {
	Key secretKey `json:"key"`
}

// secretKey tells its content in the errors of its encoding, as types of others may.
type secretKey string

func (k secretKey) MarshalJSON() ([]byte, error) { return nil, fmt.Errorf("cannot keep %s", string(k)) }

func TestArguments(t *testing.T) {
	const secret = "hunter2"
	hidden := func(t *testing.T, what string, err error) {
		t.Helper()
		var ae *jobs.ArgsError
		if !errors.As(err, &ae) || ae.Function != "card.import" {
			t.Errorf("%s: %v, want an ArgsError", what, err)
		}
		if strings.Contains(fmt.Sprint(err), secret) || !strings.Contains(fmt.Sprint(err), "card.import") {
			t.Errorf("%s: %v", what, err)
		}
	}
	t.Run("Ensure arguments that cannot be stored are refused without being shown", func(t *testing.T) {
		b := newBench(t)
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, _, err := b.Enqueue(b.ctx(), tx, card(jobs.Spec{Args: secretArgs{Key: secret}}))
			return err
		})
		hidden(t, "enqueue", err)
	})
	t.Run("Ensure arguments that cannot be read fail their job without being shown", func(t *testing.T) {
		b := newBench(t)
		at := jobs.NewFunc("card.import", func(context.Context, string, struct{ At time.Time }) jobs.Outcome {
			t.Error("it was called")
			return jobs.Outcome{Kind: jobs.Done}
		})
		id := b.add(jobs.Spec{Args: map[string]string{"At": secret}})
		_, err := at.Args(b.job(id))
		hidden(t, "decode", err)
		handler := at.Handler(func(context.Context, jobs.Job) (string, error) { return "", nil })
		if _, err := b.worker(handler, jobs.WorkerOptions{}).Run(b.ctx(), jobs.RunFilter{}); err != nil {
			t.Fatal(err)
		}
		j := b.job(id)
		if j.State != fail || j.ExcName != "CON-JOBS-ARGS" || strings.Contains(j.ExcMessage+j.ExcInfo, secret) {
			t.Errorf("%s %s: %s\n%s", j.State, j.ExcName, j.ExcMessage, j.ExcInfo)
		}
	})
	t.Run("Ensure a misfit names its field", func(t *testing.T) {
		f := jobs.NewFunc("card.import", func(context.Context, string, struct{ ID int64 }) jobs.Outcome { return jobs.Outcome{} })
		_, err := f.Args(jobs.Job{Function: "card.import", Args: []byte(`{"ID":"hunter2"}`)})
		hidden(t, "decode", err)
		if !strings.Contains(err.Error(), "field ID") {
			t.Error(err)
		}
	})
}
