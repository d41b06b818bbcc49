package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// mapping is a block of keys, each of them known to its reader and given once.
type mapping struct {
	value
	fields map[string]value
}

// mapping gives the block's values by key. Unknown and duplicate keys are reported and left out; with known nil, any key is
// taken. A key without a value counts as left out.
func (v value) mapping(known []string) (mapping, bool) {
	if v.node.Kind != yaml.MappingNode {
		v.failType("keys with values", "")
		return mapping{}, false
	}
	m := mapping{value: v, fields: map[string]value{}}
	first := map[string]int{}
	for i := 0; i+1 < len(v.node.Content); i += 2 {
		m.add(v.node.Content[i], v.node.Content[i+1], known, first)
	}
	return m, true
}

// add takes one key with its value; first holds the lines of the keys so far.
func (m mapping) add(key, val *yaml.Node, known []string, first map[string]int) {
	resolved := m.r.at(key, m.path).node
	switch {
	case key.Kind == void:
		return
	case resolved.Kind != yaml.ScalarNode:
		m.r.report(key, m.path, "expected a key, found "+describe(resolved), "")
		return
	}
	path := joinPath(m.path, resolved)
	if line, twice := first[resolved.Value]; twice {
		name, _ := keyName(resolved)
		m.r.report(key, path, fmt.Sprintf("duplicate key %q, first on line %d", name, line), "")
		return
	}
	first[resolved.Value] = key.Line
	if known != nil && !slices.Contains(known, resolved.Value) {
		m.unknown(key, resolved, val, known)
		return
	}
	m.fields[resolved.Value] = m.r.at(val, path)
}

// unknown reports a key that nobody reads. A key that cannot be one is shown up to its first odd character, and one without
// a value inside { } not at all: it may be the rest of a secret that holds a comma or a colon and lost its quotes.
func (m mapping) unknown(key, resolved, val *yaml.Node, known []string) {
	name, whole := keyName(resolved)
	bare := m.node.Style&yaml.FlowStyle != 0 && isNull(val) && val.Value == ""
	switch {
	case bare:
		m.r.reportAs(codeKey, key, m.path, "a key without a value", "put text that holds a comma, a brace or a colon in quotes")
	case !whole:
		m.r.reportAs(codeKey, key, joinPath(m.path, resolved), fmt.Sprintf("unknown key %q", name+"…"),
			"write a blank after a key's colon, and put text that holds a comma, a brace or a colon in quotes")
	default:
		hint := suggest(name, known)
		if slices.Contains(known, "models") && slices.Contains(namesOf(modelBlock), name) {
			hint = fmt.Sprintf("it is a key of a binding model, as in models: [{model: …, %s: …}]", name)
		}
		if slices.Contains(known, "ca_file") && slices.Contains(unsafeKeys, strings.ToLower(name)) {
			hint = "to trust a server that signed its certificate itself, name the certificate's PEM file under ca_file"
		}
		m.r.reportAs(codeKey, key, joinPath(m.path, resolved), fmt.Sprintf("unknown key %q", name), hint)
	}
}

// unsafeKeys are what other programs call the wish to trust any certificate, which is not granted here.
var unsafeKeys = []string{"insecure", "insecure_skip_verify", "skip_verify", "tls_insecure", "verify", "verify_ssl", "verify_tls", "ssl_verify", "tls_verify"}

// get gives the value of a key and whether the file has one.
func (m mapping) get(key string) (value, bool) {
	v, ok := m.fields[key]
	return v, ok && !isNull(v.node)
}

// require gives the value of a key and reports its absence.
func (m mapping) require(key, hint string) (value, bool) {
	v, ok := m.get(key)
	if ok {
		return v, true
	}
	if empty, there := m.fields[key]; there {
		m.r.reportAs(codeRequired, empty.place, empty.path, fmt.Sprintf("required key %q is empty", key), hint)
	} else {
		m.r.reportAs(codeRequired, m.place, joinPath(m.path, &yaml.Node{Value: key}), fmt.Sprintf("required key %q is missing", key), hint)
	}
	return value{}, false
}
