package synchronizer

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// Adoption are bindings that come from elsewhere: from another connector, or from an export of this one.
type Adoption struct {
	// Pairs are as they were given. What is left out of scope and parent is filled in by what the server says.
	Pairs []binding.Binding
	// Problems say, for pairs that cannot be bound, why; by their index.
	Problems map[int]string
	// Same are those that are bound so already.
	Same map[int]bool
}

// adoptChunk is how many pairs are asked for, and written, at a time.
const adoptChunk = 500

// CheckAdoption looks at pairs before any is bound: that the models are known, that no record is bound twice, and that both records are
// there. What it finds wrong is in the Problems; an error is of the servers or the state.
func (s *Synchronizer) CheckAdoption(ctx context.Context, pairs []binding.Binding) (*Adoption, error) {
	a := &Adoption{Pairs: pairs, Problems: map[int]string{}, Same: map[int]bool{}}
	by := map[string][]int{}
	var order []string
	for i := range pairs {
		name := pairs[i].Model
		m, ok := s.env.Model(name)
		switch {
		case !ok:
			a.Problems[i] = fmt.Sprintf("%s has no binding model %q", s.env.Config.Name, name)
		case pairs[i].ExternalID == "" || pairs[i].OdooID <= 0:
			a.Problems[i] = "it needs the id of both records"
		case pairs[i].OdooModel != "" && pairs[i].OdooModel != m.OdooModel:
			a.Problems[i] = fmt.Sprintf("%s goes with %s, not with %s", name, m.OdooModel, pairs[i].OdooModel)
		default:
			if by[name] == nil {
				order = append(order, name)
			}
			pairs[i].OdooModel = m.OdooModel
			by[name] = append(by[name], i)
		}
	}
	for _, name := range order {
		m, _ := s.env.Model(name)
		for rows := by[name]; len(rows) > 0; rows = rows[min(adoptChunk, len(rows)):] {
			chunk := rows[:min(adoptChunk, len(rows))]
			for _, look := range []func(context.Context, backend.Model, *Adoption, []int) error{s.adoptOutside, s.adoptOdoo, s.adoptBound} {
				if err := look(ctx, m, a, chunk); err != nil {
					return a, err
				}
			}
		}
	}
	a.twice()
	return a, nil
}

// adoptOutside reads the external records, and fills in where they live. People are no records of their own.
func (s *Synchronizer) adoptOutside(ctx context.Context, m backend.Model, a *Adoption, rows []int) error {
	if m.LinkOnly {
		return nil
	}
	adapter, err := s.env.Adapter(m.Name)
	if err != nil {
		return err
	}
	keys := make([]backend.Key, len(rows))
	for n, i := range rows {
		keys[n] = backend.Key{ID: a.Pairs[i].ExternalID, Parent: a.Pairs[i].Parent}
	}
	read := adapter.Read
	if listed, ok := adapter.(backend.ListedReader); ok {
		read = listed.ReadListed
	}
	results, err := read(ctx, keys)
	if err != nil {
		return err
	}
	for n, i := range rows {
		p, r := &a.Pairs[i], results[n]
		gone := !p.ExternalGone.IsZero()
		switch {
		case errors.Is(r.Err, backend.ErrNotFound) && !gone:
			a.Problems[i] = fmt.Sprintf("there is no %s %s outside", m.Noun, p.ExternalID)
			if p.Parent == "" && m.Parent != "" {
				a.Problems[i] += "; if there is one, say in which parent it is"
			}
		case outage(r.Err):
			return r.Err
		case r.Err != nil && !gone:
			a.Problems[i] = fmt.Sprintf("the %s %s cannot be read: %v", m.Noun, p.ExternalID, r.Err)
		case r.Err == nil:
			a.settle(i, m, r.Record)
		}
	}
	return nil
}

// settle fills in where an external record lives and what it is called, as far as the pair doesn't say: it may have moved since.
func (a *Adoption) settle(i int, m backend.Model, r record.Record) {
	p := &a.Pairs[i]
	if p.Parent == "" {
		p.Parent = refID(r, m.ParentField)
	}
	if p.Name == "" {
		p.Name = nameOf(r.Value(m.NameField))
	}
	switch scope := scopeOf(m, p.Parent); {
	case p.Scope == "":
		p.Scope = scope
	case p.Scope != scope:
		a.Problems[i] = fmt.Sprintf("the scope of the %s %s is %q, not %q", m.Noun, p.ExternalID, scope, p.Scope)
	}
}

