package cmd

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/odoo-connector/connector/config"
)

// group puts commands below the root, under a heading of its help.
func group(root *cobra.Command, title string, commands ...*cobra.Command) {
	root.AddGroup(&cobra.Group{ID: title, Title: title})
	for _, c := range commands {
		c.GroupID = title
		root.AddCommand(c)
	}
}

// helpText are the parts of what a command's Long says.
type helpText struct {
	about []string // its paragraphs; one with a line that begins with a blank is kept as it is
	exits string   // the paragraph of the exit codes
	next  string   // the paragraph of what to do next
}

// textOf takes a Long apart.
func textOf(c *cobra.Command) (t helpText) {
	for p := range strings.SplitSeq(strings.Trim(c.Long, "\n"), "\n\n") {
		switch p = strings.Trim(p, "\n"); {
		case strings.HasPrefix(p, "Exit codes: "):
			t.exits = p
		case strings.HasPrefix(p, "Next: "):
			t.next = p
		case p != "":
			t.about = append(t.about, p)
		}
	}
	return t
}

// asItIs reports that the lines of a paragraph are not to be filled.
func asItIs(paragraph string) bool {
	return slices.ContainsFunc(strings.Split(paragraph, "\n"), func(line string) bool { return strings.HasPrefix(line, "  ") })
}

// glue stands for a blank at which no line is broken.
const glue = '\ue000'

// filled writes a paragraph in lines of the screen's columns, and breaks none within a command between back quotes.
func filled(b *strings.Builder, paragraph string) {
	if asItIs(paragraph) {
		b.WriteString(paragraph + "\n")
		return
	}
	parts := strings.Split(strings.Join(strings.Fields(paragraph), " "), "`")
	for i := 1; i < len(parts); i += 2 {
		parts[i] = strings.ReplaceAll(parts[i], " ", string(glue))
	}
	var lines strings.Builder
	wrapped(&lines, "", strings.Join(parts, "`"), screen)
	b.WriteString(strings.ReplaceAll(lines.String(), string(glue), " "))
}

// writeHelp writes a command's help: what it does, how it is called, and at the end its exit codes and what to do next.
func writeHelp(out io.Writer, c *cobra.Command) {
	var b strings.Builder
	t := textOf(c)
	for _, p := range t.about {
		filled(&b, p)
		b.WriteString("\n")
	}
	b.WriteString("Usage:\n  " + usageLine(c) + "\n\n")
	if c.Example != "" {
		b.WriteString("Examples:\n" + strings.TrimRight(c.Example, "\n") + "\n\n")
	}
	writeCommands(&b, c)
	if own := ownFlags(c); own.HasAvailableFlags() {
		b.WriteString("Flags:\n" + own.FlagUsagesWrapped(screen) + "\n")
	}
	if c.HasParent() {
		filled(&b, "Global flags: "+globalFlags(c)+"; see `"+c.Root().Name()+" --help`.")
		b.WriteString("\n")
	}
	for _, p := range []string{t.exits, t.next} {
		if p != "" {
			filled(&b, p)
			b.WriteString("\n")
		}
	}
	_, _ = io.WriteString(out, strings.TrimRight(b.String(), "\n")+"\n")
}

// usageLine is how a command is called; of one that only has others below it, that one of these is to be named.
func usageLine(c *cobra.Command) string {
	if c.HasAvailableSubCommands() {
		return c.CommandPath() + " COMMAND"
	}
	return c.UseLine()
}

// writeCommands lists those below a command, in its groups where it has some.
func writeCommands(b *strings.Builder, c *cobra.Command) {
	list := func(title, id string) {
		var lines []string
		for _, below := range c.Commands() {
			if below.GroupID == id && (below.IsAvailableCommand() || below.Name() == "help") {
				lines = append(lines, "  "+pad(below.Name(), below.NamePadding())+" "+below.Short+"\n")
			}
		}
		if len(lines) > 0 {
			b.WriteString(title + ":\n" + strings.Join(lines, "") + "\n")
		}
	}
	for _, g := range c.Groups() {
		list(g.Title, g.ID)
	}
	list("Commands", "")
}

// ownFlags are a command's flags and those of the commands above it, but for the root's.
func ownFlags(c *cobra.Command) *pflag.FlagSet {
	own := pflag.NewFlagSet(c.Name(), pflag.ContinueOnError)
	own.AddFlagSet(c.LocalFlags())
	c.InheritedFlags().VisitAll(func(f *pflag.Flag) {
		if c.Root().PersistentFlags().Lookup(f.Name) == nil {
			own.AddFlag(f)
		}
	})
	return own
}

// globalFlags names the flags of the root.
func globalFlags(c *cobra.Command) string {
	var names []string
	c.Root().PersistentFlags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	return strings.Join(names, ", ")
}

// helpCommand says of cobra's own command what the help of all others says.
func helpCommand(root *cobra.Command) {
	root.InitDefaultHelpCmd()
	at := slices.IndexFunc(root.Commands(), func(c *cobra.Command) bool { return c.Name() == "help" })
	c := root.Commands()[at]
	c.Short = "Show the help of a command"
	c.Long = "help shows what --help shows.\n\nExit codes: 0 done, 2 usage.\n\nNext: `connector --help` lists all commands."
	c.Example = "  connector help jobs retry"
	c.GroupID = root.Groups()[len(root.Groups())-1].ID
	c.Run, c.RunE = nil, helpOf
}

// helpOf shows the help of the command that is named. What is none is a mistake, as it is without help before it.
func helpOf(c *cobra.Command, names []string) error {
	at := c.Root()
	for _, name := range names {
		i := slices.IndexFunc(at.Commands(), func(below *cobra.Command) bool { return below.Name() == name || below.HasAlias(name) })
		if i < 0 {
			hint := fmt.Sprintf("see `%s --help`", at.CommandPath())
			if near, ok := config.Nearest(name, namesOf(at.Commands())); ok {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return &usageError{fmt.Sprintf("unknown command %q for %q; %s", name, at.CommandPath(), hint)}
		}
		at = at.Commands()[i]
	}
	return at.Help()
}
