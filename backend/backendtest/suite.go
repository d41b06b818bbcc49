package backendtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Model is a binding model that the suite tries, and how a person works with its records on the system's own pages. A parent is the
// external id of what the record lives in, "" for a model without parent.
type Model[F Fake] struct {
	Name string // the binding model
	// Add makes a record outside and gives its id.
	Add func(f F, parent, name string) (id string)
	// Names are the names of all records that there are outside in the parent, in any order.
	Names func(f F, parent string) []string
	// Rename gives a record another name outside; nil: nobody can.
	Rename func(f F, id, name string)
	// Delete deletes a record outside for good; nil: nobody can.
	Delete func(f F, id string)
	// AddInOdoo makes an Odoo record that is to be created outside, in the Odoo record that the parent is bound to (0 without
	// parent), and gives its id; nil: none is created outside.
	AddInOdoo func(w *World[F], parent int64, name string) (id int64)
	// FixedName says that a name that was changed in Odoo is not written outside.
	FixedName bool
}

// Run is the suite: for each model it proves that
//
//   - what is listed is what is read, by any order of ids, and what is not there is backend.ErrNotFound and nobody else's matter;
//   - a first sync imports, and the next one writes nothing and makes no job;
//   - a change of either side reaches the other, and leaves the record's other fields alone;
//   - an Odoo record is created outside once, whatever becomes of the request and of its answer;
//   - one record that the server refuses fails alone;
//   - a deletion on either side deletes nothing on the other, and brings nothing back;
//   - an outage is one, costs nothing, and is made up for.
func Run[F Fake](t *testing.T, s System[F]) {
	for _, m := range s.Models {
		t.Run(m.Name, func(t *testing.T) {
			tr := trial[F]{system: s, model: m}
			if declared, ok := s.Backend().Model(m.Name); !ok {
				t.Fatalf("%s does not declare %s", s.Backend(), m.Name)
			} else {
				tr.declared = declared
			}
			t.Run("Ensure what is listed is what is read", tr.listing)
			t.Run("Ensure what is not there is told as such", tr.missing)
			t.Run("Ensure records are imported once, and the next sync is idle", tr.imports)
			t.Run("Ensure a change outside reaches Odoo", tr.changeOutside)
			t.Run("Ensure a change in Odoo reaches the other side, and no other field of it", tr.changeInOdoo)
			t.Run("Ensure a refused record fails alone", tr.refusal)
			t.Run("Ensure an Odoo record is created outside once", tr.exports)
			t.Run("Ensure a creation whose answer was lost is found again", func(t *testing.T) { tr.lost(t, (*World[F]).LoseAnswer) })
			t.Run("Ensure a creation whose request was lost is repeated", func(t *testing.T) { tr.lost(t, (*World[F]).LoseRequest) })
			t.Run("Ensure a deletion outside deletes nothing in Odoo", tr.deletionOutside)
			t.Run("Ensure a deletion in Odoo deletes nothing outside", tr.deletionInOdoo)
			t.Run("Ensure an outage is made up for", tr.outage)
		})
	}
}

// trial is one model under test.
type trial[F Fake] struct {
	system   System[F]
	model    Model[F]
	declared backend.Model
}

// scene is a world with records of the model.
type scene[F Fake] struct {
	*World[F]
	t      *testing.T
	trial  trial[F]
	parent string   // external id
	ids    []string // of the records Alpha, Beta and Gamma
}

// names are what the records of a scene are called.
func names() []string { return []string{"Alpha", "Beta", "Gamma"} }

// bound makes a world with the records outside, and syncs it once.
func (tr trial[F]) bound(t *testing.T) *scene[F] {
	t.Helper()
	s := &scene[F]{World: NewWorld(t, tr.system), t: t, trial: tr}
	s.parent = tr.place(s.World, tr.declared.Parent)
	for _, name := range names() {
		s.ids = append(s.ids, tr.model.Add(s.Fake, s.parent, name))
	}
	s.MustSync()
	s.Sent()
	return s
}

