package jobs_test

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestModel does at random what may happen to a queue, to the model and to the queue on each kind of store, and compares all
// of them after every step. CONNECTOR_LONG=1 takes 100,000 steps instead of 5,000.
func TestModel(t *testing.T) {
	steps, checks := 200, 25
	if os.Getenv("CONNECTOR_LONG") != "" {
		checks = 500
	}
	if err := flag.Set("rapid.checks", fmt.Sprint(checks)); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		r := newModelRun(t, rt)
		defer func() { _ = r.db.Close() }()
		for range steps {
			r.step()
		}
	})
}

// modelRun is a model and the queue that must do the same.
type modelRun struct {
	*rapid.T
	m     *model
	clock *statetest.Clock
	db    *state.DB
	queue *jobs.Queue
	ids   []int64          // of the model's jobs
	hands map[int]jobs.Job // claimed, by place
	stale []jobs.Job       // claimed once, and taken away since
	trace []string
}

func newModelRun(t *testing.T, rt *rapid.T) *modelRun {
	clock := statetest.NewClock(noon)
	db, err := state.Open(t.Context(), statetest.New(t).Location, state.Options{Clock: clock})
	if err != nil {
		rt.Fatal(err)
	}
	c, err := jobs.ParseChannels(modelChannels)
	if err != nil {
		rt.Fatal(err)
	}
	return &modelRun{T: rt, m: newModel(noon), clock: clock, db: db, hands: map[int]jobs.Job{},
		queue: jobs.New(db, jobs.WithChannels(c), jobs.WithLease(modelLease))}
}

func (r *modelRun) step() {
	actions := []func(){
		r.enqueue, r.enqueue, r.enqueueGraph, r.claim, r.claim, r.finish, r.finish, r.finish, r.finishStale, r.heartbeat, r.pass, r.bury,
		func() { r.byHand("requeue", r.requeueJob, r.m.requeue) },
		func() { r.byHand("set done", r.setJobDone, r.m.setDone) },
		func() { r.byHand("cancel", r.cancelJob, r.m.cancel) },
		r.pauseChannel,
	}
	actions[rapid.IntRange(0, len(actions)-1).Draw(r.T, "action")]()
	r.compare()
}

func (r *modelRun) note(format string, args ...any) {
	r.trace = append(r.trace, fmt.Sprintf(format, args...))
}

func (r *modelRun) write(fn func(tx *state.Tx) error) error { return r.db.Write(r.Context(), fn) }

// anyJob draws the place of a job, -1 where there is none.
func (r *modelRun) anyJob() int {
	if len(r.m.jobs) == 0 {
		return -1
	}
	back := rapid.IntRange(0, min(len(r.m.jobs)-1, 12)).Draw(r.T, "back")
	return len(r.m.jobs) - 1 - back
}

func (r *modelRun) enqueue() {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(r.T, name) }
	s := modelSpec{
		identity: pick("identity", "", "a", "b", "c", "d"), pair: pick("pair", "", "", "p"), args: pick("args", `{"n":1}`, `{"n":2}`),
		channel:  pick("channel", "root.one", "root.two", "root.two.many", "root.line", "root"),
		priority: rapid.SampledFrom([]int{5, 10}).Draw(r.T, "priority"), limit: rapid.SampledFrom([]int{0, 2, 5}).Draw(r.T, "limit"),
		policy: rapid.SampledFrom([]jobs.IdentityPolicy{jobs.KeepFirst, jobs.KeepFirst, jobs.ReplaceArgs, jobs.RunAgain}).Draw(r.T, "policy"),
	}
	if rapid.IntRange(0, 4).Draw(r.T, "later") == 0 {
		s.eta = r.m.now.Add(time.Minute)
	}
	for range rapid.IntRange(0, 2).Draw(r.T, "dependencies") {
		if d := r.anyJob(); d >= 0 {
			s.deps = append(s.deps, d)
		}
	}
	spec := jobs.Spec{Function: "f", Channel: s.channel, Identity: s.identity, Pair: s.pair, Args: raw(s.args), Priority: s.priority,
		MaxRetries: &s.limit, ETA: s.eta, Policy: s.policy}
	for _, d := range s.deps {
		spec.DependsOn = append(spec.DependsOn, r.ids[d])
	}
	r.note("enqueue %+v", s)
	var id int64
	var created bool
	err := r.write(func(tx *state.Tx) (err error) {
		id, created, err = r.queue.Enqueue(r.Context(), tx, spec)
		return err
	})
	at, wantCreated, refused := r.m.enqueue(s)
	r.wantRefusal(err, refused)
	if refused != "" {
		return
	}
	if at == len(r.ids) {
		r.ids = append(r.ids, id)
	}
	if r.ids[at] != id || created != wantCreated {
		r.fail("job %d, created %t; want place %d, created %t", id, created, at, wantCreated)
	}
}

