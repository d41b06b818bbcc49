package jobs

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/state"
)

// SortKey is what a list of jobs is sorted by. Jobs of one value are in the order of their ids.
type SortKey string

// The keys. Jobs that lack the value, such as the end of one that runs, come last in either direction.
const (
	SortID       SortKey = "id" // the default
	SortCreated  SortKey = "created"
	SortETA      SortKey = "eta"
	SortPriority SortKey = "priority"
	SortStarted  SortKey = "started"
	SortFinished SortKey = "finished"
	SortDuration SortKey = "duration" // of the last run; of one that runs, up to now
)

// SortKeys gives all keys.
func SortKeys() []SortKey {
	return []SortKey{SortID, SortCreated, SortETA, SortPriority, SortStarted, SortFinished, SortDuration}
}

// Sort is the order of a list. The zero value is by id, ascending.
type Sort struct {
	Key        SortKey
	Descending bool
}

// ParseSort reads a key, with a "-" in front for the descending order. An unknown one gives a *FilterError.
func ParseSort(text string) (Sort, error) {
	name, descending := strings.CutPrefix(text, "-")
	if !slices.Contains(SortKeys(), SortKey(name)) {
		names := make([]string, 0, len(SortKeys()))
		for _, k := range SortKeys() {
			names = append(names, string(k))
		}
		return Sort{}, &FilterError{"sort", text, "write one of " + strings.Join(names, ", ") + ", with a - in front to turn it round"}
	}
	return Sort{SortKey(name), descending}, nil
}

// String writes the order as ParseSort reads it.
func (s Sort) String() string {
	if s.Descending {
		return "-" + string(s.key())
	}
	return string(s.key())
}

func (s Sort) key() SortKey {
	if s.Key == "" {
		return SortID
	}
	return s.Key
}

// expression gives the value to sort by; missing is what stands for none.
func (s Sort) expression(asOf int64) string {
	missing := "9223372036854775807"
	if s.Descending {
		missing = "-1"
	}
	switch key := s.key(); key {
	case SortID, SortCreated, SortETA, SortPriority:
		return string(key)
	case SortStarted, SortFinished:
		return fmt.Sprintf("CASE WHEN %s = 0 THEN %s ELSE %s END", key, missing, key)
	case SortDuration:
		return fmt.Sprintf(`CASE WHEN state IN ('done','failed') AND started > 0 THEN finished - started
			WHEN state = 'started' THEN %d - started ELSE %s END`, asOf, missing)
	}
	return "id"
}

// cursor is the last job of a page, and the instant up to which its list counts the duration of running ones.
type cursor struct {
	Sort  string `json:"s"`
	Value int64  `json:"v"`
	ID    int64  `json:"i"`
	AsOf  int64  `json:"t,omitempty"`
}

func (c cursor) String() string {
	text, _ := json.Marshal(c) // numbers and one word
	return base64.RawURLEncoding.EncodeToString(text)
}

func parseCursor(text string, s Sort) (c cursor, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = json.Unmarshal(raw, &c)
	}
	switch {
	case err != nil:
		return c, &FilterError{"page", text, "it isn't what an earlier page gave as its next one"}
	case c.Sort != s.String():
		return c, &FilterError{"page", text, fmt.Sprintf("it belongs to a list sorted by %s, not by %s", c.Sort, s)}
	}
	return c, nil
}

// Page is a part of a list of jobs.
type Page struct {
	Jobs []Job
	Next string // what [Filter.After] is to be for the next page; "": this is the last one
}

// List reads the jobs that a filter selects, in its order. An unusable filter gives a *FilterError.
func (q *Queue) List(ctx context.Context, f Filter) ([]Job, error) {
	p, err := q.Page(ctx, f)
	return p.Jobs, err
}

// Page is [Queue.List] with the way to the next page. Pages that are asked for one after the other show no job twice and leave
// none out, whatever is enqueued meanwhile, as long as the value that they are sorted by stays.
func (q *Queue) Page(ctx context.Context, f Filter) (Page, error) {
	p, err := q.page(ctx, f)
	if err != nil {
		return Page{}, fmt.Errorf("list jobs: %w", q.db.Explain(err))
	}
	return p, nil
}

