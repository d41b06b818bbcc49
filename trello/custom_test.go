package trello_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// customPairs map a custom field of each type to a field of a task.
const customPairs = `model: trello.card
fields:
  - odoo: email_cc
    external: "custom:Contact"
  - odoo: allocated_hours
    external: "custom:Hours"
  - odoo: date_end
    external: "custom:Finished"
  - odoo: recurring_task
    external: "custom:Again"
  - odoo: priority
    external: "custom:Priority"
    values:
      - {odoo: "1", external: High}
    default: "0"
`

// customs are the custom fields of the scene's board.
type customs struct {
	*scene
	contact, hours, finished, again, priority trellotest.CustomField
}

// withCustoms is a synchronized board with a custom field of each type, which are mapped.
func withCustoms(t testing.TB) *customs {
	s := &customs{scene: bound(t)}
	add := func(name, kind string, options ...string) trellotest.CustomField {
		return s.trello.AddCustomField(s.board.ID, name, kind, options...)
	}
	s.contact, s.hours, s.finished = add("Contact", "text"), add("Hours", "number"), add("Finished", "date")
	s.again, s.priority = add("Again", "checkbox"), add("Priority", "list", "High", "Low")
	s.mapping(customPairs)
	s.mustSync()
	s.clock.Advance(time.Hour)
	s.resetRequests()
	return s
}

// values are a card's values in custom fields, by the names of these.
func (s *customs) values(card string) map[string]string {
	out := map[string]string{}
	for _, v := range s.trello.CustomValues(s.card(card).ID) {
		for _, f := range s.trello.CustomFields(s.card(card).IDBoard) {
			if f.ID == v.IDField {
				out[f.Name] = v.Text
			}
		}
	}
	return out
}

func (s *customs) wantValues(card string, want map[string]string) {
	s.t.Helper()
	got := s.values(card)
	for name, text := range want {
		if got[name] != text {
			s.t.Errorf("%s of %s is %q, want %q", name, card, got[name], text)
		}
	}
}

