package jobs

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// call is a job that is to follow another one of its identity (RunAgain), as the other one keeps it.
type call struct {
	Function    string          `json:"function"`
	Model       string          `json:"model,omitempty"`
	Channel     string          `json:"channel"`
	Pair        string          `json:"pair,omitempty"`
	Args        json.RawMessage `json:"args"`
	ArgsVersion int             `json:"args_version"`
	Description string          `json:"description,omitempty"`
	Priority    int             `json:"priority"`
	ETA         time.Time       `json:"eta,omitzero"`
	MaxRetries  int             `json:"max_retries"`
	TimeLimit   time.Duration   `json:"time_limit,omitempty"`
}

func storedCall(j Job) (string, error) {
	text, err := json.Marshal(call{
		Function: j.Function, Model: j.Model, Channel: j.Channel, Pair: j.Pair, Args: j.Args, ArgsVersion: j.ArgsVersion,
		Description: j.Description, Priority: j.Priority, ETA: j.ETA, MaxRetries: j.MaxRetries, TimeLimit: j.TimeLimit,
	})
	return string(text), err
}

// ownCall stands in the place of a stored call for a job's own one: should the job have to make room for a running one of its
// identity that comes back (absorb), its call is not dropped but follows. A call that may be dropped has none.
const ownCall = "own"

func ownMark(p IdentityPolicy) string {
	if p == KeepFirst {
		return ""
	}
	return ownCall
}

// follow stores what is to run again when a waiting job is done. The last such call counts.
func (b *batch) follow(ctx context.Context, tx *state.Tx) error {
	for _, j := range slices.Concat(b.joined, b.revived) {
		query := "UPDATE job SET next_run = ? WHERE id = ?"
		switch {
		case j.next == "" && !j.replaced:
			continue
		case j.next == "", j.next == ownCall:
			j.next, query = ownCall, query+" AND next_run = ''"
		}
		if _, err := tx.ExecContext(ctx, query, j.next, j.ID); err != nil {
			return err
		}
	}
	return nil
}

// replace gives waiting jobs the arguments of the new call.
func (b *batch) replace(ctx context.Context, tx *state.Tx) error {
	for _, j := range b.joined {
		if !j.replaced {
			continue
		}
		query := "UPDATE job SET args = ?, args_version = ?, priority = ?, eta = ?, due = CASE state WHEN 'pending' THEN ? ELSE 0 END WHERE id = ?"
		_, err := tx.ExecContext(ctx, query, string(j.Args), j.ArgsVersion, j.Priority, state.Micros(j.ETA), dueAt(j.ETA, tx.Now()), j.ID)
		if err != nil {
			return err
		}
	}
	return nil
}

// following gives the call that is to run after the job that this one makes room for; "": none.
func (j Job) following() (string, error) {
	if j.next == ownCall {
		return storedCall(j)
	}
	return j.next, nil
}

// runNext enqueues what was to run again when this job is done, and tells whether that made a job.
func (q *Queue) runNext(ctx context.Context, tx *state.Tx, j Job) (made bool, err error) {
	if j.next == "" || j.next == ownCall {
		return false, nil
	}
	var c call
	if err := json.Unmarshal([]byte(j.next), &c); err != nil {
		return false, fmt.Errorf("read the call that follows job %d: %w", j.ID, err)
	}
	if _, err := tx.ExecContext(ctx, "UPDATE job SET next_run = '' WHERE id = ?", j.ID); err != nil {
		return false, err
	}
	var later int // what came while this one ran, and isn't to be dropped either, is the last such call
	query := "SELECT COUNT(*) FROM job WHERE backend = ? AND identity = ? AND " + waitingStates + " AND next_run <> ''"
	if err := tx.QueryRowContext(ctx, query, j.Backend, j.Identity).Scan(&later); err != nil || later > 0 {
		return false, err
	}
	_, made, err = q.Enqueue(ctx, tx, Spec{
		Policy:   RunAgain,
		Function: c.Function, Backend: j.Backend, Model: c.Model, Channel: c.Channel, Identity: j.Identity, Pair: c.Pair, Args: c.Args,
		ArgsVersion: c.ArgsVersion, Description: c.Description, Priority: c.Priority, ETA: c.ETA, MaxRetries: &c.MaxRetries, TimeLimit: c.TimeLimit,
	})
	return made, err
}
