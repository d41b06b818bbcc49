package cmd

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// atHand is what a shell may complete from: the configuration and the state. Each may be missing.
type atHand struct {
	app    *app
	config *config.Config
	db     *state.DB
}

// offer gives what may stand in a place of the command line, each with a word of explanation.
type offer func(ctx context.Context, h *atHand) []cobra.Completion

// offered is how many jobs, bindings and reviews a shell is offered.
const offered = 100

// fileFlags are the flags whose values are files.
var fileFlags = []string{"config", "trace", "metrics-file", "file", "data", "to"}

// words is a offer of fixed words.
func words(list ...string) offer {
	return func(context.Context, *atHand) []cobra.Completion { return list }
}

// flagSources are by the name of a flag; where a command's is another one, by its path and the name.
func flagSources() map[string]offer {
	standings := words(standingNames()...)
	return map[string]offer{
		"output": words("text", "json"), "log-level": words(logLevels...), "log-format": words("text", "json"),
		"backend": offerBackends, "model": offerModels, "channel": offerChannels, "channels": offerChannels, "kind": offerKinds, "worker": offerWorkers,
		"state": words(strings.Split(stateNames(), ", ")...), "bindings list state": standings,
		"bindings export state": standings, "config init kind": offerSystems,
		"direction": words("import", "export"), "prefer": words("odoo", "backend"),
		"sort": words("id", "created", "eta", "priority", "started", "finished", "duration"),
		"by":   words("function", "channel", "backend"), "jobs graph format": words("tree", "dot", "mermaid"), "format": words("jsonl", "csv"),
		"columns": words(columnNames()...), "id": offerJobs(), "after": offerJobs(), "service for": words("watch", "work"), "only": offerSides,
		"eta": words("now", "30m", "2h", "1d"), "since": words("1h", "24h", "7d"), "until": words("1h", "24h", "30d"),
	}
}

// argumentSources are by command, one for each argument; nil at the end says that the one before may be repeated.
func argumentSources() map[string][]offer {
	reviews := []offer{offerReviews}
	return map[string][]offer{
		"sync": {offerBackends, nil}, "poll": {offerBackends, nil}, "watch": {offerBackends, nil}, "work": {offerBackends, nil},
		"status": {offerBackends, nil}, "backends": {offerBackends, nil}, "doctor": {offerExamined, nil}, "fields": {offerModels}, "explain": {offerCodes},
		"jobs run": {offerBackends, nil}, "jobs show": {offerJobs()}, "jobs graph": {offerJobs()}, "jobs set": {offerJobs(settable...), nil},
		"jobs enqueue": {offerFunctions},
		"jobs retry":   {offerJobs(jobs.StateFailed, jobs.StateCancelled), nil}, "jobs cancel": {offerJobs(settable...), nil},
		"jobs done": {offerJobs(settable...), nil}, "jobs delete": {offerJobs(jobs.StateDone, jobs.StateFailed, jobs.StateCancelled), nil},
		"bindings list": {offerBackends, nil}, "bindings rebase": {offerBackends}, "bindings link": {offerModels}, "bindings export": {offerBackends, nil},
		"bindings show": {offerBindings, nil}, "bindings unlink": {offerBindings},
		"review list": {offerBackends, nil}, "review preview": {offerBackends, nil}, "review show": reviews, "review link": reviews, "review skip": reviews,
		"review take": {offerReviews, words("odoo", "backend")}, "schedule run": {offerSchedule, nil}, "notify test": {offerReceivers},
		"completion": {words(shells...)},
	}
}

// settable are the states of jobs that can still be changed.
var settable = []jobs.State{jobs.StateFailed, jobs.StatePending, jobs.StateWaitDependencies}

