package jobs

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"slices"
	"time"

	"github.com/odoo-connector/connector/state"
)

// desk is what a claim looks at: the lines of waiting jobs and the channels' free slots.
type desk struct {
	channels Channels
	filter   ClaimFilter
	now      time.Time
	lines    []*line
	busy     int             // lines in which jobs wait, those that are of no use now included
	taken    map[string]int  // slots in use, by channel, those of the channels below included
	pairs    map[string]bool // record pairs that this claim takes
	next     time.Time       // when the next throttled channel opens
}

// line is the jobs that wait in one channel for one backend, and whose eta has come.
type line struct {
	backend, channel string
	lastStart        time.Time
	single           bool        // its jobs share no slice
	waiting          []candidate // the first of them that this claim hasn't dealt with; the rest is read when it is needed
	read             int         // how many were read so far
	last             candidate   // of those that were read
	whole            bool        // nobody waits behind those
	path             []Channel   // its channel and those above it, see desk.path
}

// candidate is as much of a waiting job as a claim decides by.
type candidate struct {
	id                int64
	function, model   string
	pair              string
	alone             bool
	priority, created int64
}

func (c candidate) compare(other candidate) int {
	return cmp.Or(cmp.Compare(c.priority, other.priority), cmp.Compare(c.created, other.created), cmp.Compare(c.id, other.id))
}

// readDesk reads the lines that the filter selects and whose channels may start a job now.
func (q *Queue) readDesk(ctx context.Context, tx *state.Tx, f ClaimFilter, looked *sight) (*desk, error) {
	seen, err := looked.orSee(ctx, tx, f.heads())
	if err == nil && seen.due {
		if err = promote(ctx, tx, state.Micros(tx.Now())); err == nil {
			seen, err = see(ctx, tx, tx.Dialect(), state.Micros(tx.Now()), f.heads())
		}
	}
	if err == nil && len(f.IDs) > 0 {
		err = readAsked(ctx, tx, f.IDs, seen.lines)
	}
	if err != nil {
		return nil, err
	}
	all := seen.lines
	d := &desk{channels: q.channels, filter: f, now: tx.Now(), taken: seen.taken, pairs: map[string]bool{}}
	for _, l := range all {
		d.busy += flag(len(l.waiting) > 0)
		if len(l.waiting) == 0 || !f.has(l.backend, l.channel) {
			continue
		}
		open, err := d.open(ctx, tx, l, all, seen.pauses)
		if err != nil {
			return nil, err
		}
		if open {
			d.lines = append(d.lines, l)
		}
	}
	return d, nil
}

// candidateColumns are those of scanCandidate, of the table that is named j.
const candidateColumns = "j.id, j.function, j.model, j.pair, j.alone, j.priority, j.created"

// notRunning is the condition that nobody works on the record pair of the job that is named j. The words are those of the
// index job_running.
const notRunning = `(j.pair = '' OR NOT EXISTS (SELECT 1 FROM job AS other WHERE other.pair <> ''
	AND other.state = 'started' AND other.backend = j.backend AND other.pair = j.pair))`

