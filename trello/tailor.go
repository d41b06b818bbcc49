package trello

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
)

// The mapping's names of fields that a card's mapper has in every Odoo, and that an Odoo's own fields take the place of.
const (
	deadlineName = "date_deadline"
	startName    = "planned_date_begin" // of Odoo Enterprise
)

// asOdooHas is a field whose Odoo side is known only once an Odoo was asked for its fields. Without its tailor
// it does nothing.
func asOdooHas(name string) mapping.Field { return mapping.Field{Name: name} }

// tailorCards fits the cards' mapper to the backend's settings and to what the Odoo's tasks have.
func tailorCards(ctx context.Context, env *backend.Environment, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	settings := settingsOf(env)
	m, err := withDates(ctx, env, settings, m, fields)
	if err != nil {
		return m, err
	}
	m = withState(m, cardCompletion, fields)
	if m, err = withChecklists(ctx, env, settings, m); err != nil {
		return m, err
	}
	return withStamps(env, settings, m, fields)
}

// withState fits the state of tasks, if the mapper has one.
func withState(m mapping.Mapper, c completion, fields odoo.Fields) mapping.Mapper {
	if _, ok := m.Field(stateName); !ok {
		return m
	}
	state, ok := stateOf(fields)
	if !ok {
		return m.Without(stateName)
	}
	return m.Extend(doneField(c, state))
}

// withDates fits the days on which a card is due and starts, as far as the mapper has them.
func withDates(ctx context.Context, env *backend.Environment, settings *Settings, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	start, err := startField(env, settings, fields)
	if err != nil {
		return m, err
	}
	where, err := zoneFor(ctx, env, settings, fields, deadlineName, start)
	if err != nil {
		return m, err
	}
	if _, ok := m.Field(deadlineName); ok {
		due, err := parseClock(cmp.Or(settings.DueTime, "17:00"))
		if err != nil {
			due = defaultDueTime
		}
		m = m.Extend(dated("due", deadlineName, due, where))
	}
	if _, ok := m.Field(startName); ok {
		if m = m.Without(startName); start != "" {
			m = m.Extend(dated("start", start, startTime, where))
		}
	}
	return m, nil
}

// zoneFor is the zone that the fields need, nil if none of them is a day.
func zoneFor(ctx context.Context, env *backend.Environment, settings *Settings, fields odoo.Fields, names ...string) (*time.Location, error) {
	if !slices.ContainsFunc(names, func(n string) bool { return fields[n].Type == "date" }) {
		return time.UTC, nil
	}
	return zone(ctx, env, settings)
}

// startField is the Odoo field with a task's start: the configured one, or Enterprise's where it is there; "" for none.
func startField(env *backend.Environment, settings *Settings, fields odoo.Fields) (string, error) {
	if settings.StartField == "" {
		if f := fields[startName]; f.Type == "datetime" || f.Type == "date" {
			return startName, nil
		}
		return "", nil
	}
	return settings.StartField, fits(env, fields, "start_field", settings.StartField, "datetime", "date")
}

// withStamps adds what is saved into Odoo about the card itself.
func withStamps(env *backend.Environment, settings *Settings, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	for _, s := range []struct {
		key, odoo string
		types     []string
		field     func(odoo string) mapping.Field
	}{
		{"external_id_field", settings.ExternalIDField, []string{"char", "text"}, func(o string) mapping.Field { return mapping.Saved("shortLink", o) }},
		{"url_field", settings.URLField, []string{"char", "text"}, func(o string) mapping.Field { return mapping.Saved("shortUrl", o) }},
		{"sync_date_field", settings.SyncDateField, []string{"datetime", "date"}, mapping.SyncDate},
	} {
		if s.odoo == "" {
			continue
		}
		if err := fits(env, fields, s.key, s.odoo, s.types...); err != nil {
			return m, err
		}
		if _, mapped := m.Field(s.odoo); mapped {
			return m, &SettingsError{Backend: env.Config.Name, Key: s.key, Problem: fmt.Sprintf("the field %s of tasks is mapped already", s.odoo)}
		}
		m = m.Extend(s.field(s.odoo))
	}
	return m, nil
}

// fits is an error unless tasks have the field, of one of the types, and it can be written.
func fits(env *backend.Environment, fields odoo.Fields, key, name string, types ...string) error {
	f, ok := fields[name]
	problem := ""
	switch {
	case !ok:
		problem = fmt.Sprintf("tasks of this Odoo have no field %q", name)
		if near, found := config.Nearest(name, namesOfType(fields, types)); found {
			problem += fmt.Sprintf(" (did you mean %q?)", near)
		}
	case !slices.Contains(types, f.Type):
		problem = fmt.Sprintf("the field %s of tasks is of the type %s, not %s", name, f.Type, strings.Join(types, " or "))
	case f.ReadOnly:
		problem = fmt.Sprintf("the field %s of tasks cannot be written", name)
	default:
		return nil
	}
	return &SettingsError{Backend: env.Config.Name, Key: key, Problem: problem}
}

func namesOfType(fields odoo.Fields, types []string) []string {
	return slices.DeleteFunc(fields.Names(), func(n string) bool { return !slices.Contains(types, fields[n].Type) })
}
