package trello_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/synchronizer"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// furnished is a watch over two boards with something of each model, and how many requests to Odoo its last round of each reason took.
type furnished struct {
	*watched
	board, other trellotest.Board
	took         map[synchronizer.Reason]int
}

func furnish(t *testing.T, options ...func(*synchronizer.WatchOptions)) *furnished {
	t.Helper()
	w := newWorld(t)
	board, todo, _ := workshop(w)
	label := w.trello.AddLabel(board.ID, "Oak", "green")
	card := w.trello.AddCard(todo.ID, "Watched", trellotest.WithLabels(label.ID))
	w.trello.AddCard(todo.ID, "Beside it")
	w.trello.AddChecklist(card.ID, "Steps", "One", "Two")
	w.trello.AddComment(card.ID, "Said before")
	w.trello.AddFile(card.ID, "before.txt", "text/plain", []byte("before"))
	other := w.trello.AddBoard("Garden")
	w.trello.AddList(other.ID, "To do")
	w.trello.AddCard(w.trello.AddList(other.ID, "Sown").ID, "Dig")
	f := &furnished{board: board, other: other, took: map[synchronizer.Reason]int{}}
	before := 0
	f.watched = watching(w, append(options, func(o *synchronizer.WatchOptions) {
		locked, done := o.Locked, o.Done
		o.Locked = func(ctx context.Context, do func(context.Context)) error {
			before = len(w.odoo.Requests())
			return locked(ctx, do)
		}
		o.Done = func(r synchronizer.Round) {
			f.took[r.Reason] = len(w.odoo.Requests()) - before
			done(r)
		}
	})...)
	f.settled()
	return f
}

// after lets a change happen and the watch follow it, and gives how many requests to Odoo its first round took.
func (f *furnished) after(change func()) (took int) {
	f.t.Helper()
	clear(f.took)
	first := 0
	f.runFor(12*time.Second, happening{time.Second, change, false},
		happening{5 * time.Second, func() { first = f.took[synchronizer.Changed] }, false})
	f.noFailure()
	if len(f.rounds) == 0 || f.rounds[0].Reason != synchronizer.Changed {
		f.t.Fatalf("the rounds were for %v, want one for a change", f.reasons())
	}
	return first
}

// nothingLeft makes sure that a whole sync finds nothing that the rounds before it left out.
func (f *furnished) nothingLeft() {
	f.t.Helper()
	f.resetRequests()
	r := f.mustSync()
	if o, x := f.writes(); o+x != 0 || r.Jobs != (synchronizer.JobCounts{Pending: r.Jobs.Pending}) {
		f.t.Errorf("the whole sync after it wrote %d times into Odoo and %d times into Trello, with the jobs %+v", o, x, r.Jobs)
	}
}

func TestWatchAsksOnlyForWhatChanged(t *testing.T) {
	t.Run("Ensure a renamed card or task costs at most six requests to Odoo, of some twenty that a whole sync takes", func(t *testing.T) {
		f := furnish(t)
		card := f.card("Watched")
		fromTrello := f.after(func() { f.trello.UpdateCard(card.ID, func(c *trellotest.Card) { c.Name = "Of Trello" }) })
		task, _ := f.task("Of Trello")
		fromOdoo := f.after(func() { f.odoo.Write("project.task", []int64{task}, map[string]any{"name": "Of Odoo"}) })
		f.card("Of Odoo")
		f.runFor(15 * time.Minute)
		whole := f.took[synchronizer.Sweeping]
		t.Logf("%d requests to Odoo for a renamed card, %d for a renamed task, %d for a sweep", fromTrello, fromOdoo, whole)
		if fromTrello > 6 || fromOdoo > 6 {
			t.Errorf("%d requests to Odoo for a renamed card, %d for a renamed task", fromTrello, fromOdoo)
		}
		if whole < 15 {
			t.Errorf("a sweep took %d requests to Odoo: it does not look at everything", whole)
		}
		f.nothingLeft()
	})
	t.Run("Ensure sweeps come in their time though people work all the time", func(t *testing.T) {
		f := furnish(t, func(o *synchronizer.WatchOptions) { o.Sweep = time.Minute })
		task, _ := f.task("Watched")
		var coming []happening
		for i := range 24 {
			name := []string{"Even", "Odd"}[i%2]
			coming = append(coming, happening{time.Duration(i+1) * 9 * time.Second, func() {
				f.odoo.Write("project.task", []int64{task}, map[string]any{"name": name})
			}, false})
		}
		f.runFor(220*time.Second, coming...)
		sweeps := 0
		for _, r := range f.rounds {
			if r.Reason == synchronizer.Sweeping {
				sweeps++
			}
		}
		if sweeps < 3 {
			t.Errorf("%d sweeps in four minutes", sweeps)
		}
	})
}

