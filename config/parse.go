package config

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

const (
	maxNodes = 50_000 // of one file, what aliases repeat counted each time
	maxDepth = 32
)

const quoteHint = "put text that begins with one of @ ` % & * ! | > [ { in quotes"

// parse gives the document's top node; its error is Errors. What the walk of the tree refuses is reported and made void, so
// that the rest can be read without asking again.
func (r *reader) parse(data []byte) (*yaml.Node, error) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	var document, second yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&document); err != nil && !errors.Is(err, io.EOF) {
		return nil, Errors{r.syntaxError(data, err)}
	}
	if len(document.Content) == 0 || isNull(document.Content[0]) {
		return nil, Errors{{File: r.file, Problem: "is empty", Hint: "`connector config init --force` fills it"}}
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, Errors{{File: r.file, Line: second.Line, Column: second.Column,
			Problem: "a second document begins (---)", Hint: "keep one document in the file"}}
	case !errors.Is(err, io.EOF):
		return nil, Errors{r.syntaxError(data, err)}
	}
	root := document.Content[0]
	r.lines = lineBreak.Split(string(data), -1)
	budget := maxNodes
	if !r.inspect(root, "", &budget, nil) {
		return nil, r.errs.err()
	}
	return root, nil
}

// lineBreak is what YAML 1.1 counts as the end of a line.
var lineBreak = regexp.MustCompile("\r\n|[\n\r\u0085\u2028\u2029]")

var yamlMessage = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// fromZero are the complaints whose lines the YAML reader (v3.0.6) counts from 0, tried one by one: those of its parser, as
// opposed to those of its scanner.
var fromZero = regexp.MustCompile(`^(did not find expected (<|node content|'-' indicator|key|',')|found (undefined tag|duplicate|incompatible))`)

// trueLine gives the line of a complaint, counted from 1; given is the YAML reader's own, empty where it names none.
func trueLine(given, complaint string, data []byte) int {
	line, err := strconv.Atoi(given)
	switch {
	case err != nil:
		return oddLine(data)
	case fromZero.MatchString(complaint):
		return line + 1
	default:
		return line
	}
}

// syntaxError puts the YAML reader's complaint into the file's terms. The complaint's own words are kept out where they would
// repeat the file's text, which may be a secret.
func (r *reader) syntaxError(data []byte, err error) *Error {
	e := &Error{File: r.file, Problem: "is not YAML: the text cannot be read", code: codeYAML}
	if m := yamlMessage.FindStringSubmatch(err.Error()); m != nil {
		e.Problem = "is not YAML: " + m[2]
		e.Line = trueLine(m[1], m[2], data)
	}
	switch line := tabbedLine(data); {
	case line > 0:
		e.Line, e.Column, e.Problem, e.Hint = line, 1, "a tab is used for indentation", "YAML takes spaces only"
	case strings.Contains(e.Problem, "unknown anchor"):
		e.Line, e.Problem = anchorLine(data, e.Problem), "is not YAML: an alias (*name) has no anchor (&name)"
		e.Hint = quoteHint
	case strings.Contains(e.Problem, "UTF-8"):
		e.Hint = "save the file in UTF-8"
	case strings.Contains(e.Problem, "cannot start any token"), strings.Contains(e.Problem, "alphabetic or numeric"):
		e.Hint = quoteHint
	case strings.Contains(e.Problem, "expected ','"):
		e.Hint = "close the bracket, and put text that holds a comma, a bracket or a colon in quotes"
	case strings.Contains(e.Problem, "expected key"), strings.Contains(e.Problem, "expected '-'"):
		e.Hint = "check the indentation of the lines that follow"
	case strings.Contains(e.Problem, "mapping values are not allowed"):
		e.Hint = `check the indentation, and put text that holds ": " in quotes`
	}
	return e
}

