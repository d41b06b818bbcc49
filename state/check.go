package state

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Report is what [DB.Check] found.
type Report struct {
	Location string  // the path, or the URL without a password
	Dialect  Dialect // the kind of database
	Version  string  // of the database's software
	Schema   int     // the schema's version
	Bytes    int64   // what the tables and indexes take; of a file without its write-ahead log
	Tables   []TableSum
	// Problems are sentences about what is damaged, missing or contradictory; none where all is well.
	Problems []string
}

// Check reads the whole state and looks for damage, for rows that refer to others which are not there, and for tables,
// columns and indexes that somebody took away. Others may write meanwhile. A state that is too damaged to be read is a
// *CorruptError.
func (db *DB) Check(ctx context.Context) (Report, error) {
	r := Report{Location: db.Path(), Dialect: db.Dialect(), Schema: db.version}
	want, err := freshSchema(ctx)
	if err != nil {
		return r, err
	}
	err = db.reading(ctx, func(q Querier, _ *sql.Conn) error {
		has, err := schemaOf(ctx, db.engine, q)
		if err != nil {
			return err
		}
		r.Problems = want.missing(has)
		if err := db.engine.examine(ctx, q, &r); err != nil {
			return err
		}
		if r.Tables, err = sumsOf(ctx, db.engine, q); err != nil && len(r.Problems) > 0 {
			return nil // what is damaged is told already
		}
		return err
	})
	return r, err
}

// schema is the names of all that a state consists of.
type schema struct {
	tables, indexes []string
	columns         map[string][]string // by table
}

func schemaOf(ctx context.Context, e engine, q Querier) (s schema, err error) {
	s.columns = map[string][]string{}
	if s.tables, err = e.tables(ctx, q); err != nil {
		return s, err
	}
	for _, table := range s.tables {
		if s.columns[table], err = columnsOf(ctx, q, table); err != nil {
			return s, err
		}
	}
	s.indexes, err = e.indexes(ctx, q)
	return s, err
}

// freshSchema is that of a new state.
func freshSchema(ctx context.Context) (s schema, err error) {
	dir, err := os.MkdirTemp("", "connector")
	if err != nil {
		return s, fileTrouble(os.TempDir(), err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := Open(ctx, filepath.Join(dir, "state.db"), Options{})
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return schemaOf(ctx, db.engine, db.Read())
}

// missing gives a sentence for each part that another schema lacks.
func (s schema) missing(has schema) (problems []string) {
	for _, table := range s.tables {
		if !slices.Contains(has.tables, table) {
			problems = append(problems, fmt.Sprintf("the table %s is missing", table))
			continue
		}
		for _, column := range s.columns[table] {
			if !slices.Contains(has.columns[table], column) {
				problems = append(problems, fmt.Sprintf("the table %s lacks its column %s", table, column))
			}
		}
	}
	for _, index := range s.indexes {
		if !slices.Contains(has.indexes, index) {
			problems = append(problems, fmt.Sprintf("the index %s is missing", index))
		}
	}
	return problems
}
