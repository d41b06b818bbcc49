package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
)

func (a *app) backendsCommand() *cobra.Command {
	return &cobra.Command{
		Use: "backends [BACKEND…]", Short: "Show which systems there are, and of what each backend is made",
		Long: `backends shows the systems that this program is built with, with their versions, and the backends of the
configuration. Of a named backend it shows each binding model: which way its records cross, and from
which version each of its units comes: a version has its own or inherits its parent's, and where none
has one, the framework's default stands. It asks no server and needs no state.

Exit codes: 0 done, 2 usage or configuration.

Next: ` + "`connector fields`, `connector status`" + `.`,
		Example: "  connector backends\n  connector backends trello\n  connector --output json backends trello",
		RunE: func(_ *cobra.Command, args []string) error {
			c, err := a.load()
			if err != nil {
				return err
			}
			chosen, err := choose(c, args)
			if err != nil {
				return err
			}
			return a.showBackends(chosen, len(args) > 0)
		},
	}
}

// backendsView is the answer of backends as `--output json` shows it.
type backendsView struct {
	Systems  []systemView  `json:"systems"`
	Backends []backendView `json:"backends"`
}

// systemView is a system that the program is built with.
type systemView struct {
	Kind     string        `json:"kind"`
	URL      string        `json:"default_url,omitempty"`
	Sandbox  bool          `json:"sandbox"` // it can be played by the sandbox
	Versions []versionView `json:"versions"`
}

// versionView is a version of a system; it has what its parent has, and more or other things.
type versionView struct {
	Name   string `json:"name"`
	Parent string `json:"parent,omitempty"`
}

// backendView is a backend of the configuration.
type backendView struct {
	Name     string      `json:"name"`
	Kind     string      `json:"kind"`
	Version  string      `json:"version"`
	Inherits []string    `json:"inherits"` // versions, the nearest first
	URL      string      `json:"url"`
	Odoo     string      `json:"odoo"`
	Channel  string      `json:"channel"` // its jobs go through it where nothing else is said
	Models   []modelView `json:"models"`
}

// modelView is a binding model as the configuration leaves it.
type modelView struct {
	Model     string              `json:"model"`
	Odoo      string              `json:"odoo"`
	Noun      string              `json:"noun"`
	OdooNoun  string              `json:"odoo_noun"`
	Direction string              `json:"direction"`
	Conflict  string              `json:"conflict"`
	Units     []connectorUnitView `json:"units"`
}

// connectorUnitView is where a connector unit comes from.
type connectorUnitView struct {
	Unit string `json:"unit"`
	// Origin is "own" for the backend's version, "inherited", "default" for the framework's, or "none".
	Origin  string `json:"origin"`
	Version string `json:"version,omitempty"` // that it is declared in
}

// unitsShown are the units of a binding model in the order in which they are told, with what stands where no version has one.
func unitsShown() []struct {
	unit    backend.Unit
	without string
} {
	return []struct {
		unit    backend.Unit
		without string
	}{
		{backend.AdapterUnit, "none"}, {backend.MapperUnit, "none"}, {backend.TailorUnit, "none"},
		{backend.ImporterUnit, "default"}, {backend.ExporterUnit, "default"}, {backend.DeleterUnit, "default"},
	}
}

func (a *app) showBackends(chosen []config.Backend, named bool) error {
	v := backendsView{Systems: a.systems(), Backends: []backendView{}}
	for _, b := range chosen {
		one, err := a.viewOfBackend(b)
		if err != nil {
			return err
		}
		v.Backends = append(v.Backends, one)
	}
	if a.json() {
		return a.printJSON(v)
	}
	var b strings.Builder
	if named {
		for i, one := range v.Backends {
			if i > 0 {
				b.WriteString("\n")
			}
			a.writeBackend(&b, one)
		}
		return a.print([]string{b.String()})
	}
	a.writeSystems(&b, v)
	return a.print([]string{b.String()})
}

// systems are those that the program is built with.
func (a *app) systems() []systemView {
	list := []systemView{}
	for _, k := range a.registry.Kinds() {
		root, ok := a.registry.System(k.Name)
		if !ok {
			continue
		}
		_, noFake := a.fake(k.Name)
		s := systemView{Kind: k.Name, URL: k.DefaultURL, Sandbox: noFake == nil, Versions: []versionView{}}
		for _, name := range root.Versions() {
			v := versionView{Name: name}
			if parent := root.Find(name).Parent(); parent != nil {
				v.Parent = parent.VersionName()
			}
			s.Versions = append(s.Versions, v)
		}
		list = append(list, s)
	}
	return list
}

