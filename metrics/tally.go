package metrics

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// positionKey is meta's key of the instant up to which what ended was counted.
const positionKey = "metrics.position"

// commitLag is how much later than its own time a transaction may be committed on PostgreSQL, where several write at once: what
// ended within it is counted the next time. On SQLite there is one writer, and its time is that of its turn.
const commitLag = 10 * time.Second

// tally counts what ended since the last time, and adds it to the sums that the state keeps. The first call sets the beginning.
func (c *Collector) tally(ctx context.Context) error {
	from, to, err := c.window(ctx)
	if err != nil || from == 0 || from >= to {
		return err
	}
	sums := map[sum]int64{}
	if err := c.countEnded(ctx, state.FromMicros(from), state.FromMicros(to), sums); err != nil {
		return err
	}
	if len(sums) == 0 {
		return nil // the next look begins where this one did
	}
	return c.db.Write(ctx, func(tx *state.Tx) error {
		if now, err := position(ctx, tx); err != nil || now != from {
			return err // another process has counted meanwhile
		}
		for _, key := range sortedSums(sums) {
			_, err := tx.ExecContext(ctx, `INSERT INTO metric_counter (name, labels, value) VALUES (?,?,?)
				ON CONFLICT (name, labels) DO UPDATE SET value = metric_counter.value + excluded.value`, key.name, key.labels, sums[key])
			if err != nil {
				return err
			}
		}
		return setPosition(ctx, tx, to)
	})
}

// sum is what is added up: a counter or a part of a histogram, with its labels as JSON.
type sum struct{ name, labels string }

func labelled(name string, labels ...string) sum {
	text, _ := json.Marshal(labels) // strings
	return sum{name, string(text)}
}

func sortedSums(sums map[sum]int64) []sum {
	keys := make([]sum, 0, len(sums))
	for k := range sums {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, compareSums)
	return keys
}

func compareSums(a, b sum) int {
	return strings.Compare(a.name+"\x00"+a.labels, b.name+"\x00"+b.labels)
}

// window gives the time that has not been counted yet. Its end is taken while nobody else writes, so that whatever bears an
// earlier time is there to be read; a from of 0 says that counting begins now.
func (c *Collector) window(ctx context.Context) (from, to int64, err error) {
	err = c.db.Write(ctx, func(tx *state.Tx) error {
		to = state.Micros(tx.Now())
		if tx.Dialect() == state.PostgreSQL {
			to -= commitLag.Microseconds()
		}
		if from, err = position(ctx, tx); err != nil || from != 0 {
			return err
		}
		return setPosition(ctx, tx, to)
	})
	return from, to, err
}

func position(ctx context.Context, from state.Querier) (int64, error) {
	var text string
	err := from.QueryRowContext(ctx, "SELECT value FROM meta WHERE key = ?", positionKey).Scan(&text)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.ParseInt(text, 10, 64)
}

func setPosition(ctx context.Context, tx *state.Tx, to int64) error {
	_, err := tx.ExecContext(ctx, "INSERT INTO meta (key, value) VALUES (?,?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
		positionKey, strconv.FormatInt(to, 10))
	return err
}

// countEnded counts the jobs and attempts that ended in a time.
func (c *Collector) countEnded(ctx context.Context, from, to time.Time, sums map[sum]int64) error {
	err := c.queue.Endings(ctx, from, to, func(e jobs.Ending) {
		sums[labelled(jobsFinished, e.Backend, e.Channel, e.Function, string(e.State))]++
		if !e.Ran {
			return
		}
		if e.State == jobs.StateDone {
			sums[labelled(jobAttempts, e.Function, string(jobs.StateDone))]++
		}
		observe(sums, jobWait, e.Function, e.Wait)
		observe(sums, jobDuration, e.Function, e.Duration)
	})
	if err != nil {
		return err
	}
	return c.queue.Attempted(ctx, from, to, func(function, outcome string, n int) {
		sums[labelled(jobAttempts, function, strings.ReplaceAll(outcome, " ", "_"))] += int64(n)
	})
}

// observe adds one duration to a histogram. A bucket holds here what is in none of those before it.
func observe(sums map[sum]int64, name, function string, d time.Duration) {
	sums[labelled(name+"_sum", function)] += d.Microseconds()
	bounds := family(name).bounds
	i, _ := slices.BinarySearch(bounds, d.Seconds()) // a bucket includes its bound
	bound := "+Inf"
	if i < len(bounds) {
		bound = number(bounds[i])
	}
	sums[labelled(name+"_bucket", function, bound)]++
}

// counters adds the sums that the state keeps.
func (c *Collector) counters(ctx context.Context, s *Snapshot) error {
	histograms := map[string]map[string]map[string]int64{jobDuration: {}, jobWait: {}} // metric, function, bound or "_sum"
	err := each(ctx, c.db, "SELECT name, labels, value FROM metric_counter ORDER BY name, labels", func(scan func(...any) error) error {
		var name, text string
		var value int64
		if err := scan(&name, &text, &value); err != nil {
			return err
		}
		var labels []string
		if err := json.Unmarshal([]byte(text), &labels); err != nil || len(labels) == 0 {
			return fmt.Errorf("the labels %q of %s cannot be read (%w)", text, name, err)
		}
		base, part := name, ""
		for _, suffix := range []string{"_sum", "_bucket"} {
			if cut, found := strings.CutSuffix(name, suffix); found {
				base, part = cut, suffix
			}
		}
		if part == "" {
			s.add(name, float64(value), labels...)
			return nil
		}
		of := histograms[base]
		if of[labels[0]] == nil {
			of[labels[0]] = map[string]int64{}
		}
		if part == "_bucket" {
			part = labels[1]
		}
		of[labels[0]][part] = value
		return nil
	})
	for _, name := range []string{jobDuration, jobWait} {
		s.histogram(name, histograms[name])
	}
	return err
}

// histogram adds one for each function, from what each of its buckets holds by itself.
func (s *Snapshot) histogram(name string, functions map[string]map[string]int64) {
	names := make([]string, 0, len(functions))
	for f := range functions {
		names = append(names, f)
	}
	slices.Sort(names)
	for _, f := range names {
		total := int64(0)
		for _, bound := range family(name).bounds {
			total += functions[f][number(bound)]
			s.addPart(name, "_bucket", float64(total), f, number(bound))
		}
		total += functions[f]["+Inf"]
		s.addPart(name, "_bucket", float64(total), f, "+Inf")
		s.addPart(name, "_sum", float64(functions[f]["_sum"])/1e6, f)
		s.addPart(name, "_count", float64(total), f)
	}
}
