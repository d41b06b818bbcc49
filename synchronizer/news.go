package synchronizer

import "github.com/odoo-connector/connector/backend"

// News is what a look found changed. A backend that could not be asked is among Errs.
type News struct {
	External []string                // parents, as backend/id
	Odoo     []string                // Odoo models
	Errs     map[*Synchronizer]error // nil where all answered

	found map[string]*focus // by backend, the binding models and sides that it concerns
}

// Any tells whether there is reason for a sync.
func (n News) Any() bool { return len(n.External)+len(n.Odoo) > 0 }

// of is what was found of a backend.
func (n *News) of(s *Synchronizer) *focus {
	name := s.env.Config.Name
	if n.found == nil {
		n.found = map[string]*focus{}
	}
	if n.found[name] == nil {
		n.found[name] = newFocus()
	}
	return n.found[name]
}

// Add takes what another look found of Odoo besides.
func (n *News) Add(ofOdoo News) {
	n.Odoo = append(n.Odoo, ofOdoo.Odoo...)
	for s, err := range ofOdoo.Errs {
		n.fail(s, err)
	}
	for name, f := range ofOdoo.found {
		if n.found == nil {
			n.found = map[string]*focus{}
		}
		if n.found[name] == nil {
			n.found[name] = f
			continue
		}
		for model := range f.inOdoo {
			n.found[name].inOdoo[model] = true
		}
	}
}

// foci are what each of the backends looks at: nothing where nothing was found.
func (n News) foci(all []*Synchronizer) map[string]*focus {
	foci := make(map[string]*focus, len(all))
	for _, s := range all {
		name := s.env.Config.Name
		if foci[name] = n.found[name]; foci[name] == nil {
			foci[name] = newFocus()
		}
	}
	return foci
}

func (n *News) fail(s *Synchronizer, err error) {
	if n.Errs == nil {
		n.Errs = map[*Synchronizer]error{}
	}
	n.Errs[s] = err
}

func (n *News) failAll(all []*Synchronizer, err error) {
	for _, s := range all {
		n.fail(s, err)
	}
}

// seenOutside takes models of which records may have been changed in one of what a Prober tells of; "" stands for all of both sides.
func (f *focus) seenOutside(root string, models []string) {
	if f.roots == nil {
		f.roots = map[string]bool{}
	}
	f.roots[root] = true
	for _, m := range models {
		if m == "" {
			f.all = true
		}
		f.outside[m] = true
	}
}

// listedOutside takes all models that only a listing can tell of. People are left to the runs that look at everything.
func (f *focus) listedOutside(s *Synchronizer) {
	for _, m := range s.env.Backend.AllModels() {
		if !m.LinkOnly {
			f.outside[m.Name] = true
		}
	}
}

// differing are the models of which two sights of one parent tell otherwise: all of them, "", where one of the two is none.
func differing(a, b backend.Sight) (models []string) {
	if (a == nil) != (b == nil) {
		return []string{""}
	}
	for _, model := range sortedKeys(union(a, b)) {
		if a[model] != b[model] {
			models = append(models, model)
		}
	}
	return models
}

// union has the keys of both.
func union[V any](a, b map[string]V) map[string]bool {
	keys := make(map[string]bool, len(a))
	for key := range a {
		keys[key] = true
	}
	for key := range b {
		keys[key] = true
	}
	return keys
}
