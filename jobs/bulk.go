package jobs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Bulk is what was done to the jobs that a filter selected.
type Bulk struct {
	Changed int     // jobs that are now as was asked for, those that came along included
	Same    int     // were so before
	Refused int     // were left alone
	Reasons []error // why, of the first twenty; each is of a type that the act on a single job documents
}

const maxReasons = 20

// RequeueAll is [Queue.Requeue] for all jobs that a filter selects; [Queue.Count] tells beforehand how many. Jobs that wait
// for others are let be. It works in transactions that hold the writer for some milliseconds each: what was done stays done
// when ctx ends or the state fails, which is the error. An unusable filter gives a *FilterError.
func (q *Queue) RequeueAll(ctx context.Context, f Filter) (Bulk, error) {
	return q.all(ctx, f, "put back", func(ctx context.Context, tx *state.Tx, j Job) (int, error) {
		if j.State == StateWaitDependencies {
			return 0, nil
		}
		return 1, q.Requeue(ctx, tx, j.ID)
	})
}

// CancelAll is [Queue.Cancel] for all jobs that a filter selects; see [Queue.RequeueAll].
func (q *Queue) CancelAll(ctx context.Context, f Filter) (Bulk, error) {
	return q.all(ctx, f, "cancel", func(ctx context.Context, tx *state.Tx, j Job) (int, error) { return q.Cancel(ctx, tx, j.ID) })
}

// SetDoneAll is [Queue.SetDone] for all jobs that a filter selects; see [Queue.RequeueAll].
func (q *Queue) SetDoneAll(ctx context.Context, f Filter) (Bulk, error) {
	return q.all(ctx, f, "set done", func(ctx context.Context, tx *state.Tx, j Job) (int, error) {
		if j.State == StateDone {
			return 0, nil
		}
		return 1, q.SetDone(ctx, tx, j.ID)
	})
}

// DeleteAll is [Queue.Delete] for all jobs that a filter selects, none of which takes others along: one on which others depend
// is deleted where these are selected too. See [Queue.RequeueAll].
func (q *Queue) DeleteAll(ctx context.Context, f Filter) (Bulk, error) {
	f.Sort = Sort{Key: SortID, Descending: true} // mostly those that depend on others are the younger ones
	return q.all(ctx, f, "delete", func(ctx context.Context, tx *state.Tx, j Job) (int, error) { return q.Delete(ctx, tx, j.ID, false) })
}

// SetAll is [Queue.Set] for all jobs that a filter selects; see [Queue.RequeueAll].
func (q *Queue) SetAll(ctx context.Context, f Filter, c Changes) (Bulk, error) {
	return q.all(ctx, f, "change", func(ctx context.Context, tx *state.Tx, j Job) (int, error) { return 1, q.Set(ctx, tx, j.ID, c) })
}

// act does something to one job and gives the number of jobs that it changed.
type act func(ctx context.Context, tx *state.Tx, j Job) (int, error)

// all does something to each job of a filter, and comes back to those that were refused as long as that helps: they may have
// depended on one that came later.
func (q *Queue) all(ctx context.Context, f Filter, name string, do act) (out Bulk, err error) {
	ids, err := q.selected(ctx, f)
	for progress := true; err == nil && progress && len(ids) > 0; {
		before := out.Changed
		out.Refused, out.Reasons = 0, nil
		ids, err = q.pass(ctx, f, ids, do, &out)
		progress = out.Changed > before
	}
	if err != nil {
		return out, fmt.Errorf("%s jobs: %w", name, q.db.Explain(err))
	}
	return out, nil
}

// selected gives the ids of a filter's jobs in its order.
func (q *Queue) selected(ctx context.Context, f Filter) (ids []int64, err error) {
	at := cursor{Sort: f.Sort.String(), AsOf: state.Micros(q.db.Clock().Now())}
	if f.After != "" {
		if at, err = parseCursor(f.After, f.Sort); err != nil {
			return nil, err
		}
	}
	query, args, err := f.rankQuery(at)
	if err != nil {
		return nil, err
	}
	err = each(ctx, q.db.Read(), query, args, func(rows scanner) error {
		var id, value int64
		err := rows.Scan(&id, &value)
		ids = append(ids, id)
		return err
	})
	if f.Limit > 0 && len(ids) > f.Limit { // the query reads one more
		ids = ids[:f.Limit]
	}
	return ids, err
}