// place makes a record of the model outside, with what it lives in, and gives its id.
func (tr trial[F]) place(w *World[F], model string) string {
	w.t.Helper()
	if model == "" {
		return ""
	}
	i := slices.IndexFunc(tr.system.Models, func(m Model[F]) bool { return m.Name == model })
	declared, ok := w.backend.Model(model)
	if i < 0 || !ok {
		w.t.Fatalf("the suite needs the model %s, in which others live", model)
	}
	return tr.system.Models[i].Add(w.Fake, tr.place(w, declared.Parent), "Home")
}

// inOdoo is how many Odoo records of the name there are, archived ones among them.
func (s *scene[F]) inOdoo(name string) int {
	return len(s.Odoo.Search(s.trial.declared.OdooModel, []any{[]any{s.trial.declared.OdooNameField, "=", name}, []any{"active", "in", []any{true, false}}}))
}

// outside is how many records of the name there are outside in the parent.
func (s *scene[F]) outside(name string) (count int) {
	for _, n := range s.trial.model.Names(s.Fake, s.parent) {
		if n == name {
			count++
		}
	}
	return count
}

// want checks how many records of a name both sides have.
func (s *scene[F]) want(name string, outside, inOdoo int) {
	s.t.Helper()
	if got := s.outside(name); got != outside {
		s.t.Errorf("there are %d records %q outside, want %d", got, name, outside)
	}
	if got := s.inOdoo(name); got != inOdoo {
		s.t.Errorf("there are %d records %q in Odoo, want %d", got, name, inOdoo)
	}
}

