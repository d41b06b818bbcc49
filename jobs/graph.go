package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/state"
)

// Delayed is what became of a graph.
type Delayed struct {
	Graph   string  // the uuid that its jobs share; "": a single job, or nothing was enqueued
	IDs     []int64 // the jobs, in the order in which the graph names its calls; 0: not enqueued
	Created int     // how many of them are new, or were failed and begin anew
	Skipped bool    // nothing was enqueued: every job that has an identity waits already

	of map[*Delayable]int64
}

// ID gives the job of one call of the graph; 0: not enqueued.
func (d Delayed) ID(call *Delayable) int64 { return d.of[call] }

// EnqueueGraph puts all calls of a graph into the line, in the caller's transaction and with a few statements. Those that
// follow others wait until all of these are done. Two jobs and more share a uuid ([Job.Graph]); one alone has none.
//
// A job of whose identity one waits already is that one, as in [Queue.Enqueue]: it comes to wait for what precedes it here,
// what follows waits for it, and it stays in the graph that it is in. Where every call that has an identity waits already
// (and keeps to [KeepFirst]), the whole graph is there: nothing is enqueued, calls without an identity included.
//
// Errors: those of Enqueue, of which the *CycleError names the calls of a graph that goes round in a circle.
func (q *Queue) EnqueueGraph(ctx context.Context, tx *state.Tx, top Node) (Delayed, error) {
	g := layOut(top)
	specs := make([]Spec, len(g.calls))
	for i, c := range g.calls {
		specs[i] = c.spec
	}
	b, list, err := q.newBatch(specs, tx.Now())
	if err == nil {
		err = b.sort(ctx, tx, list)
	}
	if err != nil {
		return Delayed{}, fmt.Errorf("enqueue a graph: %w", err)
	}
	if err := g.refuseCircle(b.jobs); err != nil {
		return Delayed{}, fmt.Errorf("enqueue a graph: %w", err)
	}
	out := Delayed{Skipped: len(specs) > 1 && b.allThere()}
	if !out.Skipped {
		if out.Graph, err = q.storeGraph(ctx, tx, b, g); err != nil {
			return Delayed{}, fmt.Errorf("enqueue a graph: %w", err)
		}
		_, out.Created = b.result()
	}
	out.of = make(map[*Delayable]int64, len(g.calls))
	for i, c := range g.calls {
		out.IDs, out.of[c] = append(out.IDs, b.jobs[i].ID), b.jobs[i].ID
	}
	return out, nil
}

// allThere tells whether every job with an identity waits already, and there are such.
func (b *batch) allThere() bool {
	if len(b.joined) == 0 || len(b.revived) > 0 {
		return false
	}
	fresh := slices.ContainsFunc(b.fresh, func(j *Job) bool { return j.Identity != "" })
	return !fresh && !slices.ContainsFunc(b.joined, func(j *Job) bool { return j.replaced || j.next != "" })
}

// storeGraph enqueues the jobs of a graph and lets them wait for each other.
func (q *Queue) storeGraph(ctx context.Context, tx *state.Tx, b *batch, g *graph) (uuid string, err error) {
	all := slices.Concat(b.fresh, b.revived, b.joined)
	if len(all) > 1 {
		uuid = q.newUUID()
	}
	for _, j := range b.fresh {
		j.Graph = uuid
	}
	return uuid, b.store(ctx, tx, func() error {
		for i, parents := range g.parents {
			for _, p := range parents {
				b.jobs[i].DependsOn = append(b.jobs[i].DependsOn, b.jobs[p].ID)
			}
		}
		for _, j := range all {
			j.DependsOn = sortedIDs(j.DependsOn)
		}
		return joinGraph(ctx, tx, uuid, idsOf(slices.Concat(b.revived, b.joined)))
	})
}

// joinGraph takes jobs into a graph that are in none.
func joinGraph(ctx context.Context, tx *state.Tx, uuid string, ids []int64) error {
	for chunk := range slices.Chunk(ids, chunkSize) {
		query := "UPDATE job SET graph = ? WHERE graph = '' AND id IN " + marks(len(chunk))
		if _, err := tx.ExecContext(ctx, query, append([]any{uuid}, anys(chunk)...)...); err != nil {
			return err
		}
	}
	return nil
}

