package explain

import (
	"fmt"
	"strings"
)

// Markdown is the page of all entries, for docs/errors.md.
func (c *Catalogue) Markdown() string {
	var b strings.Builder
	b.WriteString(pageHead)
	area := ""
	for _, e := range c.entries {
		if e.Area() != area {
			area = e.Area()
			fmt.Fprintf(&b, "\n## %s\n", area)
		}
		e.markdown(&b)
	}
	return b.String()
}

const pageHead = `# Errors

<!-- Generated from the catalogue by ` + "`go generate ./cmd`" + `; change the texts there. -->

An error is one line on stderr: what failed, why, what to do, and a code.

` + "```" + `
connector: Odoo main: login: access denied: wrong user or API key for database demo; check the API key, its scope (rpc) and its end [CON-ODOO-401]
` + "```" + `

` + "`connector explain CON-ODOO-401`" + ` shows in the terminal what stands here; ` + "`connector explain`" + ` lists all codes. Several errors are
several lines. A failed job keeps its code as its kind: ` + "`connector jobs show N`" + ` and ` + "`connector jobs errors`" + ` show it.

With ` + "`--output json`" + ` each error is one object on one line of stderr:

` + "```json" + `
{"error":{"code":"CON-ODOO-401","message":"Odoo main: login: …","hint":"log in to Odoo in a browser as that user, with the same database","exit":4}}
` + "```" + `

The exit code is that of the gravest error: where several hold, the first of 130/143, 1, 2, 11, 4, 3, 5. Codes keep their meaning: a
program may go by them. Messages may change.
`

func (e Entry) markdown(b *strings.Builder) {
	fmt.Fprintf(b, "\n### %s\n\n%s Exit code %d.\n\nUsual causes:\n\n", e.Code, e.What, e.Exit)
	for _, cause := range e.Causes {
		fmt.Fprintf(b, "- %s\n", cause)
	}
	b.WriteString("\nWhat to do:\n\n")
	for i, step := range e.Do {
		fmt.Fprintf(b, "%d. %s\n", i+1, step)
	}
	if len(e.See) > 0 {
		lines := make([]string, len(e.See))
		for i, line := range e.See {
			lines[i] = "`connector " + line + "`"
		}
		fmt.Fprintf(b, "\nLook at: %s\n", strings.Join(lines, ", "))
	}
}
