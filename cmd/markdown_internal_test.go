package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// pageName is the file name of a command's page on the site.
func pageName(c *cobra.Command) string {
	if !c.HasParent() {
		return "index.md"
	}
	_, path, _ := strings.Cut(c.CommandPath(), " ")
	return strings.ReplaceAll(path, " ", "-") + ".md"
}

// markdownPage is a command's page on the site: its help, with links.
func markdownPage(c *cobra.Command) string {
	var b strings.Builder
	t := textOf(c)
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n\n", args...) }
	line("<!-- Made of the command's own words: go generate ./cmd -->\n# %s", c.CommandPath())
	line("%s.", markdownText(c.Short))
	for _, p := range t.about {
		line("%s", markdownParagraph(p))
	}
	line("## Usage\n\n```text\n%s\n```", usageLine(c))
	line("```sh\n%s\n```", dedented(c.Example))
	markdownCommands(&b, c)
	if !c.HasParent() {
		markdownFlags(&b, "Flags of every command", c.PersistentFlags())
	} else if own := ownFlags(c); own.HasAvailableFlags() {
		markdownFlags(&b, "Flags", own)
	}
	line("## Exit codes\n\n%s", markdownParagraph(strings.TrimPrefix(t.exits, "Exit codes: ")))
	line("## Next\n\n%s", markdownParagraph(strings.TrimPrefix(t.next, "Next: ")))
	if c.HasParent() {
		line("See also: [%s](%s), and the [flags of every command](index.md#flags-of-every-command).", c.Parent().CommandPath(), pageName(c.Parent()))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// markdownParagraph is a paragraph of a help on one line, or as it is.
func markdownParagraph(p string) string {
	if asItIs(p) {
		return "```text\n" + p + "\n```"
	}
	return markdownText(strings.Join(strings.Fields(p), " "))
}

// markdownText keeps what Markdown would take for something else, but within back quotes.
func markdownText(text string) string {
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.NewReplacer("<", "&lt;", "*", "\\*", "|", "&#124;").Replace(parts[i])
	}
	return strings.Join(parts, "`")
}

// dedented are the lines of an example without the two blanks before each.
func dedented(example string) string {
	lines := strings.Split(strings.Trim(example, "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimPrefix(lines[i], "  ")
	}
	return strings.Join(lines, "\n")
}

// markdownCommands links to the pages of those below a command.
func markdownCommands(b *strings.Builder, c *cobra.Command) {
	list := func(title, id string) {
		head := "## " + title + "\n\n"
		for _, below := range c.Commands() {
			if below.GroupID == id && len(writtenDown(below)) > 0 {
				fmt.Fprintf(b, "%s- [%s](%s): %s\n", head, below.CommandPath(), pageName(below), markdownText(below.Short))
				head = ""
			}
		}
		if head == "" {
			b.WriteString("\n")
		}
	}
	for _, g := range c.Groups() {
		list(g.Title, g.ID)
	}
	list("Commands", "")
}

func markdownFlags(b *strings.Builder, title string, flags *pflag.FlagSet) {
	fmt.Fprintf(b, "## %s\n\n| flag | what it does |\n|---|---|\n", title)
	flags.VisitAll(func(f *pflag.Flag) {
		kind, usage := pflag.UnquoteUsage(f)
		if f.Hidden || f.Name == "help" {
			return
		}
		if !zeroDefault(f) {
			usage += fmt.Sprintf(" (usually %s)", strings.Trim(f.DefValue, "[]"))
		}
		fmt.Fprintf(b, "| `%s` | %s |\n", strings.TrimSpace("--"+f.Name+" "+kind), markdownText(usage))
	})
	b.WriteString("\n")
}
