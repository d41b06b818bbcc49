package jobs

import (
	"cmp"
	"context"
	"fmt"
	"slices"
)

// Related is a job with all that are tied to it.
type Related struct {
	Graph string // uuid of the graph that the job belongs to; "": none
	Jobs  []Job  // each after those that it depends on, and else by id
	More  bool   // there are more than MaxRelated
}

// MaxRelated is how many jobs [Queue.Related] gives at most.
const MaxRelated = 10_000

// Related reads a job, the jobs of its graph, and all that any of them depends on or that wait for one, directly or through
// others. An unknown id gives a *NotFoundError.
func (q *Queue) Related(ctx context.Context, id int64) (Related, error) {
	j, err := q.Get(ctx, id)
	if err != nil {
		return Related{}, err
	}
	r := Related{Graph: j.Graph}
	ids, err := q.relatedIDs(ctx, j, &r)
	if err == nil {
		r.Jobs, err = q.byIDs(ctx, ids)
	}
	if err != nil {
		return Related{}, fmt.Errorf("read what is tied to job %d: %w", id, q.db.Explain(err))
	}
	r.Jobs = inOrder(r.Jobs)
	return r, nil
}

// relatedIDs walks along the dependencies in both directions.
func (q *Queue) relatedIDs(ctx context.Context, j Job, r *Related) ([]int64, error) {
	found := []int64{j.ID}
	seen := map[int64]bool{j.ID: true}
	take := func(rows scanner) error {
		var id int64
		if err := rows.Scan(&id); err != nil || seen[id] {
			return err
		}
		if len(found) == MaxRelated {
			r.More = true
			return nil
		}
		seen[id] = true
		found = append(found, id)
		return nil
	}
	if j.Graph != "" {
		query := "SELECT id FROM job WHERE graph <> '' AND graph = ? ORDER BY id LIMIT ?"
		if err := each(ctx, q.db.Read(), query, []any{j.Graph, MaxRelated + 1}, take); err != nil {
			return nil, err
		}
	}
	for from := 0; from < len(found) && !r.More; {
		chunk := found[from:min(from+chunkSize, len(found))]
		from += len(chunk)
		in := marks(len(chunk))
		query := `SELECT depends_on FROM job_dependency WHERE job_id IN ` + in + `
			UNION SELECT job_id FROM job_dependency WHERE depends_on IN ` + in + " ORDER BY 1"
		if err := each(ctx, q.db.Read(), query, append(anys(chunk), anys(chunk)...), take); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// inOrder sorts jobs so that each comes after those that it depends on.
func inOrder(list []Job) []Job {
	slices.SortFunc(list, func(a, b Job) int { return cmp.Compare(a.ID, b.ID) })
	byID := make(map[int64]Job, len(list))
	for _, j := range list {
		byID[j.ID] = j
	}
	sorted := make([]Job, 0, len(list))
	placed := make(map[int64]bool, len(list))
	for _, j := range list {
		place(j, byID, placed, &sorted)
	}
	return sorted
}

// place puts a job behind all that it depends on, with a stack of its own: chains may be long.
func place(j Job, byID map[int64]Job, placed map[int64]bool, sorted *[]Job) {
	type visit struct {
		Job
		next int // of its dependencies
	}
	if placed[j.ID] {
		return
	}
	placed[j.ID] = true
	stack := []visit{{Job: j}}
	for len(stack) > 0 {
		top := &stack[len(stack)-1]
		if top.next == len(top.DependsOn) {
			*sorted, stack = append(*sorted, top.Job), stack[:len(stack)-1]
			continue
		}
		on, there := byID[top.DependsOn[top.next]]
		top.next++
		if there && !placed[on.ID] {
			placed[on.ID] = true
			stack = append(stack, visit{Job: on})
		}
	}
}

// Dependents reads the jobs that depend on a job directly, by id. They wait for it, unless they went on in another way.
func (q *Queue) Dependents(ctx context.Context, id int64) ([]Job, error) {
	var ids []int64
	query := "SELECT job_id FROM job_dependency WHERE depends_on = ? ORDER BY job_id"
	err := each(ctx, q.db.Read(), query, []any{id}, func(rows scanner) error {
		var dependent int64
		err := rows.Scan(&dependent)
		ids = append(ids, dependent)
		return err
	})
	var list []Job
	if err == nil {
		list, err = q.byIDs(ctx, ids)
	}
	if err != nil {
		return nil, fmt.Errorf("read what waits for job %d: %w", id, q.db.Explain(err))
	}
	return list, nil
}
