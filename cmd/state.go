package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// stateExits ends the help of the commands below.
const stateExits = `
Exit codes: 0 done, 1 internal error, or a damaged or newer state, 2 usage or configuration, 3 environment
(no such file, server down, disk full), 4 denied (the server refused the user)`

func (a *app) stateCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "state", Short: "Back up, check and move the state: bindings, jobs, reviews", Args: cobra.NoArgs,
		Long: "state is about where bindings and jobs are kept: a file, state.db, or a PostgreSQL database (state: in the\n" +
			"configuration).\n\nExit codes: 0 done, 2 usage.\n\nNext: `connector state check`.",
		Example: "  connector state check\n  connector state backup state-copy.db",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.stateCheck(), a.stateBackup(), a.stateCopy())
	return c
}

// sumView is a table of a state as `--output json` shows it.
type sumView struct {
	Table    string `json:"table"`
	Rows     int64  `json:"rows"`
	Checksum string `json:"checksum"`
}

func viewOfSums(sums []state.TableSum) (views []sumView, rows int64) {
	views = make([]sumView, len(sums))
	for i, s := range sums {
		views[i] = sumView(s)
		rows += s.Rows
	}
	return views, rows
}

// sumRows are the tables for people; twelve digits of a checksum are enough to compare by eye.
func sumRows(sums []state.TableSum) [][]string {
	rows := [][]string{{"TABLE", "ROWS", "CHECKSUM"}}
	for _, s := range sums {
		rows = append(rows, []string{s.Table, fmt.Sprint(s.Rows), s.Checksum[:12]})
	}
	return rows
}

func (a *app) stateCopy() *cobra.Command {
	var to string
	var overwrite bool
	c := &cobra.Command{
		Use: "copy --to FILE|URL", Short: "Copy everything into another file or database", Args: cobra.NoArgs,
		Long: `copy copies bindings, jobs, reviews and all else from where the configuration's state: says into another
SQLite file or PostgreSQL database, in either direction, as a whole or not at all. Both are summed up
table by table and compared before anything is kept. Runs and workers must have ended; the copy holds
their locks. The original stays as it is; change state: afterwards.

A URL is postgres://USER@HOST:5432/DATABASE?search_path=SCHEMA. Its password is better left to PGPASSWORD
or ~/.pgpass than written on a command line, where others can see it.
` + stateExits + `,
11 a run or a worker has the state in hand.` + "\n\nNext: `connector state check`, with the new state: in the configuration.",
		Example: "  connector state copy --to postgres://connector@db.example.com/connector\n  connector state copy --to state.db --overwrite",
		RunE:    func(c *cobra.Command, _ []string) error { return a.copyState(c.Context(), to, overwrite) },
	}
	c.Flags().StringVar(&to, "to", "", "the file or URL to copy to")
	c.Flags().BoolVar(&overwrite, "overwrite", false, "throw away what is there")
	return c
}

func (a *app) copyState(ctx context.Context, to string, overwrite bool) (err error) {
	if to == "" {
		return &usageError{"say where to copy to: --to FILE or --to postgres://USER@HOST/DATABASE"}
	}
	if scheme, _, is := strings.Cut(to, "://"); is && !state.IsURL(to) {
		return &usageError{fmt.Sprintf("--to: %s:// is nothing that a state can be in; say FILE or postgres://USER@HOST/DATABASE", scheme)}
	}
	r := newRunning(a)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err := r.openIdle(ctx); err != nil {
		return err
	}
	if !state.IsURL(to) {
		if to, err = filepath.Abs(to); err != nil {
			return err
		}
		if sameFile(to, r.db.Path()) {
			return &usageError{to + " is the state itself; name another file"}
		}
	}
	if err := r.holdAll(ctx, to); err != nil {
		return err
	}
	sums, shown, err := copyTo(ctx, r.db, to, overwrite)
	if err != nil {
		return err
	}
	views, rows := viewOfSums(sums)
	if a.json() {
		return a.printJSON(copiedView{r.db.Path(), shown, views})
	}
	if err := table(a.deeds(), sumRows(sums)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.deeds(), "Copied %s of %s; both sides have the same counts and checksums.\nTo work with the copy, write in %s:\n  state: %s\n",
		count(int(rows), "row", "rows"), count(len(sums), "table", "tables"), r.config.Path, config.StateWithoutPassword(to))
	return err
}

