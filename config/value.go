package config

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// reader reads one file and collects what is wrong with it.
type reader struct {
	file  string
	dir   string
	kinds []Kind
	lines []string // of the file, to look at what the YAML reader leaves out
	errs  Errors
	warns Errors

	secrets []Secret
	known   *ledger // of the secrets that are fetched
}

// report notes a problem at a node; the last part of the path is the error's key.
func (r *reader) report(n *yaml.Node, path, problem, hint string) {
	r.reportAs("", n, path, problem, hint)
}

// reportAs notes a problem that has a code of its own.
func (r *reader) reportAs(code string, n *yaml.Node, path, problem, hint string) {
	r.errs = append(r.errs, &Error{File: r.file, Line: n.Line, Column: n.Column, Path: path, Key: lastKey(path),
		Problem: problem, Hint: hint, code: code})
}

// at gives the value of a node; an alias stands for what it names, in its own place.
func (r *reader) at(n *yaml.Node, path string) value {
	v := value{r: r, place: n, node: n, path: path}
	for v.node.Kind == yaml.AliasNode {
		v.node = v.node.Alias
	}
	return v
}

// value is a node of the file with the path that leads to it. Its getters report what is wrong and tell whether the value
// can be used.
type value struct {
	r     *reader
	place *yaml.Node // where the file has it
	node  *yaml.Node // what it says
	path  string
}

// warn notes what is odd about a value.
func (v value) warn(problem, hint string) {
	v.r.warns = append(v.r.warns, &Error{File: v.r.file, Line: v.place.Line, Column: v.place.Column, Path: v.path, Key: lastKey(v.path),
		Problem: problem, Hint: hint})
}

func (v value) fail(problem, hint string) { v.r.report(v.place, v.path, problem, hint) }

// failType reports a value of another type than wanted, without showing it: it may be a misplaced secret.
func (v value) failType(wanted, hint string) {
	if v.node.Kind != void {
		v.fail("expected "+wanted+", found "+describe(v.node), hint)
	}
}

func (v value) isScalar(tags ...string) bool {
	if v.node.Kind != yaml.ScalarNode {
		return false
	}
	return slices.Contains(tags, v.node.ShortTag())
}

// text gives a text that is not empty.
func (v value) text() (string, bool) {
	switch {
	case v.isScalar("!!int", "!!float", "!!bool", "!!timestamp"):
		v.failType("text", "write it in quotes")
	case !v.isScalar("!!str"):
		v.failType("text", "")
	case strings.TrimSpace(v.node.Value) == "":
		v.fail("is empty", "")
	default:
		return v.node.Value, true
	}
	return "", false
}

// choice gives one of the known names; what says what they are, as "a direction".
func (v value) choice(what string, known []string) (string, bool) {
	got, ok := v.text()
	if !ok {
		return "", false
	}
	if slices.Contains(known, got) {
		return got, true
	}
	v.fail(shown(got)+" is not "+what, suggest(got, known))
	return "", false
}

// name gives a text that can stand in command lines, file names and Odoo's external identifiers.
func (v value) name() (string, bool) {
	got, ok := v.text()
	if !ok {
		return "", false
	}
	if !plainName.MatchString(got) {
		v.fail(shown(got)+" is not a name", "use up to 64 letters, digits, dots, - and _, beginning with a letter or digit")
		return "", false
	}
	return got, true
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// whole gives a whole number between lowest and highest.
func (v value) whole(lowest, highest int64) (int64, bool) {
	if !v.isScalar("!!int") {
		v.failType("a whole number", "")
		return 0, false
	}
	n, err := strconv.ParseInt(v.node.Value, 0, 64)
	switch {
	case err == nil && n >= lowest && n <= highest:
		return n, true
	case highest == math.MaxInt64:
		v.fail(fmt.Sprintf("%s is not %d or more", cut(v.node.Value, 60), lowest), "")
	default:
		v.fail(fmt.Sprintf("%s is not between %d and %d", cut(v.node.Value, 60), lowest, highest), "")
	}
	return 0, false
}

// between gives a number between lowest and highest.
func (v value) between(lowest, highest float64) (float64, bool) {
	n, ok := v.number()
	if ok && (n < lowest || n > highest) {
		v.fail(fmt.Sprintf("%s is not between %g and %g", cut(v.node.Value, 60), lowest, highest), "")
		return 0, false
	}
	return n, ok
}

// truth gives true or false.
func (v value) truth() (yes, ok bool) {
	if !v.isScalar("!!bool") {
		v.failType("true or false", "")
		return false, false
	}
	return strings.EqualFold(v.node.Value, "true"), true
}

// list gives the values of a list.
func (v value) list() ([]value, bool) {
	if v.node.Kind != yaml.SequenceNode {
		v.failType("a list", "write each entry on a line of its own after \"- \", or all in [ ]")
		return nil, false
	}
	items := make([]value, len(v.node.Content))
	for i, n := range v.node.Content {
		items[i] = v.r.at(n, childPath(v.node, v.path, i))
	}
	return items, true
}

// describe says what a node is, never what it holds.
func describe(n *yaml.Node) string {
	if n.Kind == yaml.MappingNode {
		return "keys with values"
	}
	switch n.ShortTag() {
	case "!!seq":
		return "a list"
	case "!!int", "!!float":
		return "a number"
	case "!!bool":
		return "true or false"
	case "!!null":
		return "nothing"
	case "!!timestamp":
		return "a date"
	default:
		return "text"
	}
}

// shown quotes a piece of the file for a message of one line.
func shown(s string) string { return strconv.Quote(cut(s, 60)) }

func cut(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

// printable replaces what would break a message's line by a blank.
func printable(c rune) rune {
	if unicode.IsPrint(c) {
		return c
	}
	return ' '
}

// joinPath adds a key to a path. Only what can be a key is shown: the rest may be a secret that lost its quotes.
func joinPath(path string, key *yaml.Node) string {
	name, whole := keyName(key)
	if !whole {
		name += "…"
	}
	if path == "" {
		return name
	}
	return path + "." + name
}

// keyName gives the part of a key that can be shown and whether it is the whole key.
func keyName(key *yaml.Node) (string, bool) {
	name := cut(keyStart.FindString(key.Value), 40)
	return name, name == key.Value && name != ""
}

var keyStart = regexp.MustCompile(`^[A-Za-z0-9._-]*`)

// lastKey gives the last key of a path: direction of backends[0].models[2].direction.
func lastKey(path string) string {
	path = path[strings.LastIndexByte(path, '.')+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}
