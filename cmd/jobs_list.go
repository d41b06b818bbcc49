package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// jobColumn is a column of a list of jobs.
type jobColumn struct {
	name, head string
	yields     bool // is cut where the screen is narrow
	value      func(j jobs.Job, now time.Time) string
}

// jobColumns are all columns that there are, in the order of the help.
func jobColumns() []jobColumn {
	text := func(name string, value func(j jobs.Job) string) jobColumn {
		return jobColumn{name, strings.ToUpper(name), false, func(j jobs.Job, _ time.Time) string { return value(j) }}
	}
	long := func(name string, value func(j jobs.Job) string) jobColumn {
		c := text(name, value)
		c.yields = true
		return c
	}
	return []jobColumn{
		text("id", func(j jobs.Job) string { return strconv.FormatInt(j.ID, 10) }),
		text("state", func(j jobs.Job) string { return string(j.State) }),
		text("backend", func(j jobs.Job) string { return j.Backend }),
		long("job", func(j jobs.Job) string { return j.Description }),
		long("result", resultOf),
		text("channel", func(j jobs.Job) string { return j.Channel }),
		text("model", func(j jobs.Job) string { return j.Model }),
		text("function", func(j jobs.Job) string { return j.Function }),
		text("priority", func(j jobs.Job) string { return strconv.Itoa(j.Priority) }),
		text("attempts", attemptsOf),
		text("created", func(j jobs.Job) string { return when(j.Created) }),
		text("eta", func(j jobs.Job) string { return when(j.ETA) }),
		text("started", func(j jobs.Job) string { return when(j.Started) }),
		text("finished", func(j jobs.Job) string { return when(j.Finished) }),
		{"duration", "DURATION", false, durationOf},
		{"age", "AGE", false, func(j jobs.Job, now time.Time) string { return span(now.Sub(j.Created)) }},
		text("worker", func(j jobs.Job) string { return j.Worker }),
		text("kind", func(j jobs.Job) string { return j.ExcName }),
		long("error", func(j jobs.Job) string { return j.ExcMessage }),
		text("identity", func(j jobs.Job) string { return j.Identity }),
		text("graph", func(j jobs.Job) string { return j.Graph }),
		text("uuid", func(j jobs.Job) string { return j.UUID }),
		long("args", func(j jobs.Job) string { return string(j.Args) }),
	}
}

// resultOf is what came of a job, or why it failed; one that is tried again has a cause, too.
func resultOf(j jobs.Job) string {
	if j.State == jobs.StateFailed || j.Result == "" {
		return j.ExcMessage
	}
	return j.Result
}

// attemptsOf counts the attempts that failed or were given up; there may be no limit to them.
func attemptsOf(j jobs.Job) string {
	if j.MaxRetries == 0 {
		return strconv.Itoa(j.Retry)
	}
	return fmt.Sprintf("%d of %d", j.Retry, j.MaxRetries)
}

// durationOf is how long a job's last run took, or takes up to now.
func durationOf(j jobs.Job, now time.Time) string {
	switch {
	case j.State == jobs.StateStarted:
		return span(now.Sub(j.Started))
	case (j.State == jobs.StateDone || j.State == jobs.StateFailed) && !j.Started.IsZero():
		return span(j.Finished.Sub(j.Started))
	default:
		return ""
	}
}

const defaultColumns = "id,state,backend,job,result"

func columnNames() (names []string) {
	for _, c := range jobColumns() {
		names = append(names, c.name)
	}
	return names
}

// chosenColumns are the named columns. A name with a + in front adds to the default ones.
func chosenColumns(names []string) (list []jobColumn, err error) {
	if len(names) == 0 {
		return nil, &usageError{"--columns names none; known: " + strings.Join(columnNames(), ", ")}
	}
	if len(names) > 0 && strings.HasPrefix(names[0], "+") {
		names = append(strings.Split(defaultColumns, ","), append([]string{names[0][1:]}, names[1:]...)...)
	}
	for _, name := range names {
		at := slices.IndexFunc(jobColumns(), func(c jobColumn) bool { return c.name == strings.TrimSpace(name) })
		if at < 0 {
			return nil, &usageError{fmt.Sprintf("--columns: there is no column %q; %s", name, nearest(name, columnNames()))}
		}
		list = append(list, jobColumns()[at])
	}
	return list, nil
}

// jobsListing is what `jobs list` was asked for.
type jobsListing struct {
	filter  jobFilter
	sort    string
	columns []string
	page    string
	limit   int
}

func (a *app) jobsList() *cobra.Command {
	var l jobsListing
	c := &cobra.Command{
		Use: "list", Short: "List jobs", Args: cobra.NoArgs,
		Long: `list shows the jobs of the queue, oldest first. All that is asked for must hold together; a time is
that of a job's last step: its end, the start of its run, or since when it waits.

On a terminal long texts are cut to fit, and the backend is left out where all have the same; in a pipe
nothing is.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs show ID`, `connector jobs errors`.",
		Example: `  connector jobs list --state failed,pending --backend trello
  connector jobs list --since 2h --error timeout --sort -finished
  connector jobs list --state started --sort -duration --columns +worker
  connector jobs list --record 65f1a0c00000000000000007`,
		RunE: func(c *cobra.Command, _ []string) error { return a.listJobs(c.Context(), l) },
	}
	l.filter.register(c)
	c.Flags().StringVar(&l.sort, "sort", "id", "id, created, eta, priority, started, finished or duration; - in front turns it round")
	c.Flags().StringSliceVar(&l.columns, "columns", strings.Split(defaultColumns, ","),
		"what to show of each; +NAME adds to the usual ones: "+strings.Join(columnNames(), ", "))
	c.Flags().IntVar(&l.limit, "limit", 100, "at most so many on a page; 0 for all")
	c.Flags().StringVar(&l.page, "page", "", "the number of the page, or what the JSON of the page before gives as next")
	return c
}

