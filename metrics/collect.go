package metrics

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// Build is the program that collects.
type Build struct{ Version, Commit, Go string }

// Options are what a Collector is told.
type Options struct {
	Build     Build
	Backends  []string // names of the configured backends: those without a run have a metric, too
	Receivers []string // names of the configured receivers of notifications
}

// Collector reads the metrics of one state. It may be used from several goroutines.
type Collector struct {
	db      *state.DB
	queue   *jobs.Queue
	options Options
}

// New gives the collector of a state.
func New(db *state.DB, q *jobs.Queue, o Options) *Collector {
	return &Collector{db: db, queue: q, options: o}
}

// Begin lets counting begin, where it has not begun: what ends from now on is counted.
func (c *Collector) Begin(ctx context.Context) error {
	if err := c.tally(ctx); err != nil {
		return fmt.Errorf("begin to count what becomes of jobs: %w", err)
	}
	return nil
}

// Collect counts what ended since it was last called, by whatever process, and reads all metrics.
func (c *Collector) Collect(ctx context.Context) (Snapshot, error) {
	var s Snapshot
	clock := c.db.Clock()
	begun := clock.Now()
	if err := c.tally(ctx); err != nil {
		return s, fmt.Errorf("count what became of jobs: %w", err)
	}
	s.add(buildInfo, 1, c.options.Build.Version, c.options.Build.Commit, c.options.Build.Go)
	for _, read := range []func(context.Context, *Snapshot) error{
		c.standings, c.counters, c.channels, c.pauses, c.backends, c.bindings, c.reviews, c.schedule, c.workers, c.receivers, c.size,
	} {
		if err := read(ctx, &s); err != nil {
			return s, fmt.Errorf("read the metrics: %w", err)
		}
	}
	s.add(collectDuration, clock.Now().Sub(begun).Seconds())
	return s, nil
}

// each calls fn for every row of a query.
func each(ctx context.Context, db *state.DB, query string, fn func(scan func(...any) error) error) (err error) {
	rows, err := db.Read().QueryContext(ctx, query)
	if err != nil {
		return db.Explain(err)
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			return err
		}
	}
	return db.Explain(rows.Err())
}

func (c *Collector) standings(ctx context.Context, s *Snapshot) error {
	all, err := c.queue.Standings(ctx)
	if err != nil {
		return err
	}
	now := c.db.Clock().Now()
	type line struct{ backend, channel string }
	oldest := map[string]map[line]time.Time{oldestPending: {}, longestRunning: {}}
	counts := map[[3]string]int{}
	var order [][3]string
	for _, one := range all {
		name := string(one.State)
		if one.Later {
			name = "delayed"
		}
		key := [3]string{one.Backend, one.Channel, name}
		if _, there := counts[key]; !there {
			order = append(order, key)
		}
		counts[key] += one.Count
		metric := map[string]string{string(jobs.StatePending): oldestPending, string(jobs.StateStarted): longestRunning}[name]
		at := line{one.Backend, one.Channel}
		if was, there := oldest[metric][at]; metric != "" && (!there || one.Oldest.Before(was)) {
			oldest[metric][at] = one.Oldest
		}
	}
	for _, key := range order {
		s.add(jobsNow, float64(counts[key]), key[0], key[1], key[2])
		for metric, of := range oldest {
			if since, there := of[line{key[0], key[1]}]; there {
				s.add(metric, max(0, now.Sub(since).Seconds()), key[0], key[1])
				delete(of, line{key[0], key[1]})
			}
		}
	}
	return nil
}

func (c *Collector) channels(ctx context.Context, s *Snapshot) error {
	all, err := c.queue.Loads(ctx)
	for _, l := range all {
		capacity := float64(l.Capacity)
		if l.Capacity == 0 {
			capacity = math.Inf(1)
		}
		s.add(channelCapacity, capacity, l.Name)
		s.add(channelSlots, float64(l.Slots), l.Name)
		s.add(channelPaused, truth(l.Paused != nil), l.Name)
	}
	return err
}

func truth(yes bool) float64 {
	if yes {
		return 1
	}
	return 0
}

func (c *Collector) pauses(ctx context.Context, s *Snapshot) error {
	all, err := c.queue.Pauses(ctx)
	for _, p := range all {
		s.add(pauses, 1, p.Scope, p.Name)
	}
	return err
}

