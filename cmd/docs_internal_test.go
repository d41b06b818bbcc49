package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
)

// fenced is a block of code in a page of the docs.
type fenced struct {
	place, language string
	text            []string
}

// fencedBlocks are those of all pages in the tree.
func fencedBlocks(t *testing.T) (all []fenced) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".."
		switch {
		case err != nil:
			return err
		case d.IsDir() && (hidden || d.Name() == "testdata" || strings.HasPrefix(d.Name(), "sandbox-")):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var open *fenced
		for i, line := range strings.Split(string(data), "\n") {
			switch fence := strings.TrimSpace(line); {
			case open != nil && fence == "```":
				all, open = append(all, *open), nil
			case open != nil && len(open.text) > 0 && strings.HasSuffix(open.text[len(open.text)-1], "\\"): // goes on
				last := &open.text[len(open.text)-1]
				*last = strings.TrimSuffix(*last, "\\") + strings.TrimSpace(line)
			case open != nil:
				open.text = append(open.text, line)
			case strings.HasPrefix(fence, "```"):
				open = &fenced{place: fmt.Sprintf("%s:%d", path, i+1), language: strings.TrimPrefix(fence, "```")}
			}
		}
		return nil
	})
	if err != nil || len(all) < 20 {
		t.Fatalf("there are %d blocks, with the error %v", len(all), err)
	}
	return all
}

// commandOf is the command line of the program in a line of a block, as its words; nil for another line.
func commandOf(t *testing.T, line string) []string {
	t.Helper()
	line, typed := strings.CutPrefix(strings.TrimSpace(line), "$ ")
	said, _, _ := strings.Cut(line, " #")
	if !strings.HasPrefix(line, "connector ") || (!typed && strings.Contains(strings.TrimSpace(said), "  ")) { // what a screen shows
		return nil
	}
	words, err := shellWords(line)
	if err != nil {
		t.Errorf("%q: %v", line, err)
		return nil
	}
	return words[1:]
}

// substituted is what the shell puts in.
var substituted = regexp.MustCompile(`\$\([^)]*\)`)

// shellWords splits a line as a shell does, as far as the docs go: quotes, substitutions, comments, pipes, redirections, and the next
// command.
func shellWords(line string) (words []string, err error) {
	var word strings.Builder
	line = substituted.ReplaceAllString(line, "x")
	in, quote := false, rune(0)
	end := func() {
		if in {
			words = append(words, word.String())
		}
		word.Reset()
		in = false
	}
	for _, r := range line {
		switch {
		case quote != 0 && r == quote:
			quote = 0
		case quote != 0:
			word.WriteRune(r)
		case r == '"' || r == '\'':
			quote, in = r, true
		case r == ' ':
			end()
		case r == ';', strings.ContainsRune("#|>&", r) && !in:
			end()
			return words, nil
		default:
			word.WriteRune(r)
			in = true
		}
	}
	end()
	if quote != 0 {
		return words, errors.New("a quote is not closed")
	}
	return words, nil
}

// TestDocsCommands runs every command line of the docs through the parser of the program's own: the command is there, and so are its
// flags, and it takes so many arguments.
func TestDocsCommands(t *testing.T) {
	checked := 0
	for _, b := range fencedBlocks(t) {
		for _, line := range b.text {
			if b.language != "console" && b.language != "" && b.language != "sh" {
				break
			}
			if args := commandOf(t, line); args != nil {
				checked++
				if err := docsParse(args); err != nil {
					t.Errorf("%s: %s: %v", b.place, strings.TrimSpace(line), err)
				}
			}
		}
		if b.language == "console" && !strings.HasPrefix(strings.TrimSpace(b.text[0]), "$ ") {
			t.Errorf("%s: a console block begins with a command, as `$ connector …`", b.place)
		}
	}
	if checked < 30 {
		t.Errorf("%d command lines were found", checked)
	}
}

// docsParse says what is wrong with a command line, as far as nothing has to be run.
func docsParse(args []string) error {
	root := newApp().root()
	c, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if !c.Runnable() || c == root && len(c.Flags().Args()) > 0 {
		return errors.New("there is no such command")
	}
	return c.ValidateArgs(c.Flags().Args())
}

// TestDocsConfigurations reads every configuration of the docs as the program does. A block that is a part of one, which lacks what
// must be given, is read as far as it goes.
func TestDocsConfigurations(t *testing.T) {
	a := newApp(Extending("trello", func(b *backend.Backend) { b.Version("ours") }))
	kinds := append(a.registry.Kinds(), config.Kind{Name: "notes", Versions: []string{"1"}, Models: []string{"notes.notebook", "notes.note"}})
	sections := []string{"state", "odoo", "backends", "jobs", "schedule", "notify"}
	checked := 0
	for _, b := range fencedBlocks(t) {
		text := strings.Join(b.text, "\n")
		if b.language != "yaml" {
			continue
		}
		var document yaml.Node
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			t.Errorf("%s is no YAML: %v", b.place, err)
			continue
		}
		has := func(section string) bool { return hasKey(&document, section) }
		if !slices.ContainsFunc(sections, has) {
			continue
		}
		if !has("odoo") {
			text += "\nodoo: [{name: main, url: \"sandbox://demo\"}]"
		}
		if !has("backends") {
			text += "\nbackends: [{name: trello, kind: trello, url: \"sandbox://demo\"}]"
		}
		checked++
		_, err := config.LoadBytes(b.place, []byte(text), kinds, newApp().checkJobs, checkSchedule)
		var all config.Errors
		if err != nil && !errors.As(err, &all) {
			t.Errorf("%s: %v", b.place, err)
		}
		for _, one := range all {
			elsewhere := strings.HasPrefix(b.place, "../docs/examples/") && strings.HasSuffix(one.Path, ".kind") // a program of its own knows it
			if !strings.HasPrefix(one.Problem, "required key ") && !elsewhere {
				t.Errorf("%s: %v", b.place, one)
			}
		}
	}
	if checked < 15 {
		t.Errorf("%d configurations were found", checked)
	}
}

// hasKey says that a document has a key at its top.
func hasKey(document *yaml.Node, key string) bool {
	if len(document.Content) == 0 || document.Content[0].Kind != yaml.MappingNode {
		return false
	}
	return slices.ContainsFunc(document.Content[0].Content, func(n *yaml.Node) bool { return n.Value == key })
}
