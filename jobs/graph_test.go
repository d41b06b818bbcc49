package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// named gives a call that is known by its name.
func named(name string) *jobs.Delayable {
	return jobs.NewDelayable(card(jobs.Spec{Description: name}))
}

// delay enqueues a graph.
func (b *bench) delay(top jobs.Node) jobs.Delayed {
	b.t.Helper()
	var d jobs.Delayed
	b.write(func(tx *state.Tx) (err error) {
		d, err = b.EnqueueGraph(b.ctx(), tx, top)
		return err
	})
	b.tick()
	return d
}

// edges gives what waits for what, by names: "b<a" is b after a.
func (b *bench) edges() string {
	b.t.Helper()
	list, err := b.List(b.ctx(), jobs.Filter{})
	if err != nil {
		b.t.Fatal(err)
	}
	var all []string
	for _, j := range list {
		for _, on := range j.DependsOn {
			all = append(all, j.Description+"<"+b.job(on).Description)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestGraphShapes(t *testing.T) {
	a, b, c, d, e := "a", "b", "c", "d", "e"
	shapes := map[string]struct {
		top  func() jobs.Node
		want string
	}{
		"a call alone": {func() jobs.Node { return named(a) }, ""},
		"a group":      {func() jobs.Node { return jobs.Group(named(a), named(b)) }, ""},
		"a chain":      {func() jobs.Node { return jobs.Chain(named(a), named(b), named(c)) }, "b<a c<b"},
		"a call and what follows it": {func() jobs.Node {
			return named(a).OnDone(named(b), named(c).OnDone(named(d)))
		}, "b<a c<a d<c"},
		"a diamond": {func() jobs.Node {
			last := named(d)
			return named(a).OnDone(named(b).OnDone(last), named(c).OnDone(last))
		}, "b<a c<a d<b d<c"},
		"a group after a group": {func() jobs.Node {
			return jobs.Group(named(a), named(b)).OnDone(jobs.Group(named(c), named(d)))
		}, "c<a c<b d<a d<b"},
		"a group of chains": {func() jobs.Node {
			return jobs.Group(jobs.Chain(named(a), named(b)), jobs.Chain(named(c), named(d))).OnDone(named(e))
		}, "b<a d<c e<b e<d"},
		"a chain of groups": {func() jobs.Node {
			return jobs.Chain(named(a), jobs.Group(named(b), named(c)), named(d)).OnDone(named(e))
		}, "b<a c<a d<b d<c e<d"},
		"a chain that ends with a chain": {func() jobs.Node {
			return jobs.Chain(named(a), jobs.Chain(named(b), named(c))).OnDone(named(d))
		}, "b<a c<b d<c"},
		"what follows a member of a group, which the group's own followers don't wait for": {func() jobs.Node {
			return jobs.Group(named(a).OnDone(named(b)), named(c)).OnDone(named(d))
		}, "b<a d<a d<c"},
		"groups without members, which are as if they weren't there": {func() jobs.Node {
			return jobs.Chain(jobs.Group(), named(a), jobs.Group(jobs.Chain()).OnDone(named(d)), named(b)).OnDone(jobs.Group().OnDone(named(c)))
		}, "b<a c<b d<a"},
	}
	for name, shape := range shapes {
		t.Run("Ensure "+name+" wait as they should", func(t *testing.T) {
			bench := newBench(t)
			out := bench.delay(shape.top())
			if got := bench.edges(); got != shape.want {
				t.Errorf("got %s, want %s", got, shape.want)
			}
			if out.Created != len(out.IDs) || out.Skipped || (out.Graph == "") != (len(out.IDs) == 1) {
				t.Errorf("%+v", out)
			}
			for _, id := range out.IDs {
				if j := bench.job(id); j.Graph != out.Graph || (j.State == wait) != (len(j.DependsOn) > 0) {
					t.Errorf("%+v", j)
				}
			}
			if s := bench.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Done != len(out.IDs) {
				t.Errorf("%+v", s)
			}
		})
	}
	t.Run("Ensure nothing is nothing", func(t *testing.T) {
		bench := newBench(t)
		if out := bench.delay(jobs.Group(jobs.Chain())); len(out.IDs) != 0 || out.Graph != "" || out.Created != 0 {
			t.Errorf("%+v", out)
		}
	})
	t.Run("Ensure a graph of many layers is laid out in a moment", func(t *testing.T) {
		bench := newBench(t)
		last := jobs.Group(named(a), named(b))
		top := last
		for range 60 { // 2^60 ways lead through it
			next := jobs.Group(named(a), named(b))
			last.OnDone(next)
			last = next
		}
		if out := bench.delay(top); out.Created != 122 {
			t.Errorf("%d", out.Created)
		}
	})
}

func TestDelayable(t *testing.T) {
	t.Run("Ensure properties are set in any order", func(t *testing.T) {
		b := newBench(t)
		f := jobs.NewFunc("card.import", func(context.Context, session, cardArgs) jobs.Outcome { return jobs.Outcome{} })
		call := f.Delayable(cardArgs{ExternalID: "5f"}).Priority(3).In(time.Hour).MaxRetries(0).Description("Import it").Channel("slow").
			Identity("card:5f", jobs.ReplaceArgs).Backend("trello", "trello.card").Pair("pair").TimeLimit(time.Minute)
		j := b.job(b.delay(call).ID(call))
		if j.Priority != 3 || !j.ETA.Equal(noon.Add(time.Hour)) || j.MaxRetries != 0 || j.Description != "Import it" ||
			j.Channel != "root.slow" || j.Identity != "card:5f" || j.Backend != "trello" || j.Model != "trello.card" ||
			j.Pair != "pair" || j.TimeLimit != time.Minute || string(j.Args) != `{"external_id":"5f"}` {
			t.Errorf("%+v", j)
		}
		at := noon.AddDate(0, 0, 1)
		if j := b.job(b.delay(named("x").ETA(at)).IDs[0]); !j.ETA.Equal(at) {
			t.Errorf("%v", j.ETA)
		}
	})
	t.Run("Ensure a graph is enqueued with its transaction or not at all", func(t *testing.T) {
		b := newBench(t)
		_ = b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, err := jobs.Chain(named("a"), named("b")).Delay(b.ctx(), b.Queue, tx)
			return errors.Join(err, errors.New("undo"))
		})
		if list, err := b.List(b.ctx(), jobs.Filter{}); err != nil || len(list) != 0 {
			t.Error(list, err)
		}
	})
}

func TestGraphCircles(t *testing.T) {
	circle := func() jobs.Node {
		a, b := named("a"), named("b")
		c := named("c").OnDone(a)
		return named("before").OnDone(a.OnDone(b.OnDone(c)))
	}
	self := func() jobs.Node {
		a := named("a")
		return a.OnDone(a)
	}
	group := func() jobs.Node {
		g := jobs.Group(named("a"), named("b"))
		return g.OnDone(g)
	}
	byIdentity := func() jobs.Node {
		return jobs.Chain(named("a").Identity("1", jobs.KeepFirst), named("b"), named("a again").Identity("1", jobs.KeepFirst))
	}
	for name, test := range map[string]struct {
		top  func() jobs.Node
		want string
	}{
		"calls in a circle":                       {circle, "(a → c → b → a)"},
		"a call that waits for itself":            {self, "(a → a)"},
		"a group that waits for itself":           {group, "(a → a)"},
		"a circle through a call of one identity": {byIdentity, "(a → b → a)"},
	} {
		t.Run("Ensure "+name+" are refused with the path, and nothing is enqueued", func(t *testing.T) {
			b := newBench(t)
			err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
				_, err := b.EnqueueGraph(b.ctx(), tx, test.top())
				return err
			})
			var ce *jobs.CycleError
			if !errors.As(err, &ce) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %s", err, test.want)
			}
			if _, err := (jobs.Direct{}).Run(b.ctx(), test.top()); test.want != "(a → b → a)" && !errors.As(err, &ce) {
				t.Errorf("run directly: %v", err)
			}
			if list, err := b.List(b.ctx(), jobs.Filter{}); err != nil || len(list) != 0 {
				t.Error(list, err)
			}
		})
	}
	t.Run("Ensure a circle through jobs that wait already is refused with their ids", func(t *testing.T) {
		b := newBench(t)
		first := b.delay(jobs.Chain(named("a").Identity("a", jobs.KeepFirst), named("b").Identity("b", jobs.KeepFirst)))
		err := b.db.Write(b.ctx(), func(tx *state.Tx) error {
			_, err := b.EnqueueGraph(b.ctx(), tx, jobs.Chain(named("b").Identity("b", jobs.ReplaceArgs), named("a").Identity("a", jobs.KeepFirst)))
			return err
		})
		wantCycle(t, err, first.IDs[0], first.IDs[1], first.IDs[0])
	})
}

