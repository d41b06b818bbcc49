package trello

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// childAdapter reads and changes one sort of what lives on boards: lists, labels, cards.
type childAdapter struct {
	client *Client
	env    *backend.Environment
	prefix string            // the resource's path below the base URL
	query  func() url.Values // what is asked of a single one
	group  string            // the field with what their order is within, where they have one
	// records are all of a board; known says that they are at hand without a request.
	records func(ctx context.Context, boardID string) (onBoard, error)
	known   func(boardID string) bool
	// decode makes a record of one answer, which ask fills in.
	decode func(ask func(into any) error) (record.Record, error)
	// whole makes of what a reading fills in what demands all that is asked for; nil leaves it as it is.
	whole func(into any) any
	// creation adjusts the form of a POST; nil leaves it as it is.
	creation func(url.Values)
	// actions are the kinds of actions that tell of its making and deleting; "" for none.
	actions string
	// forget drops what was read, after a change.
	forget func()
}

// noAnswer reports that a board is gone or may not be read: nothing is known of what lives on it.
func noAnswer(err error) bool {
	var permission *PermissionError
	return errors.Is(err, backend.ErrNotFound) || errors.As(err, &permission)
}

// onBoard are the records of one sort on a board, and what is there and cannot be read. A record is made when it is wanted.
type onBoard struct {
	count      int
	id         func(i int) string
	record     func(i int) record.Record
	unreadable []*UnreadableError
}

// allOf are the records of Trello's own JSON objects.
func allOf[T any](objects many[T], id func(*T) string, of func(*T) record.Record) onBoard {
	return onBoard{
		count:      len(objects.all),
		id:         func(i int) string { return id(&objects.all[i]) },
		record:     func(i int) record.Record { return of(&objects.all[i]) },
		unreadable: objects.bad,
	}
}

// records are all of them.
func (o onBoard) records() []record.Record {
	out := make([]record.Record, o.count)
	for i := range out {
		out[i] = o.record(i)
	}
	return out
}

// decodes makes a childAdapter's decode for one sort of object.
func decodes[T any](of func(*T) record.Record) func(ask func(into any) error) (record.Record, error) {
	return func(ask func(into any) error) (record.Record, error) {
		var one T
		err := ask(&one)
		return of(&one), err
	}
}

// Refresh makes the next reading ask the server.
func (a *childAdapter) Refresh() { a.client.Refresh() }

// List lists what lives on the boards that are polled. A board that stopped answering is left out,
// so that nothing on it is taken for deleted.
func (a *childAdapter) List(ctx context.Context) (backend.Listing, error) {
	return allParts(func(part func(backend.Listing) error) error { return a.ListParts(ctx, part) })
}

// ListParts lists so, some hundreds of records at a time.
func (a *childAdapter) ListParts(ctx context.Context, part func(backend.Listing) error) error {
	end := a.client.byListing()
	defer end()
	boards, err := a.client.listedParents(ctx, a.env)
	if err != nil {
		return err
	}
	return inParts(part, func(p *parts) error {
		return answering(boards, func(b *board) error { return a.listBoard(ctx, b.ID, p) })
	})
}

func (a *childAdapter) listBoard(ctx context.Context, boardID string, p *parts) error {
	all, err := a.records(ctx, boardID)
	if err != nil {
		return err
	}
	for i := range all.count {
		if err := p.add(all.record(i)); err != nil {
			return err
		}
	}
	for _, bad := range all.unreadable {
		p.Unreadable = append(p.Unreadable, backend.Key{ID: bad.ID, Parent: boardID})
	}
	p.Parents = append(p.Parents, boardID)
	return nil
}

// Siblings lists what lives on the given boards; one that is gone has nothing.
func (a *childAdapter) Siblings(ctx context.Context, parents []string) ([]record.Record, error) {
	var out []record.Record
	for _, p := range parents {
		all, err := a.records(ctx, p)
		if err != nil && !noAnswer(err) {
			return nil, err
		}
		out = append(out, all.records()...)
	}
	return out, nil
}

// Read reads records by their boards where several of one are asked for or where the board is at
// hand, one by one where there are few or where their board doesn't have them.
func (a *childAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	found, err := a.byBoard(ctx, keys)
	if err != nil {
		return nil, err
	}
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		if r, ok := found[k.ID]; ok {
			return r, nil
		}
		return a.decode(func(into any) error {
			return a.client.get(ctx, a.prefix+"/"+url.PathEscape(k.ID), a.query(), a.asked(into))
		})
	})
}

func (a *childAdapter) asked(into any) any {
	if a.whole == nil {
		return into
	}
	return a.whole(into)
}

// ReadListed reads records as they were listed.
func (a *childAdapter) ReadListed(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	end := a.client.byListing()
	defer end()
	return a.Read(ctx, keys)
}

func (a *childAdapter) byBoard(ctx context.Context, keys []backend.Key) (map[string]record.Record, error) {
	count, wanted := map[string]int{}, map[string]bool{}
	for _, k := range keys {
		count[k.Parent]++
		wanted[k.ID] = true
	}
	found := map[string]record.Record{}
	for _, k := range keys {
		if k.Parent == "" || count[k.Parent] == 0 || (count[k.Parent] == 1 && !a.known(k.Parent)) {
			continue
		}
		count[k.Parent] = 0 // read once
		all, err := a.records(ctx, k.Parent)
		if err != nil && !noAnswer(err) {
			return nil, err
		}
		for i := range all.count {
			if id := all.id(i); wanted[id] {
				found[id] = all.record(i)
			}
		}
	}
	return found, nil
}

// Update sends the changed fields of each record and gives it as it is afterwards.
func (a *childAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	defer a.forget()
	return each(ctx, changes, func(ctx context.Context, ch backend.Change) (record.Record, error) {
		return a.decode(func(into any) error {
			return a.client.send(ctx, http.MethodPut, a.prefix+"/"+url.PathEscape(ch.Key.ID), form(ch.Values), into)
		})
	})
}

// Create makes records one by one and gives them as they are afterwards.
func (a *childAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	defer a.forget()
	return each(ctx, values, func(ctx context.Context, v mapping.Values) (record.Record, error) {
		values := form(v)
		if a.creation != nil {
			a.creation(values)
		}
		return a.decode(func(into any) error { return a.client.send(ctx, http.MethodPost, a.prefix, values, into) })
	})
}

// each does something for one record after the other. What concerns one record stays with it; an
// outage ends the call.
func each[T any](ctx context.Context, all []T, do func(context.Context, T) (record.Record, error)) ([]backend.Result, error) {
	out := make([]backend.Result, 0, len(all))
	for _, one := range all {
		r, err := do(ctx, one)
		if stop := outage(err); stop != nil {
			return out, stop
		}
		out = append(out, backend.Result{Record: r, Err: err})
	}
	return out, nil
}

// outage gives the error back if it is the server's as a whole.
func outage(err error) error {
	var o interface{ Outage() bool }
	if errors.As(err, &o) && o.Outage() {
		return err
	}
	return nil
}