// change is what people do, and what is to be on the other side then.
type change struct {
	about string
	do    func(f *furnished)
	there func(f *furnished)
}

// inTrello are changes of each model in Trello.
var inTrello = []change{
	{"a moved card", func(f *furnished) { f.trello.MoveCard(f.card("Watched").ID, f.trello.Lists(f.board.ID)[1].ID) }, nil},
	{"a card that moves to another board", func(f *furnished) {
		f.trello.MoveCard(f.card("Watched").ID, f.trello.Lists(f.other.ID)[1].ID)
	}, func(f *furnished) {
		id, _ := f.task("Watched")
		if got := firstID(f.odoo.Read("project.task", id, "project_id")["project_id"]); got != f.projectID("Garden") {
			f.t.Errorf("the task is in project %d", got)
		}
	}},
	{"a new card with all that hangs on it", func(f *furnished) {
		c := f.trello.AddCard(f.trello.Lists(f.other.ID)[0].ID, "New")
		f.trello.AddChecklist(c.ID, "Steps", "Its first step")
		f.trello.AddComment(c.ID, "Said of the new one")
		f.trello.AddFile(c.ID, "new.txt", "text/plain", []byte("new"))
	}, func(f *furnished) { f.task("New"); f.task("Its first step") }},
	{"an archived card", func(f *furnished) { f.trello.ArchiveCard(f.card("Watched").ID) }, nil},
	{"a deleted card", func(f *furnished) { f.trello.DeleteCard(f.card("Watched").ID) }, nil},
	{"a card in another place", func(f *furnished) {
		f.trello.UpdateCard(f.card("Watched").ID, func(c *trellotest.Card) { c.Pos = 1 << 20 })
	}, nil},
	{"a new label on a card", func(f *furnished) {
		l := f.trello.AddLabel(f.board.ID, "Ash", "red")
		f.trello.UpdateCard(f.card("Watched").ID, func(c *trellotest.Card) { c.IDLabels = append(c.IDLabels, l.ID) })
	}, nil},
	{"a comment", func(f *furnished) { f.trello.AddComment(f.card("Watched").ID, "Said now") }, nil},
	{"an edited comment", func(f *furnished) {
		f.trello.EditComment(f.trello.CommentsOf(f.card("Watched").ID)[0].ID, "Other words")
	}, nil},
	{"a deleted comment", func(f *furnished) { f.trello.DeleteComment(f.trello.CommentsOf(f.card("Watched").ID)[0].ID) }, nil},
	{"an attachment", func(f *furnished) { f.trello.AddFile(f.card("Watched").ID, "now.txt", "text/plain", []byte("now")) }, nil},
	{"a deleted attachment", func(f *furnished) {
		c := f.card("Watched")
		f.trello.DeleteAttachment(c.ID, f.trello.Attachments(c.ID)[0].ID)
	}, nil},
	{"a new check item", func(f *furnished) { f.trello.AddCheckItem(f.trello.Checklists(f.card("Watched").ID)[0].ID, "Three") },
		func(f *furnished) { f.task("Three") }},
	{"a renamed list", func(f *furnished) {
		f.trello.UpdateList(f.trello.Lists(f.board.ID)[0].ID, func(l *trellotest.List) { l.Name = "Later" })
	}, func(f *furnished) { f.stageID("Later", f.projectID("Workshop")) }},
	{"a new list with a card", func(f *furnished) { f.trello.AddCard(f.trello.AddList(f.board.ID, "Fresh").ID, "First in it") },
		func(f *furnished) { f.task("First in it") }},
	{"a renamed label", func(f *furnished) {
		f.trello.UpdateLabel(f.trello.Labels(f.board.ID)[0].ID, func(l *trellotest.Label) { l.Name = "Elm" })
	}, nil},
	{"a renamed board", func(f *furnished) {
		f.trello.UpdateBoard(f.board.ID, func(b *trellotest.Board) { b.Name = "Joinery" })
	}, func(f *furnished) { f.projectID("Joinery") }},
	{"a closed board", func(f *furnished) {
		f.trello.UpdateBoard(f.board.ID, func(b *trellotest.Board) { b.Closed = true })
	}, nil},
}

// setting writes into the task of a card.
func setting(card string, values map[string]any) func(f *furnished) {
	return func(f *furnished) {
		id, _ := f.task(card)
		f.odoo.Write("project.task", []int64{id}, values)
	}
}