func sameFile(one, two string) bool {
	a, errA := os.Stat(one)
	b, errB := os.Stat(two)
	return errA == nil && errB == nil && os.SameFile(a, b)
}

// openIdle opens the state while no run and no worker has it in hand, and keeps it so.
func (r *running) openIdle(ctx context.Context) error {
	var err error
	if r.config, err = r.app.load(); err != nil {
		return err
	}
	location, err := r.config.StateLocation(ctx)
	if err != nil {
		return err
	}
	if err := r.holdAll(ctx, location); err != nil {
		return err
	}
	if r.db, err = r.app.openState(ctx, r.config); err != nil {
		return err
	}
	workers, err := newQueue(r.db, r.config).Workers(ctx)
	if err != nil {
		return err
	}
	for _, w := range workers {
		if w.Alive && !w.StandsBy() {
			return &state.LockedError{Name: "worker " + w.ID}
		}
	}
	return nil
}

// holdAll takes the locks of all backends for a state, so that no run begins.
func (r *running) holdAll(ctx context.Context, location string) error {
	if _, err := r.takeLocks(ctx, location, r.config.Backends); err != nil {
		return err
	}
	return errors.Join(r.failures...)
}

// copyTo copies into a place, and removes the file again that it made in vain.
func copyTo(ctx context.Context, from *state.DB, location string, overwrite bool) (sums []state.TableSum, shown string, err error) {
	there := true
	if !state.IsURL(location) {
		_, statErr := os.Stat(location)
		there = !errors.Is(statErr, os.ErrNotExist)
	}
	to, err := state.Open(ctx, location, state.Options{Clock: from.Clock()})
	if err != nil {
		return nil, "", err
	}
	sums, err = state.Copy(ctx, from, to, state.CopyOptions{Overwrite: overwrite})
	shown = to.Path()
	err = errors.Join(err, to.Close())
	var full *state.NotEmptyError
	if errors.As(err, &full) {
		err = &rewordedError{err, fmt.Sprintf("%s is not empty: its table %s has %s; name another one, or throw away what is there with --overwrite",
			full.Path, full.Table, count(int(full.Rows), "row", "rows"))}
	}
	if err != nil && !there {
		err = errors.Join(err, os.Remove(location))
	}
	return sums, shown, err
}

func (a *app) stateBackup() *cobra.Command {
	return &cobra.Command{
		Use: "backup FILE", Short: "Write a copy into a new SQLite file, while others work",
		Long: `backup writes a copy of the state as it is at one moment into a new file, which bears its name only
once it is complete. Runs and workers go on meanwhile. A state in PostgreSQL becomes an SQLite file as
well, which state: can name, or ` + "`connector state copy`" + ` brings back.

To restore a file, end all runs, put the copy in the place of state.db, and remove state.db-wal and
state.db-shm.
` + stateExits + `.` + "\n\nNext: `connector state check`.",
		Example: "  connector state backup /var/backups/connector-$(date +%F).db",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"name one new file"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.withState(c.Context(), func(db *state.DB) error { return a.backupState(c.Context(), db, args[0]) })
		},
	}
}

func (a *app) backupState(ctx context.Context, db *state.DB, path string) error {
	if err := db.Backup(ctx, path, nil); err != nil {
		return err
	}
	sums, size, err := readBackup(ctx, path)
	if err != nil {
		return err
	}
	views, rows := viewOfSums(sums)
	if a.json() {
		return a.printJSON(backupView{db.Path(), path, size, views})
	}
	_, err = fmt.Fprintf(a.deeds(), "Wrote %s of %s to %s (%s).\n", count(int(rows), "row", "rows"), count(len(sums), "table", "tables"), path, inBytes(size))
	return err
}

// readBackup reads the whole backup, as whoever restores it would.
func readBackup(ctx context.Context, path string) (sums []state.TableSum, size int64, err error) {
	db, err := state.Open(ctx, path, state.Options{Immutable: true})
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := db.Check(ctx)
	if err == nil && len(report.Problems) > 0 {
		err = fmt.Errorf("the backup %s is not sound: %s; check the state with `connector state check`", path, strings.Join(report.Problems, ", "))
	}
	return report.Tables, report.Bytes, err
}

