package metrics_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/metrics"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestCollect(t *testing.T) {
	t.Run("Ensure a state without anything tells what is configured", func(t *testing.T) {
		b := newBench(t)
		b.want(b.read(), map[string]string{
			`connector_build_info{version="1.2",commit="c0ffee",go="go"}`:                       "1",
			`connector_backend_last_success_timestamp_seconds{backend="trello"}`:                "0",
			`connector_backend_outage{backend="trello",code=""}`:                                "0",
			`connector_channel_capacity{channel="root"}`:                                        "4",
			`connector_channel_capacity{channel="root.trello"}`:                                 "2",
			`connector_channel_paused{channel="root.trello"}`:                                   "0",
			`connector_workers{state="alive"}`:                                                  "0",
			`connector_notify_waiting{receiver="ops"}`:                                          "0",
			`connector_jobs{backend="trello",channel="root.trello",state="pending"}`:            "",
			`connector_jobs_oldest_pending_age_seconds{backend="trello",channel="root.trello"}`: "",
		})
	})
	t.Run("Ensure what waits and runs is told with its age, and what is paused", func(t *testing.T) {
		b := newBench(t)
		b.add(3, "import")
		b.pass(90 * time.Second)
		if _, err := b.queue.Claim(t.Context(), "somebody:1", jobs.ClaimFilter{Limit: 1}); err != nil {
			t.Fatal(err)
		}
		b.write(func(tx *state.Tx) error {
			return errors.Join(b.queue.Pause(t.Context(), tx, jobs.Pause{Scope: jobs.PauseBackend, Name: "magento"}),
				b.queue.Pause(t.Context(), tx, jobs.Pause{Scope: jobs.PauseChannel, Name: "trello"}))
		})
		b.pass(30 * time.Second)
		b.want(b.read(), map[string]string{
			`connector_jobs{backend="trello",channel="root.trello",state="pending"}`:            "2",
			`connector_jobs{backend="trello",channel="root.trello",state="started"}`:            "1",
			`connector_jobs_oldest_pending_age_seconds{backend="trello",channel="root.trello"}`: "120",
			`connector_jobs_longest_running_seconds{backend="trello",channel="root.trello"}`:    "30",
			`connector_channel_slots_used{channel="root.trello"}`:                               "1",
			`connector_channel_paused{channel="root.trello"}`:                                   "1",
			`connector_channel_paused{channel="root"}`:                                          "0",
			`connector_paused{scope="backend",name="magento"}`:                                  "1",
			`connector_paused{scope="channel",name="root.trello"}`:                              "1",
		})
	})
	t.Run("Ensure who stands by is told apart from workers, and is nobody when dead", func(t *testing.T) {
		b := newBench(t)
		b.exec("INSERT INTO job_worker (id, slot, started, heartbeat) VALUES ('host:1', 71, 1, 1), ('host:2/standby', 72, 1, 1)")
		s, err := b.queue.StandBy(t.Context(), "host:3", nil)
		if err != nil {
			t.Fatal(err)
		}
		b.want(b.read(), map[string]string{
			`connector_workers{state="alive"}`: "0", `connector_workers{state="dead"}`: "1", `connector_workers{state="standby"}`: "1",
		})
		if err := s.Leave(t.Context()); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure outages, reviews, bindings and the schedule are told", func(t *testing.T) {
		b := newBench(t)
		at := state.Micros(noon)
		b.exec("INSERT INTO backend_state (backend, reason, code, since, last_success, last_run) VALUES ('trello', 'x', 'rate_limited', ?, ?, ?)", at, at, at+2e6)
		for i, kind := range []string{"conflict", "conflict", "deleted"} {
			b.exec("INSERT INTO review (database, backend, model, odoo_id, kind, reason, created) VALUES ('d', 'trello', 'trello.card', ?, ?, '', 1)", i, kind)
		}
		b.exec("UPDATE review SET decision = '{}' WHERE odoo_id = 0")
		b.exec("INSERT INTO binding (database, backend, model, external_id, odoo_model, odoo_id) VALUES ('d', 'trello', 'trello.card', 'x', 'project.task', 1)")
		b.exec("INSERT INTO binding (database, backend, model, odoo_model, odoo_id) VALUES ('d', 'trello', 'trello.card', 'project.task', 2)") // not bound yet
		for i, apart := range []string{"retired", "external_gone", "odoo_gone"} {
			b.exec("INSERT INTO binding (database, backend, model, external_id, odoo_model, odoo_id, "+apart+") VALUES ('d', 'trello', 'trello.card', ?, 'project.task', ?, 1)", apart, 3+i)
		}
		b.exec("INSERT INTO job_schedule (name, last_start, last_end, next, outcome) VALUES ('night', ?, ?, ?, 'failed'), ('day', 0, 0, ?, '')", at, at+1e6, at+5e6, at)
		b.want(b.read(), map[string]string{
			`connector_backend_outage{backend="trello",code="rate_limited"}`:                  "1",
			`connector_backend_outage_start_timestamp_seconds{backend="trello"}`:              "1714996800",
			`connector_backend_last_success_timestamp_seconds{backend="trello"}`:              "1714996800",
			`connector_backend_last_run_timestamp_seconds{backend="trello"}`:                  "1714996802",
			`connector_reviews_waiting{backend="trello",model="trello.card",kind="conflict"}`: "1",
			`connector_reviews_waiting{backend="trello",model="trello.card",kind="deleted"}`:  "",
			`connector_bindings{backend="trello",model="trello.card"}`:                        "1",
			`connector_bindings_retired{backend="trello",model="trello.card"}`:                "1",
			`connector_bindings_deleted{backend="trello",model="trello.card"}`:                "2",
			`connector_schedule_last_run_failed{name="night"}`:                                "1",
			`connector_schedule_last_run_failed{name="day"}`:                                  "0",
			`connector_schedule_next_run_timestamp_seconds{name="night"}`:                     "1714996805",
			`connector_schedule_last_end_timestamp_seconds{name="night"}`:                     "1714996801",
		})
	})
}