type raw string

// MarshalJSON gives the text as it is.
func (r raw) MarshalJSON() ([]byte, error) { return []byte(r), nil }

func (r *modelRun) claim() {
	worker := rapid.SampledFrom([]string{"w1", "w2", "w3"}).Draw(r.T, "worker")
	slots := rapid.IntRange(1, 4).Draw(r.T, "slots")
	if end, ok := r.m.workers[worker]; ok && !end.After(r.m.now) {
		r.bury()
	}
	if _, ok := r.m.workers[worker]; !ok {
		r.m.workers[worker] = r.m.now.Add(modelLease)
		if err := r.queue.Enlist(r.Context(), worker); err != nil {
			r.fail("%v", err)
		}
	}
	r.note("claim %d for %s", slots, worker)
	c, err := r.queue.ClaimSlices(r.Context(), worker, jobs.ClaimFilter{Slots: slots})
	if err != nil {
		r.fail("%v", err)
	}
	var got []int
	for _, slice := range c.Slices {
		at := slices.Index(r.ids, slice[0].ID)
		got = append(got, at)
		r.hands[at] = slice[0]
	}
	if want := r.m.claim(worker, slots); !slices.Equal(got, want) {
		r.fail("claimed %v, want %v", got, want)
	}
}

func (r *modelRun) finish() {
	if len(r.hands) == 0 {
		return
	}
	at := rapid.SampledFrom(slices.Sorted(maps.Keys(r.hands))).Draw(r.T, "job")
	kind := rapid.SampledFrom([]jobs.OutcomeKind{jobs.Done, jobs.Done, jobs.NothingToDo, jobs.Failed, jobs.Retry, jobs.Paused, jobs.Postponed,
		jobs.Wait, jobs.Wait}).Draw(r.T, "outcome")
	after := rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(r.T, "after")
	o := jobs.Outcome{Kind: kind, After: after, Err: errors.New("no")}
	dependency := rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(r.T, "dependency")
	if kind == jobs.Wait {
		o.Dependencies = []jobs.Spec{{Function: "f", Channel: "root.one", Identity: dependency}}
	}
	r.note("finish %d: %s after %s, for %s", at, kind, after, dependency)
	j := r.hands[at]
	delete(r.hands, at)
	_, err := r.queue.Finish(r.Context(), j, o)
	if !r.m.workers[j.Worker].After(r.m.now) {
		r.stale = append(r.stale, j)
		r.wantRefusal(err, "LostError")
		return
	}
	r.wantRefusal(err, "")
	r.m.finish(at, kind, after, dependency)
	r.findNew()
}

// findNew learns the ids of jobs that others gave rise to.
func (r *modelRun) findNew() {
	list, err := r.queue.List(r.Context(), jobs.Filter{})
	if err != nil {
		r.fail("%v", err)
	}
	for _, j := range list {
		if !slices.Contains(r.ids, j.ID) {
			r.ids = append(r.ids, j.ID)
		}
	}
}

// finishStale lets a worker complete what it was taken away.
func (r *modelRun) finishStale() {
	if len(r.stale) == 0 {
		return
	}
	j := rapid.SampledFrom(r.stale).Draw(r.T, "stale")
	r.note("finish the stale %d", j.ID)
	_, err := r.queue.Finish(r.Context(), j, jobs.Outcome{Kind: jobs.Done})
	r.wantRefusal(err, "LostError")
}

func (r *modelRun) heartbeat() {
	for _, w := range slices.Sorted(maps.Keys(r.m.workers)) {
		if rapid.Bool().Draw(r.T, "beats") {
			continue
		}
		want := ""
		if !r.m.workers[w].After(r.m.now) {
			want = "LeaseError"
		} else {
			r.m.workers[w] = r.m.now.Add(modelLease)
		}
		r.note("heartbeat of %s", w)
		r.wantRefusal(r.queue.Renew(r.Context(), w), want)
	}
}

