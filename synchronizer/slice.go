package synchronizer

import (
	"context"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// item is one record of a slice on its way from its arguments to its outcome.
type item struct {
	index    int
	args     Args
	binding  binding.Binding // the zero value while unbound
	external *record.Record
	odoo     *record.Record
	scope    string // external id of the parent that the pair lives in
	repeat   bool   // its request is sent a second time
	first    bool   // it was not bound before
	rebound  bool   // it got another Odoo half
	along    aside  // what its commit takes along for other records
	listed   bool   // its external half is as it was listed
	reread   bool   // it must be read anew: see backend.ListedReader
	pair     Pair
	plan     Plan
	done     bool
	// notImported and notExported are the hooks' reasons to leave a direction out, "" for none.
	notImported, notExported string
	note                     string // what the other side did not take, "" for nothing
}

// slice is a run over several records of one binding model that share their calls.
type slice struct {
	*Synchronizer
	model   backend.Model
	mapper  mapping.Mapper
	adapter backend.Adapter
	types   map[string]string
	lookup  *lookup
	exports map[string]bool // identities of exports that others may wait for; see findExports
	reviews []binding.Review
	items   []*item
	now     time.Time // of this pass, in whole seconds
	rereads int       // items that this pass left to the next, to be read anew
	held    []string  // places that this pass took
	began   int       // when this pass began, as [meanings] count
	newest  *int64    // the highest id in Odoo before this pass made any; nil while it was not asked for
	// imported are the Odoo ids of records that were made, before there was this state, of unbound external ones, by external id.
	imported map[string]int64
	finish   func(index int, o jobs.Outcome) error
}

// Run synchronizes the records that the arguments name, all of one binding model, and calls finish
// once for each as it becomes ready, with the outcome that is to be committed. What it returns is
// an outage or a fault of the program; the records that were not finished are given back.
func (s *Synchronizer) Run(ctx context.Context, args []Args, finish func(index int, o jobs.Outcome) error) error {
	if len(args) == 0 {
		return nil
	}
	sl, err := s.newSlice(ctx, args[0].Model, finish)
	if err != nil {
		return err
	}
	for i, a := range args {
		sl.items = append(sl.items, &item{index: i, args: a})
	}
	for len(sl.items) > 0 && !jobs.Stopping(ctx) && !sl.limits.Reached {
		before := len(sl.items)
		sl.rereads = 0
		if err := sl.pass(ctx); err != nil {
			return err
		}
		sl.items = sl.unfinished()
		if len(sl.items) == before && sl.rereads == 0 && !jobs.Stopping(ctx) && !sl.limits.Reached {
			return fmt.Errorf("%d %s could not be brought to an end; this is a mistake of the program", before, plural(sl.model.Noun, before))
		}
	}
	return nil
}

func (s *Synchronizer) newSlice(ctx context.Context, model string, finish func(int, jobs.Outcome) error) (*slice, error) {
	if err := s.env.HasModel(model); err != nil {
		return nil, err
	}
	m, _ := s.env.Model(model)
	mapper, err := s.env.Mapper(ctx, model)
	if err != nil {
		return nil, err
	}
	adapter, err := s.env.Adapter(model)
	if err != nil {
		return nil, err
	}
	types, err := s.fieldTypes(ctx, m)
	if err != nil {
		return nil, err
	}
	return &slice{Synchronizer: s, model: m, mapper: mapper, adapter: adapter, types: types, finish: finish, imported: map[string]int64{}}, nil
}

func (s *Synchronizer) fieldTypes(ctx context.Context, m backend.Model) (map[string]string, error) {
	fields, err := s.env.Session.FieldsGet(ctx, m.OdooModel)
	if err != nil {
		return nil, err
	}
	types := make(map[string]string, len(fields))
	for name, f := range fields {
		types[name] = f.Type
	}
	return types, nil
}

func (sl *slice) unfinished() (left []*item) {
	for _, it := range sl.items {
		if !it.done {
			left = append(left, it)
		}
	}
	return left
}

// pass brings every item a step further; most are finished after one. Items that must see what the
// pass made for others (two labels of one new name) stay for the next.
func (sl *slice) pass(ctx context.Context) error {
	sl.now = sl.env.Clock.Now().UTC().Truncate(time.Second)
	sl.newest = nil
	if sl.shared != nil {
		sl.began = sl.shared.meanings.moment()
	}
	defer sl.freePlaces()
	if err := sl.takeModel(ctx); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{
		sl.loadBindings, sl.leaveDone, sl.leaveRetired, sl.leaveToPairs, sl.settleItems, sl.readExternal, sl.avoidIntents, sl.readOdoo,
		sl.leaveOtherWay, sl.resolve, sl.leaveParents, sl.planAll, sl.apply,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// close ends an item with an outcome.
func (sl *slice) close(it *item, o jobs.Outcome) error {
	it.done = true
	o.Enqueued = func(count int) { sl.report.Jobs.Enqueued += count }
	sl.dry.ended(sl, it, o)
	return sl.finish(it.index, o)
}

// loadBindings finds the binding of each item.
func (sl *slice) loadBindings(ctx context.Context) (err error) {
	var external []string
	var ids []int64
	for _, it := range sl.items {
		if it.args.ExternalID != "" {
			external = append(external, it.args.ExternalID)
		} else {
			ids = append(ids, it.args.OdooID)
		}
	}
	byExternal, err := sl.env.Binder.ByExternal(ctx, sl.model.Name, external)
	if err != nil {
		return err
	}
	byOdoo, err := sl.env.Binder.ByOdoo(ctx, sl.model.Name, ids)
	if err != nil {
		return err
	}
	for _, it := range sl.items {
		it.binding = byExternal[it.args.ExternalID]
		if it.args.ExternalID == "" {
			it.binding = inScope(byOdoo[it.args.OdooID], it.args.Scope)
		}
	}
	sl.reviews, err = sl.env.Binder.Reviews(ctx, sl.model.Name)
	return err
}

// inScope is the binding of an Odoo record within a scope; the zero value if there is none.
func inScope(bindings []binding.Binding, scope string) binding.Binding {
	for _, b := range bindings {
		if b.Scope == scope {
			return b
		}
	}
	return binding.Binding{}
}

// readExternal reads the external half of every item that has one.
func (sl *slice) readExternal(ctx context.Context) error {
	reader, lists := sl.adapter.(backend.ListedReader)
	var listed, anew []*item
	for _, it := range sl.unfinished() {
		it.external = nil
		it.listed = lists && it.args.ExternalID != "" && !it.reread
		switch {
		case it.externalID() == "":
		case it.listed:
			listed = append(listed, it)
		default:
			anew = append(anew, it)
		}
	}
	if len(listed) > 0 {
		if err := sl.readBy(ctx, reader.ReadListed, listed); err != nil {
			return err
		}
	}
	return sl.readBy(ctx, sl.adapter.Read, anew)
}

// readBy reads the external halves of items in the given way.
func (sl *slice) readBy(ctx context.Context, read func(context.Context, []backend.Key) ([]backend.Result, error), of []*item) error {
	if of = sl.dry.withoutMadeUp(sl, of); len(of) == 0 {
		return nil
	}
	keys := make([]backend.Key, len(of))
	for i, it := range of {
		keys[i] = backend.Key{ID: it.externalID(), Parent: it.parent()}
	}
	results, err := read(ctx, keys)
	if err != nil {
		return err
	}
	sl.env.Explainf("read %d %s", len(keys), plural(sl.model.Noun, len(keys)))
	for i, it := range of {
		if err := sl.takeExternal(ctx, it, results[i]); err != nil {
			return err
		}
	}
	return nil
}

// readLater leaves an unbound item to the next pass, which reads its external half anew, if something is to be written outside on the
// word of a listing.
func (sl *slice) readLater(it *item, writesOutside bool) bool {
	if !it.listed || !writesOutside {
		return false
	}
	it.plan, it.reread = Plan{}, true
	sl.rereads++
	return true
}

func (it *item) externalID() string {
	if it.binding.ExternalID != "" {
		return it.binding.ExternalID
	}
	return it.args.ExternalID
}

func (it *item) odooID() int64 {
	switch {
	case it.binding.OdooID != 0:
		return it.binding.OdooID
	case it.args.OdooID == 0 && it.odoo != nil: // a candidate that was chosen
		return odooID(*it.odoo)
	default:
		return it.args.OdooID
	}
}

func (it *item) parent() string {
	if it.binding.Parent != "" {
		return it.binding.Parent
	}
	return it.args.Parent
}

// odooFields are what is read of an Odoo record.
func (sl *slice) odooFields() []string { return odooFields(sl.model, sl.mapper) }

func odooFields(m backend.Model, mapper mapping.Mapper) []string {
	names := append(mapper.OdooFields(), "write_date")
	if m.Order != nil {
		names = append(names, m.Order.OdooFields()...)
	}
	for _, extra := range append([]string{m.OdooNameField, m.OdooParent}, m.CascadeFrom...) {
		if extra != "" {
			names = append(names, extra)
		}
	}
	return unique(names)
}

func unique(names []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			out = append(out, n)
		}
	}
	return out
}

// readOdoo reads the Odoo half of every item that has one.
func (sl *slice) readOdoo(ctx context.Context) error {
	var ids []int64
	for _, it := range sl.unfinished() {
		it.odoo = nil
		if id := it.odooID(); id != 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	found, err := sl.read(ctx, sl.model.OdooModel, ids, sl.odooFields())
	if err != nil {
		return err
	}
	sl.cascaded(found)
	sl.env.Explainf("read %d %s", len(ids), plural(sl.model.OdooNoun, len(ids)))
	for _, it := range sl.unfinished() {
		if err := sl.takeOdoo(ctx, it, found); err != nil {
			return err
		}
	}
	return nil
}

// cascaded changes what was read into what it is in a dry run, where Odoo would have archived or restored it by itself.
func (sl *slice) cascaded(found seen) {
	if sl.dry == nil {
		return
	}
	for id, r := range found.records {
		now := sl.dry.cascade(sl.model, *r, record.Instant(sl.now))
		found.records[id] = &now
	}
}

// takeOdoo hands an item what was read; a record that a read by id leaves out was deleted.
func (sl *slice) takeOdoo(ctx context.Context, it *item, found seen) error {
	id := it.odooID()
	switch r, refused := found.records[id], found.refused[id]; {
	case id == 0:
		return nil
	case refused != nil:
		return sl.close(it, sl.failed(it, refused))
	case r == nil:
		return sl.odooGone(ctx, it)
	default:
		return sl.foundInOdoo(ctx, it, r)
	}
}

// resolve reads the bindings that the mappers will ask for, and finds each item's parent.
func (sl *slice) resolve(ctx context.Context) error {
	sl.lookup = newLookup()
	var external, inOdoo []record.Reference
	for _, it := range sl.unfinished() {
		external = append(external, sl.externalNeeds(it.external)...)
		inOdoo = append(append(inOdoo, sl.odooNeeds(it.odoo)...), sl.replacements(it.binding)...)
	}
	if err := sl.fill(ctx, sl.lookup, external, inOdoo); err != nil {
		return err
	}
	var places []inPlace
	var externals, odoos []*record.Record
	for _, it := range sl.unfinished() {
		it.scope = sl.parentOf(it)
		externals, odoos = append(externals, it.external), append(odoos, it.odoo)
		places = append(places, inPlace{it.odoo, sl.odooScope(it)})
	}
	if err := sl.fillNames(ctx, externals, odoos); err != nil {
		return err
	}
	return sl.findExports(ctx, places)
}

// odooScope is the external id of the parent that the item's Odoo half lives in.
func (sl *slice) odooScope(it *item) string {
	if parent := sl.odooParent(it.odoo); parent != "" {
		return parent
	}
	return it.scope
}

func (sl *slice) externalNeeds(r *record.Record) []record.Reference {
	if r == nil {
		return nil
	}
	var refs []record.Reference
	for f := range sl.mapper.Each() {
		if f.Needs != nil {
			refs = append(refs, f.Needs(*r)...)
		}
		refs = append(refs, f.ExternalLinks(*r)...)
	}
	if id := refID(*r, sl.model.ParentField); id != "" {
		refs = append(refs, record.Reference{Model: sl.model.Parent, ID: id})
	}
	return refs
}

func (sl *slice) odooNeeds(r *record.Record) []record.Reference {
	if r == nil {
		return nil
	}
	refs := []record.Reference{{Model: sl.model.Name, ID: r.ID}}
	for f := range sl.mapper.Each() {
		if f.NeedsOdoo != nil {
			refs = append(refs, f.NeedsOdoo(*r)...)
		}
		refs = append(refs, f.OdooLinks(*r)...)
	}
	for _, parent := range linkIDs(*r, sl.model.OdooParent) {
		refs = append(refs, record.Reference{Model: sl.model.Parent, ID: parent})
	}
	return refs
}

// parentOf is the external id of the parent that the item lives in.
func (sl *slice) parentOf(it *item) string {
	if it.external != nil {
		return refID(*it.external, sl.model.ParentField)
	}
	if parent := sl.odooParent(it.odoo); parent != "" {
		return parent
	}
	return it.parent()
}

// odooParent is the external id of the parent that an Odoo record lives in, by its many2one.
func (sl *slice) odooParent(r *record.Record) string {
	if r == nil {
		return ""
	}
	id := refID(*r, sl.model.OdooParent)
	if id == "" {
		return ""
	}
	parent, _ := sl.lookup.ToExternal(sl.model.Parent, id, "")
	return parent
}

// pairOf is what the plan of an item is made of.
func (sl *slice) pairOf(it *item) Pair {
	p := Pair{
		Model: sl.model, Mapper: sl.mapper, Settings: sl.env.Settings(sl.model.Name), Binding: it.binding,
		Now: sl.now, External: it.external, Odoo: it.odoo, Lookup: sl.lookup, Types: sl.types,
		ExternalScope: it.scope, OdooScope: sl.odooScope(it), Off: sl.off, Export: sl.export, Reviews: sl.fieldReviews(it.binding),
		Unmarked: sl.unmarked(), LeftOut: sl.leftOut(sl.model.Name),
	}
	p.Settings.Direction = narrowed(sl.direction(sl.model.Name), it)
	if it.odoo != nil {
		p.Shared = len(sl.lookup.bindings[record.Reference{Model: sl.model.Name, ID: it.odoo.ID}]) > 1
		p.OdooTime = it.odoo.Value("write_date").AsTime()
	}
	if it.external != nil {
		p.ExternalTime = it.external.Value(sl.model.TimeField).AsTime()
	}
	return p
}

// narrowed is the direction without what the hooks leave out.
func narrowed(d config.Direction, it *item) config.Direction {
	imports, exports := d.Imports() && it.notImported == "", d.Exports() && it.notExported == ""
	switch {
	case imports && exports:
		return config.DirectionBoth
	case imports:
		return config.DirectionImport
	case exports:
		return config.DirectionExport
	default:
		return config.DirectionOff
	}
}

// leftOut is the hooks' reason to leave an unbound record alone, "" for none.
func (it *item) leftOut() string {
	if it.external != nil {
		return it.notImported
	}
	return it.notExported
}

func (sl *slice) fieldReviews(b binding.Binding) map[string]binding.Review {
	open := map[string]binding.Review{}
	for _, r := range sl.reviews {
		if r.Field != "" && r.ExternalID == b.ExternalID && b.ExternalID != "" {
			open[r.Field] = r
		}
	}
	return open
}

// writeDate is an Odoo record's write_date as Odoo writes it.
func writeDate(r record.Record) string {
	v := r.Value("write_date")
	if v.IsNull() {
		return ""
	}
	return v.AsTime().Format(time.DateTime)
}
