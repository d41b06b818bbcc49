package cmd

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

const queueFile = `
odoo: [{name: main, url: "sandbox://demo"}]
backends: [{name: trello, kind: trello, url: "sandbox://demo"}]
`

func loadQueue(t *testing.T, section string) (*config.Config, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	return config.LoadBytes(path, []byte(queueFile+section), newApp().registry.Kinds(), newApp().checkJobs)
}

func TestQueueFromConfiguration(t *testing.T) {
	t.Run("Ensure the queue has what the section jobs says", func(t *testing.T) {
		c, err := loadQueue(t, `jobs:
  channels: root:4,root.trello:1,root.slow:2:throttle=1
  functions:
    - {name: export_record, channel: slow, retry_pattern: {1: [5s, 30s]}, time_limit: 5m, max_retries: 0, priority: 20}
`)
		if err != nil {
			t.Fatal(err)
		}
		db, err := state.Open(t.Context(), c.State, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		q := newQueue(db, c)
		var id int64
		err = db.Write(t.Context(), func(tx *state.Tx) (err error) {
			id, _, err = q.Enqueue(t.Context(), tx, jobs.Spec{Function: synchronizer.ExportRecord, Backend: "trello"})
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		j, err := q.Get(t.Context(), id)
		if err != nil || j.Channel != "root.slow" || j.MaxRetries != 0 || j.Priority != 20 || j.TimeLimit != 5*time.Minute {
			t.Errorf("%+v, %v", j, err)
		}
		if p := q.Function(synchronizer.ExportRecord).RetryPattern.String(); p != "{1: [5s, 30s]}" {
			t.Error(p)
		}
	})
	for section, want := range map[string]string{
		"jobs:\n  channels: root.trello:one\n": `5: jobs.channels: channel "root.trello:one": its capacity must be a number of slots, not "one"; ` +
			`write name:capacity[:sequential][:throttle=SECONDS], e.g. root:4,root.trello:1`,
		"jobs:\n  retry_pattern: {0: 10s}\n": `5: jobs.retry_pattern: retry pattern, "0: 10s": the number of attempts must be 1 or more; ` +
			`write {ATTEMPTS: DELAY, …}, e.g. {1: 10s, 5: 1m, 10: [5m, 15m]}`,
		"jobs:\n  functions: [{name: exprt_record}]\n": `5: jobs.functions[0].name: there is no job function "exprt_record"; ` +
			`did you mean "export_record"? (import_record, export_record, order_records)`,
		"jobs:\n  channels: root.slow:2\n  functions: [{name: export_record, channel: slw}]\n": `6: jobs.functions[0].channel: ` +
			`there is no channel "root.slw"; did you mean "root.slow"? (root, root.trello, root.slow)`,
		"jobs:\n  retention: [{state: done, keep: 3d, channel: elsewhere}]\n": `5: jobs.retention[0].channel: there is no channel "root.elsewhere"; known: root, root.trello`,
	} {
		t.Run("Ensure what the queue cannot take is told with its place: "+want, func(t *testing.T) {
			_, err := loadQueue(t, section)
			var all config.Errors
			if !errors.As(err, &all) || len(all) != 1 || all[0].Error() != all[0].File+":"+want {
				t.Errorf("%v", err)
			}
		})
	}
}
