package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) syncCommand() *cobra.Command {
	var with attendance
	var flags syncFlags
	c := &cobra.Command{
		Use:   "sync [BACKEND…]",
		Short: "Bring backends in step with Odoo",
		Long: `sync finds out what an earlier run left open, polls both sides of each named backend (of all without
a name) for changes, makes jobs of them and runs the jobs. What a person has to decide is left for
review and reported.

With --dry-run it makes the same plans on a copy of the state, and writes nothing: what would be
created, changed, archived, moved, linked or left for a person is printed, field by field. It takes no
lock and waits for no other run.

--model, --direction and --limit narrow a run, and --full widens it. What they leave out is found by
the next sync without them.
` + exitHelp + "\n\nNext: `connector status`, `connector review list`, `connector jobs errors`.",
		Example: "  connector sync trello --dry-run\n  connector sync trello --model trello.card --limit 10\n  connector --output json sync",
		RunE: func(c *cobra.Command, args []string) error {
			limits, err := flags.limits(c)
			if err != nil {
				return err
			}
			if flags.dry {
				return a.dryRun(c.Context(), args, limits)
			}
			return a.attended(c.Context(), "sync", &with, func(ctx context.Context) error { return a.sync(ctx, args, limits) })
		},
	}
	with.flags(c)
	flags.add(c)
	return c
}

func (a *app) pollCommand() *cobra.Command {
	var with attendance
	c := &cobra.Command{
		Use:   "poll [BACKEND…]",
		Short: "Look for changes and make jobs of them, without running any",
		Long: `poll finds out what an earlier run left open, looks at both sides of each named backend (of all
without a name) and makes a job of every true change. Run them with ` + "`connector jobs run --all`" + `.
` + exitHelp + "\n\nNext: `connector jobs list --state pending`, `connector jobs run --all`.",
		Example: "  connector poll trello\n  connector jobs list --state pending",
		RunE: func(c *cobra.Command, args []string) error {
			return a.attended(c.Context(), "poll", &with, func(ctx context.Context) error { return a.poll(ctx, args) })
		},
	}
	with.flags(c)
	return c
}

func (a *app) sync(ctx context.Context, names []string, limits synchronizer.Limits) error {
	if err := a.checkLimits(names, limits); err != nil {
		return err
	}
	_, err := a.runBackends(ctx, names, syncWithin(limits))
	return err
}

// checkLimits checks what a sync is narrowed to before anything is locked.
func (a *app) checkLimits(names []string, limits synchronizer.Limits) error {
	if len(limits.Models) == 0 {
		return nil
	}
	c, err := a.load()
	if err != nil {
		return err
	}
	chosen, err := choose(c, names)
	if err != nil {
		return err
	}
	return newRunning(a).checkModels(limits.Models, chosen)
}

func (a *app) poll(ctx context.Context, names []string) error {
	_, err := a.runBackends(ctx, names, synchronizer.Poll)
	return err
}

// groupRun works on backends of one Odoo, and gives an error for each.
type groupRun func(context.Context, []*synchronizer.Synchronizer) []error

// runBackends opens the named backends, runs them, prints a report for each, and gives the reports.
func (a *app) runBackends(ctx context.Context, names []string, do groupRun) (reports []*synchronizer.Report, err error) {
	r, err := a.open(ctx, names, nil)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return nil, err
	}
	r.progress = a.beginProgress()
	defer r.progress.end()
	err = r.each(ctx, do)
	return r.reports, err
}

// syncWithin is a sync that is narrowed so.
func syncWithin(limits synchronizer.Limits) groupRun {
	return func(ctx context.Context, group []*synchronizer.Synchronizer) []error {
		o := runOptions("sync")
		o.Limits = limits
		return synchronizer.Sync(ctx, group, o)
	}
}

// owner names this process in the jobs that it works on.
func owner() string { return fmt.Sprintf("%s:%d", thisHost(), os.Getpid()) }

func thisHost() string {
	host, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return host
}

// runOptions are those of a run that ends by itself.
func runOptions(command string) synchronizer.RunOptions {
	return synchronizer.RunOptions{Owner: owner(), TimeLimit: defaultTimeLimit, Info: noteOf(command), Await: true}
}

