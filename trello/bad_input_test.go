package trello_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// failure is why the latest job that failed did.
func (w *world) failure() string {
	w.t.Helper()
	failed := w.jobsIn(jobs.StateFailed)
	if len(failed) == 0 {
		w.t.Fatal("no job has failed")
	}
	return failed[len(failed)-1].ExcMessage
}

// says demands that a text holds words.
func says(t testing.TB, text string, words ...string) {
	t.Helper()
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not say %q", text, word)
		}
	}
}

func TestWrongCredentials(t *testing.T) {
	t.Run("Ensure a wrong key is said to be wrong, and nothing is written", func(t *testing.T) {
		w := newWorld(t)
		w.trello = trellotest.New(trellotest.Options{Clock: w.clock.Now, Strict: true, Key: "another"})
		w.trello.AddBoard("Workshop")
		_, err := w.sync()
		if !isOutage(err) {
			t.Fatalf("got the error %v, want one of the backend", err)
		}
		says(t, err.Error(), "Trello", "invalid key", "credentials")
		w.noOdooWrites()
	})
	t.Run("Ensure a token that is revoked while cards go out leaves their jobs unspent", func(t *testing.T) {
		s := bound(t)
		s.addTask("Later", nil)
		s.trello.Fail(func(r trellotest.Request) error {
			s.trello.RevokeToken(r.Write || r.Method == http.MethodPost)
			return nil
		})
		if _, err := s.sync(); !isOutage(err) {
			t.Fatalf("got the error %v, want one of the backend", err)
		}
		s.unspent()
		s.heal()
		s.trello.RevokeToken(false)
		s.mustSync()
		s.card("Later")
	})
	t.Run("Ensure a token that may only read is told of, and imports go on", func(t *testing.T) {
		s := bound(t)
		s.trello.SetReadOnly(true)
		s.addTask("Never out", nil)
		s.trello.AddCard(s.todo.ID, "Comes in")
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		s.task("Comes in")
		says(t, s.failure(), "unauthorized permission requested", "scope read,write")
		s.trello.SetReadOnly(false)
		s.mustSync()
		s.card("Never out")
	})
}

func TestBoardsThatCannotBeUsed(t *testing.T) {
	t.Run("Ensure a bound board that the member may no longer see stops nothing and nothing on it is taken for deleted", func(t *testing.T) {
		s := bound(t)
		other := s.trello.AddList(s.trello.AddBoard("Garden").ID, "Beds")
		s.mustSync()
		s.trello.SetRights(s.board.ID, trellotest.MayNothing)
		s.trello.AddCard(other.ID, "Tomatoes")
		s.mustSync()
		s.task("Tomatoes")
		for _, c := range s.trello.Cards(s.board.ID) {
			if b := s.bindingOf(trello.CardModel, c.ID); b.Gone() {
				t.Errorf("card %q is taken for deleted", c.Name)
			}
		}
		s.trello.SetRights(s.board.ID, trellotest.MayWrite)
		s.mustSync()
		s.quiet()
	})
	t.Run("Ensure a board that is named and that the member lost is told of and does not stop the others", func(t *testing.T) {
		w := newWorld(t)
		workshop, _, _ := workshop(w)
		w.boards = []string{"Workshop", "Garden"}
		beds := w.trello.AddList(w.trello.AddBoard("Garden").ID, "Beds")
		w.mustSync()
		w.trello.SetRights(workshop.ID, trellotest.MayNothing)
		w.trello.AddCard(beds.ID, "Tomatoes")
		says(t, strings.Join(w.mustSync().Warnings, "\n"), "does not see the board 'Workshop' any more", "add the member")
		w.task("Tomatoes")
		w.trello.SetRights(workshop.ID, trellotest.MayWrite)
		if r := w.mustSync(); len(r.Warnings) != 0 {
			t.Errorf("there are warnings: %v", r.Warnings)
		}
		w.trello.DeleteBoard(workshop.ID)
		w.mustSync()
		says(t, strings.Join(w.mustSync().Warnings, "\n"), workshop.ID, "take its entry out")
		w.quiet()
	})
	t.Run("Ensure a board that there is none of is told with those that there are", func(t *testing.T) {
		for name, hint := range map[string]string{"Workshp": `did you mean "Workshop"?`, "Kitchen": `it has "Workshop"`} {
			w := newWorld(t)
			workshop(w)
			w.boards = []string{name}
			_, err := w.sync()
			if err == nil {
				t.Fatal("there is no error")
			}
			says(t, err.Error(), name, hint, "change `boards:`")
		}
	})
	t.Run("Ensure a template is no work of anybody's unless it is named", func(t *testing.T) {
		w := newWorld(t)
		template := w.trello.AddBoard("How we build")
		w.trello.AddCard(w.trello.AddList(template.ID, "Steps").ID, "First step")
		w.trello.SetTemplate(template.ID, true)
		w.mustSync()
		if ids := w.odoo.Search("project.project", []any{[]any{"name", "=", "How we build"}}); len(ids) != 0 {
			t.Error("the template came in")
		}
		w.boards = []string{"How we build"}
		w.mustSync()
		w.task("First step")
	})
}

