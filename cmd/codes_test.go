package cmd

import (
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/explain"
)

const errorsPage = "../docs/errors.md"

// source is what the program's code says of codes.
type source struct {
	used   map[string]string          // code to the file that names it
	errors map[string]bool            // "odoo.Error", with an Error method
	coded  map[string]bool            // with a Code method, too
	kinds  map[string]map[string]bool // names of the constants of a type, by "odoo.Kind"
	keys   map[string]map[string]bool // keys of the tables named codes, by package
}

// readSource walks the code, but for tests, fakes, examples and the catalogue itself.
func readSource(t *testing.T) *source {
	t.Helper()
	s := &source{map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]bool{}}
	fset := token.NewFileSet()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && slices.Contains([]string{"testdata", "odootest", "trellotest", "statetest", "streamtest", "conformance", "bench", "explain", "examples"}, d.Name()),
			d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return filepath.SkipDir
		case d.IsDir(), !strings.HasSuffix(path, ".go"), strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(fset, path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		s.read(path, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var isCode = regexp.MustCompile(`^CON-[A-Z0-9]+-[A-Z0-9]+$`)

func (s *source) read(path string, file *ast.File) {
	pkg := file.Name.Name
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit: // an entry of the catalogue names its own code
			if what, ok := n.Type.(*ast.SelectorExpr); ok && what.Sel.Name == "Entry" {
				return false
			}
			if array, ok := n.Type.(*ast.ArrayType); ok {
				if what, ok := array.Elt.(*ast.SelectorExpr); ok && what.Sel.Name == "Entry" {
					return false
				}
			}
		case *ast.BasicLit:
			if text, err := strconv.Unquote(n.Value); err == nil && isCode.MatchString(text) {
				s.used[text] = path
			}
		case *ast.FuncDecl:
			s.method(pkg, n)
		case *ast.ValueSpec:
			s.values(pkg, n)
		}
		return true
	})
}

// method notes what an error type has.
func (s *source) method(pkg string, f *ast.FuncDecl) {
	if f.Recv == nil || len(f.Recv.List) != 1 {
		return
	}
	receiver := f.Recv.List[0].Type
	if star, ok := receiver.(*ast.StarExpr); ok {
		receiver = star.X
	}
	name, ok := receiver.(*ast.Ident)
	if !ok {
		return
	}
	switch {
	case f.Name.Name == "Error" && len(f.Type.Params.List) == 0 && !passesOn(f.Body):
		s.errors[pkg+"."+name.Name] = true
	case f.Name.Name == "Code" && len(f.Type.Params.List) == 0:
		s.coded[pkg+"."+name.Name] = true
	}
}

// passesOn tells whether a method only returns the text of another error, which then has the code.
func passesOn(body *ast.BlockStmt) bool {
	if len(body.List) != 1 {
		return false
	}
	back, ok := body.List[0].(*ast.ReturnStmt)
	if !ok || len(back.Results) != 1 {
		return false
	}
	call, ok := back.Results[0].(*ast.CallExpr)
	if !ok {
		return false
	}
	method, ok := call.Fun.(*ast.SelectorExpr)
	return ok && method.Sel.Name == "Error"
}

// values notes constants of a type, and the keys of a table of codes.
func (s *source) values(pkg string, v *ast.ValueSpec) {
	if of, ok := v.Type.(*ast.Ident); ok {
		for _, name := range v.Names {
			add(s.kinds, pkg+"."+of.Name, name.Name)
		}
	}
	if len(v.Names) != 1 || v.Names[0].Name != "codes" || len(v.Values) != 1 {
		return
	}
	table, ok := v.Values[0].(*ast.CompositeLit)
	if !ok {
		return
	}
	for _, e := range table.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				add(s.keys, pkg, key.Name)
			}
		}
	}
}

func add(m map[string]map[string]bool, key, name string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][name] = true
}

// uncoded are errors without a code of their own, with the reason.
var uncoded = map[string]string{
	"config.Errors":              "a list, each of which has one",
	"jobs.PausedError":           "its cause has one",
	"jobs.DirectError":           "for tests of job functions, and its cause has one",
	"schedule.RunningError":      "its cause is the lock's",
	"transport.headerError":      "a cause within a transport.Error",
	"transport.proxyError":       "a cause within a transport.Error",
	"transport.NotRecordedError": "a cause within a transport.Error",
	"cmd.stoppedError":           "errorCode knows it",
	"cmd.rewordedError":          "its cause has one",
	"xmlrpc.Fault":               "a cause within an odoo.Error",
	"xmlrpc.ProtocolError":       "a cause within an odoo.Error",
	"json2.ProtocolError":        "a cause within an odoo.Error",
	"json2.Error":                "a cause within an odoo.Error",
	"stream.ValueError":          "a cause within an odoo.Error",
	"stream.DepthError":          "a cause within an odoo.Error",
	"stream.OrderError":          "a cause within an odoo.Error",
}

