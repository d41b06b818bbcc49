package trello_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// forecast is one run of `connector sync trello --dry-run`: on a copy of the state, with a session that only reads.
func (w *world) forecast(limits ...func(*synchronizer.RunOptions)) *synchronizer.Forecast {
	w.t.Helper()
	odooBefore, trelloBefore := w.writes()
	copied := *w
	copied.hook, copied.path = nil, filepath.Join(w.t.TempDir(), "copy.db")
	if _, err := os.Stat(w.path); !errors.Is(err, fs.ErrNotExist) {
		w.snapshot(copied.path)
	}
	ctx := context.Background()
	r, err := copied.begin(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = r.db.Close() }()
	r.env.Session = r.env.Session.ReadOnly()
	o := synchronizer.RunOptions{Owner: "test"}
	for _, limit := range limits {
		limit(&o)
	}
	forecasts, errs := synchronizer.DryRun(ctx, []*synchronizer.Synchronizer{r.Synchronizer}, o)
	if errs[0] != nil {
		w.t.Fatalf("dry run: %v", errs[0])
	}
	if o, x := w.writes(); o != odooBefore || x != trelloBefore {
		w.t.Errorf("a dry run wrote: %d times into Odoo, %d times into Trello", o-odooBefore, x-trelloBefore)
	}
	return forecasts[0]
}

// snapshot copies the state as the command does.
func (w *world) snapshot(path string) {
	w.t.Helper()
	db, err := state.Open(context.Background(), w.path, state.Options{ReadOnly: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	if err := db.Backup(context.Background(), path, nil); err != nil {
		w.t.Fatal(err)
	}
}

// stateFiles are the state's files with what is in them. Reading them takes the locks from whoever has the state open in this process.
func (w *world) stateFiles() string {
	w.t.Helper()
	var out strings.Builder
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.path + suffix)
		if len(b) > 0 || (suffix == "" && err == nil) {
			fmt.Fprintf(&out, "%s %x\n", suffix, sha256.Sum256(b))
		}
	}
	return out.String()
}

// foretold compares what a dry run said with what the sync after it reports: per model and operation. It gives what differs.
func foretold(f *synchronizer.Forecast, r *synchronizer.Report) (differences []string) {
	planned, did := tally(f.Models), tally(r.Models)
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for k := range planned {
			if !yield(k) {
				return
			}
		}
		for k := range did {
			if _, both := planned[k]; !both && !yield(k) {
				return
			}
		}
	}) {
		if planned[key] != did[key] {
			differences = append(differences, fmt.Sprintf("%s: the dry run said %d, the sync %d", key, planned[key], did[key]))
		}
	}
	return differences
}

func tally(models []*synchronizer.Counts) map[string]int {
	out := map[string]int{}
	for _, m := range models {
		for name, n := range map[string]int{
			"created": m.Created, "updated": m.Updated, "archived": m.Archived, "moved": m.Moved, "deleted": m.Deleted,
			"skipped": m.Skipped, "failed": m.Failed, "retired": m.Retired, "unchanged": m.Unchanged,
		} {
			if n != 0 {
				out[m.Model+" "+name] = n
			}
		}
	}
	return out
}

// listed are a forecast's changes of the given operation, as "model name".
func listed(f *synchronizer.Forecast, op synchronizer.Operation) (out []string) {
	for _, c := range f.Changes {
		if c.Operation == op {
			out = append(out, c.Model+" "+c.Name)
		}
	}
	return out
}

// rehearsed syncs after a dry run, and compares the two.
func (w *world) rehearsed() *synchronizer.Forecast {
	w.t.Helper()
	before := w.stateFiles()
	f := w.forecast()
	if after := w.stateFiles(); after != before {
		w.t.Errorf("a dry run changed the state's files: before\n%safter\n%s", before, after)
	}
	r := w.mustSync()
	for _, d := range foretold(f, r) {
		w.t.Error(d)
	}
	if w.t.Failed() {
		text, _ := json.MarshalIndent(f.Changes, "", " ")
		w.t.Logf("the dry run said %s", text)
	}
	return f
}

// planned is the forecast's only change of that operation and name.
func planned(t testing.TB, f *synchronizer.Forecast, op synchronizer.Operation, name string) *synchronizer.PlannedChange {
	t.Helper()
	var found []*synchronizer.PlannedChange
	for _, c := range f.Changes {
		if c.Operation == op && c.Name == name {
			found = append(found, c)
		}
	}
	if len(found) != 1 {
		t.Fatalf("the dry run has %d changes %q of %q, want one", len(found), op, name)
	}
	return found[0]
}

// fieldOf is how a change's field would be written: "before → after" as JSON.
func fieldOf(t testing.TB, c *synchronizer.PlannedChange, field string) string {
	t.Helper()
	for _, f := range c.Fields {
		if f.Field != field {
			continue
		}
		before, err := json.Marshal(f.Before)
		if err != nil {
			t.Fatal(err)
		}
		after, err := json.Marshal(f.After)
		if err != nil {
			t.Fatal(err)
		}
		return string(before) + " → " + string(after)
	}
	return "nothing"
}