// completions teaches every command below the root what stands behind it and its flags. Where nothing is known a file is offered only
// where one is wanted.
func (a *app) completions(c *cobra.Command) {
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	if of, known := argumentSources()[path]; known {
		c.ValidArgsFunction = a.arguments(of)
	} else if !strings.Contains(c.Use, "FILE") && !strings.Contains(c.Use, "DIR") && c.Name() != "help" {
		c.ValidArgsFunction = cobra.NoFileCompletions
	}
	byFlag := flagSources()
	c.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if slices.Contains(fileFlags, f.Name) {
			return
		}
		of := byFlag[path+" "+f.Name]
		if of == nil {
			of = byFlag[f.Name]
		}
		complete := cobra.NoFileCompletions
		if of != nil {
			complete = a.completes(of)
		}
		_ = c.RegisterFlagCompletionFunc(f.Name, complete) // of a flag that has one already
	})
	for _, below := range c.Commands() {
		a.completions(below)
	}
}

// arguments completes the arguments of a command. Of a offer that repeats, nil at the end, what is there already is left out.
func (a *app) arguments(of []offer) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		at := len(args)
		if of[len(of)-1] == nil {
			at = min(at, len(of)-2)
		}
		if at >= len(of) {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		list, directive := a.completes(of[at])(c, args, typed)
		return slices.DeleteFunc(list, func(one cobra.Completion) bool {
			name, _, _ := strings.Cut(one, "\t")
			return slices.Contains(args, name)
		}), directive
	}
}

// completes offers what a offer has. What stands in its way is no matter: then there is nothing to offer.
func (a *app) completes(of offer) cobra.CompletionFunc {
	return func(c *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		ctx := c.Context()
		if ctx == nil {
			ctx = context.Background()
		}
		h := a.lookAtHand(ctx, c)
		defer h.close()
		before := ""
		if at := strings.LastIndex(typed, ","); at >= 0 { // of a list the last is completed
			before = typed[:at+1]
		}
		var list []cobra.Completion
		given := strings.Split(before, ",")
		for _, one := range of(ctx, h) {
			if word, _, _ := strings.Cut(one, "\t"); word != "" && slices.Contains(given, word) {
				continue
			}
			if one = before + one; strings.HasPrefix(one, typed) {
				list = append(list, one)
			}
		}
		return list, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	}
}

// lookAtHand reads the configuration, and opens the state where that is a file. Neither says a word.
func (a *app) lookAtHand(ctx context.Context, c *cobra.Command) *atHand {
	h := &atHand{app: a}
	a.quiet = true
	a.place = findConfig(cmp.Or(a.config, os.Getenv("CONNECTOR_CONFIG")), configOrigin(c))
	a.config = a.place.path
	var err error
	if h.config, err = a.load(); err != nil {
		h.config = nil
		return h
	}
	location, err := h.config.StateLocation(ctx)
	if err != nil || state.IsURL(location) { // a server is not asked for a key that is pressed
		return h
	}
	if h.db, err = state.Open(ctx, location, state.Options{ReadOnly: true, Clock: a.clock}); err != nil {
		h.db = nil
	}
	return h
}

func (h *atHand) close() {
	if h.db != nil {
		_ = h.db.Close() // which was only read
	}
}

// explained puts a word of explanation behind a name.
func explained(name, what string) cobra.Completion {
	return cobra.CompletionWithDesc(name, cut(what, 50))
}

func offerBackends(_ context.Context, h *atHand) (list []cobra.Completion) {
	if h.config != nil {
		for _, b := range h.config.Backends {
			list = append(list, explained(b.Name, strings.TrimSpace(b.Kind+" "+b.Version)))
		}
	}
	return list
}

func offerExamined(ctx context.Context, h *atHand) (list []cobra.Completion) {
	if h.config != nil {
		for _, o := range h.config.Odoo {
			list = append(list, explained(o.Name, "an Odoo"))
		}
	}
	return append(list, offerBackends(ctx, h)...)
}

func offerSchedule(_ context.Context, h *atHand) (list []cobra.Completion) {
	if h.config != nil {
		for _, e := range h.config.Schedule {
			list = append(list, explained(e.Name, "runs "+e.Run))
		}
	}
	return list
}

func offerReceivers(_ context.Context, h *atHand) (list []cobra.Completion) {
	if h.config != nil {
		for _, r := range h.config.Notify {
			list = append(list, r.Name)
		}
	}
	return list
}

// offerFunctions offers the job functions of the systems' own.
func offerFunctions(_ context.Context, h *atHand) []cobra.Completion {
	return h.app.registry.FunctionNames()
}

