package jobs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// RetentionRule says how long jobs are kept that ended in a state.
type RetentionRule struct {
	State   State         // done, cancelled or failed
	Channel string        // this one and those below it; "": all
	Keep    time.Duration // after their end; 0 or less: for ever
}

// Retention says how long jobs are kept after their end. For a job the rule of its state counts whose channel is the nearest;
// where none is for it, it is kept for ever.
type Retention []RetentionRule

// DefaultRetention keeps done and cancelled jobs for 30 days, as OCA's queue_job does, and failed ones for ever.
func DefaultRetention() Retention {
	const month = 30 * 24 * time.Hour
	return Retention{{State: StateDone, Keep: month}, {State: StateCancelled, Keep: month}}
}

// With gives the retention with more rules, which count instead of those that it has for the same state and channel.
func (r Retention) With(rules ...RetentionRule) Retention {
	out := slices.Clone(r)
	for _, rule := range rules {
		rule.Channel = fullChannel(rule.Channel)
		out = slices.DeleteFunc(out, func(old RetentionRule) bool {
			return old.State == rule.State && fullChannel(old.Channel) == rule.Channel
		})
		out = append(out, rule)
	}
	return out
}

// fullChannel completes a name, and gives root for none.
func fullChannel(name string) string {
	if full, err := channelName(name); err == nil {
		return full
	}
	return Root
}

// keep tells how long jobs of a state and channel are kept; 0: for ever.
func (r Retention) keep(s State, channel string) time.Duration {
	nearest, keep := -1, time.Duration(0)
	for _, rule := range r {
		name := fullChannel(rule.Channel)
		if rule.State == s && within(channel, name) && len(name) > nearest {
			nearest, keep = len(name), max(rule.Keep, 0)
		}
	}
	return keep
}

// Pruned counts pruned jobs, of one state and channel.
type Pruned struct {
	State   State
	Channel string
	Jobs    int
}