func TestGraphIdentity(t *testing.T) {
	keyed := func(name string) *jobs.Delayable { return named(name).Identity(name, jobs.KeepFirst) }
	t.Run("Ensure a graph whose every keyed job waits already is not enqueued again, unkeyed ones included", func(t *testing.T) {
		b := newBench(t)
		graph := func() jobs.Node { return jobs.Chain(keyed("a"), named("unkeyed"), keyed("c")) }
		first := b.delay(graph())
		again := b.delay(graph())
		want := []int64{first.IDs[0], 0, first.IDs[2]}
		if !again.Skipped || again.Graph != "" || again.Created != 0 || !slices.Equal(again.IDs, want) {
			t.Errorf("%+v, want the ids %v", again, want)
		}
		if got := b.edges(); got != "c<unkeyed unkeyed<a" {
			t.Error(got)
		}
	})
	t.Run("Ensure where some wait already the others are enqueued around them", func(t *testing.T) {
		b := newBench(t)
		there := b.add(jobs.Spec{Identity: "b", Description: "b"})
		other := b.delay(jobs.Chain(keyed("c"), named("z")))
		out := b.delay(jobs.Chain(keyed("a"), keyed("b"), keyed("c"), keyed("d")))
		if out.Skipped || out.Created != 2 || out.IDs[1] != there || out.IDs[2] != other.IDs[0] {
			t.Errorf("%+v", out)
		}
		if got := b.edges(); got != "b<a c<b d<c z<c" {
			t.Error(got)
		}
		if j := b.job(there); j.Graph != out.Graph || j.State != wait {
			t.Errorf("the one that was in no graph: %+v", j)
		}
		if j := b.job(out.IDs[2]); j.Graph != other.Graph {
			t.Errorf("the one that was in another graph: %+v", j)
		}
	})
	t.Run("Ensure a failed job of the graph begins anew in its place", func(t *testing.T) {
		b := newBench(t)
		failed := b.add(jobs.Spec{Identity: "b", Description: "b"})
		b.mustHandle(always(jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}))
		out := b.delay(jobs.Chain(keyed("a"), keyed("b")))
		if j := b.job(failed); out.IDs[1] != failed || out.Created != 2 || j.State != wait || j.Graph != out.Graph {
			t.Errorf("%+v %+v", out, j)
		}
	})
	t.Run("Ensure a policy other than keeping the first one is carried out in a graph that is there", func(t *testing.T) {
		b := newBench(t)
		graph := func(n int) jobs.Node {
			return jobs.Chain(keyed("a"), jobs.NewDelayable(card(jobs.Spec{Description: "b", Args: n})).Identity("b", jobs.ReplaceArgs))
		}
		b.delay(graph(1))
		if out := b.delay(graph(2)); out.Skipped || string(b.job(out.IDs[1]).Args) != "2" {
			t.Errorf("%+v", out)
		}
	})
	t.Run("Ensure two calls of one identity are one job, which is in no graph when it is alone", func(t *testing.T) {
		b := newBench(t)
		out := b.delay(jobs.Group(keyed("a"), keyed("a")))
		if out.IDs[0] != out.IDs[1] || out.Created != 1 || out.Graph != "" {
			t.Errorf("%+v", out)
		}
	})
}

