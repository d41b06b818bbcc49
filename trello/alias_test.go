package trello_test

import (
	"context"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestLabelInTheOthersPlace(t *testing.T) {
	t.Run("Ensure a label that gets another's name while that one is renamed stands for the tag, as the first of its board", func(t *testing.T) {
		w := newWorld(t)
		board, _, _ := workshop(w)
		old := w.trello.AddLabel(board.ID, "Soon", "red")
		garden := w.trello.AddBoard("Garden")
		label := w.trello.AddLabel(garden.ID, "Soon", "red")
		w.trello.AddCard(w.trello.AddList(garden.ID, "To do").ID, "Dig", trellotest.WithLabels(label.ID))
		w.mustSync()
		w.trello.UpdateLabel(old.ID, func(l *trellotest.Label) { l.Name = "Later" })
		again := w.trello.AddLabel(board.ID, "Soon", "green")
		w.mustSync()
		w.look(func(ctx context.Context, binder *binding.Binder, _ *jobs.Queue) {
			found, err := binder.Lean().ByExternal(ctx, trello.LabelModel, []string{again.ID})
			if err != nil {
				t.Fatal(err)
			}
			if got := found[again.ID].Role; got != binding.Primary {
				t.Errorf("it is the %s of the board, and there is no other", got)
			}
		})
		task, _ := w.task("Dig")
		w.odoo.Write("project.task", []int64{task}, map[string]any{"project_id": w.odooID("project.project", "Workshop")})
		w.mustSync()
		if got := w.card("Dig").IDLabels; len(got) != 1 || got[0] != again.ID {
			t.Errorf("the card that moves to the board has the labels %v, want %s", got, again.ID)
		}
		w.quiet()
	})
}

func TestRenamedLabelWhoseTagIsRenamedMeanwhile(t *testing.T) {
	t.Run("Ensure a tag that is renamed before the run which made it is repeated renames its label", func(t *testing.T) {
		s := bound(t)
		s.trello.AddLabel(s.trello.AddBoard("Garden").ID, "Urgent", "red") // the tag is shared, so that a rename outside makes another
		s.mustSync()
		label := s.labelOf("Urgent")
		s.trello.UpdateLabel(label, func(l *trellotest.Label) { l.Name = "Soon" })
		s.lose(1, losses[0])
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("the run reports %v", err)
		}
		s.mend()
		tag := s.odooID("project.tags", "Soon")
		s.set("project.tags", tag, "name", "Next week")
		s.clock.Advance(time.Hour)
		s.mustSync()
		for _, l := range s.trello.Labels(s.board.ID) {
			if l.ID == label && l.Name != "Next week" {
				t.Errorf("the label is called %q", l.Name)
			}
		}
		s.want("project.tags", tag, "name", "Next week")
		s.settledQuietly()
	})
}
