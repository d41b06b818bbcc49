package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// writtenDown are the commands that have a page: a command and those below it, but for what help leaves out.
func writtenDown(c *cobra.Command) (all []*cobra.Command) {
	if c.Hidden || c.Name() == "help" {
		return nil
	}
	c.InitDefaultHelpFlag()
	all = append(all, c)
	for _, below := range c.Commands() {
		all = append(all, writtenDown(below)...)
	}
	return all
}

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

// zeroDefault reports that a flag which is not given means nothing.
func zeroDefault(f *pflag.Flag) bool {
	switch f.DefValue {
	case "", "0", "false", "[]", "0s":
		return true
	}
	return false
}

func (a *app) manCommand() *cobra.Command {
	return &cobra.Command{
		Use: "man DIR", Short: "Write manual pages into a directory", Hidden: true, Args: cobra.ExactArgs(1),
		Long: `man writes a page for man(1) of each command into a directory, which is made where it is not there:
connector.1, connector-sync.1 and so on. It is for those who pack the program.

Exit codes: 0 done, 2 usage, 3 environment (a directory that cannot be written).

Next: ` + "`connector completion bash`" + `.`,
		Example: "  connector man /usr/local/share/man/man1",
		RunE:    func(c *cobra.Command, args []string) error { return writeManual(c.Root(), args[0]) },
	}
}

// writeManual writes a page of each command into a directory.
func writeManual(root *cobra.Command, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // everybody may read a manual
		return &environmentError{fmt.Errorf("the manual cannot be written: %w", err)}
	}
	for _, c := range writtenDown(root) {
		name := filepath.Join(dir, manualName(c)+".1")
		if err := os.WriteFile(name, []byte(manualPage(c)), 0o644); err != nil { //nolint:gosec // the same
			return &environmentError{fmt.Errorf("the manual cannot be written: %w", err)}
		}
	}
	return nil
}

func manualName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manualPage is a command's page for man(1).
func manualPage(c *cobra.Command) string {
	var b strings.Builder
	t := textOf(c)
	section := func(title string, paragraphs ...string) {
		b.WriteString(".SH " + title + "\n")
		for i, p := range paragraphs {
			if i > 0 {
				b.WriteString(".PP\n")
			}
			b.WriteString(manualParagraph(p))
		}
	}
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"connector %s\" \"connector\"\n", strings.ToUpper(roff(manualName(c))), roff(release))
	b.WriteString(".nh\n.ad l\n")
	section("NAME", manualName(c)+" - "+c.Short)
	section("SYNOPSIS", usageLine(c))
	section("DESCRIPTION", t.about...)
	manualCommands(&b, c)
	if own := ownFlags(c); own.HasAvailableFlags() {
		b.WriteString(".SH OPTIONS\n")
		manualFlags(&b, own)
	}
	section("EXIT STATUS", strings.TrimPrefix(t.exits, "Exit codes: "))
	section("EXAMPLES", strings.Trim(c.Example, "\n"))
	section("NEXT", strings.TrimPrefix(t.next, "Next: "))
	if c.HasParent() {
		section("SEE ALSO", "connector(1) tells of the global options; "+manualName(c.Parent())+"(1)")
	}
	return b.String()
}

// manualParagraph is a paragraph in the language of manual pages.
func manualParagraph(p string) string {
	lines := strings.Split(p, "\n")
	for i := range lines {
		lines[i] = roff(lines[i])
	}
	text := strings.Join(lines, "\n") + "\n"
	if asItIs(p) {
		return ".nf\n" + text + ".fi\n"
	}
	return text
}

// roff writes a line so that nothing in it is taken for an instruction, and a hyphen can be copied as the minus that it is.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", `\(ga`, "…", "...").Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}

func manualCommands(b *strings.Builder, c *cobra.Command) {
	below := writtenDown(c)[1:]
	if len(below) > 0 {
		b.WriteString(".SH COMMANDS\n")
	}
	for _, one := range below {
		if one.Parent() == c {
			fmt.Fprintf(b, ".TP\n.B %s(1)\n%s\n", roff(manualName(one)), roff(one.Short))
		}
	}
}

func manualFlags(b *strings.Builder, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		kind, usage := pflag.UnquoteUsage(f)
		if f.Hidden {
			return
		}
		if !zeroDefault(f) {
			usage += fmt.Sprintf(" (usually %s)", strings.Trim(f.DefValue, "[]"))
		}
		fmt.Fprintf(b, ".TP\n.B %s\n%s\n", roff(strings.TrimSpace("--"+f.Name+" "+kind)), roff(usage))
	})
}
