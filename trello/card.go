package trello

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// card is Trello's own JSON, cut to what is mapped.
type card struct {
	ID               string     `json:"id"`
	Name             string     `json:"name"`
	Desc             string     `json:"desc"`
	Closed           bool       `json:"closed"`
	IDBoard          string     `json:"idBoard"`
	IDList           string     `json:"idList"`
	IDLabels         []string   `json:"idLabels"`
	Due              *time.Time `json:"due"`
	DateLastActivity *time.Time `json:"dateLastActivity"`
}

const cardFields = "name,desc,closed,idBoard,idList,idLabels,due,dateLastActivity"

func (c *card) record() record.Record {
	labels := make([]record.Reference, len(c.IDLabels))
	for i, id := range c.IDLabels {
		labels[i] = record.Reference{Model: LabelModel, ID: id}
	}
	return record.New(CardModel, c.ID, map[string]record.Value{
		"name": record.Text(c.Name), "desc": record.Text(c.Desc), "closed": record.Bool(c.Closed),
		"idBoard": record.Ref(BoardModel, c.IDBoard), "idList": record.Ref(ListModel, c.IDList),
		"idLabels": record.RefSet(labels...), "due": instant(c.Due), "dateLastActivity": instant(c.DateLastActivity),
	})
}

func instant(t *time.Time) record.Value {
	if t == nil {
		return record.Null()
	}
	return record.Instant(*t)
}

// cardAdapter reads, creates and changes cards.
type cardAdapter struct {
	client *Client
	env    *backend.Environment
	prefix string
}

// Cards is the adapter of cards. Prefix is the resource's path below the base URL, "cards".
func Cards(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &cardAdapter{c, env, prefix}, err
	}
}

// Refresh makes the next reading ask the server.
func (a *cardAdapter) Refresh() { a.client.Refresh() }

func (a *cardAdapter) List(ctx context.Context) (backend.Listing, error) {
	return a.client.listChildren(ctx, a.env, a.records)
}

// records are all cards of a board, archived ones too, in one request.
func (a *cardAdapter) records(ctx context.Context, boardID string) ([]record.Record, error) {
	cards, err := cached(a.client, a.client.cards, boardID, func() (cards []*card, err error) {
		err = a.client.get(ctx, "boards/"+url.PathEscape(boardID)+"/cards", url.Values{"filter": {"all"}, "fields": {cardFields}}, &cards)
		return cards, err
	})
	out := make([]record.Record, len(cards))
	for i, c := range cards {
		out[i] = c.record()
	}
	return out, err
}

func (a *cardAdapter) Siblings(ctx context.Context, parents []string) ([]record.Record, error) {
	return siblings(ctx, parents, a.records)
}

func (a *cardAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	known := func(board string) bool { return atHand(a.client, a.client.cards, board) }
	return readChildren(ctx, keys, known, a.records, func(ctx context.Context, id string) (record.Record, error) {
		var c card
		err := a.client.get(ctx, a.prefix+"/"+url.PathEscape(id), url.Values{"fields": {cardFields}}, &c)
		return c.record(), err
	})
}

func (a *cardAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	out := make([]backend.Result, 0, len(values))
	for _, v := range values {
		var c card
		values := form(v)
		values.Del("idBoard") // POST /1/cards has no such parameter: the list says the board (Trello's API description)
		err := a.client.send(ctx, http.MethodPost, a.prefix, values, &c)
		if stop := outage(err); stop != nil {
			return out, stop
		}
		out = append(out, backend.Result{Record: c.record(), Err: err})
	}
	clear(a.client.cards)
	return out, nil
}

func (a *cardAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	defer clear(a.client.cards)
	return updates(ctx, changes, func(ctx context.Context, ch backend.Change) (record.Record, error) {
		var c card
		err := a.client.send(ctx, http.MethodPut, a.prefix+"/"+url.PathEscape(ch.Key.ID), form(ch.Values), &c)
		return c.record(), err
	})
}

// listChildren lists what lives on the boards that are polled. A board that stopped answering is
// left out, so that nothing on it is taken for deleted.
func (c *Client) listChildren(
	ctx context.Context, env *backend.Environment, of func(context.Context, string) ([]record.Record, error),
) (backend.Listing, error) {
	var listing backend.Listing
	boards, err := c.openParents(ctx, env)
	if err != nil {
		return listing, err
	}
	for _, b := range boards {
		records, err := of(ctx, b.ID)
		if errors.Is(err, backend.ErrNotFound) {
			continue
		}
		if err != nil {
			return listing, err
		}
		listing.Records = append(listing.Records, records...)
		listing.Parents = append(listing.Parents, b.ID)
	}
	return listing, nil
}

func siblings(ctx context.Context, parents []string, of func(context.Context, string) ([]record.Record, error)) ([]record.Record, error) {
	var out []record.Record
	for _, p := range parents {
		records, err := of(ctx, p)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return nil, err
		}
		out = append(out, records...)
	}
	return out, nil
}

// readChildren reads records by their boards where several of one are asked for or where the board
// is at hand, one by one where there are few or where their board doesn't have them.
func readChildren(ctx context.Context, keys []backend.Key, atHand func(board string) bool, of func(context.Context, string) ([]record.Record, error),
	one func(context.Context, string) (record.Record, error),
) ([]backend.Result, error) {
	count := map[string]int{}
	for _, k := range keys {
		count[k.Parent]++
	}
	known := map[string]record.Record{}
	for _, k := range keys {
		if k.Parent == "" || count[k.Parent] == 0 || (count[k.Parent] == 1 && !atHand(k.Parent)) {
			continue
		}
		count[k.Parent] = 0 // read once
		records, err := of(ctx, k.Parent)
		if err != nil && !errors.Is(err, backend.ErrNotFound) {
			return nil, err
		}
		for _, r := range records {
			known[r.ID] = r
		}
	}
	return results(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		if r, ok := known[k.ID]; ok {
			return r, nil
		}
		return one(ctx, k.ID)
	})
}

// results reads each key. What concerns one record stays with it; an outage ends the call.
func results(ctx context.Context, keys []backend.Key, read func(context.Context, backend.Key) (record.Record, error)) ([]backend.Result, error) {
	out := make([]backend.Result, 0, len(keys))
	for _, k := range keys {
		r, err := read(ctx, k)
		if stop := outage(err); stop != nil {
			return out, stop
		}
		out = append(out, backend.Result{Record: r, Err: err})
	}
	return out, nil
}

func updates(ctx context.Context, changes []backend.Change, write func(context.Context, backend.Change) (record.Record, error)) ([]backend.Result, error) {
	out := make([]backend.Result, 0, len(changes))
	for _, ch := range changes {
		r, err := write(ctx, ch)
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

// form writes values as Trello's parameters: ids in a list by commas, a moment as ISO 8601 with
// milliseconds, nothing as an empty text (captures of Trello, POST /1/cards).
func form(values mapping.Values) url.Values {
	out := url.Values{}
	for name, v := range values {
		out.Set(name, parameter(v))
	}
	return out
}

func parameter(v record.Value) string {
	switch v.Kind() {
	case record.KindBool:
		return strconv.FormatBool(v.AsBool())
	case record.KindInstant:
		return v.AsTime().Format("2006-01-02T15:04:05.000Z")
	case record.KindRef, record.KindRefSet:
		var ids []string
		for _, r := range v.AsRefs() {
			ids = append(ids, r.ID)
		}
		return strings.Join(ids, ",")
	default:
		return v.AsText()
	}
}