// backends gives those of the configuration, and those that the state knows.
func (c *Collector) backends(ctx context.Context, s *Snapshot) error {
	known := map[string]bool{}
	err := each(ctx, c.db, "SELECT backend, code, since, last_success, last_run FROM backend_state ORDER BY backend",
		func(scan func(...any) error) error {
			var name, code string
			var since, success, run int64
			err := scan(&name, &code, &since, &success, &run)
			known[name] = true
			s.add(backendOutage, truth(code != ""), name, code)
			if code != "" {
				s.instant(backendOutageFrom, state.FromMicros(since), name)
			}
			s.instant(backendSuccess, state.FromMicros(success), name)
			s.instant(backendRun, state.FromMicros(run), name)
			return err
		})
	for _, name := range c.options.Backends {
		if !known[name] {
			s.add(backendOutage, 0, name, "")
			s.instant(backendSuccess, time.Time{}, name)
			s.instant(backendRun, time.Time{}, name)
		}
	}
	return err
}

func (c *Collector) bindings(ctx context.Context, s *Snapshot) error {
	tallies, err := binding.Tallies(ctx, c.db)
	for _, t := range tallies {
		s.add(bindings, float64(t.Bound), t.Backend, t.Model)
		s.add(bindingsRetired, float64(t.Retired), t.Backend, t.Model)
		s.add(bindingsDeleted, float64(t.Deleted), t.Backend, t.Model)
	}
	return err
}

// reviews leaves out what nobody has to do anything about: a half that was deleted, and what a person decided.
func (c *Collector) reviews(ctx context.Context, s *Snapshot) error {
	query := `SELECT backend, model, kind, COUNT(*) FROM review WHERE kind <> 'deleted' AND decision = ''
		GROUP BY backend, model, kind ORDER BY backend, model, kind`
	return each(ctx, c.db, query, func(scan func(...any) error) error {
		var backend, model, kind string
		var n int
		err := scan(&backend, &model, &kind, &n)
		s.add(reviews, float64(n), backend, model, kind)
		return err
	})
}

func (c *Collector) schedule(ctx context.Context, s *Snapshot) error {
	query := "SELECT name, last_start, last_end, next, outcome FROM job_schedule ORDER BY name"
	return each(ctx, c.db, query, func(scan func(...any) error) error {
		var name, outcome string
		var start, end, next int64
		err := scan(&name, &start, &end, &next, &outcome)
		s.instant(scheduleStart, state.FromMicros(start), name)
		s.instant(scheduleEnd, state.FromMicros(end), name)
		s.instant(scheduleNext, state.FromMicros(next), name)
		s.add(scheduleFailed, truth(outcome == "failed" || outcome == "interrupted"), name)
		return err
	})
}

func (c *Collector) workers(ctx context.Context, s *Snapshot) error {
	all, err := c.queue.Workers(ctx)
	count := map[string]int{}
	for _, w := range all {
		switch {
		case w.StandsBy() && w.Alive:
			count["standby"]++
		case w.StandsBy(): // it had nothing in hand
		case w.Alive:
			count["alive"]++
		default:
			count["dead"]++
		}
	}
	for _, state := range []string{"alive", "dead", "standby"} {
		s.add(workers, float64(count[state]), state)
	}
	return err
}

// receivers gives those of the configuration; others are no longer told.
func (c *Collector) receivers(ctx context.Context, s *Snapshot) error {
	for _, name := range c.options.Receivers {
		var waiting, tries int
		row := c.db.Read().QueryRowContext(ctx, `SELECT (SELECT COUNT(*) FROM notify_item WHERE receiver = ?),
			COALESCE((SELECT tries FROM notify_receiver WHERE name = ?), 0)`, name, name)
		if err := row.Scan(&waiting, &tries); err != nil {
			return c.db.Explain(err)
		}
		s.add(notifyWaiting, float64(waiting), name)
		s.add(notifyFailing, float64(tries), name)
	}
	return nil
}

// size is that of the file and its write-ahead log; PostgreSQL has metrics of its own.
func (c *Collector) size(_ context.Context, s *Snapshot) error {
	if c.db.Dialect() != state.SQLite {
		return nil
	}
	total := int64(0)
	for _, suffix := range []string{"", "-wal"} {
		info, err := os.Stat(c.db.Path() + suffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		total += info.Size()
	}
	s.add(stateSize, float64(total))
	return nil
}
