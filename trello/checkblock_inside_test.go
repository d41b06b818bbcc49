package trello

import (
	"strings"
	"testing"

	"github.com/odoo-connector/connector/record"
)

// FuzzChecklistsAreCut cuts checklists out of any HTML: nothing is lost or added, what was cut is cut once, and a block that is put behind
// the text is found again as it was.
func FuzzChecklistsAreCut(f *testing.F) {
	const steps = `<h3 class="o_connector_checklist">Steps</h3><ul class="o_checklist o_connector_checklist"><li class="o_checked">Sand</li><li></ul>`
	for _, seed := range []string{
		"", "<p>Two coats</p>" + steps, steps + "<p>x</p>" + steps, `<div data-o-mail-quote-container="1"><p>--<br>Bob</p>` + steps + "</div>",
		strings.Replace(steps, "<li></ul>", `<li class="oe-nested"><ul class="o_checklist"><li>a</ul></ul>`, 1), steps[:len(steps)-5],
		`<p class="o_connector_checklist">x</p>`, `<H3 CLASS=o_connector_checklist>a<h3>b</h3></H3>`, "<!--" + steps, "<textarea>" + steps, "<ul>ul></ul>",
	} {
		f.Add(seed, "Steps", "Sand <b>")
	}
	f.Fuzz(func(t *testing.T, html, list, item string) {
		text, block := splitChecklists(html)
		if len(text)+len(block) != len(html) {
			t.Fatalf("%q was divided into %q and %q", html, text, block)
		}
		if again, more := splitChecklists(block); more != block || again != "" {
			t.Fatalf("the block %q is seen as %q and %q", block, again, more)
		}
		told := strings.Join([]string{listLine + oneLine("x"+list), doneLine + oneLine(item+"x"), openLine + oneLine("x"+item)}, "\n")
		ours := writeChecklists(told)
		if rest, found := splitChecklists("<p>a</p>" + ours); rest != "<p>a</p>" || found != ours {
			t.Fatalf("the block %q is seen as %q behind %q", ours, found, rest)
		}
		if got := record.Text(readChecklists(ours)); !got.Canonical().Equal(record.Text(told).Canonical()) {
			t.Fatalf("%q is read back as %q", told, got.AsText())
		}
	})
}
