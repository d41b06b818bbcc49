package cmd

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// allCommands are the root and all commands below it, those too that the help of the others leaves out.
func allCommands() (all []*cobra.Command) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		all = append(all, c)
		for _, below := range c.Commands() {
			walk(below)
		}
	}
	walk(newApp().root())
	return all
}

// inQuotes is a command in a text.
var inQuotes = regexp.MustCompile("`(connector [^`]*)`")

// TestHelp demands of every command what a reader looks for in its help.
func TestHelp(t *testing.T) {
	for _, c := range allCommands() {
		text := textOf(c)
		t.Run("Ensure "+c.CommandPath()+" says what it does, its exit codes and what to do next", func(t *testing.T) {
			if c.Short == "" || strings.HasSuffix(c.Short, ".") || len(text.about) == 0 {
				t.Errorf("what it does: %q, %q", c.Short, text.about)
			}
			if !strings.HasPrefix(text.exits, "Exit codes: 0 ") {
				t.Errorf("its exit codes are %q; they are a paragraph of their own, as `Exit codes: 0 done, 2 usage.`", text.exits)
			}
			named := inQuotes.FindAllStringSubmatch(text.next, -1)
			if !strings.HasPrefix(text.next, "Next: ") || len(named) == 0 {
				t.Errorf("next is %q; it is a paragraph of its own that names commands, as \"Next: `connector doctor`.\"", text.next)
			}
			if c.HasParent() && !c.Parent().HasParent() && c.GroupID == "" && !c.Hidden {
				t.Error("it is in no group of the root's help; addCommands has them")
			}
		})
		t.Run("Ensure the commands in the help of "+c.CommandPath()+" exist, with their flags", func(t *testing.T) {
			for _, part := range append([]string{text.exits, text.next}, text.about...) {
				for _, found := range inQuotes.FindAllStringSubmatch(part, -1) {
					if err := parseInHelp(t, found[1]); err != nil {
						t.Errorf("`%s`: %v", found[1], err)
					}
				}
			}
		})
		t.Run("Ensure the examples of "+c.CommandPath()+" can be typed", func(t *testing.T) { checkExamples(t, c) })
		t.Run("Ensure the help of "+c.CommandPath()+" fits the screen", func(t *testing.T) {
			var out bytes.Buffer
			writeHelp(&out, c)
			for line := range strings.Lines(out.String()) {
				if line = strings.TrimSuffix(line, "\n"); widthOf(line) > screen || line != strings.TrimRight(line, " ") {
					t.Errorf("%d columns: %q", widthOf(line), line)
				}
			}
		})
	}
}

// parseInHelp says what is wrong with a command that a text names. What its arguments are, it need not say.
func parseInHelp(t *testing.T, line string) error {
	args := commandOf(t, line)
	c, rest, err := newApp().root().Find(args)
	switch {
	case err != nil:
		return err
	case len(rest) > 0 && rest[0] == "--help":
		return nil
	case c.HasAvailableSubCommands() && len(rest) > 0 && !strings.HasPrefix(rest[0], "-"):
		return fmt.Errorf("%s has no command %q", c.CommandPath(), rest[0])
	}
	for i, arg := range rest { // a placeholder of a number
		if arg == "N" {
			rest[i] = "1"
		}
	}
	return c.ParseFlags(rest)
}

// checkExamples runs each example through the parser; at least one is of the command itself, or, where it only has others below it, of
// one of those.
func checkExamples(t *testing.T, c *cobra.Command) {
	own := false
	for line := range strings.Lines(strings.ReplaceAll(c.Example, "\\\n   ", "")) {
		line = strings.TrimSuffix(line, "\n")
		if !strings.HasPrefix(line, "  ") || line != strings.TrimRight(line, " ") {
			t.Errorf("%q is not indented by two blanks", line)
		}
		typed := strings.TrimSpace(line)
		if !strings.HasPrefix(typed, "connector ") {
			if !strings.Contains(typed, "connector ") {
				t.Errorf("%q is no command line", line)
			}
			continue
		}
		args := commandOf(t, typed)
		if err := docsParse(args); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if of, _, err := newApp().root().Find(args); err == nil && strings.HasPrefix(of.CommandPath()+" ", c.CommandPath()+" ") {
			own = true
		}
	}
	if !own {
		t.Errorf("no example is of it: %q", c.Example)
	}
}
