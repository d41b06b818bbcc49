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

// pauseScope is what `jobs pause` and `jobs resume` are about.
type pauseScope struct {
	channel, backend string
	all              bool
}

func (s *pauseScope) register(c *cobra.Command) {
	c.Flags().StringVar(&s.channel, "channel", "", "this channel and those below it")
	c.Flags().StringVar(&s.backend, "backend", "", "the jobs of this backend")
	c.Flags().BoolVar(&s.all, "all", false, "everything")
}

// pause is the pause that the flags name, without its time and reason.
func (s *pauseScope) pause(c *config.Config) (p jobs.Pause, err error) {
	given := 0
	for _, yes := range []bool{s.channel != "", s.backend != "", s.all} {
		if yes {
			given++
		}
	}
	switch {
	case given != 1:
		return p, &usageError{"say what: --channel NAME, --backend NAME or --all"}
	case s.all:
		return jobs.Pause{Scope: jobs.PauseAll}, nil
	case s.channel != "":
		return jobs.Pause{Scope: jobs.PauseChannel, Name: s.channel}, nil
	}
	if _, err := choose(c, []string{s.backend}); err != nil {
		return p, err
	}
	return jobs.Pause{Scope: jobs.PauseBackend, Name: s.backend}, nil
}

// pauseView is a pause as `--output json` shows it.
type pauseView struct {
	Scope  string     `json:"scope"`
	Name   string     `json:"name,omitempty"`
	Since  *time.Time `json:"since,omitempty"`
	Until  *time.Time `json:"until,omitempty"`
	Reason string     `json:"reason,omitempty"`
}

func viewOfPause(p jobs.Pause) pauseView {
	return pauseView{p.Scope, p.Name, optional(p.Since), optional(p.Until), p.Reason}
}

// onQueue opens the queue of the local database for changing it.
func (a *app) onQueue(ctx context.Context, do func(*config.Config, *state.DB, *jobs.Queue) error) error {
	return a.withConfiguredState(ctx, func(db *state.DB, c *config.Config) error { return do(c, db, newQueue(db, c)) })
}

func (a *app) jobsPause() *cobra.Command {
	var s pauseScope
	var lasts, reason string
	c := &cobra.Command{
		Use: "pause --channel C | --backend B | --all", Short: "Keep jobs from being started", Args: cobra.NoArgs,
		Long: `pause keeps the jobs of a channel, of a backend or of everything from being started, in every process
that works on this state, until they are resumed or the time is over. Jobs that run go on to their end.
A job that is named (jobs run --id) runs in spite of it.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs resume`, `connector status`.",
		Example: `  connector jobs pause --backend trello --for 1h --reason "Trello is down"
  connector jobs pause --all`,
		RunE: func(c *cobra.Command, _ []string) error { return a.pauseJobs(c.Context(), s, lasts, reason) },
	}
	s.register(c)
	c.Flags().StringVar(&lasts, "for", "", "how long: 30m, 2h, 1d; without it until it is resumed")
	c.Flags().StringVar(&reason, "reason", "", "why, for those who wonder")
	return c
}

func (a *app) pauseJobs(ctx context.Context, s pauseScope, lasts, reason string) error {
	var span time.Duration
	if lasts != "" {
		var err error
		if span, err = config.ParseSpan(lasts); err != nil || span == 0 {
			return &usageError{fmt.Sprintf("--for: %q is no span of time to pause for; write it as 30m, 2h or 1d", lasts)}
		}
	}
	return a.onQueue(ctx, func(c *config.Config, db *state.DB, q *jobs.Queue) error {
		p, err := s.pause(c)
		if err != nil {
			return err
		}
		p.Reason = reason
		err = db.Write(ctx, func(tx *state.Tx) error {
			if span > 0 {
				p.Until = tx.Now().Add(span)
			}
			return q.Pause(ctx, tx, p)
		})
		if err != nil {
			return flagged(err)
		}
		return a.showPause(ctx, q, p)
	})
}

