package jobs

import (
	"context"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Node is what a graph of jobs is built of: a [Delayable], a [DelayableGroup] or a [DelayableChain]. Nothing is enqueued
// before its Delay, which is called on the top of the graph: the node that all others are inside of, or follow.
type Node interface {
	parts() *parts
}

// parts are what every node has.
type parts struct {
	call    *Delayable // of a single call
	members []Node     // of a group or chain
	inOrder bool       // of a chain
	onDone  []Node
}

// Delayable is a call that can be enqueued, alone or in a graph. Its properties are set one after the other, in any order;
// what isn't set is the default of a [Spec].
type Delayable struct {
	spec   Spec
	onDone []Node
}

// NewDelayable gives a call to enqueue.
func NewDelayable(s Spec) *Delayable { return &Delayable{spec: s} }

// Delayable gives a call of the function, to enqueue alone or in a graph.
func (f Func[E, A]) Delayable(args A) *Delayable { return NewDelayable(f.Spec(args, Spec{})) }

// Backend sets the backend that the call works for, and the binding model.
func (d *Delayable) Backend(name, model string) *Delayable {
	d.spec.Backend, d.spec.Model = name, model
	return d
}

// Priority sets the priority; a low number is early.
func (d *Delayable) Priority(p int) *Delayable { d.spec.Priority = p; return d }

// ETA sets the instant before which the call doesn't run.
func (d *Delayable) ETA(at time.Time) *Delayable { d.spec.ETA = at; return d }

// In lets the call run no sooner than this time after it is enqueued.
func (d *Delayable) In(after time.Duration) *Delayable { d.spec.After = after; return d }

// MaxRetries sets how many attempts may be spent; 0: any number.
func (d *Delayable) MaxRetries(n int) *Delayable { d.spec.MaxRetries = &n; return d }

// Description sets the words that people see.
func (d *Delayable) Description(text string) *Delayable { d.spec.Description = text; return d }

// Channel sets the channel; "root." in front may be left out.
func (d *Delayable) Channel(name string) *Delayable { d.spec.Channel = name; return d }

// Identity sets what stands for the job while it waits, and what becomes of this call when one of that identity waits already.
func (d *Delayable) Identity(key string, p IdentityPolicy) *Delayable {
	d.spec.Identity, d.spec.Policy = key, p
	return d
}

// IdentityBy is Identity with a key that is made of the call itself when it is enqueued: [IdentityExact] or [IdentityHashed].
func (d *Delayable) IdentityBy(key IdentityKey, p IdentityPolicy) *Delayable {
	d.spec.IdentityBy, d.spec.Policy = key, p
	return d
}

// Pair sets the record pair that the job works on; jobs of one pair never run at once.
func (d *Delayable) Pair(pair string) *Delayable { d.spec.Pair = pair; return d }

// TimeLimit sets how long a run may take.
func (d *Delayable) TimeLimit(limit time.Duration) *Delayable { d.spec.TimeLimit = limit; return d }

// Spec gives the call as it is described so far.
func (d *Delayable) Spec() Spec { return d.spec }

// OnDone lets other nodes wait until this call is done.
func (d *Delayable) OnDone(next ...Node) *Delayable {
	d.onDone = append(d.onDone, next...)
	return d
}

// Delay enqueues the graph that this call is the top of; see [Queue.EnqueueGraph].
func (d *Delayable) Delay(ctx context.Context, q *Queue, tx *state.Tx) (Delayed, error) {
	return q.EnqueueGraph(ctx, tx, d)
}

func (d *Delayable) parts() *parts { return &parts{call: d, onDone: d.onDone} }

// DelayableGroup is nodes that may run at the same time. What follows it waits until all of them are done.
type DelayableGroup struct{ members, onDone []Node }

// Group gives a group of nodes, each a call, a group or a chain. One without members is as if it weren't there: what
// follows it waits for what it follows itself.
func Group(members ...Node) *DelayableGroup { return &DelayableGroup{members: members} }

// OnDone lets other nodes wait until all of the group is done.
func (g *DelayableGroup) OnDone(next ...Node) *DelayableGroup {
	g.onDone = append(g.onDone, next...)
	return g
}

// Delay enqueues the graph that this group is the top of; see [Queue.EnqueueGraph].
func (g *DelayableGroup) Delay(ctx context.Context, q *Queue, tx *state.Tx) (Delayed, error) {
	return q.EnqueueGraph(ctx, tx, g)
}

func (g *DelayableGroup) parts() *parts { return &parts{members: g.members, onDone: g.onDone} }

// DelayableChain is nodes that run one after the other. What follows it waits until its last one is done.
type DelayableChain struct{ members, onDone []Node }

// Chain gives a chain of nodes, each a call, a group or a chain. One without members is as if it weren't there.
func Chain(members ...Node) *DelayableChain { return &DelayableChain{members: members} }

// OnDone lets other nodes wait until the chain's last node is done.
func (c *DelayableChain) OnDone(next ...Node) *DelayableChain {
	c.onDone = append(c.onDone, next...)
	return c
}

// Delay enqueues the graph that this chain is the top of; see [Queue.EnqueueGraph].
func (c *DelayableChain) Delay(ctx context.Context, q *Queue, tx *state.Tx) (Delayed, error) {
	return q.EnqueueGraph(ctx, tx, c)
}

func (c *DelayableChain) parts() *parts {
	return &parts{members: c.members, inOrder: true, onDone: c.onDone}
}
