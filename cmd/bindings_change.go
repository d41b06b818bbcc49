package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/synchronizer"
)

func (a *app) bindingsLink() *cobra.Command {
	var name, prefer string
	c := &cobra.Command{
		Use: "link MODEL EXTERNAL_ID ODOO_ID", Short: "Say which two records are the same",
		Long: `link binds two records that are there already: the external one, of that binding model and id, and the
Odoo record with that id. Both are read to see that they are there; neither may be bound yet. Then
both are compared: what is empty on one side is filled from the other, and what differs waits for a
decision field by field, unless --prefer says which side wins.
` + exitHelp + `

Next: ` + "`connector bindings show MODEL:EXTERNAL_ID`, `connector review list`" + `.`,
		Example: `  connector bindings link trello.card 65f1a0c00000000000000007 42
  connector bindings link trello.board 65f1a0c00000000000000001 3 --prefer odoo`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 3 {
				return &usageError{"give the binding model, the id outside and the id in Odoo: `connector bindings link trello.card ID 42`"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			side, err := sideOf(prefer, "--prefer")
			if err != nil {
				return err
			}
			id, err := strconv.ParseInt(args[2], 10, 32)
			if err != nil || id <= 0 {
				return &usageError{fmt.Sprintf("%q is no id of an Odoo record; write a number", args[2])}
			}
			return a.link(c.Context(), name, binding.Binding{Model: args[0], ExternalID: args[1], OdooID: id}, side)
		},
	}
	c.Flags().StringVar(&name, "backend", "", "the backend, where several have such records")
	c.Flags().StringVar(&prefer, "prefer", "", "the side that wins where the two differ: odoo or backend")
	return c
}

// theBackend is the one backend that has a binding model, or the named one.
func (a *app) theBackend(c *config.Config, name, model string) (b config.Backend, err error) {
	var names []string
	if name != "" {
		names = []string{name}
	}
	all, err := choose(c, names)
	if err != nil {
		return b, err
	}
	var known []string
	all = slices.DeleteFunc(slices.Clone(all), func(b config.Backend) bool {
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			return true
		}
		for _, m := range version.AllModels() {
			known = union(known, m.Name)
		}
		_, has := version.Model(model)
		return !has
	})
	switch len(all) {
	case 0:
		return b, &usageError{fmt.Sprintf("there is no binding model %q; %s", model, nearest(model, known))}
	case 1:
		return all[0], nil
	default:
		names = nil
		for _, one := range all {
			names = append(names, one.Name)
		}
		return b, &usageError{fmt.Sprintf("%s have %s; say which with --backend", strings.Join(names, " and "), model)}
	}
}

func (a *app) link(ctx context.Context, name string, pair binding.Binding, prefer binding.Side) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	b, err := a.theBackend(c, name, pair.Model)
	if err != nil {
		return err
	}
	r, err := a.open(ctx, []string{b.Name}, nil)
	defer func() { err = errors.Join(err, r.Close()) }()
	if err != nil {
		return err
	}
	s := r.backends[0].Synchronizer
	if err := s.Begin(ctx); err != nil {
		return err
	}
	id, err := s.LinkPair(ctx, pair.Model, pair.ExternalID, pair.OdooID, prefer)
	if err != nil {
		return err
	}
	if id != 0 {
		failure := synchronizer.RunJobs(ctx, s, []int64{id}, runOptions("bindings link"))
		return errors.Join(failure, r.outcome(ctx, id))
	}
	found, err := binding.Find(ctx, r.db, binding.Filter{Backends: []string{b.Name}, Model: pair.Model, ExternalID: pair.ExternalID}, true)
	switch {
	case err != nil || len(found) == 0:
		return err
	case a.json():
		return a.printJSON(viewOfBinding(found[0]))
	}
	_, err = fmt.Fprintf(a.out, "they are bound already, by binding %d\n", found[0].ID)
	return err
}

func (a *app) bindingsUnlink() *cobra.Command {
	var yes bool
	c := &cobra.Command{
		Use: "unlink NUMBER | MODEL:ID", Short: "Take a binding away; both records stay as they are",
		Long: `unlink forgets that two records are the same thing. Neither is touched; what both agreed on is forgotten,
too. It says beforehand what the next sync is going to do with the two, which may bind them again or
make a counterpart for each. On a terminal it asks; elsewhere --yes must say so.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such binding, too), 3 environment,
11 another run holds the lock.

Next: ` + "`connector bindings link`, `connector review preview`" + `.`,
		Example: "  connector bindings unlink 17\n  connector bindings unlink trello.card:65f1a0c00000000000000007 --yes",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"name the one binding: by its number, or as trello.card:ID or project.task:ID"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.unlink(c.Context(), args[0], yes) },
	}
	c.Flags().BoolVar(&yes, "yes", false, "don't ask")
	return c
}

