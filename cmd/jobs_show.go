package cmd

import (
	"context"
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

func (a *app) jobsShow() *cobra.Command {
	var flag int64
	c := &cobra.Command{
		Use: "show ID", Short: "Show one job, its attempts and what it waits for",
		Long: `show prints all that is known of one job: what comes next for it, its attempts, the jobs that it
depends on and those that depend on it, and the cause of its last failure.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such job, too), 3 environment.` + "\n\nNext: `connector jobs graph ID`, `connector jobs retry ID`, `connector explain CODE`.",
		Example: "  connector jobs show 1\n  connector --output json jobs show 1",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			id, err := jobID(args, flag, c)
			if err != nil {
				return err
			}
			return a.lookingAtQueue(c.Context(), func(conf *config.Config, db *state.DB, q *jobs.Queue) error {
				d, err := detailOf(c.Context(), q, id)
				if err != nil {
					return err
				}
				if d.pair, d.links, err = a.pairOfJob(c.Context(), conf, db, d.job); err != nil {
					return err
				}
				return a.showJob(d)
			})
		},
	}
	c.Flags().Int64Var(&flag, "id", 0, "the job's id, as an argument gives it, too")
	return c
}

// jobDetail is all that is known of a job.
type jobDetail struct {
	job        jobs.Job
	waiting    jobs.Waiting
	orphaned   bool // it runs for the state alone: its worker is dead
	attempts   []jobs.Attempt
	parents    []jobs.Job // that it depends on
	dependents []jobs.Job
	pair       int64 // the number of the binding that it works on, 0 for none
	links      linksView
}

func detailOf(ctx context.Context, q *jobs.Queue, id int64) (d jobDetail, err error) {
	if d.job, err = q.Get(ctx, id); err != nil {
		return d, err
	}
	if d.waiting, err = q.WhyWaiting(ctx, id); err != nil {
		return d, err
	}
	if d.waiting, err = notTaken(ctx, q, d.job, d.waiting); err != nil {
		return d, err
	}
	if d.attempts, err = q.Attempts(ctx, id); err != nil {
		return d, err
	}
	if d.orphaned, err = isOrphan(ctx, q, d.job); err != nil {
		return d, err
	}
	if len(d.job.DependsOn) > 0 {
		if d.parents, err = q.List(ctx, jobs.Filter{IDs: firstIDs(d.job.DependsOn)}); err != nil {
			return d, err
		}
	}
	d.dependents, err = q.Dependents(ctx, id)
	return d, err
}

// isOrphan tells whether a job is in the hands of a worker that is dead, or that nobody knows of any more.
func isOrphan(ctx context.Context, q *jobs.Queue, j jobs.Job) (bool, error) {
	if j.State != jobs.StateStarted {
		return false, nil
	}
	list, err := q.Workers(ctx)
	alive := func(w jobs.WorkerInfo) bool { return w.ID == j.Worker && w.Alive }
	return err == nil && !slices.ContainsFunc(list, alive), err
}

// neighbours is how many of the jobs around one are shown.
const neighbours = 10

// firstIDs are as many ids as one query may name; what is beyond them is only counted.
func firstIDs(ids []int64) []int64 { return ids[:min(len(ids), 500)] }

// waitingView is what keeps a job from running, as `--output json` shows it.
type waitingView struct {
	Kind  string     `json:"kind"`
	Text  string     `json:"text"`
	Jobs  []int64    `json:"jobs,omitempty"`
	Until *time.Time `json:"until,omitempty"`
}

// attemptView is a run of a job as `--output json` shows it.
type attemptView struct {
	Number     int        `json:"number"`
	Outcome    string     `json:"outcome"`
	Started    *time.Time `json:"started,omitempty"`
	Finished   *time.Time `json:"finished,omitempty"`
	Worker     string     `json:"worker"`
	Result     string     `json:"result,omitempty"`
	ExcName    string     `json:"exc_name,omitempty"`
	ExcMessage string     `json:"exc_message,omitempty"`
	ExcInfo    string     `json:"exc_info,omitempty"`
}

// jobDetailView is a job with what is around it.
type jobDetailView struct {
	jobView
	Waiting    *waitingView  `json:"waiting,omitempty"`
	Attempts   []attemptView `json:"attempts"`
	Dependents []int64       `json:"dependents"`
	Binding    int64         `json:"binding,omitempty"` // the number of the binding that it works on
	Links      linksView     `json:"links"`
}

func (d jobDetail) view() jobDetailView {
	v := jobDetailView{jobView: viewOf(d.job), Attempts: []attemptView{}, Dependents: []int64{}, Binding: d.pair, Links: d.links}
	if w := d.waiting; w.Kind != "" {
		v.Waiting = &waitingView{string(w.Kind), w.Text, w.Jobs, optional(w.Until)}
	}
	for _, t := range d.attempts {
		v.Attempts = append(v.Attempts, attemptView{t.Number, t.Outcome, optional(t.Started), optional(t.Finished), t.Worker, t.Result,
			t.ExcName, t.ExcMessage, t.ExcInfo})
	}
	for _, j := range d.dependents {
		v.Dependents = append(v.Dependents, j.ID)
	}
	return v
}

func (a *app) showJob(d jobDetail) error {
	if a.json() {
		return a.printJSON(d.view())
	}
	var b strings.Builder
	for _, r := range d.rows(a.clock.Now()) {
		if r[0] == "State" {
			b.WriteString(pad(r[0], 13) + a.style().State(d.job.State) + "\n")
			continue
		}
		if r[1] != "" {
			wrapped(&b, pad(r[0], 13), r[1], a.columnsOf())
		}
	}
	a.showAttempts(&b, d.attempts)
	a.showNeighbours(&b, "It depends on", d.parents, len(d.job.DependsOn))
	a.showNeighbours(&b, "What depends on it", d.dependents, len(d.dependents))
	if info := d.job.ExcInfo; info != "" && strings.Contains(strings.TrimSpace(info), "\n") {
		b.WriteString("\nThe last failure, from the outermost cause to the innermost\n" + indented(info))
	}
	return a.print([]string{b.String()})
}