// offerModels are the binding models of the configured systems, or, without a configuration, of all.
func offerModels(_ context.Context, h *atHand) (list []cobra.Completion) {
	for _, k := range h.app.registry.Kinds() {
		if h.config == nil || slices.ContainsFunc(h.config.Backends, func(b config.Backend) bool { return b.Kind == k.Name }) {
			list = append(list, k.Models...)
		}
	}
	return list
}

func offerSystems(_ context.Context, h *atHand) (list []cobra.Completion) {
	for _, k := range h.app.registry.Kinds() {
		list = append(list, k.Name)
	}
	return list
}

func offerSides(_ context.Context, h *atHand) []cobra.Completion {
	list := []cobra.Completion{"odoo"}
	for _, f := range h.app.fakes {
		list = append(list, f.Name)
	}
	return list
}

func offerCodes(_ context.Context, h *atHand) (list []cobra.Completion) {
	for _, e := range h.app.catalogue().Entries() {
		list = append(list, explained(e.Code, e.What))
	}
	return list
}

// inQueue asks the queue, where there is one.
func inQueue[T any](h *atHand, ask func(q *jobs.Queue) ([]T, error), show func(T) cobra.Completion) (list []cobra.Completion) {
	if h.db == nil {
		return nil
	}
	found, err := ask(newQueue(h.db, h.config))
	if err != nil {
		return nil
	}
	for _, one := range found {
		list = append(list, show(one))
	}
	return list
}

// offerJobs are the latest jobs in some states, in any where none is named.
func offerJobs(states ...jobs.State) offer {
	return func(ctx context.Context, h *atHand) []cobra.Completion {
		latest := func(q *jobs.Queue) ([]jobs.Job, error) {
			return q.List(ctx, jobs.Filter{States: states, Limit: offered, Sort: jobs.Sort{Key: jobs.SortID, Descending: true}})
		}
		return inQueue(h, latest, func(j jobs.Job) cobra.Completion {
			return explained(strconv.FormatInt(j.ID, 10), string(j.State)+", "+j.Description)
		})
	}
}

func offerChannels(ctx context.Context, h *atHand) []cobra.Completion {
	loads := func(q *jobs.Queue) ([]jobs.Load, error) { return q.Loads(ctx) }
	return inQueue(h, loads, func(l jobs.Load) cobra.Completion {
		return explained(l.Name, fmt.Sprintf("%d running, %d pending, %d failed", l.Running, l.Pending, l.Failed))
	})
}

func offerKinds(ctx context.Context, h *atHand) []cobra.Completion {
	failed := func(q *jobs.Queue) ([]jobs.FailureKind, error) { return q.Failures(ctx, jobs.Filter{}) }
	return inQueue(h, failed, func(f jobs.FailureKind) cobra.Completion { return explained(f.Name, f.Pattern) })
}

func offerWorkers(ctx context.Context, h *atHand) []cobra.Completion {
	working := func(q *jobs.Queue) ([]jobs.WorkerInfo, error) {
		all, err := q.Workers(ctx)
		return slices.DeleteFunc(all, jobs.WorkerInfo.StandsBy), err
	}
	return inQueue(h, working, func(w jobs.WorkerInfo) cobra.Completion { return w.ID })
}

func offerBindings(ctx context.Context, h *atHand) (list []cobra.Completion) {
	if h.db == nil {
		return nil
	}
	found, err := binding.Find(ctx, h.db, binding.Filter{Limit: offered}, true)
	if err != nil {
		return nil
	}
	for _, b := range found {
		list = append(list, explained(strconv.FormatInt(b.ID, 10), b.Model+" "+b.Name))
	}
	return list
}

func offerReviews(ctx context.Context, h *atHand) (list []cobra.Completion) {
	if h.db == nil {
		return nil
	}
	for _, b := range h.config.Backends {
		reviews, err := h.app.reviewsOf(ctx, h.db, b, "")
		if err != nil {
			return nil
		}
		for _, r := range reviews[:min(len(reviews), offered)] {
			list = append(list, explained(strconv.FormatInt(r.ID, 10), r.Name+": "+r.Reason))
		}
	}
	return list
}
