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

//go:embed migrations/*.sql
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
	found, err := db.inspect(ctx, db.writer, len(steps))
	if err != nil {
		return err
	}
	db.version = len(steps)
	if found == len(steps) {
		return nil
	}
	return db.write(ctx, func(tx *Tx) error { return db.upgrade(ctx, tx, steps) }, true)
}

func (db *DB) upgrade(ctx context.Context, tx *Tx, steps []migration) error {
	found, err := db.inspect(ctx, tx, len(steps)) // again, now that nobody else can change it
	if err != nil {
		return err
	}
	for _, m := range steps[found:] {
		if _, err := tx.ExecContext(ctx, m.sql); err != nil {
			return fmt.Errorf("migration %s: %w", m.name, err)
		}
	}
	mark := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps))
	_, err = tx.ExecContext(ctx, mark)
	return err
}

// inspect gives the file's schema version and refuses newer files and those of other programs.
func (db *DB) inspect(ctx context.Context, q Querier, known int) (int, error) {
	var version, id, tables int
	for _, ask := range []struct {
		query string
		into  *int
	}{
		{"PRAGMA user_version", &version},
		{"PRAGMA application_id", &id},
		{"SELECT COUNT(*) FROM sqlite_schema", &tables},
	} {
		if err := q.QueryRowContext(ctx, ask.query).Scan(ask.into); err != nil {
			return 0, err
		}
	}
	switch {
	case id != applicationID && (id != 0 || version != 0 || tables != 0):
		return 0, &CorruptError{Path: db.path, Reason: "is an SQLite database of another program",
			Hint: "check the path of `state:`"}
	case version > known:
		return 0, &NewerSchemaError{Path: db.path, Found: version, Known: known}
	}
	return version, nil
}

// checkSchema is migrate for those who only read.
func (db *DB) checkSchema(ctx context.Context) error {
	steps, err := loadMigrations(migrationFiles)
	if err != nil {
		return err
	}
	found, err := db.inspect(ctx, db.readers, len(steps))
	if err != nil {
		return err
	}
	if db.version = found; found < len(steps) {
		return unavailableFor(db.path, OlderSchema, nil)
	}
	return nil
}
