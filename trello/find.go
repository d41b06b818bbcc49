package trello

import (
	"context"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/record"
)

// action is a line of a feed: who did what to which board, list or card, which it names as it was then (captures/trello/can_get_actions:
// a list that was renamed since has its old name).
type action struct {
	Type            string `json:"type"`
	IDMemberCreator string `json:"idMemberCreator"`
	Data            struct {
		Board acted `json:"board"`
		List  acted `json:"list"`
		Card  acted `json:"card"`
	} `json:"data"`
}

type acted struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// subject is what the action made or deleted.
func (a action) subject() acted {
	switch a.Type {
	case "createBoard":
		return a.Data.Board
	case "createList":
		return a.Data.List
	default:
		return a.Data.Card
	}
}

// feed are the actions of the kinds, by anybody, in a feed since the moment: the newest 1,000 (Trello's limit).
func (c *Client) feed(ctx context.Context, of, kinds string, since time.Time) (all []action, err error) {
	err = c.get(ctx, of+"/actions", url.Values{
		"filter": {kinds}, "since": {since.UTC().Format("2006-01-02T15:04:05.000Z")}, "limit": {"1000"},
		"fields": {"type,idMemberCreator,data"}, "memberCreator": {"false"}, "member": {"false"},
	}, &all)
	return all, err
}

// tracer is whose traces are looked for.
type tracer struct {
	adapter backend.Adapter
	env     *backend.Environment
}

// traces are what the feed knows of: what our own member made by the name that was sent, and what was made since and deleted
// again, of which the feed has neither name nor maker any more (captures/trello/can_get_actions_of_board).
func (c *Client) traces(ctx context.Context, of tracer, feed, kinds string, s backend.Sought) ([]backend.Trace, error) {
	me, err := c.me(ctx, of.env)
	if err != nil {
		return nil, err
	}
	all, err := c.feed(ctx, feed, kinds, s.Since)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSpace(s.Values["name"].AsText())
	var out []backend.Trace
	for _, a := range all {
		made := a.subject()
		switch {
		case strings.HasPrefix(a.Type, "delete"):
			if !madeAt(made.ID).Before(s.Since) {
				out = append(out, backend.Trace{Record: record.New("", made.ID, nil), Gone: true})
			}
		case a.IDMemberCreator == me && strings.TrimSpace(made.Name) == name:
			r, err := readOne(ctx, of.adapter, made.ID)
			if err != nil && !errors.Is(err, backend.ErrNotFound) {
				return nil, err
			}
			if err != nil {
				r = record.New("", made.ID, nil)
			}
			out = append(out, backend.Trace{Record: r, Gone: err != nil})
		}
	}
	return out, nil
}

// madeAt is when a thing was made: its id begins with the second (facts of Trello's ids, as other connectors use them). The zero
// time for what is no id.
func madeAt(id string) time.Time {
	seconds, err := strconv.ParseInt(id[:min(8, len(id))], 16, 64)
	if err != nil {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// Find implements backend.Finder by the feed of the board, for what has actions there. Labels have none.
func (a *childAdapter) Find(ctx context.Context, s backend.Sought) ([]backend.Trace, error) {
	if a.actions == "" {
		return nil, nil
	}
	traces, err := a.client.traces(ctx, tracer{a, a.env}, "boards/"+url.PathEscape(s.Parent), a.actions, s)
	if noAnswer(err) {
		return nil, nil
	}
	return traces, err
}

// Find implements backend.Finder by the member's own feed.
func (a *boardAdapter) Find(ctx context.Context, s backend.Sought) ([]backend.Trace, error) {
	return a.client.traces(ctx, tracer{a, a.env}, "members/me", "createBoard", s)
}

func readOne(ctx context.Context, a backend.Adapter, id string) (record.Record, error) {
	results, err := a.Read(ctx, []backend.Key{{ID: id}})
	if err != nil {
		return record.Record{}, err
	}
	return results[0].Record, results[0].Err
}