// rows are what a job is, name by name; what is "" is left out.
func (d jobDetail) rows(now time.Time) [][2]string {
	j := d.job
	waits := slices.Contains([]jobs.State{jobs.StateWaitDependencies, jobs.StatePending, jobs.StateEnqueued}, j.State)
	if !waits {
		j.ETA = time.Time{} // it is past
	}
	if j.State == jobs.StateWaitDependencies {
		j.ExcName, j.ExcMessage = "", "" // what comes next says it
	}
	rows := [][2]string{
		{"Job", fmt.Sprint(j.ID)}, {"Description", j.Description}, {"State", string(j.State)}, {"Next", d.next(now)},
		{"Backend", j.Backend}, {"Model", j.Model}, {"Channel", j.Channel}, {"Function", j.Function}, {"Arguments", string(j.Args)},
		{"Binding", numbered(d.pair)}, {"Outside", d.links.External}, {"In Odoo", d.links.Odoo},
		{"Priority", fmt.Sprint(j.Priority)}, {"Not before", when(j.ETA)}, {"Tries spent", attemptsOf(j)}, {"Waits for", listed(j.DependsOn)},
		{"Graph", j.Graph}, {"Created", when(j.Created)}, {"Started", when(j.Started)}, {"Finished", when(j.Finished)},
		{"Took", durationOf(j, now)}, {"Worker", j.Worker}, {"Result", j.Result}, {"Failure", j.ExcMessage}, {"Kind", j.ExcName},
		{"UUID", j.UUID},
	}
	if j.Crashes > 0 {
		rows = append(rows, [2]string{"Crashes", fmt.Sprintf("its worker died %s", count(j.Crashes, "time", "times"))})
	}
	if j.TimeLimit > 0 {
		rows = append(rows, [2]string{"Time limit", span(j.TimeLimit)})
	}
	if j.RunsAgain {
		rows = append(rows, [2]string{"Then", "it was enqueued again meanwhile; another job follows"})
	}
	return rows
}

// numbered is a number that 0 stands for none of.
func numbered(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}

// next says what comes next for the job.
func (d jobDetail) next(now time.Time) string {
	switch j := d.job; j.State {
	case jobs.StateFailed:
		return fmt.Sprintf("nothing by itself; `connector jobs retry %d` puts it into the line again", j.ID)
	case jobs.StateCancelled:
		return fmt.Sprintf("nothing; `connector jobs retry %d` takes the cancelling back", j.ID)
	case jobs.StateStarted:
		if d.orphaned {
			return fmt.Sprintf("its worker, %s, died; the next process that runs jobs takes it back", j.Worker)
		}
		return fmt.Sprintf("it runs for %s, in the hands of %s", span(now.Sub(j.Started)), j.Worker)
	case jobs.StateWaitDependencies, jobs.StatePending, jobs.StateEnqueued, jobs.StateDone:
	}
	return d.waiting.Text
}

// listed are ids with as many as one looks at.
func listed(ids []int64) string {
	var words []string
	for _, id := range ids[:min(len(ids), neighbours)] {
		words = append(words, strconv.FormatInt(id, 10))
	}
	text := strings.Join(words, " ")
	if more := len(ids) - neighbours; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// showAttempts writes the runs as a table, and nothing for a job that was never run.
func (a *app) showAttempts(b *strings.Builder, all []jobs.Attempt) {
	if len(all) == 0 {
		return
	}
	rows := [][]string{{"", "#", "STARTED", "TOOK", "OUTCOME", "WORKER", "RESULT"}}
	for _, t := range all {
		took := ""
		if !t.Finished.IsZero() {
			took = span(t.Finished.Sub(t.Started))
		}
		text := t.ExcMessage
		if text == "" {
			text = t.Result
		}
		rows = append(rows, []string{"", strconv.Itoa(t.Number), when(t.Started), took, t.Outcome, plain(t.Worker), plain(text)})
	}
	b.WriteString("\nAttempts\n" + strings.Join(layOut(rows, a.columnsOf(), 5, 6), ""))
}

func (a *app) showNeighbours(b *strings.Builder, head string, list []jobs.Job, total int) {
	if total == 0 {
		return
	}
	slices.SortStableFunc(list, func(x, y jobs.Job) int { return urgency(x.State) - urgency(y.State) })
	var rows [][]string
	for _, j := range list[:min(len(list), neighbours)] {
		rows = append(rows, []string{"", strconv.FormatInt(j.ID, 10), string(j.State), plain(j.Description)})
	}
	b.WriteString("\n" + head + "\n" + strings.Join(layOut(rows, a.columnsOf(), 3), ""))
	if more := total - len(rows); more > 0 {
		fmt.Fprintf(b, "  and %d more; see `connector jobs graph`\n", more)
	}
}

// urgency puts those first that need a person's eye.
func urgency(s jobs.State) int {
	return slices.Index([]jobs.State{jobs.StateFailed, jobs.StateCancelled, jobs.StateStarted, jobs.StateEnqueued, jobs.StatePending,
		jobs.StateWaitDependencies, jobs.StateDone}, s)
}

// indented writes lines below a head, without what would move a terminal's cursor.
func indented(text string) string {
	var b strings.Builder
	for line := range strings.Lines(strings.TrimSpace(text)) {
		b.WriteString("  " + strings.ReplaceAll(plainLine(line), "\t", "    ") + "\n")
	}
	return b.String()
}
