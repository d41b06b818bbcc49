package cmd

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/state"
)

// sides are both sides of a desk's sandbox, on which people edit while no command runs.
type sides struct {
	*desk
	trelloURL string
	odoo      *odoo.Session
}

// edit opens both sides for some edits.
func (d *desk) edit(do func(sides)) {
	d.Helper()
	box, err := sandbox.Open(d.path("sandbox-demo"), sandbox.Options{Clock: d.Now, Odoo: true, Systems: []sandbox.System{trelloFake()}})
	if err != nil {
		d.Fatal(err)
	}
	defer func() { _ = box.Close() }()
	served, _ := box.System("trello")
	o, _ := box.Odoo()
	s, err := odoo.Dial(d.Context(), odoo.Options{Name: "main", URL: o.URL, Database: o.Database, Username: o.Username, Password: o.Password, Clock: d})
	if err != nil {
		d.Fatal(err)
	}
	do(sides{d, served.URL, s})
}

// change renames a card on Trello's side and a task on Odoo's.
func (d *desk) change(card, cardTo, task, taskTo string) {
	d.Helper()
	d.edit(func(s sides) {
		s.writeCard(card, "name", cardTo)
		s.writeTask(task, map[string]record.Value{"name": record.Text(taskTo)})
	})
}

// writeTask writes the task of this name.
func (s sides) writeTask(name string, values map[string]record.Value) {
	s.Helper()
	ids, err := s.odoo.Search(s.Context(), "project.task", odoo.Domain{[]any{"name", "=", name}, []any{"active", "in", []any{true, false}}}, odoo.SearchOptions{})
	if err != nil || len(ids) != 1 {
		s.Fatal(ids, err)
	}
	if err := s.odoo.Write(s.Context(), "project.task", ids, values); err != nil {
		s.Fatal(err)
	}
}

// writeCard writes a field of the card of this name.
func (s sides) writeCard(name, field, value string) {
	s.Helper()
	s.trello(http.MethodPut, "cards/"+s.card(name), url.Values{field: {value}}, &struct{}{})
}

// moveCard moves the card of this name into another list of its board.
func (s sides) moveCard(name, list string) {
	s.Helper()
	var card struct{ IDBoard string }
	var lists []struct{ ID, Name string }
	s.trello(http.MethodGet, "cards/"+s.card(name), url.Values{}, &card)
	s.trello(http.MethodGet, "boards/"+card.IDBoard+"/lists", url.Values{}, &lists)
	for _, l := range lists {
		if l.Name == list {
			s.writeCard(name, "idList", l.ID)
			return
		}
	}
	s.Fatalf("%s has no list %s, but %v", name, list, lists)
}

// card finds the id of a card by the job that its sync made for it.
func (s sides) card(name string) (id string) {
	s.Helper()
	s.on(func(ctx context.Context, db *state.DB) error {
		return db.Read().QueryRowContext(ctx, "SELECT json_extract(args, '$.external_id') FROM job WHERE description LIKE ?", "%card '"+name+"'%").Scan(&id)
	})
	return id
}

// trello sends a request to Trello's API.
func (s sides) trello(method, path string, query url.Values, into any) {
	s.Helper()
	query.Set("key", "demo-key")
	query.Set("token", "demo-token")
	r, err := http.NewRequestWithContext(s.Context(), method, s.trelloURL+"/1/"+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		s.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		s.Fatal(answer.Status)
	}
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		s.Fatal(err)
	}
}
