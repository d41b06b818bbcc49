package jobs_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func (b *bench) wantWhy(id int64, kind jobs.WaitKind, parts ...string) {
	b.t.Helper()
	w, err := b.WhyWaiting(b.ctx(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	if w.Kind != kind || strings.Contains(w.Text, "\n") {
		b.t.Errorf("job %d waits for %q (%s), want %q", id, w.Kind, w.Text, kind)
	}
	for _, part := range parts {
		if !strings.Contains(w.Text, part) {
			b.t.Errorf("job %d: %q doesn't say %q", id, w.Text, part)
		}
	}
}

func (b *bench) pause(p jobs.Pause) {
	b.t.Helper()
	b.write(func(tx *state.Tx) error { return b.Pause(b.ctx(), tx, p) })
}

func TestWhyWaiting(t *testing.T) {
	in := func(t *testing.T, channels string) *bench {
		t.Helper()
		c, err := jobs.ParseChannels(channels)
		if err != nil {
			t.Fatal(err)
		}
		return newBench(t, jobs.WithChannels(c))
	}
	t.Run("Ensure that a job in line says who is before it, and the first one that nothing keeps it", func(t *testing.T) {
		b := in(t, "root:0")
		first, second, third := b.add(jobs.Spec{}), b.add(jobs.Spec{}), b.add(jobs.Spec{})
		b.wantWhy(first, jobs.WaitsForWorker)
		b.wantWhy(second, jobs.WaitsInLine, "behind one job of channel root.trello")
		b.wantWhy(third, jobs.WaitsInLine, "behind 2 jobs")
	})
	t.Run("Ensure that a full channel says how many it runs, its own or one above", func(t *testing.T) {
		b := in(t, "root:4,root.trello:1,root.trello.import:0")
		b.add(jobs.Spec{Channel: "trello.import"})
		waits := b.add(jobs.Spec{Channel: "trello.import"})
		b.claim(1)
		b.wantWhy(waits, jobs.WaitsForSlot, "root.trello is full: 1 of 1")
	})
	t.Run("Ensure that a pause says what is paused, until when and why", func(t *testing.T) {
		b := in(t, "root:0")
		id := b.add(jobs.Spec{})
		b.pause(jobs.Pause{Scope: jobs.PauseChannel, Name: "trello", Reason: "new\nserver"})
		b.wantWhy(id, jobs.WaitsPaused, "channel root.trello is paused: new server")
		b.pause(jobs.Pause{Scope: jobs.PauseAll, Until: b.clock.Now().Add(time.Hour)})
		b.wantWhy(id, jobs.WaitsPaused, "everything is paused until ")
	})
	t.Run("Ensure that an eta and a later attempt say when", func(t *testing.T) {
		b := in(t, "root:0")
		later := b.add(jobs.Spec{ETA: noon.Add(2 * time.Hour)})
		b.wantWhy(later, jobs.WaitsForETA, "its time comes in 2h")
		again := b.add(jobs.Spec{})
		b.claimAndFinish(jobs.Outcome{Kind: jobs.Retry, After: 90 * time.Second, Err: errors.New("server error")})
		b.wantWhy(again, jobs.WaitsForETA, "attempt 2 comes in 1m30s, after: server error")
	})
	t.Run("Ensure that a busy record says which job works on it", func(t *testing.T) {
		b := in(t, "root:0")
		running := b.add(jobs.Spec{Pair: "trello.card:1"})
		b.claim(1)
		b.wantWhy(b.add(jobs.Spec{Pair: "trello.card:1"}), jobs.WaitsForPair, "job 1 works on the same record")
		b.wantWhy(running, "")
	})
	t.Run("Ensure that a throttled channel says when it opens", func(t *testing.T) {
		b := in(t, "root.trello:0:throttle=10")
		b.add(jobs.Spec{})
		waits := b.add(jobs.Spec{})
		b.claim(1)
		b.wantWhy(waits, jobs.WaitsThrottled, "root.trello starts a job every 10s, the next in ")
	})
	t.Run("Ensure that a sequential channel names the job that stops it", func(t *testing.T) {
		b := in(t, "root.trello:1:sequential")
		failed := b.add(jobs.Spec{})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		waits := b.add(jobs.Spec{})
		b.wantWhy(waits, jobs.WaitsInOrder, "job 1 before it failed")
		b.write(func(tx *state.Tx) error { return b.SetDone(b.ctx(), tx, failed) })
		b.wantWhy(waits, jobs.WaitsForWorker)
		b.add(jobs.Spec{Priority: 1, ETA: noon.Add(time.Hour)})
		b.wantWhy(waits, jobs.WaitsInOrder, "job 3 before it waits for its time")
	})
	t.Run("Ensure that a dependency says what keeps the job at its root", func(t *testing.T) {
		b := in(t, "root:0")
		root := b.add(jobs.Spec{Description: "Import the board", ETA: noon.Add(time.Hour)})
		middle := b.add(jobs.Spec{Description: "Import the list", DependsOn: []int64{root}})
		last := b.add(jobs.Spec{DependsOn: []int64{middle}})
		b.wantWhy(last, jobs.WaitsForDependency, "waits for job 2 (Import the list), and so for job 1, which is pending: its time comes in 1h")
		b.wantWhy(b.add(jobs.Spec{DependsOn: []int64{root, middle}}), jobs.WaitsForDependency, "job 1 (Import the board) and 1 more, which is pending")
	})
	t.Run("Ensure that a failed or cancelled dependency is named, however far up it is", func(t *testing.T) {
		b := in(t, "root:0")
		root := b.add(jobs.Spec{Description: "Import the board"})
		middle := b.add(jobs.Spec{DependsOn: []int64{root}})
		last := b.add(jobs.Spec{DependsOn: []int64{middle, b.add(jobs.Spec{ETA: noon.Add(time.Hour)})}})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("a field is\nmissing")}))
		b.wantWhy(middle, jobs.WaitsForFailed, "waits for job 1 (Import the board), which failed: a field is missing")
		b.wantWhy(last, jobs.WaitsForFailed, "waits through others for job 1")
	})
	t.Run("Ensure that a job that has ended waits for nothing, and one that there is none of is refused", func(t *testing.T) {
		b := in(t, "root:0")
		b.wantWhy(b.bring(jobs.StateDone), "")
		var unknown *jobs.NotFoundError
		if _, err := b.WhyWaiting(b.ctx(), 99); !errors.As(err, &unknown) {
			t.Error(err)
		}
	})
}

