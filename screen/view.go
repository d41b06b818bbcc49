package screen

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"github.com/odoo-connector/connector/jobs"
)

// The styles: few, so that they are seen on every terminal.
const (
	bold    = "\x1b[1m"
	faint   = "\x1b[2m"
	reverse = "\x1b[7m"
	red     = "\x1b[31m"
	yellow  = "\x1b[33m"
	normal  = "\x1b[0m"
)

func styled(style, text string) string {
	if text == "" {
		return ""
	}
	return style + text + normal
}

// The least size that the lists fit into.
const (
	leastWidth  = 40
	leastHeight = 10
)

// View is the screen for a terminal.
func (m *Model) View() tea.View {
	v := tea.NewView(strings.Join(m.Lines(), "\n"))
	v.AltScreen = true
	v.WindowTitle = "connector jobs"
	return v
}

// Lines are the lines of the screen, with styles: as many as it has, none wider than it is.
func (m *Model) Lines() []string {
	if m.width < leastWidth || m.height < leastHeight {
		return m.fit([]string{fmt.Sprintf("The screen is %d × %d;", m.width, m.height), fmt.Sprintf("%d × %d are needed.", leastWidth, leastHeight)})
	}
	lines := m.head()
	if m.pageOf > 0 {
		lines = append(lines, m.pageLines()...)
	} else {
		lines = append(append(lines, m.tabLine(), styled(bold, m.columns())), m.list()...)
	}
	lines = m.fit(lines)
	return append(lines[:m.height-2], m.fitted(m.status()), m.fitted(styled(faint, m.keys())))
}

// fit cuts lines to the screen, and fills it with empty ones.
func (m *Model) fit(lines []string) []string {
	out := make([]string, m.height)
	for i := range out {
		if i < len(lines) {
			out[i] = m.fitted(lines[i])
		}
	}
	return out
}

func (m *Model) fitted(line string) string { return ansi.Truncate(line, m.width, "…") }

// headHeight is how many lines are above the list: two of numbers, the tabs and the columns.
const headHeight = 4

func (m *Model) listHeight() int { return max(1, m.height-headHeight-2) }
func (m *Model) pageHeight() int { return max(1, m.height-4) }

// head says how it is, in two lines.
func (m *Model) head() []string {
	p := m.picture
	clock := ""
	if !p.At.IsZero() {
		clock = p.At.Local().Format(time.TimeOnly)
	}
	workers := "no worker"
	if p.Workers == 1 {
		workers = "1 worker"
	} else if p.Workers > 1 {
		workers = fmt.Sprintf("%d workers", p.Workers)
	}
	left := "connector jobs watch  " + m.title
	right := workers + "  " + clock
	first := styled(bold, pad(ansi.Truncate(left, m.width-len(right)-2, "…"), m.width-len(right))+right)
	rate := func(n float64) string {
		if p.Over < time.Second {
			return "–"
		}
		return strings.TrimSuffix(fmt.Sprintf("%.1f", n), ".0")
	}
	failing := fmt.Sprintf("%s failed/min", rate(p.Failed))
	if p.Failed > 0 {
		failing = styled(red, failing)
	}
	second := fmt.Sprintf("%s done/min  %s  %d in line  %d later  %d blocked", rate(p.Done), failing,
		p.Counts["pending"]+p.Counts["enqueued"], p.Counts["delayed"], p.Counts["wait_dependencies"])
	for _, pause := range p.Pauses {
		second += "  " + styled(yellow, plain(pause.String()))
	}
	return []string{first, second}
}

func (m *Model) tabLine() string {
	c := m.picture.Counts
	counts := [tabs]int{c["started"], c["pending"] + c["enqueued"] + c["delayed"] + c["wait_dependencies"], c["failed"], len(m.picture.Loads)}
	var parts []string
	for t := range tabs {
		text := fmt.Sprintf(" %d %s %d ", t+1, t, counts[t])
		if t == m.tab {
			text = styled(reverse, text)
		}
		parts = append(parts, text)
	}
	line := strings.Join(parts, " ")
	if m.filter.text != "" && m.tab != Channels {
		line += "  " + styled(yellow, "/"+m.filter.text)
	}
	return line
}

// The widths of a list's columns; the job's and the reason's share the rest.
const (
	idWidth      = 8
	backendWidth = 10
	timeWidth    = 7
	slotsWidth   = 12
	countWidth   = 9
)

// jobWidth leaves more room for why a job failed than for who runs it.
func (m *Model) jobWidth() int {
	share := [tabs]int{7, 6, 4, 0}[m.tab]
	return max(10, (m.width-idWidth-backendWidth-timeWidth-4)*share/10)
}

func (m *Model) channelWidth() int { return max(14, m.width-slotsWidth-3*countWidth-20) }

func (m *Model) columns() string {
	if m.tab == Channels {
		return strings.Join([]string{pad("CHANNEL", m.channelWidth()), pad("SLOTS", slotsWidth), padLeft("RUNNING", countWidth),
			padLeft("IN LINE", countWidth), padLeft("FAILED", countWidth), "  STATE"}, "")
	}
	last := [...]string{"WORKER", "WAITS", "FAILURE", ""}[m.tab]
	when := [...]string{"FOR", "SINCE", "AGO", ""}[m.tab]
	return strings.Join([]string{padLeft("ID", idWidth), pad("BACKEND", backendWidth), padLeft(when, timeWidth), pad("JOB", m.jobWidth()), last}, " ")
}