// inOdoo are changes of each model in Odoo.
var inOdoo = []change{
	{"a task in another stage", func(f *furnished) {
		setting("Watched", map[string]any{"stage_id": f.stageID("Doing", f.projectID("Workshop"))})(f)
	}, nil},
	{"a task that moves to another project", func(f *furnished) {
		garden := f.projectID("Garden")
		setting("Watched", map[string]any{"project_id": garden, "stage_id": f.stageID("Sown", garden)})(f)
	}, func(f *furnished) {
		if c := f.card("Watched"); c.IDBoard != f.other.ID {
			f.t.Errorf("the card is on board %s", c.IDBoard)
		}
	}},
	{"a new task with all that hangs on it", func(f *furnished) {
		project := f.projectID("Workshop")
		id := f.odoo.Create("project.task", map[string]any{"name": "New", "project_id": project, "stage_id": f.stageID("Doing", project)})
		f.say(id, "Mitchell Admin", "<p>Said of the new one</p>")
		f.hang("project.task", id, "new.txt", "new")
	}, func(f *furnished) {
		c := f.card("New")
		if len(f.trello.CommentsOf(c.ID)) != 1 || len(f.trello.Attachments(c.ID)) != 1 {
			f.t.Errorf("%d comments and %d attachments", len(f.trello.CommentsOf(c.ID)), len(f.trello.Attachments(c.ID)))
		}
	}},
	{"an archived task", setting("Watched", map[string]any{"active": false}), func(f *furnished) {
		if c := f.card("Watched"); !c.Closed {
			f.t.Error("the card is open")
		}
	}},
	{"a task in another place", setting("Watched", map[string]any{"sequence": 1 << 20}), nil},
	{"a renamed sub-task", setting("One", map[string]any{"name": "Once"}), nil},
	{"a message", func(f *furnished) {
		id, _ := f.task("Watched")
		f.say(id, "Mitchell Admin", "<p>Said now</p>")
	}, func(f *furnished) {
		if n := len(f.trello.CommentsOf(f.card("Watched").ID)); n != 2 {
			f.t.Errorf("%d comments", n)
		}
	}},
	{"an attachment", func(f *furnished) {
		id, _ := f.task("Watched")
		f.hang("project.task", id, "now.txt", "now")
	}, func(f *furnished) {
		if n := len(f.trello.Attachments(f.card("Watched").ID)); n != 2 {
			f.t.Errorf("%d attachments", n)
		}
	}},
	{"a new tag on a task", func(f *furnished) {
		tag := f.odoo.Create("project.tags", map[string]any{"name": "Birch"})
		id, _ := f.task("Watched")
		f.odoo.Write("project.task", []int64{id}, map[string]any{"tag_ids": links(tag)})
	}, nil},
	{"a renamed stage", func(f *furnished) {
		f.odoo.Write("project.task.type", []int64{f.stageID("Doing", f.projectID("Workshop"))}, map[string]any{"name": "At it"})
	}, nil},
	{"a new stage with a task", func(f *furnished) {
		project := f.projectID("Workshop")
		stage := f.odoo.Create("project.task.type", map[string]any{"name": "Fresh", "project_ids": links(project)})
		f.odoo.Create("project.task", map[string]any{"name": "First in it", "project_id": project, "stage_id": stage})
	}, func(f *furnished) { f.card("First in it") }},
	{"a renamed project", func(f *furnished) {
		f.odoo.Write("project.project", []int64{f.projectID("Workshop")}, map[string]any{"name": "Joinery"})
	}, nil},
	{"an archived project", func(f *furnished) {
		f.odoo.Write("project.project", []int64{f.projectID("Workshop")}, map[string]any{"active": false})
	}, nil},
}

