package jobs

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// inserted are the columns of a new job, those of text first; insertedTexts and insertedNumbers give their values in this
// order. Behind them come two of the instant at which it is enqueued.
var inserted = []string{"uuid", "function", "backend", "model", "channel", "identity", "pair", "graph", "args", "next_run", "description", "state",
	"args_version", "time_limit", "priority", "eta", "due", "hold", "max_retries"}

func insertedNames() string { return strings.Join(inserted, ", ") + ", created, enqueued" }

func insertedTexts(j *Job) []string {
	return []string{j.UUID, j.Function, j.Backend, j.Model, j.Channel, j.Identity, j.Pair, j.Graph, string(j.Args), j.next, j.Description,
		string(j.State)}
}

func insertedNumbers(j *Job, now time.Time) []int64 {
	return []int64{int64(j.ArgsVersion), j.TimeLimit.Microseconds(), int64(j.Priority), state.Micros(j.ETA), int64(dueAt(j.ETA, now)),
		int64(flag(j.Hold)), int64(j.MaxRetries)}
}

// insert inserts the new jobs that are not made yet, and gives them their ids.
func (b *batch) insert(ctx context.Context, tx *state.Tx) error {
	for chunk := range slices.Chunk(b.fresh, chunkSize) {
		query, args := insertQuery(tx.Dialect(), chunk, tx.Now())
		if err := numberJobs(ctx, tx, chunk, query, args); err != nil {
			return err
		}
	}
	return nil
}

// insertQuery inserts jobs. PostgreSQL would have to read thousands of marks, anew for each number of jobs.
func insertQuery(d state.Dialect, list []*Job, now time.Time) (string, []any) {
	into, at := "INSERT INTO job ("+insertedNames()+") ", state.Micros(now)
	if d == state.PostgreSQL {
		r := insertedRows(list, now)
		return into + "SELECT " + r.values + ", ?, ? FROM " + r.from + " RETURNING id, uuid", r.with(at, at)
	}
	return into + "VALUES " + rowMarks(len(list), len(inserted)+2) + " RETURNING id, uuid", insertedValues(list, now, at, at)
}

// rowsOf is jobs as PostgreSQL takes them: a table r, and the values of its rows, in the order of inserted.
type rowsOf struct {
	values, from         string
	valuesArgs, fromArgs []any
}

// with gives the arguments of a statement that selects the values, and then others, from the table.
func (r rowsOf) with(others ...any) []any { return slices.Concat(r.valuesArgs, others, r.fromArgs) }

// steady tells whether a column mostly has one value in all jobs of a batch, which then is sent once.
func steady(column string) bool {
	return !slices.Contains([]string{"uuid", "backend", "channel", "identity", "pair", "args", "description"}, column)
}

// insertedRows gives jobs as PostgreSQL takes them. Of a single one it is told as such: it plans a statement with short lists anew
// each time, since it takes lists for longer ones otherwise. Where one of the steady columns is not, all come as lists: that makes two
// statements to be prepared, and not one for each combination.
func insertedRows(list []*Job, now time.Time) (r rowsOf) {
	if len(list) == 1 {
		return rowsOf{"r.*", "(VALUES " + rowMarks(1, len(inserted)) + ") AS r (" + strings.Join(inserted, ", ") + ")", nil, insertedValues(list, now)}
	}
	columns, alike := insertedLists(list, now)
	var names, values []string
	for i, c := range columns {
		if alike && steady(inserted[i]) {
			values, r.valuesArgs = append(values, "?"), append(r.valuesArgs, c.first())
			continue
		}
		names, r.fromArgs = append(names, inserted[i]), append(r.fromArgs, c.list())
		values = append(values, "r."+inserted[i])
	}
	r.values, r.from = strings.Join(values, ", "), state.PostgreSQL.Unnest("r", names...)
	return r
}

// insertedValues gives the values of each job, followed by what all have.
func insertedValues(list []*Job, now time.Time, all ...any) []any {
	values := make([]any, 0, len(list)*(len(inserted)+len(all)))
	for _, j := range list {
		values = append(append(append(values, anys(insertedTexts(j))...), anys(insertedNumbers(j, now))...), all...)
	}
	return values
}

// numberJobs runs a statement that inserts some of the jobs, and gives these their ids.
func numberJobs(ctx context.Context, tx *state.Tx, list []*Job, query string, args []any) error {
	s := numbering(list, query, args)
	return each(ctx, tx, s.Query, s.Args, s.Row)
}

// numbering is a statement that inserts some of the jobs, and gives these their ids.
func numbering(list []*Job, query string, args []any) state.Statement {
	byUUID := make(map[string]*Job, len(list))
	for _, j := range list {
		byUUID[j.UUID] = j
	}
	return state.Statement{Query: query, Args: args, Row: func(rows scanner) error {
		var id int64
		var uuid string
		err := rows.Scan(&id, &uuid)
		if j := byUUID[uuid]; j != nil {
			j.ID = id
		}
		return err
	}}
}

