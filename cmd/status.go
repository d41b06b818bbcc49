package cmd

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/notify"
	"github.com/odoo-connector/connector/schedule"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) statusCommand() *cobra.Command {
	var check bool
	var maxAge time.Duration
	c := &cobra.Command{
		Use: "status [BACKEND…]", Short: "Show at a glance how each backend is doing",
		Long: `status shows how each named backend (each of the configuration without a name) is doing: when it was last
in step with Odoo, when it runs next, who works on it now, what keeps it, and for each binding model how
many pairs are bound, how many jobs wait or failed, and how many records wait for a decision. It ends
with what to do about what is wrong.

Pairs that left what is synchronized, and those of which a half was deleted, count as bound no more;
` + "`connector bindings list --state retired,deleted`" + ` shows them.

It looks at the local database alone: it asks no server, needs no secret, and disturbs no run.

With --check the exit code says how things are, for those who watch over it. A backend that has a
schedule is stale when a run was due and nobody ran it; --max-age says how old the last success may be
where something else runs it, as cron. Records that wait for a decision are no failure.

Exit codes: 0 done; 1 unusable state.db; 2 usage or configuration; 3 environment. With --check also: 3 a
backend is paused, stale, out, or never ran; 4 it is out since a server let nobody in; 5 jobs failed.
Where several hold, the first of 1, 2, 4, 3, 5.

Next: what its last line names, or ` + "`connector jobs list`" + `.`,
		Example: `  connector status
  connector status trello --check --max-age 1h
  connector --output json status`,
		RunE: func(c *cobra.Command, args []string) error {
			return a.status(c.Context(), args, statusOptions{check: check, maxAge: maxAge})
		},
	}
	c.Flags().BoolVar(&check, "check", false, "let the exit code say whether something is wrong")
	spanVar(c.Flags(), &maxAge, "max-age", 0, "call a backend stale whose last success is older, as 1h; 0 for going by the schedule alone")
	return c
}

// statusOptions are the flags of status.
type statusOptions struct {
	check  bool
	maxAge time.Duration
}

// statusView is the answer of status as `--output json` shows it.
type statusView struct {
	Time     time.Time    `json:"time"`
	State    string       `json:"state"` // where the state is: a path, or a URL without its password
	Backends []statusPart `json:"backends"`
	// Unknown are backends that have bindings or jobs and are no longer in the configuration.
	Unknown []string `json:"not_configured"`
}

// statusPart is how one backend is doing.
type statusPart struct {
	Name        string        `json:"name"`
	Kind        string        `json:"kind"`
	Version     string        `json:"version"`
	Odoo        string        `json:"odoo"`
	Condition   condition     `json:"condition"` // the worst of its troubles, or "ok"
	LastSuccess *time.Time    `json:"last_success,omitempty"`
	LastRun     *time.Time    `json:"last_run,omitempty"`
	Next        *nextRunView  `json:"next_run,omitempty"`
	Running     []runningView `json:"running"`
	StandingBy  []runningView `json:"standing_by"` // processes that live and wait for something to do
	Died        []diedView    `json:"died"`
	Outage      *outageView   `json:"outage,omitempty"`
	Pauses      []pauseView   `json:"pauses"`
	Models      []statusModel `json:"models"`
	Troubles    []troubleView `json:"troubles"`
}

// nextRunView is when the schedule runs a backend next.
type nextRunView struct {
	At       time.Time `json:"at"`
	Schedule string    `json:"schedule"` // the entry's name
	Overdue  bool      `json:"overdue"`  // its time has gone by, and nobody ran it

	Limits *synchronizer.Limits `json:"limits,omitempty"` // how its sync is narrowed
}

// runningView is a process that works on a backend now.
type runningView struct {
	PID     int        `json:"pid,omitempty"`
	Host    string     `json:"host,omitempty"` // where it isn't this machine
	Command string     `json:"command,omitempty"`
	Since   *time.Time `json:"since,omitempty"`
	InHand  int        `json:"jobs_in_hand"`
}

// is tells whether it is the same process.
func (r runningView) is(other runningView) bool {
	return r.PID == other.PID && cmp.Or(r.Host, thisHost()) == cmp.Or(other.Host, thisHost())
}

// diedView is a worker that died with jobs in hand.
type diedView struct {
	Worker string `json:"worker"`
	InHand int    `json:"jobs_in_hand"`
}

// outageView is a backend, or its Odoo, that didn't answer or let nobody in.
type outageView struct {
	Code   string     `json:"code"` // the kind of the outage in one word, as timeout, denied, rate_limited
	Since  *time.Time `json:"since,omitempty"`
	Last   *time.Time `json:"last,omitempty"`
	Until  *time.Time `json:"until,omitempty"` // before when it asked to be left alone
	Reason string     `json:"reason"`
}