func (a *app) viewOfBackend(b config.Backend) (backendView, error) {
	version, err := a.registry.Get(b.Kind, b.Version)
	if err != nil {
		return backendView{}, &usageError{err.Error()}
	}
	v := backendView{
		Name: b.Name, Kind: b.Kind, Version: b.Version, URL: b.URL, Odoo: b.Odoo, Channel: jobs.DefaultChannel(b.Name),
		Inherits: []string{}, Models: []modelView{},
	}
	for p := version.Parent(); p != nil; p = p.Parent() {
		v.Inherits = append(v.Inherits, p.VersionName())
	}
	env := &backend.Environment{Backend: version, Config: b}
	for _, m := range version.AllModels() {
		settings := env.Settings(m.Name)
		one := modelView{
			Model: m.Name, Odoo: m.OdooModel, Noun: m.Noun, OdooNoun: m.OdooNoun, Direction: string(settings.Direction), Conflict: string(settings.Conflict),
		}
		for _, u := range unitsShown() {
			one.Units = append(one.Units, connectorUnitOf(version, m.Name, u.unit, u.without))
		}
		v.Models = append(v.Models, one)
	}
	return v, nil
}

func connectorUnitOf(version *backend.Backend, model string, unit backend.Unit, without string) connectorUnitView {
	from := version.Source(model, unit)
	switch from {
	case nil:
		return connectorUnitView{Unit: string(unit), Origin: without}
	case version:
		return connectorUnitView{Unit: string(unit), Origin: "own", Version: from.VersionName()}
	default:
		return connectorUnitView{Unit: string(unit), Origin: "inherited", Version: from.VersionName()}
	}
}

func (a *app) writeSystems(b *strings.Builder, v backendsView) {
	rows := [][]string{{"SYSTEM", "VERSIONS", "SANDBOX", "SERVER"}}
	for _, s := range v.Systems {
		var names []string
		for _, one := range s.Versions {
			text := one.Name
			if one.Parent != "" {
				text += " (of " + one.Parent + ")"
			}
			names = append(names, text)
		}
		box := "no"
		if s.Sandbox {
			box = "yes"
		}
		rows = append(rows, []string{s.Kind, strings.Join(names, ", "), box, s.URL})
	}
	b.WriteString(strings.Join(layOut(rows, a.columnsOf(), 1, 3), "") + "\n")
	rows = [][]string{{"BACKEND", "SYSTEM", "ODOO", "CHANNEL", "SERVER"}}
	for _, one := range v.Backends {
		rows = append(rows, []string{one.Name, one.Kind + " " + one.Version, one.Odoo, one.Channel, one.URL})
	}
	b.WriteString(strings.Join(layOut(rows, a.columnsOf(), 4), ""))
}

// writeBackend writes of what a backend is made: model by model, its units by where they come from.
func (a *app) writeBackend(b *strings.Builder, v backendView) {
	version := v.Kind + " " + v.Version
	for _, parent := range v.Inherits {
		version += ", which inherits from " + parent
	}
	for _, line := range [][2]string{{"Backend", v.Name}, {"System", version}, {"Server", v.URL}, {"Odoo", v.Odoo}, {"Channel", v.Channel}} {
		wrapped(b, pad(line[0], 10), line[1], a.columnsOf())
	}
	for _, m := range v.Models {
		fmt.Fprintf(b, "\n%s ↔ %s: %s ↔ %s\n", m.Model, m.Odoo, m.Noun, m.OdooNoun)
		wrapped(b, "  direction  ", fmt.Sprintf("%s; conflicts: %s", m.Direction, m.Conflict), a.columnsOf())
		for _, group := range unitGroups(m.Units) {
			wrapped(b, pad("  "+group[0], 13), group[1], a.columnsOf())
		}
	}
}

// unitGroups are the units with where they come from: one line for each origin, in the order of the units.
func unitGroups(units []connectorUnitView) (groups [][2]string) {
	at := map[string]int{}
	for _, u := range units {
		origin := u.Origin
		if u.Origin == "inherited" {
			origin = "of " + u.Version
		}
		if origin == "none" {
			continue
		}
		i, known := at[origin]
		if !known {
			i = len(groups)
			at[origin] = i
			groups = append(groups, [2]string{origin, ""})
		}
		groups[i][1] = strings.TrimPrefix(groups[i][1]+", "+u.Unit, ", ")
	}
	return groups
}
