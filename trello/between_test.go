package trello_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
)

// Slices that run at a time meet what another one did in the middle of their own pass. Here the other one does its work while the first
// waits for an answer that is named, so that it is the same each time.

// between does something, once, while the first request that says all of the words is on its way.
func (w *world) between(words []string, do func()) (done func() bool) {
	happened := false
	w.base = func(base http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				return nil, err
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			said := r.Method + " " + r.URL.Path + " " + string(body)
			for _, word := range words {
				if happened || !strings.Contains(said, word) {
					return base.RoundTrip(r)
				}
			}
			happened = true
			do()
			return base.RoundTrip(r)
		})
	}
	return func() bool { return happened }
}

// records runs one slice, as another process would: with connections of its own.
func (w *world) records(args ...synchronizer.Args) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		err := r.Run(ctx, args, func(_ int, o jobs.Outcome) error {
			return r.db.Write(ctx, func(tx *state.Tx) error {
				if o.Err != nil {
					w.t.Error(o.Err)
				}
				if o.Commit != nil {
					if err := o.Commit(ctx, tx); err != nil {
						return err
					}
				}
				_, _, err := r.queue.EnqueueAll(ctx, tx, o.FollowUps)
				return err
			})
		})
		if err != nil {
			w.t.Error(err)
		}
	})
}

func TestWhatAnotherSliceBindsMeanwhile(t *testing.T) {
	t.Run("Ensure lists find their stages though their board is bound only while namesakes are looked for", func(t *testing.T) {
		w := newWorld(t)
		first, second := w.trello.AddBoard("First"), w.trello.AddBoard("Second")
		todo, doing := w.trello.AddList(first.ID, "To do"), w.trello.AddList(second.ID, "Doing")
		w.trello.AddList(second.ID, "To do")
		projects := []int64{
			w.odoo.Create("project.project", map[string]any{"name": "First"}), w.odoo.Create("project.project", map[string]any{"name": "Second"}),
		}
		w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(projects...)}) // it tells of the second board
		own := w.odoo.Create("project.task.type", map[string]any{"name": "Doing", "project_ids": links(projects[1])})
		w.records(synchronizer.Args{Model: trello.BoardModel, ExternalID: first.ID})
		bound := w.between([]string{"project.task.type", "search_read", "Doing"}, func() {
			w.records(synchronizer.Args{Model: trello.BoardModel, ExternalID: second.ID})
		})
		w.records(
			synchronizer.Args{Model: trello.ListModel, ExternalID: todo.ID, Parent: first.ID, Scope: first.ID},
			synchronizer.Args{Model: trello.ListModel, ExternalID: doing.ID, Parent: second.ID, Scope: second.ID},
		)
		if w.base = nil; !bound() {
			t.Fatal("nobody looked for namesakes")
		}
		if got := w.odoo.Search("project.task.type", []any{[]any{"name", "=", "Doing"}}); len(got) != 1 || got[0] != own {
			t.Errorf("the stages of the name are %v, want %d alone", got, own)
		}
		w.mustSync()
		w.quiet()
	})
}