func TestCodes(t *testing.T) {
	a := newApp()
	c := a.catalogue()
	s := readSource(t)

	t.Run("Ensure each code that the program names is explained, and each that is explained is named", func(t *testing.T) {
		for code, path := range s.used {
			if _, ok := c.Get(code); !ok {
				t.Errorf("%s of %s is not explained; add it to explain/, or to what its system explains", code, path)
			}
		}
		for _, code := range c.Codes() {
			if s.used[code] == "" {
				t.Errorf("nothing ever gives the code %s", code)
			}
		}
	})

	t.Run("Ensure each type of error has a code", func(t *testing.T) {
		for name := range s.errors {
			if !s.coded[name] && uncoded[name] == "" {
				t.Errorf("*%s has no Code method; give it a code, and explain it", name)
			}
		}
		for name := range uncoded {
			if !s.errors[name] || s.coded[name] {
				t.Errorf("%s is no error without a code any more; take it out of the list", name)
			}
		}
	})

	t.Run("Ensure each kind of the layers' errors has a code", func(t *testing.T) {
		for _, kind := range []string{"odoo.Kind", "transport.Kind", "state.Trouble"} {
			pkg, _, _ := strings.Cut(kind, ".")
			if len(s.kinds[kind]) < 10 {
				t.Errorf("%s has only %d constants: this test reads the code no more", kind, len(s.kinds[kind]))
			}
			for name := range s.kinds[kind] {
				if !s.keys[pkg][name] {
					t.Errorf("%s.%s has no code in %s/codes.go", pkg, name, pkg)
				}
			}
		}
	})

	t.Run("Ensure each entry says what happened, why, what to do, and how the command ends", func(t *testing.T) {
		for _, e := range c.Entries() {
			if !strings.HasSuffix(e.What, ".") || len(e.Causes) == 0 || len(e.Do) == 0 || slices.Contains(e.Causes, "") || slices.Contains(e.Do, "") {
				t.Errorf("%s lacks a text: %+v", e.Code, e)
			}
			if !slices.Contains(precedence, int(e.Exit)) {
				t.Errorf("%s ends with %d, which is no exit code", e.Code, e.Exit)
			}
		}
	})

	t.Run("Ensure each command that an entry names is there, with its flags", func(t *testing.T) {
		inText := regexp.MustCompile("`connector ([^`]*)`")
		for _, e := range c.Entries() {
			lines := slices.Clone(e.See)
			for _, found := range inText.FindAllStringSubmatch(strings.Join(e.Do, "\n"), -1) {
				lines = append(lines, found[1])
			}
			for _, line := range lines {
				if why := parses(a.root(), line); why != "" {
					t.Errorf("%s: connector %s: %s", e.Code, line, why)
				}
			}
		}
	})

	t.Run("Ensure docs/errors.md is what the catalogue says", func(t *testing.T) {
		want := c.Markdown()
		if u := flag.Lookup("update"); u != nil && u.Value.String() == "true" {
			if err := os.WriteFile(errorsPage, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(errorsPage); err != nil || string(got) != want {
			t.Errorf("docs/errors.md is out of date (%v); run `go generate ./cmd`", err)
		}
	})
}

// parses says why a command line cannot be one, "" where it can.
func parses(root *cobra.Command, line string) string {
	c, rest, err := root.Find(strings.Fields(line))
	switch {
	case err != nil:
		return err.Error()
	case c == root:
		return "there is no such command"
	}
	if err := c.ParseFlags(rest); err != nil {
		return err.Error()
	}
	if c.HasSubCommands() && c.Flags().NArg() > 0 {
		return "there is no such command below " + c.CommandPath()
	}
	return ""
}

func TestExplain(t *testing.T) {
	c := newApp().catalogue()
	for _, text := range []string{"CON-ODOO-403", "con-odoo-403", "odoo-403", "[CON-ODOO-403]", " ODOO-403 "} {
		t.Run("Ensure a code is found as "+text, func(t *testing.T) {
			if found := c.Find(text); len(found) != 1 || found[0].Code != "CON-ODOO-403" {
				t.Errorf("%v", found)
			}
		})
	}
	t.Run("Ensure an area gives all of its codes, and only these", func(t *testing.T) {
		found := c.Find("internal")
		if len(found) != 2 || slices.ContainsFunc(found, func(e explain.Entry) bool { return e.Area() != "INTERNAL" }) {
			t.Errorf("%v", found)
		}
	})
}
