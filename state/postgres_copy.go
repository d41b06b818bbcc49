package state

import (
	"context"
	"errors"
	"fmt"
)

// snapshot copies row by row.
func (e *postgresEngine) snapshot(ctx context.Context, db *DB, path string) error {
	to, err := Open(ctx, path, Options{Clock: db.clock})
	if err != nil {
		return err
	}
	_, err = Copy(ctx, db, to, CopyOptions{})
	if err == nil {
		err = to.becomeOneFile(ctx)
	}
	return errors.Join(err, to.Close())
}

// backup is a snapshot: there are no pages to copy.
func (e *postgresEngine) backup(ctx context.Context, db *DB, path string, _ func(done, all int)) error {
	return e.snapshot(ctx, db, path)
}

func (e *postgresEngine) beginReading() string {
	return "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = 0"
}

func (e *postgresEngine) beginCopying() string { return "SET CONSTRAINTS ALL DEFERRED" }

func (e *postgresEngine) endCopying(ctx context.Context, tx *Tx, given map[string]int64) error {
	return followIdentities(ctx, tx, given)
}

// given leaves out what the user may not read; the rows that are there tell the most of it.
func (e *postgresEngine) given(ctx context.Context, q Querier) (map[string]int64, error) {
	rows, err := q.QueryContext(ctx, `SELECT c.table_name::text, COALESCE(s.last_value, 0) FROM information_schema.columns c JOIN pg_sequences s
		ON pg_get_serial_sequence(quote_ident(c.table_name), 'id') = quote_ident(s.schemaname) || '.' || quote_ident(s.sequencename)
		WHERE c.table_schema = current_schema() AND c.column_name = 'id' AND c.is_identity = 'YES'`)
	if err != nil {
		return nil, err
	}
	return lastNumbers(rows)
}

// identities are the tables whose rows are given a number.
func identities(ctx context.Context, q Querier) ([]string, error) {
	return textsOf(ctx, q, `SELECT table_name FROM information_schema.columns
		WHERE table_schema = current_schema() AND column_name = 'id' AND is_identity = 'YES' ORDER BY table_name`)
}

// followIdentities lets the next row of every table get a number above all that are there, that it gave itself, and that were given
// before.
func followIdentities(ctx context.Context, tx *Tx, given map[string]int64) error {
	tables, err := identities(ctx, tx)
	if err != nil {
		return err
	}
	for _, table := range tables {
		_, err := tx.ExecContext(ctx, fmt.Sprintf(`SELECT setval(sequence, GREATEST(next - 1, 1), next > 1) FROM (
			SELECT sequence, GREATEST(highest + 1, nextval(sequence), %d) AS next FROM (
				SELECT pg_get_serial_sequence('%[2]s', 'id')::regclass AS sequence, COALESCE(MAX(id), 0) AS highest FROM %[2]s) there
			OFFSET 0) numbers`, given[table]+1, quoted(table))) // OFFSET 0 has it evaluated once
		if err != nil {
			return err
		}
	}
	return nil
}

func (e *postgresEngine) tables(ctx context.Context, q Querier) ([]string, error) {
	return textsOf(ctx, q, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND c.relname <> $2 ORDER BY c.relname COLLATE "C"`, e.schema, schemaVersionTable)
}

// indexes leaves out those of keys, which the database names itself.
func (e *postgresEngine) indexes(ctx context.Context, q Querier) ([]string, error) {
	return textsOf(ctx, q, `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind = 'i' AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = c.oid)
		ORDER BY c.relname COLLATE "C"`, e.schema)
}

// examine lists what the server itself doesn't trust. It checks each page that it reads, where its database was made with
// checksums, and every page was read when the rows were summed.
func (e *postgresEngine) examine(ctx context.Context, q Querier, r *Report) error {
	row := q.QueryRowContext(ctx, `SELECT current_setting('server_version'), COALESCE(SUM(pg_total_relation_size(c.oid)), 0)::bigint
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('r', 'p')`, e.schema)
	if err := row.Scan(&r.Version, &r.Bytes); err != nil {
		return err
	}
	found, err := textsOf(ctx, q, `SELECT 'the index ' || c.relname || ' is not valid; run REINDEX INDEX ' || c.relname
			FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND NOT (i.indisvalid AND i.indisready)
		UNION ALL SELECT 'the constraint ' || k.conname || ' was never checked; run ALTER TABLE ' || k.conrelid::regclass
				|| ' VALIDATE CONSTRAINT ' || k.conname
			FROM pg_constraint k JOIN pg_namespace n ON n.oid = k.connamespace WHERE n.nspname = $1 AND NOT k.convalidated
		ORDER BY 1`, e.schema)
	r.Problems = append(r.Problems, found...)
	return err
}
