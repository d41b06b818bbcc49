package jobs_test

import (
	"slices"

	"pgregory.net/rapid"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// modelNode is a call, a group or a chain, and what follows it.
type modelNode struct {
	call    *modelSpec // nil: the node has members
	members []*modelNode
	inOrder bool
	onDone  *modelNode
}

// calls gives the node's calls in the order of its reading, and for each the places of those that it waits for.
func (n *modelNode) calls(all []*modelSpec, behind [][]int, after []int) (_ []*modelSpec, _ [][]int, ends []int) {
	if n.call != nil {
		ends = []int{len(all)}
		all, behind = append(all, n.call), append(behind, after)
	}
	at := after
	for _, member := range n.members {
		var last []int
		all, behind, last = member.calls(all, behind, at)
		switch {
		case len(last) == 0: // it is as if it weren't there
		case n.inOrder:
			at, ends = last, last
		default:
			ends = append(ends, last...)
		}
	}
	if n.onDone != nil {
		if at = ends; len(ends) == 0 {
			at = after
		}
		all, behind, _ = n.onDone.calls(all, behind, at)
	}
	return all, behind, ends
}

// node gives the same for the queue.
func (n *modelNode) node() jobs.Node {
	if n.call != nil {
		s := n.call
		d := jobs.NewDelayable(jobs.Spec{Function: "f", Channel: s.channel, Identity: s.identity, Args: raw(s.args), Priority: s.priority, MaxRetries: &s.limit})
		if n.onDone != nil {
			d.OnDone(n.onDone.node())
		}
		return d
	}
	var members []jobs.Node
	for _, member := range n.members {
		members = append(members, member.node())
	}
	var next []jobs.Node
	if n.onDone != nil {
		next = append(next, n.onDone.node())
	}
	if n.inOrder {
		return jobs.Chain(members...).OnDone(next...)
	}
	return jobs.Group(members...).OnDone(next...)
}

// enqueueGraph gives the places of the calls' jobs, -1 where none was enqueued, how many are new, and what is refused.
func (m *model) enqueueGraph(n *modelNode) (places []int, created int, refused string) {
	before := m.copy()
	if places, created, refused = m.tryGraph(n); refused != "" {
		*m = *before
	}
	return places, created, refused
}

func (m *model) tryGraph(n *modelNode) (places []int, created int, refused string) {
	calls, behind, _ := n.calls(nil, nil, nil)
	if m.circular(calls, behind) {
		return nil, 0, "CycleError"
	}
	if m.isThere(calls) {
		for _, c := range calls {
			places = append(places, m.waiting(c.identity))
		}
		return places, 0, ""
	}
	m.graphs++
	unique := map[int]bool{}
	for _, c := range calls {
		at, isNew, _ := m.tryEnqueue(*c)
		if isNew {
			created++
		}
		places, unique[at] = append(places, at), true
	}
	for at := range unique {
		if m.jobs[at].graph == 0 && len(unique) > 1 {
			m.jobs[at].graph = m.graphs
		}
	}
	for i, at := range places {
		for _, p := range behind[i] {
			m.jobs[at].deps[places[p]] = true
		}
		if len(behind[i]) > 0 {
			m.settleDeps(at)
		}
	}
	for i, at := range places {
		if on := m.placesOf(places, behind[i]); m.cycle(at, on) {
			return nil, 0, "CycleError"
		}
	}
	return places, created, ""
}

func (m *model) placesOf(places, calls []int) map[int]bool {
	on := map[int]bool{}
	for _, c := range calls {
		on[places[c]] = true
	}
	return on
}

// isThere tells whether all calls with an identity wait already, and there are such.
func (m *model) isThere(calls []*modelSpec) bool {
	named := slices.DeleteFunc(slices.Clone(calls), func(c *modelSpec) bool { return c.identity == "" })
	return len(calls) > 1 && len(named) > 0 && !slices.ContainsFunc(named, func(c *modelSpec) bool { return m.waiting(c.identity) < 0 })
}

// circular tells whether calls would wait for each other; those of one identity are one.
func (m *model) circular(calls []*modelSpec, behind [][]int) bool {
	same := func(a, b int) bool {
		return a == b || calls[a].identity != "" && calls[a].identity == calls[b].identity
	}
	for from := range calls {
		seen := map[int]bool{}
		var leads func(i int) bool
		leads = func(i int) bool {
			for other := range calls {
				if !same(other, i) || seen[other] {
					continue
				}
				seen[other] = true
				for _, p := range behind[other] {
					if same(p, from) || leads(p) {
						return true
					}
				}
			}
			return false
		}
		if leads(from) {
			return true
		}
	}
	return false
}

// drawNode draws a node of at most so many levels.
func (r *modelRun) drawNode(levels int) *modelNode {
	n := &modelNode{}
	if shape := rapid.IntRange(0, 3).Draw(r.T, "shape"); levels == 0 || shape < 2 {
		n.call = &modelSpec{
			identity: rapid.SampledFrom([]string{"", "", "", "a", "b", "c"}).Draw(r.T, "identity"), args: `{"n":1}`,
			channel:  rapid.SampledFrom([]string{"root.one", "root.two", "root.two.many", "root.line"}).Draw(r.T, "channel"),
			priority: rapid.SampledFrom([]int{5, 10}).Draw(r.T, "priority"), limit: rapid.SampledFrom([]int{0, 2, 5}).Draw(r.T, "limit"),
		}
	} else {
		n.inOrder = shape == 2
		for range rapid.IntRange(0, 3).Draw(r.T, "members") {
			n.members = append(n.members, r.drawNode(levels-1))
		}
	}
	if levels > 0 && rapid.IntRange(0, 2).Draw(r.T, "followed") == 0 {
		n.onDone = r.drawNode(levels - 1)
	}
	return n
}

// enqueueGraph puts a graph into the line.
func (r *modelRun) enqueueGraph() {
	n := r.drawNode(2)
	calls, behind, _ := n.calls(nil, nil, nil)
	r.note("enqueue a graph")
	for i, c := range calls {
		r.note("  %d after %v: %+v", i, behind[i], *c)
	}
	var out jobs.Delayed
	err := r.write(func(tx *state.Tx) (err error) {
		out, err = r.queue.EnqueueGraph(r.Context(), tx, n.node())
		return err
	})
	places, created, refused := r.m.enqueueGraph(n)
	r.wantRefusal(err, refused)
	if refused != "" {
		return
	}
	r.findNew()
	var got []int
	for _, id := range out.IDs {
		got = append(got, slices.Index(r.ids, id))
	}
	if !slices.Equal(got, places) || out.Created != created {
		r.fail("jobs %v, %d created; want %v and %d", got, out.Created, places, created)
	}
}
