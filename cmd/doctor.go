package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

func (a *app) doctorCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "doctor [ODOO|BACKEND…]",
		Short: "Look for what stands in the way of a sync, and say what to do",
		Long: `doctor looks at each named Odoo and backend of the configuration as sync would use it; without a name
at all of them, and at the state. It goes on after a failure as long as the rest makes sense, and
writes nothing anywhere. A check that takes longer than 15 s is given up, with those behind it.

Of an Odoo: whether it is reached, its version and clock, the database, the protocol, the login, the
user, API keys that end soon, companies, language, and whether the models, rights and fields that the
configured backends need are there. Of a backend: whether its server is reached and lets us in, as
whom, how much of its limit is left, its clock, and what the configuration names there: of Trello the
boards, the rights on each, labels and custom fields; and whether two backends get in each other's
way. Of the state: whether it is there and can be used, the space on its disk, who else may read it
and the configuration, and jobs that failed or whose worker died.

Exit codes: 0 all is well (there may be warnings), 1 internal error, 2 usage or configuration, 3 a
check failed (server, database, modules, fields, boards, state), 4 denied (credentials, rights), 11 another command
holds the sandbox, 130/143 stopped by a signal. Where several hold, the first of 130/143, 1, 2, 11,
4, 3.

Next: ` + "`connector review preview`, `connector sync`" + `.`,
		Example: "  connector doctor\n  connector --output json doctor trello",
		RunE:    func(c *cobra.Command, args []string) error { return a.doctor(c.Context(), args) },
	}
}

// findingView is a finding as `--output json` shows it.
type findingView struct {
	Check  string `json:"check"`
	Level  string `json:"level"` // "ok", "warn" or "fail"
	What   string `json:"what"`
	Why    string `json:"why,omitempty"`
	Remedy string `json:"remedy,omitempty"`
}

// examinedView is what was found of one Odoo or one backend.
type examinedView struct {
	Name     string        `json:"name"`
	URL      string        `json:"url"`
	Findings []findingView `json:"findings"`
}

// checkConfiguration is the check of what the configuration names on this machine: secrets, certificates.
const checkConfiguration = "configuration"

// findingsError says that checks failed; what they found is printed.
type findingsError struct{ failed, code int }

func (e *findingsError) Error() string {
	return fmt.Sprintf("%s failed; what each found says what to do", count(e.failed, "check", "checks"))
}

// Code is that of checks which failed.
func (*findingsError) Code() string { return "CON-DOCTOR-FAILED" }

// exitCode is that of the gravest of them.
func (e *findingsError) exitCode() int { return e.code }

func (a *app) doctor(ctx context.Context, names []string) (err error) {
	r := newRunning(a)
	defer func() { err = errors.Join(err, r.Close()) }()
	if r.config, err = a.load(); err != nil {
		return err
	}
	odoos, backends, err := chooseExamined(r.config, names)
	if err != nil {
		return err
	}
	if err := r.openSandboxes(backends, odoos); err != nil {
		return environment(err)
	}
	outcome := &findingsError{}
	view := doctorView{Odoo: make([]examinedView, len(odoos)), Backends: []examinedView{}}
	for i, o := range odoos {
		if view.Odoo[i], err = r.examine(ctx, o, outcome); err != nil {
			return err
		}
	}
	if view.Backends, err = r.examineBackends(ctx, backends, outcome); err != nil {
		return err
	}
	if len(names) == 0 {
		view.State = r.examineState(ctx, outcome)
	}
	if err := ctx.Err(); err != nil { // what was found since is of the stop
		return &stoppedError{err: err}
	}
	if err := a.showExamined(view); err != nil {
		return err
	}
	if outcome.failed > 0 {
		return outcome
	}
	return nil
}

// stoppedError says that a signal came, and what it came before.
type stoppedError struct {
	err    error
	before string // default: all was looked at
}

func (e *stoppedError) Error() string {
	return "stopped before " + cmp.Or(e.before, "all was looked at")
}
func (e *stoppedError) Unwrap() error { return e.err }

