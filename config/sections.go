package config

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

var (
	directions = []string{string(DirectionBoth), string(DirectionImport), string(DirectionExport), string(DirectionOff)}
	oneWay     = []string{string(DirectionImport), string(DirectionExport)} // of a run that leaves the other way out
	leaves     = []string{string(LeaveKeep), string(LeaveRetire)}
	conflicts  = []string{string(ConflictAsk), string(ConflictOdoo), string(ConflictBackend), string(ConflictNewest)}
)

// config reads the whole file.
func (r *reader) config(root *yaml.Node) *Config {
	c := &Config{Path: r.file, Dir: r.dir, root: root, known: r.known}
	top := r.at(root, "")
	if top.node.Kind != yaml.MappingNode {
		top.failType("the keys odoo: and backends:", "`connector config init` makes a good one, docs/configuration.md tells its keys")
		return c
	}
	m, _ := top.mapping(topKeys)
	r.state(m, c)
	c.Odoo = r.odoos(m)
	c.Backends = r.backends(m, c.Odoo)
	c.Jobs = r.jobs(m)
	c.Schedule = r.schedule(m, c.Backends)
	c.Notify = r.notify(m)
	c.secrets = r.secrets
	r.unusedOdoos(m, c)
	return c
}

// unusedOdoos warns of Odoo entries that no backend belongs to.
func (r *reader) unusedOdoos(m mapping, c *Config) {
	for i, o := range c.Odoo {
		if o.Name != "" && len(c.Backends) > 0 && !slices.ContainsFunc(c.Backends, func(b Backend) bool { return b.Odoo == o.Name || b.Odoo == "" }) {
			v := m.find(fmt.Sprintf("odoo[%d].name", i))
			v.warn("no backend belongs to "+shown(o.Name), "name it under a backend's odoo:, or leave the entry out")
		}
	}
}

// entries gives the items of a required list that has at least one.
func (m mapping) entries(key, what string) []value {
	v, ok := m.require(key, "list at least one "+what)
	if !ok {
		return nil
	}
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("is an empty list", "list at least one "+what)
	}
	return items
}

// names remembers on which line a list gave each name.
type names map[string]int

// take reads the name under key, by read, and reports one that is there already.
func (n names) take(m mapping, key string, read func(value) (string, bool)) string {
	v, ok := m.require(key, "")
	if !ok {
		return ""
	}
	name, ok := read(v)
	if !ok {
		return ""
	}
	if line, twice := n[name]; twice {
		v.fail(fmt.Sprintf("duplicate %s %q, first on line %d", key, name, line), "")
		return name
	}
	n[name] = v.place.Line
	return name
}

// required gives get or require, as the keys are compulsory or not.
func (m mapping) required(compulsory bool) func(key, hint string) (value, bool) {
	if compulsory {
		return m.require
	}
	return func(key, _ string) (value, bool) { return m.get(key) }
}

// duration reads a time span, within the bounds of a request's deadline.
func (m mapping) duration(key string, otherwise time.Duration) time.Duration {
	if v, ok := m.get(key); ok {
		if d, ok := v.duration(minTimeout, maxTimeout); ok {
			return d
		}
	}
	return otherwise
}

func (r *reader) backends(top mapping, odoos []Odoo) []Backend {
	var all []Backend
	taken := names{}
	for _, v := range top.entries("backends", "backend") {
		if m, ok := v.backendMapping(); ok {
			all = append(all, r.backend(m, taken, odoos))
		}
	}
	return all
}

// backendMapping reads a backend's block with the keys of its kind; any key is taken where the kind is not known, so that one
// wrong kind is one error.
func (v value) backendMapping() (mapping, bool) {
	if v.node.Kind != yaml.MappingNode {
		return v.mapping(nil)
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if v.r.at(v.node.Content[i], "").node.Value == "kind" {
			if kind, ok := v.r.findKind(v.r.at(v.node.Content[i+1], "").node.Value); ok {
				return v.mapping(append(slices.Clone(backendKeys), namesOf(kind.Keys())...))
			}
		}
	}
	return v.mapping(nil)
}

func (r *reader) findKind(name string) (Kind, bool) {
	for _, k := range r.kinds {
		if k.Name == name {
			return k, true
		}
	}
	return Kind{}, false
}

