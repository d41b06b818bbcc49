package conformance_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// makers are the methods whose answers name new records.
var makers = []string{"create", "copy", "load", "name_create"}

// note keeps what a call made, for finish to remove.
func (r *run) note(s step, got any) {
	if !slices.Contains(makers, s.Call[1]) {
		return
	}
	if answer, ok := got.(map[string]any); ok {
		got = answer["ids"]
	}
	r.track(s.role(), s.Call[0], idsIn(got))
}

// trackNamed keeps what a step says that it made beside its answer: lines of a one2many, records
// that Odoo makes by itself.
func (r *run) trackNamed(s step, saved variables) error {
	for _, model := range slices.Sorted(maps.Keys(s.Track)) {
		node := s.Track[model]
		value, err := saved.value(&node)
		if err != nil {
			return err
		}
		r.track(s.role(), model, idsIn(value))
	}
	return nil
}

func (r *run) track(role, model string, ids []int64) {
	key := made{role, model}
	if _, known := r.made[key]; !known {
		r.order = append(r.order, key)
	}
	for _, id := range ids {
		if !slices.Contains(r.made[key], id) {
			r.made[key] = append(r.made[key], id)
		}
	}
}

// removal is the order in which models are emptied: what restricts the removal of others first.
var removal = []string{"sale.order", "project.task", "project.project", "project.task.type", "project.tags", "ir.attachment"}

// last are removed after all others.
var last = []string{"res.partner.category", "res.users", "res.partner"}

func rank(model string) int {
	if at := slices.Index(removal, model); at >= 0 {
		return at - len(removal)
	}
	return 1 + slices.Index(last, model)
}

// finish removes what was made and logs the summary.
func (r *run) finish(t *testing.T) {
	if err := r.removeAll(); err != nil {
		t.Errorf("removing what the suite made: %v", err)
	}
	t.Log(r.summary())
	for _, reason := range slices.Sorted(maps.Keys(r.tally.skipped)) {
		t.Logf("conformance: skipped %d: %s", r.tally.skipped[reason], reason)
	}
	if len(r.tally.left) > 0 {
		t.Logf("conformance: left behind, archived where Odoo can: %s", strings.Join(r.tally.left, ", "))
	}
}

// removeAll goes on after an error, so that one model leaves no other behind.
func (r *run) removeAll() error {
	slices.SortStableFunc(r.order, func(a, b made) int { return rank(a.model) - rank(b.model) })
	var all []error
	for _, key := range r.order {
		all = append(all, r.remove(key))
	}
	return errors.Join(all...)
}

// remove deletes the records of one model that are still there. What Odoo never deletes is archived
// and told.
func (r *run) remove(key made) error {
	s, err := r.session(key.role)
	if err != nil {
		return err
	}
	s = s.WithContext(map[string]any{"active_test": false, "tracking_disable": true})
	ids, err := s.Search(ctx, key.model, odoo.Cond("id", "in", anyOf(r.made[key])), odoo.SearchOptions{Order: "id desc"})
	if err != nil || s.Unlink(ctx, key.model, ids) == nil {
		return err
	}
	var all []error
	for _, id := range ids {
		if why := s.Unlink(ctx, key.model, []int64{id}); why != nil {
			all = append(all, r.archive(s, key.model, id, why))
		}
	}
	return errors.Join(all...)
}

// keeping are the models whose records Odoo keeps for ever once they were used.
var keeping = []string{"product.template", "product.product", "res.users", "res.partner", "stock.quant"}

func (r *run) archive(s *odoo.Session, model string, id int64, why error) error {
	if !slices.Contains(keeping, model) {
		return why
	}
	r.tally.left = append(r.tally.left, fmt.Sprintf("%s %d", model, id))
	if model == "stock.quant" {
		return nil
	}
	return s.Write(ctx, model, []int64{id}, map[string]record.Value{"active": record.Bool(false)})
}

func anyOf(ids []int64) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return list
}

// summary is the line that docs/verification.md quotes.
func (r *run) summary() string {
	skipped, reasons := 0, []string(nil)
	for _, reason := range slices.Sorted(maps.Keys(r.tally.skipped)) {
		skipped += r.tally.skipped[reason]
		reasons = append(reasons, reason)
	}
	why := ""
	if skipped > 0 {
		why = " (" + strings.Join(reasons, "; ") + ")"
	}
	return fmt.Sprintf("conformance: Odoo %s, %s, user %s (uid %d): %d cases, %d passed, %d failed, %d skipped%s",
		r.version, r.protocol, r.accounts["admin"].user, r.shared["uid"], r.tally.passed+r.tally.failed+skipped, r.tally.passed, r.tally.failed, skipped, why)
}