// noteOf is what a command that runs one slice at a time notes of itself.
func noteOf(command string) workerNote {
	return workerNote{Command: command, Jobs: 1, TimeLimit: int64(defaultTimeLimit.Seconds()), Version: version()}
}

// defaultTimeLimit is how long a job may run that has no limit of its own.
const defaultTimeLimit = time.Hour

// each runs the backends, those of one Odoo together, and prints a report for each.
func (r *running) each(ctx context.Context, do groupRun) error {
	all := r.failures
	for _, group := range r.groups() {
		started := r.app.clock.Now()
		syncs := make([]*synchronizer.Synchronizer, len(group))
		for i, o := range group {
			syncs[i] = o.Synchronizer
		}
		errs := do(ctx, syncs)
		r.progress.rest()
		for i, o := range group {
			report := r.complete(o, started)
			r.reports = append(r.reports, report)
			all = append(all, errs[i], r.print(ctx, o, report, errs[i]))
			if report.Jobs.Failed > 0 {
				all = append(all, &failedJobsError{report.Jobs.Failed})
			}
		}
	}
	return errors.Join(all...)
}

// groups are the opened backends by their Odoo, in the order of the configuration.
func (r *running) groups() [][]*opened {
	var order []string
	by := map[string][]*opened{}
	for _, o := range r.backends {
		if by[o.config.Odoo] == nil {
			order = append(order, o.config.Odoo)
		}
		by[o.config.Odoo] = append(by[o.config.Odoo], o)
	}
	out := make([][]*opened, len(order))
	for i, name := range order {
		out[i] = by[name]
	}
	return out
}

func (r *running) complete(o *opened, started time.Time) *synchronizer.Report {
	report := o.Report()
	report.Started = started.UTC().Truncate(time.Millisecond)
	report.Duration = r.app.clock.Now().Sub(started).Milliseconds()
	report.Requests = o.requests()
	return report
}

// print writes the report: one JSON object, or a table with what needs a person's eyes below it. For those who want to hear of
// trouble only there is no table, and each line names its backend.
func (r *running) print(ctx context.Context, o *opened, report *synchronizer.Report, failure error) error {
	if r.app.json() {
		return r.app.printJSON(report)
	}
	if r.app.quiet {
		return r.attention(ctx, o, report, report.Backend+": ")
	}
	s := r.app.style()
	_, _ = fmt.Fprintf(r.app.out, "%s: %s, %s to Odoo, %s to %s\n", s.Heading(report.Backend+" ↔ Odoo "+report.Odoo),
		time.Duration(report.Duration)*time.Millisecond, count(report.Requests.Odoo, "request", "requests"),
		count(report.Requests.Backend, "request", "requests"), o.config.Kind)
	if text := narrowed(report.Limits); text != "" {
		_, _ = fmt.Fprintln(r.app.out, text)
	}
	if failure == nil || anyCounted(report) {
		if _, err := io.WriteString(r.app.out, reportText(report, r.app.columnsOf())); err != nil {
			return err
		}
	}
	if failure == nil {
		r.verdict(report)
	} else if report.Jobs != (synchronizer.JobCounts{}) {
		r.jobsLine(report)
	}
	return r.attention(ctx, o, report, "")
}

// anyCounted reports whether a run did something to a record. What a run that broke off left as it was isn't worth telling.
func anyCounted(report *synchronizer.Report) bool {
	return slices.ContainsFunc(report.Models, func(c *synchronizer.Counts) bool {
		return *c != synchronizer.Counts{Model: c.Model, Odoo: c.Odoo, Unchanged: c.Unchanged, Skipped: c.Skipped}
	})
}

// reportText are the lines of reportRows in so many columns; 0: as many as they like.
func reportText(report *synchronizer.Report, columns int) string {
	var b strings.Builder
	rows, widest := reportRows(report), 0
	for _, row := range rows {
		widest = max(widest, widthOf(row[0]))
	}
	for _, row := range rows {
		wrapped(&b, pad(row[0], widest+gap), row[1], columns)
	}
	return b.String()
}

// tellLine writes a line behind a prefix; on a terminal it is broken between words, below its first word.
func (r *running) tellLine(prefix, word, text string) {
	var b strings.Builder
	wrapped(&b, prefix+word+" ", text, r.app.columnsOf())
	_, _ = io.WriteString(r.app.out, b.String())
}

