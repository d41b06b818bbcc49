package config

import (
	"reflect"
	"time"
)

// Redacted gives the effective configuration, defaults filled in, in the shape of the file and safe to print: maps, lists,
// text, numbers and booleans only. A secret shows where it comes from, {env: NAME}, {file: PATH} or {command: [PROGRAM,
// ******]}, and as ****** where the file holds the text itself. Time spans are text, as 30s. A system's own
// key that was left out shows its default, if it has one.
func (c *Config) Redacted() map[string]any {
	odoos := make([]any, len(c.Odoo))
	for i, o := range c.Odoo {
		odoos[i] = o.redacted()
	}
	backends := make([]any, len(c.Backends))
	for i, b := range c.Backends {
		backends[i] = b.redacted()
	}
	shape := map[string]any{"state": c.redactedState(), "odoo": odoos, "backends": backends}
	if jobs := c.Jobs.redacted(); len(jobs) > 0 {
		shape["jobs"] = jobs
	}
	if len(c.Schedule) > 0 {
		entries := make([]any, len(c.Schedule))
		for i, s := range c.Schedule {
			entries[i] = s.redacted()
		}
		shape["schedule"] = entries
	}
	if len(c.Notify) > 0 {
		shape["notify"] = anyList(c.Notify, func(n Notify) any { return n.redacted() })
	}
	return shape
}

func (o Odoo) redacted() map[string]any {
	shape := map[string]any{
		"name": o.Name, "url": o.URL, "timeout": short(o.Timeout), "protocol": string(o.Protocol),
		"calls_at_once": o.CallsAtOnce, "tracking_disable": o.TrackingDisable,
	}
	for key, text := range map[string]string{"database": o.Database, "username": o.Username, "ca_file": o.CAFile, "language": o.Language} {
		if text != "" {
			shape[key] = text
		}
	}
	for key, secret := range map[string]Secret{"password": o.Password, "api_key": o.APIKey} {
		if !secret.IsZero() {
			shape[key] = secret.redacted()
		}
	}
	if o.CallsPerSecond > 0 {
		shape["calls_per_second"] = o.CallsPerSecond
	}
	if len(o.Companies) > 0 {
		shape["companies"] = redactedCompanies(o.Companies)
	}
	return shape
}

// redactedCompanies gives ids as numbers and names as texts, as the file does.
func redactedCompanies(companies []Company) []any {
	all := make([]any, len(companies))
	for i, c := range companies {
		all[i] = c.Name
		if c.ID > 0 {
			all[i] = c.ID
		}
	}
	return all
}

func (b Backend) redacted() map[string]any {
	shape := map[string]any{}
	if b.Settings != nil {
		shape = redactedFields(settingFields(b.Settings))
	}
	models := make([]any, len(b.Models))
	for i, m := range b.Models {
		models[i] = m.redacted()
	}
	shape["name"], shape["kind"], shape["version"], shape["odoo"] = b.Name, b.Kind, b.Version, b.Odoo
	shape["url"], shape["timeout"], shape["outcome_window"], shape["models"] = b.URL, short(b.Timeout), short(b.OutcomeWindow), models
	return shape
}

func (m Model) redacted() map[string]any {
	shape := map[string]any{"model": m.Model, "direction": string(m.Direction), "conflict": string(m.Conflict)}
	if m.Domain != nil {
		shape["domain"] = m.Domain
	}
	if m.OnLeave != "" && m.OnLeave != LeaveKeep {
		shape["on_leave"] = string(m.OnLeave)
	}
	if len(m.Fields) > 0 {
		fields := make([]any, len(m.Fields))
		for i, f := range m.Fields {
			fields[i] = f.redacted()
		}
		shape["fields"] = fields
	}
	return shape
}

// redacted gives where the secret comes from.
func (s Secret) redacted() any {
	if s.from == nil {
		return nil
	}
	switch o := *s.from; {
	case o.env != "":
		return map[string]any{"env": o.env}
	case o.file != "":
		return map[string]any{"file": o.file}
	case o.credential != "":
		return map[string]any{"credential": o.credential}
	case len(o.command) > 0:
		argv := []any{o.command[0]}
		for range o.command[1:] {
			argv = append(argv, mask)
		}
		return map[string]any{"command": argv}
	default:
		return mask
	}
}

func redactedFields(fields []field) map[string]any {
	shape := map[string]any{}
	for _, f := range fields {
		switch one := redactedSetting(f.value, f.known.Keys); {
		case f.value.IsZero() && f.known.Default != "":
			shape[f.key] = asJSON(f.known.Default)
		case f.value.IsZero(), one == nil:
		default:
			shape[f.key] = one
		}
	}
	return shape
}

// redactedSetting gives one value of a system's settings; nil where it was left out. described is what is said of keys within.
func redactedSetting(v reflect.Value, described []Key) any {
	switch {
	case v.Type() == secretType:
		return v.Interface().(Secret).redacted() //nolint:forcetypeassert // The type was just compared.
	case v.Type() == durationType:
		return short(time.Duration(v.Int()))
	case v.Kind() == reflect.Pointer && v.IsNil(), v.Kind() == reflect.Slice && v.IsNil():
		return nil
	case v.Kind() == reflect.Pointer:
		return redactedSetting(v.Elem(), described)
	case v.Kind() == reflect.Struct:
		return redactedFields(structFields(v, described))
	case v.Kind() == reflect.Slice:
		items := make([]any, v.Len())
		for i := range items {
			items[i] = redactedSetting(v.Index(i), described)
		}
		return items
	case v.Kind() == reflect.String:
		return v.String() // plain text even where the field's type is a named one
	default:
		return v.Interface()
	}
}
