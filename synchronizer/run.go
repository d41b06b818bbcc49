package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// RunOptions are what a run needs beside the synchronizers.
type RunOptions struct {
	Owner    string // names this process in the jobs that it works on
	Slice    int    // how many jobs may share their calls; default 200
	Repanic  func(any) bool
	Progress func(jobs.Job, jobs.Outcome)
	// TimeLimit is how long a job may run that has no limit of its own; 0: for ever.
	TimeLimit time.Duration
	Limits    Limits // of a run by Sync or DryRun
	Info      any    // what is noted of this process's workers for people, as JSON
	// Await says that a run waits for the ends of the leases of those who lost the backend's lock with jobs in hand, a minute at most.
	Await bool

	dry   bool              // see DryRun
	found map[string]*focus // by backend, what a run looks at that follows from a look; nil: everything
}

const defaultSlice = 200

// focusOf is what a backend's run looks at; one that looks at everything comes with found being nil.
func (o RunOptions) focusOf(s *Synchronizer) *focus {
	if o.found == nil {
		return nil
	}
	return o.found[s.env.Config.Name]
}

// Begin takes back what an earlier process left: its jobs, and creations whose outcome nobody saw.
// The caller holds the backend's lock, so whoever had those jobs is dead.
func (s *Synchronizer) Begin(ctx context.Context) error { return s.begin(ctx, true) }

// begin leaves the check out where one was made lately: it costs requests.
func (s *Synchronizer) begin(ctx context.Context, check bool) error {
	s.refresh()
	if err := s.recoverJobs(ctx); err != nil {
		return fmt.Errorf("jobs of an earlier run could not be taken back: %w", err)
	}
	if check {
		if err := s.Check(ctx); err != nil {
			return err
		}
	}
	return s.Settle(ctx)
}

// refresh forgets what was read before.
func (s *Synchronizer) refresh() {
	if c, ok := s.env.Client.(interface{ Refresh() }); ok {
		c.Refresh()
	}
}

// recoverJobs takes the jobs of a dead process back. Mostly there are none, and nothing is written.
func (s *Synchronizer) recoverJobs(ctx context.Context) error {
	counts, err := s.queue.Counts(ctx, s.env.Config.Name)
	s.found = counts[jobs.StatePending] + counts[jobs.StateWaitDependencies] + counts[jobs.StateEnqueued] + counts[jobs.StateStarted]
	if err != nil || counts[jobs.StateEnqueued]+counts[jobs.StateStarted] == 0 {
		return err
	}
	count := 0
	err = s.db.Write(ctx, func(tx *state.Tx) (err error) {
		count, err = s.queue.Recover(ctx, tx, s.env.Config.Name)
		return err
	})
	if err == nil && count > 0 && s.witness.TookBack != nil {
		s.witness.TookBack(s.env.Config.Name, count)
	}
	return err
}

// Sync brings backends of one Odoo in step: model by model, parents first, each side is polled and the
// jobs that follow are run. Odoo is asked once per model for all of them. An error ends the work on
// its backend alone; the answer has one for each, nil where all went well.
func Sync(ctx context.Context, all []*Synchronizer, o RunOptions) []error {
	g := newGroup(all, o)
	for _, s := range all {
		s.limit(o.Limits)
		s.focusOn(o.focusOf(s))
	}
	g.each(ctx, all, func(s *Synchronizer) error { return s.begin(ctx, !s.focus.empty()) })
	if o.Await && !o.dry {
		g.each(ctx, all, func(s *Synchronizer) error { return s.awaitHolders(ctx) })
	}
	g.each(ctx, all, func(s *Synchronizer) error { return s.awaitLeft(ctx) })
	g.each(ctx, all, func(s *Synchronizer) error { return s.work(ctx, o, jobs.RunFilter{NoHold: true}) })
	g.pollAndWork(ctx, o)
	g.widen(ctx, o)
	if !o.dry { // it waits for nothing
		g.settleHeld(ctx, o)
	}
	g.each(ctx, all, func(s *Synchronizer) error { return s.orderLate(ctx, o) })
	g.concluded = true
	g.each(ctx, all, func(s *Synchronizer) error { return s.end(ctx) })
	return g.finish(ctx)
}

