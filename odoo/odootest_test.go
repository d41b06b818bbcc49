package odoo_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

func fakeOptions(server *odootest.Server) odoo.Options {
	return odoo.Options{
		Name: "main", URL: "http://odoo.test", Database: "demo", Username: "admin", Password: "admin",
		Client: transport.New(transport.Options{System: "Odoo main", Base: server.RoundTripper(), Clock: stillClock{}}),
	}
}

// fake is a server with a project, and a session with it.
func fake(t *testing.T, o odootest.Options) (*odootest.Server, *odoo.Session, int64) {
	t.Helper()
	server := odootest.New(o)
	project := server.Create("project.project", map[string]any{"name": "Garden"})
	s, err := odoo.Dial(ctx, fakeOptions(server))
	if err != nil {
		t.Fatal(err)
	}
	return server, s, project
}

func loadOne(s *odoo.Session, project int64) (odoo.LoadResult, error) {
	results, err := s.LoadRecords(ctx, "project.task", []odoo.NewRecord{{
		Identifier: "__connector__.trello_trello.card_1",
		Values:     map[string]record.Value{"name": record.Text("Paint"), "project_id": record.Ref("project.project", ref("", project).ID)},
	}})
	return results[0], err
}

func TestLostAnswers(t *testing.T) {
	lose := func(server *odootest.Server, method string, moment odootest.Moment) {
		server.Fail(func(r odootest.Request) error {
			if r.Method == method && r.Moment == moment {
				return odootest.ErrNoAnswer
			}
			return nil
		})
	}
	for _, moment := range []odootest.Moment{odootest.Before, odootest.After} {
		t.Run("Ensure a load whose answer is lost "+moment.String()+" its effect is unknown, and looked up", func(t *testing.T) {
			server, s, project := fake(t, odootest.Options{})
			lose(server, "load", moment)
			result, err := loadOne(s, project)
			if e := failed(t, err); !e.OutcomeUnknown || e.Kind != odoo.Connection || !errors.Is(result.Err, err) {
				t.Fatalf("unknown %v, kind %q", e.OutcomeUnknown, e.Kind)
			}
			server.Fail(nil)
			id, _, found, err := s.Lookup(ctx, "__connector__", "trello_trello.card_1")
			if err != nil || found != (moment == odootest.After) {
				t.Fatalf("found %v, error %v", found, err)
			}
			again, err := loadOne(s, project)
			if err != nil || again.Err != nil || found && again.ID != id || len(server.Search("project.task", nil)) != 1 {
				t.Errorf("loaded %v beside %d, error %v", again, id, err)
			}
		})
	}
	t.Run("Ensure a read whose answer is lost once is asked for again", func(t *testing.T) {
		server, s, _ := fake(t, odootest.Options{})
		lost := false
		server.Fail(func(r odootest.Request) error {
			if r.Method == "search" && !lost {
				lost = true
				return odootest.ErrNoAnswer
			}
			return nil
		})
		ids, err := s.Search(ctx, "project.project", nil, odoo.SearchOptions{})
		if err != nil || len(ids) != 1 || !lost {
			t.Errorf("found %v, error %v", ids, err)
		}
	})
	t.Run("Ensure a server under maintenance is an outage", func(t *testing.T) {
		server, s, _ := fake(t, odootest.Options{})
		server.Fail(func(odootest.Request) error {
			return &odootest.HTTPError{Status: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {"600"}}}
		})
		_, err := s.Search(ctx, "project.project", nil, odoo.SearchOptions{})
		var e *transport.Error
		if !failed(t, err).Outage() || !errors.As(err, &e) || e.RetryAfter.Minutes() != 10 {
			t.Errorf("error %v", err)
		}
	})
}

func TestRights(t *testing.T) {
	o := odootest.Options{Users: []odootest.User{{Login: "user", Password: "user", Groups: []string{"project.group_project_user"}}}}
	server := odootest.New(o)
	options := fakeOptions(server)
	options.Username, options.Password = "user", "user"
	s, err := odoo.Dial(ctx, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("Ensure a Project / User is not taken for an administrator", func(t *testing.T) {
		if has, err := s.HasGroup(ctx, "project.group_project_manager"); err != nil || has {
			t.Errorf("%v, %v", has, err)
		}
		if _, readable, err := s.DatabaseUUID(ctx); err != nil || readable {
			t.Errorf("the database's identity: readable %v, error %v", readable, err)
		}
	})
	t.Run("Ensure a right that is missing ends a load at once, without an effect", func(t *testing.T) {
		rows := make([]odoo.NewRecord, 8)
		for i := range rows {
			rows[i] = odoo.NewRecord{Identifier: "__connector__.p" + ref("", int64(i)).ID, Values: map[string]record.Value{"name": record.Text("x")}}
		}
		before := s.Requests()
		_, err := s.LoadRecords(ctx, "project.project", rows)
		if !odoo.IsKind(err, odoo.AccessError) || s.Requests()-before != 3 || len(server.Search("project.project", nil)) != 0 {
			t.Errorf("%d requests, error %v", s.Requests()-before, err)
		}
	})
}

func TestRequestsPerPhase(t *testing.T) {
	t.Run("Ensure an idle look at a model is a login, one fields_get and one page", func(t *testing.T) {
		server, s, _ := fake(t, odootest.Options{})
		for range 3 {
			server.Create("project.project", map[string]any{"name": "P"})
		}
		rows, err := s.All(ctx, "project.project", odoo.Cond("write_date", ">=", "2000-01-01 00:00:00"), []string{"name", "write_date"}, 0)
		if err != nil || len(rows) != 4 || s.Requests() != 3 {
			t.Errorf("%d rows in %d requests, error %v", len(rows), s.Requests(), err)
		}
	})
}
