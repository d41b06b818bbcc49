package custom_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/backend/backendtest"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"

	"example.com/ours/custom"
)

// system is our version of Trello.
func system(version string) backendtest.System[*trellotest.Server] {
	return backendtest.System[*trellotest.Server]{
		Backend: func() *backend.Backend {
			generic := trello.Backend()
			custom.Add(generic)
			return generic.Find(version)
		},
		Settings: func() any {
			return &trello.Settings{Key: config.PlainSecret("demo-key"), Token: config.PlainSecret("demo-token"), Rate: 1e6}
		},
		New: func(clock func() time.Time) *trellotest.Server {
			return trellotest.New(trellotest.Options{Clock: clock})
		},
	}
}

// world has the board Workshop with the list To do, which are bound.
func world(t *testing.T) (w *backendtest.World[*trellotest.Server], list string) {
	t.Helper()
	w = backendtest.NewWorld(t, system("ours"))
	list = w.Fake.AddList(w.Fake.AddBoard("Workshop").ID, "To do").ID
	w.MustSync()
	return w, list
}

// task is the task of a card, "name hours cc" or "none".
func task(w *backendtest.World[*trellotest.Server], card string) map[string]any {
	return w.Odoo.Read("project.task", w.ToOdoo(trello.CardModel, card), "name", "allocated_hours", "email_cc", "description")
}

func TestHours(t *testing.T) {
	t.Run("Ensure hours in a card's name are allocated hours, and go when the brackets go", func(t *testing.T) {
		w, list := world(t)
		card := w.Fake.AddCard(list, "Paint the door (3h)").ID
		w.MustSync()
		if got := task(w, card); got["allocated_hours"] != 3.0 {
			t.Errorf("the task is %v", got)
		}
		w.Fake.UpdateCard(card, func(c *trellotest.Card) { c.Name = "Paint the door" })
		w.MustSync()
		if got := task(w, card); got["allocated_hours"] != 0.0 {
			t.Errorf("the task is %v", got)
		}
		w.Idle()
	})
}

func TestReport(t *testing.T) {
	t.Run("Ensure a report counts each board, and tells when all are counted", func(t *testing.T) {
		w, list := world(t)
		w.Fake.AddCard(list, "Paint the door")
		w.MustSync()
		var results []string
		err := w.Open(t.Context(), func(o *backendtest.Opened) error {
			call := jobs.Spec{Function: "trello.board.report", Backend: o.Env.Config.Name}
			if _, _, err := o.Queue.Delay(t.Context(), call); err != nil {
				return err
			}
			_, err := jobs.NewWorker(o.Queue, "test", o.Handlers(), jobs.WorkerOptions{
				Progress: func(j jobs.Job, _ jobs.Outcome) { results = append(results, j.Result+j.ExcMessage) },
			}).Run(t.Context(), jobs.RunFilter{})
			return err
		})
		want := []string{"boards to count: 1", "tasks without a deadline: 1", "told"}
		if err != nil || !slices.Equal(results, want) {
			t.Errorf("%q, want %q (%v)", results, want, err)
		}
	})
}

func TestHooks(t *testing.T) {
	t.Run("Ensure a draft is left alone until it is none", func(t *testing.T) {
		w, list := world(t)
		card := w.Fake.AddCard(list, "Draft of a shed").ID
		w.MustSync()
		if got := w.ToOdoo(trello.CardModel, card); got != 0 {
			t.Errorf("it is bound to task %d", got)
		}
		w.Fake.UpdateCard(card, func(c *trellotest.Card) { c.Name = "A shed" })
		w.MustSync()
		if got := task(w, card); got["name"] != "A shed" || got["email_cc"] != "manager@example.com" {
			t.Errorf("the task is %v", got)
		}
		w.Idle()
	})
	t.Run("Ensure a password does not go out", func(t *testing.T) {
		w, list := world(t)
		card := w.Fake.AddCard(list, "Oil the hinges").ID
		w.MustSync()
		w.Odoo.Write("project.task", []int64{w.ToOdoo(trello.CardModel, card)}, map[string]any{"description": "<p>password: secret</p>"})
		w.Clock.Advance(time.Hour)
		report, err := w.Sync()
		if after, _ := w.Fake.Card(card); err != nil || report.Jobs.Failed != 1 || after.Desc != "" {
			t.Errorf("the card has the text %q after a sync with %d failed jobs and the error %v", after.Desc, report.Jobs.Failed, err)
		}
	})
	t.Run("Ensure a card of a closed project fails alone", func(t *testing.T) {
		w, list := world(t)
		tag := w.Odoo.Create("project.tags", map[string]any{"name": "Closed"})
		w.Odoo.Write("project.project", w.Odoo.Search("project.project", nil), map[string]any{"tag_ids": []any{tag}})
		card := w.Fake.AddCard(list, "Too late").ID
		if report, err := w.Sync(); err != nil || report.Jobs.Failed != 1 || w.ToOdoo(trello.CardModel, card) != 0 {
			t.Errorf("the sync says %+v with the error %v", report.Jobs, err)
		}
	})
}

// elsewhere is a Trello that has its cards below /1/tickets.
type elsewhere struct {
	*trellotest.Server
	asked []string
}

// RoundTripper implements backendtest.Fake.
func (e *elsewhere) RoundTripper() http.RoundTripper { return e }

// RoundTrip sends a request for a ticket to the card.
func (e *elsewhere) RoundTrip(r *http.Request) (*http.Response, error) {
	e.asked = append(e.asked, r.Method+" "+r.URL.Path)
	r = r.Clone(r.Context())
	r.URL.Path = strings.Replace(r.URL.Path, "/1/tickets", "/1/cards", 1)
	return e.Server.RoundTripper().RoundTrip(r)
}

func TestTickets(t *testing.T) {
	t.Run("Ensure the version writes cards as tickets, and inherits the hours", func(t *testing.T) {
		s := system("tickets")
		w := backendtest.NewWorld(t, backendtest.System[*elsewhere]{
			Backend: s.Backend, Settings: s.Settings,
			New: func(clock func() time.Time) *elsewhere { return &elsewhere{Server: s.New(clock)} },
		})
		card := w.Fake.AddCard(w.Fake.AddList(w.Fake.AddBoard("Workshop").ID, "To do").ID, "Paint the door (3h)").ID
		w.MustSync()
		id := w.ToOdoo(trello.CardModel, card)
		if got := w.Odoo.Read("project.task", id, "allocated_hours"); got["allocated_hours"] != 3.0 {
			t.Errorf("the task is %v", got)
		}
		w.Odoo.Write("project.task", []int64{id}, map[string]any{"name": "Paint the gate (4h)"})
		w.Clock.Advance(time.Hour)
		w.MustSync()
		if sent := w.Sent(); len(sent) != 1 || sent[0] != "PUT /1/tickets/"+card {
			t.Errorf("it sends %q", sent)
		}
	})
}
