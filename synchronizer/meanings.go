package synchronizer

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// meanings tell slices that work at a time when a record begins to stand for another one than before, or for one at all: a label that is
// bound or renamed. Whoever changes that has the records looked at again that point to it, as they are stored; whoever is at work on such
// a record may have planned by what was so before. So the one announces the change before he looks for those records, and the other, who
// finds it announced when he stores his, has it looked at again. Nobody stores in the instant of an announcement.
type meanings struct {
	storing  sync.RWMutex
	now      int            // counts the changes that have ended
	changing map[string]int // how many changes of a meaning are under way
	changed  map[string]int // when the last one ended, as now said then
}

func newMeanings() *meanings { return &meanings{changing: map[string]int{}, changed: map[string]int{}} }

// change announces that what has these keys gets another meaning, until done is called.
func (m *meanings) change(keys []string) (done func()) {
	m.storing.Lock()
	defer m.storing.Unlock()
	for _, key := range keys {
		m.changing[key]++
	}
	return func() {
		m.storing.Lock()
		defer m.storing.Unlock()
		m.now++
		for _, key := range keys {
			m.changing[key]--
			m.changed[key] = m.now
		}
	}
}

// moment is what to compare changes with that come from now on.
func (m *meanings) moment() int {
	m.storing.RLock()
	defer m.storing.RUnlock()
	return m.now
}

// other tells, while something is stored, whether what has one of the keys may have another meaning than at that moment.
func (m *meanings) other(since int, keys []string) bool {
	return slices.ContainsFunc(keys, func(key string) bool { return m.changing[key] > 0 || m.changed[key] > since })
}

// changes announces that the bindings' records get another meaning, where records of other models point to them.
func (s *Synchronizer) changes(ctx context.Context, m backend.Model, bindings ...binding.Binding) (done func(), err error) {
	if s.shared == nil || (!m.Scoped && !m.ByName) {
		return func() {}, nil
	}
	pointed := false
	err = s.pointing(ctx, m, func(backend.Model, mapping.Field) error { pointed = true; return nil })
	if err != nil || !pointed {
		return func() {}, err
	}
	var keys []string
	for _, b := range bindings {
		keys = append(keys, s.meaning(m.Name, b.ExternalID), s.meaning(m.Name, binding.OdooID(b.OdooID), b.Scope))
	}
	return s.shared.meanings.change(keys), nil
}

// meaning is the key of an external record by its id, or of an Odoo record by its id and a scope.
func (s *Synchronizer) meaning(model string, of ...string) string {
	return strings.Join(append([]string{s.env.Session.Database(), s.env.Config.Name, model}, of...), "\x00")
}

// openPointing opens the fields of a binding that point to records of other models: what these meant when the pair was planned, they may
// not mean any more.
func (s *Synchronizer) openPointing(ctx context.Context, b binding.Binding) error {
	mapper, err := s.env.Mapper(ctx, b.Model)
	if err != nil {
		return err
	}
	for f := range mapper.Each() {
		if f.Points != "" {
			openField(b, f)
		}
	}
	return nil
}

// openField lets both sides of a field be compared by what they mean, whatever they looked like when they were last seen.
func openField(b binding.Binding, f mapping.Field) {
	if st, known := b.Fields[f.Name]; known {
		st.External, st.Odoo = "", ""
		b.Fields[f.Name] = st
	}
}

// storing stores an item's binding. Fields that point to what may have another meaning by now are opened, and again is the job that looks
// at them.
func (sl *slice) storing(it *item, b binding.Binding, external, odoo record.Record, store func(again []jobs.Spec) error) error {
	if sl.shared == nil {
		return store(nil)
	}
	sl.shared.meanings.storing.RLock()
	defer sl.shared.meanings.storing.RUnlock()
	var again []jobs.Spec
	for f := range sl.mapper.Each() {
		if f.Points == "" || !sl.shared.meanings.other(sl.began, sl.meaningsOf(it, f, external, odoo)) {
			continue
		}
		openField(b, f)
		a := Args{Model: b.Model, ExternalID: b.ExternalID, Parent: b.Parent, Scope: b.Scope}
		again = []jobs.Spec{sl.Spec(ImportRecord, a, b.Name)}
	}
	return store(again)
}

// meaningsOf are the keys of all that a field of the item's halves points to.
func (sl *slice) meaningsOf(it *item, f mapping.Field, external, odoo record.Record) (keys []string) {
	var outside, inOdoo []record.Reference
	if f.Needs != nil {
		outside = f.Needs(external)
	}
	if f.NeedsOdoo != nil {
		inOdoo = f.NeedsOdoo(odoo)
	}
	for _, ref := range outside {
		keys = append(keys, sl.meaning(ref.Model, ref.ID))
	}
	for _, ref := range inOdoo {
		keys = append(keys, sl.meaning(ref.Model, ref.ID, it.scope), sl.meaning(ref.Model, ref.ID, sl.odooScope(it)))
	}
	return keys
}
