package backend

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// ErrNotFound is what an adapter's Read says, wrapped, of a record that the server does not have.
var ErrNotFound = errors.New("the record does not exist")

// Environment is what units work in: one backend of the configuration, its version's units, the
// session with Odoo, the system's client and the binder.
type Environment struct {
	Backend *Backend
	Config  config.Backend
	Session *odoo.Session
	Client  any // what the system's Connect made
	Binder  *binding.Binder
	Clock   Clock
	// Explain is told, step by step, what is read, planned and written; it may be nil.
	Explain func(step string)

	adapters map[string]Adapter
	mapped   map[string]Mapped
}

// Explainf tells a step to whoever listens.
func (e *Environment) Explainf(format string, args ...any) {
	if e.Explain != nil {
		e.Explain(fmt.Sprintf(format, args...))
	}
}

// Adapter is the adapter of a binding model, made once per environment, or a *NoUnitError.
func (e *Environment) Adapter(model string) (Adapter, error) {
	if a, ok := e.adapters[model]; ok {
		return a, nil
	}
	factory, err := lookup[AdapterFactory](e.Backend, model, AdapterUnit)
	if err != nil {
		return nil, err
	}
	a, err := factory(e)
	if err != nil {
		return nil, err
	}
	if e.adapters == nil {
		e.adapters = map[string]Adapter{}
	}
	e.adapters[model] = a
	return a, nil
}

// Fitter is what a system's settings may be besides: the configuration's say in a binding model.
type Fitter interface {
	// Fit gives the model as the settings want it.
	Fit(m Model) Model
}

// Model is the named binding model as the configuration leaves it: fitted by the system's settings, and
// Creates is settled, whatever it depends on. ok is false if no version up to the root declares it.
func (e *Environment) Model(name string) (m Model, ok bool) {
	m, ok = e.Backend.Model(name)
	if settings, fits := e.Config.Settings.(Fitter); ok && fits {
		m = settings.Fit(m)
	}
	if m.ByDomain && e.Settings(name).Domain == nil {
		m.Creates = false
	}
	return m, ok
}

// HasModel gives a *NoModelError where the backend's version has no binding model of this name.
func (e *Environment) HasModel(name string) error {
	if _, ok := e.Backend.Model(name); !ok {
		return e.Backend.noModel(name)
	}
	return nil
}

// Settings are the configuration's settings of the model: direction, domain, conflict. The direction of a model that the
// backend's settings switch off is off.
func (e *Environment) Settings(model string) config.Model {
	settings, ok := e.Config.FindModel(model)
	if !ok {
		settings = config.Model{Model: model, Direction: config.DirectionBoth, Conflict: config.ConflictAsk}
	}
	if e.switchedOff(model) {
		settings.Direction = config.DirectionOff
	}
	return settings
}

func (e *Environment) switchedOff(model string) bool {
	if e.Backend == nil {
		return false
	}
	m, _ := e.Backend.Model(model)
	return m.OffBy != nil && m.OffBy(e.Config.Settings)
}

// InStep are the external ids of the records of a binding model that are kept in step: bound, there on both sides and not retired. An
// adapter of what lives in such records lists in these and in no others, since nothing can be made below a record that waits.
func (e *Environment) InStep(ctx context.Context, model string) (ids []string, err error) {
	all, err := e.Binder.Lean().All(ctx, model)
	for _, b := range all {
		if b.TakesPart() {
			ids = append(ids, b.ExternalID)
		}
	}
	return ids, err
}