// Poll looks for changes on both sides and makes jobs of them, which it does not run.
func Poll(ctx context.Context, all []*Synchronizer) []error {
	g := newGroup(all, RunOptions{})
	g.each(ctx, all, func(s *Synchronizer) error { return s.Begin(ctx) })
	for _, step := range g.steps() {
		g.each(ctx, step.consumers, func(s *Synchronizer) error { return s.PollExternal(ctx, step.models[s]) })
		g.pollOdoo(ctx, step)
		g.each(ctx, step.consumers, func(s *Synchronizer) error { return s.PollOrder(ctx, step.models[s]) })
	}
	g.each(ctx, all, func(s *Synchronizer) error { return s.end(ctx) })
	return g.finish(ctx)
}

// RunJobs runs the given jobs of one backend, or all whose time has come if none is named.
func RunJobs(ctx context.Context, s *Synchronizer, ids []int64, o RunOptions) error {
	err := s.Begin(ctx)
	if err == nil && o.Await {
		err = s.awaitHolders(ctx)
	}
	if err == nil {
		err = s.work(ctx, o, jobs.RunFilter{IDs: ids})
		err = errors.Join(err, s.end(ctx))
	}
	return errors.Join(err, NoteRun(context.WithoutCancel(ctx), s.db, s.env.Config.Name, err))
}

// group is a run over several backends of one Odoo.
type group struct {
	all     []*Synchronizer
	options RunOptions
	failed  map[*Synchronizer]error
	// concluded says that nothing is worked on any more, so that those take part, too, that have reached their limit.
	concluded bool
}

// idle says that there is nothing more to do for a synchronizer.
func (g *group) idle(s *Synchronizer) bool {
	return g.failed[s] != nil || (s.limits.Reached && !g.concluded)
}

func newGroup(all []*Synchronizer, o RunOptions) *group {
	return &group{all: all, options: o, failed: map[*Synchronizer]error{}}
}

// settleHeld comes back, when all else is done, to the creations whose outcome is open: they are searched for again, and repeated.
func (g *group) settleHeld(ctx context.Context, o RunOptions) {
	before := g.parentsMade()
	g.each(ctx, g.all, func(s *Synchronizer) error { return s.work(ctx, o, jobs.RunFilter{}) })
	if g.parentsMade() > before { // nobody has looked yet for what lives in them
		for _, s := range g.all {
			s.focus = nil
		}
		g.pollAndWork(ctx, o)
		g.each(ctx, g.all, func(s *Synchronizer) error { return s.work(ctx, o, jobs.RunFilter{}) })
	}
}

// pollAndWork polls model by model, and runs the jobs that follow.
func (g *group) pollAndWork(ctx context.Context, o RunOptions) {
	for _, step := range g.steps() {
		g.each(ctx, step.consumers, func(s *Synchronizer) error {
			if !s.pollsOutside(step.models[s]) {
				return nil
			}
			return s.importPhase(ctx, step.models[s], o)
		})
		g.pollOdoo(ctx, step)
		g.each(ctx, step.consumers, func(s *Synchronizer) error { return s.work(ctx, o, jobs.RunFilter{NoHold: true}) })
		g.each(ctx, step.consumers, func(s *Synchronizer) error {
			if !s.putsInOrder(step.models[s]) {
				return nil
			}
			return s.orderPhase(ctx, step.models[s], o)
		})
	}
}

// parentsMade counts the created records that others may live in.
func (g *group) parentsMade() (count int) {
	for _, s := range g.all {
		parents := map[string]bool{}
		for _, m := range s.env.Backend.AllModels() {
			parents[m.Parent] = m.Parent != ""
		}
		for _, c := range s.report.Models {
			if parents[c.Model] {
				count += c.Created
			}
		}
	}
	return count
}

// finish notes how each run ended and gives the errors.
func (g *group) finish(ctx context.Context) []error {
	out := make([]error, len(g.all))
	for i, s := range g.all {
		out[i] = errors.Join(g.failed[s], s.noteRun(context.WithoutCancel(ctx), g.failed[s]))
	}
	return out
}

// each does something for every synchronizer that has not failed yet.
func (g *group) each(ctx context.Context, of []*Synchronizer, do func(*Synchronizer) error) {
	for _, s := range of {
		if g.idle(s) {
			continue
		}
		err := do(s)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			g.failed[s] = err
			s.conclude(context.WithoutCancel(ctx))
		}
	}
}

