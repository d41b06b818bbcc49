package cmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// enqueuedView is what jobs enqueue did.
type enqueuedView struct {
	ID      int64 `json:"id"`
	Created bool  `json:"created"` // false: a job of its identity waits already, and is this one
}

// toEnqueue is what jobs enqueue was told.
type toEnqueue struct {
	spec      jobs.Spec
	args, eta string
	after     []string
}

func (a *app) jobsEnqueue() *cobra.Command {
	var t toEnqueue
	c := &cobra.Command{
		Use: "enqueue FUNCTION --backend B", Short: "Put a job of a system's own function into the line",
		Args: argument("job function", "trello.board.report --backend trello"),
		Long: `enqueue puts a call of a job function that a system brings along into the line, as cron would. The next
run takes it: connector sync, work, watch, or jobs run --all. Jobs of single records it doesn't
make: connector poll and connector sync do.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such function), 3 environment.` +
			"\n\nNext: `connector jobs list`, `connector jobs run --all`.",
		Example: `  connector jobs enqueue trello.board.report --backend trello --identity report
  connector jobs enqueue shop.count --backend shop --args '{"page": 2}' --eta 2h`,
		RunE: func(c *cobra.Command, args []string) error {
			t.spec.Function = args[0]
			return a.enqueueJob(c.Context(), t)
		},
	}
	f := c.Flags()
	f.StringVar(&t.spec.Backend, "backend", "", "the backend that it works for")
	f.StringVar(&t.args, "args", "{}", "its arguments, a JSON object")
	f.StringVar(&t.spec.Model, "model", "", "the binding model, where it works on one")
	f.StringVar(&t.spec.Identity, "identity", "", "what stands for it while it waits; one waiting job of it is enough")
	f.StringVar(&t.spec.Description, "description", "", "words for those who see it; without them the function's name")
	f.StringVar(&t.spec.Channel, "channel", "", "the channel to wait in")
	f.IntVar(&t.spec.Priority, "priority", 0, "a low number is early; the usual one is 10")
	f.StringVar(&t.eta, "eta", "now", "not before: now, 30m, 2h, 3d, \"2026-03-02 15:04\"")
	f.StringSliceVar(&t.after, "after", nil, "ids of jobs that must be done first")
	return c
}

func (a *app) enqueueJob(ctx context.Context, t toEnqueue) (err error) {
	if t.spec.Args, err = argsOf(t.args); err != nil {
		return err
	}
	if t.spec.ETA, err = etaOf(t.eta, a.clock.Now()); err != nil {
		return err
	}
	if t.spec.Channel, err = channelOf(t.spec.Channel); err != nil {
		return err
	}
	for _, text := range t.after {
		id, err := parseID(text)
		if err != nil {
			return err
		}
		t.spec.DependsOn = append(t.spec.DependsOn, id)
	}
	return a.onQueue(ctx, func(c *config.Config, _ *state.DB, q *jobs.Queue) error {
		f, err := a.ownFunction(c, t.spec)
		if err != nil {
			return err
		}
		t.spec.ArgsVersion, t.spec.Description = f.ArgsVersion, cmp.Or(t.spec.Description, t.spec.Function)
		ids, created, err := q.Delay(ctx, t.spec)
		if err != nil {
			return flagged(err)
		}
		return a.tellEnqueued(enqueuedView{ids[0], created > 0}, t.spec)
	})
}

// channelOf reads the name of a channel, whose root may be left out; none is the backend's own.
func channelOf(name string) (string, error) {
	if name == "" {
		return "", nil
	}
	channels, err := jobs.ParseChannels(name)
	list := channels.Configured()
	if err != nil || strings.ContainsAny(name, ":,") || len(list) != 1 {
		return "", &usageError{fmt.Sprintf("--channel %q is no name of a channel; write it as trello.slow", name)}
	}
	return list[0].Name, nil
}

// argsOf reads the arguments of a call. Their text is not repeated in an error.
func argsOf(text string) (json.RawMessage, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &object); err != nil || object == nil {
		return nil, &usageError{`--args is no JSON object; write it as '{"board": "5f0c"}'`}
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, []byte(text)); err != nil {
		return nil, err
	}
	return compact.Bytes(), nil
}

// ownFunction is the function of the backend's own that a call names.
func (a *app) ownFunction(c *config.Config, s jobs.Spec) (f backend.FunctionUnit, err error) {
	if s.Backend == "" {
		return f, &usageError{"say which backend it works for: --backend " + strings.Join(backendNames(c.Backends), " or ")}
	}
	chosen, err := choose(c, []string{s.Backend})
	if err != nil {
		return f, err
	}
	version, err := a.registry.Get(chosen[0].Kind, chosen[0].Version)
	if err != nil {
		return f, err
	}
	f, ok := version.Functions()[s.Function]
	names := version.FunctionNames()
	switch {
	case ok:
		return f, nil
	case slices.Contains(a.functionNames(), s.Function) && !slices.Contains(a.registry.FunctionNames(), s.Function):
		return f, &usageError{fmt.Sprintf("jobs of %s are made for each record that changed: by `connector poll %s`", s.Function, s.Backend)}
	case len(names) == 0:
		return f, &usageError{fmt.Sprintf("%s brings no job functions of its own along; docs/customising.md says how a program adds some", version)}
	}
	return f, &usageError{fmt.Sprintf("%s has no job function %q of its own; it has %s", version, s.Function, strings.Join(names, ", "))}
}

func (a *app) tellEnqueued(v enqueuedView, s jobs.Spec) error {
	if a.json() {
		return a.printJSON(v)
	}
	text := fmt.Sprintf("job %d: %s in the line", v.ID, s.Function)
	if !v.Created {
		text = fmt.Sprintf("job %d waits already for %s", v.ID, s.Identity)
	}
	_, err := fmt.Fprintln(a.deeds(), text)
	return err
}
