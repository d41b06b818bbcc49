package trello_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// examined are the findings about a world's Trello with these settings, each in short.
func (w *world) examined(settings trello.Settings, fields ...config.Field) (short []string, found backend.Examined) {
	w.t.Helper()
	w.with(func(ctx context.Context, r *run) {
		c := r.env.Config
		settings.Key, settings.Token = config.PlainSecret("key"), config.PlainSecret("token")
		c.Settings = &settings
		c.Models = []config.Model{{Model: trello.CardModel, Direction: config.DirectionBoth, Fields: fields}}
		examiner, ok := r.env.Client.(backend.Examiner)
		if !ok {
			w.t.Fatal("Trello's client examines nothing")
		}
		found = examiner.Examine(ctx, c)
	})
	for _, f := range found.Findings {
		short = append(short, string(f.Level)+" "+f.Check+": "+f.What)
		if f.Level != odoo.LevelOK && (f.Why == "" || f.Remedy == "") {
			w.t.Errorf("%+v lacks a reason or a remedy", f)
		}
	}
	return short, found
}

// has demands a finding that begins so.
func has(t *testing.T, short []string, want string) {
	t.Helper()
	if !slices.ContainsFunc(short, func(s string) bool { return strings.HasPrefix(s, want) }) {
		t.Errorf("%q is missing in\n%s", want, strings.Join(short, "\n"))
	}
}

func TestExamine(t *testing.T) {
	t.Run("Ensure that all is well where it is", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		short, found := w.examined(trello.Settings{})
		for _, want := range []string{
			"ok connection: ", "ok login: ", "ok limit: ", "ok boards: all 1 open ones of the member: Workshop",
			"ok rights: Workshop: a member who may write (admin)",
		} {
			has(t, short, want)
		}
		if len(found.Parts) != 1 || found.Parts[0].Name != "Workshop" {
			t.Errorf("%+v", found.Parts)
		}
		if _, writes := w.writes(); writes != 0 {
			t.Errorf("it wrote %d times", writes)
		}
	})
	t.Run("Ensure that boards which are not there, or may not be written to, are told", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		w.trello.SetRights(w.trello.Boards()[0].ID, trellotest.MayRead)
		short, _ := w.examined(trello.Settings{Boards: []string{"Workshop", "Worksop"}})
		has(t, short, `fail boards: the token's member has no board "Worksop" (did you mean "Workshop"?)`)
		has(t, short, "ok boards: Workshop")
		has(t, short, "warn rights: Workshop: a member of the kind observer, who may read only")
	})
	t.Run("Ensure that a label and custom fields that are not there are told", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		short, _ := w.examined(trello.Settings{SyncLabel: "odoo"}, config.Field{External: "custom:Hours", Odoo: "allocated_hours"})
		has(t, short, `warn label: no board has a label "odoo"`)
		has(t, short, `fail fields: no board has the custom field "Hours"`)
	})
	t.Run("Ensure that a token that is refused is a matter of credentials, and ends it", func(t *testing.T) {
		w := newWorld(t)
		workshop(w)
		w.trello.RevokeToken(true)
		short, found := w.examined(trello.Settings{})
		has(t, short, "fail login: Trello refuses the key and the token: HTTP 401")
		if last := found.Findings[len(found.Findings)-1]; !last.Denied {
			t.Errorf("%+v", last)
		}
	})
	t.Run("Ensure that a server that is down ends it", func(t *testing.T) {
		down := roundTrip(func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded })
		c := trello.NewClient(backend.Setup{Config: config.Backend{URL: "http://trello.test"}, Transport: down, Clock: newWorld(t).clock}, "key", "token", 0)
		found := c.Examine(t.Context(), config.Backend{})
		if len(found.Findings) != 1 || found.Findings[0].Check != odoo.CheckConnection || found.Findings[0].Level != odoo.LevelFail {
			t.Errorf("%+v", found)
		}
	})
}
