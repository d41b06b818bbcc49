package jobs_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/jobs"
)

// model is the queue as a reader would explain it: a list in memory, and a rule for each thing that may happen. A job is known
// by its place in the list.
type model struct {
	now     time.Time
	jobs    []*modelJob
	graphs  int
	paused  map[string]bool      // channels
	workers map[string]time.Time // ends of their leases
}

type modelJob struct {
	state                                 jobs.State
	priority                              int
	created                               time.Time
	eta                                   time.Time
	retry, limit, crashes, waits          int
	identity, pair, channel, args, worker string
	next                                  *modelSpec // runs again when this one is done
	own                                   bool       // its own call is to run again where it makes room for another job
	deps                                  map[int]bool
	graph                                 int // 0: none
	claims                                int
	alone                                 bool // its worker died with others in hand, or with it
}

// modelSpec is a call to enqueue.
type modelSpec struct {
	identity, pair, channel, args string
	priority, limit               int
	eta                           time.Time
	policy                        jobs.IdentityPolicy
	deps                          []int
}

// The model's channels: what each may do is repeated here by hand.
const modelChannels = "root:4,one:1,two:2,two.many:0,line:1:sequential"

var modelCapacity = map[string]int{"root": 4, "root.one": 1, "root.two": 2, "root.two.many": 0, "root.line": 1}

const modelLease = time.Minute

func newModel(now time.Time) *model {
	return &model{now: now, paused: map[string]bool{}, workers: map[string]time.Time{}}
}

func waits(s jobs.State) bool { return s == pend || s == wait || s == enqd }

func (m *model) find(identity string, ok func(*modelJob) bool) (found int) {
	found = -1
	for i, j := range m.jobs {
		if identity != "" && j.identity == identity && ok(j) {
			found = i
		}
	}
	return found
}

func (m *model) waiting(identity string) int {
	return m.find(identity, func(j *modelJob) bool { return waits(j.state) })
}

func (m *model) failed(identity string) int {
	return m.find(identity, func(j *modelJob) bool { return j.state == fail })
}

func (m *model) running(identity string) int {
	return m.find(identity, func(j *modelJob) bool { return j.state == strt })
}

func (m *model) blocked(i int) bool {
	for d := range m.jobs[i].deps {
		if m.jobs[d].state != done {
			return true
		}
	}
	return false
}

// settleDeps lets a pending job wait that depends on something unfinished.
func (m *model) settleDeps(i int) {
	if m.jobs[i].state == pend && m.blocked(i) {
		m.jobs[i].state = wait
	}
}

// cycle tells whether jobs that wait lead from these back to a job.
func (m *model) cycle(from int, on map[int]bool) bool {
	seen := map[int]bool{}
	var leads func(i int) bool
	leads = func(i int) bool {
		if i == from {
			return true
		}
		if seen[i] || m.jobs[i].state != wait {
			return false
		}
		seen[i] = true
		for d := range m.jobs[i].deps {
			if leads(d) {
				return true
			}
		}
		return false
	}
	for d := range on {
		if leads(d) {
			return true
		}
	}
	return false
}

// enqueue gives the job that stands for the call, and what is refused; then nothing has changed.
func (m *model) enqueue(s modelSpec) (at int, created bool, refused string) {
	before := m.copy()
	at, created, refused = m.tryEnqueue(s)
	if refused != "" {
		*m = *before
	}
	return at, created, refused
}

func (m *model) tryEnqueue(s modelSpec) (at int, created bool, refused string) {
	fresh := &modelJob{state: pend, priority: s.priority, created: m.now, eta: s.eta, limit: s.limit, identity: s.identity,
		pair: cmp.Or(s.pair, s.identity), channel: s.channel, args: s.args, deps: map[int]bool{}, own: s.policy != jobs.KeepFirst}
	at = m.waiting(s.identity)
	switch {
	case at >= 0:
		m.joinWaiting(m.jobs[at], s)
	case m.failed(s.identity) >= 0:
		at, created = m.failed(s.identity), true
		old := m.jobs[at]
		fresh.created, fresh.claims, fresh.next, fresh.alone, fresh.graph = old.created, old.claims, old.next, old.alone, old.graph
		fresh.own = (fresh.own || old.own) && fresh.next == nil
		*old = *fresh
	default:
		at, created = len(m.jobs), true
		m.jobs = append(m.jobs, fresh)
	}
	for _, d := range s.deps {
		if m.jobs[d].state == canc {
			return at, created, "TransitionError"
		}
		m.jobs[at].deps[d] = true
	}
	on := map[int]bool{}
	for _, d := range s.deps {
		on[d] = true
	}
	if m.cycle(at, on) {
		return at, created, "CycleError"
	}
	if len(s.deps) > 0 {
		m.settleDeps(at)
	}
	return at, created, ""
}

