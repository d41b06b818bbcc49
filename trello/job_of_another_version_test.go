package trello_test

import (
	"context"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

func TestJobOfAnotherVersion(t *testing.T) {
	t.Run("Ensure jobs of a binding model that is not there fail by themselves, and the others are run", func(t *testing.T) {
		w := newWorld(t)
		w.trello.AddList(w.trello.AddBoard("Workshop").ID, "To do")
		w.with(func(ctx context.Context, r *run) {
			var ids []int64
			err := r.db.Write(ctx, func(tx *state.Tx) (err error) {
				ids, _, err = r.queue.EnqueueAll(ctx, tx, []jobs.Spec{
					synchronizer.ImportFunc().Spec(synchronizer.Args{Model: "trello.sticker", ExternalID: "5f"}, jobs.Spec{Backend: "trello", Model: "trello.sticker"}),
					{Function: synchronizer.OrderRecords, Backend: "trello", Model: "trello.sticker", Args: synchronizer.Args{Model: "trello.sticker", Group: "5f"}},
				})
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			options := synchronizer.RunOptions{Owner: "test"}
			if err := synchronizer.Sync(ctx, []*synchronizer.Synchronizer{r.Synchronizer}, options)[0]; err != nil {
				t.Fatalf("the run ended: %v", err)
			}
			for _, id := range ids {
				j, err := r.queue.Get(ctx, id)
				if err != nil || j.State != jobs.StateFailed || j.ExcName != "CON-BACKEND-MODEL" || !strings.Contains(j.ExcMessage, `no binding model "trello.sticker"`) {
					t.Errorf("%s %s: %s (%v)", j.State, j.ExcName, j.ExcMessage, err)
				}
			}
			if done := r.Report().Jobs.Done; done < 2 {
				t.Errorf("%d jobs done", done)
			}
		})
	})
}
