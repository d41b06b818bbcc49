package metrics

import "slices"

// Type is what a metric is to Prometheus.
type Type string

// The types.
const (
	Gauge     Type = "gauge"
	Counter   Type = "counter"
	Histogram Type = "histogram"
)

// Family is a metric with its labels.
type Family struct {
	Name   string
	Type   Type
	Labels []string // in the order of their values
	Help   string   // one sentence without a line break

	bounds []float64 // of a histogram's buckets, in seconds, ascending
}

// The metrics.
const (
	buildInfo         = "connector_build_info"
	jobsNow           = "connector_jobs"
	oldestPending     = "connector_jobs_oldest_pending_age_seconds"
	longestRunning    = "connector_jobs_longest_running_seconds"
	jobsFinished      = "connector_jobs_finished_total"
	jobAttempts       = "connector_job_attempts_total"
	jobDuration       = "connector_job_duration_seconds"
	jobWait           = "connector_job_wait_seconds"
	channelCapacity   = "connector_channel_capacity"
	channelSlots      = "connector_channel_slots_used"
	channelPaused     = "connector_channel_paused"
	pauses            = "connector_paused"
	backendOutage     = "connector_backend_outage"
	backendOutageFrom = "connector_backend_outage_start_timestamp_seconds"
	backendSuccess    = "connector_backend_last_success_timestamp_seconds"
	backendRun        = "connector_backend_last_run_timestamp_seconds"
	bindings          = "connector_bindings"
	bindingsRetired   = "connector_bindings_retired"
	bindingsDeleted   = "connector_bindings_deleted"
	reviews           = "connector_reviews_waiting"
	scheduleStart     = "connector_schedule_last_start_timestamp_seconds"
	scheduleEnd       = "connector_schedule_last_end_timestamp_seconds"
	scheduleNext      = "connector_schedule_next_run_timestamp_seconds"
	scheduleFailed    = "connector_schedule_last_run_failed"
	workers           = "connector_workers"
	notifyWaiting     = "connector_notify_waiting"
	notifyFailing     = "connector_notify_failing"
	stateSize         = "connector_state_size_bytes"
	collectDuration   = "connector_collect_duration_seconds"
	processStart      = "process_start_time_seconds"
	loopBeat          = "connector_loop_last_beat_timestamp_seconds"
)

// durations are the bounds of histograms: from a hundredth of a second to an hour.
var durations = []float64{0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 3600}

// Catalogue gives every metric that there is, in the order in which they are written.
func Catalogue() []Family {
	return []Family{
		{Name: buildInfo, Type: Gauge, Labels: []string{"version", "commit", "go"}, Help: "Always 1; the labels tell the program that wrote this."},
		{Name: jobsNow, Type: Gauge, Labels: []string{"backend", "channel", "state"},
			Help: "Jobs that have not ended, and failed ones. State delayed: pending jobs whose time is to come."},
		{Name: oldestPending, Type: Gauge, Labels: []string{"backend", "channel"}, Help: "How long the oldest job that could run has been there."},
		{Name: longestRunning, Type: Gauge, Labels: []string{"backend", "channel"}, Help: "How long the job has been running that began first."},
		{Name: jobsFinished, Type: Counter, Labels: []string{"backend", "channel", "function", "state"}, Help: "Jobs that ended: done, failed or cancelled."},
		{Name: jobAttempts, Type: Counter, Labels: []string{"function", "outcome"},
			Help: "Runs of jobs by how they ended: done, failed, retry, wait, paused, postponed, worker_died."},
		{Name: jobDuration, Type: Histogram, Labels: []string{"function"}, bounds: durations,
			Help: "How long the last run of jobs took that were done or failed."},
		{Name: jobWait, Type: Histogram, Labels: []string{"function"}, bounds: durations, Help: "How long those jobs waited from when they could run."},
		{Name: channelCapacity, Type: Gauge, Labels: []string{"channel"}, Help: "Slots of the channel; +Inf: without limit."},
		{Name: channelSlots, Type: Gauge, Labels: []string{"channel"}, Help: "Slots of the channel that are taken."},
		{Name: channelPaused, Type: Gauge, Labels: []string{"channel"}, Help: "1 while a pause keeps all jobs of the channel, else 0."},
		{Name: pauses, Type: Gauge, Labels: []string{"scope", "name"}, Help: "1 for each pause that is on. Scope: all, backend or channel."},
		{Name: backendOutage, Type: Gauge, Labels: []string{"backend", "code"},
			Help: "1 while the last run of the backend found its server or Odoo out, with the kind of the outage; else 0, without a kind."},
		{Name: backendOutageFrom, Type: Gauge, Labels: []string{"backend"}, Help: "When that outage was first met."},
		{Name: backendSuccess, Type: Gauge, Labels: []string{"backend"}, Help: "When runs last had looked at all of the backend without an error; 0: never."},
		{Name: backendRun, Type: Gauge, Labels: []string{"backend"}, Help: "When a run of the backend last ended, in an outage, too."},
		{Name: bindings, Type: Gauge, Labels: []string{"backend", "model"}, Help: "Bound pairs of records that are kept in step."},
		{Name: bindingsRetired, Type: Gauge, Labels: []string{"backend", "model"}, Help: "Pairs that left what is synchronized."},
		{Name: bindingsDeleted, Type: Gauge, Labels: []string{"backend", "model"}, Help: "Pairs of which a half was deleted, or both."},
		{Name: reviews, Type: Gauge, Labels: []string{"backend", "model", "kind"}, Help: "Reviews that wait for a person's decision."},
		{Name: scheduleStart, Type: Gauge, Labels: []string{"name"}, Help: "When an entry of the schedule last began."},
		{Name: scheduleEnd, Type: Gauge, Labels: []string{"name"}, Help: "When it last ended; 0 while it runs."},
		{Name: scheduleNext, Type: Gauge, Labels: []string{"name"}, Help: "When it runs next."},
		{Name: scheduleFailed, Type: Gauge, Labels: []string{"name"}, Help: "1 if its last run failed or was interrupted, else 0."},
		{Name: workers, Type: Gauge, Labels: []string{"state"},
			Help: "Workers with jobs in hand: alive, and dead ones whose jobs nobody took back yet; and who lives and stands by, as a watch."},
		{Name: notifyWaiting, Type: Gauge, Labels: []string{"receiver"}, Help: "Lines of the next message to a receiver of notifications."},
		{Name: notifyFailing, Type: Gauge, Labels: []string{"receiver"},
			Help: "Attempts to reach a receiver of notifications that failed since one succeeded."},
		{Name: stateSize, Type: Gauge, Help: "Size of the state's file with its write-ahead log; not on PostgreSQL."},
		{Name: loopBeat, Type: Gauge, Help: "When the loop of this process last showed that it lives; only where it is served."},
		{Name: processStart, Type: Gauge, Help: "When this process started; only where it is served."},
		{Name: collectDuration, Type: Gauge, Help: "How long it took to read all this."},
	}
}

// family finds a metric of the catalogue.
func family(name string) Family {
	all := Catalogue()
	return all[slices.IndexFunc(all, func(f Family) bool { return f.Name == name })]
}
