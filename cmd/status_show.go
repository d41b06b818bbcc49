package cmd

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (a *app) showStatus(v statusView, there bool) error {
	if a.json() {
		return a.printJSON(v)
	}
	var b strings.Builder
	for _, p := range v.Backends {
		a.writeStatus(&b, p, v.Time)
		b.WriteString("\n")
	}
	a.writeTroubles(&b, v, there)
	_, err := fmt.Fprint(a.out, b.String())
	return err
}

// labelled is how wide the names in front of the lines below a head are.
const labelled = 14

// writeStatus writes how one backend is doing.
func (a *app) writeStatus(b *strings.Builder, p statusPart, now time.Time) {
	fmt.Fprintf(b, "%s %s\n", a.style().Heading(fmt.Sprintf("%s ↔ Odoo %s:", p.Name, p.Odoo)), p.Condition.dressed(a.style()))
	line := func(label, text string) {
		if text != "" {
			wrapped(b, pad("  "+label, 2+labelled), text, a.columnsOf())
		}
	}
	line("last success", lastText(p, now))
	if n := p.Next; n != nil {
		line("next run", n.text(now))
	}
	for _, r := range p.Running {
		line("running now", r.text(now))
	}
	for _, r := range p.StandingBy {
		line("standing by", r.text(now))
	}
	if n := p.total().Unsettled; n > 0 {
		line("under way", count(n, "creation", "creations")+" whose outcome is not known yet")
	}
	line("bound no more", p.apart())
	rows := [][]string{{"", "BOUND", "WAITING", "FAILED", "REVIEW"}}
	for _, m := range p.Models {
		name := m.Model + " ↔ " + m.Odoo
		if m.Direction != "both" {
			name += " (" + m.Direction + ")"
		}
		rows = append(rows, []string{"  " + name, figure(m.Bound), figure(m.Waiting + m.Running), figure(m.Failed), figure(m.Reviews)})
	}
	b.WriteString(strings.Join(layOut(toTheRight(rows), a.columnsOf()), ""))
}

// apart are the pairs that are not kept in step any more; "" for none.
func (p statusPart) apart() string {
	var parts []string
	total := p.total()
	if total.Retired > 0 {
		parts = append(parts, count(total.Retired, "pair", "pairs")+" retired")
	}
	if total.Deleted > 0 {
		parts = append(parts, count(total.Deleted, "pair", "pairs")+" with a deleted half")
	}
	return strings.Join(parts, ", ")
}

// dressed are the words in their colour: red for what --check takes for a failure.
func (c condition) dressed(s style) string {
	switch {
	case c == conditionOK:
		return s.Good(c.words())
	case c.code() == exitOK:
		return s.Warn(c.words())
	default:
		return s.Bad(c.words())
	}
}

// words are a condition for people.
func (c condition) words() string {
	switch c {
	case conditionDenied:
		return "let nobody in"
	case conditionOut:
		return "out"
	case conditionNever:
		return "never run"
	case conditionFailing:
		return "jobs failed"
	case conditionDied:
		return "a worker died"
	case conditionReview:
		return "waits for decisions"
	case conditionPaused, conditionStale, conditionOK:
	}
	return string(c)
}

// lastText is when all of a backend was last in step, and what was done since.
func lastText(p statusPart, now time.Time) string {
	since := func(at *time.Time) string { return ago(now.Sub(*at)) }
	switch {
	case p.LastSuccess != nil && p.Outage == nil && p.LastRun != nil && p.LastRun.After(*p.LastSuccess):
		return fmt.Sprintf("%s, at %s; of a part %s", since(p.LastSuccess), when(*p.LastSuccess), since(p.LastRun))
	case p.LastSuccess != nil:
		return fmt.Sprintf("%s, at %s", since(p.LastSuccess), when(*p.LastSuccess))
	case p.LastRun != nil && p.Outage == nil:
		return "never of all; of a part " + since(p.LastRun)
	case p.LastRun != nil:
		return "never; last tried " + since(p.LastRun)
	default:
		return "never"
	}
}

// text says when the next run is, by what, and how it is narrowed.
func (n *nextRunView) text(now time.Time) string {
	text := fmt.Sprintf("%s, by %s of the schedule", inSpan(n.At, now), n.Schedule)
	if ways := narrowings(n.Limits); len(ways) > 0 {
		text += ": " + strings.Join(ways, "; ")
	}
	return text
}

// inSpan is a time to come, or one that has just gone by.
func inSpan(at, now time.Time) string {
	if late := now.Sub(at); late > 0 {
		return "due for " + span(late)
	}
	return "in " + span(at.Sub(now))
}

// text is who works on a backend, in one line.
func (r runningView) text(now time.Time) string {
	var parts []string
	if r.Command != "" {
		parts = append(parts, r.Command)
	}
	switch {
	case r.PID == 0:
		parts = append(parts, "another process")
	case r.Host != "":
		parts = append(parts, fmt.Sprintf("process %d on %s", r.PID, r.Host))
	default:
		parts = append(parts, fmt.Sprintf("process %d", r.PID))
	}
	if r.Since != nil {
		parts = append(parts, "for "+span(now.Sub(*r.Since)))
	}
	if r.InHand > 0 {
		parts = append(parts, count(r.InHand, "job", "jobs")+" in hand")
	}
	return strings.Join(parts, ", ")
}

// figure is a number for people; what is not there catches no eye.
func figure(n int) string {
	if n == 0 {
		return "-"
	}
	return grouped(n)
}

// grouped writes a number with its thousands apart.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "," + text[at:]
	}
	return text
}

// toTheRight puts the cells of all columns but the first below each other's last character.
func toTheRight(rows [][]string) [][]string {
	for i := 1; len(rows) > 0 && i < len(rows[0]); i++ {
		widest := 0
		for _, r := range rows {
			widest = max(widest, widthOf(r[i]))
		}
		for _, r := range rows {
			r[i] = strings.Repeat(" ", widest-widthOf(r[i])) + r[i]
		}
	}
	return rows
}

// writeTroubles ends with what to do: what is wrong with each backend, and the command to try.
func (a *app) writeTroubles(b *strings.Builder, v statusView, there bool) {
	if !there {
		b.WriteString("There is no state yet.\nNext: `connector doctor`, then `connector sync`.\n")
		return
	}
	var next []string
	for _, p := range v.Backends {
		for _, t := range p.Troubles {
			wrapped(b, "", p.Name+": "+t.What+".", a.columnsOf())
			if !slices.Contains(next, t.Do) {
				next = append(next, t.Do)
			}
		}
	}
	if len(v.Unknown) > 0 {
		wrapped(b, "", "Not in the configuration any more, but in the state: "+strings.Join(v.Unknown, ", ")+".", a.columnsOf())
	}
	for i, one := range next {
		head := "Next: "
		if i > 0 {
			head = "      "
		}
		b.WriteString(head + "`" + one + "`\n")
	}
	if len(next) == 0 {
		b.WriteString("All is well.\n")
	}
}
