package main

import (
	"context"
	"fmt"
	"time"
)

// measureMemory lets a process of its own run some of very many jobs.
func measureMemory(ctx context.Context, b *bench) error {
	waiting, toRun := b.scaled(1_000_000, 1000), b.scaled(5000, 500)
	b.printf("%s jobs wait, a process of its own runs %s of them, 100 at once.\n\n", count(float64(waiting)), count(float64(toRun)))
	t := table{head: []string{"peer", "most resident memory", "of it the program's own", "jobs/s"}}
	for _, p := range everywhere(b.peers) {
		if p.bare {
			continue
		}
		err := b.with(ctx, p, concurrentLanes, func(s store, at place) error {
			if err := s.enqueue(ctx, 0, waiting, 1000); err != nil {
				return err
			}
			u, err := b.send(ctx, p, at, errand{Jobs: toRun})
			t.add(p.name, megabytes(u.PeakBytes), megabytes(u.PeakOwn), count(float64(toRun)/u.Elapsed.Seconds()))
			return err
		})
		if err != nil {
			return err
		}
	}
	b.print(t)
	return nil
}

// measureIdle lets a process of its own wait for jobs that don't come.
func measureIdle(ctx context.Context, b *bench) error {
	wait := max(time.Duration(float64(20*time.Second)*min(b.scale, 1)), 2*time.Second)
	b.printf("A worker with 100 slots and no job, over %v after its start.\n\n", wait)
	t := table{head: []string{"peer", "processor time", "of one processor", "most resident memory"}}
	for _, p := range everywhere(b.peers) {
		if p.bare {
			continue
		}
		err := b.with(ctx, p, concurrentLanes, func(_ store, at place) error {
			u, err := b.send(ctx, p, at, errand{Wait: wait})
			share := 100 * u.CPU.Seconds() / max(u.Elapsed.Seconds(), 1e-9)
			t.add(p.name, u.CPU.Round(100*time.Microsecond).String(), fmt.Sprintf("%.2f %%", share), megabytes(u.PeakBytes))
			return err
		})
		if err != nil {
			return err
		}
	}
	b.print(t)
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
