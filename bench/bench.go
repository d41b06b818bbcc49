package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// errNotMeasured says that a peer has nothing of the kind.
var errNotMeasured = errors.New("not measured")

// bench is one run of the scenarios.
type bench struct {
	options

	out    io.Writer
	dir    string          // for all that this run makes; removed at its end
	peers  []peer          // those that take part
	server *postgresServer // nil where it isn't installed or not needed
	stores int             // made so far
}

func newBench(ctx context.Context, o options, out io.Writer) (*bench, error) {
	dir, err := os.MkdirTemp(o.dir, "connector-bench-")
	if err != nil {
		return nil, err
	}
	b := &bench{options: o, out: out, dir: dir}
	for _, p := range peers() {
		if len(o.peers) == 0 || slices.ContainsFunc(o.peers, func(begin string) bool {
			return strings.HasPrefix(strings.ToLower(p.name), strings.ToLower(begin))
		}) {
			b.peers = append(b.peers, p)
		}
	}
	if !slices.ContainsFunc(b.peers, func(p peer) bool { return p.postgres }) {
		return b, nil
	}
	b.server, err = startPostgres(ctx, filepath.Join(dir, "pg"))
	if errors.Is(err, errNoPostgres) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		b.peers = slices.DeleteFunc(b.peers, func(p peer) bool { return p.postgres })
		err = nil
	}
	if err != nil {
		return nil, errors.Join(err, b.close())
	}
	return b, nil
}

func (b *bench) close() error {
	var err error
	if b.server != nil {
		err = b.server.stop()
	}
	return errors.Join(err, os.RemoveAll(b.dir)) //nolint:gosec // made by newBench
}

func (b *bench) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(b.out, format, args...) // standard output; who closed it doesn't want it
}

// printSetting states what the figures depend on.
func (b *bench) printSetting() {
	b.printf("%s, %d processors, %s, SQLite %s", time.Now().UTC().Format("2006-01-02 15:04 MST"), runtime.NumCPU(), runtime.Version(),
		state.SQLiteVersion())
	if b.server != nil {
		b.printf(", PostgreSQL %s on a Unix socket", b.server.version)
	}
	b.printf("; medians of %d runs, all peers in turn; scale %g\n\n", b.runs, b.scale)
	t := table{head: []string{"peer", "a commit"}}
	for _, p := range b.peers {
		t.add(p.name, p.durability)
	}
	b.print(t)
}

// scaled gives a number of jobs in the scale of this run; never below the least.
func (b *bench) scaled(n, least int) int { return max(int(float64(n)*b.scale), least) }

// place makes room for a new store.
func (b *bench) place(lanes int) (place, error) {
	b.stores++
	name := fmt.Sprintf("store%d", b.stores)
	at := place{dir: filepath.Join(b.dir, name), schema: name, lanes: lanes}
	if b.server != nil {
		at.server = b.server.url
	}
	return at, os.Mkdir(at.dir, 0o700)
}

// with lets fn work on a new, empty store of a peer, whose jobs stand in so many lines, and removes it.
func (b *bench) with(ctx context.Context, p peer, lanes int, fn func(store, place) error) (err error) {
	at, err := b.place(lanes)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.remove(context.WithoutCancel(ctx), p, at)) }()
	s, err := p.open(ctx, at)
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	defer func() { err = errors.Join(err, s.close()) }()
	if err := fn(s, at); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	return nil
}

func (b *bench) remove(ctx context.Context, p peer, at place) error {
	err := os.RemoveAll(at.dir)
	if p.postgres && b.server != nil {
		err = errors.Join(err, b.server.drop(ctx, at.schema))
	}
	return err
}

// timed tells how long fn took, and leaves a CPU profile of it where one is asked for. What was allocated before is
// collected before the clock starts.
func (b *bench) timed(name string, fn func() error) (took time.Duration, err error) {
	runtime.GC()
	if b.profile != "" {
		stop, err := b.profiled(name)
		if err != nil {
			return 0, err
		}
		defer func() { err = errors.Join(err, stop()) }()
	}
	start := time.Now()
	err = fn()
	return time.Since(start), err
}

func (b *bench) profiled(name string) (stop func() error, err error) {
	f, err := os.Create(filepath.Join(b.profile, strings.ReplaceAll(name, " ", "-")+".prof")) //nolint:gosec // as the user says
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error { pprof.StopCPUProfile(); return f.Close() }, nil
}
