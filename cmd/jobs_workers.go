package cmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/jobs"
)

func (a *app) jobsWorkers() *cobra.Command {
	return &cobra.Command{
		Use: "workers", Short: "Show who works on jobs, and what each has in hand", Args: cobra.NoArgs,
		Long: `workers shows the processes that run jobs: whether each is alive, since when, and which jobs it has in
hand for how long. A job that goes on although its time limit is over is called stuck. What a dead
worker had in hand is taken back by the next process that runs jobs.

A ` + "`connector watch`" + ` between its rounds, and a ` + "`connector work`" + ` that waits for another process's lock,
stand by. On PostgreSQL one that was killed is taken for alive for a minute, for three if it stood by.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs channels`, `connector status`.",
		Example: "  connector jobs workers\n  connector --output json jobs workers",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withQueue(c.Context(), func(q *jobs.Queue) error { return a.showWorkers(c.Context(), q) })
		},
	}
}

// workerView is a worker as `--output json` shows it.
type workerView struct {
	ID        string          `json:"id"`
	Alive     bool            `json:"alive"`
	StandsBy  bool            `json:"stands_by"` // it waits for something to do, and has nothing in hand
	Started   *time.Time      `json:"started"`
	Heartbeat *time.Time      `json:"heartbeat,omitempty"` // of one that lives by a lease
	Lease     *time.Time      `json:"lease,omitempty"`     // until when it is taken for alive
	Info      json.RawMessage `json:"info,omitempty"`      // what it noted of itself
	InHand    []sliceView     `json:"in_hand"`

	note    workerNote
	process string
}

// sliceView is a slice of jobs in a worker's hands.
type sliceView struct {
	Jobs    []int64    `json:"jobs"`
	Started *time.Time `json:"started"`
	Stuck   bool       `json:"stuck"`

	first jobs.Job
	limit time.Duration // 0: for ever
}

// workersOf describes all workers of a queue.
func (a *app) workersOf(ctx context.Context, q *jobs.Queue) ([]workerView, error) {
	list, err := q.Workers(ctx)
	if err != nil {
		return nil, err
	}
	started, err := q.List(ctx, jobs.Filter{States: []jobs.State{jobs.StateStarted}})
	if err != nil {
		return nil, err
	}
	views := make([]workerView, len(list))
	for i, w := range list {
		views[i] = a.workerOf(w, started)
	}
	return withoutBusy(views), nil
}

// withoutBusy leaves out of those who stand by the backends that a worker of the same process works on, and those who have none left.
func withoutBusy(all []workerView) []workerView {
	views := []workerView{}
	for _, v := range all {
		if v.StandsBy {
			had := len(v.note.Backends)
			v.note.Backends = slices.DeleteFunc(v.note.Backends, func(name string) bool {
				return slices.ContainsFunc(all, func(w workerView) bool { return w.worksOn(name, v.process) })
			})
			if had > 0 && len(v.note.Backends) == 0 {
				continue
			}
		}
		views = append(views, v)
	}
	return views
}

// worksOn tells whether it is a worker of that process for that backend.
func (w workerView) worksOn(backend, process string) bool {
	return !w.StandsBy && w.process == process && slices.Contains(w.note.Backends, backend)
}

func (a *app) showWorkers(ctx context.Context, q *jobs.Queue) error {
	views, err := a.workersOf(ctx, q)
	if err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(workersView{views})
	}
	if len(views) == 0 {
		_, _ = fmt.Fprintln(a.hints(), "`connector sync` is among them only while it runs jobs") // beside the answer
		_, err := fmt.Fprintln(a.out, "No workers.")
		return err
	}
	return a.tableOfWorkers(views)
}

// workerOf describes a worker by what it noted and by the jobs that name it.
func (a *app) workerOf(w jobs.WorkerInfo, started []jobs.Job) workerView {
	v := workerView{ID: w.ID, Alive: w.Alive, StandsBy: w.StandsBy(), Started: optional(w.Started), InHand: []sliceView{}, process: w.Process()}
	if !w.Lease.IsZero() {
		v.Heartbeat, v.Lease = optional(w.Heartbeat), optional(w.Lease)
	}
	if json.Unmarshal(w.Info, &v.note) == nil && string(w.Info) != "null" {
		v.Info = w.Info
	}
	at := map[time.Time]int{} // the jobs of a slice start at the same instant
	for _, j := range started {
		if j.Worker != w.ID {
			continue
		}
		limit := j.TimeLimit
		if limit == 0 {
			limit = time.Duration(v.note.TimeLimit) * time.Second
		}
		i, known := at[j.Started]
		if !known {
			i, at[j.Started] = len(v.InHand), len(v.InHand)
			v.InHand = append(v.InHand, sliceView{Started: optional(j.Started), first: j})
		}
		v.InHand[i].Jobs = append(v.InHand[i].Jobs, j.ID)
		v.InHand[i].limit += limit
	}
	for i, h := range v.InHand {
		v.InHand[i].Stuck = w.Alive && h.limit > 0 && a.clock.Now().Sub(h.first.Started) > h.limit
	}
	return v
}

func (a *app) tableOfWorkers(views []workerView) error {
	rows := [][]string{{"WORKER", "STATE", "SINCE", "COMMAND", "IN HAND"}}
	for _, v := range views {
		id, state := v.ID, "alive"
		if v.StandsBy {
			id, state = v.process, "stands by"
		}
		if !v.Alive {
			state = "dead"
		}
		row := []string{id, state, when(*v.Started), v.note.String(), ""}
		for _, h := range v.InHand {
			row[4] = a.sliceOf(h)
			rows = append(rows, row)
			row = make([]string, 5)
		}
		if len(v.InHand) == 0 {
			rows = append(rows, row)
		}
	}
	return a.print(layOut(rows, a.columnsOf(), 4))
}

// sliceOf is a slice in a line.
func (a *app) sliceOf(h sliceView) string {
	text := fmt.Sprintf("job %d: %s", h.first.ID, cut(h.first.Description, 50))
	if more := len(h.Jobs) - 1; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	text += ", for " + span(a.clock.Now().Sub(h.first.Started))
	if h.Stuck {
		text += ", stuck"
	}
	return text
}
