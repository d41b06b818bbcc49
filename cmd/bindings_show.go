package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

func (a *app) bindingsShow() *cobra.Command {
	return &cobra.Command{
		Use: "show NUMBER | MODEL:ID…", Short: "Show all that is known of a pair",
		Long: `show tells what is known of a pair of records: both ids and where to see them, when they were last in
step, what they agreed on field by field, and the jobs and decisions about them. A pair is named by its
number, by the id outside (trello.card:ID, or ID alone) or by the id in Odoo (project.task:ID); where
several pairs have that id, each is shown. It looks at the local database alone.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such binding, too), 3 environment.

Next: ` + "`connector jobs show N`, `connector review show N`" + `.`,
		Example: "  connector bindings show 17\n  connector bindings show trello.card:65f1a0c00000000000000007\n  connector bindings show project.task:42",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{"name a binding: by its number, or as trello.card:ID or project.task:ID"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			return a.lookingAtState(c.Context(), func(db *state.DB, conf *config.Config) error {
				return a.showPairs(c.Context(), db, conf, args)
			})
		},
	}
}

// bindingDetail is a binding with what is around it, as `--output json` shows it.
type bindingDetail struct {
	bindingView
	Links   linksView      `json:"links"`
	Fields  []agreedView   `json:"fields"`
	Jobs    []jobBriefView `json:"jobs"` // the latest
	Reviews []reviewView   `json:"reviews"`
}

// agreedView is what a binding knows of one field.
type agreedView struct {
	Field  string       `json:"field"`
	Agreed record.Value `json:"agreed"` // what both sides last held
	// Outside and Odoo tell whether it is known how each side last was, so that a change there is seen without comparing values.
	Outside bool   `json:"outside_known"`
	Odoo    bool   `json:"odoo_known"`
	Writing string `json:"writing,omitempty"` // "odoo" or "backend": a write there whose end was not seen
	Apart   string `json:"apart,omitempty"`   // "odoo" or "backend": the side that had nothing to compare
}

// jobBriefView is a job in the list of another record.
type jobBriefView struct {
	ID          int64      `json:"id"`
	State       jobs.State `json:"state"`
	Description string     `json:"description"`
	Result      string     `json:"result,omitempty"`
}

func (a *app) showPairs(ctx context.Context, db *state.DB, c *config.Config, names []string) error {
	var found []binding.Found
	for _, name := range names {
		some, err := a.namedPairs(ctx, db, c, name)
		if err != nil {
			return err
		}
		found = append(found, some...)
	}
	for i, f := range found {
		if i > 0 && !a.json() {
			_, _ = fmt.Fprintln(a.out)
		}
		if err := a.showPair(ctx, db, c, f); err != nil {
			return err
		}
	}
	return nil
}

// namedPairs are the bindings that a word names: by number, or by a model and an id.
func (a *app) namedPairs(ctx context.Context, db *state.DB, c *config.Config, name string) ([]binding.Found, error) {
	if number, err := strconv.ParseInt(name, 10, 64); err == nil && number > 0 {
		list, err := binding.Find(ctx, db, binding.Filter{After: number - 1, Limit: 1}, false)
		if err == nil && (len(list) == 0 || list[0].ID != number) {
			err = &usageError{fmt.Sprintf("there is no binding %d; `connector bindings list` shows them", number)}
		}
		return list, err
	}
	model, id, ok := strings.Cut(name, ":")
	if !ok {
		if list, err := binding.Find(ctx, db, binding.Filter{ExternalID: name}, false); err != nil || len(list) > 0 {
			return list, err
		}
	}
	if !ok || model == "" || id == "" {
		return nil, &usageError{fmt.Sprintf("%q names no binding; write its number, or trello.card:ID or project.task:ID", name)}
	}
	return a.pairsOf(ctx, db, c, model, id)
}

