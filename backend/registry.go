package backend

import (
	"fmt"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/explain"
)

// Registry is the list of systems that a binary knows. It is a value that the command line builds.
type Registry struct{ systems []*Backend }

// Add puts a system's root version into the registry. A second system of one name panics: it is a
// mistake of whoever built the binary.
func (r *Registry) Add(root *Backend) {
	if r.system(root.Service()) != nil {
		panic(fmt.Sprintf("backend: two systems are called %q", root.Service()))
	}
	r.systems = append(r.systems, root)
}

func (r *Registry) system(service string) *Backend {
	for _, s := range r.systems {
		if s.Service() == service {
			return s
		}
	}
	return nil
}

// System is the root version of the named system; ok is false if there is none.
func (r *Registry) System(service string) (root *Backend, ok bool) {
	root = r.system(service)
	return root, root != nil
}

// Get is the version of a system, or an error that names what is missing.
func (r *Registry) Get(service, version string) (*Backend, error) {
	root := r.system(service)
	if root == nil {
		return nil, fmt.Errorf("there is no system %q", service)
	}
	if found := root.Find(version); found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("%s has no version %q; it has %q", service, version, root.Versions())
}

// Explained is what all versions of all systems explain.
func (r *Registry) Explained() []explain.Entry {
	var all []explain.Entry
	for _, s := range r.systems {
		all = append(all, s.explained()...)
	}
	return all
}

// Kinds are all systems as the configuration knows them.
func (r *Registry) Kinds() []config.Kind {
	kinds := make([]config.Kind, len(r.systems))
	for i, s := range r.systems {
		kinds[i] = s.Kind()
	}
	return kinds
}