// Prunable counts what [Queue.Prune] would delete now at most: of a graph that didn't end well, jobs that others still depend
// on are kept until these go. It is sorted by state and channel, and counts of nothing are left out.
func (q *Queue) Prunable(ctx context.Context, r Retention) (list []Pruned, err error) {
	err = q.eachPrunable(ctx, r, func(p prunable) error {
		var n int
		query := "SELECT COUNT(*) FROM job WHERE " + p.where
		if err := q.db.Read().QueryRowContext(ctx, query, p.args...).Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			list = append(list, Pruned{p.state, p.channel, n})
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count jobs to prune: %w", q.db.Explain(err))
	}
	return list, nil
}

// Prune deletes the jobs whose time is over, with their attempts, and counts them as [Queue.Prunable] does; what it did stays
// done when ctx ends or the state fails. It goes in pieces that hold the writer for some milliseconds each and leaves the
// writer to others in between, so it may run beside workers, however much there is to delete.
//
// What depends on a pruned done job counts it as done. A failed or cancelled job is kept as long as others depend on it that
// wait, or were cancelled and could be put back.
func (q *Queue) Prune(ctx context.Context, r Retention) (list []Pruned, err error) {
	pace := newPace(q.db.Clock())
	err = q.eachPrunable(ctx, r, func(p prunable) error {
		n, err := q.prune(ctx, p, pace)
		if n > 0 {
			list = append(list, Pruned{p.state, p.channel, n})
		}
		return err
	})
	if err != nil {
		return list, fmt.Errorf("prune jobs: %w", q.db.Explain(err))
	}
	return list, nil
}

// prunable is the jobs of one state and channel whose time is over.
type prunable struct {
	state   State
	channel string
	where   string // its words are those of the index job_ended
	args    []any
	until   int64

	last, lastID int64 // the end and the id of the last one that was seen; 0: none yet
}

// eachPrunable calls fn for every state and channel of which jobs may be pruned.
func (q *Queue) eachPrunable(ctx context.Context, r Retention, fn func(prunable) error) error {
	channels, err := q.usedChannels(ctx)
	if err != nil {
		return err
	}
	for _, s := range []State{StateCancelled, StateDone, StateFailed} {
		for _, channel := range channels {
			keep := r.keep(s, channel)
			if keep == 0 {
				continue
			}
			until := state.Micros(q.db.Clock().Now().Add(-keep))
			p := prunable{state: s, channel: channel, until: until,
				where: "state IN ('done','failed','cancelled') AND state = ? AND finished < ? AND channel = ?", args: []any{s, until, channel}}
			if err := fn(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (q *Queue) usedChannels(ctx context.Context) (names []string, err error) {
	err = each(ctx, q.db.Read(), "SELECT DISTINCT channel FROM job_channel ORDER BY channel", nil, func(rows scanner) error {
		var name string
		err := rows.Scan(&name)
		names = append(names, name)
		return err
	})
	return names, err
}

// looked is how many jobs are looked up at a time, without holding the writer.
const looked = 5000

// prune deletes the jobs of one state and channel, from the last that ended to the first: mostly what depends on others is
// the younger.
func (q *Queue) prune(ctx context.Context, p prunable, pace *pace) (n int, err error) {
	for {
		ids, err := q.overdue(ctx, &p)
		if err != nil {
			return n, err
		}
		for rest := ids; len(rest) > 0; {
			if err := ctx.Err(); err != nil {
				return n, err
			}
			piece := rest[:min(pace.size, len(rest))]
			rest = rest[len(piece):]
			count, err := q.prunePiece(ctx, p, piece, pace)
			n += count
			if err != nil {
				return n, err
			}
			if err := pace.rest(ctx); err != nil {
				return n, err
			}
		}
		if len(ids) < looked {
			return n, nil
		}
	}
}

// overdue gives the next jobs whose time is over, and moves on behind them.
func (q *Queue) overdue(ctx context.Context, p *prunable) (ids []int64, err error) {
	query, args := "SELECT id, finished FROM job WHERE "+p.where, slices.Clone(p.args)
	if p.lastID != 0 {
		query += " AND finished <= ? AND (finished < ? OR id < ?)"
		args = append(args, p.last, p.last, p.lastID)
	}
	query += " ORDER BY finished DESC, id DESC LIMIT ?"
	err = each(ctx, q.db.Read(), query, append(args, looked), func(rows scanner) error {
		err := rows.Scan(&p.lastID, &p.last)
		ids = append(ids, p.lastID)
		return err
	})
	return ids, err
}

// prunePiece deletes some jobs: those that are still as they were seen and that nobody needs.
func (q *Queue) prunePiece(ctx context.Context, p prunable, ids []int64, pace *pace) (n int, err error) {
	err = pace.measure(func(begun func()) error {
		return q.db.Write(ctx, func(tx *state.Tx) (err error) {
			begun()
			n = 0
			free := ids
			if p.state != StateDone {
				if free, err = p.unneeded(ctx, tx, ids); err != nil || len(free) == 0 {
					return err
				}
			}
			padded := pad(free)
			query := "DELETE FROM job WHERE state = ? AND finished < ? AND id IN " + marks(len(padded))
			res, err := tx.ExecContext(ctx, query, append([]any{p.state, p.until}, anys(padded)...)...)
			if err != nil {
				return err
			}
			count, err := res.RowsAffected()
			n = int(count)
			return err
		})
	})
	return n, err
}

// unneeded gives those of the jobs on which nothing depends but others of them.
func (p prunable) unneeded(ctx context.Context, tx *state.Tx, ids []int64) ([]int64, error) {
	padded := pad(ids)
	query := `SELECT d.depends_on, d.job_id, CASE WHEN w.state = ? AND w.finished < ? THEN 1 ELSE 0 END
		FROM job_dependency AS d JOIN job AS w ON w.id = d.job_id
		WHERE w.state IN ('wait_dependencies','cancelled') AND d.depends_on IN ` + marks(len(padded))
	needs := map[int64][]int64{} // by job, what it depends on
	free := make(map[int64]bool, len(ids))
	for _, id := range ids {
		free[id] = true
	}
	var kept []int64
	err := each(ctx, tx, query, append([]any{p.state, p.until}, anys(padded)...), func(rows scanner) error {
		var on, by int64
		var over bool
		err := rows.Scan(&on, &by, &over)
		if needs[by] = append(needs[by], on); !free[by] || !over {
			kept, free[by] = append(kept, by), false
		}
		return err
	})
	for len(kept) > 0 {
		for _, on := range needs[kept[0]] {
			if free[on] {
				free[on] = false
				kept = append(kept, on)
			}
		}
		kept = kept[1:]
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return !free[id] }), err
}