func (m *model) joinWaiting(j *modelJob, s modelSpec) {
	switch s.policy {
	case jobs.ReplaceArgs:
		j.args, j.priority, j.eta, j.own = s.args, s.priority, s.eta, j.next == nil
	case jobs.RunAgain:
		next := s
		next.deps = nil
		j.next, j.own = &next, false
	case jobs.KeepFirst:
	}
}

// rank orders the line.
func (m *model) rank(a, b int) int {
	x, y := m.jobs[a], m.jobs[b]
	return cmp.Or(cmp.Compare(x.priority, y.priority), x.created.Compare(y.created), cmp.Compare(a, b))
}

func channelsAbove(channel string) (all []string) {
	parts := strings.Split(channel, ".")
	for i := range parts {
		all = append(all, strings.Join(parts[:i+1], "."))
	}
	return all
}

// claim starts up to so many jobs for a worker, in the order of the line.
func (m *model) claim(worker string, slots int) (started []int) {
	turn := m.turn()
	closed := map[string]bool{"root.line": turn < 0 || !m.startable(turn, nil)}
	for len(started) < slots {
		best := -1
		for i := range m.jobs {
			if m.startable(i, closed) && (best < 0 || m.rank(i, best) < 0) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		j := m.jobs[best]
		if j.alone && len(started) > 0 {
			break
		}
		j.state, j.worker = strt, worker
		j.claims++
		started = append(started, best)
		if j.alone {
			break
		}
	}
	return started
}

func (m *model) startable(i int, closed map[string]bool) bool {
	j := m.jobs[i]
	if j.state != pend || j.eta.After(m.now) || closed[j.channel] {
		return false
	}
	for _, name := range channelsAbove(j.channel) {
		if m.paused[name] || modelCapacity[name] > 0 && m.inChannel(name) >= modelCapacity[name] {
			return false
		}
	}
	for _, other := range m.jobs {
		if j.pair != "" && other.state == strt && other.pair == j.pair {
			return false
		}
	}
	return true
}

func (m *model) inChannel(name string) (n int) {
	for _, j := range m.jobs {
		if j.state == strt && slices.Contains(channelsAbove(j.channel), name) {
			n++
		}
	}
	return n
}

// turn gives the first job of the sequential channel; -1: it has none, or waits for a failed one.
func (m *model) turn() (first int) {
	first = -1
	for i, j := range m.jobs {
		if j.channel != "root.line" {
			continue
		}
		if j.state == fail {
			return -1
		}
		if j.state == pend && (first < 0 || m.rank(i, first) < 0) {
			first = i
		}
	}
	return first
}

func (m *model) release(i int) {
	for k, j := range m.jobs {
		if j.state == wait && j.deps[i] && !m.blocked(k) {
			j.state = pend
		}
	}
}

// absorb makes room for a job that waits again: its waiting twin is cancelled, and who waited for that waits for this.
func (m *model) absorb(i int) bool {
	twin := m.find(m.jobs[i].identity, func(j *modelJob) bool { return waits(j.state) && j != m.jobs[i] })
	if twin < 0 {
		return false
	}
	t := m.jobs[twin]
	for _, d := range slices.Sorted(maps.Keys(t.deps)) {
		if t.state == wait && !m.cycle(i, map[int]bool{d: true}) {
			m.jobs[i].deps[d] = true
		}
	}
	t.state = canc
	next := t.next
	if t.own {
		next = &modelSpec{pair: t.pair, channel: t.channel, args: t.args, priority: t.priority, limit: t.limit, eta: t.eta}
	}
	if next != nil {
		m.jobs[i].next, m.jobs[i].own = next, false
	}
	for k, j := range m.jobs {
		if j.deps[twin] {
			delete(j.deps, twin)
			if k != i {
				j.deps[i] = true
			}
		}
	}
	return true
}

func (m *model) back(i int, to jobs.State, eta time.Time) {
	absorbed := m.absorb(i)
	if m.jobs[i].state, m.jobs[i].eta = to, eta; absorbed {
		m.settleDeps(i)
	}
}

func (m *model) ended(i int) {
	j := m.jobs[i]
	j.state = done
	m.release(i)
	if next := j.next; next != nil {
		j.next = nil
		next.identity, next.policy = j.identity, jobs.RunAgain
		if at := m.waiting(j.identity); at < 0 || m.jobs[at].next == nil && !m.jobs[at].own {
			_, _, _ = m.enqueue(*next)
		}
	}
}

// retried spends an attempt.
func (m *model) retried(i int, eta time.Time) {
	j := m.jobs[i]
	if j.retry++; j.limit > 0 && j.retry >= j.limit {
		j.state = fail
		return
	}
	m.back(i, pend, eta)
}

// finish ends a run. dependency is the identity of the job that it waits for.
func (m *model) finish(i int, kind jobs.OutcomeKind, after time.Duration, dependency string) {
	j := m.jobs[i]
	switch kind {
	case jobs.Done, jobs.NothingToDo:
		j.alone = false
		m.ended(i)
	case jobs.Failed:
		j.state = fail
	case jobs.Retry:
		m.retried(i, m.now.Add(after))
	case jobs.Paused:
		m.back(i, pend, j.eta)
	case jobs.Postponed:
		m.back(i, pend, m.now.Add(after))
	case jobs.Wait:
		m.await(i, dependency)
	}
}

// await lets a job wait for another one; where it can't, it fails and nothing else has changed.
func (m *model) await(i int, dependency string) {
	before := m.copy()
	j := m.jobs[i]
	if j.waits >= 10 {
		j.state = fail
		return
	}
	j.waits++
	on := m.running(dependency)
	maps.DeleteFunc(j.deps, func(d int, _ bool) bool { return j.graph == 0 || m.jobs[d].graph != j.graph || m.jobs[d].state != done })
	m.back(i, wait, j.eta)
	if j.identity != dependency && on < 0 {
		on, _, _ = m.enqueue(modelSpec{identity: dependency, channel: "root.one", priority: jobs.DefaultPriority, limit: jobs.DefaultMaxRetries, args: "{}"})
	}
	if j.identity == dependency || m.cycle(i, map[int]bool{on: true}) {
		*m = *before
		m.jobs[i].state = fail
		return
	}
	j.deps[on] = true
}

// bury takes back what the workers with an ended lease had in hand, worker by worker and job by job.
func (m *model) bury() {
	for _, w := range slices.Sorted(maps.Keys(m.workers)) {
		if m.workers[w].After(m.now) {
			continue
		}
		delete(m.workers, w)
		var had []int
		for i, j := range m.jobs {
			if j.state == strt && j.worker == w {
				had = append(had, i)
			}
		}
		for _, i := range had {
			j := m.jobs[i]
			j.alone = true
			if len(had) > 1 {
				m.back(i, pend, j.eta)
				continue
			}
			j.crashes++
			m.retried(i, j.eta)
		}
	}
}

func (m *model) restart(i int) {
	j := m.jobs[i]
	j.state, j.retry, j.crashes, j.waits, j.eta, j.worker = pend, 0, 0, 0, time.Time{}, ""
}

func (m *model) requeue(i int) string {
	j := m.jobs[i]
	switch {
	case j.state == strt || j.state == enqd || j.state == wait:
		return "TransitionError"
	case j.state == pend:
		j.eta, j.retry, j.waits = time.Time{}, 0, 0
		return ""
	case m.waiting(j.identity) >= 0:
		return "TwinError"
	case j.state != canc: // what it waited for outside of its graph was done when it ran
		maps.DeleteFunc(j.deps, func(d int, _ bool) bool { return j.graph == 0 || m.jobs[d].graph != j.graph })
	}
	for d := range j.deps {
		if m.jobs[d].state == canc {
			return "TransitionError"
		}
	}
	if m.cycle(i, j.deps) {
		return "CycleError"
	}
	m.restart(i)
	m.settleDeps(i)
	return ""
}

func (m *model) setDone(i int) string {
	switch m.jobs[i].state {
	case done:
		return ""
	case strt:
		return "TransitionError"
	}
	m.ended(i)
	return ""
}

func (m *model) cancel(i int) string {
	switch m.jobs[i].state {
	case canc:
		return ""
	case strt, done:
		return "TransitionError"
	}
	m.jobs[i].state = canc
	for again := true; again; {
		again = false
		for _, j := range m.jobs {
			for d := range j.deps {
				if j.state == wait && m.jobs[d].state == canc && m.below(i, j) {
					j.state, again = canc, true
				}
			}
		}
	}
	return ""
}

// below tells whether a job waits for another one, directly or through those that this cancellation took.
func (m *model) below(i int, j *modelJob) bool {
	for d := range j.deps {
		if d == i || m.jobs[d].state == canc && m.jobs[d] != j && len(m.jobs[d].deps) > 0 && m.below(i, m.jobs[d]) {
			return true
		}
	}
	return false
}

func (m *model) copy() *model {
	c := &model{now: m.now, graphs: m.graphs, paused: maps.Clone(m.paused), workers: maps.Clone(m.workers)}
	for _, j := range m.jobs {
		own := *j
		own.deps = maps.Clone(j.deps)
		c.jobs = append(c.jobs, &own)
	}
	return c
}

// String is a line per job, to compare and to read.
func (m *model) String() string {
	var b strings.Builder
	graphs := map[int]int{0: 0} // by their first jobs
	for i, j := range m.jobs {
		if _, known := graphs[j.graph]; !known {
			graphs[j.graph] = len(graphs)
		}
		eta := ""
		if j.state == pend && j.eta.After(m.now) {
			eta = " at " + j.eta.Format("15:04:05")
		}
		fmt.Fprintf(&b, "%d %s %s%s priority %d, retry %d of %d, %d crashes, %d waits, args %s, graph %d, on %v\n", i, j.identity, j.state, eta, j.priority,
			j.retry, j.limit, j.crashes, j.waits, j.args, graphs[j.graph], slices.Sorted(maps.Keys(j.deps)))
	}
	return b.String()
}