func TestAnswersThatNobodyExpects(t *testing.T) {
	t.Run("Ensure new fields of any type change nothing", func(t *testing.T) {
		s := bound(t)
		s.trello.Alter(trellotest.NewFields)
		s.quiet()
		s.addTask("Goes out", nil)
		s.edit("Oil the hinges", func(c *trellotest.Card) { c.Name = "Oil both hinges" })
		s.mustSync()
		s.card("Goes out")
		s.task("Oil both hinges")
		s.quiet()
	})
	t.Run("Ensure an answer that is cut off writes nothing and is no deletion", func(t *testing.T) {
		for _, path := range []string{"/cards", "/members/me"} {
			s := bound(t)
			s.trello.Alter(trellotest.Truncated(path, 9))
			_, err := s.sync()
			if err == nil {
				t.Fatalf("a truncated answer of %s was taken", path)
			}
			says(t, err.Error(), "Trello", "the answer is not the JSON that was expected")
			s.noOdooWrites()
			s.trello.Alter(nil)
			s.quiet()
		}
	})
	bad := map[string]func(id string) func(trellotest.Request, []byte) []byte{
		"lacks its checklists": func(id string) func(trellotest.Request, []byte) []byte {
			return trellotest.WithoutField(id, "checklists")
		},
		"lacks its description": func(id string) func(trellotest.Request, []byte) []byte { return trellotest.WithoutField(id, "desc") },
		"has a number as name":  func(id string) func(trellotest.Request, []byte) []byte { return trellotest.WithField(id, "name", 7) },
		"has an object as due date": func(id string) func(trellotest.Request, []byte) []byte {
			return trellotest.WithField(id, "due", map[string]any{"at": 1})
		},
		"has a text as labels": func(id string) func(trellotest.Request, []byte) []byte {
			return trellotest.WithField(id, "idLabels", "none")
		},
	}
	for name, alter := range bad {
		t.Run("Ensure a card that "+name+" fails alone and by its id, new or bound", func(t *testing.T) {
			s := bound(t)
			known := s.card("Oil the hinges")
			fresh := s.trello.AddCard(s.todo.ID, "Quite new")
			s.edit("Paint the door", func(c *trellotest.Card) { c.Name = "Green door" })
			for _, id := range []string{known.ID, fresh.ID} {
				s.trello.Alter(alter(id))
				r, err := s.sync()
				if err != nil || r.Jobs.Failed != 1 {
					t.Fatalf("%d jobs failed, and the error %v", r.Jobs.Failed, err)
				}
				says(t, s.failure(), id, "the card", "cannot be read")
				s.trello.Alter(nil)
				s.task("Green door")
				s.task("Oil the hinges")
				s.mustSync()
			}
			s.task("Quite new")
			s.quiet()
		})
	}
	t.Run("Ensure a list and a label of another form fail alone too", func(t *testing.T) {
		s := bound(t)
		list := s.trello.AddList(s.board.ID, "Strange")
		s.trello.Alter(trellotest.WithField(list.ID, "closed", "perhaps"))
		s.trello.AddCard(s.todo.ID, "Comes in")
		if _, err := s.sync(); err != nil {
			t.Fatal(err)
		}
		s.task("Comes in")
		says(t, s.failure(), list.ID, "the list")
	})
	t.Run("Ensure a creation whose answer cannot be read makes no second card", func(t *testing.T) {
		s := bound(t)
		s.addTask("Only once", nil)
		s.trello.Alter(func(r trellotest.Request, body []byte) []byte {
			if r.Method == http.MethodPost {
				return []byte(`{"id":7}`)
			}
			return body
		})
		_, _ = s.sync()
		s.trello.Alter(nil)
		s.mustSync()
		s.card("Only once")
	})
}

