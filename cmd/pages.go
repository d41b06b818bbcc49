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
		Use: "man DIR", Short: "Write manual pages into a directory", Hidden: true, Args: argument("directory", "DIR"),
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
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"connector %s\" \"connector\"\n", strings.ToUpper(roff(manualName(c))), roff(version()))
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