// showPause tells what is paused now, and warns of a channel that may be none.
func (a *app) showPause(ctx context.Context, q *jobs.Queue, p jobs.Pause) error {
	on, err := q.Pauses(ctx)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(on, func(o jobs.Pause) bool {
		return o.Scope == p.Scope && strings.TrimPrefix(o.Name, jobs.Root+".") == strings.TrimPrefix(p.Name, jobs.Root+".")
	})
	if at < 0 {
		return fmt.Errorf("the pause of %s %s was resumed meanwhile", p.Scope, p.Name)
	}
	if p = on[at]; p.Scope == jobs.PauseChannel {
		if err := a.doubt(ctx, q, p.Name); err != nil {
			return err
		}
	}
	if a.json() {
		return a.printJSON(pausedView{viewOfPause(p)})
	}
	var b strings.Builder
	wrapped(&b, "", p.String(), a.columnsOf())
	return a.print([]string{b.String()})
}

// doubt says beside the answer that no job was ever in a channel.
func (a *app) doubt(ctx context.Context, q *jobs.Queue, channel string) error {
	loads, err := q.Loads(ctx)
	if err != nil {
		return err
	}
	var known []string
	for _, l := range loads {
		switch configured := l.Channel != (jobs.Channels{}).Get(l.Name); {
		case l.Name != channel:
			known = append(known, l.Name)
		case l.Used || configured:
			return nil
		}
	}
	_, _ = fmt.Fprintf(a.err, "no job was ever in channel %s; %s\n", channel, nearest(channel, known))
	return nil
}

func (a *app) jobsResume() *cobra.Command {
	var s pauseScope
	c := &cobra.Command{
		Use: "resume --channel C | --backend B | --all", Short: "Let paused jobs be started again", Args: cobra.NoArgs,
		Long: `resume ends the pause of a channel or a backend; with --all it ends every pause.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs run --all`, `connector sync`.",
		Example: "  connector jobs resume --backend trello\n  connector jobs resume --all",
		RunE:    func(c *cobra.Command, _ []string) error { return a.resumeJobs(c.Context(), s) },
	}
	s.register(c)
	return c
}

func (a *app) resumeJobs(ctx context.Context, s pauseScope) error {
	return a.onQueue(ctx, func(c *config.Config, db *state.DB, q *jobs.Queue) error {
		p, err := s.pause(c)
		if err != nil {
			return err
		}
		ended, err := resume(ctx, db, q, p)
		if err != nil {
			return err
		}
		if a.json() {
			return a.printJSON(resumedView{append([]pauseView{}, ended...)})
		}
		for _, e := range ended {
			if _, err := fmt.Fprintf(a.deeds(), "%s goes on\n", scopeName(e.Scope, e.Name)); err != nil {
				return err
			}
		}
		switch {
		case len(ended) > 0:
		case s.all:
			_, err = fmt.Fprintln(a.out, "nothing is paused")
		default:
			_, err = fmt.Fprintf(a.out, "%s is not paused\n", scopeName(p.Scope, p.Name))
		}
		return err
	})
}

// resume ends a pause, or all where it is that of everything, and gives those that there were.
func resume(ctx context.Context, db *state.DB, q *jobs.Queue, p jobs.Pause) (ended []pauseView, err error) {
	on, err := q.Pauses(ctx)
	if err != nil {
		return nil, err
	}
	wanted := []jobs.Pause{p}
	if p.Scope == jobs.PauseAll {
		wanted = on
	}
	err = db.Write(ctx, func(tx *state.Tx) error {
		for _, w := range wanted {
			was, err := q.Resume(ctx, tx, w.Scope, w.Name)
			if err != nil {
				return err
			}
			if was {
				ended = append(ended, viewOfPause(w))
			}
		}
		return nil
	})
	return ended, err
}

func scopeName(scope, name string) string {
	if scope == jobs.PauseAll {
		return "everything"
	}
	return scope + " " + name
}

