package jobs

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/state"
)

// sight is what a claim looks at first.
type sight struct {
	lines  []*line        // by backend and channel, each with the first jobs that could start
	taken  map[string]int // slots in use, by channel, those of the channels below included
	pauses []Pause        // by scope and name
	due    bool           // the eta of jobs has come that don't stand in the line yet
	heads  int            // how many jobs of each line were asked for
}

// The kinds of rows in what a claim looks at.
const (
	lineRow = iota
	slotRow
	pauseRow
	dueRow
)

// sightRow is one of them: of each kind its own texts and numbers.
type sightRow struct {
	kind    int
	texts   [5]string
	numbers [5]int64
}

// sightQuery selects all that a claim looks at, in one statement: on PostgreSQL each is a message to another process. The words
// of the conditions are those of the indexes.
func sightQuery(d state.Dialect, now any, heads int) (string, []any) {
	lines, args := headsQuery(d, heads)
	return `SELECT 0, backend, channel, function, model, pair, last_start, id, alone, priority, created FROM (` + lines + `) AS head
		UNION ALL SELECT 1, channel, '', '', '', '', COUNT(*), 0, 0, 0, 0
			FROM (SELECT DISTINCT channel, slot FROM job WHERE state = 'started') AS taken GROUP BY channel
		UNION ALL SELECT 2, scope, name, reason, '', '', since, until, 0, 0, 0 FROM job_pause
		UNION ALL SELECT 3, '', '', '', '', '', id, 0, 0, 0, 0
			FROM (SELECT id FROM job WHERE state = 'pending' AND due = 0 AND eta <= ? ORDER BY eta LIMIT 1) AS due`, append(args, now)
}

// heads is how many jobs of each line a claim looks at first: on PostgreSQL as many as it takes where the lines have equal
// parts, so that it seldom asks again. All lines are read, those of full channels as well: where nobody knows how many there are it
// is one of each, as thousands of each may be more than there is room for.
func (f ClaimFilter) heads() int {
	if f.lines == 0 || len(f.IDs) > 0 {
		return 1
	}
	jobs := max(f.Slots, 1) * max(f.Limit, 1)
	return min((jobs+f.lines-1)/f.lines, headCount)
}

// headsQuery selects all lines, each with the first jobs that could start: so many on PostgreSQL, one on SQLite. The words of its
// conditions are those of job_line. PostgreSQL would hash the whole table for a join with a scalar subquery; of a lateral one it can
// only go through the index.
func headsQuery(d state.Dialect, heads int) (string, []any) {
	const head = `FROM job AS j WHERE j.state = 'pending' AND j.due = 1 AND j.backend = c.backend AND j.channel = c.channel
		AND ` + notRunning + ` ORDER BY j.priority, j.created, j.id LIMIT `
	join, args := "LEFT JOIN job AS h ON h.id = (SELECT j.id "+head+"1)", []any(nil)
	switch {
	case d == state.PostgreSQL && heads > 1:
		join, args = "LEFT JOIN LATERAL (SELECT "+candidateColumns+" "+head+"?) AS h ON 1 = 1", []any{heads}
	case d == state.PostgreSQL:
		join = "LEFT JOIN LATERAL (SELECT " + candidateColumns + " " + head + "1) AS h ON 1 = 1"
	}
	return `SELECT c.backend, c.channel, c.last_start, COALESCE(h.id, 0) AS id, COALESCE(h.function, '') AS function,
		COALESCE(h.model, '') AS model, COALESCE(h.pair, '') AS pair, COALESCE(h.alone, 0) AS alone, COALESCE(h.priority, 0) AS priority,
		COALESCE(h.created, 0) AS created FROM job_channel AS c ` + join, args
}

// see looks at the lines, the slots, the pauses and the jobs whose eta has come.
func see(ctx context.Context, from state.Querier, d state.Dialect, now int64, heads int) (sight, error) {
	var s sight
	look := s.look(d, now, heads)
	err := each(ctx, from, look.Query, look.Args, look.Row)
	s.sort()
	return s, err
}

// orSee gives what was looked at, sorted; nil: it looks now.
func (s *sight) orSee(ctx context.Context, tx *state.Tx, heads int) (sight, error) {
	if s == nil {
		return see(ctx, tx, tx.Dialect(), state.Micros(tx.Now()), heads)
	}
	s.sort()
	return *s, nil
}

// look is the statement that fills a sight, which is to be sorted then. now: microseconds, or state.TxNow.
func (s *sight) look(d state.Dialect, now any, heads int) state.Statement {
	*s = sight{taken: map[string]int{}, heads: 1}
	if d == state.PostgreSQL {
		s.heads = heads
	}
	query, args := sightQuery(d, now, heads)
	return state.Statement{Query: query, Args: args, Row: func(row scanner) error {
		var r sightRow
		t, n := &r.texts, &r.numbers
		err := row.Scan(&r.kind, &t[0], &t[1], &t[2], &t[3], &t[4], &n[0], &n[1], &n[2], &n[3], &n[4])
		s.take(r)
		return err
	}}
}

// sort brings lines and pauses into their order, and each line's jobs into the one row that a line has.
func (s *sight) sort() {
	slices.SortFunc(s.lines, func(a, b *line) int {
		return cmp.Or(strings.Compare(a.backend, b.backend), strings.Compare(a.channel, b.channel))
	})
	all := s.lines
	s.lines = nil
	for _, l := range all {
		if n := len(s.lines) - 1; n >= 0 && s.lines[n].backend == l.backend && s.lines[n].channel == l.channel {
			s.lines[n].waiting = append(s.lines[n].waiting, l.waiting...)
			continue
		}
		s.lines = append(s.lines, l)
	}
	for _, l := range s.lines {
		l.seen(s.heads)
	}
	slices.SortFunc(s.pauses, func(a, b Pause) int {
		return cmp.Or(strings.Compare(a.Scope, b.Scope), strings.Compare(a.Name, b.Name))
	})
}

// seen notes that the jobs of a line are its first ones, of which so many were asked for.
func (l *line) seen(heads int) {
	slices.SortFunc(l.waiting, candidate.compare)
	if l.read = len(l.waiting); l.read > 0 {
		l.last = l.waiting[l.read-1]
	}
	l.whole = l.read < heads
}

func (s *sight) take(r sightRow) {
	t, n := r.texts, r.numbers
	switch r.kind {
	case lineRow:
		l := &line{backend: t[0], channel: t[1], lastStart: state.FromMicros(n[0])}
		if n[1] != 0 {
			l.waiting = []candidate{{id: n[1], function: t[2], model: t[3], pair: t[4], alone: n[2] != 0, priority: n[3], created: n[4]}}
		}
		s.lines = append(s.lines, l)
	case slotRow:
		for _, above := range upwards(t[0]) {
			s.taken[above] += int(n[0])
		}
	case pauseRow:
		s.pauses = append(s.pauses, Pause{Scope: t[0], Name: t[1], Reason: t[2], Since: state.FromMicros(n[0]), Until: state.FromMicros(n[1])})
	case dueRow:
		s.due = true
	}
}
