package cmd

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

// condition is how a backend is doing, in one word.
type condition string

// The conditions, the worst first.
const (
	conditionDenied  condition = "denied"  // out, since a server lets nobody in
	conditionOut     condition = "out"     // a server doesn't answer
	conditionPaused  condition = "paused"  // by a person
	conditionStale   condition = "stale"   // a run was due, or the last success is too old
	conditionNever   condition = "never"   // it was never run
	conditionFailing condition = "failing" // jobs failed
	conditionDied    condition = "died"    // a worker died with jobs in hand
	conditionReview  condition = "review"  // records wait for a decision
	conditionOK      condition = "ok"
)

var conditions = []condition{
	conditionDenied, conditionOut, conditionPaused, conditionStale, conditionNever, conditionFailing, conditionDied, conditionReview, conditionOK,
}

// troubleView is something about a backend that a person should do something about.
type troubleView struct {
	Condition condition `json:"condition"`
	What      string    `json:"what"`
	Do        string    `json:"do"` // the command to try next
}

// code is the exit code of a condition under --check, exitOK where it is no failure.
func (c condition) code() int {
	switch c {
	case conditionDenied:
		return exitDenied
	case conditionOut, conditionPaused, conditionStale, conditionNever:
		return exitEnvironment
	case conditionFailing:
		return exitFailedJobs
	case conditionDied, conditionReview, conditionOK:
		return exitOK
	default:
		return exitInternal
	}
}

// judge finds what is wrong with a backend, the worst first.
func (s *statusLook) judge(p *statusPart) {
	for _, look := range []func(*statusPart){s.judgeOutage, s.judgePauses, s.judgeAge, s.judgeJobs, s.judgeReviews} {
		look(p)
	}
	slices.SortStableFunc(p.Troubles, func(a, b troubleView) int {
		return slices.Index(conditions, a.Condition) - slices.Index(conditions, b.Condition)
	})
	if len(p.Troubles) > 0 {
		p.Condition = p.Troubles[0].Condition
	}
}

func (p *statusPart) trouble(c condition, do, format string, args ...any) {
	p.Troubles = append(p.Troubles, troubleView{c, fmt.Sprintf(format, args...), do})
}

func (s *statusLook) judgeOutage(p *statusPart) {
	o := p.Outage
	if o == nil {
		return
	}
	c := conditionOut
	if o.Code == "denied" {
		c = conditionDenied
	}
	p.trouble(c, "connector doctor", "out for %s: %s", s.ago(o.Since), plain(o.Reason))
}

func (s *statusLook) judgePauses(p *statusPart) {
	for _, pause := range p.Pauses {
		do := "connector jobs resume --all"
		if pause.Scope != jobs.PauseAll {
			do = fmt.Sprintf("connector jobs resume --%s %s", pause.Scope, quoted(pause.Name))
		}
		p.trouble(conditionPaused, do, "%s", pauseText(pause))
	}
}

// pauseText says what is paused since when, until when, and why.
func pauseText(p pauseView) string {
	text := scopeName(p.Scope, strings.TrimPrefix(p.Name, jobs.Root+".")) + " paused by hand"
	if p.Since != nil {
		text += " since " + when(*p.Since)
	}
	if p.Until != nil {
		text += ", until " + when(*p.Until)
	}
	if p.Reason != "" {
		text += ": " + plain(p.Reason)
	}
	return text
}

// judgeAge finds a backend that is not run as it should be. Who works on it now will have brought it in step.
func (s *statusLook) judgeAge(p *statusPart) {
	sync := "connector sync " + quoted(p.Name)
	switch {
	case p.LastRun == nil && len(p.Running) == 0:
		p.trouble(conditionNever, sync, "never run yet")
	case len(p.Running) > 0:
	case p.Next != nil && p.Next.Overdue:
		p.trouble(conditionStale, "connector schedule list", "%s of the schedule was due %s ago, and nobody runs it", p.Next.Schedule, s.ago(&p.Next.At))
	case s.options.maxAge > 0 && p.LastSuccess == nil:
		p.trouble(conditionStale, sync, "no run that looked at everything went well yet")
	case s.options.maxAge > 0 && s.now.Sub(*p.LastSuccess) > s.options.maxAge:
		p.trouble(conditionStale, sync, "the last success is %s old", s.ago(p.LastSuccess))
	}
}

func (s *statusLook) judgeJobs(p *statusPart) {
	if total := p.total(); total.Failed > 0 {
		p.trouble(conditionFailing, "connector jobs errors --backend "+quoted(p.Name), "%s failed", count(total.Failed, "job", "jobs"))
	}
	for _, d := range p.Died {
		p.trouble(conditionDied, "connector sync "+quoted(p.Name), "%s died with %s in hand, which the next run takes back",
			d.Worker, count(d.InHand, "job", "jobs"))
	}
}

func (s *statusLook) judgeReviews(p *statusPart) {
	if total := p.total(); total.Reviews > 0 {
		p.trouble(conditionReview, "connector review list "+quoted(p.Name), "%s for a decision", countWaits(total.Reviews))
	}
}

func countWaits(n int) string {
	if n == 1 {
		return "1 record waits"
	}
	return fmt.Sprintf("%d records wait", n)
}

// total sums the models up.
func (p *statusPart) total() (t statusModel) {
	for _, m := range p.Models {
		t.add(m)
	}
	return t
}

// ago is how long ago a time was, in words that follow each other.
func (s *statusLook) ago(t *time.Time) string {
	if t == nil {
		return "some time"
	}
	return span(s.now.Sub(*t))
}

// attentionError says that backends need somebody's attention, for `status --check`.
type attentionError struct {
	text string
	code int
}

func (e *attentionError) Error() string { return e.text }

// Code is that of backends which need somebody's attention.
func (*attentionError) Code() string { return "CON-STATUS-ATTENTION" }

// exitCode is that of the worst of them.
func (e *attentionError) exitCode() int { return e.code }

// attentionOf is nil where all is well, or waits for nothing but decisions.
func attentionOf(v statusView) error {
	var worst troubleView
	var names []string
	code := exitOK
	for _, p := range v.Backends {
		bad := false
		for _, t := range p.Troubles {
			c := t.Condition.code()
			if c == exitOK {
				continue
			}
			bad = true
			if code == exitOK || slices.Index(precedence, c) < slices.Index(precedence, code) {
				worst, code = t, c
			}
		}
		if bad {
			names = append(names, fmt.Sprintf("%s: %s", p.Name, p.Condition.words()))
		}
	}
	if code == exitOK {
		return nil
	}
	return &attentionError{fmt.Sprintf("%s; try `%s`", strings.Join(names, ", "), worst.Do), code}
}
