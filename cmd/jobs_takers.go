package cmd

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/jobs"
)

// notTaken completes why a job waits that nothing keeps: where all who work on its backend leave its channel out, nobody takes it.
func notTaken(ctx context.Context, q *jobs.Queue, j jobs.Job, why jobs.Waiting) (jobs.Waiting, error) {
	if why.Kind != jobs.WaitsForWorker || j.State != jobs.StatePending {
		return why, nil
	}
	list, err := q.Workers(ctx)
	if err != nil {
		return why, err
	}
	var others []string
	for _, w := range list {
		var note workerNote
		if !w.Alive || w.StandsBy() || json.Unmarshal(w.Info, &note) != nil || !slices.Contains(note.Backends, j.Backend) {
			continue
		}
		if len(note.Channels) == 0 || slices.ContainsFunc(note.Channels, func(name string) bool { return isWithin(j.Channel, name) }) {
			return why, nil
		}
		others = append(others, w.Process()+" works on "+strings.Join(note.Channels, ", "))
	}
	if len(others) > 0 {
		why.Text = "nothing keeps it, but nobody takes jobs of channel " + j.Channel + ": " + strings.Join(others, "; ")
	}
	return why, nil
}

// isWithin tells whether a channel is another one, whose name may lack its root, or below it.
func isWithin(channel, above string) bool {
	return jobs.Pause{Scope: jobs.PauseChannel, Name: (jobs.Channels{}).Get(above).Name}.Covers("", channel)
}
