package trello_test

import (
	"context"
	"errors"
	"testing"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
)

func TestStoredArguments(t *testing.T) {
	for about, test := range map[string]struct {
		spec jobs.Spec
		want string
	}{
		"of a newer release": {jobs.Spec{Args: synchronizer.Args{Model: trello.CardModel}, ArgsVersion: 9},
			"decode the arguments of job function import_record: they have version 9 and this program knows 1 at most; " +
				"run the job with the newer program that enqueued it"},
		"without a model": {jobs.Spec{Args: map[string]string{"external_id": "5f"}},
			"decode the arguments of job function import_record: model is missing; was the job enqueued by another version of this program?"},
		"that name no record": {jobs.Spec{Args: synchronizer.Args{Model: trello.CardModel}},
			"decode the arguments of job function import_record: external_id or odoo_id is missing; was the job enqueued by another version of this program?"},
	} {
		t.Run("Ensure a job with arguments "+about+" fails alone and says what is wrong", func(t *testing.T) {
			s := bound(t)
			known := synchronizer.Args{Model: trello.CardModel, ExternalID: s.card("Oil the hinges").ID}
			s.with(func(ctx context.Context, r *run) {
				var bad, good int64
				err := r.db.Write(ctx, func(tx *state.Tx) (err error) {
					spec := test.spec
					spec.Function, spec.Backend, spec.Model = synchronizer.ImportRecord, "trello", trello.CardModel
					if bad, _, err = r.queue.Enqueue(ctx, tx, spec); err != nil {
						return err
					}
					good, _, err = r.queue.Enqueue(ctx, tx, r.Spec(synchronizer.ImportRecord, known, ""))
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if err := synchronizer.RunJobs(ctx, r.Synchronizer, []int64{bad, good}, synchronizer.RunOptions{Owner: "test"}); err != nil {
					t.Fatal(err)
				}
				b, badErr := r.queue.Get(ctx, bad)
				g, goodErr := r.queue.Get(ctx, good)
				if err := errors.Join(badErr, goodErr); err != nil {
					t.Fatal(err)
				}
				if b.State != jobs.StateFailed || b.ExcName != "CON-JOBS-ARGS" || b.ExcMessage != test.want || g.State != jobs.StateDone {
					t.Errorf("%s %s: %s; the other is %s", b.State, b.ExcName, b.ExcMessage, g.State)
				}
			})
		})
	}
}