func TestGraphRuns(t *testing.T) {
	t.Run("Ensure a failed parent keeps its own children waiting, other branches go on, and retrying it releases them", func(t *testing.T) {
		b := newBench(t)
		out := b.delay(named("top").OnDone(jobs.Chain(named("bad"), named("child")), named("good")))
		outcome := func(j jobs.Job) jobs.Outcome {
			if j.Description == "bad" {
				return jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no such board")}
			}
			return jobs.Outcome{Kind: jobs.Done}
		}
		b.mustHandle(outcome)
		states := map[string]jobs.State{}
		for _, id := range out.IDs {
			states[b.job(id).Description] = b.job(id).State
		}
		if got := fmt.Sprint(states); got != "map[bad:failed child:wait_dependencies good:done top:done]" {
			t.Error(got)
		}
		bad := out.IDs[1]
		if child := b.job(out.IDs[2]); !strings.Contains(child.ExcMessage, fmt.Sprintf("waits for job %d (bad), which failed", bad)) {
			t.Errorf("the child says %q", child.ExcMessage)
		}
		b.write(func(tx *state.Tx) error { return b.Requeue(b.ctx(), tx, bad) })
		if s := b.mustHandle(always(jobs.Outcome{Kind: jobs.Done})); s.Done != 2 {
			t.Errorf("%+v", s)
		}
	})
	t.Run("Ensure cancelling takes all descendants along", func(t *testing.T) {
		b := newBench(t)
		out := b.delay(jobs.Chain(named("a"), named("b"), jobs.Group(named("c"), named("d")), named("e")))
		b.write(func(tx *state.Tx) error {
			n, err := b.Cancel(b.ctx(), tx, out.IDs[1])
			if n != 4 {
				t.Errorf("%d cancelled", n)
			}
			return err
		})
		b.wantState(out.IDs[0], pend)
		b.wantState(out.IDs[4], canc)
	})
	t.Run("Ensure a thousand jobs in a graph are enqueued with few statements", func(t *testing.T) {
		b := newBench(t)
		var pages []jobs.Node
		for range 1000 {
			pages = append(pages, named("page"))
		}
		out := b.delay(jobs.Chain(named("first"), jobs.Group(pages...), named("last")))
		if j := b.job(out.IDs[1001]); len(j.DependsOn) != 1000 || out.Created != 1002 {
			t.Errorf("%d dependencies, %d jobs", len(j.DependsOn), out.Created)
		}
	})
}

