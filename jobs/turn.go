package jobs

import (
	"context"

	"github.com/odoo-connector/connector/state"
)

// turn is a transaction that stores how runs of jobs ended and claims the next slices: one wait for the disk instead of two.
type turn struct {
	queue  *Queue
	list   []*ended
	owner  string
	filter ClaimFilter
	early  bool        // it is over when it is committed; settle then waits until it is safe
	goesOn func() bool // asked once the outcomes are stored, whether to claim; nil: no

	done    []*doneBatch // sent with what begins the transaction
	seen    *sight       // looked at along with that
	claimed *Claimed     // nil: nothing was looked for, or that failed
	settle  func() error // nil: it is safe, or failed
}

// run stores the outcomes. A claim that fails doesn't take them along: nothing is claimed then, and whoever claims next, in a
// transaction of its own, meets the same trouble and tells it.
func (t *turn) run(ctx context.Context) error {
	for _, e := range t.list {
		if !e.plain() || e.outcome.Durable {
			return t.inParts(ctx)
		}
	}
	err := t.together(ctx)
	if err != nil && t.goesOn != nil && !hopeless(err) {
		t.goesOn, t.claimed = nil, nil
		err = t.together(ctx)
	}
	return err
}

// together stores plain outcomes. They can be stored once more where the claim undid that, as they have no effect beside.
func (t *turn) together(ctx context.Context) error {
	var c *claim
	err := t.write(ctx, func(tx *state.Tx) (err error) {
		for _, b := range t.done {
			if err := b.settle(ctx, tx); err != nil {
				return err
			}
			if len(b.depended) > 0 {
				t.seen = nil // those that waited stand in the line now
			}
		}
		if t.goesOn != nil && t.goesOn() {
			c, err = t.queue.claimIn(ctx, tx, t.owner, t.filter, t.seen)
		}
		return err
	})
	t.take(c, err)
	return err
}

// write runs the transaction.
func (t *turn) write(ctx context.Context, fn func(*state.Tx) error) (err error) {
	if !t.early {
		return t.queue.db.WriteAfter(ctx, t.first, fn)
	}
	t.settle, err = t.queue.db.WriteEarly(ctx, t.first, fn)
	return err
}

// first is what the transaction begins with.
func (t *turn) first() (list []state.Statement) {
	t.done, t.seen = doneBatches(t.list), nil
	for _, b := range t.done {
		list = append(list, t.queue.doneStatement(b, state.TxNow{}))
	}
	if t.goesOn != nil {
		t.seen = &sight{}
		list = append(list, t.seen.look(t.queue.db.Dialect(), state.TxNow{}, t.filter.heads()))
	}
	return list
}

// inParts stores outcomes of any kind; the claim is a part of the transaction that can fail alone.
func (t *turn) inParts(ctx context.Context) error {
	write := t.queue.db.Write
	for _, e := range t.list {
		if e.outcome.Durable {
			write = t.queue.db.WriteDurable
		}
	}
	var c *claim
	err := write(ctx, func(tx *state.Tx) error {
		if err := t.queue.storeAll(ctx, tx, t.list); err != nil || t.goesOn == nil || !t.goesOn() {
			return err
		}
		claimErr := tx.Savepoint(ctx, func() (err error) {
			c, err = t.queue.claimIn(ctx, tx, t.owner, t.filter, nil)
			return err
		})
		if claimErr != nil {
			c = nil
		}
		return nil
	})
	t.take(c, err)
	return err
}

// take keeps what was claimed by a transaction that stands.
func (t *turn) take(c *claim, err error) {
	if c == nil || err != nil {
		return
	}
	if claimed, err := c.result(); err == nil {
		t.claimed = &claimed
	}
}
