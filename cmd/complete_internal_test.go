package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// offers is what a shell is offered for a command line, without the explanations, and what it may do beside.
func (d *desk) offers(line ...string) (names []string, directive string) {
	d.Helper()
	a := newApp()
	var out, errs strings.Builder
	a.out, a.err, a.clock = &out, &errs, d
	if code := a.run(append([]string{cobra.ShellCompRequestCmd, "--config", d.path("config.yaml")}, line...)); code != exitOK {
		d.Fatalf("%v: exit %d, %s", line, code, errs.String())
	}
	for text := range strings.Lines(out.String()) {
		text = strings.TrimSuffix(text, "\n")
		if strings.HasPrefix(text, ":") {
			return names, text
		}
		name, _, _ := strings.Cut(text, "\t")
		names = append(names, name)
	}
	d.Fatalf("%v: no directive: %q", line, out.String())
	return nil, ""
}

// toComplete is a configuration with a schedule and a receiver.
const toComplete = sandboxed + `schedule: [{name: night, run: sync, at: "0 3 * * *"}]
`

func TestCompletion(t *testing.T) {
	d := newDesk(t, toComplete)
	before, _ := d.offers("jobs", "show", "")
	d.must("sync")
	for _, c := range []struct {
		what string
		line []string
		has  string
	}{
		{"backends", []string{"sync", ""}, "trello"},
		{"backends behind a flag", []string{"jobs", "list", "--backend", "t"}, "trello"},
		{"backends and Odoos", []string{"doctor", ""}, "main"},
		{"binding models", []string{"fields", "trello.c"}, "trello.card"},
		{"binding models behind a flag", []string{"sync", "--model", ""}, "trello.board"},
		{"jobs", []string{"jobs", "show", ""}, "1"},
		{"states", []string{"jobs", "list", "--state", "fa"}, "failed"},
		{"the second state of a list", []string{"jobs", "list", "--state", "failed,pen"}, "failed,pending"},
		{"states of a binding", []string{"bindings", "list", "--state", ""}, "alias"},
		{"channels", []string{"jobs", "pause", "--channel", ""}, "root.trello"},
		{"bindings", []string{"bindings", "show", ""}, "1"},
		{"codes", []string{"explain", "CON-ODOO-40"}, "CON-ODOO-403"},
		{"entries of the schedule", []string{"schedule", "run", ""}, "night"},
		{"formats", []string{"--output", ""}, "json"},
		{"shells", []string{"completion", ""}, "fish"},
		{"sides of a decision", []string{"review", "take", "3", ""}, "backend"},
	} {
		t.Run("Ensure "+c.what+" are offered", func(t *testing.T) {
			if names, directive := d.offers(c.line...); !slices.Contains(names, c.has) || directive != ":36" && directive != ":4" {
				t.Errorf("%v, %s; want %s among them, and no files", names, directive, c.has)
			}
		})
	}
	t.Run("Ensure the reviews that wait are offered", func(t *testing.T) {
		out := d.must("review", "list")
		names, _ := d.offers("review", "show", "")
		if strings.Contains(out, "No ") != (len(names) == 0) {
			t.Errorf("%v, but the list is\n%s", names, out)
		}
	})
	t.Run("Ensure what is there already is not offered again, and nothing behind the last argument", func(t *testing.T) {
		if names, _ := d.offers("sync", "trello", ""); len(names) != 0 {
			t.Errorf("%v", names)
		}
		if names, _ := d.offers("fields", "trello.card", ""); len(names) != 0 {
			t.Errorf("%v", names)
		}
	})
	t.Run("Ensure files are offered where a file is wanted", func(t *testing.T) {
		for _, line := range [][]string{{"--trace", ""}, {"state", "backup", ""}, {"sandbox", "replay", ""}} {
			if names, directive := d.offers(line...); len(names) != 0 || directive != ":0" {
				t.Errorf("%v: %v, %s", line, names, directive)
			}
		}
	})
	t.Run("Ensure nothing is offered, and no word said, where there is no state or no configuration", func(t *testing.T) {
		if len(before) != 0 {
			t.Errorf("before the first sync there were %v", before)
		}
		broken := newDesk(t, "odoo: [")
		if names, _ := broken.offers("sync", ""); len(names) != 0 {
			t.Errorf("%v", names)
		}
		if names, _ := broken.offers("fields", ""); !slices.Contains(names, "trello.card") {
			t.Errorf("the models are known without a configuration: %v", names)
		}
	})
}

// TestCompletionsOfAll demands that somebody thought of each argument and each flag of each command.
func TestCompletionsOfAll(t *testing.T) {
	for _, c := range allCommands() {
		_, path, _ := strings.Cut(c.CommandPath(), " ")
		_, wants, _ := strings.Cut(c.Use, " ")
		t.Run("Ensure the arguments of "+c.CommandPath()+" are completed", func(t *testing.T) {
			taken := wants != "" && !strings.HasPrefix(wants, "-") && !strings.HasPrefix(wants, "[command]")
			if _, known := argumentSources()[path]; taken != known && !strings.Contains(wants, "FILE") && !strings.Contains(wants, "DIR") && !strings.HasPrefix(wants, "--") {
				t.Errorf("it takes %q, and argumentSources knows it: %v", wants, known)
			}
		})
		t.Run("Ensure the flags of "+c.CommandPath()+" are completed", func(t *testing.T) {
			c.LocalFlags().VisitAll(func(f *pflag.Flag) {
				if _, has := c.GetFlagCompletionFunc(f.Name); !has && !slices.Contains(fileFlags, f.Name) && f.Name != "help" {
					t.Errorf("--%s", f.Name)
				}
			})
		})
	}
	t.Run("Ensure that nothing is completed which is no longer there", func(t *testing.T) {
		paths, flags := map[string]bool{}, map[string]bool{}
		for _, c := range allCommands() {
			_, path, _ := strings.Cut(c.CommandPath(), " ")
			paths[path] = true
			c.LocalFlags().VisitAll(func(f *pflag.Flag) { flags[f.Name], flags[path+" "+f.Name] = true, true })
		}
		for path := range argumentSources() {
			if !paths[path] {
				t.Errorf("there is no command %s", path)
			}
		}
		for name := range flagSources() {
			if !flags[name] {
				t.Errorf("there is no flag %s", name)
			}
		}
	})
}
