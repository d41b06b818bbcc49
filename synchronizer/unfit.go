package synchronizer

import (
	"errors"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// isUnfit says that a value cannot become what the other side's field holds. That is the field's matter, not the record's.
func isUnfit(err error) bool {
	var u *mapping.UnfitError
	return errors.As(err, &u)
}

// passing is the fingerprint of a review about a value that may fit though nobody touches the record: once an option is added.
const passing = "passing"

// pendsOutside says that a review may come to an end by something that changes outside, though the Odoo record stays as it is.
func pendsOutside(r binding.Review) bool {
	return r.Kind == binding.MissingReference || (r.Kind == binding.Unfit && (r.Field == "" || r.Fingerprint == passing))
}

// leaveUnfit leaves a field alone whose value does not fit, and asks for review. Both sides count as seen, so that nobody looks
// again before one of them changes.
func (p Pair) leaveUnfit(f mapping.Field, err error, plan *Plan) FieldPlan {
	fp := FieldPlan{Field: f.Name, Note: err.Error(), keep: true}
	if st, known := p.Binding.Base(f.Name); known {
		fp.Base, fp.Result = st.Base, st.Base
	}
	p.review(plan, f.Name, binding.Unfit, f.Name+": "+fp.Note)
	return fp
}

// unfit says that fields were left out of a creation because their values do not fit.
func (p Plan) unfit() bool {
	for _, fp := range p.Fields {
		if fp.hold && fp.Note != "" {
			return true
		}
	}
	return false
}

// unset says that a side has nothing in a field: it is empty, or holds what a field holds that nobody filled in.
func unset(f mapping.Field, v record.Value) bool {
	return v.IsNull() || (f.Unset != nil && f.Unset(v))
}
