package cmd

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/record"
)

// The pace of a recording: what a person needs to type, to wait for and to read. It is fixed, so that a recording is always the same.
const (
	perLetter = 55 * time.Millisecond
	enter     = 500 * time.Millisecond
	perRow    = 180 * time.Millisecond
	look      = 1500 * time.Millisecond
	theEnd    = 5 * time.Second // before it begins anew
)

// windowRows is how many rows of a recording are seen at a time.
const windowRows = 26

// recording is a screen to which rows come as time goes by.
type recording struct {
	title string
	now   time.Duration
	steps []step
}

// step is what appears at once, at the end of the screen.
type step struct {
	at     time.Duration
	rows   []string
	typing int           // so many letters at the end of the only row come one by one,
	typed  time.Duration // from then on
}

// show adds rows, and the time to read them.
func (r *recording) show(rows ...string) {
	var broken []string
	for _, row := range rows {
		broken = append(broken, brokenRow(row)...)
	}
	r.steps = append(r.steps, step{at: r.now, rows: broken})
	r.now += look + time.Duration(len(broken))*perRow
}

// typed adds a command as a person types it, and what it printed.
func (r *recording) typed(line, printed string) {
	prompt := step{at: r.now, rows: []string{"\x1b[2m$\x1b[0m \x1b[1m" + line + "\x1b[0m"}, typing: widthOf(line), typed: r.now + enter}
	r.steps = append(r.steps, prompt)
	r.now = prompt.typed + time.Duration(prompt.typing)*perLetter + enter
	r.show(append(strings.Split(strings.TrimRight(printed, "\n"), "\n"), "")...)
}

// rows are all rows of the recording.
func (r *recording) rows() (all []string) {
	for _, s := range r.steps {
		all = append(all, s.rows...)
	}
	return all
}

// svg draws the recording. It moves by rules of style alone, and only for those who do not ask for less motion: without the rules it is
// the last screen.
func (r *recording) svg() string {
	var b strings.Builder
	openPicture(&b, r.title, r.rules(), windowRows)
	fmt.Fprintf(&b, `<svg x="0" y="%d" width="%d" height="%d"><g class="scroll" transform="translate(0 -%d)">`+"\n",
		top, int(cellWidth*screen)+2*edge, windowRows*cellHeight, scrolled(len(r.rows())))
	row := 0
	for n, s := range r.steps {
		fmt.Fprintf(&b, `<g class="s s%d">`+"\n", n)
		for i, text := range s.rows {
			drawRow(&b, text, baseline(row+i))
		}
		if s.typing > 0 {
			drawCover(&b, n, s.typing, row)
		}
		b.WriteString("</g>\n")
		row += len(s.rows)
	}
	b.WriteString("</g></svg>\n</svg>\n")
	return b.String()
}

// promptWidth is how many columns stand before what is typed.
const promptWidth = 2

// drawCover draws what hides the letters that are not typed yet, with a cursor at its left. Without rules of style it is out of sight.
func drawCover(b *strings.Builder, n, letters, row int) {
	fmt.Fprintf(b, `<g class="s c%d" transform="translate(%d 0)"><rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#161b22"/>`,
		n, 2*int(cellWidth*screen), edge+promptWidth*cellWidth, row*cellHeight, float64(letters+1)*cellWidth, cellHeight)
	fmt.Fprintf(b, `<rect x="%.1f" y="%d" width="%.1f" height="%d" fill="#d4d7de"/></g>`+"\n", edge+promptWidth*cellWidth, row*cellHeight+2, cellWidth, cellHeight-3)
}

// scrolled is by how many units the screen is moved up when it has so many rows.
func scrolled(rows int) int { return max(0, rows-windowRows) * cellHeight }

// rules are what makes the recording move.
func (r *recording) rules() string {
	var scroll, b strings.Builder
	rows := 0
	for n, s := range r.steps {
		rows += len(s.rows)
		fmt.Fprintf(&scroll, "%s{transform:translateY(-%dpx)}", r.part(s.at), scrolled(rows))
		if s.at > 0 {
			fmt.Fprintf(&b, "@keyframes s%d{0%%{opacity:0}%s{opacity:1}}\n.s%d{animation-name:s%d}\n", n, r.part(s.at), n, n)
		}
		if s.typing > 0 {
			r.coverRules(&b, n, s)
		}
	}
	return fmt.Sprintf("@media (prefers-reduced-motion:no-preference){\n.s,.scroll{animation:%.2fs step-end infinite}\n@keyframes scroll{%s}\n.scroll{animation-name:scroll}\n%s}\n",
		r.length().Seconds(), scroll.String(), b.String())
}

// coverRules move a cover to the right, letter by letter.
func (r *recording) coverRules(b *strings.Builder, n int, s step) {
	end := s.typed + time.Duration(s.typing)*perLetter
	fmt.Fprintf(b, "@keyframes c%d{0%%{transform:none}%s{transform:none;animation-timing-function:steps(%d)}%s{transform:translateX(%.1fpx)}",
		n, r.part(s.typed), s.typing, r.part(end), float64(s.typing)*cellWidth)
	fmt.Fprintf(b, "%s{transform:translateX(%dpx)}}\n.c%d{animation-name:c%d}\n", r.part(end+enter), 2*int(cellWidth*screen), n, n)
}

func (r *recording) length() time.Duration { return r.now + theEnd }

// part is when something happens, in parts of the whole.
func (r *recording) part(at time.Duration) string {
	return fmt.Sprintf("%.2f%%", 100*at.Seconds()/r.length().Seconds())
}

// TestRecording draws docs/screens/recording.svg from a run of the commands on a terminal, with edits on both sides of the sandbox.
func TestRecording(t *testing.T) {
	setTerminal(t)
	pages, err := filepath.Abs(screenFolder)
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, sandboxed)
	t.Chdir(d.dir)
	r := &recording{title: "A first sync, an edit on either side, and the second sync"}
	run := func(line string) {
		args, err := shellWords(line)
		if err != nil {
			t.Fatal(err)
		}
		r.typed(line, d.onScreen(t, args[1:]...))
	}
	run("connector sync")
	d.now = d.now.Add(9 * time.Minute)
	d.edit(func(s sides) {
		s.moveCard("Measure the new rooms", "Doing")
		s.writeTask("Measure the new rooms", map[string]record.Value{"name": record.Text("Measure the new rooms twice")})
	})
	r.show("\x1b[33m# In Trello, Mia moves the card 'Measure the new rooms' to 'Doing'.\x1b[0m")
	r.show("\x1b[33m# In Odoo, Tom renames its task: 'Measure the new rooms twice'.\x1b[0m", "")
	run("connector sync --dry-run")
	run("connector sync")
	d.keep(t, filepath.Join(pages, "recording.svg"), r.svg(), r.rows())
	svg := r.svg()
	t.Run("Ensure it is the last screen where less motion is asked for", func(t *testing.T) {
		begin, rules, found := strings.Cut(svg, "@media (prefers-reduced-motion:no-preference){\n")
		_, still, closed := strings.Cut(rules, "\n}\n</style>")
		if all := begin + still; !found || !closed || strings.Contains(all, "animation") || strings.Contains(all, "opacity") {
			t.Errorf("without the rules of motion it is\n%s", all)
		}
	})
	t.Run("Ensure it is small and needs nothing but itself", func(t *testing.T) {
		if len(svg) > 200_000 {
			t.Errorf("it has %d bytes", len(svg))
		}
		for _, no := range []string{"<script", "href", "url(", "@import"} {
			if strings.Contains(svg, no) {
				t.Errorf("it has %s in it", no)
			}
		}
	})
}
