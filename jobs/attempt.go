package jobs

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Attempt is one run of a job that has ended, or, as the last of the list, the one that it is in.
type Attempt struct {
	Number   int    // in the order of the runs, from 1; those that were given back before their end have no entry and no number
	Outcome  string // retry, failed, wait, paused, postponed, worker died, done; started while it runs
	Started  time.Time
	Finished time.Time // zero while it runs
	Worker   string

	Result     string
	ExcName    string
	ExcMessage string
	ExcInfo    string
}

// workerDied is the outcome of an attempt of which nobody told the end.
const workerDied = "worker died"

// attemptOutcome names the end of a run; "" where the job itself keeps all there is to know.
func attemptOutcome(kind OutcomeKind, to State) string {
	switch to {
	case StateDone:
		return ""
	case StateFailed:
		return string(StateFailed)
	default:
		return kind.String()
	}
}

// noteAttempt keeps a run's end, for the job shows the last one only.
func noteAttempt(ctx context.Context, tx *state.Tx, j Job, outcome string, why failure) error {
	if outcome == "" {
		return nil
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO job_attempt (job_id, attempt, outcome, started, finished, worker, result, exc_name,
		exc_message, exc_info) VALUES (?,?,?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING`,
		j.ID, j.claims, outcome, state.Micros(j.Started), state.Micros(tx.Now()), j.Worker, j.Result, why.name, why.message, why.info)
	return err
}

// Attempts gives the runs of a job, oldest first. An unknown id gives a *NotFoundError.
func (q *Queue) Attempts(ctx context.Context, id int64) (list []Attempt, err error) {
	j, err := get(ctx, q.db.Read(), id)
	if err != nil {
		return nil, q.db.Explain(err)
	}
	err = each(ctx, q.db.Read(), `SELECT outcome, started, finished, worker, result, exc_name, exc_message, exc_info
		FROM job_attempt WHERE job_id = ? ORDER BY attempt`, []any{id}, func(rows scanner) error {
		var a Attempt
		var started, finished int64
		err := rows.Scan(&a.Outcome, &started, &finished, &a.Worker, &a.Result, &a.ExcName, &a.ExcMessage, &a.ExcInfo)
		a.Started, a.Finished = state.FromMicros(started), state.FromMicros(finished)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the attempts of job %d: %w", id, q.db.Explain(err))
	}
	if (j.State == StateDone || j.State == StateStarted) && !j.Started.IsZero() {
		list = append(list, Attempt{Outcome: string(j.State), Started: j.Started, Finished: j.Finished,
			Worker: j.Worker, Result: j.Result})
	}
	for i := range list {
		list[i].Number = i + 1
	}
	return list, nil
}