func (a *app) jobsChannels() *cobra.Command {
	return &cobra.Command{
		Use: "channels", Short: "Show what each channel runs and may run", Args: cobra.NoArgs,
		Long: `channels shows each channel with all below it: how many jobs it may run at a time, how many run, could
run, wait for their time or for others, and failed; and what keeps it. What it runs can be more than it
may where jobs share their calls: those take one place together.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs workers`, `connector jobs list --channel NAME`.",
		Example: "  connector jobs channels\n  connector jobs pause --channel trello --for 1h",
		RunE: func(c *cobra.Command, _ []string) error {
			return a.withQueue(c.Context(), func(q *jobs.Queue) error {
				loads, err := q.Loads(c.Context())
				if err != nil {
					return err
				}
				return errors.Join(a.showChannels(loads), a.tellOutages(c.Context(), q))
			})
		},
	}
}

// channelView is a channel as `--output json` shows it.
type channelView struct {
	Name       string     `json:"name"`
	Capacity   int        `json:"capacity"` // 0: without limit
	Sequential bool       `json:"sequential"`
	Throttle   float64    `json:"throttle"` // seconds
	Slots      int        `json:"slots"`
	Running    int        `json:"running"`
	Pending    int        `json:"pending"`
	Waiting    int        `json:"waiting"`
	Failed     int        `json:"failed"`
	Paused     *pauseView `json:"paused,omitempty"`
	Opens      *time.Time `json:"opens,omitempty"`
}

func (a *app) showChannels(loads []jobs.Load) error {
	if a.json() {
		views := make([]channelView, len(loads))
		for i, l := range loads {
			views[i] = channelView{l.Name, l.Capacity, l.Sequential, l.Throttle.Seconds(), l.Slots, l.Running, l.Pending, l.Waiting, l.Failed,
				nil, optional(l.Opens)}
			if l.Paused != nil {
				p := viewOfPause(*l.Paused)
				views[i].Paused = &p
			}
		}
		return a.printJSON(channelsView{views})
	}
	rows := [][]string{{"CHANNEL", "MAY RUN", "RUNS", "PENDING", "WAITING", "FAILED", ""}}
	var pauses strings.Builder
	told := map[string]bool{}
	for _, l := range loads {
		rows = append(rows, []string{l.Name, capacityOf(l), runsOf(l), strconv.Itoa(l.Pending), strconv.Itoa(l.Waiting), strconv.Itoa(l.Failed),
			a.keeps(l)})
		if l.Paused != nil && !told[l.Paused.String()] {
			wrapped(&pauses, "", l.Paused.String(), a.columnsOf())
			told[l.Paused.String()] = true
		}
	}
	lines := layOut(rows, a.columnsOf(), 0, 6)
	if pauses.Len() > 0 {
		lines = append(lines, "\n", pauses.String())
	}
	return a.print(lines)
}

func capacityOf(l jobs.Load) string {
	if l.Capacity == 0 {
		return "any"
	}
	return strconv.Itoa(l.Capacity)
}

// runsOf is how many jobs run, and in how many places where those are fewer.
func runsOf(l jobs.Load) string {
	if l.Slots < l.Running {
		return fmt.Sprintf("%d in %d", l.Running, l.Slots)
	}
	return strconv.Itoa(l.Running)
}

// keeps says what keeps a channel's jobs from being started.
func (a *app) keeps(l jobs.Load) string {
	var notes []string
	if l.Paused != nil {
		notes = append(notes, "paused")
	}
	switch {
	case l.Sequential && l.Failed > 0:
		notes = append(notes, "sequential, stopped by the failed")
	case l.Sequential:
		notes = append(notes, "sequential")
	}
	if l.Throttle > 0 {
		text := "one every " + span(l.Throttle)
		if !l.Opens.IsZero() {
			text += ", next in " + span(l.Opens.Sub(a.clock.Now()))
		}
		notes = append(notes, text)
	}
	return strings.Join(notes, "; ")
}