// pairsOf are the bindings of a binding model, or of a model of Odoo, with an id of that side.
func (a *app) pairsOf(ctx context.Context, db *state.DB, c *config.Config, model, id string) ([]binding.Found, error) {
	if err := a.checkModelOf(c.Backends, model); err != nil {
		return nil, err
	}
	f := binding.Filter{Model: model, ExternalID: id}
	if !a.isBindingModel(c, model) {
		f.ExternalID = ""
		if f.OdooID, _ = strconv.ParseInt(id, 10, 32); f.OdooID <= 0 {
			return nil, &usageError{fmt.Sprintf("%q is no id of a record of %s, which is Odoo's; write a number", id, model)}
		}
	}
	list, err := binding.Find(ctx, db, f, false)
	if err == nil && len(list) == 0 {
		err = &usageError{fmt.Sprintf("%s %s is not bound; `connector bindings list --search NAME` looks by names", model, id)}
	}
	return list, err
}

// isBindingModel tells a binding model from a model of Odoo.
func (a *app) isBindingModel(c *config.Config, name string) bool {
	return slices.ContainsFunc(c.Backends, func(b config.Backend) bool {
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			return false
		}
		_, ok := version.Model(name)
		return ok
	})
}

func (a *app) showPair(ctx context.Context, db *state.DB, c *config.Config, f binding.Found) error {
	d := bindingDetail{bindingView: viewOfBinding(f), Fields: agreedOf(f.Fields), Jobs: []jobBriefView{}, Reviews: []reviewView{}}
	var errs [3]error
	d.Links, errs[0] = a.linksOf(ctx, c, f, db)
	d.Jobs, errs[1] = jobsOfPair(ctx, newQueue(db, c), f)
	d.Reviews, errs[2] = reviewsOfPair(ctx, binding.New(db, f.Database, f.Backend), f.Binding)
	if err := errors.Join(errs[:]...); err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(d)
	}
	return a.writePair(c, f, d)
}

func agreedOf(fields binding.Fields) []agreedView {
	list := []agreedView{}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		s := fields[name]
		v := agreedView{Field: name, Agreed: s.Base, Outside: s.External != "", Odoo: s.Odoo != "", Apart: string(s.Apart)}
		if s.Writing != nil {
			v.Writing = string(binding.External)
			if s.Writing.Odoo {
				v.Writing = string(binding.Odoo)
			}
		}
		list = append(list, v)
	}
	return list
}

// jobsOfPair are the latest jobs that bear an id of the pair.
func jobsOfPair(ctx context.Context, q *jobs.Queue, f binding.Found) ([]jobBriefView, error) {
	views := []jobBriefView{}
	id := cmp.Or(f.ExternalID, binding.OdooID(f.OdooID))
	newest, err := jobs.ParseSort("-id")
	if err != nil {
		return nil, err
	}
	list, err := q.Page(ctx, jobs.Filter{Backend: f.Backend, Model: f.Model, Record: id, Sort: newest, Limit: neighbours})
	for _, j := range list.Jobs {
		views = append(views, jobBriefView{j.ID, j.State, j.Description, resultOf(j)})
	}
	return views, err
}

// reviewsOfPair are the reviews that name a record of the pair.
func reviewsOfPair(ctx context.Context, binder *binding.Binder, f binding.Binding) ([]reviewView, error) {
	views := []reviewView{}
	all, err := binder.Reviews(ctx, f.Model)
	for _, r := range all {
		if r.ExternalID != "" && r.ExternalID == f.ExternalID || r.OdooID != 0 && r.OdooID == f.OdooID && r.Scope == f.Scope {
			views = append(views, viewOfReview(binder.Backend(), r))
		}
	}
	return views, err
}

// nouns are what people call the two records of a binding model; its own names where the configuration has lost it.
func (a *app) nouns(c *config.Config, f binding.Found) (m backend.Model) {
	if b, ok := c.FindBackend(f.Backend); ok {
		if version, err := a.registry.Get(b.Kind, b.Version); err == nil {
			m, _ = version.Model(f.Model)
		}
	}
	m.Noun, m.OdooNoun = cmp.Or(m.Noun, f.Model), cmp.Or(m.OdooNoun, f.OdooModel)
	return m
}