func (q *Queue) page(ctx context.Context, f Filter) (p Page, err error) {
	at := cursor{Sort: f.Sort.String(), AsOf: state.Micros(q.db.Clock().Now())}
	if f.After != "" {
		if at, err = parseCursor(f.After, f.Sort); err != nil {
			return p, err
		}
	}
	query, args, err := f.rankQuery(at)
	if err != nil {
		return p, err
	}
	var ids []int64
	err = each(ctx, q.db.Read(), query, args, func(rows scanner) error {
		var id, value int64
		err := rows.Scan(&id, &value)
		if f.Limit > 0 && len(ids) == f.Limit {
			p.Next = at.String()
			return err
		}
		at.ID, at.Value = id, value
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return p, err
	}
	p.Jobs, err = q.byIDs(ctx, ids)
	return p, err
}

// rankQuery selects the ids of a page with the values that it is sorted by, and one more where there is one.
func (f Filter) rankQuery(at cursor) (string, []any, error) {
	all, err := f.alternatives()
	if err != nil {
		return "", nil, err
	}
	value := f.Sort.expression(at.AsOf)
	byID := f.Sort.key() == SortID
	if byID && (len(f.States) > 0 || len(all) > 1) {
		value = "id + 0" // rather sort what the index of a state gives than look for it among all ids
	}
	compare, direction := ">", ""
	if f.Sort.Descending {
		compare, direction = "<", " DESC"
	}
	var parts []string
	var args []any
	for _, c := range all {
		switch {
		case f.After != "" && byID:
			c.add(value+" "+compare+" ?", at.ID)
		case f.After != "":
			c.add("("+value+" "+compare+" ? OR "+value+" = ? AND id "+compare+" ?)", at.Value, at.Value, at.ID)
		}
		parts, args = append(parts, "SELECT id, "+value+" AS sort_value FROM job"+c.String()), append(args, c.args...)
	}
	query := strings.Join(parts, " UNION ALL ")
	if len(parts) > 1 {
		query = "SELECT id, sort_value FROM (" + query + ") AS selected"
	}
	order := " ORDER BY sort_value" + direction
	if !byID {
		order += ", id" + direction
	}
	if query += order; f.Limit > 0 || f.Offset > 0 {
		limit := int64(1) << 40
		if f.Limit > 0 {
			limit = int64(f.Limit) + 1
		}
		query, args = query+" LIMIT ? OFFSET ?", append(args, limit, f.Offset)
	}
	return query, args, nil
}

// byIDs reads jobs with what they depend on, in the order of the ids. One that is gone meanwhile is left out.
func (q *Queue) byIDs(ctx context.Context, ids []int64) ([]Job, error) {
	found := make(map[int64]Job, len(ids))
	for chunk := range slices.Chunk(ids, chunkSize) {
		list, err := selectJobs(ctx, q.db.Read(), "SELECT "+columns+" FROM job WHERE id IN "+marks(len(chunk)), anys(chunk)...)
		if err != nil {
			return nil, err
		}
		for _, j := range list {
			found[j.ID] = j
		}
	}
	deps, err := dependencies(ctx, q.db.Read(), ids)
	if err != nil {
		return nil, err
	}
	list := make([]Job, 0, len(ids))
	for _, id := range ids {
		if j, there := found[id]; there {
			j.DependsOn = deps[id]
			list = append(list, j)
		}
	}
	return list, nil
}

// Count gives the number of jobs that a filter selects, on all pages. An unusable filter gives a *FilterError.
func (q *Queue) Count(ctx context.Context, f Filter) (n int, err error) {
	all, err := f.alternatives()
	if err != nil {
		return 0, fmt.Errorf("count jobs: %w", err)
	}
	for _, c := range all {
		var part int
		if err := q.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM job"+c.String(), c.args...).Scan(&part); err != nil {
			return 0, fmt.Errorf("count jobs: %w", q.db.Explain(err))
		}
		n += part
	}
	return n, nil
}