func TestCounters(t *testing.T) {
	failed := jobs.Outcome{Kind: jobs.Failed, Err: errors.New("no")}
	t.Run("Ensure each job is counted once, whoever looks and how often", func(t *testing.T) {
		b := newBench(t)
		if err := b.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.add(2, "import")
		b.run(2*time.Second, jobs.Outcome{Kind: jobs.Done})
		b.add(1, "export")
		b.run(40*time.Second, failed)
		b.settle()
		other := metrics.New(b.db, b.queue, metrics.Options{})
		if _, err := other.Collect(t.Context()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			b.want(b.read(), map[string]string{
				`connector_jobs_finished_total{backend="trello",channel="root.trello",function="import",state="done"}`:   "2",
				`connector_jobs_finished_total{backend="trello",channel="root.trello",function="export",state="failed"}`: "1",
				`connector_job_attempts_total{function="import",outcome="done"}`:                                         "2",
				`connector_job_attempts_total{function="export",outcome="failed"}`:                                       "1",
				`connector_job_duration_seconds_bucket{function="import",le="1"}`:                                        "0",
				`connector_job_duration_seconds_bucket{function="import",le="2.5"}`:                                      "2",
				`connector_job_duration_seconds_bucket{function="import",le="+Inf"}`:                                     "2",
				`connector_job_duration_seconds_sum{function="import"}`:                                                  "4",
				`connector_job_duration_seconds_count{function="import"}`:                                                "2",
				`connector_job_duration_seconds_bucket{function="export",le="30"}`:                                       "0",
				`connector_job_duration_seconds_count{function="export"}`:                                                "1",
				`connector_job_wait_seconds_sum{function="import"}`:                                                      "2", // the second waited for the first
			})
			b.settle()
		}
	})
	t.Run("Ensure they go on where an earlier process left them", func(t *testing.T) {
		b := newBench(t)
		for n := 1; n <= 3; n++ {
			b.Collector = metrics.New(b.db, b.queue, metrics.Options{})
			if err := b.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			b.pass(time.Second)
			b.add(1, "import")
			b.run(0, jobs.Outcome{Kind: jobs.Done})
			b.settle()
			b.want(b.read(), map[string]string{`connector_job_attempts_total{function="import",outcome="done"}`: fmt.Sprint(n)})
		}
	})
	t.Run("Ensure a job that ends twice counts twice, and one that ends at the instant of a look is not lost", func(t *testing.T) {
		b := newBench(t)
		if err := b.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.add(1, "import")
		b.run(0, failed)
		b.read() // at the same instant
		b.settle()
		b.read()
		b.write(func(tx *state.Tx) error { return b.queue.Requeue(t.Context(), tx, 1) })
		b.run(0, jobs.Outcome{Kind: jobs.Done})
		b.settle()
		b.want(b.read(), map[string]string{
			`connector_jobs_finished_total{backend="trello",channel="root.trello",function="import",state="failed"}`: "1",
			`connector_jobs_finished_total{backend="trello",channel="root.trello",function="import",state="done"}`:   "1",
		})
	})
	t.Run("Ensure a job's retries and its worker's death are counted", func(t *testing.T) {
		b := newBench(t)
		if err := b.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.pass(time.Second)
		b.add(1, "import")
		b.run(0, jobs.Outcome{Kind: jobs.Retry, After: time.Hour, Err: errors.New("later")})
		b.exec("INSERT INTO job_attempt (job_id, attempt, outcome, started, finished) VALUES (1, 9, 'worker died', ?, ?)", state.Micros(b.clock.Now()), state.Micros(b.clock.Now()))
		b.settle()
		b.want(b.read(), map[string]string{
			`connector_job_attempts_total{function="import",outcome="retry"}`:       "1",
			`connector_job_attempts_total{function="import",outcome="worker_died"}`: "1",
		})
	})
}

// BenchmarkCollect shows what a scrape costs beside finished jobs that were counted before.
func BenchmarkCollect(b *testing.B) {
	for _, n := range []int{1_000, 1_000_000} {
		b.Run(fmt.Sprintf("finished=%d", n), func(b *testing.B) {
			db := statetest.New(b).Open(b, state.Options{})
			c := metrics.New(db, jobs.New(db), metrics.Options{})
			err := db.Write(b.Context(), func(tx *state.Tx) error {
				_, err := tx.ExecContext(b.Context(), `INSERT INTO job (uuid, function, backend, channel, args, state, priority, max_retries, created, enqueued, started, finished)
					WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)
					SELECT 'u' || i, 'import', 'trello', 'root.trello', '{}', CASE WHEN i % 1000 = 0 THEN 'failed' ELSE 'done' END, 10, 5, i, i, i, i FROM n`, n)
				return err
			})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := c.Collect(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
