package backend

import (
	"context"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
)

// Tailor fits a binding model's mapper to an environment: to the settings of its backend, and to the
// fields that its Odoo has (fields_get of the Odoo model, by name). What it gives back takes the
// mapper's place for the whole run. It leaves out fields that the mapper lacks, since a child version
// may have taken them out. Its errors end the run before anything is read or written.
type Tailor func(ctx context.Context, env *Environment, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error)

// Tailor registers how a binding model's mapper is fitted to an environment.
func (b *Backend) Tailor(model string, t Tailor) *Backend { return b.register(model, TailorUnit, t) }

// TailorOf is how a binding model's mapper is fitted, nil if it is used as it is.
func (b *Backend) TailorOf(model string) Tailor { return orDefault[Tailor](b, model, TailorUnit) }

// Mapper is the mapper of a binding model as it is used in this environment, made once: the version's,
// fitted by its tailor, with what the configuration added, replaced and took out. Errors are a *NoUnitError,
// the tailor's, what Odoo says to fields_get, and the configuration's with file and line.
func (e *Environment) Mapper(ctx context.Context, model string) (mapping.Mapper, error) {
	m, err := e.Mapped(ctx, model)
	return m.Mapper, err
}

// Mapped is Mapper with what is to be told about it.
func (e *Environment) Mapped(ctx context.Context, model string) (Mapped, error) {
	if m, ok := e.mapped[model]; ok {
		return m, nil
	}
	m, err := e.Backend.MapperOf(model)
	if err != nil {
		return Mapped{}, err
	}
	if tailor := e.Backend.TailorOf(model); tailor != nil {
		if m, err = e.tailored(ctx, model, m, tailor); err != nil {
			return Mapped{}, err
		}
	}
	mapped, err := e.configured(ctx, model, m)
	if err != nil {
		return mapped, err
	}
	if e.mapped == nil {
		e.mapped = map[string]Mapped{}
	}
	e.mapped[model] = mapped
	return mapped, nil
}

func (e *Environment) tailored(ctx context.Context, model string, m mapping.Mapper, tailor Tailor) (mapping.Mapper, error) {
	declared, ok := e.Backend.Model(model)
	if !ok {
		return m, e.Backend.noModel(model)
	}
	fields, err := e.Session.FieldsGet(ctx, declared.OdooModel)
	if err != nil {
		return m, err
	}
	return tailor(ctx, e, m, fields)
}
