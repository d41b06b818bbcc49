package synchronizer

import (
	"context"
	"maps"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
)

// focus is what a run of one backend looks at because a look found it changed. What it leaves out stays unseen, so that no position goes
// past it, and is found by the next run without a focus.
type focus struct {
	all             bool            // what was found may concern everything
	outside, inOdoo map[string]bool // binding models that are polled on that side
	// roots are what the backend's Prober saw changed, and what the run bound something in that others live in: listings outside look
	// only there. nil: they look everywhere.
	roots map[string]bool
}

func newFocus() *focus { return &focus{outside: map[string]bool{}, inOdoo: map[string]bool{}} }

// empty says that nothing is looked at.
func (f *focus) empty() bool { return f != nil && len(f.outside)+len(f.inOdoo) == 0 }

// focusOn narrows the next run to what was found; nil: it looks at everything.
func (s *Synchronizer) focusOn(f *focus) {
	s.made, s.turned, s.focus = map[string]bool{}, false, nil
	if f.wide(s) {
		return
	}
	s.focus = &focus{outside: f.outside, inOdoo: f.inOdoo, roots: maps.Clone(f.roots)}
	if !s.mayRetire() {
		return
	}
	s.focus.outside = map[string]bool{} // outside is where a poll finds that a pair retires, and it must be known before Odoo's side is taken
	for _, m := range s.env.Backend.AllModels() {
		s.focus.outside[m.Name] = !m.LinkOnly
	}
	if len(f.inOdoo) > 0 { // what changed there may bring pairs back, wherever they live
		s.focus.roots = nil
	}
}

// narrow keeps the listings outside to what the run looks at, until end is called; false: they look everywhere.
func (s *Synchronizer) narrow() (end func(), narrowed bool) {
	client, can := s.env.Client.(backend.Narrower)
	if !can || s.focus == nil || s.focus.roots == nil {
		return func() {}, false
	}
	return client.Narrow(sortedKeys(s.focus.roots)), true
}

// noteMade notes that the run bound a record. What lives in it is looked for, too.
func (s *Synchronizer) noteMade(ctx context.Context, b binding.Binding) error {
	s.made[b.Model] = true
	isParent := slices.ContainsFunc(s.env.Backend.AllModels(), func(m backend.Model) bool { return m.Parent == b.Model })
	if !isParent {
		return nil
	}
	return s.lookInto(ctx, b.Model, b.ExternalID, b.Parent)
}

// lookInto has listings look into what a record lives in, too.
func (s *Synchronizer) lookInto(ctx context.Context, model, id, parent string) error {
	if s.focus == nil || s.focus.roots == nil {
		return nil
	}
	root, err := s.rootOf(ctx, model, id, parent)
	if err != nil {
		return err
	}
	if root == "" {
		s.focus.roots = nil
		return nil
	}
	s.focus.roots[root] = true
	return nil
}

// rootOf is what a record lives in that lives in nothing itself, or the record if it lives in nothing; "" if that is not known.
func (s *Synchronizer) rootOf(ctx context.Context, model, id, parent string) (string, error) {
	for {
		m, _ := s.env.Model(model)
		if m.Parent == "" {
			return id, nil
		}
		found, err := s.env.Binder.Lean().ByExternal(ctx, m.Parent, []string{parent})
		if err != nil || found[parent].ID == 0 {
			return "", err
		}
		model, id, parent = m.Parent, parent, found[parent].Parent
	}
}

// wide says that everything has to be looked at: nothing is known, or people are concerned, whose links change what other records say.
func (f *focus) wide(s *Synchronizer) bool {
	return f == nil || f.all || slices.ContainsFunc(s.env.Backend.AllModels(), func(m backend.Model) bool {
		return m.LinkOnly && (f.outside[m.Name] || f.inOdoo[m.Name])
	})
}

// mayRetire says that pairs of the backend may retire or come back.
func (s *Synchronizer) mayRetire() bool {
	return slices.ContainsFunc(s.env.Backend.AllModels(), func(m backend.Model) bool {
		adapter, err := s.env.Adapter(m.Name)
		selector, chooses := adapter.(backend.Selector)
		return s.env.Settings(m.Name).OnLeave == config.LeaveRetire || err != nil || (chooses && selector.Selecting())
	})
}

// pollsOutside says that the run polls a model's external side.
func (s *Synchronizer) pollsOutside(model string) bool {
	return s.focus == nil || s.focus.outside[model] || s.inNew(model)
}

// pollsOdoo says that the run polls a model's Odoo side.
func (s *Synchronizer) pollsOdoo(model string) bool {
	return s.focus == nil || s.focus.inOdoo[model] || s.inNew(model)
}

// inNew says that the model's records live in records of which this run bound some: nobody has looked for what is in those.
func (s *Synchronizer) inNew(model string) bool {
	m, _ := s.env.Model(model)
	return m.Parent != "" && s.made[m.Parent] && !m.LinkOnly
}

// putsInOrder says that the run compares the order of a model's records.
func (s *Synchronizer) putsInOrder(model string) bool {
	return s.pollsOutside(model) || s.pollsOdoo(model) || (s.orders[model] != nil && len(s.orders[model].changed) > 0)
}

// outgrown says that a run with a focus did what may concern records outside of it: records were put away, deleted, retired or taken up
// again, or one was bound that others than its own children point to.
func (s *Synchronizer) outgrown() bool {
	if s.focus == nil {
		return false
	}
	return s.turned || slices.ContainsFunc(s.env.Backend.AllModels(), func(m backend.Model) bool {
		c := s.report.Of(m.Name)
		return c.Archived+c.Deleted+c.Retired > 0 || (s.made[m.Name] && s.pointedTo(m))
	})
}

// pointedTo says that records may point to those of the model which do not live in them.
func (s *Synchronizer) pointedTo(model backend.Model) bool {
	if model.Parent == "" || model.Scoped || model.ByName || model.OnDemand || model.Joins || model.LinkOnly {
		return true
	}
	return slices.ContainsFunc(s.env.Backend.AllModels(), func(m backend.Model) bool {
		return m.Order != nil && m.Order.GroupModel == model.Name && m.Parent != model.Name
	})
}

// widen has those that have outgrown their focus look at everything.
func (g *group) widen(ctx context.Context, o RunOptions) {
	var wide []*Synchronizer
	for _, s := range g.all {
		if !g.idle(s) && s.outgrown() {
			s.focus = nil
			wide = append(wide, s)
		}
	}
	if len(wide) > 0 {
		(&group{all: wide, options: o, failed: g.failed}).pollAndWork(ctx, o)
	}
}

// SyncFound brings backends of one Odoo in step as [Sync] does, looking only at what a look found changed.
func SyncFound(ctx context.Context, all []*Synchronizer, news News, o RunOptions) []error {
	o.found = news.foci(all)
	return Sync(ctx, all, o)
}