func TestDryRun(t *testing.T) {
	t.Run("Ensure a first dry run shows the whole tree, not only the boards, and makes no state", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		f := w.forecast()
		if _, err := os.Stat(w.path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("there is a state now: %v", err)
		}
		r := w.mustSync()
		for _, d := range foretold(f, r) {
			t.Error(d)
		}
		c := planned(t, f, synchronizer.WouldCreate, "Paint the door")
		if c.Side != binding.Odoo || c.Parent != "Workshop" || c.OdooID != 0 || c.ExternalID == "" {
			t.Errorf("the card is planned as %+v", c)
		}
		if got := fieldOf(t, c, "stage_id"); got != `null → "To do"` {
			t.Errorf("its stage is planned as %s, want the name of one that isn't there yet", got)
		}
		if got := w.rehearsed(); len(got.Changes) != 0 {
			t.Errorf("after the sync a dry run plans %v", got.Changes)
		}
	})
	t.Run("Ensure a project that goes out is planned with its stages, tags and tasks", func(t *testing.T) {
		w := newWorld(t)
		project := w.odoo.Create("project.project", map[string]any{"name": "Garden"})
		stage := w.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": links(project)})
		tag := w.odoo.Create("project.tags", map[string]any{"name": "Soon"})
		for _, name := range []string{"Sow", "Water"} {
			w.odoo.Create("project.task", map[string]any{"name": name, "project_id": project, "stage_id": stage, "tag_ids": links(tag)})
		}
		w.model(trello.BoardModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "Garden"}} })
		f := w.rehearsed()
		want := []string{"trello.board Garden", "trello.list To do", "trello.label Soon", "trello.card Water", "trello.card Sow"}
		if got := listed(f, synchronizer.WouldCreate); !slices.Equal(got, want) {
			t.Errorf("it plans to create %q, want %q", got, want)
		}
		if got := fieldOf(t, planned(t, f, synchronizer.WouldCreate, "Sow"), "tag_ids"); got != `null → ["Soon"]` {
			t.Errorf("a tag that isn't there yet is planned as %s", got)
		}
	})
	t.Run("Ensure edits of both sides, a move, an archiving, a conflict and a deletion are planned as they then happen", func(t *testing.T) {
		w := newWorld(t)
		_, todo, doing := workshop(w)
		for _, name := range []string{"Contested", "Doomed", "Old", "Third"} {
			w.trello.AddCard(todo.ID, name)
		}
		w.mustSync()
		contested, _ := w.task("Contested")
		w.trello.UpdateCard(w.card("Paint the door").ID, func(c *trellotest.Card) { c.Desc = "With oil.\nTwice." })
		third, _ := w.task("Third")
		w.odoo.Write("project.task", []int64{third}, map[string]any{"name": "Third, at last"})
		w.trello.UpdateCard(w.card("Contested").ID, func(c *trellotest.Card) { c.Name = "Contested outside" })
		w.odoo.Write("project.task", []int64{contested}, map[string]any{"name": "Contested in Odoo"})
		w.trello.ArchiveCard(w.card("Old").ID)
		w.trello.DeleteCard(w.card("Doomed").ID)
		w.trello.AddCard(doing.ID, "New")
		f := w.rehearsed()
		if c := planned(t, f, synchronizer.WouldUpdate, "Third, at last"); c.Side != binding.External || fieldOf(t, c, "name") != `"Third" → "Third, at last"` {
			t.Errorf("the edit in Odoo is planned as %+v", c)
		}
		if got := fieldOf(t, planned(t, f, synchronizer.WouldUpdate, "Paint the door"), "description"); !strings.HasSuffix(got, `→ "With oil.\nTwice."`) {
			t.Errorf("the edit outside is planned as %s", got)
		}
		if c := planned(t, f, synchronizer.WouldReview, "Contested"); !strings.Contains(c.Reason, "changed on both sides") {
			t.Errorf("the conflict's reason is %q", c.Reason)
		}
		planned(t, f, synchronizer.WouldArchive, "Old")
		planned(t, f, synchronizer.FoundDeleted, "Doomed")
		planned(t, f, synchronizer.WouldCreate, "New")
		w.trello.MoveCard(w.card("Paint the door").ID, doing.ID)
		if got := fieldOf(t, planned(t, w.rehearsed(), synchronizer.WouldUpdate, "Paint the door"), "stage_id"); got != `"To do" → "Doing"` {
			t.Errorf("the move is planned as %s", got)
		}
	})
	t.Run("Ensure a dry run beside open jobs plans them, and leaves them where they are", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		w.with(func(ctx context.Context, r *run) {
			if err := synchronizer.Poll(ctx, []*synchronizer.Synchronizer{r.Synchronizer})[0]; err != nil {
				t.Fatal(err)
			}
		})
		w.rehearsed()
	})
	t.Run("Ensure a comment, a file and check items are planned with the card they hang on", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		card := w.card("Paint the door")
		w.trello.AddComment(card.ID, "With oil or with varnish?")
		w.trello.AddFile(card.ID, "door.txt", "text/plain", []byte("a door"))
		w.trello.AddChecklist(card.ID, "Steps", "Sand it", "Paint it")
		w.rehearsed()
	})
}
