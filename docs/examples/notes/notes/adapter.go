package notes

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// object is a notebook or a note as the server's JSON has it: what a note lacks is left out.
type object map[string]any

// adapter reads and writes one sort of records. What notebooks and notes have in common is here; all lists.
type adapter struct {
	client *client
	path   string // "/notes"
	of     func(object) record.Record
	// all are the records of a parent, put away ones too.
	all func(ctx context.Context, parent string) ([]record.Record, error)
	// parents are the ids of what is synchronized.
	parents func(ctx context.Context) ([]string, error)
}

// Read reads records by their ids, one request each.
func (a *adapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	return each(keys, func(k backend.Key) (record.Record, error) {
		return a.ask(ctx, http.MethodGet, a.path+"/"+url.PathEscape(k.ID), nil)
	})
}

// List lists all records of all parents.
func (a *adapter) List(ctx context.Context) (backend.Listing, error) {
	parents, err := a.parents(ctx)
	if err != nil {
		return backend.Listing{}, err
	}
	return a.in(ctx, parents)
}

// Siblings lists the records of some parents.
func (a *adapter) Siblings(ctx context.Context, parents []string) ([]record.Record, error) {
	l, err := a.in(ctx, parents)
	return l.Records, err
}

// in lists parents. One that is gone is not among those that were listed in full, so that nothing in it is taken for deleted.
func (a *adapter) in(ctx context.Context, parents []string) (l backend.Listing, err error) {
	for _, parent := range parents {
		records, err := a.all(ctx, parent)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return l, err
		}
		l.Parents, l.Records = append(l.Parents, parent), append(l.Records, records...)
	}
	return l, nil
}

// Create makes records, one request each, and gives them as they are then.
func (a *adapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	return each(values, func(v mapping.Values) (record.Record, error) {
		return a.ask(ctx, http.MethodPost, a.path, body(v))
	})
}

// Update sends the changed fields of each record and gives it as it is afterwards.
func (a *adapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	return each(changes, func(c backend.Change) (record.Record, error) {
		return a.ask(ctx, http.MethodPatch, a.path+"/"+url.PathEscape(c.Key.ID), body(c.Values))
	})
}

// ask sends a request whose answer is one record.
func (a *adapter) ask(ctx context.Context, method, path string, body any) (record.Record, error) {
	var o object
	if err := a.client.do(ctx, method, path, body, &o); err != nil {
		return record.Record{}, err
	}
	return a.of(o), nil
}

// each does something for one record after the other. What concerns one record stays with it; what concerns the whole server ends
// the call.
func each[T any](all []T, do func(T) (record.Record, error)) ([]backend.Result, error) {
	results := make([]backend.Result, 0, len(all))
	for _, one := range all {
		r, err := do(one)
		var o interface{ Outage() bool }
		if errors.As(err, &o) && o.Outage() {
			return results, err
		}
		results = append(results, backend.Result{Record: r, Err: err})
	}
	return results, nil
}

// body are values as the server's JSON has them.
func body(values mapping.Values) object {
	o := object{}
	for name, v := range values {
		switch v.Kind() {
		case record.KindNull:
			o[name] = nil
		case record.KindBool:
			o[name] = v.AsBool()
		case record.KindRef:
			ref, _ := v.AsRef()
			id, _ := strconv.Atoi(ref.ID) // a notebook's id, as newNote read it
			o[name] = id
		default:
			o[name] = v.AsText()
		}
	}
	return o
}

// id is an id as a text, as records have it. Numbers are read as json.Number: as float64 a large one would lose digits.
func (o object) id(name string) string { return fmt.Sprint(o[name]) }

// text is a text, empty where it is null.
func (o object) text(name string) string { s, _ := o[name].(string); return s }

// flag is a yes or no.
func (o object) flag(name string) record.Value { b, _ := o[name].(bool); return record.Bool(b) }