// oddLine gives the line of the first character that no YAML can hold. The YAML reader names no line for these, nor for what is
// wrong on the first.
func oddLine(data []byte) int {
	line := 1
	for rest := data; len(rest) > 0; {
		c, size := utf8.DecodeRune(rest)
		switch {
		case c == '\n':
			line++
		case c == utf8.RuneError && size == 1, c < ' ' && c != '\t' && c != '\r', c == 0x7f:
			return line
		}
		rest = rest[size:]
	}
	return 1
}

// tabbedLine gives the first line whose indentation holds a tab, 0 where none does. It is asked only of text that is not YAML,
// since inside block texts and brackets tabs are fine.
func tabbedLine(data []byte) int {
	number := 0
	for line := range bytes.Lines(data) {
		number++
		rest := bytes.TrimLeft(line, " \t")
		indent := line[:len(line)-len(rest)]
		if bytes.ContainsRune(indent, '\t') && len(bytes.TrimSpace(rest)) > 0 {
			return number
		}
	}
	return 0
}

// anchorLine finds the line of the alias that the YAML reader names, in quotes, but does not place.
func anchorLine(data []byte, complaint string) int {
	_, name, _ := strings.Cut(complaint, "'")
	name, _, _ = strings.Cut(name, "'")
	at := max(0, bytes.Index(data, []byte("*"+name)))
	return bytes.Count(data[:at], []byte("\n")) + 1
}

// inspect walks the whole tree once, aliases included, before anything else does. It refuses tags and merge keys, which are
// made void, and tells whether the tree is of a size that the rest can walk without care.
func (r *reader) inspect(n *yaml.Node, path string, budget *int, above []*yaml.Node) bool {
	*budget--
	for _, a := range above {
		if a == n {
			r.report(n, path, "an alias leads back to itself", "write the values out")
			return false
		}
	}
	switch {
	case *budget < 0: // the place where it ran out tells nothing
		r.errs = append(r.errs, &Error{File: r.file, Problem: "too many values for a configuration",
			Hint: "use fewer aliases (*name)"})
		return false
	case len(above) > maxDepth:
		r.report(n, "", "nested too deeply for a configuration", "use fewer brackets")
		return false
	}
	if r.refuseTag(n, path); n.Kind == void {
		return true
	}
	above = append(above, n)
	if n.Kind == yaml.AliasNode {
		return r.inspect(n.Alias, path, budget, above)
	}
	for i, child := range n.Content {
		if !r.inspect(child, childPath(n, path, i), budget, above) {
			return false
		}
	}
	return true
}

// childPath gives the path of a node's i-th content; a mapping's contents are keys and values in turn.
func childPath(n *yaml.Node, path string, i int) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return path + "[" + strconv.Itoa(i) + "]"
	case n.Kind == yaml.MappingNode && i%2 == 1:
		return joinPath(path, n.Content[i-1])
	default:
		return path
	}
}

// refuseTag reports a tag that says how a value is to be read, and a merge key; the node is void from then on.
func (r *reader) refuseTag(n *yaml.Node, path string) {
	if n.Kind == void || n.Kind == yaml.AliasNode {
		return
	}
	switch {
	case n.Style&yaml.TaggedStyle != 0, r.startsWith(n, '!'): // never shown: it may be a secret that lost its quotes
		r.report(n, path, "a YAML tag (!…) is not read", `put text that begins with "!" in quotes`)
	case n.ShortTag() == "!!merge":
		r.report(n, path, "merge keys (<<) are not read", "write the keys out")
	default:
		return
	}
	n.Kind = void
}

// startsWith tells whether the file has c at the node's place. A lone "!" is asked for like this: the YAML reader drops it.
func (r *reader) startsWith(n *yaml.Node, c rune) bool {
	if n.Line < 1 || n.Line > len(r.lines) {
		return false
	}
	line := []rune(r.lines[n.Line-1])
	return n.Column >= 1 && n.Column <= len(line) && line[n.Column-1] == c
}

// void is the kind of a node that was refused already and is not to be reported again.
const void yaml.Kind = 0

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null" }
