package conformance_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/odoo"
)

// document is one file of cases.
type document struct {
	// Given are steps that several cases begin with, by name.
	Given map[string][]step `yaml:"given"`
	Cases []testCase        `yaml:"cases"`
}

// testCase is one sentence about Odoo, and the calls that prove it.
type testCase struct {
	Name string `yaml:"name"`
	// Proves is where the sentence was learned: a recorded exchange, or what was seen where.
	Proves    string    `yaml:"proves"`
	Versions  versions  `yaml:"versions"`
	Protocols []string  `yaml:"protocols"`
	Needs     []string  `yaml:"needs"`
	Given     []string  `yaml:"given"`
	Context   yaml.Node `yaml:"context"`
	Steps     []step    `yaml:"steps"`

	number int // in the suite
}

// step is one call and what must come of it.
type step struct {
	Versions  versions             `yaml:"versions"`
	Protocols []string             `yaml:"protocols"`
	Call      []string             `yaml:"call"`  // model, method
	Login     yaml.Node            `yaml:"login"` // instead of Call: user, password, key, database
	As        string               `yaml:"as"`    // whose session: admin, user, portal
	IDs       yaml.Node            `yaml:"ids"`
	Args      map[string]yaml.Node `yaml:"args"`
	Context   yaml.Node            `yaml:"context"`
	Save      yaml.Node            `yaml:"save"`
	Track     map[string]yaml.Node `yaml:"track"`
	Want      yaml.Node            `yaml:"want"`
	Error     *wantedError         `yaml:"error"`
	Expect    []outcome            `yaml:"expect"` // the first that fits version and protocol
	Either    []outcome            `yaml:"either"` // one of those that fit
}

// outcome is what must come of a call on some versions or protocols.
type outcome struct {
	Versions  versions     `yaml:"versions"`
	Protocols []string     `yaml:"protocols"`
	Want      yaml.Node    `yaml:"want"`
	Error     *wantedError `yaml:"error"`
}

// wantedError is a failure that must come.
type wantedError struct {
	Kinds kinds  `yaml:"kind"`
	Field string `yaml:"field"`
	// Text is a regular expression, for texts that are not translated.
	Text string `yaml:"text"`
	// Unknown says that the outcome must count as unknown.
	Unknown bool `yaml:"unknown"`
}

// versions bounds a case: "16", ">=17", "<=17", or several with commas between.
type versions struct{ terms []string }

// UnmarshalYAML reads the terms.
func (v *versions) UnmarshalYAML(n *yaml.Node) error {
	for term := range strings.SplitSeq(n.Value, ",") {
		term = strings.TrimSpace(term)
		if _, err := strconv.Atoi(strings.TrimLeft(term, "<>=")); err != nil {
			return fmt.Errorf("line %d: %q is no version; write 16, >=17 or <=17", n.Line, term)
		}
		v.terms = append(v.terms, term)
	}
	return nil
}

// hold reports whether a major version is among them; no terms hold for all.
func (v versions) hold(major int) bool {
	for _, term := range v.terms {
		number, _ := strconv.Atoi(strings.TrimLeft(term, "<>="))
		switch {
		case strings.HasPrefix(term, ">=") && major >= number, strings.HasPrefix(term, "<=") && major <= number, major == number:
			return true
		}
	}
	return len(v.terms) == 0
}

// holdProtocol is the same for protocols.
func holdProtocol(list []string, protocol string) bool {
	return len(list) == 0 || slices.Contains(list, protocol)
}

// kinds are one kind of error or several, of which one must come.
type kinds []odoo.Kind

// kindNames are the kinds as cases write them.
var kindNames = map[string]odoo.Kind{
	"AccessDenied": odoo.AccessDenied, "AccessError": odoo.AccessError, "UserError": odoo.UserError, "ValidationError": odoo.ValidationError, "MissingError": odoo.MissingError,
	"UnknownModel": odoo.UnknownModel, "UnknownField": odoo.UnknownField, "UnknownMethod": odoo.UnknownMethod,
	"UnknownDatabase": odoo.UnknownDatabase, "Serialization": odoo.Serialization, "ValueError": odoo.ValueError,
	"NoneResult": odoo.NoneResult, "LargeResult": odoo.LargeResult, "ServerError": odoo.ServerError, "InvalidValue": odoo.InvalidValue,
	"UnexpectedAnswer": odoo.UnexpectedAnswer, "InvalidCall": odoo.InvalidCall,
}

// UnmarshalYAML reads a kind or a list of them.
func (k *kinds) UnmarshalYAML(n *yaml.Node) error {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	for _, item := range nodes {
		if item.Value == "Refused" { // XML-RPC does not tell the two apart
			*k = append(*k, odoo.UserError, odoo.ValidationError)
			continue
		}
		kind, ok := kindNames[item.Value]
		if !ok {
			return fmt.Errorf("line %d: no kind of error %q", item.Line, item.Value)
		}
		*k = append(*k, kind)
	}
	return nil
}

// loadCases reads all files of testdata, in order of their names.
func loadCases(t *testing.T) []testCase {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases in testdata: %v", err)
	}
	whole := document{Given: map[string][]step{}}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := whole.add(text); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
	if err := whole.complete(); err != nil {
		t.Fatal(err)
	}
	return whole.Cases
}

// add reads one more file; a key that it does not know is an error.
func (d *document) add(text []byte) error {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	var one document
	if err := decoder.Decode(&one); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(one.Given)) {
		if _, twice := d.Given[name]; twice {
			return fmt.Errorf("%q is given twice", name)
		}
		d.Given[name] = one.Given[name]
	}
	d.Cases = append(d.Cases, one.Cases...)
	return nil
}

// complete puts before each case's steps those that its Given names, and checks it.
func (d *document) complete() error {
	seen := map[string]bool{}
	for i := range d.Cases {
		c := &d.Cases[i]
		c.number = i + 1
		var before []step
		for _, name := range c.Given {
			steps, ok := d.Given[name]
			if !ok {
				return fmt.Errorf("case %q: nothing is given as %q", c.Name, name)
			}
			before = append(before, steps...)
		}
		c.Steps = append(before, c.Steps...)
		if err := c.check(); err != nil {
			return fmt.Errorf("case %q: %w", c.Name, err)
		}
		if seen[c.Name] {
			return fmt.Errorf("two cases are named %q", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}

// check finds a case that proves nothing.
func (c testCase) check() error {
	asked := false
	for i, s := range c.Steps {
		if (len(s.Call) == 2) == (s.Login.Kind != 0) {
			return fmt.Errorf("step %d is neither a call of a model's method nor a login", i+1)
		}
		asked = asked || s.Want.Kind != 0 || s.Error != nil || len(s.Expect)+len(s.Either) > 0
	}
	if c.Name == "" || !asked {
		return errors.New("it has no name, or no step says what must come")
	}
	return nil
}
