package state

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
)

// applicationID marks a file as ours (SQLite's header keeps it); it reads "Conn".
const applicationID = 0x436f6e6e

//go:embed migrations
var migrationFiles embed.FS

// migration is one step of the schema: NNNN_name.sql takes a file from version NNNN-1 to NNNN.
type migration struct {
	version int
	name    string
	sql     string
}

// loadMigrations gives the steps in their order; their numbers must be 1, 2, 3 and so on.
func loadMigrations(fsys fs.FS) ([]migration, error) {
	names, err := fs.Glob(fsys, "migrations/*.sql") // sorted
	if err != nil {
		return nil, err
	}
	steps := make([]migration, 0, len(names))
	for i, name := range names {
		number, _, _ := strings.Cut(path.Base(name), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s: the number must be %04d", name, i+1)
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		steps = append(steps, migration{version, path.Base(name), string(text)})
	}
	return steps, nil
}

// migrate brings the schema up to date, in one transaction: another process that opens the file meanwhile waits and then
// finds it done.
func (db *DB) migrate(ctx context.Context) error {
	steps, err := loadMigrations(migrationFiles)
	if err != nil {
		return err
	}
	found, err := db.engine.inspect(ctx, db.writer, len(steps))
	if err != nil {
		return err
	}
	db.version = len(steps)
	if found == len(steps) {
		return nil
	}
	return db.write(ctx, nil, func(tx *Tx) error { return db.upgrade(ctx, tx, steps) }, lengthy)
}

func (db *DB) upgrade(ctx context.Context, tx *Tx, steps []migration) error {
	found, err := db.engine.inspect(ctx, tx, len(steps)) // again, now that nobody else can change it
	if err != nil {
		return err
	}
	for _, m := range steps[found:] {
		text, err := db.engine.migration(m)
		if err == nil {
			_, err = tx.ExecContext(ctx, text)
		}
		if err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	return db.engine.mark(ctx, tx, len(steps))
}

// checkSchema is migrate for those who only read.
func (db *DB) checkSchema(ctx context.Context) error {
	steps, err := loadMigrations(migrationFiles)
	if err != nil {
		return err
	}
	found, err := db.engine.inspect(ctx, db.readers, len(steps))
	if err != nil {
		return err
	}
	db.version = found
	if found == 0 && db.Dialect() == PostgreSQL {
		return &UnavailableError{Path: db.Path(), Trouble: NoState, Reason: "holds no state yet",
			Hint: "check `state:`; the first sync makes one"}
	}
	if found < len(steps) {
		return unavailableFor(db.Path(), OlderSchema, nil)
	}
	return nil
}
