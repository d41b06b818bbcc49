package config

import (
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Field is one entry of a model's `fields:`: a pair of fields that is mapped beside those that the system maps by itself.
type Field struct {
	// Odoo is the technical name of the Odoo field. A pair of the same Odoo field that the system has is replaced.
	Odoo string
	// External is the external field; empty where Import makes the value of others, and where Direction is off.
	External string
	// Direction is empty where left out: the model's. [DirectionOff] takes the system's own pair of the Odoo field out.
	Direction Direction
	// Modifiers are applied to both sides' values in this order.
	Modifiers []string
	// Values is a table that translates values both ways; numbers and booleans are given as texts, as 3, 2.5 and true.
	Values []Translation
	// Default is what an empty external field stands for in Odoo, as a text; empty for none.
	Default string
	// OnlyCreate says that the pair is written when a record is created, and left alone afterwards.
	OnlyCreate bool
	// Import and Export are expressions that convert the value; empty for none.
	Import, Export string
	// CreateOptions says that an option which the external field lacks may be added to it.
	CreateOptions bool
	// Line is where the entry begins in the file, counted from 1.
	Line int

	file, path string
	places     map[string]*yaml.Node
}

// Translation is one line of a table of values.
type Translation struct{ Odoo, External string }

// Error is a problem of the entry, at the line of the key, or of the entry where it does not have the key.
func (f Field) Error(key, problem, hint string) *Error {
	e := &Error{File: f.file, Line: f.Line, Path: f.path, Key: key, Problem: problem, Hint: hint}
	if n, ok := f.places[key]; ok {
		e.Line, e.Column = n.Line, n.Column
		e.Path = joinPath(f.path, &yaml.Node{Value: key})
	}
	return e
}

// Place is where the entry begins, as "config.yaml:12: backends[0].models[1].fields[0]".
func (f Field) Place() string {
	if f.file == "" {
		return ""
	}
	return fmt.Sprintf("%s:%d: %s", f.file, f.Line, f.path)
}

// fieldPairs reads the list of pairs.
func (v value) fieldPairs() (all []Field) {
	items, _ := v.list()
	taken := names{}
	for _, item := range items {
		if f, ok := item.fieldPair(taken); ok {
			all = append(all, f)
		}
	}
	return all
}

func (v value) fieldPair(taken names) (Field, bool) {
	m, ok := v.mapping(fieldKeys)
	if !ok {
		return Field{}, false
	}
	before := len(v.r.errs)
	f := Field{Line: v.place.Line, file: v.r.file, path: v.path, places: map[string]*yaml.Node{}}
	for key, val := range m.fields {
		f.places[key] = val.place
	}
	f.Odoo = taken.take(m, "odoo", value.fieldName)
	m.optionalText("external", &f.External)
	m.optionalText("import", &f.Import)
	m.optionalText("export", &f.Export)
	if d, ok := m.get("direction"); ok {
		text, _ := d.choice("a direction", directions)
		f.Direction = Direction(text)
	}
	m.conversions(&f)
	if f.Direction == DirectionOff {
		m.onlyOff()
	} else if f.External == "" && f.Import == "" {
		m.require("external", "name the external field; `connector fields MODEL` lists them")
	}
	return f, len(v.r.errs) == before
}

// conversions reads what becomes of the values.
func (m mapping) conversions(f *Field) {
	if v, ok := m.get("modifiers"); ok {
		items, _ := v.list()
		for _, item := range items {
			if name, ok := item.text(); ok {
				f.Modifiers = append(f.Modifiers, name)
			}
		}
	}
	if v, ok := m.get("values"); ok {
		f.Values = v.translations()
	}
	if v, ok := m.get("default"); ok {
		f.Default = v.plain()
	}
	if v, ok := m.get("only_create"); ok {
		f.OnlyCreate, _ = v.truth()
	}
	if v, ok := m.get("create_options"); ok {
		f.CreateOptions, _ = v.truth()
	}
}

// onlyOff reports what an entry says beside that a pair is taken out.
func (m mapping) onlyOff() {
	for _, key := range fieldKeys {
		if v, ok := m.get(key); ok && key != "odoo" && key != "direction" {
			v.fail("direction: off takes the pair out, so there is nothing to say about it", "leave "+key+" out, or change the direction")
		}
	}
}

func (m mapping) optionalText(key string, into *string) {
	if v, ok := m.get(key); ok {
		*into, _ = v.text()
	}
}

// fieldName is a technical name of Odoo, of a field of the record itself.
func (v value) fieldName() (string, bool) {
	name, ok := v.text()
	switch {
	case !ok:
		return "", false
	case !fieldPath.MatchString(name):
		v.fail(shown(name)+" is not a field", "use a technical name, as date_deadline")
		return "", false
	case strings.Contains(name, "."):
		v.fail(shown(name)+" is a field of another record", "make a related field in Odoo and map that")
		return "", false
	}
	return name, true
}

func (v value) translations() (all []Translation) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("is an empty list", "leave it out, or give at least one entry with odoo: and external:")
	}
	for _, item := range items {
		m, ok := item.mapping(translationKeys)
		if !ok {
			continue
		}
		var t Translation
		if in, ok := m.require("odoo", "the value in Odoo"); ok {
			t.Odoo = in.plain()
		}
		if out, ok := m.require("external", "the value outside"); ok {
			t.External = out.plain()
		}
		all = append(all, t)
	}
	return all
}

