package state

import (
	"context"
	"errors"
	"fmt"
)

// One name serves every depth: both databases keep savepoints of one name apart, and mean the innermost.
const (
	setSavepoint     = "SAVEPOINT part"
	forgetSavepoint  = "RELEASE SAVEPOINT part"
	restoreSavepoint = "ROLLBACK TO SAVEPOINT part"
)

// Savepoint runs fn as a part of the transaction that can fail alone: an error or a panic of fn undoes what fn wrote and
// nothing else, the error comes back as it is, the panic goes on, and the transaction can be used further. Savepoints
// nest.
//
// Where the database gave up the whole transaction (SQLite does when the disk is full), there is nothing left to
// go on with: the error says so beside fn's own, every later statement fails with sql.ErrTxDone, and so does the commit.
func (t *Tx) Savepoint(ctx context.Context, fn func() error) (err error) {
	if err := t.Later(ctx, Statement{Query: setSavepoint}); err != nil {
		return err
	}
	inside := t.mark()
	returned := false
	defer func() {
		if err == nil && returned {
			return
		}
		if failed := t.restore(ctx, inside); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	err = fn()
	returned = true
	if err == nil {
		err = t.release(ctx, inside)
	}
	return err
}

// mark tells this moment to what looks at the statements that wait since then.
func (t *Tx) mark() int {
	if t.run.queue == nil {
		return 0
	}
	return t.run.queue.mark()
}

// release forgets the innermost savepoint. What waits inside of it, to be run later, must be run before; it fails where a
// statement did whose error fn kept to itself.
func (t *Tx) release(ctx context.Context, inside int) error {
	if q := t.run.queue; q != nil {
		if q.waits(inside) {
			if err := q.send(t.run.bound(ctx)); err != nil {
				return t.db.engine.explain(err)
			}
		}
		if q.failed() {
			return errPartFailed
		}
	}
	return t.Later(ctx, Statement{Query: forgetSavepoint})
}

var errPartFailed = errors.New("one of the statements had failed; nothing of this part was written")

// restore undoes everything since the innermost savepoint, and forgets it.
func (t *Tx) restore(ctx context.Context, inside int) error {
	if q := t.run.queue; q != nil {
		q.drop(inside)
		if q.waits(0) { // the savepoint itself: nothing has failed yet
			q.keep(Statement{Query: restoreSavepoint})
			return t.unlessDoomed(t.perform(ctx, Statement{Query: forgetSavepoint}))
		}
	}
	_, err := t.ExecContext(ctx, restoreSavepoint+"; "+forgetSavepoint)
	return t.unlessDoomed(err)
}

// unlessDoomed ends the transaction where a savepoint is gone.
func (t *Tx) unlessDoomed(err error) error {
	if err == nil {
		return nil
	}
	t.run.doom()
	return fmt.Errorf("the transaction cannot go on: %w", err)
}
