package synchronizer

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
)

// Operation is what a sync would do with a record.
type Operation string

// The operations.
const (
	WouldCreate  Operation = "create"  // on the change's side
	WouldUpdate  Operation = "update"  // on the change's side
	WouldArchive Operation = "archive" // put away on the change's side
	WouldMove    Operation = "move"    // put elsewhere in its order, on the change's side
	WouldLink    Operation = "link"    // bound to the other half, and written on neither side
	FoundDeleted Operation = "delete"  // found deleted on one side; on the change's side it would be deleted, too
	WouldRetire  Operation = "retire"  // it left what is synchronized
	WouldReview  Operation = "review"  // it waits for a person to decide, or would
	WouldWait    Operation = "wait"    // it cannot be planned yet
	WouldSkip    Operation = "skip"    // left alone
	WouldFail    Operation = "fail"    // its job would fail
)

// BothSides is the side of a change that is written on both.
const BothSides binding.Side = "both"

// PlannedChange is what a sync would do with one record, or with its place in its order.
type PlannedChange struct {
	Model      string         `json:"model"` // the binding model
	Operation  Operation      `json:"operation"`
	Side       binding.Side   `json:"side,omitempty"` // which side would be written: odoo, backend or both
	Name       string         `json:"name"`
	Parent     string         `json:"parent,omitempty"`      // the name of what it lives in; of a move, of what the order is within
	ExternalID string         `json:"external_id,omitempty"` // "" where it has none yet
	OdooID     int64          `json:"odoo_id,omitempty"`     // 0 where it has none yet
	Linked     bool           `json:"linked,omitempty"`      // two records that were there would be bound to each other
	Fields     []PlannedField `json:"fields,omitempty"`
	Reason     string         `json:"reason,omitempty"`

	parent, parentModel string // external id of the parent, and its binding model where it is not the model's own
	after               string // of a move: the external id of what it would follow, "" for the first place
	named               bool   // Name is an external id
}

// PlannedField is what a sync would write into one field, or why it would leave it alone (Side is "" then).
type PlannedField struct {
	Field  string       `json:"field"` // as the mapping calls it
	Side   binding.Side `json:"side,omitempty"`
	Before PlannedValue `json:"before"` // null for a record that is not there yet
	After  PlannedValue `json:"after"`
	Note   string       `json:"note,omitempty"` // for people: why, or what is lost
}

// PlannedValue is a canonical value, with the names of what it points to.
type PlannedValue struct {
	record.Value
	Names []string // of the linked records, sorted; for links alone
}

// MarshalJSON writes null, booleans, numbers and texts as such, a moment as RFC 3339, the name of one linked record and a list of the
// names of several, and of bytes how many there are.
func (v PlannedValue) MarshalJSON() ([]byte, error) {
	switch v.Kind() {
	case record.KindNull:
		return []byte("null"), nil
	case record.KindBool:
		return json.Marshal(v.AsBool())
	case record.KindInt:
		return json.Marshal(v.AsInt())
	case record.KindDecimal:
		return json.Marshal(json.Number(v.AsText()))
	case record.KindInstant:
		return json.Marshal(v.AsTime().UTC().Format(time.RFC3339))
	case record.KindRef:
		return json.Marshal(firstName(v.Names))
	case record.KindRefSet:
		return json.Marshal(append([]string{}, v.Names...))
	case record.KindBytes:
		return json.Marshal(v.String())
	default:
		return json.Marshal(v.AsText())
	}
}