func (r *modelRun) pass() {
	d := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, 20 * time.Second}).Draw(r.T, "time")
	r.note("%s pass", d)
	_ = r.clock.Sleep(r.Context(), d)
	r.m.now = r.m.now.Add(d)
}

// bury lets somebody look for workers whose lease has ended.
func (r *modelRun) bury() {
	r.note("look for the dead")
	if _, _, err := r.queue.RecoverDead(r.Context()); err != nil {
		r.fail("%v", err)
	}
	r.m.bury()
	for at, j := range r.hands {
		if _, alive := r.m.workers[j.Worker]; !alive {
			r.stale = append(r.stale, j)
			delete(r.hands, at)
		}
	}
}

func (r *modelRun) byHand(name string, do func(tx *state.Tx, id int64) error, model func(int) string) {
	at := r.anyJob()
	if at < 0 {
		return
	}
	r.note("%s %d", name, at)
	err := r.write(func(tx *state.Tx) error { return do(tx, r.ids[at]) })
	r.wantRefusal(err, model(at))
	r.findNew()
}

func (r *modelRun) cancelJob(tx *state.Tx, id int64) error {
	_, err := r.queue.Cancel(r.Context(), tx, id)
	return err
}

func (r *modelRun) pauseChannel() {
	name := rapid.SampledFrom([]string{"root.one", "root.two", "root.two.many"}).Draw(r.T, "channel")
	on := rapid.Bool().Draw(r.T, "paused")
	r.note("pause %s: %t", name, on)
	r.m.paused[name] = on
	err := r.write(func(tx *state.Tx) error {
		if on {
			return r.queue.Pause(r.Context(), tx, jobs.Pause{Scope: jobs.PauseChannel, Name: name})
		}
		_, err := r.queue.Resume(r.Context(), tx, jobs.PauseChannel, name)
		return err
	})
	r.wantRefusal(err, "")
}

func (r *modelRun) fail(format string, args ...any) {
	r.Helper()
	r.Fatalf("%s\nafter\n%s\nthe model has\n%s", fmt.Sprintf(format, args...), strings.Join(r.trace, "\n"), r.m)
}

// wantRefusal holds an error to the name of its type; "" is none.
func (r *modelRun) wantRefusal(err error, want string) {
	r.Helper()
	got := refusalName(err)
	if got != want {
		r.fail("refused with %q (%v), want %q", got, err, want)
	}
}

// compare holds the stored jobs to the model's.
func (r *modelRun) compare() {
	list, err := r.queue.List(r.Context(), jobs.Filter{})
	if err != nil {
		r.fail("%v", err)
	}
	if len(list) != len(r.m.jobs) || len(r.ids) != len(r.m.jobs) {
		r.fail("%d jobs, want %d", len(list), len(r.m.jobs))
	}
	stored, graphs := &model{now: r.m.now}, map[string]int{"": 0}
	for _, j := range list {
		deps := map[int]bool{}
		for _, d := range j.DependsOn {
			deps[slices.Index(r.ids, d)] = true
		}
		if _, known := graphs[j.Graph]; !known {
			graphs[j.Graph] = len(graphs)
		}
		stored.jobs = append(stored.jobs, &modelJob{graph: graphs[j.Graph], state: j.State, priority: j.Priority, eta: j.ETA, retry: j.Retry, limit: j.MaxRetries,
			crashes: j.Crashes, waits: j.Waits, identity: j.Identity, args: string(j.Args), deps: deps})
	}
	if got, want := stored.String(), r.m.String(); got != want {
		r.fail("the queue has\n%s", got)
	}
}

func (r *modelRun) requeueJob(tx *state.Tx, id int64) error {
	return r.queue.Requeue(r.Context(), tx, id)
}

func (r *modelRun) setJobDone(tx *state.Tx, id int64) error {
	return r.queue.SetDone(r.Context(), tx, id)
}

func refusalName(err error) string {
	var (
		lost       *jobs.LostError
		lease      *jobs.LeaseError
		transition *jobs.TransitionError
		cycle      *jobs.CycleError
		twin       *jobs.TwinError
	)
	switch {
	case err == nil:
		return ""
	case errors.As(err, &lost):
		return "LostError"
	case errors.As(err, &lease):
		return "LeaseError"
	case errors.As(err, &transition):
		return "TransitionError"
	case errors.As(err, &cycle):
		return "CycleError"
	case errors.As(err, &twin):
		return "TwinError"
	}
	return err.Error()
}