// readAsked puts the jobs of these ids into their lines, in the place of their heads.
func readAsked(ctx context.Context, from state.Querier, ids []int64, all []*line) error {
	lines := map[key]*line{}
	for _, l := range all {
		l.waiting, l.read, l.last, l.whole = nil, 0, candidate{}, true
		lines[key{l.backend, l.channel}] = l
	}
	for chunk := range slices.Chunk(ids, chunkSize) {
		query := "SELECT j.backend, j.channel, " + candidateColumns + " FROM job AS j WHERE j.state = 'pending' AND j.due = 1 AND " + notRunning +
			" AND j.id IN " + marks(len(chunk))
		err := each(ctx, from, query, anys(chunk), func(rows scanner) error {
			var at key
			var c candidate
			err := rows.Scan(&at.backend, &at.identity, &c.id, &c.function, &c.model, &c.pair, &c.alone, &c.priority, &c.created)
			if l := lines[at]; l != nil {
				l.waiting = append(l.waiting, c)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	for _, l := range all {
		slices.SortFunc(l.waiting, candidate.compare)
	}
	return nil
}

// open tells whether a line's channel may start a job now. Jobs that are asked for by their ids pass all but the capacity.
func (d *desk) open(ctx context.Context, tx *state.Tx, l *line, all []*line, pauses []Pause) (bool, error) {
	if !d.free(l) {
		return false, nil
	}
	byHand := len(d.filter.IDs) > 0
	if !byHand && slices.ContainsFunc(pauses, func(p Pause) bool { return p.holds(d.now) && p.Covers(l.backend, l.channel) }) {
		return false, nil
	}
	for _, ch := range d.path(l) {
		l.single = l.single || ch.Sequential || ch.Throttle > 0
		if byHand {
			continue
		}
		if ch.Throttle > 0 && !d.throttled(ch, all) {
			return false, nil
		}
		if ch.Sequential {
			if next, err := d.turn(ctx, tx, ch, all); err != nil || next != l.waiting[0].id {
				return false, err
			}
		}
	}
	return true, nil
}

// free tells whether a line's channel and all above it have a slot left.
func (d *desk) free(l *line) bool {
	for _, ch := range d.path(l) {
		if ch.Capacity > 0 && d.taken[ch.Name] >= ch.Capacity {
			return false
		}
	}
	return true
}

// path gives a line's channel and those above it, by the names that the jobs have.
func (d *desk) path(l *line) []Channel {
	if l.path == nil {
		for _, name := range upwards(l.channel) {
			ch := d.channels.Get(name)
			ch.Name = name
			l.path = append(l.path, ch)
		}
	}
	return l.path
}

// headCount is how many waiting jobs of one line a claim reads at a time, at most.
const headCount = 2000

// want is how many more jobs of a line so many slices can take.
func (d *desk) want(l *line, slots, limit int) int {
	if l.single {
		limit = 1
	}
	for _, ch := range d.path(l) {
		if ch.Capacity > 0 {
			slots = min(slots, ch.Capacity-d.taken[ch.Name])
		}
	}
	return max(slots, 0) * limit
}

// more reads so many more jobs of a line, where there are any; at least as many as were read before, as it may take thousands
// until there is one whose record pair is free.
func (d *desk) more(ctx context.Context, tx *state.Tx, l *line, n int) error {
	if l.whole || len(l.waiting) > 0 || n <= 0 {
		return nil
	}
	limit := min(max(n, l.read), headCount)
	query, args := nextQuery(l.backend, l.channel, l.last, limit)
	err := each(ctx, tx, query, args, func(row scanner) error {
		c := &l.last
		err := row.Scan(&c.id, &c.function, &c.model, &c.pair, &c.alone, &c.priority, &c.created)
		l.waiting = append(l.waiting, *c)
		return err
	})
	l.read += len(l.waiting)
	l.whole = len(l.waiting) < limit
	return err
}

// nextQuery selects the first jobs in a line behind one.
func nextQuery(backend, channel string, behind candidate, limit int) (string, []any) {
	query := "SELECT " + candidateColumns + ` FROM job AS j
		WHERE j.state = 'pending' AND j.due = 1 AND j.backend = ? AND j.channel = ? AND (j.priority, j.created, j.id) > (?, ?, ?)
		AND ` + notRunning + `
		ORDER BY j.priority, j.created, j.id LIMIT ?`
	return query, []any{backend, channel, behind.priority, behind.created, behind.id, limit}
}

// picked is a slice that a claim chose.
type picked struct {
	line *line
	jobs []candidate
}

// choose picks slices in the order of all lines together. A slice takes a slot and as many of the next jobs in its line as
// go with the first one; where it takes the last slot, it ends before a job that stands behind one of another line.
func (d *desk) choose(ctx context.Context, tx *state.Tx, slots, limit int) (list []picked, err error) {
	if err := d.readAhead(ctx, tx, slots, limit); err != nil {
		return nil, err
	}
	for len(list) < slots {
		l, err := d.first(ctx, tx, slots-len(list), limit)
		if l == nil || err != nil {
			return list, err
		}
		alone := l.waiting[0].alone
		if alone && (d.filter.busy || len(list) > 0) {
			return list, nil // it is its turn when the worker has nothing else in hand
		}
		for _, ch := range d.path(l) {
			d.taken[ch.Name]++
		}
		p, err := d.pick(ctx, tx, l, slots-len(list)-1, limit)
		if err != nil {
			return nil, err
		}
		list = append(list, p)
		d.shut(l)
		if alone {
			break
		}
	}
	return list, nil
}

// pick takes the first job of a line, and those behind it that go with it. left is how many slots there are beside this one.
func (d *desk) pick(ctx context.Context, tx *state.Tx, l *line, left, limit int) (picked, error) {
	p := picked{l, []candidate{d.pop(l)}}
	var rival *line
	if left == 0 { // otherwise it gets a slot of its own
		rival = d.rival(l)
	}
	for !l.single && len(p.jobs) < limit {
		if d.skip(l); len(l.waiting) == 0 { // those that were read are not all that go with it
			if err := d.more(ctx, tx, l, limit-len(p.jobs)+d.want(l, left, limit)); err != nil {
				return p, err
			}
		}
		if !d.joins(l, p.jobs[0], rival) {
			break
		}
		p.jobs = append(p.jobs, d.pop(l))
	}
	return p, nil
}

// first gives the line whose first job is the first of all that could start.
func (d *desk) first(ctx context.Context, tx *state.Tx, slots, limit int) (best *line, err error) {
	for _, l := range d.lines {
		if !d.free(l) {
			continue
		}
		for d.skip(l); len(l.waiting) == 0 && !l.whole; d.skip(l) {
			if err := d.more(ctx, tx, l, d.want(l, slots, limit)); err != nil {
				return nil, err
			}
		}
		if len(l.waiting) > 0 && (best == nil || l.waiting[0].compare(best.waiting[0]) < 0) {
			best = l
		}
	}
	return best, nil
}

// rival gives the line, other than this one, whose first job is the first of all that could start.
func (d *desk) rival(own *line) (best *line) {
	for _, l := range d.lines {
		d.skip(l)
		if l != own && len(l.waiting) > 0 && d.free(l) && (best == nil || l.waiting[0].compare(best.waiting[0]) < 0) {
			best = l
		}
	}
	return best
}

// skip passes over jobs whose record pair this claim takes already.
func (d *desk) skip(l *line) {
	for len(l.waiting) > 0 && l.waiting[0].pair != "" && d.pairs[l.backend+"\x00"+l.waiting[0].pair] {
		l.waiting = l.waiting[1:]
	}
}

func (d *desk) pop(l *line) candidate {
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	if c.pair != "" {
		d.pairs[l.backend+"\x00"+c.pair] = true
	}
	return c
}

// joins tells whether the next job of a line goes into the slice that begins with first.
func (d *desk) joins(l *line, first candidate, rival *line) bool {
	if d.skip(l); len(l.waiting) == 0 || l.single {
		return false
	}
	c := l.waiting[0]
	if c.function != first.function || c.model != first.model || c.alone || first.alone {
		return false
	}
	return rival == nil || c.compare(rival.waiting[0]) < 0
}

// start lets the claim's owner have what it picked. Slices of one job need one statement for all of them.
func (d *desk) start(ctx context.Context, tx *state.Tx, c *claim) error {
	var single []int64
	for _, p := range c.picked {
		if d.throttles(p.line) {
			err := tx.Later(ctx, state.Statement{Query: "UPDATE job_channel SET last_start = ? WHERE backend = ? AND channel = ?",
				Args: []any{state.Micros(d.now), p.line.backend, p.line.channel}})
			if err != nil {
				return err
			}
		}
		if len(p.jobs) == 1 {
			single = append(single, p.jobs[0].id)
			continue
		}
		if err := d.startJobs(ctx, tx, c, p.ids(), newSlot()); err != nil {
			return err
		}
	}
	for chunk := range slices.Chunk(single, chunkSize) {
		if err := d.startJobs(ctx, tx, c, chunk, 0); err != nil {
			return err
		}
	}
	return nil
}

func (p picked) ids() []int64 {
	ids := make([]int64, len(p.jobs))
	for i, c := range p.jobs {
		ids[i] = c.id
	}
	return ids
}

// startJobs starts pending jobs that share a slot; slot 0: each has one of its own.
func (d *desk) startJobs(ctx context.Context, tx *state.Tx, c *claim, ids []int64, slot int64) error {
	query, args := startQuery(tx.Dialect(), c.owner, ids, slot, state.Micros(tx.Now()), d.filter.known)
	return tx.Later(ctx, state.Statement{Query: query, Args: args, Row: func(row scanner) error { // they come in any order
		j, err := scanJob(row)
		c.begun[j.ID], c.unread = j, cmp.Or(c.unread, err)
		return nil
	}})
}

// startQuery starts jobs for an owner. One that was made known must still be: what it took otherwise nobody would take back.
func startQuery(d state.Dialect, owner string, ids []int64, slot, now int64, known bool) (string, []any) {
	size := 1
	if slot != 0 {
		size = len(ids)
	}
	in, list := idList(d, ids)
	query := "UPDATE job SET state = ?, due = 0, started = ?, finished = 0, worker = ?, claims = claims + 1, hold = 0, slice = ?, " +
		"slot = CASE WHEN ? <> 0 THEN ? ELSE id END WHERE state = 'pending' AND id " + in
	args := append([]any{step(StatePending, StateStarted), now, owner, size, slot, slot}, list...)
	if known {
		query += " AND EXISTS (SELECT 1 FROM job_worker AS w WHERE w.id = ? AND (w.lease = 0 OR w.lease > ?))"
		args = append(args, owner, now)
	}
	return query + " RETURNING " + columns, args
}

// newSlot gives a slot that no other slice has: a slice outlives the start of its jobs one by one, so none of their ids will
// do. It is negative, apart from the slots of single jobs.
func newSlot() int64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: it ends the program instead
	return -int64(binary.BigEndian.Uint64(b[:])>>2) - 1
}