// statusModel counts what there is of one binding model.
type statusModel struct {
	Model     string `json:"model"`
	Odoo      string `json:"odoo"`
	Direction string `json:"direction"`
	Bound     int    `json:"bound"`     // pairs that are kept in step
	Retired   int    `json:"retired"`   // pairs that left what is synchronized
	Deleted   int    `json:"deleted"`   // pairs of which a half was deleted, or both
	Unsettled int    `json:"unsettled"` // creations that are under way
	Waiting   int    `json:"waiting"`   // jobs that wait for their turn, their time or others
	Running   int    `json:"running"`   // jobs that are being worked on
	Failed    int    `json:"failed"`    // jobs
	Reviews   int    `json:"reviews"`
}

// add counts another model's along.
func (m *statusModel) add(other statusModel) {
	m.Bound += other.Bound
	m.Retired += other.Retired
	m.Deleted += other.Deleted
	m.Unsettled += other.Unsettled
	m.Waiting += other.Waiting
	m.Running += other.Running
	m.Failed += other.Failed
	m.Reviews += other.Reviews
}

func (a *app) status(ctx context.Context, names []string, o statusOptions) error {
	return a.withOrWithoutState(ctx, func(db *state.DB, c *config.Config) error {
		chosen, err := choose(c, names)
		if err != nil {
			return err
		}
		s := &statusLook{app: a, config: c, db: db, options: o, now: a.clock.Now()}
		if db != nil {
			if err := s.read(ctx); err != nil {
				return err
			}
		}
		v := statusView{Time: s.now.UTC(), State: c.State, Backends: []statusPart{}, Unknown: s.unknown()}
		for _, b := range chosen {
			part, err := s.part(ctx, b)
			if err != nil {
				return err
			}
			v.Backends = append(v.Backends, part)
		}
		if err := a.showStatus(v, db != nil); err != nil || !o.check {
			return err
		}
		return attentionOf(v)
	})
}

// statusLook is what the state says of all backends.
type statusLook struct {
	app     *app
	config  *config.Config
	db      *state.DB // nil where there is none yet
	options statusOptions
	now     time.Time

	tallies   []binding.Tally
	standings []jobs.Standing
	runs      []jobs.RunNote
	pauses    []jobs.Pause
	workers   []workerView
	scheduled []schedule.Status
}

func (s *statusLook) read(ctx context.Context) (err error) {
	q := newQueue(s.db, s.config)
	if s.tallies, err = binding.Tallies(ctx, s.db); err != nil {
		return err
	}
	if s.standings, err = q.StandingsByModel(ctx); err != nil {
		return err
	}
	if s.runs, err = q.Runs(ctx); err != nil {
		return err
	}
	if s.pauses, err = q.Pauses(ctx); err != nil {
		return err
	}
	if s.workers, err = s.app.workersOf(ctx, q); err != nil {
		return err
	}
	s.scheduled, err = statusesOf(ctx, s.db, s.config)
	return err
}