// adoptOdoo looks for the Odoo records.
func (s *Synchronizer) adoptOdoo(ctx context.Context, m backend.Model, a *Adoption, rows []int) error {
	ids := make([]any, len(rows))
	for n, i := range rows {
		ids[n] = a.Pairs[i].OdooID
	}
	found, err := s.reading().Search(ctx, m.OdooModel, odoo.Cond("id", "in", ids), odoo.SearchOptions{})
	if err != nil {
		return err
	}
	there := map[int64]bool{}
	for _, id := range found {
		there[id] = true
	}
	for _, i := range rows {
		if p := a.Pairs[i]; !there[p.OdooID] && p.OdooGone.IsZero() && a.Problems[i] == "" {
			a.Problems[i] = fmt.Sprintf("there is no %s %d in Odoo, or the user may not see it", m.OdooNoun, p.OdooID)
		}
	}
	return nil
}

// adoptBound compares with what is bound already.
func (s *Synchronizer) adoptBound(ctx context.Context, m backend.Model, a *Adoption, rows []int) error {
	var outside []string
	var inOdoo []int64
	for _, i := range rows {
		outside, inOdoo = append(outside, a.Pairs[i].ExternalID), append(inOdoo, a.Pairs[i].OdooID)
	}
	byExternal, err := s.env.Binder.Lean().ByExternal(ctx, m.Name, outside)
	if err != nil {
		return err
	}
	byOdoo, err := s.env.Binder.Lean().ByOdoo(ctx, m.Name, inOdoo)
	if err != nil {
		return err
	}
	for _, i := range rows {
		p := a.Pairs[i]
		b, bound := byExternal[p.ExternalID]
		switch {
		case a.Problems[i] != "":
		case bound && b.OdooID == p.OdooID:
			a.Same[i] = true
		case bound:
			a.Problems[i] = fmt.Sprintf("the %s %s is bound to the %s %d already, by binding %d", m.Noun, p.ExternalID, m.OdooNoun, b.OdooID, b.ID)
		case p.Role != binding.Alias:
			for _, o := range byOdoo[p.OdooID] {
				if o.Role == binding.Primary && o.Scope == p.Scope {
					a.Problems[i] = fmt.Sprintf("the %s %d is bound to the %s %s already, by binding %d", m.OdooNoun, p.OdooID, m.Noun, o.ExternalID, o.ID)
				}
			}
		}
	}
	return nil
}

// twice finds records that are given twice.
func (a *Adoption) twice() {
	first := map[string]int{}
	for i, p := range a.Pairs {
		keys := []string{p.Model + " " + p.ExternalID}
		if p.Role != binding.Alias {
			keys = append(keys, p.Model+" odoo "+strconv.FormatInt(p.OdooID, 10)+" "+p.Scope)
		}
		for _, key := range keys {
			if _, known := first[key]; known && a.Problems[i] == "" {
				a.Problems[i] = "one of its records is in the file twice"
			} else if !known {
				first[key] = i
			}
		}
	}
}

// Adopt binds the pairs that are not bound yet, some hundreds in a transaction, and gives how many those are. Done again after a crash,
// it goes on. There must be no Problems.
func (s *Synchronizer) Adopt(ctx context.Context, a *Adoption) (n int, err error) {
	var fresh []binding.Binding
	for i, p := range a.Pairs {
		if !a.Same[i] {
			fresh = append(fresh, p)
		}
	}
	for ; len(fresh) > 0 && ctx.Err() == nil; fresh = fresh[min(adoptChunk, len(fresh)):] {
		chunk := fresh[:min(adoptChunk, len(fresh))]
		err := s.db.Write(ctx, func(tx *state.Tx) error {
			for i := range chunk {
				if err := s.env.Binder.Save(ctx, tx, &chunk[i]); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return n, err
		}
		n += len(chunk)
	}
	return n, ctx.Err()
}
