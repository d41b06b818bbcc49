package main

import "context"

// plans shows those of the queue's statements that look for jobs.
func (s *ourStore) plans(ctx context.Context) (list []plan, err error) {
	plans, err := s.queue.Plans(ctx, "lane0", "root.lane0")
	for _, p := range plans {
		list = append(list, plan{p.Purpose, p.Steps})
	}
	return list, err
}
