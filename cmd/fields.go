package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/state"
)

func (a *app) fieldsCommand() *cobra.Command {
	var name string
	c := &cobra.Command{
		Use: "fields MODEL", Short: "List the fields of both sides and what is mapped to what",
		Long: `fields asks both servers which fields the records of a binding model have, and lists them with their
types and with the pairs that map them: those of the system, and those of the configuration's
fields:. What is listed can be named there. It changes nothing.
` + exitHelp + "\n\nNext: `connector config validate --online`, once fields: names a pair more.",
		Example: "  connector fields trello.card\n  connector --output json fields trello.card --backend trello",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return &usageError{"name one binding model, as trello.card"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return a.fields(c.Context(), args[0], name) },
	}
	c.Flags().StringVar(&name, "backend", "", "the backend, where several have the model")
	return c
}

// fieldsView is what `--output json` shows.
type fieldsView struct {
	Backend   string              `json:"backend"`
	Model     string              `json:"model"`
	OdooModel string              `json:"odoo_model"`
	Direction string              `json:"direction"`
	Pairs     []pairView          `json:"pairs"`
	External  []externalFieldView `json:"external"`
	Odoo      []odooFieldView     `json:"odoo"`
	Warnings  []string            `json:"warnings"`
}

type pairView struct {
	Name      string   `json:"name"`
	Odoo      []string `json:"odoo"`
	External  []string `json:"external"`
	Direction string   `json:"direction"` // both, import or export
	Created   bool     `json:"only_create,omitempty"`
	From      string   `json:"from"` // the version of the system, or the place in the configuration
}

type externalFieldView struct {
	Name     string   `json:"name"`
	Type     string   `json:"type"`
	Links    string   `json:"links,omitempty"`
	ReadOnly bool     `json:"read_only"`
	Note     string   `json:"note,omitempty"`
	Pairs    []string `json:"pairs"`
}

type odooFieldView struct {
	Name     string       `json:"name"`
	Type     string       `json:"type"`
	Relation string       `json:"relation,omitempty"`
	Label    string       `json:"label"`
	Required bool         `json:"required"`
	ReadOnly bool         `json:"read_only"`
	Choices  []choiceView `json:"selection,omitempty"`
	Pairs    []string     `json:"pairs"`
}

type choiceView struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

func (a *app) fields(ctx context.Context, model, name string) (err error) {
	r := newRunning(a)
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.config, err = a.load(); err != nil {
		return err
	}
	b, err := a.backendOf(r.config, model, name)
	if err != nil {
		return err
	}
	forget, err := r.openToLook(ctx)
	defer func() { err = errors.Join(err, forget()) }()
	if err != nil {
		return err
	}
	if err := r.openSandboxes([]config.Backend{b}, r.odoosOf([]config.Backend{b})); err != nil {
		return environment(err)
	}
	o, err := r.connect(ctx, b)
	if err != nil {
		return err
	}
	view, wrong, err := viewOfFields(ctx, o.env, model)
	if err != nil {
		return err
	}
	return errors.Join(a.showMapped(view), wrong)
}

// backendOf is the backend that has the binding model.
func (a *app) backendOf(c *config.Config, model, name string) (config.Backend, error) {
	var having []config.Backend
	var models, names []string
	for _, b := range c.Backends {
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			return config.Backend{}, &usageError{err.Error()}
		}
		for _, m := range version.AllModels() {
			models = append(models, m.Name)
		}
		if _, ok := version.Model(model); ok && (name == "" || name == b.Name) {
			having, names = append(having, b), append(names, b.Name)
		}
	}
	if _, err := choose(c, withName(name)); err != nil {
		return config.Backend{}, err
	}
	switch {
	case len(having) == 1:
		return having[0], nil
	case len(having) > 1:
		return config.Backend{}, &usageError{fmt.Sprintf("several backends have %s: name one with --backend (%s)", model, strings.Join(names, ", "))}
	}
	hint := "known: " + strings.Join(models, ", ")
	if near, ok := config.Nearest(model, models); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return config.Backend{}, &usageError{fmt.Sprintf("no backend of the configuration has a binding model %q; %s", model, hint)}
}

