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

	"github.com/odoo-connector/connector/jobs"
)

func (a *app) jobsStats() *cobra.Command {
	var since, by string
	c := &cobra.Command{
		Use: "stats", Short: "Count what became of the jobs, and how long they took", Args: cobra.NoArgs,
		Long: `stats counts the jobs that ended since a time, and says how long they waited and ran: half of them, 95
and 99 of a hundred took no longer. Waiting is counted from when a job could run to the start of its
last run. Below is what is there now.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs errors`, `connector jobs channels`.",
		Example: "  connector jobs stats\n  connector jobs stats --since 1h --by channel",
		RunE:    func(c *cobra.Command, _ []string) error { return a.countJobs(c.Context(), since, by) },
	}
	c.Flags().StringVar(&since, "since", "24h", "from when on: 1h, 7d, \"2026-03-02 15:04\"")
	c.Flags().StringVar(&by, "by", "function", "function, channel or backend")
	return c
}

// spreadView is a spread of durations as `--output json` shows it, in seconds.
type spreadView struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func viewOfSpread(s jobs.Spread) spreadView {
	return spreadView{s.P50.Seconds(), s.P95.Seconds(), s.P99.Seconds(), s.Max.Seconds()}
}

// statView is what became of the jobs of a group, as `--output json` shows it.
type statView struct {
	Name      string     `json:"name"`
	Done      int        `json:"done"`
	Failed    int        `json:"failed"`
	Cancelled int        `json:"cancelled"`
	Retries   int        `json:"retries"`
	Crashes   int        `json:"crashes"`
	PerHour   float64    `json:"per_hour"`
	Wait      spreadView `json:"wait"`
	Duration  spreadView `json:"duration"`
	Pending   int        `json:"pending"`
	Running   int        `json:"running"`
	Waiting   int        `json:"waiting"`
	Oldest    *time.Time `json:"oldest_pending,omitempty"`
}

// statsView is all of them.
type statsView struct {
	Since  time.Time  `json:"since"`
	Until  time.Time  `json:"until"`
	By     string     `json:"by"`
	Groups []statView `json:"groups"`
}

func (a *app) countJobs(ctx context.Context, since, by string) error {
	now := a.clock.Now()
	from, err := parseInstant(since, now, -1)
	if err != nil {
		return &usageError{"--since: " + err.Error()}
	}
	var keys []string
	for _, k := range jobs.GroupKeys() {
		keys = append(keys, string(k))
	}
	if !slices.Contains(keys, by) {
		return &usageError{fmt.Sprintf("--by %q: %s", by, nearest(by, keys))}
	}
	return a.withQueue(ctx, func(q *jobs.Queue) error {
		list, err := q.Statistics(ctx, jobs.GroupKey(by), from)
		if err != nil {
			return err
		}
		if a.json() {
			return a.printJSON(viewOfStats(list, by, from, now))
		}
		return errors.Join(a.showStats(list, by, from, now), a.tellOutages(ctx, q))
	})
}

func viewOfStats(list []jobs.Statistic, by string, from, now time.Time) statsView {
	v := statsView{Since: from.UTC(), Until: now.UTC(), By: by, Groups: []statView{}}
	for _, s := range list {
		v.Groups = append(v.Groups, statView{
			Name: s.Name, Done: s.Done, Failed: s.Failed, Cancelled: s.Cancelled, Retries: s.Retries, Crashes: s.Crashes, PerHour: s.PerHour,
			Wait: viewOfSpread(s.Wait), Duration: viewOfSpread(s.Duration), Pending: s.Pending, Running: s.Running, Waiting: s.Waiting,
			Oldest: optional(s.Oldest),
		})
	}
	return v
}

func (a *app) showStats(list []jobs.Statistic, by string, from, now time.Time) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(a.out, "No jobs.")
		return err
	}
	head := strings.ToUpper(by)
	ended := [][]string{{head, "DONE", "/HOUR", "FAILED", "RETRIED", "WAIT 50/95/99%", "RUN 50/95/99%"}}
	present := [][]string{{head, "PENDING", "OLDEST", "RUNNING", "WAITING"}}
	for _, s := range list {
		name := s.Name
		if name == "" {
			name = "(none)"
		}
		if s.Done+s.Failed+s.Retries > 0 {
			ended = append(ended, []string{name, strconv.Itoa(s.Done), rate(s.PerHour), strconv.Itoa(s.Failed), strconv.Itoa(s.Retries),
				spread(s.Wait), spread(s.Duration)})
		}
		if s.Pending+s.Running+s.Waiting > 0 {
			oldest := ""
			if !s.Oldest.IsZero() {
				oldest = span(now.Sub(s.Oldest))
			}
			present = append(present, []string{name, strconv.Itoa(s.Pending), oldest, strconv.Itoa(s.Running), strconv.Itoa(s.Waiting)})
		}
	}
	lines := []string{fmt.Sprintf("Ended in the last %s, since %s\n", span(now.Sub(from)), when(from))}
	lines = append(lines, orNothing(layOut(ended, a.columnsOf(), 0))...)
	lines = append(lines, "\nThere now\n")
	lines = append(lines, orNothing(layOut(present, a.columnsOf(), 0))...)
	return a.print(lines)
}

// orNothing is a table, or a word where it has a head alone.
func orNothing(lines []string) []string {
	if len(lines) == 1 {
		return []string{"nothing\n"}
	}
	return lines
}

// rate is a number in an hour, with as many digits as matter.
func rate(perHour float64) string {
	switch {
	case perHour == 0 || perHour >= 10:
		return strconv.FormatFloat(perHour, 'f', 0, 64)
	case perHour < 0.05:
		return "<0.1"
	default:
		return strconv.FormatFloat(perHour, 'f', 1, 64)
	}
}

func spread(s jobs.Spread) string {
	if s.Count == 0 {
		return ""
	}
	return span(s.P50) + "/" + span(s.P95) + "/" + span(s.P99)
}
