package jobs

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// WaitKind is what kind of thing keeps a job from running.
type WaitKind string

// The kinds, in the order in which they are looked for. "" is the kind of a job that runs or has ended.
const (
	WaitsForFailed     WaitKind = "dependency_failed" // a job that it depends on, directly or through others, failed or was cancelled
	WaitsForDependency WaitKind = "dependency"        // jobs that it depends on are to run yet
	WaitsForETA        WaitKind = "eta"               // its time has not come
	WaitsForPair       WaitKind = "pair"              // another job works on the same record pair
	WaitsPaused        WaitKind = "paused"            // its channel, its backend or everything is paused
	WaitsForBackend    WaitKind = "outage"            // its backend is out
	WaitsInOrder       WaitKind = "sequential"        // its channel is sequential, and the job before it failed or waits
	WaitsThrottled     WaitKind = "throttled"         // its channel started a job just now
	WaitsForSlot       WaitKind = "full"              // its channel runs as many jobs as it may
	WaitsInLine        WaitKind = "line"              // other jobs are before it
	WaitsForWorker     WaitKind = "worker"            // nothing; the next worker takes it
)

// Waiting says what keeps a job from running.
type Waiting struct {
	Kind  WaitKind
	Text  string    // one line for people; "" for a job that runs or has ended
	Jobs  []int64   // those that it waits for, where it waits for jobs
	Until time.Time // when that ends; zero: nobody knows
}

// WhyWaiting tells what keeps a job from running: the first thing that a worker would meet. An unknown id gives a
// *NotFoundError.
func (q *Queue) WhyWaiting(ctx context.Context, id int64) (Waiting, error) {
	j, err := q.Get(ctx, id)
	if err != nil {
		return Waiting{}, err
	}
	w, err := q.why(ctx, j)
	if err != nil {
		return Waiting{}, fmt.Errorf("look why job %d waits: %w", id, q.db.Explain(err))
	}
	return w, nil
}

func (q *Queue) why(ctx context.Context, j Job) (Waiting, error) {
	switch j.State {
	case StateWaitDependencies:
		return q.whyDepends(ctx, j)
	case StatePending:
		return q.whyPending(ctx, j)
	case StateEnqueued:
		return Waiting{Kind: WaitsForWorker, Text: "it is promised to a worker that hasn't begun"}, nil
	case StateStarted, StateDone, StateFailed, StateCancelled:
	}
	return Waiting{}, nil
}

// waitLevels is how far up a chain of dependencies the cause is looked for.
const waitLevels = 1000

// whyDepends looks upwards, level by level, for a job that will not be done by itself, and else for one that could run.
func (q *Queue) whyDepends(ctx context.Context, j Job) (Waiting, error) {
	var first, root Job
	seen := map[int64]bool{j.ID: true}
	level := j.DependsOn
	for depth := 0; len(level) > 0 && depth < waitLevels; depth++ {
		list, err := q.byIDs(ctx, level)
		if err != nil {
			return Waiting{}, err
		}
		level = nil
		for _, on := range list {
			switch {
			case seen[on.ID] || on.State == StateDone:
				continue
			case on.State == StateFailed || on.State == StateCancelled:
				return whyStuck(on, depth), nil
			case on.State == StateWaitDependencies:
				level = append(level, on.DependsOn...)
			case root.ID == 0:
				root = on
			}
			seen[on.ID] = true
			if first.ID == 0 {
				first = on
			}
		}
		level = sortedIDs(level)
	}
	if first.ID == 0 {
		return Waiting{Kind: WaitsForDependency, Text: "all that it waited for is done; it goes on with the next of them"}, nil
	}
	return q.whyUpwards(ctx, j, first, root)
}

func whyStuck(on Job, depth int) Waiting {
	through := ""
	if depth > 0 {
		through = " through others"
	}
	w := Waiting{Kind: WaitsForFailed, Jobs: []int64{on.ID}}
	if on.State == StateCancelled {
		w.Text = fmt.Sprintf("waits%s for job %d (%s), which was cancelled", through, on.ID, on.Description)
		return w
	}
	w.Text = fmt.Sprintf("waits%s for job %d (%s), which failed: %s", through, on.ID, on.Description, oneLine(on.ExcMessage))
	return w
}

// whyUpwards words what a job waits for: its first dependency, and what keeps the one at the root of it.
func (q *Queue) whyUpwards(ctx context.Context, j, first, root Job) (Waiting, error) {
	w := Waiting{Kind: WaitsForDependency}
	list, err := q.byIDs(ctx, j.DependsOn)
	if err != nil {
		return w, err
	}
	for _, on := range list {
		if on.State != StateDone {
			w.Jobs = append(w.Jobs, on.ID)
		}
	}
	w.Text = fmt.Sprintf("waits for job %d (%s)", first.ID, first.Description)
	if more := len(w.Jobs) - 1; more > 0 {
		w.Text += fmt.Sprintf(" and %d more", more)
	}
	if root.ID == 0 {
		return w, nil
	}
	if root.ID != first.ID {
		w.Text += fmt.Sprintf(", and so for job %d", root.ID)
	}
	if root.State == StateStarted {
		w.Text += ", which runs"
		return w, nil
	}
	above, err := q.why(ctx, root)
	w.Text, w.Until = w.Text+", which is "+string(root.State)+": "+above.Text, above.Until
	return w, err
}

