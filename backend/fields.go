package backend

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// Known is what servers said of the fields of a binding model. The zero value is that nobody has asked.
type Known struct {
	Odoo odoo.Fields // nil: not known
	// Open are the external fields that only the server knows; Described says that it was asked.
	Open      []ExternalField
	Described bool
	Zone      *time.Location // where days begin; nil is UTC
}

// Mapped is a mapper with what a configuration added, replaced and took out.
type Mapped struct {
	mapping.Mapper
	// Places says for the pairs of the configuration where they stand in the file, by the name of the mapping's field.
	Places map[string]string
	// Notices say which pairs were left out because the server does not have their external field.
	Notices []string
}

// MapperFor is the model's mapper as the configuration wants it. What is wrong with the configuration's fields comes as its
// errors, with file and line, all at once; what only the servers can tell is found as far as known has it.
func (b *Backend) MapperFor(settings config.Model, known Known) (Mapped, error) {
	mapper, err := b.MapperOf(settings.Model)
	if err != nil {
		return Mapped{}, err
	}
	return b.configure(mapper, settings, known)
}

// configure adds the configuration's fields to a mapper.
func (b *Backend) configure(mapper mapping.Mapper, settings config.Model, known Known) (Mapped, error) {
	m, _ := b.Model(settings.Model)
	c := &configured{backend: b, model: m, settings: settings, known: known, builtin: mapper, out: Mapped{Mapper: mapper, Places: map[string]string{}}}
	if settings.Direction != config.DirectionOff {
		c.build()
	}
	if len(c.errs) > 0 {
		return c.out, c.errs
	}
	return c.out, nil
}

// checkModel is the configuration's check, which asks nobody.
func (b *Backend) checkModel(version string, m config.Model) []*config.Error {
	found := b.Find(version)
	if found == nil {
		return nil
	}
	if _, ok := found.Model(m.Model); !ok {
		return nil
	}
	_, err := found.MapperFor(m, Known{})
	errs, _ := err.(config.Errors) //nolint:errorlint // It is what MapperFor gives, or a missing unit, which is reported when it is used.
	return errs
}

// configured builds a mapper from a configuration.
type configured struct {
	backend  *Backend
	model    Model
	settings config.Model
	known    Known
	builtin  mapping.Mapper
	out      Mapped
	errs     config.Errors
}

func (c *configured) fail(f config.Field, key, problem, hint string) {
	c.errs = append(c.errs, f.Error(key, problem, hint))
}

func (c *configured) build() {
	for _, f := range c.settings.Fields {
		replaced, has := c.pairOf(f.Odoo)
		if has && f.Odoo == c.model.OdooParent {
			c.fail(f, "odoo", fmt.Sprintf("%s says where a %s lives, so its pair stays as it is", f.Odoo, c.model.Noun), "leave the entry out")
			continue
		}
		if f.Direction == config.DirectionOff {
			c.takeOut(f, has, replaced.Name)
			continue
		}
		c.add(f, has, replaced)
	}
	c.checkWrittenTwice()
	c.checkRequired()
}

// pairOf is the system's own pair of an Odoo field.
func (c *configured) pairOf(odooField string) (mapping.Field, bool) {
	for _, f := range c.builtin.Fields() {
		if f.Name == odooField || (len(f.Odoo) > 0 && f.Odoo[0] == odooField) {
			return f, true
		}
	}
	return mapping.Field{}, false
}

func (c *configured) takeOut(f config.Field, has bool, name string) {
	if !has && c.known.Odoo == nil && c.backend.TailorOf(c.model.Name) != nil {
		return // only Odoo's fields tell which pairs there are
	}
	if !has {
		var own []string
		for _, b := range c.builtin.Fields() {
			own = append(own, b.Odoo[0])
		}
		c.fail(f, "odoo", fmt.Sprintf("%s has no pair of %s to take out", c.model.Name, f.Odoo), suggestion(f.Odoo, own))
		return
	}
	c.out.Mapper = c.out.Without(name)
}

// add adds the pair of an entry, in the place of the system's own.
func (c *configured) add(f config.Field, has bool, replaced mapping.Field) {
	before := len(c.errs)
	p := mapping.Pair{
		Odoo: f.Odoo, External: f.External, OnlyCreate: f.OnlyCreate, Modifiers: f.Modifiers, Default: f.Default, Import: f.Import,
		Export: f.Export, CreateOptions: f.CreateOptions, Match: has && replaced.Match, Prose: c.model.Prose, Zone: c.known.Zone, Scope: c.scope(),
	}
	for _, t := range f.Values {
		p.Values = append(p.Values, mapping.Translation(t))
	}
	p.Imports, p.Exports = c.directions(f)
	if left := c.external(f, &p); left {
		return
	}
	c.odoo(f, &p)
	if len(c.errs) > before {
		return
	}
	field, problems := p.Field()
	for _, one := range problems {
		c.fail(f, one.Key, one.Problem, one.Hint)
	}
	if len(problems) > 0 {
		return
	}
	if has {
		c.out.Mapper = c.out.Without(replaced.Name)
	}
	c.out.Mapper = c.out.Extend(field)
	c.out.Places[field.Name] = f.Place()
}

