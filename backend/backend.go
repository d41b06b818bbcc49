// Package backend says what a connected system is made of: a Backend with versions, each holding
// the connector units of its binding models, and the Environment in which the units work. It is the
// seam between the framework and the systems: a system fills a Backend, the synchronizer uses it.
package backend

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/explain"
	"github.com/odoo-connector/connector/mapping"
)

// Unit names one kind of connector unit.
type Unit string

// The kinds of unit that a binding model can have.
const (
	AdapterUnit  Unit = "adapter"
	MapperUnit   Unit = "mapper"
	ImporterUnit Unit = "importer"
	ExporterUnit Unit = "exporter"
	DeleterUnit  Unit = "deleter"
	TailorUnit   Unit = "tailor"
)

type unitKey struct {
	model string
	unit  Unit
}

// Backend is one version of a system, "trello 2.0". A child version inherits every unit that it does
// not replace.
type Backend struct {
	service  string
	version  string
	parent   *Backend
	children []*Backend
	kind     config.Kind
	models   []Model
	units    map[unitKey]any
	connect  Connect
	page     Page
	requires []Right
	zone     Zone
	codes    []explain.Entry

	functions map[string]FunctionUnit
}

// Right is a group of Odoo that the connector's user must be in.
type Right struct {
	Group string // its external identifier, "project.group_project_manager"
	Name  string // as people know it: "Project / Administrator"
}

// New makes the root version of a system. An empty name panics: it is a mistake of the program.
func New(service, version string) *Backend {
	if service == "" || version == "" {
		panic("backend: a backend needs a service and a version")
	}
	return &Backend{service: service, version: version, units: map[unitKey]any{}}
}

// Version makes a child that inherits from b. A version that the system has already panics.
func (b *Backend) Version(version string) *Backend {
	root := b.root()
	if root.Find(version) != nil {
		panic(fmt.Sprintf("backend: %s has two versions %q", b.service, version))
	}
	child := New(b.service, version)
	child.parent = b
	b.children = append(b.children, child)
	return child
}

// Service is the system's name, what a configuration gives as `kind:`.
func (b *Backend) Service() string { return b.service }

// VersionName is the version, what a configuration gives as `version:`.
func (b *Backend) VersionName() string { return b.version }

// Parent is the version that b inherits from, nil for the root.
func (b *Backend) Parent() *Backend { return b.parent }

// String is "trello 2.0".
func (b *Backend) String() string { return b.service + " " + b.version }

func (b *Backend) root() *Backend {
	for b.parent != nil {
		b = b.parent
	}
	return b
}

// Find is the named version of b's system below b, or nil.
func (b *Backend) Find(version string) *Backend {
	if b.version == version {
		return b
	}
	for _, c := range b.children {
		if found := c.Find(version); found != nil {
			return found
		}
	}
	return nil
}

// Versions are the names of b's version and all below it, parents first.
func (b *Backend) Versions() []string {
	names := []string{b.version}
	for _, c := range b.children {
		names = append(names, c.Versions()...)
	}
	return names
}

// Configure says what the system adds to a backend's block in the configuration: the keys of its
// own and the default URL. Name, versions and models are filled in from the Backend itself.
func (b *Backend) Configure(defaultURL string, settings func() any) *Backend {
	b.kind = config.Kind{DefaultURL: defaultURL, Settings: settings}
	return b
}

// Kind is the system as the configuration knows it.
func (b *Backend) Kind() config.Kind {
	root := b.root()
	k := root.kind
	k.Name, k.Versions, k.CheckModel = root.service, root.Versions(), root.checkModel
	root.each(func(v *Backend) {
		for _, m := range v.models {
			if !slices.Contains(k.Models, m.Name) {
				k.Models = append(k.Models, m.Name)
			}
		}
	})
	return k
}

// each visits b and all versions below it, parents first.
func (b *Backend) each(visit func(*Backend)) {
	visit(b)
	for _, c := range b.children {
		c.each(visit)
	}
}

// Requires says which groups the Odoo user must be in for this version and its children.
func (b *Backend) Requires(rights ...Right) *Backend {
	b.requires = append(b.requires, rights...)
	return b
}

// Rights are the groups that the Odoo user must be in, those of the parents first.
func (b *Backend) Rights() []Right {
	if b.parent == nil {
		return slices.Clone(b.requires)
	}
	return append(b.parent.Rights(), b.requires...)
}

// Declare adds binding models in the order in which they are synchronized: parents first.
func (b *Backend) Declare(models ...Model) *Backend {
	for _, m := range models {
		if slices.ContainsFunc(b.models, func(n Model) bool { return n.Name == m.Name }) {
			panic(fmt.Sprintf("backend: %s declares %s twice", b, m.Name))
		}
		b.models = append(b.models, m)
	}
	return b
}

// AllModels are the binding models of b: those it inherits, in their order, a model that b declares
// itself in the place of its parent's, and then those that only b has.
func (b *Backend) AllModels() []Model {
	var models []Model
	if b.parent != nil {
		models = b.parent.AllModels()
	}
	for _, m := range b.models {
		if i := slices.IndexFunc(models, func(n Model) bool { return n.Name == m.Name }); i >= 0 {
			models[i] = m
			continue
		}
		models = append(models, m)
	}
	return models
}

// Model is the named binding model; ok is false if no version up to the root declares it.
func (b *Backend) Model(name string) (m Model, ok bool) {
	for v := b; v != nil; v = v.parent {
		if i := slices.IndexFunc(v.models, func(m Model) bool { return m.Name == name }); i >= 0 {
			return v.models[i], true
		}
	}
	return Model{}, false
}

