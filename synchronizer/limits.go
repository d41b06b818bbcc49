package synchronizer

import (
	"context"
	"slices"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
)

// Limits narrow one run. What they leave out is found by the next run without them: no position goes past what was not looked at, no
// job is given up, and nothing is taken for seen. The zero value narrows nothing.
type Limits struct {
	// Models are the binding models that are looked at; nil: all. What one of their records points to is made where it is missing, of
	// whatever model, and jobs that are in the line already are run.
	Models []string `json:"models,omitempty"`
	// Direction is import or export where the run goes one way only: nothing is written on the side that it comes from. Of a pair in
	// which that side changed, the change stays as it is. The order of records is left alone, since it takes both sides.
	Direction config.Direction `json:"direction,omitempty"`
	// Full has every record of Odoo read, whenever it was written, and every bound pair compared anew by a job of its own.
	Full bool `json:"full,omitempty"`
	// Records is how many records are created, changed, moved or deleted at most; 0: as many as there are. The run of the backend ends
	// there, and the jobs that are left wait for the next.
	Records int `json:"limit,omitempty"`
	// Reached says that there was more to do than Records allow.
	Reached bool `json:"reached,omitempty"`
}

// None says that nothing is narrowed, nor widened.
func (l Limits) None() bool {
	return len(l.Models) == 0 && (l.Direction == "" || l.Direction == config.DirectionBoth) && !l.Full && l.Records == 0
}

// looksAtAll says that nothing is left out: what such a run did not find is not there.
func (l Limits) looksAtAll() bool {
	narrowed := l
	narrowed.Full = false
	return narrowed.None()
}

// limit narrows the next run.
func (s *Synchronizer) limit(l Limits) {
	s.limits, s.spent = l, map[string]bool{}
	s.report.Limits = nil
	if !l.None() {
		s.report.Limits = &s.limits
	}
}

// looks says that the run looks at a model.
func (s *Synchronizer) looks(model string) bool {
	return len(s.limits.Models) == 0 || slices.Contains(s.limits.Models, model)
}

// within narrows a direction to that of the run.
func (l Limits) within(d config.Direction) config.Direction {
	switch {
	case l.Direction == config.DirectionImport && !d.Imports(), l.Direction == config.DirectionExport && !d.Exports():
		return config.DirectionOff
	case l.Direction == config.DirectionImport, l.Direction == config.DirectionExport:
		return l.Direction
	default:
		return d
	}
}

// oneWay says that this run leaves out one of the model's directions.
func (s *Synchronizer) oneWay(model string) bool {
	return s.direction(model) != s.env.Settings(model).Direction
}

// leftOut is the direction of a model that this run leaves out, "" for none.
func (s *Synchronizer) leftOut(model string) config.Direction {
	configured, now := s.env.Settings(model).Direction, s.direction(model)
	switch {
	case configured.Imports() && !now.Imports():
		return config.DirectionImport
	case configured.Exports() && !now.Exports():
		return config.DirectionExport
	default:
		return ""
	}
}

// leave puts an item back into the line, for a run that is not narrowed as this one is.
func (sl *slice) leave(it *item, why string) error {
	it.plan = Plan{}
	return sl.close(it, jobs.Outcome{Kind: jobs.Postponed, After: leftFor, Result: why})
}

// leftFor is how long an item that is left is not tried again, so that the run which leaves it comes to its end.
const leftFor = time.Second

// awaitLeft waits until the jobs may run that a narrowed run left right before this one.
func (s *Synchronizer) awaitLeft(ctx context.Context) error {
	at, later, err := s.queue.NextETA(ctx, s.env.Config.Name)
	if err != nil || !later || at.Sub(s.env.Clock.Now()) > leftFor {
		return err
	}
	return s.env.Clock.Sleep(ctx, leftFor)
}

const leftToBoth = "left to a run of both directions"

// leaveOtherWay ends the unbound items that would go the way that this run leaves out: they, and what a person decided about them, stay
// as they are.
func (sl *slice) leaveOtherWay(context.Context) error {
	if !sl.oneWay(sl.model.Name) {
		return nil
	}
	configured, now := sl.env.Settings(sl.model.Name).Direction, sl.direction(sl.model.Name)
	for _, it := range sl.unfinished() {
		imports := it.external != nil && configured.Imports() && !now.Imports()
		exports := it.external == nil && configured.Exports() && !now.Exports()
		if it.binding.ID != 0 || (!imports && !exports) {
			continue
		}
		if err := sl.leave(it, leftToBoth); err != nil {
			return err
		}
	}
	return nil
}

// spend says that one more record may be written, and counts it, once. When there are no more the run ends after what it has in hand.
func (s *Synchronizer) spend(model, record string) bool {
	key := keyOf(model, record)
	if s.limits.Records == 0 || s.spent[key] {
		return true
	}
	if len(s.spent) >= s.limits.Records {
		s.limits.Reached = true
		return false
	}
	s.spent[key] = true
	return true
}

// spendAlso counts a record under another key that it goes by, too: it is still one.
func (s *Synchronizer) spendAlso(model, before, after string) {
	if key := keyOf(model, before); s.spent[key] && before != after {
		delete(s.spent, key)
		s.spent[keyOf(model, after)] = true
	}
}

// writes says that the plan writes on either side.
func (p Plan) writes() bool {
	return p.Action == CreateOdoo || p.Action == CreateExternal || p.Action == Update || p.Action == Rebind
}