// step is one Odoo model and who takes part in it with one of its binding models.
type step struct {
	consumers []*Synchronizer
	models    map[*Synchronizer]string // the binding model of that Odoo model
}

// stepKey tells steps apart: binding models of one backend that share an Odoo model have a step each,
// in the order of their declaration, for one may be the other's parent.
type stepKey struct {
	odooModel  string
	occurrence int // how many binding models of that Odoo model the backend declares before
}

// steps are the Odoo models in the order in which the backends declare them: what a later backend has besides
// comes before the next one that they share.
func (g *group) steps() []step {
	var order []stepKey
	steps := map[stepKey]*step{}
	for _, s := range g.all {
		keys, models := stepsOf(slices.DeleteFunc(slices.Clone(s.env.Backend.AllModels()), func(m backend.Model) bool { return !s.looks(m.Name) }))
		for i, at := len(keys)-1, len(order); i >= 0; i-- {
			if steps[keys[i]] != nil {
				at = slices.Index(order, keys[i])
			} else {
				steps[keys[i]] = &step{models: map[*Synchronizer]string{}}
				order = slices.Insert(order, at, keys[i])
			}
			st := steps[keys[i]]
			st.consumers, st.models[s] = append(st.consumers, s), models[i]
		}
	}
	out := make([]step, len(order))
	for i, key := range order {
		out[i] = *steps[key]
	}
	return out
}

// stepsOf are the keys of one backend's binding models, and the models' names.
func stepsOf(all []backend.Model) (keys []stepKey, models []string) {
	before := map[string]int{}
	for _, m := range all {
		keys, models = append(keys, stepKey{m.OdooModel, before[m.OdooModel]}), append(models, m.Name)
		before[m.OdooModel]++
	}
	return keys, models
}

// pollOdoo asks Odoo once for all consumers of the step.
func (g *group) pollOdoo(ctx context.Context, st step) {
	var consumers []*Synchronizer
	var models []string
	for _, s := range st.consumers {
		if !g.idle(s) && s.pollsOdoo(st.models[s]) {
			consumers, models = append(consumers, s), append(models, st.models[s])
		}
	}
	if len(consumers) == 0 {
		return
	}
	if err := PollOdooTogether(ctx, consumers, models); err != nil {
		g.each(ctx, consumers, func(*Synchronizer) error { return err })
	}
}

func (s *Synchronizer) importPhase(ctx context.Context, model string, o RunOptions) error {
	if err := s.PollExternal(ctx, model); err != nil {
		return err
	}
	return s.work(ctx, o, jobs.RunFilter{NoHold: true})
}

// work runs the backend's jobs that the filter selects.
func (s *Synchronizer) work(ctx context.Context, o RunOptions, f jobs.RunFilter) error {
	if o.Slice <= 0 {
		o.Slice = defaultSlice
	}
	f.Backend = s.env.Config.Name
	whole := ctx
	progress := func(j jobs.Job, out jobs.Outcome) {
		s.finishedOne(j)
		if o.Progress != nil {
			o.Progress(j, out)
		}
	}
	w := jobs.NewWorker(s.queue, o.Owner, s.Handlers(), jobs.WorkerOptions{
		SliceLimit: o.Slice, Progress: progress, Hide: s.hide, Repanic: o.Repanic, TimeLimit: o.TimeLimit, Info: o.Info,
	})
	ctx, s.rest = context.WithCancel(ctx)
	defer s.rest()
	stats, err := w.Run(ctx, f)
	if s.limits.Reached && errors.Is(err, context.Canceled) && whole.Err() == nil {
		err = nil
	}
	s.report.Jobs.Done += stats.Done + stats.NothingToDo
	s.report.Jobs.Failed += stats.Failed
	return err
}

// Handlers run the job functions of this backend.
func (s *Synchronizer) Handlers() map[string]jobs.Handler {
	all := map[string]jobs.Handler{ImportRecord: s.handle(s.Run), ExportRecord: s.handle(s.Run), OrderRecords: s.handle(s.RunOrder)}
	for name, f := range s.env.Backend.Functions() {
		all[name] = s.runOwn(f)
	}
	return all
}

// runner works on what the arguments of a slice of jobs name, and finishes each.
type runner func(ctx context.Context, args []Args, finish func(index int, o jobs.Outcome) error) error

