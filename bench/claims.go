package main

import (
	"context"
	"fmt"
	"time"
)

// claimer is a store whose claim can be timed alone.
type claimer interface {
	// claimOne tells how long the claim of one job took. The job is done after that.
	claimOne(ctx context.Context) (time.Duration, error)
}

// planner is a store that shows how its database finds what a claim needs.
type planner interface {
	// plans gives each statement's purpose and the database's plan of it, line by line.
	plans(ctx context.Context) ([]plan, error)
}

type plan struct {
	purpose string
	steps   []string
}

// claimLevels are how many jobs wait.
var claimLevels = []int{1000, 10_000, 100_000, 1_000_000}

// full is a store that is filled step by step.
type full struct {
	peer
	store
	last    int // number of the last job that was put in
	perJob  []string
	claims  []string
	jobCost []time.Duration // medians, by level
}

// measureClaims fills the peers' stores level by level and measures at each.
func measureClaims(ctx context.Context, b *bench) error {
	return b.withAll(ctx, everywhere(b.peers), nil)
}

// withAll opens a store of each peer, and then measures them.
func (b *bench) withAll(ctx context.Context, peers []peer, open []*full) error {
	if len(peers) > 0 {
		return b.with(ctx, peers[0], 1, func(s store, _ place) error {
			return b.withAll(ctx, peers[1:], append(open, &full{peer: peers[0], store: s}))
		})
	}
	head := []string{"peer"}
	for _, level := range claimLevels {
		n := b.scaled(level, 100)
		head = append(head, count(float64(n))+" waiting")
		if err := b.measureLevel(ctx, open, n); err != nil {
			return err
		}
	}
	b.printClaims(open, head)
	return b.printPlans(ctx, open)
}

// measureLevel brings all stores to n waiting jobs, and then runs some of them, all peers in turn.
func (b *bench) measureLevel(ctx context.Context, all []*full, n int) error {
	sample := min(n/2, 500)
	for _, f := range all {
		if err := f.fill(ctx, n+b.runs*sample); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	costs := map[*full][]time.Duration{}
	for range b.runs {
		for _, f := range all {
			took, err := b.timed("claim "+count(float64(n))+" "+f.name, func() error { return f.run(ctx, sample, 1) })
			if err != nil {
				return err
			}
			costs[f] = append(costs[f], took/time.Duration(sample))
		}
	}
	for _, f := range all {
		f.jobCost = append(f.jobCost, median(costs[f]))
		f.perJob = append(f.perJob, micros(median(costs[f])))
		if err := f.claimAlone(ctx, sample); err != nil {
			return err
		}
	}
	return nil
}

// fill puts jobs in until n wait.
func (f *full) fill(ctx context.Context, n int) error {
	there, err := f.pending(ctx)
	if err != nil || there >= n {
		return err
	}
	err = f.enqueue(ctx, f.last, n-there, 1000)
	f.last += n - there
	return err
}

// claimAlone times claims where that can be done.
func (f *full) claimAlone(ctx context.Context, sample int) error {
	c, ok := f.store.(claimer)
	if !ok {
		return nil
	}
	took := make([]time.Duration, sample)
	for i := range took {
		var err error
		if took[i], err = c.claimOne(ctx); err != nil {
			return err
		}
	}
	f.claims = append(f.claims, micros(median(took))+", 99 %: "+micros(quantile(took, 0.99)))
	return nil
}

func (b *bench) printClaims(all []*full, head []string) {
	b.printf("One worker: time from job to job (claim, run, completion), and a claim alone.\n\n")
	t := table{head: append(head, "last / first")}
	for _, f := range all {
		growth := float64(f.jobCost[len(f.jobCost)-1]) / float64(f.jobCost[0])
		t.add(append(append([]string{f.name}, f.perJob...), ratioText(growth))...)
		if len(f.claims) > 0 {
			t.add(append(append([]string{f.name + ", claim alone"}, f.claims...), "")...)
		}
	}
	b.print(t)
}

func (b *bench) printPlans(ctx context.Context, all []*full) error {
	for _, f := range all {
		shows, ok := f.store.(planner)
		if !ok {
			continue
		}
		plans, err := shows.plans(ctx)
		if err != nil {
			return err
		}
		b.printf("\nPlans of %s:\n\n", f.name)
		for _, p := range plans {
			b.printf("    %s\n", p.purpose)
			for _, step := range p.steps {
				b.printf("        %s\n", step)
			}
		}
	}
	return nil
}