func TestWatchMissesNothing(t *testing.T) {
	for side, all := range map[string][]change{"Trello": inTrello, "Odoo": inOdoo} {
		for _, c := range all {
			t.Run("Ensure "+c.about+" in "+side+" is on the other side after the looks, and a whole sync finds nothing more", func(t *testing.T) {
				t.Parallel()
				f := furnish(t)
				t.Logf("%s in %s: %d requests to Odoo", c.about, side, f.after(func() { c.do(f) }))
				if c.there != nil {
					c.there(f)
				}
				f.nothingLeft()
			})
		}
	}
	t.Run("Ensure two edits of one field are a conflict, whichever side the look sees first", func(t *testing.T) {
		f := furnish(t)
		f.after(func() {
			setting("Watched", map[string]any{"name": "Mine"})(f)
			f.trello.UpdateCard(f.card("Watched").ID, func(c *trellotest.Card) { c.Name = "Yours" })
		})
		f.card("Yours")
		f.task("Mine")
		f.nothingLeft()
	})
	t.Run("Ensure tasks in another order on one board cross in the round for a comment on another board", func(t *testing.T) {
		f := furnish(t)
		f.after(func() { f.trello.AddCard(f.trello.Lists(f.other.ID)[1].ID, "Water") })
		dig, _ := f.task("Dig")
		f.after(func() {
			f.odoo.Write("project.task", []int64{dig}, map[string]any{"sequence": 1 << 20})
			f.trello.AddComment(f.card("Watched").ID, "Said now") // the cards of its board are listed, and none of them is written
		})
		if f.card("Dig").Pos < f.card("Water").Pos {
			t.Error("the cards are in the order of before")
		}
		f.nothingLeft()
	})
	t.Run("Ensure a card that is new on one board and a task that is new on another bring along what hangs on them", func(t *testing.T) {
		f := furnish(t)
		f.after(func() {
			f.trello.AddChecklist(f.trello.AddCard(f.trello.Lists(f.board.ID)[0].ID, "New card").ID, "Steps", "Its step")
			garden := f.projectID("Garden")
			id := f.odoo.Create("project.task", map[string]any{"name": "New task", "project_id": garden, "stage_id": f.stageID("Sown", garden)})
			f.hang("project.task", id, "new.txt", "new")
		})
		f.task("Its step")
		if n := len(f.trello.Attachments(f.card("New task").ID)); n != 1 {
			t.Errorf("%d attachments", n)
		}
		f.nothingLeft()
	})
	t.Run("Ensure a job that others enqueued runs in a round for something else, too", func(t *testing.T) {
		f := furnish(t)
		f.after(func() {
			f.trello.AddComment(f.card("Watched").ID, "Said now")
			task, _ := f.task("Beside it")
			f.odoo.Write("project.task", []int64{task}, map[string]any{"name": "Behind it"})
		})
		f.card("Behind it")
		counts, err := f.run.queue.Counts(context.Background(), "trello")
		if err != nil || counts[jobs.StatePending] != 0 {
			t.Errorf("%d jobs are left, %v", counts[jobs.StatePending], err)
		}
		f.nothingLeft()
	})
	t.Run("Ensure a round that failed is followed by one that looks at everything", func(t *testing.T) {
		f := furnish(t)
		f.runFor(2*time.Minute, happening{time.Second, func() {
			f.trello.UpdateCard(f.card("Watched").ID, func(c *trellotest.Card) { c.Name = "Meanwhile" })
			f.locked = func() error { // the look went well, and nothing after it does
				f.trello.Fail(func(trellotest.Request) error { return &trellotest.Refusal{Status: http.StatusServiceUnavailable} })
				return nil
			}
		}, false}, happening{50 * time.Second, func() { f.locked = nil; f.trello.Fail(nil) }, false})
		first, last := f.rounds[0], f.rounds[len(f.rounds)-1]
		if first.Reason != synchronizer.Changed || first.Failure() == nil || last.Reason != synchronizer.Recovered || last.Failure() != nil {
			t.Errorf("rounds for %v, the first with %v, the last with %v", f.reasons(), first.Failure(), last.Failure())
		}
		f.task("Meanwhile")
		f.nothingLeft()
	})
}

func TestASightTellsWhatChanged(t *testing.T) {
	p := probing(t)
	p.clock.Advance(time.Second)
	before := p.sight()
	p.trello.UpdateCard(p.card("Probed").ID, func(c *trellotest.Card) { c.Name = "Other" })
	after := p.sight()
	for _, m := range allModels() {
		hangs := m == trello.CardModel || m == trello.CheckItemModel || m == trello.CommentModel || m == trello.AttachmentModel
		if changed := before[m] != after[m]; changed != hangs {
			t.Errorf("a renamed card changes the sight of %s: %v", m, changed)
		}
	}
	if before[""] != after[""] {
		t.Error("a renamed card concerns everything")
	}
}

// sight is what the board's adapter sees of the first board.
func (p *probed) sight() backend.Sight {
	p.t.Helper()
	adapter, err := p.run.env.Adapter(trello.BoardModel)
	if err != nil {
		p.t.Fatal(err)
	}
	seen, err := adapter.(backend.Prober).Probe(context.Background())
	if err != nil {
		p.t.Fatal(err)
	}
	return seen[p.trello.Boards()[0].ID]
}