func TestCustomFields(t *testing.T) {
	full := map[string]string{"Contact": "a@example.com", "Hours": "2.5", "Finished": "2026-03-09T15:00:00.000Z", "Again": "true", "Priority": "High"}
	t.Run("Ensure all five types cross into Odoo, and empty ones empty it", func(t *testing.T) {
		s := withCustoms(t)
		card := s.card("Paint the door")
		for f, text := range map[*trellotest.CustomField]string{
			&s.contact: "a@example.com", &s.hours: "2.5", &s.finished: "2026-03-09T15:00:00.000Z", &s.again: "true", &s.priority: "High",
		} {
			s.trello.SetCustomValue(card.ID, f.ID, text)
		}
		s.mustSync()
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "email_cc", "a@example.com")
		s.want("project.task", id, "allocated_hours", 2.5)
		s.want("project.task", id, "date_end", "2026-03-09 15:00:00")
		s.want("project.task", id, "recurring_task", true)
		s.want("project.task", id, "priority", "1")
		s.noTrelloWrites()
		s.quiet()
		for _, f := range []trellotest.CustomField{s.contact, s.hours, s.finished, s.again, s.priority} {
			s.trello.SetCustomValue(card.ID, f.ID, "")
		}
		s.mustSync()
		s.want("project.task", id, "email_cc", false)
		s.want("project.task", id, "allocated_hours", 0.0)
		s.want("project.task", id, "date_end", false)
		s.want("project.task", id, "recurring_task", false)
		s.want("project.task", id, "priority", "0")
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure all five types cross into Trello, and empty ones empty it", func(t *testing.T) {
		s := withCustoms(t)
		id, _ := s.task("Paint the door")
		s.odoo.Write("project.task", []int64{id}, map[string]any{
			"email_cc": "a@example.com", "allocated_hours": 2.5, "date_end": "2026-03-09 15:00:00", "recurring_task": true, "priority": "1",
		})
		s.mustSync()
		s.wantValues("Paint the door", full)
		s.quiet()
		s.odoo.Write("project.task", []int64{id}, map[string]any{
			"email_cc": false, "allocated_hours": 0.0, "date_end": false, "recurring_task": false, "priority": "0",
		})
		s.mustSync()
		s.wantValues("Paint the door", map[string]string{"Contact": "", "Finished": "", "Again": "", "Priority": ""})
		if got := s.values("Paint the door")["Hours"]; got != "0" && got != "" {
			t.Errorf("Hours is %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure what is created on either side has them, on Trello's side by the update that follows", func(t *testing.T) {
		s := withCustoms(t)
		card := s.trello.AddCard(s.todo.ID, "Fell a tree")
		s.trello.SetCustomValue(card.ID, s.hours.ID, "8")
		s.addTask("Saw the tree", map[string]any{"email_cc": "b@example.com", "allocated_hours": 3.0})
		s.addTask("Stack the wood", nil)
		r := s.mustSync()
		id, _ := s.task("Fell a tree")
		s.want("project.task", id, "allocated_hours", 8.0)
		s.wantValues("Saw the tree", map[string]string{"Contact": "b@example.com", "Hours": "3"})
		if len(s.values("Stack the wood")) != 0 {
			t.Errorf("an empty task's card has %v", s.values("Stack the wood"))
		}
		s.counts(r, trello.CardModel, "created=3 unchanged=3")
		s.quiet()
	})
	t.Run("Ensure edits of two fields on two sides merge, and one field on both sides is a conflict", func(t *testing.T) {
		s := withCustoms(t)
		card := s.card("Paint the door")
		id, _ := s.task("Paint the door")
		s.trello.SetCustomValue(card.ID, s.hours.ID, "2")
		s.set("project.task", id, "email_cc", "c@example.com")
		s.mustSync()
		s.want("project.task", id, "allocated_hours", 2.0)
		s.wantValues("Paint the door", map[string]string{"Contact": "c@example.com", "Hours": "2"})
		s.trello.SetCustomValue(card.ID, s.hours.ID, "3")
		s.set("project.task", id, "allocated_hours", 4.0)
		s.mustSync()
		s.fieldReviewed("allocated_hours ↔ custom:Hours", binding.Conflict)
		s.quiet()
		s.set("project.task", id, "allocated_hours", 3.0)
		s.mustSync()
		s.noReviews()
	})
	t.Run("Ensure a value that fits nowhere waits alone, and goes on once it fits", func(t *testing.T) {
		s := withCustoms(t)
		card := s.card("Paint the door")
		id, _ := s.task("Paint the door")
		s.trello.SetCustomValue(card.ID, s.priority.ID, "Low") // not in the table
		s.trello.SetCustomValue(card.ID, s.hours.ID, "2")
		s.mustSync()
		s.want("project.task", id, "allocated_hours", 2.0)
		s.want("project.task", id, "priority", "0")
		s.fieldReviewed("priority ↔ custom:Priority", binding.Unfit)
		s.quiet()
		s.trello.SetCustomValue(card.ID, s.priority.ID, "High")
		s.mustSync()
		s.want("project.task", id, "priority", "1")
		s.noReviews()
		s.quiet()
	})
	t.Run("Ensure a card that is created with a value that fits nowhere is created, and the field waits", func(t *testing.T) {
		s := withCustoms(t)
		card := s.trello.AddCard(s.todo.ID, "Fell a tree")
		s.trello.SetCustomValue(card.ID, s.priority.ID, "Low")
		s.mustSync()
		s.task("Fell a tree")
		s.fieldReviewed("priority ↔ custom:Priority", binding.Unfit)
		s.quiet()
	})
}

func (s *scene) noReviews() {
	s.t.Helper()
	if all := s.reviews(trello.CardModel); len(all) != 0 {
		s.t.Errorf("there are reviews: %+v", all)
	}
}

const sizes = `model: trello.card
fields:
  - odoo: email_cc
    external: "custom:Size"
`

func TestOptionsOfCustomFields(t *testing.T) {
	scene := func(t *testing.T, lines string) (*customs, int64) {
		s := &customs{scene: bound(t)}
		s.trello.AddCustomField(s.board.ID, "Size", "list", "Small", "Big")
		s.mapping(lines)
		s.mustSync()
		s.clock.Advance(time.Hour)
		id, _ := s.task("Paint the door")
		return s, id
	}
	t.Run("Ensure an option is found by its label", func(t *testing.T) {
		s, id := scene(t, sizes)
		s.set("project.task", id, "email_cc", "Big")
		s.mustSync()
		s.wantValues("Paint the door", map[string]string{"Size": "Big"})
		s.quiet()
	})
	t.Run("Ensure a text that is no option waits, and goes out when the option is added", func(t *testing.T) {
		s, id := scene(t, sizes)
		s.set("project.task", id, "email_cc", "Huge")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		s.mustSync()
		s.fieldReviewed("email_cc ↔ custom:Size", binding.Unfit)
		s.want("project.task", id, "description", "<p>Three coats</p>")
		s.quiet()
		f := s.trello.CustomFields(s.board.ID)[0]
		s.addOption(f.ID, "Huge")
		s.clock.Advance(time.Hour)
		s.mustSync()
		s.wantValues("Paint the door", map[string]string{"Size": "Huge"})
		s.noReviews()
		s.quiet()
	})
	t.Run("Ensure an option is created where the configuration allows it, once", func(t *testing.T) {
		s, id := scene(t, sizes+"    create_options: true\n")
		other, _ := s.task("Oil the hinges")
		s.odoo.Write("project.task", []int64{id, other}, map[string]any{"email_cc": "Huge"})
		s.mustSync()
		s.wantValues("Paint the door", map[string]string{"Size": "Huge"})
		s.wantValues("Oil the hinges", map[string]string{"Size": "Huge"})
		if got := s.trello.CustomFields(s.board.ID)[0].Options; len(got) != 3 {
			t.Errorf("the options are %v", got)
		}
		s.quiet()
	})
	t.Run("Ensure the lost answer to a new option makes no second one", func(t *testing.T) {
		s, id := scene(t, sizes+"    create_options: true\n")
		s.set("project.task", id, "email_cc", "Huge")
		lost := false
		s.base = func(base http.RoundTripper) http.RoundTripper {
			return roundTrip(func(r *http.Request) (*http.Response, error) {
				answer, err := base.RoundTrip(r)
				if !lost && r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/options") {
					lost = true
					return nil, errors.New("connection reset by peer")
				}
				return answer, err
			})
		}
		if _, err := s.sync(); err == nil && !lost {
			t.Fatal("no answer was lost")
		}
		s.clock.Advance(time.Hour)
		s.mustSync()
		s.wantValues("Paint the door", map[string]string{"Size": "Huge"})
		if got := s.trello.CustomFields(s.board.ID)[0].Options; len(got) != 3 {
			t.Errorf("the options are %v", got)
		}
	})
}

// addOption adds an option as a person would.
func (s *customs) addOption(fieldID, text string) {
	s.t.Helper()
	body := strings.NewReader("value%5Btext%5D=" + text + "&pos=bottom")
	r, err := http.NewRequest(http.MethodPost, "https://api.trello.com/1/customFields/"+fieldID+"/options", body)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", `OAuth oauth_consumer_key="demo-key", oauth_token="demo-token"`)
	answer, err := s.trello.RoundTripper().RoundTrip(r)
	if err != nil || answer.StatusCode != http.StatusOK {
		s.t.Fatal(answer, err)
	}
	_ = answer.Body.Close()
}

func TestCustomFieldsOfSeveralBoards(t *testing.T) {
	t.Run("Ensure a board without the field, or without the Power-Up, takes no part and makes no noise", func(t *testing.T) {
		s := withCustoms(t)
		garden := s.trello.AddBoard("Garden")
		s.trello.AddCard(s.trello.AddList(garden.ID, "To do").ID, "Rake the leaves")
		s.mustSync()
		id, _ := s.task("Rake the leaves")
		s.set("project.task", id, "email_cc", "d@example.com")
		s.mustSync()
		s.want("project.task", id, "email_cc", "d@example.com")
		s.quiet()
		s.trello.DisableCustomFields(s.board.ID, true)
		r := s.mustSync()
		if len(r.Warnings) != 5 {
			t.Errorf("the warnings are %q", r.Warnings)
		}
		s.noReviews()
		s.trello.DisableCustomFields(s.board.ID, false)
		s.quiet()
	})
	t.Run("Ensure a field that no board has is told with the nearest name, and stops nothing", func(t *testing.T) {
		s := withCustoms(t)
		s.mapping(strings.Replace(customPairs, "custom:Hours", "custom:Huors", 1))
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		r := s.mustSync()
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "description", "<p>Three coats</p>")
		want := `config.yaml:11: backends[0].models[0].fields[1]: there is no field "custom:Huors", so the pair is left out; did you mean "custom:Hours"?`
		if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], want) {
			t.Errorf("the warnings are %q\nwant %q", r.Warnings, want)
		}
	})
	t.Run("Ensure one name of two types is told, and each can be mapped by its id", func(t *testing.T) {
		s := withCustoms(t)
		garden := s.trello.AddBoard("Garden")
		s.trello.AddCustomField(garden.ID, "Hours", "text")
		r := s.mustSync()
		want := `config.yaml:11: backends[0].models[0].fields[1]: "custom:Hours" is a number on the board "Workshop" and a text on "Garden"`
		if len(r.Warnings) != 1 || !strings.HasPrefix(r.Warnings[0], want) {
			t.Errorf("the warnings are %q", r.Warnings)
		}
		s.mapping(strings.Replace(customPairs, "custom:Hours", "custom:"+s.hours.ID, 1))
		s.trello.SetCustomValue(s.card("Paint the door").ID, s.hours.ID, "7")
		if r := s.mustSync(); len(r.Warnings) != 0 {
			t.Errorf("the warnings are %q", r.Warnings)
		}
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "allocated_hours", 7.0)
		s.quiet()
	})
	t.Run("Ensure a card that Odoo moves to another board keeps what both boards have", func(t *testing.T) {
		s := withCustoms(t)
		garden := s.trello.AddBoard("Garden")
		beds := s.trello.AddList(garden.ID, "Beds")
		s.trello.AddCustomField(garden.ID, "Contact", "text")
		s.trello.SetCustomValue(s.card("Paint the door").ID, s.contact.ID, "a@example.com")
		s.trello.SetCustomValue(s.card("Paint the door").ID, s.hours.ID, "7")
		s.mustSync()
		project := s.projectID("Garden")
		id, _ := s.task("Paint the door")
		s.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": project, "stage_id": s.stageID("Beds", project)})
		s.mustSync()
		s.mustSync()
		if got := s.card("Paint the door").IDList; got != beds.ID {
			t.Errorf("the card is in %s", got)
		}
		s.wantValues("Paint the door", map[string]string{"Contact": "a@example.com"})
		s.want("project.task", id, "email_cc", "a@example.com")
		s.want("project.task", id, "allocated_hours", 7.0)
		s.quiet()
	})
	t.Run("Ensure nothing of custom fields is touched where none is mapped", func(t *testing.T) {
		s := withCustoms(t)
		s.models = []config.Model{}
		s.trello.SetCustomValue(s.card("Paint the door").ID, s.hours.ID, "9")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		s.mustSync()
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "name", "Paint the gate")
		s.mustSync()
		s.wantValues("Paint the gate", map[string]string{"Hours": "9"})
		s.want("project.task", id, "allocated_hours", 0.0)
		s.quiet()
	})
}
