package redmine

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// projects is the adapter of projects.
type projects struct {
	client *client
	chosen []string // identifiers and ids, nil for all
}

func newProjects(env *backend.Environment) (backend.Adapter, error) {
	c, s, err := parts(env)
	if err != nil {
		return nil, err
	}
	return &projects{client: c, chosen: s.Projects}, nil
}

// closedStatus is the status of a project that can be read only. An archived one (9) cannot even be read.
const closedStatus = "5"

func newProject(o object) record.Record {
	return record.New(ProjectModel, o.id(), map[string]record.Value{
		"name": record.Text(o.text("name")), "identifier": record.Text(o.text("identifier")),
		"description": record.Markdown(o.text("description")),
		"closed":      record.Bool(fmt.Sprint(o["status"]) == closedStatus), "updated_on": o.moment("updated_on"),
	})
}

// Read reads projects by their ids, one request each.
func (p *projects) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) { return p.read(ctx, k.ID) })
}

func (p *projects) read(ctx context.Context, id string) (record.Record, error) {
	o, err := p.client.get(ctx, "/projects/"+url.PathEscape(id)+".json", "project")
	if err != nil {
		return record.Record{}, err
	}
	return newProject(o), nil
}

// List lists the projects that take part, closed ones too. A key that is wrong would see the public ones, so who we are is asked first:
// that needs a login.
func (p *projects) List(ctx context.Context) (l backend.Listing, err error) {
	if _, err := p.client.get(ctx, "/users/current.json", "user"); err != nil {
		return l, err
	}
	l.Records, err = p.Siblings(ctx, nil)
	l.Records = slices.DeleteFunc(l.Records, func(r record.Record) bool { return !p.takesPart(r) })
	l.Parents = []string{""}
	return l, err
}

// Siblings are all projects. Without a status Redmine lists the active ones alone.
func (p *projects) Siblings(ctx context.Context, _ []string) (records []record.Record, err error) {
	all, err := p.client.all(ctx, "/projects.json", "projects", url.Values{"status": {"1|5"}})
	for _, o := range all {
		records = append(records, newProject(o))
	}
	return records, err
}

// Chooses implements backend.Chooser.
func (p *projects) Chooses(ctx context.Context, id string) (bool, error) {
	if p.chosen == nil || slices.Contains(p.chosen, id) {
		return true, nil
	}
	r, err := p.read(ctx, id)
	return err == nil && p.takesPart(r), err
}

func (p *projects) takesPart(r record.Record) bool {
	return p.chosen == nil || slices.Contains(p.chosen, r.ID) || slices.Contains(p.chosen, r.Value("identifier").AsText())
}

// Create makes projects. Redmine wants an identifier, which makes the project's address.
func (p *projects) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	return each(ctx, values, func(ctx context.Context, v mapping.Values) (record.Record, error) {
		name, err := p.identifier(ctx, v["name"].AsText())
		if err != nil {
			return record.Record{}, err
		}
		o, err := p.client.post(ctx, "/projects.json", "project", projectBody(v, object{"identifier": name}))
		if err != nil {
			return record.Record{}, err
		}
		return newProject(o), nil
	})
}

// projectBody are the values that a request for a project takes, beside others.
func projectBody(v mapping.Values, body object) object {
	for _, name := range []string{"name", "description"} {
		if value, ok := v[name]; ok {
			body[name] = value.AsText()
		}
	}
	return body
}

var noIdentifier = regexp.MustCompile(`[^a-z0-9]+`)

// identifier makes one of a name that no project has: small letters, digits and dashes, not digits alone, 100 at most.
func (p *projects) identifier(ctx context.Context, name string) (string, error) {
	base := strings.Trim(noIdentifier.ReplaceAllString(strings.ToLower(name), "-"), "-")
	if base == "" || base == "new" || strings.Trim(base, "0123456789") == "" {
		base = strings.Trim("odoo-"+base, "-")
	}
	base = strings.TrimRight(base[:min(len(base), 90)], "-")
	for try, n := base, 2; ; try, n = fmt.Sprintf("%s-%d", base, n), n+1 {
		_, err := p.client.get(ctx, "/projects/"+try+".json", "project")
		if errors.Is(err, backend.ErrNotFound) {
			return try, nil
		}
		var o interface{ Outage() bool }
		if err != nil && errors.As(err, &o) && o.Outage() || n > 99 {
			return "", fmt.Errorf("no identifier for project %q is free: %w", name, err)
		}
	}
}

// Update sends the changed fields of each project and gives it as it is afterwards. A closed one takes no change, so it is opened first
// and closed last.
func (p *projects) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	return each(ctx, changes, func(ctx context.Context, c backend.Change) (record.Record, error) {
		path := "/projects/" + url.PathEscape(c.Key.ID)
		closed, moves := c.Values["closed"]
		if moves && !closed.AsBool() {
			if err := p.client.do(ctx, http.MethodPut, path+"/reopen.json", nil, nil); err != nil {
				return record.Record{}, err
			}
		}
		if body := projectBody(c.Values, object{}); len(body) > 0 {
			if err := p.client.put(ctx, path+".json", "project", body); err != nil {
				return record.Record{}, err
			}
		}
		if moves && closed.AsBool() {
			if err := p.client.do(ctx, http.MethodPut, path+"/close.json", nil, nil); err != nil {
				return record.Record{}, err
			}
		}
		return p.read(ctx, c.Key.ID)
	})
}