// inBytes is a size for people.
func inBytes(n int64) string {
	const kilo = 1000
	switch {
	case n < kilo:
		return fmt.Sprintf("%d B", n)
	case n < kilo*kilo:
		return fmt.Sprintf("%.1f kB", float64(n)/kilo)
	case n < kilo*kilo*kilo:
		return fmt.Sprintf("%.1f MB", float64(n)/kilo/kilo)
	default:
		return fmt.Sprintf("%.1f GB", float64(n)/kilo/kilo/kilo)
	}
}

func (a *app) stateCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check", Short: "Look for damage, and count what is there", Args: cobra.NoArgs,
		Long: `check reads the whole state and looks for damage, for rows that refer to others which are not there, and
for tables, columns and indexes that somebody took away. It changes nothing, and others may work
meanwhile.
` + stateExits + `.` + "\n\nNext: `connector state backup FILE`.",
		Example: "  connector state check",
		RunE:    func(c *cobra.Command, _ []string) error { return a.checkState(c.Context()) },
	}
}

// checkView is what `--output json` shows.
type checkView struct {
	State    string             `json:"state"`
	Database string             `json:"database"`
	Schema   int                `json:"schema"`
	Bytes    int64              `json:"bytes"`
	Tables   []sumView          `json:"tables"`
	Jobs     map[jobs.State]int `json:"jobs"`
	Problems []string           `json:"problems"`
}

// unsoundError says that a state has problems, which are printed.
type unsoundError struct {
	path string
	n    int
}

func (e *unsoundError) Error() string {
	return fmt.Sprintf("%s has %s; restore a backup, or ask whoever changed it", e.path, count(e.n, "problem", "problems"))
}

// Code is that of a state with problems.
func (*unsoundError) Code() string { return "CON-STATE-UNSOUND" }

func (a *app) checkState(ctx context.Context) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	db, err := a.openToRead(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	report, err := db.Check(ctx)
	if err != nil {
		return err
	}
	counts, err := newQueue(db, c).Counts(ctx, "")
	if err != nil && len(report.Problems) == 0 {
		return err
	}
	if err := a.printCheck(report, counts); err != nil {
		return err
	}
	if n := len(report.Problems); n > 0 {
		return &unsoundError{report.Location, n}
	}
	return nil
}

// openToRead opens a state that is there, and leaves its schema as it is.
func (a *app) openToRead(ctx context.Context, c *config.Config) (*state.DB, error) {
	location, err := findState(ctx, c)
	if err != nil {
		return nil, err
	}
	return state.Open(ctx, location, state.Options{Clock: a.clock, ReadOnly: true})
}

func (a *app) printCheck(report state.Report, counts map[jobs.State]int) error {
	tables, _ := viewOfSums(report.Tables)
	database := fmt.Sprintf("%s %s", report.Dialect, report.Version)
	if a.json() {
		return a.printJSON(checkView{
			State: report.Location, Database: database, Schema: report.Schema, Bytes: report.Bytes, Tables: tables, Jobs: counts,
			Problems: append([]string{}, report.Problems...),
		})
	}
	_, _ = fmt.Fprintf(a.deeds(), "%s: %s, schema %d, %s\n", report.Location, database, report.Schema, inBytes(report.Bytes))
	if err := table(a.deeds(), sumRows(report.Tables)); err != nil {
		return err
	}
	var states []string
	for _, s := range jobs.States() {
		if counts[s] > 0 {
			states = append(states, fmt.Sprintf("%d %s", counts[s], s))
		}
	}
	if len(states) > 0 {
		_, _ = fmt.Fprintf(a.deeds(), "Jobs: %s\n", strings.Join(states, ", "))
	}
	for _, p := range report.Problems {
		_, _ = fmt.Fprintf(a.out, "Problem: %s\n", p)
	}
	if len(report.Problems) == 0 {
		_, _ = fmt.Fprintln(a.deeds(), "No problems were found.")
	}
	return nil
}