func (a *app) writePair(c *config.Config, f binding.Found, d bindingDetail) error {
	m := a.nouns(c, f)
	var b strings.Builder
	for _, r := range [][2]string{
		{"Binding", fmt.Sprintf("%d of %s, in %s", d.ID, d.Backend, d.Database)}, {"Name", d.Name},
		{"Outside", m.Noun + " " + cmp.Or(d.ExternalID, "(not yet)")}, {"", d.Links.External},
		{"In Odoo", fmt.Sprintf("%s %d (%s)", m.OdooNoun, d.OdooID, d.Odoo)}, {"", d.Links.Odoo},
		{"Lives in", d.Parent}, {"State", stateOfPair(f)}, {"Made first", madeFirst(d.Made)}, {"Last in step", whenAgo(a, f)},
	} {
		if r[1] != "" {
			wrapped(&b, pad(r[0], 14), r[1], a.columnsOf())
		}
	}
	a.writeAgreed(&b, d.Fields)
	if len(d.Reviews) > 0 {
		b.WriteString("\nWaiting for a decision\n")
	}
	for _, r := range d.Reviews {
		wrapped(&b, fmt.Sprintf("  %d  ", r.ID), fmt.Sprintf("(%s%s) %s", r.Kind, decided(r), r.Reason), a.columnsOf())
	}
	if len(d.Jobs) > 0 {
		rows := [][]string{}
		for _, j := range d.Jobs {
			rows = append(rows, []string{"", strconv.FormatInt(j.ID, 10), string(j.State), plain(j.Description), plain(j.Result)})
		}
		b.WriteString("\nThe latest jobs\n" + strings.Join(layOut(rows, a.columnsOf(), 3, 4), ""))
	}
	return a.print([]string{b.String()})
}

// stateOfPair says how a pair stands, in words.
func stateOfPair(f binding.Found) string {
	switch {
	case !f.ExternalGone.IsZero():
		return "the external half was deleted, seen at " + when(f.ExternalGone)
	case !f.OdooGone.IsZero():
		return "the Odoo half was deleted, seen at " + when(f.OdooGone)
	case f.Intent != binding.None:
		return fmt.Sprintf("the %s is under way since %s", f.Intent, when(f.IntentAt))
	case !f.Retired.IsZero():
		return "retired: out of what is synchronized since " + when(f.Retired)
	case f.Role == binding.Alias:
		return "bound; an alias: another external record stands for the Odoo record"
	default:
		return "bound"
	}
}

func madeFirst(made string) string {
	return map[string]string{string(binding.Import): "outside", string(binding.Export): "in Odoo"}[made]
}

func whenAgo(a *app, f binding.Found) string {
	if f.SyncDate.IsZero() {
		return ""
	}
	return fmt.Sprintf("%s, at %s", ago(a.clock.Now().Sub(f.SyncDate)), when(f.SyncDate))
}

// writeAgreed writes what was agreed on field by field.
func (a *app) writeAgreed(b *strings.Builder, fields []agreedView) {
	if len(fields) == 0 {
		b.WriteString("\nNothing was agreed on yet: the next sync compares both sides.\n")
		return
	}
	rows := [][]string{{"", "FIELD", "LAST AGREED ON", ""}}
	for _, f := range fields {
		rows = append(rows, []string{"", f.Field, plain(agreedText(f.Agreed)), f.remark()})
	}
	b.WriteString("\n" + strings.Join(layOut(rows, a.columnsOf(), 2), ""))
}

// agreedText is a value as a list shows it; records that it names are told apart as ids are elsewhere: project.tags 5.
func agreedText(v record.Value) string {
	if v.Kind() != record.KindRef && v.Kind() != record.KindRefSet {
		return v.String()
	}
	var all []string
	for _, r := range v.AsRefs() {
		all = append(all, r.Model+" "+r.ID)
	}
	return cmp.Or(strings.Join(all, ", "), "(none)")
}

// remark says what is to be known of a field beside its value.
func (v agreedView) remark() string {
	switch {
	case v.Apart == string(binding.Odoo):
		return "nothing to compare in Odoo"
	case v.Apart != "":
		return "nothing to compare outside"
	case v.Writing == string(binding.Odoo):
		return "being written into Odoo"
	case v.Writing != "":
		return "being written outside"
	case !v.Outside && !v.Odoo:
		return "both sides are compared next"
	case !v.Outside:
		return "the outside is compared next"
	case !v.Odoo:
		return "Odoo is compared next"
	default:
		return ""
	}
}
