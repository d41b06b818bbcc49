package config

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Checker is a settings struct (see [Kind.Settings]) that looks at its own values once the file was read, so
// that what no type can tell is reported with its line, beside all other problems of the file. It is asked
// though other values are wrong, and must expect values that are missing; what it says of a value that is
// reported already is left out.
type Checker interface {
	// CheckSettings gives what is wrong, nothing where all is well.
	CheckSettings() []SettingProblem
}

// SettingProblem is what a [Checker] finds wrong with one of its values.
type SettingProblem struct {
	// Path leads from the backend's block to the value: due_time, or members[2].odoo.
	Path string
	// Problem says what is wrong and Hint what to do about it; Hint may be empty. Neither holds a secret.
	Problem, Hint string
	// Warning says that it is odd, but that the value can be used.
	Warning bool
}

// Check looks at a whole configuration for what only the reader of a value can tell, such as the names of job functions. The
// paths of its problems begin at the top of the file. It is asked though other values are wrong, and must expect values that are
// missing; what it says of a value that is reported already is left out.
type Check func(*Config) []SettingProblem

// runChecks reports what checks find wrong, each with the place of the value.
func (r *reader) runChecks(c *Config, root *yaml.Node, checks []Check) {
	top := mapping{value: r.at(root, "")}
	known := slices.Clone(r.errs)
	for _, check := range checks {
		for _, p := range check(c) {
			if !known.concern(p.Path) {
				top.find(p.Path).tell(p)
			}
		}
	}
}

// concern tells whether one of the errors is about the value that a path leads to, or about what is above or below it.
func (e Errors) concern(path string) bool {
	return slices.ContainsFunc(e, func(e *Error) bool { return concerns(e.Path, path) || concerns(path, e.Path) })
}

// concerns tells whether a path is the other or lies below it.
func concerns(path, above string) bool {
	rest, below := strings.CutPrefix(path, above)
	return below && (rest == "" || strings.ContainsAny(rest[:1], ".["))
}

// check reports what a system finds wrong with its settings.
func (m mapping) check(settings any) {
	checker, ok := settings.(Checker)
	if !ok {
		return
	}
	known := slices.Clone(m.r.errs)
	for _, p := range checker.CheckSettings() {
		if !known.concern(m.path + "." + p.Path) {
			m.find(p.Path).tell(p)
		}
	}
}

// tell reports a problem, or warns of it.
func (v value) tell(p SettingProblem) {
	if p.Warning {
		v.warn(p.Problem, p.Hint)
		return
	}
	v.fail(p.Problem, p.Hint)
}

// find gives the value that a path leads to, or the nearest one above it that the file has.
func (m mapping) find(path string) value {
	at := m.value
	for _, part := range strings.Split(path, ".") {
		key, index, _ := strings.Cut(part, "[")
		next, ok := at.child(key)
		if !ok {
			return at
		}
		at = next
		if i, err := strconv.Atoi(strings.TrimSuffix(index, "]")); err == nil {
			if items, ok := at.items(); ok && i < len(items) {
				at = items[i]
			}
		}
	}
	return at
}

// child gives the value of a key of a block, and whether it is there.
func (v value) child(key string) (value, bool) {
	if v.node.Kind != yaml.MappingNode {
		return value{}, false
	}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		if name := v.r.at(v.node.Content[i], "").node; name.Value == key {
			return v.r.at(v.node.Content[i+1], joinPath(v.path, name)), true
		}
	}
	return value{}, false
}

// items gives the values of a list without reporting what is none.
func (v value) items() ([]value, bool) {
	if v.node.Kind != yaml.SequenceNode {
		return nil, false
	}
	return v.list()
}