// handle is the handler of a runner's jobs.
func (s *Synchronizer) handle(run runner) jobs.Handler {
	return func(ctx context.Context, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
		return s.handleBy(ctx, run, slice, finish)
	}
}

// handleBy runs a slice of jobs. An outage is noted on one job, which pauses the backend; nobody is
// charged for it.
func (s *Synchronizer) handleBy(ctx context.Context, run runner, slice []jobs.Job, finish func(jobs.Job, jobs.Outcome) error) error {
	s.atWork(slice)
	open := map[int64]jobs.Job{}
	var args []Args
	var of []jobs.Job
	for _, j := range slice {
		a, err := recordFunc(j.Function).Args(j)
		if err == nil && j.Function != OrderRecords && a.ExternalID == "" && a.OdooID == 0 {
			err = &jobs.ArgsError{Function: j.Function, Op: "decode", Type: "synchronizer.Args", Missing: []string{"external_id or odoo_id"}}
		}
		if err == nil {
			err = s.env.HasModel(a.Model)
		}
		if err != nil { // it is this job's alone; the others go on
			if err := finish(j, jobs.Outcome{Kind: jobs.Failed, Err: err}); err != nil {
				return err
			}
			continue
		}
		s.env.Explainf("job %d: %s", j.ID, j.Description)
		open[j.ID] = j
		args, of = append(args, a), append(of, j)
	}
	err := run(ctx, args, func(i int, o jobs.Outcome) error {
		delete(open, of[i].ID)
		return finish(of[i], o)
	})
	if s.limits.Reached && s.rest != nil {
		s.rest() // what is left of the slice goes back into the line
	}
	ends := jobs.Outcome{Kind: jobs.Paused, Err: err}
	switch {
	case state.IsUniqueViolation(err): // another slice was first; the others of this one are given back
		ends.Kind = jobs.Retry
	case !outage(err):
		return err
	}
	return endFirst(of, open, ends, finish)
}

// endFirst gives the first job that is still open the outcome of what ended its slice, or else gives the error of that.
func endFirst(slice []jobs.Job, open map[int64]jobs.Job, ends jobs.Outcome, finish func(jobs.Job, jobs.Outcome) error) error {
	for _, j := range slice {
		if _, left := open[j.ID]; left {
			return finish(j, ends)
		}
	}
	return ends.Err
}

// ImportFunc and ExportFunc are the job functions as they are called directly or delayed by hand:
// ImportFunc().Call(ctx, s, args) does it now, ImportFunc().Delay(…) leaves it to a worker.
func ImportFunc() jobs.Func[*Synchronizer, Args] { return recordFunc(ImportRecord) }

// ExportFunc is the export's; see ImportFunc.
func ExportFunc() jobs.Func[*Synchronizer, Args] { return recordFunc(ExportRecord) }

// recordFunc is the job function of that name. All of them share the form of their arguments and its versions.
func recordFunc(name string) jobs.Func[*Synchronizer, Args] { return jobs.NewFunc(name, call) }

// call synchronizes one record at once and commits what was found out.
func call(ctx context.Context, s *Synchronizer, a Args) (out jobs.Outcome) {
	err := s.Run(ctx, []Args{a}, func(_ int, o jobs.Outcome) error {
		out = o
		if o.Commit == nil {
			return nil
		}
		return s.db.Write(ctx, func(tx *state.Tx) error {
			if err := o.Commit(ctx, tx); err != nil {
				return err
			}
			_, created, err := s.queue.EnqueueAll(ctx, tx, append(slices.Clone(o.FollowUps), o.Dependencies...))
			s.report.Jobs.Enqueued += created
			return err
		})
	})
	switch {
	case err != nil && outage(err):
		return jobs.Outcome{Kind: jobs.Paused, Err: err}
	case err != nil:
		return jobs.Outcome{Kind: jobs.Failed, Err: err}
	default:
		return out
	}
}

// end completes the report of a run that came to its end, and finds out whether what Odoo refused
// was a matter of the user's rights altogether.
func (s *Synchronizer) end(ctx context.Context) error {
	s.conclude(context.WithoutCancel(ctx)) // a run that was stopped tells what it left, too
	if s.denied {
		return s.checkRights(ctx, true)
	}
	return nil
}
