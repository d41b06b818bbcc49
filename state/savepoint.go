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
	if _, err := t.ExecContext(ctx, setSavepoint); err != nil {
		return err
	}
	returned := false
	defer func() {
		if err == nil && returned {
			return
		}
		if failed := t.restore(ctx); failed != nil {
			err = errors.Join(err, failed)
		}
	}()
	err = fn()
	returned = true
	if err == nil {
		_, err = t.ExecContext(ctx, forgetSavepoint)
	}
	return err
}

// restore undoes everything since the innermost savepoint, and forgets it.
func (t *Tx) restore(ctx context.Context) error {
	for _, statement := range []string{restoreSavepoint, forgetSavepoint} {
		if _, err := t.ExecContext(ctx, statement); err != nil {
			t.run.doom()
			return fmt.Errorf("the transaction cannot go on: %w", err)
		}
	}
	return nil
}
