package trello

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

// membersParameter is the set of a card's members, in the values of a change and in Trello's parameters.
const membersParameter = "idMembers"

// cardAdapter is a childAdapter for records with members. Trello refuses a change as a whole where one member of it
// is not on the board, as somebody may be who left it a moment ago: then the rest goes, and the members one by
// one, and those who were refused are told.
type cardAdapter struct{ childAdapter }

// Update sends the changed fields of each card.
func (a *cardAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	out, err := a.childAdapter.Update(ctx, changes)
	for i := range out {
		if members, ok := changes[i].Values[membersParameter]; ok && refused(out[i].Err) {
			rest := withoutMembers(changes[i].Values)
			out[i] = a.apart(ctx, members, func() ([]backend.Result, error) {
				if len(rest) == 0 {
					return a.Read(ctx, []backend.Key{{ID: changes[i].Key.ID}})
				}
				return a.childAdapter.Update(ctx, []backend.Change{{Key: changes[i].Key, Values: rest}})
			})
		}
	}
	return out, err
}

// Create makes cards one by one.
func (a *cardAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	out, err := a.childAdapter.Create(ctx, values)
	for i := range out {
		if members, ok := values[i][membersParameter]; ok && refused(out[i].Err) {
			out[i] = a.apart(ctx, members, func() ([]backend.Result, error) {
				return a.childAdapter.Create(ctx, []mapping.Values{withoutMembers(values[i])})
			})
		}
	}
	return out, err
}

// refused says that Trello did not take a request for what is in it. It says 400 to a member who is not on the board
// ("invalid value for idMembers"); what else it may say is not known, so every refusal of one record counts.
func refused(err error) bool {
	var e *transport.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == http.StatusBadRequest || e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden
}

func withoutMembers(values mapping.Values) mapping.Values {
	rest := maps.Clone(values)
	delete(rest, membersParameter)
	return rest
}

// apart writes a card without its members and then the members one by one. An outage is given back as the
// record's error; the rest of it is a change that the next run brings.
func (a *cardAdapter) apart(ctx context.Context, members record.Value, write func() ([]backend.Result, error)) backend.Result {
	written, err := write()
	if err == nil {
		err = written[0].Err
	}
	if err != nil {
		return backend.Result{Err: err}
	}
	card := written[0].Record
	without, err := a.setMembers(ctx, card, members)
	if err != nil {
		return backend.Result{Err: err}
	}
	card, err = a.decode(func(into any) error {
		return a.client.get(ctx, a.prefix+"/"+url.PathEscape(card.ID), a.query(), into)
	})
	return backend.Result{Record: card, Err: err, Note: withoutNote(without)}
}

// setMembers puts the members on a card and takes others off, and gives how many were refused.
func (a *cardAdapter) setMembers(ctx context.Context, card record.Record, members record.Value) (without int, err error) {
	has, wants := membersOf(card.Value(membersParameter)), membersOf(members)
	path := a.prefix + "/" + url.PathEscape(card.ID) + "/" + membersParameter
	for _, id := range wants {
		if slices.Contains(has, id) {
			continue
		}
		switch err := a.client.send(ctx, http.MethodPost, path, url.Values{"value": {id}}, new(any)); {
		case refused(err):
			without++
		case err != nil:
			return without, err
		}
	}
	for _, id := range has {
		if slices.Contains(wants, id) {
			continue
		}
		if err := a.client.send(ctx, http.MethodDelete, path+"/"+url.PathEscape(id), nil, new(any)); err != nil && !refused(err) {
			return without, err
		}
	}
	return without, nil
}

// membersOf are the ids of the members in a set of references.
func membersOf(set record.Value) []string {
	var ids []string
	for _, r := range set.AsRefs() {
		ids = append(ids, memberID(r.ID))
	}
	return ids
}

func withoutNote(n int) string {
	switch n {
	case 0:
		return ""
	case 1:
		return "one member was not taken, who seems not to be on the board any more"
	default:
		return fmt.Sprintf("%d members were not taken, who seem not to be on the board any more", n)
	}
}