// scope are the external fields that expressions can name.
func (c *configured) scope() map[string]record.Kind {
	scope := map[string]record.Kind{}
	for _, f := range c.model.Fields {
		scope[f.Name] = f.Kind
	}
	return scope
}

// directions are those of the entry, within those of the model.
func (c *configured) directions(f config.Field) (imports, exports bool) {
	d := c.settings.Direction
	if f.Direction == "" {
		return d.Imports(), d.Exports()
	}
	if (f.Direction.Imports() && !d.Imports()) || (f.Direction.Exports() && !d.Exports()) {
		c.fail(f, "direction", fmt.Sprintf("the direction of %s is %s", c.model.Name, d), "leave direction out, or change the model's")
	}
	return f.Direction.Imports(), f.Direction.Exports()
}

// external fills in what is known of the external field; left says that the pair is left out.
func (c *configured) external(f config.Field, p *mapping.Pair) (left bool) {
	if f.External == "" {
		return false
	}
	x, found := c.findExternal(f.External)
	open := c.model.OpenFields != "" && strings.HasPrefix(f.External, c.model.OpenFields)
	switch {
	case !found && !open:
		c.fail(f, "external", fmt.Sprintf("%s has no field %q", c.model.Name, f.External), suggestion(f.External, c.externalNames()))
		return true
	case !found && c.known.Described:
		c.leave(f, fmt.Sprintf("there is no field %q, so the pair is left out; %s", f.External, c.openSuggestion(f.External)))
		return true
	case x.Differs != "":
		c.leave(f, fmt.Sprintf("%q %s, so the pair is left out", f.External, x.Differs))
		return true
	case !found:
		p.AfterCreate = true
		return false
	case x.ReadOnly && p.Exports:
		c.fail(f, keyOr(f.Direction != "", "direction", "external"), fmt.Sprintf("%s cannot be written", f.External), "set direction: import")
	}
	p.Kind, p.AfterCreate, p.Links, p.Local = x.Kind, x.AfterCreate, x.Links, x.Local
	if linked, ok := c.backend.Model(x.Links); ok {
		p.LinksOdoo, p.LinksOnly = linked.OdooModel, linked.LinkOnly
	}
	if x.Options != nil {
		p.Options = func(scope string) ([]string, bool) {
			options, known := x.Options[scope]
			return options, known
		}
	}
	return false
}

// leave tells that a pair is left out, for a reason that lies outside.
func (c *configured) leave(f config.Field, why string) {
	c.out.Notices = append(c.out.Notices, f.Place()+": "+why)
}

func keyOr(has bool, key, otherwise string) string {
	if has {
		return key
	}
	return otherwise
}

func (c *configured) findExternal(name string) (ExternalField, bool) {
	for _, f := range slices.Concat(c.model.Fields, c.known.Open) {
		if f.Name == name {
			return f, true
		}
	}
	return ExternalField{}, false
}

// openSuggestion is a hint for a field that people make outside.
func (c *configured) openSuggestion(name string) string {
	if len(c.known.Open) == 0 {
		return "make such a field, or take the entry out"
	}
	return suggestion(name, names(c.known.Open))
}

func (c *configured) externalNames() []string {
	return names(slices.Concat(c.model.Fields, c.known.Open))
}

func names(fields []ExternalField) (names []string) {
	for _, f := range fields {
		names = append(names, f.Name)
	}
	return names
}

// odoo fills in what is known of the Odoo field.
func (c *configured) odoo(f config.Field, p *mapping.Pair) {
	if c.known.Odoo == nil {
		return
	}
	var ok bool
	if p.OdooField, ok = OdooField(c.known.Odoo, f.Odoo); !ok {
		c.fail(f, "odoo", fmt.Sprintf("%s has no field %q that the user may see", c.model.OdooModel, f.Odoo), suggestion(f.Odoo, c.known.Odoo.Names()))
	}
}

// OdooField is what a mapping.Pair is told of an Odoo field, out of what fields_get says: for a Tailor that pairs a field whose type is
// not the same in every Odoo. ok is false where this Odoo has no such field that the user may see.
func OdooField(fields odoo.Fields, name string) (f mapping.OdooField, ok bool) {
	o, ok := fields[name]
	if !ok {
		return f, false
	}
	f = mapping.OdooField{Type: o.Type, Relation: o.Relation, Fixed: (o.Computed && o.ReadOnly) || odoo.SetsItself(name)}
	for _, choice := range o.Selection {
		f.Choices = append(f.Choices, mapping.Choice(choice))
	}
	return f, true
}