// reportRows is a line for each model with what is not 0, so that it fits a terminal of 80 columns.
func reportRows(report *synchronizer.Report) [][]string {
	rows := make([][]string, len(report.Models))
	for i, c := range report.Models {
		var parts []string
		for _, n := range []struct {
			count int
			name  string
		}{
			{c.Created, "created"}, {c.Updated, "updated"}, {c.Archived, "archived"}, {c.Moved, "moved"}, {c.Deleted, "deleted"},
			{c.Unchanged, "unchanged"}, {c.Skipped, "skipped"}, {c.Failed, "failed"}, {c.Retired, "retired"},
		} {
			if n.count != 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n.count, n.name))
			}
		}
		if len(parts) == 0 {
			parts = []string{"none"}
		}
		rows[i] = []string{fmt.Sprintf("  %s ↔ %s", c.Model, c.Odoo), strings.Join(parts, ", ")}
	}
	return rows
}

func (r *running) verdict(report *synchronizer.Report) {
	j, s := report.Jobs, r.app.style()
	if report.Limits != nil && report.Limits.Reached {
		_, _ = fmt.Fprintln(r.app.out, s.Warn("The limit is reached:"), "what is left is done by the next sync.")
	}
	if !report.Changed() && j.Failed == 0 && j.Pending == 0 {
		_, _ = fmt.Fprintln(r.app.out, s.Good("Nothing changed."))
		return
	}
	r.jobsLine(report)
}

func (r *running) jobsLine(report *synchronizer.Report) {
	j, s := report.Jobs, r.app.style()
	failed := fmt.Sprintf("%d failed", j.Failed)
	if j.Failed > 0 {
		failed = s.Bad(failed)
	}
	_, _ = fmt.Fprintf(r.app.out, "Jobs: %d enqueued, %d done, %s, %d left for later.\n", j.Enqueued, j.Done, failed, j.Pending)
}

// shown is how many reviews and failed jobs a report names.
const shown = 10

// attention lists what waits for a person and what failed, each line behind a prefix.
func (r *running) attention(ctx context.Context, o *opened, report *synchronizer.Report, prefix string) error {
	for _, w := range report.Warnings {
		r.tellLine(prefix, r.app.style().Warn("Warning:"), w)
	}
	if err := r.listReviews(ctx, o, report, prefix); err != nil {
		return err
	}
	if report.Jobs.Failed == 0 {
		return nil
	}
	failed, err := r.queue.List(ctx, jobs.Filter{Backend: o.config.Name, States: []jobs.State{jobs.StateFailed}})
	if err != nil {
		return err
	}
	failed = slices.DeleteFunc(failed, func(j jobs.Job) bool { return j.Finished.Before(report.Started) }) // of earlier runs
	if len(failed) > shown {
		_, _ = fmt.Fprintf(r.app.out, "%s%d more jobs failed; see `connector jobs errors`\n", prefix, len(failed)-shown)
		failed = failed[:shown]
	}
	for _, j := range failed {
		r.tellLine(prefix, r.app.style().Bad(fmt.Sprintf("Job %d failed:", j.ID)), j.Description+": "+j.ExcMessage)
	}
	return nil
}

// listReviews names what waits for a person; where only trouble is told, what has waited since before the run isn't told again.
func (r *running) listReviews(ctx context.Context, o *opened, report *synchronizer.Report, prefix string) error {
	n := 0
	for _, m := range o.env.Backend.AllModels() {
		reviews, err := o.env.Binder.Reviews(ctx, m.Name)
		if err != nil {
			return err
		}
		for _, rv := range reviews {
			if rv.Kind == binding.Deleted || rv.Decision.Verdict == binding.Skipped || r.app.quiet && rv.Created.Before(report.Started) {
				continue
			}
			if n++; n <= shown {
				r.tellLine(prefix, r.app.style().Warn("For review:"), fmt.Sprintf("%s '%s': %s", m.Noun, rv.Name, rv.Reason))
			}
		}
	}
	if n > shown {
		_, _ = fmt.Fprintf(r.app.out, "%s… and %d more; see `connector review list`\n", prefix, n-shown)
	}
	return nil
}