// claimAndFinish runs the next job with an outcome.
func (b *bench) claimAndFinish(o jobs.Outcome) {
	b.t.Helper()
	w := b.worker(each(always(o)), jobs.WorkerOptions{})
	if _, err := w.Run(b.ctx(), jobs.RunFilter{Backend: "trello", NoHold: true}); err != nil {
		b.t.Fatal(err)
	}
}

func TestOutages(t *testing.T) {
	t.Run("Ensure a job whose backend is out says so, until a run reached it", func(t *testing.T) {
		b := newBench(t)
		id := b.add(jobs.Spec{})
		b.write(func(tx *state.Tx) error {
			_, err := tx.ExecContext(b.ctx(), "INSERT INTO backend_state (backend, reason, since, last_run) VALUES ('trello', 'nobody there', ?, ?)",
				state.Micros(noon), state.Micros(noon.Add(time.Minute)))
			return err
		})
		w, err := b.WhyWaiting(b.ctx(), id)
		if err != nil || w.Kind != jobs.WaitsForBackend || !strings.Contains(w.Text, "backend trello is out since") || !strings.HasSuffix(w.Text, "nobody there") {
			t.Errorf("%+v, %v", w, err)
		}
		b.write(func(tx *state.Tx) error {
			_, err := tx.ExecContext(b.ctx(), "UPDATE backend_state SET reason = '', since = 0")
			return err
		})
		if list, err := b.Outages(b.ctx()); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		if w, err := b.WhyWaiting(b.ctx(), id); err != nil || w.Kind != jobs.WaitsForWorker {
			t.Errorf("%+v, %v", w, err)
		}
	})
}