// adapter looks at the model's adapter, its mapper beside it.
func (s *scene[F]) adapter(look func(ctx context.Context, a backend.Adapter, m mapping.Mapper) error) {
	s.t.Helper()
	ctx := s.t.Context()
	err := s.Open(ctx, func(o *Opened) error {
		a, err := o.Env.Adapter(s.trial.declared.Name)
		if err != nil {
			return err
		}
		m, err := o.Env.Mapper(ctx, s.trial.declared.Name)
		if err != nil {
			return err
		}
		return look(ctx, a, m)
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// keys name the scene's records, last first.
func (s *scene[F]) keys() (keys []backend.Key) {
	for _, id := range slices.Backward(s.ids) {
		keys = append(keys, backend.Key{ID: id, Parent: s.parent})
	}
	return keys
}

func (tr trial[F]) listing(t *testing.T) {
	s := tr.bound(t) // a listing is of what lives in bound parents
	s.adapter(func(ctx context.Context, a backend.Adapter, m mapping.Mapper) error {
		read, err := a.Read(ctx, s.keys())
		if err != nil {
			return err
		}
		if len(read) != len(s.ids) {
			t.Fatalf("%d records were asked for, and %d results came", len(s.ids), len(read))
		}
		for i, k := range s.keys() {
			if read[i].Err != nil || read[i].Record.ID != k.ID || read[i].Record.Model != tr.declared.Name {
				t.Errorf("result %d is %s with the error %v, want %s of %s", i, read[i].Record.Reference(), read[i].Err, k.ID, tr.declared.Name)
			}
		}
		if l, ok := a.(backend.Siblings); ok {
			all, err := l.Siblings(ctx, []string{s.parent})
			if err != nil {
				return err
			}
			s.sameAs("a listing of the parent", all, read, m)
		}
		return s.listed(ctx, a, read, m)
	})
}

// listed compares what a listing of everything gives with what was read.
func (s *scene[F]) listed(ctx context.Context, a backend.Adapter, read []backend.Result, m mapping.Mapper) error {
	s.t.Helper()
	l, ok := a.(backend.Lister)
	if !ok {
		return nil
	}
	listing, err := l.List(ctx)
	if err != nil {
		return err
	}
	s.sameAs("a listing", listing.Records, read, m)
	if !slices.Contains(listing.Parents, s.parent) {
		s.t.Errorf("the listing was of the parents %q, want %q among them", listing.Parents, s.parent)
	}
	return nil
}

// sameAs checks that the records are among those that were listed, as they were read: the synchronizer takes any difference for a
// change.
func (s *scene[F]) sameAs(what string, listed []record.Record, read []backend.Result, m mapping.Mapper) {
	s.t.Helper()
	for _, r := range read {
		i := slices.IndexFunc(listed, func(l record.Record) bool { return l.ID == r.Record.ID })
		if i < 0 {
			s.t.Errorf("%s lacks %s", what, r.Record.Reference())
			continue
		}
		for _, name := range m.ExternalFields() {
			if a, b := listed[i].Value(name), r.Record.Value(name); !a.Equal(b) {
				s.t.Errorf("%s of %s is %s in %s, and %s when it is read", name, r.Record.Reference(), a, what, b)
			}
		}
	}
}

func (tr trial[F]) missing(t *testing.T) {
	s := tr.bound(t)
	nowhere := cmp.Or(tr.system.Nowhere, "404404404")
	s.adapter(func(ctx context.Context, a backend.Adapter, _ mapping.Mapper) error {
		read, err := a.Read(ctx, []backend.Key{{ID: nowhere, Parent: s.parent}, {ID: s.ids[0], Parent: s.parent}, {ID: nowhere}})
		if err != nil {
			return fmt.Errorf("a record that is not there is no error of the others: %w", err)
		}
		for i, r := range read {
			if i != 1 && !errors.Is(r.Err, backend.ErrNotFound) {
				t.Errorf("what is not there gives the error %v, want backend.ErrNotFound", r.Err)
			}
		}
		if read[1].Err != nil || read[1].Record.ID != s.ids[0] {
			t.Errorf("the record beside it is %s with the error %v", read[1].Record.Reference(), read[1].Err)
		}
		return nil
	})
}

func (tr trial[F]) imports(t *testing.T) {
	s := tr.bound(t)
	for i, name := range names() {
		s.want(name, 1, 1)
		if s.ToOdoo(tr.model.Name, s.ids[i]) == 0 {
			t.Errorf("%q is not bound", name)
		}
	}
	s.Idle()
}

func (tr trial[F]) changeOutside(t *testing.T) {
	if tr.model.Rename == nil {
		t.Skip("records of this model are not renamed outside")
	}
	s := tr.bound(t)
	tr.model.Rename(s.Fake, s.ids[1], "Delta")
	s.Clock.Advance(time.Hour)
	s.MustSync()
	s.want("Delta", 1, 1)
	s.want("Beta", 0, 0)
	s.Idle()
}

// writesOutside skips what needs the name to be written outside.
func (tr trial[F]) writesOutside(t *testing.T) {
	t.Helper()
	if tr.model.FixedName {
		t.Skip("the name of this model's records is not written outside")
	}
}

// rename gives the Odoo record of one of the scene's another name.
func (s *scene[F]) rename(i int, name string) {
	s.t.Helper()
	id := s.ToOdoo(s.trial.model.Name, s.ids[i])
	s.Odoo.Write(s.trial.declared.OdooModel, []int64{id}, map[string]any{s.trial.declared.OdooNameField: name})
	s.Clock.Advance(time.Hour)
}

func (tr trial[F]) changeInOdoo(t *testing.T) {
	tr.writesOutside(t)
	s := tr.bound(t)
	before := s.read(0)
	s.rename(0, "Delta")
	s.MustSync()
	s.want("Delta", 1, 1)
	if sent := s.Sent(); len(sent) != 1 {
		t.Errorf("a change of one field sends %q, want one request", sent)
	}
	after := s.read(0)
	for _, d := range record.Diff(before, after) {
		if d.Field != tr.declared.NameField && d.Field != tr.declared.TimeField && s.mapped(d.Field) {
			t.Errorf("a change of the name makes %s %s, which was %s", d.Field, d.New, d.Old)
		}
	}
	s.Idle()
}

// mapped says that the mapper reads an external field by a pair that is not the name's.
func (s *scene[F]) mapped(name string) (mapped bool) {
	s.adapter(func(_ context.Context, _ backend.Adapter, m mapping.Mapper) error {
		for _, f := range m.Fields() {
			mapped = mapped || slices.Contains(f.External, name) && !slices.Contains(f.External, s.trial.declared.NameField)
		}
		return nil
	})
	return mapped
}

// read is one of the scene's records as it is outside.
func (s *scene[F]) read(i int) (r record.Record) {
	s.t.Helper()
	s.adapter(func(ctx context.Context, a backend.Adapter, _ mapping.Mapper) error {
		results, err := a.Read(ctx, []backend.Key{{ID: s.ids[i], Parent: s.parent}})
		if err != nil {
			return err
		}
		r = results[0].Record
		return results[0].Err
	})
	return r
}

func (tr trial[F]) refusal(t *testing.T) {
	tr.writesOutside(t)
	s := tr.bound(t)
	s.rename(0, "Delta")
	s.rename(1, "Epsilon")
	s.Refuse()
	report, err := s.Sync()
	if err != nil {
		t.Fatalf("the sync ends with %v, want the one job to fail", err)
	}
	if report.Jobs.Failed != 1 {
		t.Errorf("%d jobs failed, want 1", report.Jobs.Failed)
	}
	if got := s.outside("Delta") + s.outside("Epsilon"); got != 1 {
		t.Errorf("%d of the two records are renamed outside, want the one that was not refused", got)
	}
}

// creates skips what needs records to be created outside.
func (tr trial[F]) creates(t *testing.T) *scene[F] {
	t.Helper()
	if tr.model.AddInOdoo == nil {
		t.Skip("records of this model are not created outside")
	}
	s := tr.bound(t)
	parent := int64(0)
	if tr.declared.Parent != "" {
		parent = s.ToOdoo(tr.declared.Parent, s.parent)
	}
	tr.model.AddInOdoo(s.World, parent, "Omega")
	s.Clock.Advance(time.Hour)
	return s
}

func (tr trial[F]) exports(t *testing.T) {
	s := tr.creates(t)
	s.MustSync()
	s.want("Omega", 1, 1)
	s.Idle()
}

func (tr trial[F]) lost(t *testing.T, lose func(*World[F])) {
	s := tr.creates(t)
	lose(s.World)
	for range 2 { // where the first ends as an outage, the second makes up for it
		if _, err := s.Sync(); err != nil && !isOutage(err) {
			t.Fatalf("sync: %v", err)
		}
		s.Clock.Advance(time.Hour)
	}
	s.want("Omega", 1, 1)
	s.Idle()
	if open := s.Reviews(tr.model.Name); len(open) != 0 {
		t.Errorf("it waits for a person: %s", open[0].Reason)
	}
}

func (tr trial[F]) deletionOutside(t *testing.T) {
	if tr.model.Delete == nil {
		t.Skip("records of this model are not deleted outside")
	}
	s := tr.bound(t)
	tr.model.Delete(s.Fake, s.ids[2])
	s.Clock.Advance(time.Hour)
	s.MustSync()
	s.want("Gamma", 0, 1)
	s.want("Alpha", 1, 1)
	if open := s.Reviews(tr.model.Name); !slices.ContainsFunc(open, func(r binding.Review) bool { return r.Kind == binding.Deleted }) {
		t.Error("nobody is told of the deletion: there is no review of it")
	}
	s.Idle()
}

func (tr trial[F]) deletionInOdoo(t *testing.T) {
	s := tr.bound(t)
	s.Odoo.Unlink(tr.declared.OdooModel, s.ToOdoo(tr.model.Name, s.ids[2]))
	s.Clock.Advance(time.Hour)
	s.MustSync()
	s.want("Gamma", 1, 0)
	s.want("Alpha", 1, 1)
	s.Idle()
}

func (tr trial[F]) outage(t *testing.T) {
	s := tr.bound(t)
	s.Down(true)
	added := tr.model.Add(s.Fake, s.parent, "Delta")
	if _, err := s.Sync(); !isOutage(err) {
		t.Errorf("a sync while the server is down ends with %v, want an outage", err)
	}
	s.want("Delta", 1, 0)
	s.Down(false)
	s.Clock.Advance(time.Hour)
	s.MustSync()
	s.want("Delta", 1, 1)
	if s.ToOdoo(tr.model.Name, added) == 0 {
		t.Error("what was made meanwhile is not bound")
	}
	s.Idle()
}

// isOutage says that an error is that of a server as a whole.
func isOutage(err error) bool {
	var o interface{ Outage() bool }
	return errors.As(err, &o) && o.Outage()
}