// list gives the rows around the selected one.
func (m *Model) list() []string {
	n, height := m.rows(), m.listHeight()
	if n == 0 {
		return []string{"", "  " + [...]string{m.whyIdle(), "Nothing waits.", "Nothing has failed.", "There are no channels yet."}[m.tab]}
	}
	first := max(0, min(m.at[m.tab]-height/2, n-height))
	var lines []string
	for i := first; i < min(n, first+height); i++ {
		line := m.channelRow(i)
		if m.tab != Channels {
			line = m.jobRow(m.picture.Rows[i])
		}
		if i == m.at[m.tab] {
			line = styled(reverse, pad(ansi.Truncate(ansi.Strip(line), m.width, "…"), m.width))
		}
		lines = append(lines, line)
	}
	return lines
}

// whyIdle says that nothing runs, and why where jobs wait all the same.
func (m *Model) whyIdle() string {
	p := m.picture
	switch inLine := p.Counts["pending"] + p.Counts["enqueued"]; {
	case inLine == 0, m.filter.text != "":
		return "Nothing runs."
	case p.Workers == 0:
		return fmt.Sprintf("Nothing runs: %d in line, and no worker. `connector work` runs them.", inLine)
	case len(p.Pauses) > 0:
		return "Nothing runs; what is paused stands above."
	default:
		return "Nothing runs at this moment."
	}
}

func (m *Model) jobRow(r Row) string {
	since := map[Tab]time.Time{Running: r.Started, Waiting: r.Created, Failed: r.Finished}[m.tab]
	why := plain(r.Why)
	if m.tab == Failed {
		why = styled(red, why)
	}
	job := pad(ansi.Truncate(plain(r.Description), m.jobWidth(), "…"), m.jobWidth())
	return strings.Join([]string{padLeft(fmt.Sprint(r.ID), idWidth), pad(ansi.Truncate(plain(r.Backend), backendWidth, "…"), backendWidth),
		padLeft(short(m.picture.At.Sub(since)), timeWidth), job, why}, " ")
}

func (m *Model) channelRow(i int) string {
	if m.tab != Channels {
		return ""
	}
	l := m.picture.Loads[i]
	status := ""
	switch {
	case l.Paused != nil:
		status = styled(yellow, "paused")
	case l.Opens.After(m.picture.At):
		status = "opens in " + short(l.Opens.Sub(m.picture.At))
	case l.Sequential && l.Failed > 0:
		status = styled(red, "stands: a job failed")
	case l.Sequential:
		status = "sequential"
	case l.Throttle > 0:
		status = "one every " + short(l.Throttle)
	}
	waiting := fmt.Sprint(l.Pending)
	if l.Waiting > 0 {
		waiting += fmt.Sprintf("+%d", l.Waiting)
	}
	return strings.Join([]string{pad(ansi.Truncate(plain(l.Name), m.channelWidth()-1, "…"), m.channelWidth()), pad(slots(l), slotsWidth),
		padLeft(fmt.Sprint(l.Running), countWidth), padLeft(waiting, countWidth), padLeft(fmt.Sprint(l.Failed), countWidth), "  " + status}, "")
}

// slots draws how full a channel is: ███░ 3/4.
func slots(l jobs.Load) string {
	if l.Capacity == 0 {
		return fmt.Sprintf("%d/∞", l.Slots)
	}
	const most = 4
	boxes := min(l.Capacity, most)
	full := min(boxes, (l.Slots*boxes+l.Capacity-1)/l.Capacity)
	return strings.Repeat("█", full) + strings.Repeat("░", boxes-full) + fmt.Sprintf(" %d/%d", l.Slots, l.Capacity)
}

// pageLines are those of the page that the scrolling shows.
func (m *Model) pageLines() []string {
	if m.page == "" {
		return []string{"", "  …"}
	}
	all := m.wrapped()
	end := min(len(all), m.scroll+m.pageHeight())
	return all[min(m.scroll, end):end]
}

// wrapped is the page in lines that fit.
func (m *Model) wrapped() (lines []string) {
	for _, line := range strings.Split(m.page, "\n") {
		line = strings.Map(printable, strings.ReplaceAll(line, "\t", "    "))
		lines = append(lines, strings.Split(ansi.Wrap(line, m.width, ""), "\n")...)
	}
	return lines
}

// status is the line above the keys: a question, what is typed, a trouble, or what the last key came to.
func (m *Model) status() string {
	switch {
	case m.asked.Verb != "":
		return styled(bold, m.asked.question())
	case m.typing && m.said != "":
		return "filter: " + m.typed + "▏ " + styled(red, m.said)
	case m.typing:
		return "filter: " + m.typed + "▏"
	case m.trouble != "":
		return styled(red, plain(m.trouble))
	}
	if m.said == "" && m.pageOf == 0 && m.tab != Channels && m.rows() == most {
		return fmt.Sprintf("the first %d; / selects", most)
	}
	return plain(m.said)
}

func (m *Model) keys() string {
	switch {
	case m.typing:
		return "words, or backend: channel: model: function: record: error: worker:  (enter, esc)"
	case m.pageOf > 0:
		return "↑↓ scroll   r retry   c cancel   d done   esc back   q quit"
	case m.tab == Channels:
		return "↑↓ channel   ←→ lists   p pause/resume   q quit"
	}
	return "↑↓ job ←→ list  enter look  r retry  c cancel  d done  p pause  / filter  q quit"
}

// pad fills a text with blanks to a width on the screen.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-ansi.StringWidth(text)))
}

func padLeft(text string, width int) string {
	return strings.Repeat(" ", max(0, width-ansi.StringWidth(text))) + text
}

// plain makes one line of a text, without what would move the cursor.
func plain(text string) string {
	return strings.Map(printable, strings.Join(strings.Fields(strings.ToValidUTF8(text, "\uFFFD")), " "))
}

func printable(r rune) rune {
	if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
		return -1
	}
	return r
}
