package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/explain"
)

func (a *app) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain [CODE]", Short: "Say what an error code means and what to do", Args: cobra.MaximumNArgs(1),
		Long: `explain tells of the code at the end of an error, as [CON-ODOO-403], what happened, what mostly causes
it and what to do. Upper and lower case are the same, and CON- may be left out. An area, as ODOO,
shows all its codes; without any code all codes are listed.

With --output json there is one object for each code, one a line.

Exit codes: 0 done, 2 no such code.

Next: ` + "`connector doctor`" + `, which looks for the cause.`,
		Example: "  connector explain CON-ODOO-403\n  connector explain trello\n  connector explain",
		RunE: func(_ *cobra.Command, args []string) error {
			c := a.catalogue()
			if len(args) == 0 {
				return a.listCodes(c.Entries())
			}
			found := c.Find(args[0])
			if len(found) == 0 {
				return unknownCode(args[0], c)
			}
			return a.explain(found)
		},
	}
}

// unknownCode says that there is no such code, and which may have been meant.
func unknownCode(text string, c *explain.Catalogue) error {
	code := explain.Normal(text)
	if near, ok := config.Nearest(code, c.Codes()); ok {
		return &usageError{fmt.Sprintf("there is no code %s; did you mean %q?", code, near)}
	}
	return &usageError{fmt.Sprintf("there is no code %s; `connector explain` lists all", code)}
}

// explainedView is what is known of a code, as `--output json` shows it.
type explainedView struct {
	// Code is CON-AREA-NAME.
	Code string `json:"code"`
	// What says in one sentence what happened.
	What string `json:"what"`
	// Causes are the usual ones, the most frequent first.
	Causes []string `json:"causes"`
	// Do is what to do, step by step.
	Do []string `json:"do"`
	// Exit is the exit code of a command that ends with such an error.
	Exit int `json:"exit"`
	// See are commands that show more.
	See []string `json:"see"`
}

func viewOfEntry(e explain.Entry) explainedView {
	v := explainedView{Code: e.Code, What: e.What, Causes: e.Causes, Do: e.Do, Exit: int(e.Exit), See: []string{}}
	for _, line := range e.See {
		v.See = append(v.See, "connector "+line)
	}
	return v
}

func (a *app) listCodes(entries []explain.Entry) error {
	if a.json() {
		return a.explainJSON(entries)
	}
	longest := 0
	for _, e := range entries {
		longest = max(longest, len(e.Code))
	}
	var b strings.Builder
	for _, e := range entries {
		wrapped(&b, pad(e.Code, longest+2), e.What, a.columnsOf())
	}
	b.WriteString("\n`connector explain CODE` tells causes and remedies.\n")
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

func (a *app) explainJSON(entries []explain.Entry) error {
	for _, e := range entries {
		if err := a.printJSON(viewOfEntry(e)); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) explain(entries []explain.Entry) error {
	if a.json() {
		return a.explainJSON(entries)
	}
	var b strings.Builder
	for i, e := range entries {
		if i > 0 {
			b.WriteString("\n")
		}
		explainOne(&b, e)
	}
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// explainOne writes an entry in lines of the least screen.
func explainOne(b *strings.Builder, e explain.Entry) {
	wrap(b, "", e.Code+": "+e.What)
	b.WriteString("\nUsual causes:\n")
	for _, cause := range e.Causes {
		wrap(b, "  - ", cause)
	}
	b.WriteString("\nWhat to do:\n")
	for i, step := range e.Do {
		wrap(b, fmt.Sprintf("  %d. ", i+1), step)
	}
	b.WriteString("\n")
	wrap(b, "Exit code: ", fmt.Sprintf("%d, %s", e.Exit, e.Exit))
	for i, line := range e.See {
		head := "           "
		if i == 0 {
			head = "Look at:   "
		}
		wrap(b, head, "connector "+line)
	}
}
