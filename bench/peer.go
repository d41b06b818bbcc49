package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
)

// peer is a queue that is measured.
type peer struct {
	name       string
	durability string // of a commit, in words
	open       func(ctx context.Context, at place) (store, error)
	bare       bool // the limit, not a queue
	postgres   bool // it lives in PostgreSQL
	async      bool // which doesn't wait for the disk
	running    bool // it differs from another one only while jobs run, and takes no part elsewhere
}

// store is an open, at first empty, queue of a peer. Its jobs do nothing.
type store interface {
	// enqueue puts n jobs into the line, numbered from the first one on, as many in a transaction as batch says.
	enqueue(ctx context.Context, first, n, batch int) error
	// run runs n jobs, so many at a time, and returns when all of them are stored as done.
	run(ctx context.Context, n, atOnce int) error
	// wait works on an empty line until ctx ends.
	wait(ctx context.Context, atOnce int) error
	// pending counts the jobs that are still to run.
	pending(ctx context.Context) (int, error)
	close() error
}

// place is where a store has its data.
type place struct {
	dir    string // of its own
	server string // URL of the PostgreSQL server; "": none
	schema string // of its own, there
	lanes  int    // how many lines of their own the jobs stand in, where the peer has such; 0: one
}

func (p place) file() string { return filepath.Join(p.dir, "queue.db") }

// url reaches the schema.
func (p place) url() string { return p.server + "&search_path=" + p.schema }

// sameStore tells whether two peers are on the same kind of database.
func (p peer) sameStore(other peer) bool {
	return p.postgres == other.postgres && p.async == other.async
}

// async opens a peer's store so that its commits on PostgreSQL don't wait for the disk.
func async(open func(context.Context, place) (store, error)) func(context.Context, place) (store, error) {
	return func(ctx context.Context, at place) (store, error) {
		at.server += "&synchronous_commit=off"
		return open(ctx, at)
	}
}

func (p peer) ours() bool { return strings.HasPrefix(p.name, "ours") }

// peers gives all of them, in the order of the tables.
func peers() []peer {
	return []peer{
		{name: "ours on SQLite", durability: sqliteDurability, open: openOurs},
		{name: "bare SQLite", durability: sqliteDurability, open: openBare, bare: true},
		{name: "River on SQLite", durability: sqliteDurability, open: openRiverSQLite},
		{name: "River on SQLite, exact", durability: sqliteDurability, open: openRiverExactSQLite, running: true},
		{name: "untuned River on SQLite", durability: untunedDurability, open: openRiverUntuned},
		{name: "ours on PostgreSQL", durability: postgresDurability, open: openOurSchema, postgres: true},
		{name: "River on PostgreSQL", durability: postgresDurability, open: openRiverPostgres, postgres: true},
		{name: "River on PostgreSQL, unique", durability: postgresDurability, open: openRiverUnique, postgres: true},
		{name: "River on PostgreSQL, exact", durability: postgresDurability, open: openRiverExact, postgres: true, running: true},
		{name: "ours on PostgreSQL, async", durability: asyncDurability, open: async(openOurSchema), postgres: true, async: true},
		{name: "River on PostgreSQL, async", durability: asyncDurability, open: async(openRiverPostgres), postgres: true, async: true},
	}
}

const (
	sqliteDurability   = "WAL, synchronous=NORMAL: survives the death of the process; a power cut may undo the last commits"
	untunedDurability  = "journal_mode=DELETE, synchronous=FULL, SQLite's defaults: a commit survives a power cut"
	postgresDurability = "fsync=on, synchronous_commit=on: a commit survives a power cut"
)

const asyncDurability = "synchronous_commit=off: survives the death of the process; a crash of the server may undo the last commits"

// find gives a peer by its name.
func find(name string) (peer, error) {
	for _, p := range peers() {
		if p.name == name {
			return p, nil
		}
	}
	return peer{}, errors.New("there is no peer " + name)
}

func joinErrors(errs ...error) error { return errors.Join(errs...) }

// everywhere leaves out the peers that differ from others only while jobs run.
func everywhere(all []peer) (list []peer) {
	for _, p := range all {
		if !p.running {
			list = append(list, p)
		}
	}
	return list
}