// Setup is what a system needs to reach its server.
type Setup struct {
	Config    config.Backend
	Transport http.RoundTripper // nil: the network
	Clock     Clock
	Hook      func(ctx context.Context, point string) // told of every request, before and after; may be nil
}

// Clock tells the time and waits, so that a test can do either at once.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Connect makes a system's client. What it returns is the Environment's Client.
type Connect func(ctx context.Context, s Setup) (client any, err error)

// Connects says how this version and its children make their client.
func (b *Backend) Connects(c Connect) *Backend {
	b.connect = c
	return b
}

// Open makes the client by the nearest version that says how.
func (b *Backend) Open(ctx context.Context, s Setup) (any, error) {
	for v := b; v != nil; v = v.parent {
		if v.connect != nil {
			return v.connect(ctx, s)
		}
	}
	return nil, fmt.Errorf("%s does not say how to connect", b)
}

// AdapterFactory makes the adapter of a binding model within an environment.
type AdapterFactory func(env *Environment) (Adapter, error)

// Adapter registers how the records of a binding model are read and written outside.
func (b *Backend) Adapter(model string, factory AdapterFactory) *Backend {
	return b.register(model, AdapterUnit, factory)
}

// Mapper registers the import and the export mapper of a binding model.
func (b *Backend) Mapper(model string, m mapping.Mapper) *Backend {
	return b.register(model, MapperUnit, m)
}

// Importer registers the hooks of a binding model's importer.
func (b *Backend) Importer(model string, i Importer) *Backend {
	return b.register(model, ImporterUnit, i)
}

// Exporter registers the hooks of a binding model's exporter.
func (b *Backend) Exporter(model string, e Exporter) *Backend {
	return b.register(model, ExporterUnit, e)
}

// Deleter registers the hooks of a binding model's deleter.
func (b *Backend) Deleter(model string, d Deleter) *Backend {
	return b.register(model, DeleterUnit, d)
}

func (b *Backend) register(model string, unit Unit, value any) *Backend {
	k := unitKey{model, unit}
	if _, twice := b.units[k]; twice {
		panic(fmt.Sprintf("backend: %s has two units %s for %s", b, unit, model))
	}
	b.units[k] = value
	return b
}

// Explains adds what is known of error codes of the system's own: those that its errors' Code gives, or that it gives to its
// client (transport.Options.Codes). A code that another entry of the binary explains already panics when the first is looked up.
func (b *Backend) Explains(entries ...explain.Entry) *Backend {
	b.codes = append(b.codes, entries...)
	return b
}

// explained is what b and the versions below it explain.
func (b *Backend) explained() []explain.Entry {
	all := slices.Clone(b.codes)
	for _, c := range b.children {
		all = append(all, c.explained()...)
	}
	return all
}

// NoUnitError says that no version up to the root has a unit.
type NoUnitError struct {
	Service, Version, Model string
	Unit                    Unit
}

// Error names backend, version, binding model and unit.
func (e *NoUnitError) Error() string {
	return fmt.Sprintf("backend %s %s has no %s for %s; register one with Backend.%s", e.Service, e.Version, e.Unit, e.Model, title(e.Unit))
}

// Code is that of a unit which no version has.
func (*NoUnitError) Code() string { return "CON-BACKEND-UNIT" }

// NoModelError says that a backend's version doesn't know a binding model, as one that a job of another version names.
type NoModelError struct{ Service, Version, Model string }

// Error names backend, version and binding model.
func (e *NoModelError) Error() string {
	const hint = "was it named by another version of this program or of the backend?"
	return fmt.Sprintf("backend %s %s has no binding model %q; %s", e.Service, e.Version, e.Model, hint)
}

// Code is that of a binding model which the backend doesn't have.
func (*NoModelError) Code() string { return "CON-BACKEND-MODEL" }

func (b *Backend) noModel(name string) error { return &NoModelError{b.service, b.version, name} }

func title(u Unit) string { return strings.ToUpper(string(u[:1])) + string(u[1:]) }

func (b *Backend) find(model string, unit Unit) (value any, from *Backend) {
	for v := b; v != nil; v = v.parent {
		if value, ok := v.units[unitKey{model, unit}]; ok {
			return value, v
		}
	}
	return nil, nil
}

func lookup[T any](b *Backend, model string, unit Unit) (T, error) {
	value, _ := b.find(model, unit)
	found, ok := value.(T)
	if !ok {
		return found, &NoUnitError{Service: b.service, Version: b.version, Model: model, Unit: unit}
	}
	return found, nil
}

// Source is the version that a unit comes from, nil if there is none.
func (b *Backend) Source(model string, unit Unit) *Backend {
	_, from := b.find(model, unit)
	return from
}

// MapperOf is the mapper of a binding model, or a *NoUnitError.
func (b *Backend) MapperOf(model string) (mapping.Mapper, error) {
	return lookup[mapping.Mapper](b, model, MapperUnit)
}

// ImporterOf are the hooks of a binding model's importer; without any, none does anything.
func (b *Backend) ImporterOf(model string) Importer {
	return orDefault[Importer](b, model, ImporterUnit)
}

// ExporterOf are the hooks of a binding model's exporter; without any, none does anything.
func (b *Backend) ExporterOf(model string) Exporter {
	return orDefault[Exporter](b, model, ExporterUnit)
}

// DeleterOf are the hooks of a binding model's deleter; without any, none does anything.
func (b *Backend) DeleterOf(model string) Deleter { return orDefault[Deleter](b, model, DeleterUnit) }

func orDefault[T any](b *Backend, model string, unit Unit) T {
	value, _ := b.find(model, unit)
	found, _ := value.(T)
	return found
}