// day is a date, null where there is none.
func (o object) day(name string) record.Value {
	if t, err := time.Parse(time.DateOnly, o.text(name)); err == nil {
		return record.Date(t)
	}
	return record.Null()
}

// moment is a time with its zone, null where there is none.
func (o object) moment(name string) record.Value {
	if t, err := time.Parse(time.RFC3339, o.text(name)); err == nil {
		return record.Instant(t)
	}
	return record.Null()
}

// newNotebooks makes the adapter of notebooks. They have no parent: "" is the one that is listed.
func newNotebooks(env *backend.Environment) (backend.Adapter, error) {
	c, s, err := parts(env)
	if err != nil {
		return nil, err
	}
	a := &adapter{client: c, path: "/notebooks", of: newNotebook}
	a.parents = func(context.Context) ([]string, error) { return []string{""}, nil }
	a.all = func(ctx context.Context, _ string) (records []record.Record, err error) {
		var all []object
		if err := c.do(ctx, http.MethodGet, "/notebooks", nil, &all); err != nil {
			return nil, err
		}
		for _, o := range all {
			records = append(records, newNotebook(o))
		}
		return records, nil
	}
	return &notebooks{adapter: a, chosen: s.Notebooks}, nil
}

// notebooks are an adapter that the configuration can narrow to some of them.
type notebooks struct {
	*adapter
	chosen []string
}

// List lists the notebooks that take part.
func (n *notebooks) List(ctx context.Context) (backend.Listing, error) {
	l, err := n.adapter.List(ctx)
	l.Records = slices.DeleteFunc(l.Records, func(r record.Record) bool { return !n.takesPart(r.ID) })
	return l, err
}

// Chooses implements backend.Chooser.
func (n *notebooks) Chooses(_ context.Context, id string) (bool, error) { return n.takesPart(id), nil }

func (n *notebooks) takesPart(id string) bool {
	return n.chosen == nil || slices.Contains(n.chosen, id)
}

func newNotebook(o object) record.Record {
	return record.New(NotebookModel, o.id("id"), map[string]record.Value{
		"name": record.Text(o.text("name")), "archived": o.flag("archived"),
	})
}

// newNotes makes the adapter of notes. They are listed notebook by notebook, in pages.
func newNotes(env *backend.Environment) (backend.Adapter, error) {
	c, _, err := parts(env)
	if err != nil {
		return nil, err
	}
	a := &adapter{client: c, path: "/notes", of: newNote}
	a.all = func(ctx context.Context, notebook string) (records []record.Record, err error) {
		for page := 1; page != 0; {
			var answer struct {
				Notes []object `json:"notes"`
				Next  int      `json:"next"` // 0 on the last page
			}
			path := fmt.Sprintf("/notebooks/%s/notes?page=%d", url.PathEscape(notebook), page)
			if err := c.do(ctx, http.MethodGet, path, nil, &answer); err != nil {
				return nil, err
			}
			for _, o := range answer.Notes {
				records = append(records, newNote(o))
			}
			page = answer.Next
		}
		return records, nil
	}
	a.parents = func(ctx context.Context) ([]string, error) { return env.InStep(ctx, NotebookModel) }
	return a, nil
}

func newNote(o object) record.Record {
	return record.New(NoteModel, o.id("id"), map[string]record.Value{
		"title": record.Text(o.text("title")), "text": record.Markdown(o.text("text")), "important": o.flag("important"),
		"due": o.day("due"), "archived": o.flag("archived"), "author": record.Text(o.text("author")), "changed": o.moment("changed"),
		"notebook": record.Ref(NotebookModel, o.id("notebook")),
	})
}

// parts are the client and the settings of an environment.
func parts(env *backend.Environment) (*client, *Settings, error) {
	c, ok := env.Client.(*client)
	s, fits := env.Config.Settings.(*Settings)
	if !ok || !fits {
		return nil, nil, fmt.Errorf("backend %s is not one of notes", env.Config.Name)
	}
	return c, s, nil
}