// unknown are the backends that the state knows and the configuration doesn't.
func (s *statusLook) unknown() []string {
	names := []string{}
	add := func(name string) {
		if _, configured := s.config.FindBackend(name); !configured && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, t := range s.tallies {
		add(t.Backend)
	}
	for _, j := range s.standings {
		add(j.Backend)
	}
	slices.Sort(names)
	return names
}

// part is how one backend is doing.
func (s *statusLook) part(ctx context.Context, b config.Backend) (p statusPart, err error) {
	p = statusPart{
		Name: b.Name, Kind: b.Kind, Version: b.Version, Odoo: b.Odoo, Condition: conditionOK,
		Running: []runningView{}, StandingBy: []runningView{}, Died: []diedView{}, Pauses: []pauseView{}, Troubles: []troubleView{},
	}
	if p.Models, err = s.models(b); err != nil {
		return p, err
	}
	if at := slices.IndexFunc(s.runs, func(r jobs.RunNote) bool { return r.Backend == b.Name }); at >= 0 {
		r := s.runs[at]
		p.LastSuccess, p.LastRun = optional(r.Success), optional(r.Last)
		if o := r.Outage; r.Code != "" {
			p.Outage = &outageView{Code: r.Code, Since: optional(o.Since), Last: optional(o.Last), Until: optional(o.Until), Reason: o.Reason}
		}
	}
	p.Next = s.next(b)
	for _, pause := range s.pauses {
		if keeps(pause, b) {
			p.Pauses = append(p.Pauses, viewOfPause(pause))
		}
	}
	if err := s.processes(ctx, b, &p); err != nil {
		return p, err
	}
	s.judge(&p)
	return p, nil
}

// models counts by binding model, in the order in which they are synchronized. Those that are switched off and have nothing are left out.
func (s *statusLook) models(b config.Backend) ([]statusModel, error) {
	version, err := s.app.registry.Get(b.Kind, b.Version)
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	list := []statusModel{}
	env := &backend.Environment{Backend: version, Config: b}
	for _, m := range version.AllModels() {
		one := statusModel{Model: m.Name, Odoo: m.OdooModel, Direction: string(env.Settings(m.Name).Direction)}
		s.count(b.Name, &one)
		if one.Direction == string(config.DirectionOff) && one.idle() {
			continue
		}
		list = append(list, one)
	}
	return list, nil
}

// idle reports that there is nothing of the model.
func (m statusModel) idle() bool {
	return m.Bound+m.Retired+m.Deleted+m.Unsettled+m.Waiting+m.Running+m.Failed+m.Reviews == 0
}

func (s *statusLook) count(name string, m *statusModel) {
	for _, t := range s.tallies {
		if t.Backend == name && t.Model == m.Model {
			m.Bound, m.Retired, m.Deleted, m.Unsettled, m.Reviews = t.Bound, t.Retired, t.Deleted, t.Unsettled, t.Reviews
		}
	}
	for _, j := range s.standings {
		if j.Backend != name || j.Model != m.Model {
			continue
		}
		switch j.State {
		case jobs.StateFailed:
			m.Failed += j.Count
		case jobs.StateStarted:
			m.Running += j.Count
		case jobs.StateWaitDependencies, jobs.StatePending, jobs.StateEnqueued:
			m.Waiting += j.Count
		case jobs.StateDone, jobs.StateCancelled: // not counted
		}
	}
}

// next is the next run of the schedule that brings the backend in step.
func (s *statusLook) next(b config.Backend) (next *nextRunView) {
	entries := entriesOf(s.config)
	for i, e := range s.config.Schedule {
		if e.Run != "sync" || len(e.Backends) > 0 && !slices.Contains(e.Backends, b.Name) {
			continue
		}
		at, running := entries[i].Next(s.now), false
		if i < len(s.scheduled) {
			if planned := s.scheduled[i].Next; !planned.IsZero() {
				at = planned
			}
			running = s.scheduled[i].Outcome == schedule.Running
		}
		if at.IsZero() || running || next != nil && !at.Before(next.At) {
			continue
		}
		next = &nextRunView{At: at.UTC(), Schedule: e.Name, Overdue: s.now.Sub(at) > notify.LateAfter, Limits: narrowingOf(e)}
	}
	return next
}

// keeps tells whether a pause keeps jobs of a backend, be it only those of a channel below its own.
func keeps(p jobs.Pause, b config.Backend) bool {
	own := jobs.DefaultChannel(b.Name)
	return p.Covers(b.Name, own) || p.Scope == jobs.PauseChannel && strings.HasPrefix(p.Name, own+".")
}

// processes tells who works on the backend, and who died doing so.
func (s *statusLook) processes(ctx context.Context, b config.Backend, p *statusPart) error {
	if s.db == nil {
		return nil
	}
	held, err := s.db.Holder(ctx, b.Name)
	if err != nil {
		return err
	}
	if held != nil {
		p.Running = append(p.Running, runningView{PID: held.PID, Host: held.Host, Since: optional(held.Started)})
	}
	for _, w := range s.workers {
		hand, serves := w.handOf(b.Name)
		switch {
		case w.StandsBy && w.Alive && serves:
			p.standsBy(w)
		case w.StandsBy:
		case !w.Alive && hand > 0:
			p.Died = append(p.Died, diedView{Worker: w.ID, InHand: hand})
		case w.Alive && serves:
			p.Running = withWorker(p.Running, w, hand)
		}
	}
	return nil
}

// standsBy notes who waits for something to do, or names the command of who holds the lock and has no job in hand at the moment.
func (p *statusPart) standsBy(w workerView) {
	if one := withWorker(nil, w, 0)[0]; !slices.ContainsFunc(p.Running, one.is) {
		p.StandingBy = append(p.StandingBy, one)
		return
	}
	p.Running = withWorker(p.Running, w, 0)
}

// handOf counts the jobs of a backend that a worker has in hand, and tells whether it works on that backend at all.
func (w workerView) handOf(name string) (hand int, serves bool) {
	for _, h := range w.InHand {
		if h.first.Backend == name {
			hand += len(h.Jobs)
		}
	}
	return hand, hand > 0 || slices.Contains(w.note.Backends, name)
}

// withWorker adds what is known of a worker to the process that holds the lock, where it is the same, or else as one more.
func withWorker(all []runningView, w workerView, hand int) []runningView {
	host, pid := processOf(w.ID)
	one := runningView{PID: pid, Since: w.Started}
	if host != thisHost() {
		one.Host = host
	}
	at := slices.IndexFunc(all, one.is)
	if at < 0 {
		at, all = len(all), append(all, one)
	}
	all[at].Command = w.note.Command
	all[at].InHand += hand
	return all
}

// processOf takes a worker's name apart: host:pid, with /number where a process has several.
func processOf(worker string) (host string, pid int) {
	worker, _, _ = strings.Cut(worker, "/")
	at := strings.LastIndex(worker, ":")
	pid, err := strconv.Atoi(worker[at+1:])
	if at < 0 || err != nil {
		return worker, 0
	}
	return worker[:at], pid
}
