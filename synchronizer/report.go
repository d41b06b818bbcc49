package synchronizer

import (
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
)

// Counts are what became of the records of one binding model in one run.
type Counts struct {
	Model     string `json:"model"`
	Odoo      string `json:"odoo"`
	Created   int    `json:"created"`           // on either side
	Updated   int    `json:"updated"`           // on either side
	Archived  int    `json:"archived"`          // put away on either side
	Moved     int    `json:"moved,omitempty"`   // put elsewhere in its order, on either side
	Deleted   int    `json:"deleted"`           // found deleted on one side; nothing is deleted by us
	Unchanged int    `json:"unchanged"`         // bound pairs that were not written, of which no job failed, and that none is left for
	Skipped   int    `json:"skipped"`           // left alone: what waits for review, above all
	Failed    int    `json:"failed"`            // a job of theirs failed; they count as nothing else but what was written of them
	Retired   int    `json:"retired,omitempty"` // left what is synchronized; nothing of theirs is touched until they come back
}

// JobCounts are what became of jobs in one run.
type JobCounts struct {
	Enqueued int `json:"enqueued"` // put into the line; what stood there already counts no second time
	Done     int `json:"done"`
	Failed   int `json:"failed"`
	Pending  int `json:"pending"` // left for later, at the end of the run
}

// RequestCounts are the requests that a run sent.
type RequestCounts struct {
	Odoo    int `json:"odoo"`
	Backend int `json:"backend"`
}

// Report is what one run over one backend did.
type Report struct {
	Backend  string        `json:"backend"`
	Odoo     string        `json:"odoo"` // the configuration's name
	Started  time.Time     `json:"started"`
	Duration int64         `json:"duration_ms"`
	Models   []*Counts     `json:"models"`
	Jobs     JobCounts     `json:"jobs"`
	Requests RequestCounts `json:"requests"`
	Limits   *Limits       `json:"limits,omitempty"` // how the run was narrowed
	// Warnings are what an administrator should put right and what stops nothing, one line each.
	Warnings []string `json:"warnings,omitempty"`

	touched map[string]map[string]bool // by model, external ids of bound records that were written
	skipped map[string]map[string]bool // by model, records left alone
	failing map[string]map[string]bool // by model, records whose job failed
}

func newReport(env *backend.Environment) *Report {
	r := &Report{
		Backend: env.Config.Name, Odoo: env.Config.Odoo, Models: []*Counts{},
		touched: map[string]map[string]bool{}, skipped: map[string]map[string]bool{},
		failing: map[string]map[string]bool{},
	}
	for _, m := range env.Backend.AllModels() {
		r.Models = append(r.Models, &Counts{Model: m.Name, Odoo: m.OdooModel})
		r.touched[m.Name], r.skipped[m.Name] = map[string]bool{}, map[string]bool{}
		r.failing[m.Name] = map[string]bool{}
	}
	return r
}

// Of are the counts of one binding model.
func (r *Report) Of(model string) *Counts {
	for _, c := range r.Models {
		if c.Model == model {
			return c
		}
	}
	return &Counts{Model: model}
}

// warn adds a warning, once.
func (r *Report) warn(text string) {
	if !slices.Contains(r.Warnings, text) {
		r.Warnings = append(r.Warnings, text)
	}
}

// touch notes that a bound record was written, and reports whether it was before in this run.
func (r *Report) touch(model, externalID string) (before bool) {
	before = r.touched[model][externalID]
	r.touched[model][externalID] = true
	return before
}

// skip counts a record as left alone, however often it is met, unless it counts as failed.
func (r *Report) skip(model, record string) {
	if r.failing[model][record] {
		return
	}
	r.skipped[model][record] = true
	r.Of(model).Skipped = len(r.skipped[model])
}

// fail counts a record as failed, however many of its jobs did, and not as left alone.
func (r *Report) fail(model, record string) {
	if r.failing[model] == nil { // there is no such model
		return
	}
	r.unskip(model, record)
	r.failing[model][record] = true
	r.Of(model).Failed = len(r.failing[model])
}

// failed tells whether a job of a bound record failed, whichever half it was named by.
func (r *Report) failed(model string, b binding.Brief) bool {
	all := r.failing[model]
	if unbound := unboundKey(b.OdooID, b.Scope); all[unbound] {
		delete(all, unbound)
		r.fail(model, b.ExternalID)
	}
	return all[b.ExternalID]
}

// unskip takes back a skip: the record was settled later in the run.
func (r *Report) unskip(model, record string) {
	delete(r.skipped[model], record)
	r.Of(model).Skipped = len(r.skipped[model])
}

// Changed reports whether the run wrote anything on either side.
func (r *Report) Changed() bool {
	for _, c := range r.Models {
		if c.Created+c.Updated+c.Archived+c.Moved+c.Deleted > 0 {
			return true
		}
	}
	return false
}