// suggestion is a hint for a name that there is none of: the nearest ones, and all where they are few.
func suggestion(name string, known []string) string {
	hint := "there is none"
	if len(known) > 0 {
		hint = "use one of " + strings.Join(known, ", ")
	}
	near, ok := config.Nearest(name, known)
	switch {
	case ok && len(known) > 30:
		return fmt.Sprintf("did you mean %q?", near)
	case ok:
		return fmt.Sprintf("did you mean %q? (%s)", near, strings.Join(known, ", "))
	case len(known) > 30:
		return "`connector fields` lists them"
	default:
		return hint
	}
}

// entry is the configuration's entry that made a mapping's field.
func (c *configured) entry(name string) (config.Field, bool) {
	for _, f := range c.settings.Fields {
		if place, ok := c.out.Places[name]; ok && place == f.Place() && strings.HasPrefix(name, f.Odoo+" ") {
			return f, true
		}
	}
	return config.Field{}, false
}

// checkWrittenTwice finds an external field that two pairs would write: each would undo the other's.
func (c *configured) checkWrittenTwice() {
	writer := map[string]string{}
	for _, f := range c.out.Fields() {
		if f.ToExternal == nil || len(f.External) == 0 {
			continue
		}
		name := f.External[0]
		first, twice := writer[name]
		if e, own := c.entry(f.Name); twice && own {
			c.fail(e, "external", fmt.Sprintf("%s is written by the pair of %s already", name, first),
				"set direction: import here, or take the other one out by odoo: "+first+" with direction: off")
		}
		writer[name] = f.Odoo[0]
	}
}

// checkRequired finds fields without which no record can be created outside, once their pair was taken out.
func (c *configured) checkRequired() {
	if !c.model.Creates || !c.settings.Direction.Exports() {
		return
	}
	for _, x := range c.model.Fields {
		writes := func(f mapping.Field) bool {
			return f.ToExternal != nil && len(f.External) > 0 && f.External[0] == x.Name
		}
		if !x.Required || slices.ContainsFunc(c.out.Fields(), writes) {
			continue
		}
		for _, f := range c.settings.Fields {
			if b, has := c.pairOf(f.Odoo); has && writes(b) {
				c.fail(f, "odoo", fmt.Sprintf("without this pair no %s could be created, since it needs %s", c.model.Noun, x.Name),
					"map "+x.Name+" to another field, or set the model's direction: import")
			}
		}
	}
}

// Zone says where days begin and end for a backend.
type Zone func(ctx context.Context, env *Environment) (*time.Location, error)

// Zones says where days begin and end for this version and its children; UTC where none says so.
func (b *Backend) Zones(z Zone) *Backend {
	b.zone = z
	return b
}

// zoneOf is where days begin and end in an environment.
func (e *Environment) zoneOf(ctx context.Context) (*time.Location, error) {
	for v := e.Backend; v != nil; v = v.parent {
		if v.zone != nil {
			return v.zone(ctx, e)
		}
	}
	return time.UTC, nil
}

// configured is the mapper with the configuration's fields; servers are asked only where it maps any.
func (e *Environment) configured(ctx context.Context, model string, m mapping.Mapper) (Mapped, error) {
	settings := e.Settings(model)
	if len(settings.Fields) == 0 || settings.Direction == config.DirectionOff {
		return Mapped{Mapper: m}, nil
	}
	known, err := e.known(ctx, settings)
	if err != nil {
		return Mapped{}, err
	}
	return e.Backend.configure(m, settings, known)
}

// known asks Odoo, and the system's server where a pair names a field that only it knows.
func (e *Environment) known(ctx context.Context, settings config.Model) (known Known, err error) {
	m, ok := e.Backend.Model(settings.Model)
	if !ok {
		return known, e.Backend.noModel(settings.Model)
	}
	if known.Odoo, err = e.Session.FieldsGet(ctx, m.OdooModel); err != nil {
		return known, err
	}
	if known.Zone, err = e.zoneOf(ctx); err != nil {
		return known, err
	}
	open := func(f config.Field) bool { return m.OpenFields != "" && strings.HasPrefix(f.External, m.OpenFields) }
	if !slices.ContainsFunc(settings.Fields, open) {
		return known, nil
	}
	known.Open, known.Described, err = e.Describe(ctx, settings.Model)
	return known, err
}

// Describe are the external fields of a binding model that only the server knows; ok is false where the system has none such.
func (e *Environment) Describe(ctx context.Context, model string) (fields []ExternalField, ok bool, err error) {
	adapter, err := e.Adapter(model)
	if err != nil {
		return nil, false, err
	}
	d, ok := adapter.(Describer)
	if !ok {
		return nil, false, nil
	}
	fields, err = d.Describe(ctx)
	return fields, true, err
}