// whyPending asks what a claim asks, in its order.
func (q *Queue) whyPending(ctx context.Context, j Job) (Waiting, error) {
	now := q.db.Clock().Now()
	if j.ETA.After(now) {
		w := Waiting{Kind: WaitsForETA, Until: j.ETA, Text: "its time comes in " + rounded(j.ETA.Sub(now))}
		if j.Retry > 0 {
			w.Text = fmt.Sprintf("attempt %d comes in %s, after: %s", j.Retry+1, rounded(j.ETA.Sub(now)), oneLine(j.ExcMessage))
		}
		return w, nil
	}
	for _, ask := range []func(context.Context, Job, time.Time) (Waiting, error){q.whyPair, q.whyPaused, q.whyOutage, q.whyChannel, q.whyLine} {
		if w, err := ask(ctx, j, now); err != nil || w.Kind != "" {
			return w, err
		}
	}
	return Waiting{Kind: WaitsForWorker, Text: "nothing keeps it: the next worker takes it"}, nil
}

func (q *Queue) whyPair(ctx context.Context, j Job, _ time.Time) (w Waiting, err error) {
	if j.Pair == "" {
		return w, nil
	}
	var id int64
	query := "SELECT id FROM job WHERE pair <> '' AND state = 'started' AND backend = ? AND pair = ?"
	err = q.db.Read().QueryRowContext(ctx, query, j.Backend, j.Pair).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return w, nil
	}
	return Waiting{Kind: WaitsForPair, Jobs: []int64{id}, Text: fmt.Sprintf("job %d works on the same record", id)}, err
}

func (q *Queue) whyPaused(ctx context.Context, j Job, now time.Time) (w Waiting, err error) {
	all, err := readPauses(ctx, q.db.Read())
	for _, p := range all {
		if p.holds(now) && p.Covers(j.Backend, j.Channel) {
			return Waiting{Kind: WaitsPaused, Until: p.Until, Text: p.String()}, nil
		}
	}
	return w, err
}

// String says what is paused and why, in one line.
func (p Pause) String() string {
	what := "everything"
	if p.Scope != PauseAll {
		what = p.Scope + " " + p.Name
	}
	text := what + " is paused"
	if !p.Until.IsZero() {
		text += " until " + p.Until.Local().Format(time.DateTime)
	}
	if p.Reason != "" {
		text += ": " + oneLine(p.Reason)
	}
	return text
}

// whyChannel looks at the job's channel and at those above it.
func (q *Queue) whyChannel(ctx context.Context, j Job, now time.Time) (w Waiting, err error) {
	seen, err := see(ctx, q.db.Read(), q.db.Dialect(), state.Micros(now), 1)
	if err != nil {
		return w, err
	}
	d, lines := &desk{channels: q.channels, now: now, taken: seen.taken}, seen.lines
	for _, name := range upwards(j.Channel) {
		ch := d.channels.Get(name)
		if ch.Sequential {
			if w, err := q.whyInOrder(ctx, d, ch, j, lines); err != nil || w.Kind != "" {
				return w, err
			}
		}
		if ch.Throttle > 0 && !d.throttled(ch, lines) {
			return Waiting{Kind: WaitsThrottled, Until: d.next, Text: fmt.Sprintf("channel %s starts a job every %s, the next in %s",
				name, ch.Throttle, rounded(d.next.Sub(now)))}, nil
		}
		if ch.Capacity > 0 && d.taken[name] >= ch.Capacity {
			text := fmt.Sprintf("channel %s is full: %d of %d run", name, d.taken[name], ch.Capacity)
			return Waiting{Kind: WaitsForSlot, Text: text}, nil
		}
	}
	return w, nil
}

// whyInOrder finds the job that a sequential channel waits for.
func (q *Queue) whyInOrder(ctx context.Context, d *desk, ch Channel, j Job, lines []*line) (w Waiting, err error) {
	next, err := d.turn(ctx, q.db.Read(), ch, lines)
	if err != nil || next == j.ID {
		return w, err
	}
	waits := "waits for its time"
	if next != 0 {
		first, err := get(ctx, q.db.Read(), next)
		if err != nil || first.Backend == j.Backend && first.Channel == j.Channel { // whyLine tells of it
			return w, err
		}
		waits = "has its turn"
	}
	for _, ask := range []struct{ where, text string }{
		{"state = 'failed' AND " + inTree + " ORDER BY id LIMIT 1", "failed"},
		{"state = 'pending' AND " + inTree + " ORDER BY priority, created, id LIMIT 1", waits},
	} {
		var id int64
		err := q.db.Read().QueryRowContext(ctx, "SELECT id FROM job WHERE "+ask.where, tree(ch.Name)...).Scan(&id)
		if errors.Is(err, sql.ErrNoRows) || id == j.ID {
			continue
		}
		return Waiting{Kind: WaitsInOrder, Jobs: []int64{id},
			Text: fmt.Sprintf("channel %s is sequential, and job %d before it %s", ch.Name, id, ask.text)}, err
	}
	return w, nil
}

// whyLine counts the jobs that are before it in its own line.
func (q *Queue) whyLine(ctx context.Context, j Job, _ time.Time) (w Waiting, err error) {
	var n int
	query := `SELECT COUNT(*) FROM job WHERE state = 'pending' AND due = 1 AND backend = ? AND channel = ?
		AND (priority, created, id) < (?, ?, ?)`
	args := []any{j.Backend, j.Channel, j.Priority, state.Micros(j.Created), j.ID}
	if err := q.db.Read().QueryRowContext(ctx, query, args...).Scan(&n); err != nil || n == 0 {
		return w, err
	}
	text := fmt.Sprintf("it stands in line behind %d jobs of channel %s", n, j.Channel)
	if n == 1 {
		text = "it stands in line behind one job of channel " + j.Channel
	}
	return Waiting{Kind: WaitsInLine, Text: text}, nil
}

// oneLine folds the white space of a text.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// rounded is a duration as people say it: to a second where it is longer, and without what is zero at its end.
func rounded(d time.Duration) string {
	if d > time.Second {
		d = d.Round(time.Second)
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