func (r *reader) backend(m mapping, taken names, odoos []Odoo) Backend {
	b := Backend{Name: taken.take(m, "name", value.name), Line: m.place.Line, Timeout: m.duration("timeout", DefaultTimeout)}
	b.OutcomeWindow = m.duration("outcome_window", b.Timeout+outcomeMargin)
	b.Odoo = m.odooName(odoos)
	kind, known := m.kind()
	b.Kind = kind.Name
	b.URL = m.backendURL(kind, known)
	if !known {
		return b
	}
	b.Version = m.version(kind)
	b.Models = m.models(kind, b.Version)
	if kind.Settings != nil {
		b.Settings = kind.Settings()
		_, sandbox := b.SandboxName()
		settings{compulsory: !sandbox}.read(m, b.Settings)
		m.check(b.Settings)
	}
	return b
}

func (m mapping) kind() (Kind, bool) {
	known := make([]string, len(m.r.kinds))
	for i, k := range m.r.kinds {
		known[i] = k.Name
	}
	v, ok := m.require("kind", "use one of "+strings.Join(known, ", "))
	if !ok {
		return Kind{}, false
	}
	name, ok := v.choice("a known kind of backend", known)
	if !ok {
		return Kind{}, false
	}
	return m.r.findKind(name)
}

func (m mapping) version(kind Kind) string {
	v, ok := m.get("version")
	if !ok {
		return kind.Versions[0]
	}
	if v.isScalar("!!int", "!!float") { // 2.0 needs no quotes: it is taken as it is written
		number := *v.node
		number.Tag = "!!str"
		v.node = &number
	}
	version, _ := v.choice("a version of "+kind.Name, kind.Versions)
	return version
}

// backendURL reads the backend's URL; it has to be given only where the kind is known and has none.
func (m mapping) backendURL(kind Kind, known bool) string {
	get := m.required(known && kind.DefaultURL == "")
	v, ok := get("url", "write it as https://HOST or sandbox://NAME")
	if !ok {
		return kind.DefaultURL
	}
	return v.url()
}

// odooName reads which Odoo a backend belongs to; where there is one, it need not be named.
func (m mapping) odooName(odoos []Odoo) string {
	var known []string
	for _, o := range odoos {
		if o.Name != "" {
			known = append(known, o.Name)
		}
	}
	v, given := m.get("odoo")
	switch {
	case given:
		return v.reference(known)
	case len(odoos) == 1:
		return odoos[0].Name
	case len(odoos) > 1:
		m.require("odoo", "there are several Odoo databases: use one of "+strings.Join(known, ", "))
	}
	return ""
}

// reference reads the name of an Odoo entry; it stays unchecked where no entry has a name, which is reported already.
func (v value) reference(known []string) string {
	name, ok := v.text()
	if ok && len(known) > 0 && !slices.Contains(known, name) {
		v.fail("there is no Odoo named "+shown(name), suggest(name, known))
	}
	return name
}

// models gives all binding models of the kind, changed by what the file says about some of them.
func (m mapping) models(kind Kind, version string) []Model {
	all := make([]Model, len(kind.Models))
	for i, name := range kind.Models {
		all[i] = Model{Model: name, Direction: DirectionBoth, Conflict: ConflictAsk, OnLeave: LeaveKeep}
	}
	v, ok := m.get("models")
	if !ok {
		return all
	}
	items, _ := v.list()
	taken := names{}
	for _, item := range items {
		if changed, ok := item.model(kind, taken); ok {
			all[slices.Index(kind.Models, changed.Model)] = changed
			m.r.checkModel(kind, version, changed)
		}
	}
	return all
}

// model reads one entry of `models:` and tells whether its model is one of the kind's.
func (v value) model(kind Kind, taken names) (Model, bool) {
	m, ok := v.mapping(modelKeys)
	if !ok {
		return Model{}, false
	}
	one := Model{Line: v.place.Line, Path: v.path, Direction: DirectionBoth, Conflict: ConflictAsk, OnLeave: LeaveKeep}
	one.Model = taken.take(m, "model", func(v value) (string, bool) {
		return v.choice("a model of "+kind.Name, kind.Models)
	})
	if direction, ok := m.get("direction"); ok {
		text, _ := direction.choice("a direction", directions)
		one.Direction = Direction(text)
	}
	if conflict, ok := m.get("conflict"); ok {
		text, _ := conflict.choice("a conflict policy", conflicts)
		one.Conflict = Conflict(text)
	}
	if domain, ok := m.get("domain"); ok {
		one.Domain = domain.domain()
	}
	one.OnLeave = m.onLeave(one.Domain != nil)
	if fields, ok := m.get("fields"); ok {
		one.Fields = fields.fieldPairs()
	}
	return one, one.Model != ""
}
