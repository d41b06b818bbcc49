package synchronizer

import (
	"context"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

// Phase is what a run does at a moment.
type Phase string

// The phases. Each is of one binding model, but for the first.
const (
	Settling       Phase = "settle"        // finds out what became of earlier creations
	PollingOutside Phase = "poll_external" // compares external records with their bindings
	PollingOdoo    Phase = "poll_odoo"     // compares Odoo's records with their bindings
	Importing      Phase = "import"        // runs jobs that import
	Exporting      Phase = "export"        // runs jobs that export
	Ordering       Phase = "order"         // runs jobs that bring records into order
)

// Stage is how far a run is.
type Stage struct {
	Backend string
	Phase   Phase
	Model   string // the binding model
	Done    int    // records, or jobs
	Total   int    // as far as it is known by now; it may grow. 0: not known
}

// Witness is told what a run does while it does it, for those who wait. Each function may be nil; all of them must be quick, and may be
// called by several goroutines at a time.
type Witness struct {
	// Stage is told whenever a run has got on, for hundreds of records as for one.
	Stage func(Stage)
	// TookBack is told how many jobs of a process that died were taken back.
	TookBack func(backend string, count int)
	// Held is told of those who have jobs of the backend in hand although they lost its lock, and whether the run waits for their end.
	Held func(backend string, h Holders, waits bool)
	// Unsettled is told that so many creations that were broken off may still take effect, and for how long the last of them.
	Unsettled func(backend string, count int, longest time.Duration)
}

// at tells how far the run is.
func (s *Synchronizer) at(phase Phase, model string, done, total int) {
	if s.witness.Stage != nil {
		s.witness.Stage(Stage{Backend: s.env.Config.Name, Phase: phase, Model: model, Done: done, Total: total})
	}
}

// phaseOf is the phase in which jobs of a function are run.
func phaseOf(function string) Phase {
	switch function {
	case ImportRecord:
		return Importing
	case ExportRecord:
		return Exporting
	default:
		return Ordering
	}
}

// atWork tells of the beginning of a slice of jobs.
func (s *Synchronizer) atWork(slice []jobs.Job) {
	if len(slice) > 0 {
		s.at(phaseOf(slice[0].Function), slice[0].Model, s.finished, s.found+s.report.Jobs.Enqueued)
	}
}

// finishedOne tells of the end of a job, and counts the record of one that failed.
func (s *Synchronizer) finishedOne(j jobs.Job) {
	if j.State == jobs.StateDone || j.State == jobs.StateFailed {
		s.finished++
	}
	if a, err := recordFunc(j.Function).Args(j); err == nil && j.State == jobs.StateFailed && j.Function != OrderRecords {
		s.report.fail(a.Model, a.key()) // by the last of its tries, or a panic, of which no slice knows
	}
	s.at(phaseOf(j.Function), j.Model, s.finished, s.found+s.report.Jobs.Enqueued)
}

// tellUnsettled tells of the creations that are still open when all have been looked for.
func (s *Synchronizer) tellUnsettled(ctx context.Context) error {
	if s.witness.Unsettled == nil {
		return nil
	}
	intents, err := s.env.Binder.Intents(ctx)
	open, longest := 0, time.Duration(0)
	for _, b := range intents {
		if wait := s.openFor(b); wait > 0 {
			open, longest = open+1, max(longest, wait)
		}
	}
	if open > 0 {
		s.witness.Unsettled(s.env.Config.Name, open, longest)
	}
	return err
}
