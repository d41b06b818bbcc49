package cmd

import (
	"github.com/odoo-connector/connector/metrics"
	"github.com/odoo-connector/connector/synchronizer"
)

// What commands print with --output json is one object each, so that keys can be added later. Those here hold a list or a few words; the
// others are beside their commands. docs/json has the schema of each, which is made of these structs and what is said of them.

// reboundView is what bindings rebase did.
type reboundView struct {
	Backend  string `json:"backend"`
	Database string `json:"database"` // the Odoo database that the bindings belong to now
	Moved    int    `json:"moved"`    // bindings
}

// errorsView are the kinds of failures, the most frequent first.
type errorsView struct {
	Errors []errorView `json:"errors"`
}

// pausedView is what jobs pause did.
type pausedView struct {
	Paused pauseView `json:"paused"`
}

// resumedView are the pauses that were ended.
type resumedView struct {
	Resumed []pauseView `json:"resumed"`
}

// channelsView are all channels, each before those below it.
type channelsView struct {
	Channels []channelView `json:"channels"`
}

// prunedJobsView is what was deleted, or would be.
type prunedJobsView struct {
	Jobs   int          `json:"jobs"` // in all
	Pruned []prunedView `json:"pruned"`
}

// workersView are the processes that run jobs.
type workersView struct {
	Workers []workerView `json:"workers"`
}

// metricsView are all metrics with their values.
type metricsView struct {
	Metrics []metrics.Value `json:"metrics"`
}

// receiversView are the entries of `notify:`.
type receiversView struct {
	Receivers []receiverView `json:"receivers"`
}

// sentView says that a test was sent.
type sentView struct {
	Sent string `json:"sent"` // the receiver's name
	Way  string `json:"way"`  // by which it was told
}

// reviewsView is what waits for a decision, the oldest first.
type reviewsView struct {
	Reviews []reviewView `json:"reviews"`
}

// previewView is what a sync would take for the same in one backend.
type previewView struct {
	Backend string                      `json:"backend"`
	Models  []synchronizer.ModelPreview `json:"models"`
}

// scheduleView are the entries of the schedule, in their order.
type scheduleView struct {
	Schedule []scheduledView `json:"schedule"`
}

// copiedView is a copy of the state, with what both sides hold.
type copiedView struct {
	From   string    `json:"from"`
	To     string    `json:"to"`
	Tables []sumView `json:"tables"`
}

// backupView is a backup of the state.
type backupView struct {
	From   string    `json:"from"`
	To     string    `json:"to"`
	Bytes  int64     `json:"bytes"`
	Tables []sumView `json:"tables"`
}

// sidesView are the addresses and credentials of each side of the sandbox, by its name: odoo, trello.
type sidesView map[string]map[string]string
