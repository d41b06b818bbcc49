package docs_test

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the Go blocks of the pages anew from their sources")

// block is a fenced block of a page.
type block struct {
	page     string // its path
	line     int    // of its fence, counted from 1
	language string
	source   string // what the comment before it says of a Go block's source: "examples/x.go Name Type.Method"
	text     []string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

// pages are all pages of prose in the tree.
func pages(t *testing.T) (all []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d os.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && d.Name() != ".." || strings.HasPrefix(d.Name(), "sandbox-")):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".md"):
			all = append(all, path)
		}
		return nil
	})
	if err != nil || len(all) < 10 {
		t.Fatalf("the pages are %v, with the error %v", all, err)
	}
	return all
}

// blocks are the fenced blocks of a page.
func blocks(t *testing.T, page string) (all []block) {
	t.Helper()
	var open *block
	marker := ""
	for i, line := range lines(t, page) {
		fence := strings.TrimLeft(line, " ")
		switch {
		case open != nil && fence == "```":
			all = append(all, *open)
			open = nil
		case open != nil:
			open.text = append(open.text, line)
		case strings.HasPrefix(fence, "```"):
			open = &block{page: page, line: i + 1, language: strings.TrimSpace(strings.TrimPrefix(fence, "```")), source: marker}
		case strings.HasPrefix(line, "<!-- go: "):
			marker = strings.TrimSuffix(strings.TrimPrefix(line, "<!-- go: "), " -->")
			continue
		}
		if strings.TrimSpace(line) != "" {
			marker = ""
		}
	}
	if open != nil {
		t.Errorf("%s is never closed", open)
	}
	return all
}

func lines(t *testing.T, path string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(string(data), "\n")
}

// TestGoBlocks keeps the pages' Go code true: each block is the text of declarations in a file that compiles and is tested. The comment
// before it names the file, from the page's folder, and the declarations, or none for the whole file:
//
//	<!-- go: examples/notes/notes/notes.go Settings Settings.CheckSettings -->
func TestGoBlocks(t *testing.T) {
	for _, page := range pages(t) {
		for _, b := range blocks(t, page) {
			if b.language != "go" {
				continue
			}
			t.Run("Ensure the block of "+b.String()+" is what its source has", func(t *testing.T) {
				if b.source == "" {
					t.Fatal("nothing says which source it is of; write <!-- go: FILE NAME… --> before it")
				}
				want, err := declared(filepath.Dir(page), b.source)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Join(b.text, "\n"); got != want && *update {
					rewrite(t, b, want)
				} else if got != want {
					t.Errorf("it differs from %s; run `go test ./docs -run GoBlocks -update`. It should be:\n%s", b.source, want)
				}
			})
		}
	}
}

// declared is the text of declarations, a blank line between them.
func declared(folder, source string) (string, error) {
	words := strings.Fields(source)
	path := filepath.Join(folder, words[0])
	data, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if len(words) == 1 {
		return strings.TrimSpace(string(data)), nil
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, path, data, parser.ParseComments)
	if err != nil {
		return "", err
	}
	var parts []string
	for _, name := range words[1:] {
		i := slices.IndexFunc(file.Decls, func(d ast.Decl) bool { return slices.Contains(declares(d), name) })
		if i < 0 {
			return "", fmt.Errorf("%s declares no %s", path, name)
		}
		d := file.Decls[i]
		parts = append(parts, string(data[set.Position(start(d)).Offset:set.Position(d.End()).Offset]))
	}
	return strings.Join(parts, "\n\n"), nil
}

// declares are the names of a declaration: "Name", or "Type.Name" of a method.
func declares(d ast.Decl) (names []string) {
	switch d := d.(type) {
	case *ast.FuncDecl:
		name := d.Name.Name
		if d.Recv != nil {
			of := d.Recv.List[0].Type
			if star, ok := of.(*ast.StarExpr); ok {
				of = star.X
			}
			name = fmt.Sprint(of) + "." + name
		}
		return []string{name}
	case *ast.GenDecl:
		for _, s := range d.Specs {
			switch s := s.(type) {
			case *ast.TypeSpec:
				names = append(names, s.Name.Name)
			case *ast.ValueSpec:
				for _, n := range s.Names {
					names = append(names, n.Name)
				}
			}
		}
	}
	return names
}

// start is where a declaration begins, with what is said of it.
func start(d ast.Decl) token.Pos {
	switch d := d.(type) {
	case *ast.FuncDecl:
		if d.Doc != nil {
			return d.Doc.Pos()
		}
	case *ast.GenDecl:
		if d.Doc != nil {
			return d.Doc.Pos()
		}
	}
	return d.Pos()
}

// rewrite puts the wanted text into a block of a page. Blocks before it may have moved it.
func rewrite(t *testing.T, b block, want string) {
	t.Helper()
	all := lines(t, b.page)
	marker := "<!-- go: " + b.source + " -->"
	at := slices.Index(all, marker)
	if at < 0 {
		t.Fatalf("%s is gone", marker)
	}
	from := at + 2 + slices.Index(all[at+1:], "```go")
	to := from + slices.Index(all[from:], "```")
	all = slices.Concat(all[:from], strings.Split(want, "\n"), all[to:])
	if err := os.WriteFile(b.page, []byte(strings.Join(all, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}