func withName(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

// openToLook opens the local state for a look, beside whoever works on it; where there is none yet, one that is forgotten again.
func (r *running) openToLook(ctx context.Context) (forget func() error, err error) {
	forget = func() error { return nil }
	location, err := r.config.StateLocation(ctx)
	if err != nil {
		return forget, err
	}
	there, err := hasState(ctx, location)
	if err != nil {
		return forget, err
	}
	if !there {
		dir, err := os.MkdirTemp("", "connector")
		if err != nil {
			return forget, &environmentError{err}
		}
		location, forget = filepath.Join(dir, "state.db"), func() error { return os.RemoveAll(dir) }
	}
	r.db, err = state.Open(ctx, location, state.Options{Clock: r.app.clock})
	return forget, err
}

// viewOfFields asks both sides. What is wrong with the configuration's fields comes apart, since the lists help to mend it.
func viewOfFields(ctx context.Context, env *backend.Environment, model string) (v fieldsView, wrong, err error) {
	m, _ := env.Backend.Model(model)
	v = fieldsView{
		Backend: env.Config.Name, Model: model, OdooModel: m.OdooModel, Direction: string(env.Settings(model).Direction),
		Pairs: []pairView{}, External: []externalFieldView{}, Odoo: []odooFieldView{}, Warnings: []string{},
	}
	mapped, err := env.Mapped(ctx, model)
	var errs config.Errors
	if errors.As(err, &errs) {
		wrong = errs
	} else if err != nil {
		return v, nil, err
	}
	v.Warnings = append(v.Warnings, mapped.Notices...)
	v.Pairs = pairsOf(env, model, mapped)
	known, err := env.Session.FieldsGet(ctx, m.OdooModel)
	if err != nil {
		return v, wrong, err
	}
	v.Odoo = v.odooFields(known)
	open, _, err := env.Describe(ctx, model)
	v.External = v.externalFields(slices.Concat(m.Fields, open))
	return v, wrong, err
}

// pairsOf are the pairs with where they come from.
func pairsOf(env *backend.Environment, model string, mapped backend.Mapped) []pairView {
	pairs := []pairView{}
	for _, f := range mapped.Fields() {
		if len(f.Odoo)+len(f.External) == 0 {
			continue // one that only says how a record begins
		}
		p := pairView{
			Name: f.Name, Odoo: f.Odoo, External: append([]string{}, f.External...), Created: f.OnlyCreate,
			Direction: directionOf(f, env.Settings(model).Direction),
		}
		if p.From = mapped.Places[f.Name]; p.From == "" {
			p.From = versionOf(env.Backend, model, f.Name)
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// directionOf is where a pair's values go, within the model's direction.
func directionOf(f mapping.Field, of config.Direction) string {
	imports, exports := f.ToOdoo != nil && of.Imports(), f.ToExternal != nil && of.Exports()
	switch {
	case imports && exports:
		return string(config.DirectionBoth)
	case imports:
		return string(config.DirectionImport)
	case exports:
		return string(config.DirectionExport)
	default:
		return string(config.DirectionOff)
	}
}

// versionOf is the version of the system that a pair comes from: the oldest that has it, or the one whose settings made it.
func versionOf(b *backend.Backend, model, field string) string {
	from := b
	if source := b.Source(model, backend.MapperUnit); source != nil {
		from = source
	}
	for v := from; v != nil; v = v.Parent() {
		mapper, err := v.MapperOf(model)
		if err != nil {
			break
		}
		if _, has := mapper.Field(field); has {
			from = v
		}
	}
	return from.String()
}

func (v fieldsView) odooFields(known odoo.Fields) []odooFieldView {
	out := make([]odooFieldView, 0, len(known))
	for _, name := range known.Names() {
		f := known[name]
		one := odooFieldView{Name: name, Type: f.Type, Relation: f.Relation, Label: f.Label, Required: f.Required, ReadOnly: f.ReadOnly, Pairs: []string{}}
		for _, c := range f.Selection {
			one.Choices = append(one.Choices, choiceView(c))
		}
		for _, p := range v.Pairs {
			if slices.Contains(p.Odoo, name) {
				one.Pairs = append(one.Pairs, p.Name)
			}
		}
		out = append(out, one)
	}
	return out
}

func (v fieldsView) externalFields(known []backend.ExternalField) []externalFieldView {
	out := make([]externalFieldView, 0, len(known))
	for _, f := range known {
		one := externalFieldView{Name: f.Name, Type: mapping.KindWord(f.Kind), Links: f.Links, ReadOnly: f.ReadOnly, Note: f.Note, Pairs: []string{}}
		if f.Differs != "" {
			one.Note = f.Differs
		}
		for _, p := range v.Pairs {
			if slices.Contains(p.External, f.Name) {
				one.Pairs = append(one.Pairs, p.Name)
			}
		}
		out = append(out, one)
	}
	return out
}