// plain reads a text, a number, or true or false, as a text.
func (v value) plain() string {
	if v.node.Kind != yaml.ScalarNode {
		v.failType("a text, a number, or true or false", "")
		return ""
	}
	switch v.node.ShortTag() {
	case "!!bool":
		yes, _ := v.truth()
		return strconv.FormatBool(yes)
	case "!!int", "!!float":
		n, _ := v.number()
		return strconv.FormatFloat(n, 'f', -1, 64)
	case "!!timestamp":
		return v.node.Value
	default:
		text, _ := v.text()
		return text
	}
}

// onLeave reads what becomes of records that leave the domain, which there has to be.
func (m mapping) onLeave(hasDomain bool) OnLeave {
	v, ok := m.get("on_leave")
	if !ok {
		return LeaveKeep
	}
	text, ok := v.choice("a way to treat what leaves the domain", leaves)
	if ok && !hasDomain {
		v.fail("there is no domain to leave", "give domain:, or leave on_leave out")
	}
	return OnLeave(text)
}

// checkModel adds what the system finds wrong with a model's fields.
func (r *reader) checkModel(kind Kind, version string, m Model) {
	if kind.CheckModel == nil || len(m.Fields) == 0 || version == "" {
		return
	}
	r.errs = append(r.errs, kind.CheckModel(version, m)...)
}

// redacted is the entry in the shape of the file.
func (f Field) redacted() map[string]any {
	shape := map[string]any{"odoo": f.Odoo}
	for key, text := range map[string]string{
		"external": f.External, "direction": string(f.Direction), "default": f.Default, "import": f.Import, "export": f.Export,
	} {
		if text != "" {
			shape[key] = text
		}
	}
	if len(f.Modifiers) > 0 {
		shape["modifiers"] = anyList(f.Modifiers, func(name string) any { return name })
	}
	if len(f.Values) > 0 {
		shape["values"] = anyList(f.Values, func(t Translation) any { return map[string]any{"odoo": t.Odoo, "external": t.External} })
	}
	for key, yes := range map[string]bool{"only_create": f.OnlyCreate, "create_options": f.CreateOptions} {
		if yes {
			shape[key] = true
		}
	}
	return shape
}

func anyList[T any](all []T, of func(T) any) []any {
	out := make([]any, len(all))
	for i, one := range all {
		out[i] = of(one)
	}
	return out
}
