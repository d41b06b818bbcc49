package backendtest

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/jobs"
)

// death is what a sync dies of: what a crash point panics with.
type death struct{ point string }

func isDeath(v any) bool { _, ok := v.(death); return ok }

// Die is a Sync that dies at its at-th crash point, counted from 1, as a process does that is killed: before or after a request to either
// side, or a commit of what the connector keeps. It gives what it died at, "" for a sync that came to its end before.
func (w *World[F]) Die(at int) (point string) {
	w.t.Helper()
	number := 0
	w.hook = func(_ context.Context, name string) {
		if number++; number == at {
			point = fmt.Sprintf("%d, %s", number, name)
			panic(death{point})
		}
	}
	defer func() {
		w.hook = nil
		if v := recover(); v != nil && !isDeath(v) {
			panic(v)
		}
	}()
	if _, err := w.Sync(); err != nil {
		w.t.Errorf("the sync that was to die at point %d: %v", at, err)
	}
	return point
}

// Failed are the jobs that failed for good, with what they failed of in ExcMessage and its code in ExcName.
func (w *World[F]) Failed() (failed []jobs.Job) {
	w.t.Helper()
	err := w.Open(context.Background(), func(o *Opened) (err error) {
		failed, err = o.Queue.List(context.Background(), jobs.Filter{States: []jobs.State{jobs.StateFailed}})
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return failed
}