// doctorView is what was found, as `--output json` shows it.
type doctorView struct {
	Odoo     []examinedView `json:"odoo"`
	Backends []examinedView `json:"backends"`
	State    *examinedView  `json:"state,omitempty"` // nothing where only some Odoos or backends were looked at
}

// chooseExamined are the named Odoo entries and backends, or all where none is named.
func chooseExamined(c *config.Config, names []string) (odoos []config.Odoo, backends []config.Backend, err error) {
	if len(names) == 0 {
		return c.Odoo, c.Backends, nil
	}
	var known []string
	for _, o := range c.Odoo {
		known = append(known, o.Name)
	}
	for _, b := range c.Backends {
		known = union(known, b.Name)
	}
	if _, err := chosen("Odoo or backend", known, func(name string) string { return name }, names); err != nil {
		return nil, nil, err
	}
	odoos = slices.DeleteFunc(slices.Clone(c.Odoo), func(o config.Odoo) bool { return !slices.Contains(names, o.Name) })
	backends = slices.DeleteFunc(slices.Clone(c.Backends), func(b config.Backend) bool { return !slices.Contains(names, b.Name) })
	return odoos, backends, nil
}

// examine looks at one Odoo and counts what stands in the way.
func (r *running) examine(ctx context.Context, o config.Odoo, outcome *findingsError) (examinedView, error) {
	view := examinedView{Name: o.Name, URL: o.URL}
	options, err := r.options(ctx, o)
	if err != nil {
		view.Findings = []findingView{{Check: checkConfiguration, Level: string(odoo.LevelFail), What: err.Error(), Why: "the login cannot be tried"}}
		outcome.add(r.app.exitOf(err))
		return view, nil
	}
	needs, err := r.app.needsOf(r.config, o)
	if err != nil {
		return view, err
	}
	view.take(odoo.Examine(ctx, options, needs), outcome)
	return view, nil
}

// take adds findings, and counts those that stand in the way.
func (v *examinedView) take(findings []odoo.Finding, outcome *findingsError) {
	for _, f := range findings {
		v.Findings = append(v.Findings, findingView{Check: f.Check, Level: string(f.Level), What: f.What, Why: f.Why, Remedy: f.Remedy})
		switch {
		case f.Level != odoo.LevelFail:
		case f.Denied:
			outcome.add(exitDenied)
		default:
			outcome.add(exitEnvironment)
		}
	}
}

// add counts a failure; of several codes the first in precedence stands.
func (e *findingsError) add(code int) {
	e.failed++
	if e.code == 0 || slices.Index(precedence, code) < slices.Index(precedence, e.code) {
		e.code = code
	}
}

// needsOf is what the configured backends need of an Odoo.
func (a *app) needsOf(c *config.Config, o config.Odoo) (odoo.Needs, error) {
	needs := odoo.Needs{Companies: companiesOf(o)}
	for _, b := range c.Backends {
		if b.Odoo != o.Name {
			continue
		}
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			return needs, &usageError{err.Error()}
		}
		for _, right := range version.Rights() {
			needs.Groups = addGroup(needs.Groups, right, b.Name)
		}
		for _, m := range version.AllModels() {
			if needs.Models, err = addModel(needs.Models, version, m, b); err != nil {
				return needs, err
			}
		}
	}
	return needs, nil
}

// addGroup adds a group, once for all backends that need it.
func addGroup(all []odoo.GroupNeed, right backend.Right, by string) []odoo.GroupNeed {
	at := slices.IndexFunc(all, func(g odoo.GroupNeed) bool { return g.Group == right.Group })
	if at < 0 {
		return append(all, odoo.GroupNeed{Group: right.Group, Name: right.Name, For: by})
	}
	all[at].For += ", " + by
	return all
}