// pass goes through jobs once and gives those that were refused.
func (q *Queue) pass(ctx context.Context, f Filter, ids []int64, do act, out *Bulk) (refused []int64, err error) {
	p := newPace(q.db.Clock())
	for len(ids) > 0 {
		if err := ctx.Err(); err != nil {
			return refused, err
		}
		n := min(p.size, len(ids))
		piece, result := ids[:n], Bulk{}
		var again []int64
		err := p.measure(func(begun func()) error {
			return q.db.Write(ctx, func(tx *state.Tx) (err error) {
				begun()
				result = Bulk{}
				again, err = q.piece(ctx, tx, f, piece, do, &result)
				return err
			})
		})
		if err != nil {
			return refused, err
		}
		out.add(result)
		refused, ids = append(refused, again...), ids[n:]
		if len(ids) > 0 {
			if err := p.rest(ctx); err != nil {
				return refused, err
			}
		}
	}
	return refused, nil
}

func (b *Bulk) add(more Bulk) {
	b.Changed, b.Same, b.Refused = b.Changed+more.Changed, b.Same+more.Same, b.Refused+more.Refused
	b.Reasons = append(b.Reasons, more.Reasons[:min(len(more.Reasons), maxReasons-len(b.Reasons))]...)
}

// piece does something to some jobs within one transaction.
func (q *Queue) piece(ctx context.Context, tx *state.Tx, f Filter, ids []int64, do act, out *Bulk) (refused []int64, err error) {
	for _, id := range ids {
		j, err := get(ctx, tx, id)
		var gone *NotFoundError
		if errors.As(err, &gone) || err == nil && len(f.States) > 0 && !slices.Contains(f.States, j.State) {
			continue // it is no longer what was selected
		}
		n := 0
		if err == nil {
			err = tx.Savepoint(ctx, func() (err error) {
				n, err = do(ctx, tx, j)
				return err
			})
		}
		switch {
		case err != nil && !isRefusal(err):
			return nil, err
		case err != nil:
			out.Refused++
			refused = append(refused, id)
			if len(out.Reasons) < maxReasons {
				out.Reasons = append(out.Reasons, err)
			}
		case n == 0:
			out.Same++
		default:
			out.Changed += n
		}
	}
	return refused, nil
}

// isRefusal tells whether an error is about the one job that something was to be done to.
func isRefusal(err error) bool {
	var transition *TransitionError
	var twin *TwinError
	var missing *NotFoundError
	var circle *CycleError
	var refused *RefusedError
	var depended *DependentsError
	return errors.As(err, &transition) || errors.As(err, &twin) || errors.As(err, &missing) || errors.As(err, &circle) ||
		errors.As(err, &refused) || errors.As(err, &depended)
}

// pace sizes pieces of work so that each holds the writer for about as long as others may be kept waiting.
type pace struct {
	clock state.Clock
	size  int
	last  time.Duration // how long the last piece held the writer
}

const (
	holdTarget = 10 * time.Millisecond
	firstPiece = 50
	leastPiece = 5
	mostPieces = 2000
)

func newPace(clock state.Clock) *pace { return &pace{clock: clock, size: firstPiece} }

// measure runs a piece, which says when it has begun to hold the writer, and sizes the next one by it.
func (p *pace) measure(piece func(begun func()) error) error {
	begin := p.clock.Now()
	err := piece(func() { begin = p.clock.Now() })
	p.last = p.clock.Now().Sub(begin)
	next := 2 * p.size
	if p.last > 0 {
		next = min(next, int(float64(p.size)*float64(holdTarget)/float64(p.last)))
	}
	p.size = min(max(next, leastPiece), mostPieces)
	return err
}

// rest lets others have the writer, for as long as the last piece held it.
func (p *pace) rest(ctx context.Context) error {
	return p.clock.Sleep(ctx, max(p.last, time.Millisecond))
}