// unlinkedView is what was unlinked, as `--output json` shows it.
type unlinkedView struct {
	Unlinked     bindingView `json:"unlinked"`
	Consequences []string    `json:"consequences"` // what the next sync does
}

func (a *app) unlink(ctx context.Context, name string, yes bool) (err error) {
	r := newRunning(a)
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.config, err = a.load(); err != nil {
		return err
	}
	if r.db, err = a.openState(ctx, r.config); err != nil {
		return err
	}
	f, err := r.theBinding(ctx, name)
	if err != nil {
		return err
	}
	consequences := a.consequences(r.config, f)
	if !a.json() {
		a.foretellUnlink(f, consequences)
	}
	if !yes {
		if err := a.confirm(ctx, fmt.Sprintf("unlink binding %d", f.ID), ", once you have read what follows from it"); err != nil {
			return err
		}
	}
	if err := r.holdFor(ctx, f.Backend); err != nil {
		return err
	}
	if f, err = r.theBinding(ctx, name); err != nil { // it may have changed until we had the lock
		return err
	}
	if err := binding.New(r.db, f.Database, f.Backend).Unlink(ctx, f.Binding); err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(unlinkedView{viewOfBinding(f), consequences})
	}
	_, err = fmt.Fprintf(a.out, "binding %d is gone; both records are as they were\n", f.ID)
	return err
}

// theBinding is the one binding that a word names, refused while a creation is under way.
func (r *running) theBinding(ctx context.Context, name string) (f binding.Found, err error) {
	found, err := r.app.namedPairs(ctx, r.db, r.config, name)
	if err != nil {
		return f, err
	}
	if len(found) != 1 {
		var numbers []string
		for _, one := range found {
			numbers = append(numbers, strconv.FormatInt(one.ID, 10))
		}
		return f, &usageError{fmt.Sprintf("%s is bound by %s; name one of them by its number", name, strings.Join(numbers, ", "))}
	}
	if f = found[0]; f.Intent != binding.None {
		return f, &usageError{fmt.Sprintf("binding %d is not complete: its %s is under way; `connector sync %s` finds out what became of it",
			f.ID, f.Intent, quoted(f.Backend))}
	}
	return f, nil
}

// holdFor takes the lock of a backend, so that no run works on it, be it configured or not any more.
func (r *running) holdFor(ctx context.Context, name string) error {
	location, err := r.config.StateLocation(ctx)
	if err != nil {
		return err
	}
	got, err := r.takeLocks(ctx, location, []config.Backend{{Name: name}})
	if err == nil && !got[name] {
		err = errors.Join(r.failures...)
	}
	return err
}

// consequences are what the next sync does with two records that are bound no more.
func (a *app) consequences(c *config.Config, f binding.Found) []string {
	m := a.nouns(c, f)
	b, configured := c.FindBackend(f.Backend)
	version, err := a.registry.Get(b.Kind, b.Version)
	if !configured || err != nil {
		return []string{fmt.Sprintf("nothing follows: the configuration has no backend %s", f.Backend)}
	}
	direction := (&backend.Environment{Backend: version, Config: b}).Settings(f.Model).Direction
	switch {
	case direction == config.DirectionOff:
		return []string{fmt.Sprintf("nothing follows: %s is switched off", f.Model)}
	case m.LinkOnly:
		return []string{"the next sync links people anew by what it finds; what the configuration says of them stays in force"}
	case m.ByName:
		return []string{fmt.Sprintf("the next sync binds the %s to the %s of its name, as it is with every %s", m.Noun, m.OdooNoun, m.Noun)}
	}
	list := []string{fmt.Sprintf("where the %s and the %s still have the same name in the same place, the next sync binds them again", m.Noun, m.OdooNoun)}
	if direction.Imports() {
		list = append(list, fmt.Sprintf("where they have not, it imports the %s anew, unless the %s was made of it once: that is found by its "+
			"identifier, and what differs waits for review, or follows `conflict:`", m.Noun, m.OdooNoun))
	}
	if m.Creates && direction.Exports() {
		list = append(list, fmt.Sprintf("a %s that has no counterpart then gets a new %s outside", m.OdooNoun, m.Noun))
	}
	return append(list, fmt.Sprintf("to bind it to another one instead, run `connector bindings link %s` before the next sync", f.Model))
}

func (a *app) foretellUnlink(f binding.Found, consequences []string) {
	var b strings.Builder
	wrapped(&b, "", fmt.Sprintf("Binding %d: %s '%s'", f.ID, f.Binding, plain(f.Name)), a.columnsOf())
	for _, text := range consequences {
		wrapped(&b, "- ", text, a.columnsOf())
	}
	_, _ = fmt.Fprint(a.err, b.String())
}