// column is the values of one, of jobs in their order.
type column struct {
	texts   []string
	numbers []int64
}

func (c column) first() any {
	if c.texts != nil {
		return c.texts[0]
	}
	return c.numbers[0]
}

func (c column) list() any {
	if c.texts != nil {
		return c.texts
	}
	return c.numbers
}

// insertedLists gives the values of each column, and whether the steady ones have one value each.
func insertedLists(list []*Job, now time.Time) (columns []column, alike bool) {
	columns, alike = make([]column, len(inserted)), true
	for n, j := range list {
		texts, numbers := insertedTexts(j), insertedNumbers(j, now)
		for i := range columns {
			c := &columns[i]
			same := n == 0
			if i < len(texts) {
				c.texts = append(c.texts, texts[i])
				same = same || c.texts[0] == texts[i]
			} else {
				c.numbers = append(c.numbers, numbers[i-len(texts)])
				same = same || c.numbers[0] == numbers[i-len(texts)]
			}
			alike = alike && (same || !steady(inserted[i]))
		}
	}
	return columns, alike
}

// makeSize is how many jobs are made by one statement.
const makeSize = 2000

// make inserts those of the jobs of whose identity none waits and none failed, and gives the others. On PostgreSQL, where each
// statement is a message to another process, a single one does what otherwise three do; on SQLite it leaves all of them. So it
// does where a spec came twice: what becomes of that one depends on what is there, and ids follow the order of the specs.
func (b *batch) make(ctx context.Context, tx *state.Tx, list []*Job) (left []*Job, err error) {
	if tx.Dialect() != state.PostgreSQL || slices.ContainsFunc(list, func(j *Job) bool { return len(j.later) > 0 }) {
		return list, nil
	}
	for _, s := range makeStatements(list, tx.Now(), state.Micros(tx.Now())) {
		if err := each(ctx, tx, s.Query, s.Args, s.Row); err != nil {
			return nil, err
		}
	}
	return b.takeMade(list), nil
}

// makeStatements are those that make jobs, on PostgreSQL. at: now in microseconds, or state.TxNow, where nothing but that depends on now.
func makeStatements(list []*Job, now time.Time, at any) (all []state.Statement) {
	for chunk := range slices.Chunk(list, makeSize) {
		for _, j := range chunk {
			j.next = ownMark(j.policy)
		}
		query, args := makeQuery(chunk, now, at)
		all = append(all, numbering(chunk, query, args))
	}
	return all
}

// takeMade parts those that were made from the others.
func (b *batch) takeMade(list []*Job) (left []*Job) {
	for _, j := range list {
		if j.ID != 0 {
			b.made = append(b.made, j)
			continue
		}
		j.next = ""
		left = append(left, j)
	}
	return left
}

// waitingOf and failedOf select the jobs that stand for the identity of a row r. The words are those of the indexes job_waiting and
// job_failed. With a LIMIT they cannot be made a join, for which PostgreSQL would read the whole table once it takes it for small.
const (
	waitingOf = "FROM job WHERE backend = r.backend AND identity = r.identity AND " + waitingStates + " LIMIT 1"
	failedOf  = `FROM job WHERE backend = r.backend AND identity = r.identity AND identity <> '' AND state = 'failed'
		ORDER BY id DESC LIMIT 1`
)

// lookupEach is lookupQuery for PostgreSQL.
func lookupEach(d state.Dialect, keys []key) (string, []any) {
	backends, identities := make([]string, len(keys)), make([]string, len(keys))
	for i, k := range keys {
		backends[i], identities[i] = k.backend, k.identity
	}
	return `SELECT c.id, r.backend, r.identity, c.state FROM ` + d.Unnest("r", "backend", "identity") + `
		CROSS JOIN LATERAL ((SELECT id, state, 1 AS waits ` + waitingOf + ") UNION ALL (SELECT id, state, 0 " + failedOf + ")) AS c ORDER BY c.waits, c.id", []any{backends, identities}
}

// makeQuery inserts jobs and the lines that they stand in.
func makeQuery(list []*Job, now time.Time, at any) (string, []any) {
	r := insertedRows(list, now)
	const free = "(SELECT id " + waitingOf + ") IS NULL AND (SELECT id " + failedOf + ") IS NULL"
	return `WITH made AS (INSERT INTO job (` + insertedNames() + `) SELECT ` + r.values + `, ?, ? FROM ` + r.from + `
			WHERE r.identity = '' OR ` + free + `
			RETURNING id, uuid, backend, channel),
		noted AS (INSERT INTO job_channel (backend, channel) SELECT DISTINCT backend, channel FROM made ON CONFLICT DO NOTHING)
		SELECT id, uuid FROM made`, r.with(at, at)
}
