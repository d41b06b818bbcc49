package backend

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/jobs"
)

// FunctionUnit is a job function of a system's own.
type FunctionUnit struct {
	// Handler makes the handler of its jobs within an environment. What these put into the line their outcomes store: their FollowUps,
	// or their Commit, which may delay a graph into the queue.
	Handler func(env *Environment, queue *jobs.Queue) jobs.Handler
	// ArgsVersion is the version of the arguments that are written today; 0 means 1.
	ArgsVersion int
}

// Function registers a job function of the system's own: whatever runs a backend's jobs runs those of this name by it, and the
// configuration may say how (jobs: functions:). A version inherits the functions of its parent and may replace them. The name
// begins with the system's and a dot, as "trello.board.report"; anything else panics, as does a name twice in one version.
func (b *Backend) Function(name string, f FunctionUnit) *Backend {
	if !strings.HasPrefix(name, b.service+".") {
		panic(fmt.Sprintf("backend: the job function %q of %s is not called %s.…", name, b, b.service))
	}
	if _, twice := b.functions[name]; twice {
		panic(fmt.Sprintf("backend: %s has two job functions %s", b, name))
	}
	if b.functions == nil {
		b.functions = map[string]FunctionUnit{}
	}
	b.functions[name] = f
	return b
}

// Calling is what a job function of a system's own works in.
type Calling struct {
	*Environment
	Queue *jobs.Queue // to delay a graph into, within an outcome's Commit
}

// Runs registers a job function by itself, see [Backend.Function]. Its jobs run one by one. What it says of an outage of either
// server pauses the backend, and costs no attempt, whatever its outcome is.
func Runs[A any](b *Backend, f jobs.Func[*Calling, A]) *Backend {
	var none A
	return b.Function(f.Name(), FunctionUnit{
		ArgsVersion: f.Spec(none, jobs.Spec{}).ArgsVersion,
		Handler: func(env *Environment, queue *jobs.Queue) jobs.Handler {
			return f.Handler(func(context.Context, jobs.Job) (*Calling, error) { return &Calling{env, queue}, nil })
		},
	})
}

// Functions are the job functions of b's own, those that it inherits included.
func (b *Backend) Functions() map[string]FunctionUnit {
	all := map[string]FunctionUnit{}
	if b.parent != nil {
		all = b.parent.Functions()
	}
	maps.Copy(all, b.functions)
	return all
}

// FunctionNames are the names of b's own job functions, sorted.
func (b *Backend) FunctionNames() []string { return slices.Sorted(maps.Keys(b.Functions())) }

// FunctionNames are the names of the job functions of all versions of all systems, sorted.
func (r *Registry) FunctionNames() []string {
	names := map[string]bool{}
	for _, s := range r.systems {
		s.each(func(v *Backend) {
			for name := range v.functions {
				names[name] = true
			}
		})
	}
	return slices.Sorted(maps.Keys(names))
}