// paged is the filter with the page that was asked for.
func (l *jobsListing) paged(now time.Time) (f *jobFilter, err error) {
	f = &l.filter
	if err := f.check(now); err != nil {
		return nil, err
	}
	if f.Sort, err = jobs.ParseSort(l.sort); err != nil {
		return nil, flagged(err)
	}
	if l.limit < 0 {
		return nil, &usageError{fmt.Sprintf("--limit %d: write how many jobs a page has, or 0 for all", l.limit)}
	}
	f.Limit = l.limit
	number, err := strconv.Atoi(l.page)
	switch {
	case l.page == "":
	case l.limit == 0:
		return nil, &usageError{"--page needs a --limit: without one there is one page"}
	case err != nil:
		f.After = l.page
	case number < 1:
		return nil, &usageError{fmt.Sprintf("--page %d: pages are counted from 1", number)}
	default:
		f.Offset = (number - 1) * l.limit
	}
	return f, nil
}

// jobsPage is a page as `--output json` shows it.
type jobsPage struct {
	Jobs []jobView `json:"jobs"`
	Next string    `json:"next,omitempty"` // what --page is to be for the next one
}

func (a *app) listJobs(ctx context.Context, l jobsListing) error {
	f, err := l.paged(a.clock.Now())
	if err != nil {
		return err
	}
	columns, err := chosenColumns(l.columns)
	if err != nil {
		return err
	}
	return a.lookingAtQueue(ctx, func(conf *config.Config, _ *state.DB, q *jobs.Queue) error {
		if err := f.resolve(ctx, q); err != nil {
			return err
		}
		p, err := q.Page(ctx, f.Filter)
		if err != nil {
			return flagged(err)
		}
		if a.json() {
			page := jobsPage{Jobs: make([]jobView, len(p.Jobs)), Next: p.Next}
			for i, j := range p.Jobs {
				page.Jobs[i] = viewOf(j)
			}
			return a.printJSON(page)
		}
		if strings.Join(l.columns, ",") == defaultColumns {
			columns = a.withoutSole(columns, p.Jobs)
		}
		if err := a.showJobs(p.Jobs, columns); err != nil {
			return err
		}
		if len(p.Jobs) == 0 {
			err = a.tellUnknown(ctx, conf, q, f.Filter)
		}
		return errors.Join(err, a.tellPage(ctx, q, f.Filter, p), a.tellOutages(ctx, q))
	})
}

// tellOutages says, beside what is listed, which backends' jobs wait for the backend.
func (a *app) tellOutages(ctx context.Context, q *jobs.Queue) error {
	list, err := q.Outages(ctx)
	for _, o := range list {
		var text strings.Builder
		wrapped(&text, "", o.String(), a.columnsOf())
		_, _ = fmt.Fprint(a.err, text.String()) // it is said beside the result
	}
	return err
}

// withoutSole leaves out the backend where a terminal's few columns would tell the same one of each job.
func (a *app) withoutSole(columns []jobColumn, list []jobs.Job) []jobColumn {
	other := func(j jobs.Job) bool { return j.Backend != list[0].Backend }
	if a.columnsOf() == 0 || slices.ContainsFunc(list, other) {
		return columns
	}
	return slices.DeleteFunc(columns, func(c jobColumn) bool { return c.name == "backend" })
}

func (a *app) showJobs(list []jobs.Job, columns []jobColumn) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "No jobs.")
		return err
	}
	now := a.clock.Now()
	s := a.style()
	rows := make([][]string, 1, len(list)+1)
	var yielding []int
	for i, c := range columns {
		rows[0] = append(rows[0], s.Heading(c.head))
		if c.yields {
			yielding = append(yielding, i)
		}
		if c.yields && c.name != "job" { // what it is about comes first
			yielding = append(yielding, i)
		}
	}
	for _, j := range list {
		row := make([]string, len(columns))
		for i, c := range columns {
			if row[i] = plain(c.value(j, now)); c.name == "state" {
				row[i] = s.State(j.State)
			}
		}
		rows = append(rows, row)
	}
	return a.print(layOut(rows, a.columnsOf(), yielding...))
}

// print writes lines to stdout, all at once.
func (a *app) print(lines []string) error {
	_, err := fmt.Fprint(a.out, strings.Join(lines, ""))
	return err
}

// tellPage says beside the list where it goes on.
func (a *app) tellPage(ctx context.Context, q *jobs.Queue, f jobs.Filter, p jobs.Page) error {
	if p.Next == "" && (len(p.Jobs) > 0 || f.Offset == 0) {
		return nil
	}
	total, err := q.Count(ctx, f)
	if err != nil {
		return err
	}
	pages := (total + f.Limit - 1) / f.Limit
	switch {
	case f.After != "":
		_, _ = fmt.Fprintf(a.hints(), "the next page: --page %s\n", p.Next)
	case len(p.Jobs) == 0:
		_, _ = fmt.Fprintf(a.hints(), "page %d is past the end: %s on %s\n", f.Offset/f.Limit+1, count(total, "job", "jobs"), count(pages, "page", "pages"))
	default:
		number := f.Offset/f.Limit + 1
		_, _ = fmt.Fprintf(a.hints(), "page %d of %d, %d jobs in all; --page %d shows the next\n", number, pages, total, number+1)
	}
	return nil
}