// graph is the calls of a node, and for each the indexes of those that it waits for, ascending.
type graph struct {
	calls   []*Delayable
	parents [][]int

	index map[*Delayable]int
	known map[[2]int]bool   // edges, from the earlier to the later call
	ends  map[Node][]int    // of the nodes that have their place
	heads map[Node][]int    // those that wait for what precedes the node
	empty map[Node]struct{} // nodes without a call whose followers are being placed
}

// layOut turns nodes into calls and what each waits for.
func layOut(top Node) *graph {
	g := &graph{index: map[*Delayable]int{}, known: map[[2]int]bool{}, ends: map[Node][]int{}, heads: map[Node][]int{},
		empty: map[Node]struct{}{}}
	g.place(top, nil)
	for i := range g.parents {
		slices.Sort(g.parents[i])
	}
	return g
}

// place gives a node its place behind others.
func (g *graph) place(n Node, behind []int) {
	if _, placed := g.ends[n]; placed {
		g.connect(behind, g.heads[n])
		return
	}
	p := n.parts()
	heads, ends := g.inside(p, behind)
	if len(ends) == 0 {
		g.placeEmpty(n, p, behind)
		return
	}
	g.heads[n], g.ends[n] = heads, ends
	for _, next := range p.onDone {
		g.place(next, ends)
	}
}

// placeEmpty lets what follows a node without a call follow what the node follows.
func (g *graph) placeEmpty(n Node, p *parts, behind []int) {
	if _, under := g.empty[n]; under {
		return
	}
	g.empty[n] = struct{}{}
	for _, next := range p.onDone {
		g.place(next, behind)
	}
	delete(g.empty, n)
}

// inside places what a node consists of. A node without a call has neither heads nor ends.
func (g *graph) inside(p *parts, behind []int) (heads, ends []int) {
	if p.call != nil {
		i := g.add(p.call)
		g.connect(behind, []int{i})
		return []int{i}, []int{i}
	}
	for _, m := range p.members {
		g.place(m, behind)
		mine, placed := g.ends[m]
		switch {
		case !placed: // it has no call
		case p.inOrder:
			if len(ends) == 0 {
				heads = g.heads[m]
			}
			ends, behind = mine, mine
		default:
			heads, ends = append(heads, g.heads[m]...), append(ends, mine...)
		}
	}
	return heads, ends
}

func (g *graph) add(c *Delayable) int {
	if i, there := g.index[c]; there {
		return i
	}
	g.index[c] = len(g.calls)
	g.calls, g.parents = append(g.calls, c), append(g.parents, nil)
	return g.index[c]
}

func (g *graph) connect(from, to []int) {
	for _, f := range from {
		for _, t := range to {
			if !g.known[[2]int{f, t}] {
				g.known[[2]int{f, t}] = true
				g.parents[t] = append(g.parents[t], f)
			}
		}
	}
}

// refuseCircle fails where calls would wait for each other. Calls that share a job, by their identity, are one.
func (g *graph) refuseCircle(of []*Job) error {
	waits := map[*Job][]*Job{}
	for i, parents := range g.parents {
		for _, p := range parents {
			waits[of[i]] = append(waits[of[i]], of[p])
		}
	}
	w := walk{waits: waits, done: map[*Job]bool{}, under: map[*Job]bool{}}
	for _, j := range of {
		if circle := w.from(j); circle != nil {
			return &CycleError{Names: circle}
		}
	}
	return nil
}

// walk goes from jobs to what they wait for, depth first.
type walk struct {
	waits       map[*Job][]*Job
	done, under map[*Job]bool
	path        []*Job
}

// from gives the names on the first circle that it finds.
func (w *walk) from(j *Job) (circle []string) {
	switch {
	case w.done[j]:
		return nil
	case w.under[j]:
		for _, p := range append(w.path[slices.Index(w.path, j):], j) {
			circle = append(circle, cmp.Or(p.Description, p.Function))
		}
		return circle
	}
	w.under[j], w.path = true, append(w.path, j)
	for _, next := range w.waits[j] {
		if circle := w.from(next); circle != nil {
			return circle
		}
	}
	w.path = w.path[:len(w.path)-1]
	w.done[j] = true
	return nil
}
