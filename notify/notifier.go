package notify

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// Timeout is how long one message may take.
const Timeout = 10 * time.Second

// The waits after a message that didn't get through: doubled each time.
const (
	firstRetry = time.Minute
	lastRetry  = time.Hour
)

// Options are what a Notifier is told.
type Options struct {
	Receivers []config.Notify
	Schedule  []string // names of the entries that are to run
	Dir       string   // where commands run
	Host      string   // the name of this machine in messages; its own where left out
}

// Notifier finds troubles in a state and tells the receivers of them.
type Notifier struct {
	db      *state.DB
	queue   *jobs.Queue
	options Options
}

// New gives the notifier of a state. Receivers that are pings are left out: see [Pinger].
func New(db *state.DB, q *jobs.Queue, o Options) *Notifier {
	if o.Host == "" {
		o.Host, _ = os.Hostname() // without a name it is just connector
	}
	var told []config.Notify
	for _, r := range o.Receivers {
		if r.Ping.IsZero() {
			told = append(told, r)
		}
	}
	o.Receivers = told
	return &Notifier{db: db, queue: q, options: o}
}

// Begin notes that receivers which have not been told of anything yet are told of what happens from now on.
func (n *Notifier) Begin(ctx context.Context) error {
	for _, r := range n.options.Receivers {
		if _, err := n.position(ctx, r); err != nil {
			return fmt.Errorf("begin to watch for %s: %w", r.Name, err)
		}
	}
	return nil
}

// Tick looks for troubles and sends what is due, to all receivers at once. It takes no longer than [Timeout] and a little. The
// error joins what is wrong with the state, and a *SendError for each receiver that could not be reached; it is told again what
// it was to be told.
func (n *Notifier) Tick(ctx context.Context) error {
	errs := make([]error, len(n.options.Receivers))
	var wait sync.WaitGroup
	for i, r := range n.options.Receivers {
		wait.Go(func() {
			if errs[i] = n.look(ctx, r); errs[i] == nil {
				errs[i] = n.flush(ctx, r)
			}
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// Keep ticks until ctx ends, and then once more. What goes wrong is given to failed, if that is not nil.
func (n *Notifier) Keep(ctx context.Context, every time.Duration, failed func(error)) {
	tick := func(ctx context.Context) {
		if err := n.Tick(ctx); err != nil && failed != nil {
			failed(err)
		}
	}
	for n.db.Clock().Sleep(ctx, every) == nil {
		tick(ctx)
	}
	tick(context.WithoutCancel(ctx))
}

// Status is what is known of a receiver.
type Status struct {
	config.Notify
	Sent    time.Time // when the last message got through; zero: never
	Waiting int       // lines of the next message
	Next    time.Time // it is not sent before; zero: at once
	Problem string    // why the last attempt failed
}

// Statuses tells of each receiver.
func (n *Notifier) Statuses(ctx context.Context) ([]Status, error) {
	list := make([]Status, len(n.options.Receivers))
	for i, r := range n.options.Receivers {
		list[i].Notify = r
		var sent, next int64
		row := n.db.Read().QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM notify_item WHERE receiver = ?),
			COALESCE(MAX(sent), 0), COALESCE(MAX(next), 0), COALESCE(MAX(problem), '') FROM notify_receiver WHERE name = ?`, r.Name, r.Name)
		if err := row.Scan(&list[i].Waiting, &sent, &next, &list[i].Problem); err != nil {
			return nil, fmt.Errorf("read what %s was told: %w", r.Name, n.db.Explain(err))
		}
		list[i].Sent, list[i].Next = state.FromMicros(sent), state.FromMicros(next)
	}
	return list, nil
}

// position is the instant up to which a receiver's troubles were looked for; it begins now where there is none.
func (n *Notifier) position(ctx context.Context, r config.Notify) (at time.Time, err error) {
	var us int64
	query := "SELECT COALESCE(MAX(position), 0) FROM notify_receiver WHERE name = ?"
	if err := n.db.Read().QueryRowContext(ctx, query, r.Name).Scan(&us); err != nil || us > 0 {
		return state.FromMicros(us), n.db.Explain(err)
	}
	err = n.db.Write(ctx, func(tx *state.Tx) error {
		at = tx.Now()
		_, err := tx.ExecContext(ctx, "INSERT INTO notify_receiver (name, position) VALUES (?,?) ON CONFLICT DO NOTHING", r.Name, state.Micros(at))
		return err
	})
	return at, err
}
