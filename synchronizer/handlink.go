package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// PairError says why two records cannot be bound to each other by hand.
type PairError struct {
	Model, ExternalID string
	OdooModel         string
	OdooID            int64
	Reason            string // with what to do
}

// Error names both records and the reason.
func (e *PairError) Error() string {
	return fmt.Sprintf("%s %s and %s %d cannot be bound: %s", e.Model, e.ExternalID, e.OdooModel, e.OdooID, e.Reason)
}

// Usage marks the error as the caller's.
func (*PairError) Usage() bool { return true }

// LinkPair lets a person bind an external record and an Odoo record, which he says are the same thing. Both are read to see that they
// are there, and neither may be bound yet. The decision is kept, with a job that carries it out, whose id comes back: it compares both
// sides as any first comparison does, and what differs waits for a decision, unless prefer names the side that wins. The id is 0 where
// the two are bound to each other already. What cannot be bound is a *PairError.
func (s *Synchronizer) LinkPair(ctx context.Context, model, externalID string, odooID int64, prefer binding.Side) (job int64, err error) {
	if err := s.env.HasModel(model); err != nil {
		return 0, err
	}
	m, _ := s.env.Model(model)
	refuse := func(reason string, args ...any) (int64, error) {
		return 0, &PairError{model, externalID, m.OdooModel, odooID, fmt.Sprintf(reason, args...)}
	}
	if reason := s.unlinkable(m); reason != "" {
		return refuse("%s", reason)
	}
	outside, err := s.thereOutside(ctx, m, externalID)
	if err != nil || outside == nil {
		return orRefuse(err, refuse, "there is no such %s; look at its id", m.Noun)
	}
	if reason, err := s.notInOdoo(ctx, m, odooID); err != nil || reason != "" {
		return orRefuse(err, refuse, "%s", reason)
	}
	scope := scopeOf(m, refID(*outside, m.ParentField))
	if same, reason, err := s.boundAlready(ctx, model, externalID, odooID, scope); err != nil || reason != "" || same {
		if same && err == nil {
			return 0, nil
		}
		return orRefuse(err, refuse, "%s", reason)
	}
	r := binding.Review{
		Model: model, ExternalID: externalID, Scope: scope, Parent: refID(*outside, m.ParentField), Name: nameOf(outside.Value(m.NameField)),
		Kind: binding.Ambiguous, Reason: "a person said which record it is", Created: s.env.Clock.Now(),
	}
	return s.Decide(ctx, r, binding.Decision{Verdict: binding.Link, OdooID: odooID, Prefer: prefer})
}

func orRefuse(err error, refuse func(string, ...any) (int64, error), reason string, args ...any) (int64, error) {
	if err != nil {
		return 0, err
	}
	return refuse(reason, args...)
}

// unlinkable says why no records of the model are bound by hand, "" where they are.
func (s *Synchronizer) unlinkable(m backend.Model) string {
	switch {
	case s.direction(m.Name) == config.DirectionOff:
		return fmt.Sprintf("%s is switched off in the configuration", m.Name)
	case m.LinkOnly:
		return "people are bound by what the configuration says of them; see the documentation of the system"
	case m.ByName:
		return fmt.Sprintf("a %s goes with the %s of its name; give one of them the other's name", m.Noun, m.OdooNoun)
	default:
		return ""
	}
}

// thereOutside reads an external record, nil where there is none.
func (s *Synchronizer) thereOutside(ctx context.Context, m backend.Model, id string) (*record.Record, error) {
	adapter, err := s.env.Adapter(m.Name)
	if err != nil {
		return nil, err
	}
	results, err := adapter.Read(ctx, []backend.Key{{ID: id}})
	if err != nil {
		return nil, err
	}
	switch r := results[0]; {
	case errors.Is(r.Err, backend.ErrNotFound):
		return nil, nil
	case r.Err != nil:
		return nil, r.Err
	default:
		return &r.Record, nil
	}
}

// notInOdoo says why an Odoo record cannot be a half of a pair, "" where it can.
func (s *Synchronizer) notInOdoo(ctx context.Context, m backend.Model, id int64) (reason string, err error) {
	_, missing, err := s.reading().Read(ctx, m.OdooModel, []int64{id}, []string{m.OdooNameField})
	if err != nil {
		return "", err
	}
	if len(missing) > 0 {
		return fmt.Sprintf("there is no such %s in Odoo; look at its id", m.OdooNoun), nil
	}
	if m.Domain == nil {
		return "", nil
	}
	fit, err := s.reading().Search(ctx, m.OdooModel, odoo.And(odoo.Cond("id", "=", id), m.Domain), odoo.SearchOptions{})
	if err == nil && len(fit) == 0 {
		reason = fmt.Sprintf("%s %d is none that can be a %s: it is outside of %s", m.OdooNoun, id, m.Noun, m.Domain)
	}
	return reason, err
}

// boundAlready tells whether the two are bound to each other, or says to what one of them is bound.
func (s *Synchronizer) boundAlready(ctx context.Context, model, externalID string, odooID int64, scope string) (same bool, reason string, err error) {
	outside, err := s.env.Binder.Lean().ByExternal(ctx, model, []string{externalID})
	if err != nil {
		return false, "", err
	}
	inOdoo, err := s.env.Binder.Lean().ByOdoo(ctx, model, []int64{odooID})
	if err != nil {
		return false, "", err
	}
	var others []string
	if b, bound := outside[externalID]; bound {
		if b.OdooID == odooID {
			return true, "", nil
		}
		others = append(others, fmt.Sprint(b.ID))
	}
	for _, b := range inOdoo[odooID] {
		if b.Scope == scope && b.Role == binding.Primary {
			others = append(others, fmt.Sprint(b.ID))
		}
	}
	if len(others) == 0 {
		return false, "", nil
	}
	return false, fmt.Sprintf("bound already, by binding %s; look at it with `connector bindings show`, and take it away with "+
		"`connector bindings unlink`", strings.Join(others, " and ")), nil
}