func TestDirect(t *testing.T) {
	direct := func(fn func(jobs.Job) jobs.Outcome) jobs.Direct {
		return jobs.Direct{Handlers: map[string]jobs.Handler{"card.import": each(fn)}}
	}
	names := func(ran []jobs.Ran) string {
		var all []string
		for _, r := range ran {
			all = append(all, r.Job.Description)
		}
		return strings.Join(all, " ")
	}
	t.Run("Ensure calls run in the order of the graph, and what follows from them last", func(t *testing.T) {
		a, c := named("a"), named("c")
		top := jobs.Group(c, a.OnDone(c)).OnDone(named("d"))
		ran, err := direct(func(j jobs.Job) jobs.Outcome {
			if j.Description != "a" {
				return jobs.Outcome{Kind: jobs.NothingToDo}
			}
			return jobs.Outcome{Kind: jobs.Done, FollowUps: []jobs.Spec{named("follow-up").Spec()}}
		}).Run(t.Context(), top)
		if got := names(ran); err != nil || got != "a c d follow-up" {
			t.Errorf("ran %s (%v)", got, err)
		}
	})
	t.Run("Ensure what a call waits for runs first, and then the call again", func(t *testing.T) {
		ran, err := direct(func(j jobs.Job) jobs.Outcome {
			if j.Description == "a" && j.Waits == 0 {
				return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{named("missing").Spec()}}
			}
			return jobs.Outcome{Kind: jobs.Done}
		}).Run(t.Context(), jobs.Chain(named("a"), named("b")))
		if got := names(ran); err != nil || got != "a missing a b" {
			t.Errorf("ran %s (%v)", got, err)
		}
	})
	t.Run("Ensure what doesn't end well is told, and nothing runs after it", func(t *testing.T) {
		cause := errors.New("busy")
		for _, kind := range []jobs.OutcomeKind{jobs.Retry, jobs.Failed, jobs.Paused, jobs.Postponed, jobs.Wait} {
			ran, err := direct(always(jobs.Outcome{Kind: kind, Err: cause})).Run(t.Context(), jobs.Chain(named("a"), named("b")))
			var de *jobs.DirectError
			if !errors.As(err, &de) || de.Call != "a" || de.Kind != kind || !errors.Is(err, cause) || len(ran) != 1 {
				t.Errorf("%s: %v after %s", kind, err, names(ran))
			}
		}
	})
	t.Run("Ensure waiting without an end comes to one", func(t *testing.T) {
		_, err := direct(func(jobs.Job) jobs.Outcome {
			return jobs.Outcome{Kind: jobs.Wait, Dependencies: []jobs.Spec{named("a").Spec()}}
		}).Run(t.Context(), named("a"))
		var de *jobs.DirectError
		if !errors.As(err, &de) || de.Kind != jobs.Wait {
			t.Error(err)
		}
	})
	t.Run("Ensure an unknown function is named", func(t *testing.T) {
		_, err := jobs.Direct{}.Run(t.Context(), named("a"))
		var missing *jobs.NoHandlerError
		if !errors.As(err, &missing) || missing.Function != "card.import" {
			t.Error(err)
		}
	})
	t.Run("Ensure effects are stored by the writer that is given", func(t *testing.T) {
		b := newBench(t)
		d := direct(always(jobs.Outcome{Kind: jobs.Done, Commit: func(ctx context.Context, tx *state.Tx) error {
			_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES ('seen', 'yes')")
			return err
		}}))
		d.Write = b.db.Write
		if _, err := d.Run(b.ctx(), named("a")); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := b.db.Read().QueryRowContext(b.ctx(), "SELECT COUNT(*) FROM meta WHERE key = 'seen'").Scan(&n); err != nil || n != 1 {
			t.Error(n, err)
		}
	})
}