func TestLargeBoards(t *testing.T) {
	// large is a world whose Trello gives no more cards at a time than that.
	large := func(t *testing.T, most, cards int) *world {
		t.Helper()
		w := newWorld(t)
		w.trello = trellotest.New(trellotest.Options{Clock: w.clock.Now, Strict: true, MaxCards: most})
		fill(w, 1, cards)
		return w
	}
	t.Run("Ensure cards that are too many for one answer come in pages, none twice and none missed", func(t *testing.T) {
		for most, cards := range map[int]int{1000: 1040, 120: 230, 60: 130} {
			if raced && most == 1000 {
				continue
			}
			w := large(t, most, cards)
			r := w.mustSync()
			w.counts(r, "trello.card", fmt.Sprintf("created=%d", cards))
			w.quiet()
		}
	})
	t.Run("Ensure a board that grows while it is read loses no card", func(t *testing.T) {
		w := large(t, 60, 270)
		list := w.trello.Lists(w.trello.Boards()[0].ID)[0].ID
		grown := 0
		w.trello.Fail(func(r trellotest.Request) error {
			if strings.HasSuffix(r.Path, "/cards") && r.After {
				grown++
				w.trello.AddCard(list, fmt.Sprintf("Grown %d", grown))
			}
			return nil
		})
		w.mustSync()
		w.trello.Fail(nil)
		w.mustSync()
		tasks := w.odoo.Search("project.task", []any{})
		if want := 270 + grown; len(tasks) != want || grown < 5 {
			t.Errorf("there are %d tasks after %d pages, want %d", len(tasks), grown, want)
		}
		w.quiet()
	})
	t.Run("Ensure more labels than come unasked are all there", func(t *testing.T) {
		w := newWorld(t)
		board := w.trello.AddBoard("Workshop")
		list := w.trello.AddList(board.ID, "To do")
		var last trellotest.Label
		for i := range 120 {
			last = w.trello.AddLabel(board.ID, fmt.Sprintf("Label %d", i), "red")
		}
		w.trello.AddCard(list.ID, "Labelled", trellotest.WithLabels(last.ID))
		r := w.mustSync()
		w.counts(r, "trello.label", "created=120")
		if n := w.tally()["GET /boards/…"]; n > 2 {
			t.Errorf("the board was asked for %d times", n)
		}
	})
}

func TestUnreadableErrorsAreTyped(t *testing.T) {
	s := bound(t)
	id := s.card("Oil the hinges").ID
	s.trello.Alter(trellotest.WithoutField(id, "idList"))
	var bad *trello.UnreadableError
	err := s.readAlone(trello.CardModel, id)
	if !errors.As(err, &bad) || bad.ID != id || bad.Noun != "card" {
		t.Errorf("got %v, want an *UnreadableError of the card", err)
	}
}

// readAlone reads one external record by its id and gives its error.
func (w *world) readAlone(model, id string) (err error) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		adapter, e := r.env.Adapter(model)
		if e != nil {
			w.t.Fatal(e)
		}
		results, e := adapter.Read(ctx, []backend.Key{{ID: id}})
		if e != nil || len(results) != 1 {
			w.t.Fatalf("got %d results and %v", len(results), e)
		}
		err = results[0].Err
	})
	return err
}