func firstName(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// Forecast is what a sync of one backend would do, by a dry run.
type Forecast struct {
	Backend  string           `json:"backend"`
	Odoo     string           `json:"odoo"` // the configuration's name
	DryRun   bool             `json:"dry_run"`
	Changes  []*PlannedChange `json:"changes"` // parents before what lives in them
	Summary  []PlannedCount   `json:"summary"` // the changes by operation and side
	Models   []*Counts        `json:"models"`  // as the sync's report would have them
	Requests RequestCounts    `json:"requests"`
	Limits   *Limits          `json:"limits,omitempty"` // how the run was narrowed
	Warnings []string         `json:"warnings,omitempty"`
}

// PlannedCount is how many records one operation would go over on one side.
type PlannedCount struct {
	Operation Operation    `json:"operation"`
	Side      binding.Side `json:"side,omitempty"`
	Count     int          `json:"count"`
}

// summed are the changes by operation and side: in the order of the operations, Odoo's side first.
func summed(changes []*PlannedChange) []PlannedCount {
	counts := map[PlannedCount]int{}
	for _, c := range changes {
		counts[PlannedCount{Operation: c.Operation, Side: c.Side}]++
	}
	out := []PlannedCount{}
	for _, op := range []Operation{
		WouldCreate, WouldUpdate, WouldArchive, WouldMove, WouldLink, FoundDeleted, WouldRetire, WouldReview, WouldWait, WouldSkip, WouldFail,
	} {
		for _, side := range []binding.Side{binding.Odoo, binding.External, BothSides, binding.NoSide} {
			if n := counts[PlannedCount{Operation: op, Side: side}]; n > 0 {
				out = append(out, PlannedCount{op, side, n})
			}
		}
	}
	return out
}

// DryRun finds out what [Sync] would do, and writes on neither side. The synchronizers must be made for it alone: with a copy of the
// state, in which the run keeps what it finds out, and with sessions that only read. It waits for nothing: a creation whose outcome is
// still open is reported as waiting. The answers have an entry for each synchronizer.
func DryRun(ctx context.Context, all []*Synchronizer, o RunOptions) ([]*Forecast, []error) {
	o.dry = true
	for _, s := range all {
		s.dry = newDryRun()
	}
	errs := Sync(ctx, all, o)
	out := make([]*Forecast, len(all))
	for i, s := range all {
		var err error
		if out[i], err = s.forecast(ctx); errs[i] == nil {
			errs[i] = err
		}
	}
	return out, errs
}

// BeginDry is [Synchronizer.Begin] for those who only want to know what would be: what an earlier run left is taken back in the copy of
// the state alone, and on neither side anything is written. The synchronizer must be made for it, as for [DryRun].
func (s *Synchronizer) BeginDry(ctx context.Context) error {
	s.dry = newDryRun()
	return s.Begin(ctx)
}

// forecast puts together what a dry run found out.
func (s *Synchronizer) forecast(ctx context.Context) (*Forecast, error) {
	f := &Forecast{
		Backend: s.report.Backend, Odoo: s.report.Odoo, DryRun: true, Changes: []*PlannedChange{}, Models: s.report.Models,
		Limits: s.report.Limits, Warnings: s.report.Warnings,
	}
	reviews, err := s.plannedReviews(ctx)
	if err != nil {
		return f, err
	}
	f.Changes = append(f.Changes, s.dry.changes...)
	for _, key := range sortedKeys(s.dry.open) {
		f.Changes = append(f.Changes, s.dry.open[key])
	}
	f.Changes = append(f.Changes, reviews...)
	place := map[string]int{}
	for i, m := range s.env.Backend.AllModels() {
		place[m.Name] = i
	}
	f.Summary = summed(f.Changes)
	slices.SortStableFunc(f.Changes, func(a, b *PlannedChange) int { return cmp.Compare(place[a.Model], place[b.Model]) })
	return f, s.nameAll(ctx, f.Changes)
}

// plannedReviews are the reviews that would be open then.
func (s *Synchronizer) plannedReviews(ctx context.Context) (out []*PlannedChange, err error) {
	for _, m := range s.env.Backend.AllModels() {
		reviews, err := s.env.Binder.Reviews(ctx, m.Name)
		if err != nil {
			return nil, err
		}
		for _, r := range reviews {
			if r.Kind == binding.Deleted {
				continue
			}
			c := &PlannedChange{
				Model: m.Name, Operation: WouldReview, Name: r.Name, ExternalID: r.ExternalID, OdooID: r.OdooID, Reason: r.Reason, parent: r.Parent,
			}
			if r.Decision.Verdict == binding.Skipped {
				c.Operation, c.Reason = WouldSkip, "a person decided so: "+r.Reason
			}
			if r.Field != "" {
				c.Fields = []PlannedField{{Field: r.Field}}
			}
			if isMadeUp(c.ExternalID) {
				c.ExternalID = ""
			}
			if c.OdooID >= firstMadeUp {
				c.OdooID = 0
			}
			out = append(out, c)
		}
	}
	return out, nil
}

// nameAll fills in the names of parents, and of what values and moves point to.
func (s *Synchronizer) nameAll(ctx context.Context, changes []*PlannedChange) error {
	n := newNaming(s)
	for _, c := range changes {
		if m, ok := s.env.Model(c.Model); ok && c.parentModel == "" {
			c.parentModel = m.Parent
		}
		n.want(c.parentModel, c.parent)
		if c.named {
			n.want(c.Model, c.Name)
			n.want(c.Model, c.after)
		}
		for _, f := range c.Fields {
			for _, ref := range append(f.Before.AsRefs(), f.After.AsRefs()...) {
				n.want(ref.Model, ref.ID)
			}
		}
	}
	if err := n.find(ctx); err != nil {
		return err
	}
	for _, c := range changes {
		if c.parent != "" {
			c.Parent = n.of(c.parentModel, c.parent)
		}
		if c.named {
			c.Name, c.Reason = n.of(c.Model, c.Name), "to the first place"
			if c.after != "" {
				c.Reason = fmt.Sprintf("right after '%s'", n.of(c.Model, c.after))
			}
		}
		for i := range c.Fields {
			c.Fields[i].Before.Names, c.Fields[i].After.Names = n.all(c.Fields[i].Before), n.all(c.Fields[i].After)
		}
	}
	return nil
}
