package jobs

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/state"
)

// fewIDs is how many ids PostgreSQL is given as marks; beyond that it takes a list. It plans statements with shorter lists anew each
// time.
const fewIDs = 8

// idList is the condition that an id is one of these.
func idList(d state.Dialect, ids []int64) (string, []any) {
	if d == state.PostgreSQL && len(ids) > fewIDs {
		return "= ANY (?)", []any{ids}
	}
	padded := pad(ids)
	return "IN " + marks(len(padded)), anys(padded)
}

// pad repeats the last id up to the next power of two, so that statements are of few different lengths and stay prepared.
func pad(ids []int64) []int64 {
	n := 1
	for n < len(ids) {
		n *= 2
	}
	padded := slices.Grow(slices.Clone(ids), n-len(ids))
	for len(padded) < n {
		padded = append(padded, ids[len(ids)-1])
	}
	return padded
}

// fewLines is how many lines are read ahead at least, in the eyes of PostgreSQL: see fewIDs.
const fewLines = 10

// readAhead reads the jobs behind the first of all lines at once, on PostgreSQL, where a statement for each line would be a
// message for each to another process. Where those that were read will do it reads none.
func (d *desk) readAhead(ctx context.Context, tx *state.Tx, slots, limit int) error {
	if tx.Dialect() != state.PostgreSQL || len(d.lines) < 2 || d.usable(slots, limit) >= slots*limit {
		return nil
	}
	more := func(l *line) int {
		if l.whole || !d.free(l) {
			return 0
		}
		return min(d.want(l, slots, limit)-l.read, headCount)
	}
	if !slices.ContainsFunc(d.lines, func(l *line) bool { return more(l) > 0 }) {
		return nil
	}
	query, args := aheadQuery(tx.Dialect(), d.lines, more)
	return each(ctx, tx, query, args, func(row scanner) error {
		var n int64
		var c candidate
		err := row.Scan(&n, &c.id, &c.function, &c.model, &c.pair, &c.alone, &c.priority, &c.created)
		if err == nil {
			l := d.lines[n]
			l.waiting, l.last, l.read = append(l.waiting, c), c, l.read+1
		}
		return err
	})
}

// usable is how many of the jobs that were read so many slices can take, as far as their channels alone say.
func (d *desk) usable(slots, limit int) (n int) {
	for _, l := range d.lines {
		n += min(d.want(l, slots, limit), l.read)
	}
	return n
}

// aheadQuery selects, for each line, so many jobs behind the last that was read.
func aheadQuery(d state.Dialect, lines []*line, count func(*line) int) (string, []any) {
	var backends, channels []string
	var numbers, priorities, created, ids, counts []int64
	for n := range max(len(lines), fewLines) {
		l, many := &line{}, 0
		if n < len(lines) {
			l = lines[n]
			many = max(count(l), 0)
		}
		backends, channels = append(backends, l.backend), append(channels, l.channel)
		numbers, counts = append(numbers, int64(n)), append(counts, int64(many))
		priorities, created, ids = append(priorities, l.last.priority), append(created, l.last.created), append(ids, l.last.id)
	}
	return "SELECT r.number, c.* FROM " + d.Unnest("r", "number", "backend", "channel", "priority", "created", "id", "many") + `
		CROSS JOIN LATERAL (SELECT ` + candidateColumns + ` FROM job AS j
			WHERE j.state = 'pending' AND j.due = 1 AND j.backend = r.backend AND j.channel = r.channel
			AND (j.priority, j.created, j.id) > (r.priority, r.created, r.id) AND ` + notRunning + `
			ORDER BY j.priority, j.created, j.id LIMIT r.many) AS c
		ORDER BY r.number, c.priority, c.created, c.id`, []any{numbers, backends, channels, priorities, created, ids, counts}
}