// addModel adds what a binding model does with its Odoo model, to what others do with it.
func addModel(all []odoo.ModelNeed, version *backend.Backend, m backend.Model, b config.Backend) ([]odoo.ModelNeed, error) {
	settings, ok := b.FindModel(m.Name)
	if !ok || settings.Direction == config.DirectionOff {
		return all, nil
	}
	mapper, err := version.MapperOf(m.Name)
	if err != nil {
		return all, err
	}
	at := slices.IndexFunc(all, func(n odoo.ModelNeed) bool { return n.Model == m.OdooModel })
	if at < 0 {
		at = len(all)
		all = append(all, odoo.ModelNeed{Model: m.OdooModel})
	}
	n := &all[at]
	n.For = strings.TrimPrefix(n.For+", "+m.Name+" of "+b.Name, ", ")
	n.Operations = union(n.Operations, "read")
	if settings.Direction.Imports() && !m.LinkOnly {
		n.Operations = union(n.Operations, "write", "create")
	}
	n.Fields = union(n.Fields, append(mapper.OdooFields(), "write_date", m.OdooNameField, m.OdooParent)...)
	n.Fields = union(n.Fields, m.CascadeFrom...)
	n.Mapping = mappingCheck(n.Mapping, version, settings)
	for _, d := range [][]any{m.Domain, settings.Domain} {
		if len(d) > 0 {
			n.Domains = append(n.Domains, odoo.Domain(d))
		}
	}
	return all, nil
}

// mappingCheck adds what is wrong with the fields that the configuration maps to what others found.
func mappingCheck(others func(odoo.Fields) error, version *backend.Backend, settings config.Model) func(odoo.Fields) error {
	if len(settings.Fields) == 0 {
		return others
	}
	return func(there odoo.Fields) error {
		_, err := version.MapperFor(settings, backend.Known{Odoo: there})
		if others != nil {
			err = errors.Join(others(there), err)
		}
		return err
	}
}

// union adds what is not there yet, nor empty.
func union(all []string, more ...string) []string {
	for _, one := range more {
		if one != "" && !slices.Contains(all, one) {
			all = append(all, one)
		}
	}
	return all
}

// screen is how many columns a terminal has at least.
const screen = 80

func (a *app) showExamined(v doctorView) error {
	if a.json() {
		return a.printJSON(v)
	}
	var b strings.Builder
	counts := map[string]int{}
	show := func(kind string, of examinedView) {
		head := a.style().Heading(kind+":") + " " + of.URL + "\n"
		for _, f := range of.Findings {
			counts[f.Level]++
			if a.quiet && f.Level == string(odoo.LevelOK) {
				continue
			}
			b.WriteString(head)
			f.print(&b, a.style())
			head = ""
		}
	}
	for _, o := range v.Odoo {
		show("Odoo "+o.Name, o)
	}
	for _, o := range v.Backends {
		show("Backend "+o.Name, o)
	}
	if v.State != nil {
		show("State", *v.State)
	}
	if a.quiet && b.Len() == 0 {
		return nil
	}
	b.WriteString(verdict(counts[string(odoo.LevelFail)], counts[string(odoo.LevelWarn)]) + "\n")
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

func verdict(failed, warned int) string {
	switch {
	case failed > 0 && warned > 0:
		return fmt.Sprintf("%s and %s.", count(failed, "failure", "failures"), count(warned, "warning", "warnings"))
	case failed > 0:
		return count(failed, "failure", "failures") + "."
	case warned > 0:
		return count(warned, "warning", "warnings") + "."
	default:
		return "All is well."
	}
}

// print writes level, check and text in columns; reason and remedy stand below.
func (f findingView) print(b *strings.Builder, s style) {
	head := "  " + s.Level(f.Level, pad(f.Level, 4)) + "  " + pad(f.Check, 13) + "  "
	wrap(b, head, f.What)
	below := strings.Repeat(" ", widthOf(head))
	if f.Why != "" {
		wrap(b, below+"why: ", f.Why)
	}
	if f.Remedy != "" {
		wrap(b, below+"do:  ", f.Remedy)
	}
}

// wrap writes a text behind a head, in lines of the least screen.
func wrap(b *strings.Builder, head, text string) { wrapped(b, head, text, screen) }
