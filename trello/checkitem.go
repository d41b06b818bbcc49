package trello

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

// The states of a check item (captures/checklist_can_update_the_item_state).
const (
	complete   = "complete"
	incomplete = "incomplete"
)

// checkItemAdapter reads, changes and creates check items. They come with their cards.
type checkItemAdapter struct {
	client *Client
	env    *backend.Environment
	prefix string // the path of cards below the base URL
	lists  string // the path of checklists below the base URL
}

// CheckItems is the adapter of check items. Cards and checklists are the paths of these resources below the base URL, "cards" and
// "checklists".
func CheckItems(cards, checklists string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &checkItemAdapter{c, env, cards, checklists}, err
	}
}

// Refresh makes the next reading ask the server.
func (a *checkItemAdapter) Refresh() { a.client.Refresh() }

// List lists the check items of the bound cards on the boards that are polled. A card whose task was deleted in Odoo is left out, and one
// that is not bound yet: its items follow it. Of a card that was deleted outside all items are missing.
func (a *checkItemAdapter) List(ctx context.Context) (backend.Listing, error) {
	return allParts(func(part func(backend.Listing) error) error { return a.ListParts(ctx, part) })
}

// ListParts lists so, some hundreds of records at a time.
func (a *checkItemAdapter) ListParts(ctx context.Context, part func(backend.Listing) error) error {
	end := a.client.byListing()
	defer end()
	boards, err := a.client.listedParents(ctx, a.env)
	if err != nil {
		return err
	}
	bound, err := a.env.Binder.Briefs(ctx, CardModel)
	if err != nil {
		return err
	}
	on := map[string][]string{} // by board
	for _, b := range bound {
		if b.Bound() && !b.OdooGone && !b.Retired {
			on[b.Parent] = append(on[b.Parent], b.ExternalID)
		}
	}
	return inParts(part, func(p *parts) error {
		return answering(boards, func(b *board) error { return a.listBoard(ctx, b.ID, on[b.ID], p) })
	})
}

func (a *checkItemAdapter) listBoard(ctx context.Context, boardID string, bound []string, p *parts) error {
	cards, err := a.client.cardsOn(ctx, boardID)
	if err != nil {
		return err
	}
	for _, id := range bound {
		var items []record.Record
		if i, there := cards.index[id]; there {
			items = cards.all[i].checkItems()
		}
		p.Parents = append(p.Parents, id)
		if err := p.add(items...); err != nil {
			return err
		}
	}
	return nil
}

// ListUnbound lists the check items of cards that are not bound yet.
func (a *checkItemAdapter) ListUnbound(ctx context.Context, cards []string) ([]record.Record, error) {
	end := a.client.byListing()
	defer end()
	return a.Siblings(ctx, cards)
}

// Siblings lists the check items of cards; one that is gone has none.
func (a *checkItemAdapter) Siblings(ctx context.Context, parents []string) ([]record.Record, error) {
	cards, errs, err := a.cards(ctx, parents)
	if err != nil {
		return nil, err
	}
	var out []record.Record
	for _, id := range parents {
		if errs[id] != nil && !noAnswer(errs[id]) {
			return nil, errs[id]
		}
		if k, there := cards[id]; there {
			out = append(out, k.checkItems()...)
		}
	}
	return out, nil
}

// Read reads check items by their cards.
func (a *checkItemAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	parents := make([]string, 0, len(keys))
	for _, k := range keys {
		if !slices.Contains(parents, k.Parent) {
			parents = append(parents, k.Parent)
		}
	}
	cards, errs, err := a.cards(ctx, parents)
	if err != nil {
		return nil, err
	}
	found := map[string]record.Record{}
	for _, k := range cards {
		for _, r := range k.checkItems() {
			found[r.ID] = r
		}
	}
	return each(ctx, keys, func(_ context.Context, k backend.Key) (record.Record, error) {
		if r, there := found[k.ID]; there {
			return r, nil
		}
		if err := errs[k.Parent]; err != nil {
			return record.Record{}, err
		}
		return record.Record{}, fmt.Errorf("the check item %s is on no checklist of its card: %w", k.ID, backend.ErrNotFound)
	})
}

// ReadListed reads check items as they were listed.
func (a *checkItemAdapter) ReadListed(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	end := a.client.byListing()
	defer end()
	return a.Read(ctx, keys)
}

// cards finds cards by their ids: what is at hand, by their boards where several of one board are wanted, one by one what is left. The
// errors are by card.
func (a *checkItemAdapter) cards(ctx context.Context, ids []string) (found map[string]card, errs map[string]error, err error) {
	found, errs = map[string]card{}, map[string]error{}
	var left []string
	for _, id := range ids {
		if k, known := a.client.knownCard(id); known && k.Checklists != nil {
			found[id] = k
		} else {
			left = append(left, id)
		}
	}
	if err := a.byBoard(ctx, left, found); err != nil {
		return nil, nil, err
	}
	for _, id := range left {
		if _, there := found[id]; there {
			continue
		}
		k, err := a.client.singleCard(ctx, id)
		if stop := outage(err); stop != nil {
			return nil, nil, stop
		}
		if err != nil {
			errs[id] = err
			continue
		}
		found[id] = k
	}
	return found, errs, nil
}

func (a *checkItemAdapter) byBoard(ctx context.Context, ids []string, found map[string]card) error {
	bound, err := a.env.Binder.Lean().ByExternal(ctx, CardModel, ids)
	if err != nil {
		return err
	}
	count := map[string]int{}
	for _, b := range bound {
		count[b.Parent]++
	}
	for _, board := range slices.Sorted(maps.Keys(count)) {
		if board == "" || count[board] == 1 {
			continue
		}
		cards, err := a.client.cardsOn(ctx, board)
		if err != nil && !noAnswer(err) {
			return err
		}
		for _, id := range ids {
			if err != nil || bound[id].Parent != board {
				continue
			}
			if i, there := cards.index[id]; there {
				found[id] = cards.all[i]
			}
		}
	}
	return nil
}

// singleCard is one card with all that hangs on it.
func (c *Client) singleCard(ctx context.Context, id string) (card, error) {
	var one card
	if err := c.get(ctx, "cards/"+url.PathEscape(id), c.cardQuery(), &one); err != nil {
		return one, err
	}
	c.keepCard(one)
	return one, nil
}

// Update sends the changed fields of each item and gives it as it is afterwards.
func (a *checkItemAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	return each(ctx, changes, func(ctx context.Context, ch backend.Change) (record.Record, error) {
		return a.change(ctx, ch.Key, form(ch.Values))
	})
}

func (a *checkItemAdapter) change(ctx context.Context, key backend.Key, values url.Values) (record.Record, error) {
	path := a.prefix + "/" + url.PathEscape(key.Parent) + "/checkItem/" + url.PathEscape(key.ID)
	var item checkItem
	if err := a.client.send(ctx, http.MethodPut, path, values, &item); err != nil {
		a.client.forgetCards()
		return record.Record{}, err
	}
	return a.take(ctx, key.Parent, item)
}

// take puts what the server answered of an item into its card, and gives its record.
func (a *checkItemAdapter) take(ctx context.Context, cardID string, item checkItem) (record.Record, error) {
	cards, errs, err := a.cards(ctx, []string{cardID})
	if err := cmp.Or(err, errs[cardID]); err != nil {
		return record.Record{}, err
	}
	k := cards[cardID].with(item)
	a.client.keepCard(k)
	for _, r := range k.checkItems() {
		if r.ID == item.ID {
			return r, nil
		}
	}
	return record.Record{}, fmt.Errorf("the checklist of check item %s is not on its card: %w", item.ID, backend.ErrNotFound)
}

// Create adds items to checklists: each to that of the last item on its card, or, where the card has none, to the one that is called
// "Checklist", which is made if it is not there.
func (a *checkItemAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	return each(ctx, values, func(ctx context.Context, v mapping.Values) (record.Record, error) {
		ref, _ := v["idCard"].AsRef()
		list, err := a.home(ctx, ref.ID, v)
		if err != nil {
			return record.Record{}, err
		}
		form := form(v)
		form.Del("idCard")
		form.Del("state") // POST takes checked in its place (captures/checklist_can_add_an_item)
		form.Set("checked", strconv.FormatBool(v["state"].AsText() == complete))
		var item checkItem
		if err := a.client.send(ctx, http.MethodPost, a.lists+"/"+url.PathEscape(list)+"/checkItems", form, &item); err != nil {
			a.client.forgetCards()
			return record.Record{}, err
		}
		return a.take(ctx, ref.ID, item)
	})
}

// defaultChecklist is the name of the checklist that a sub-task without siblings goes to.
const defaultChecklist = "Checklist"

// home is the id of the checklist that a new item of a card goes to.
func (a *checkItemAdapter) home(ctx context.Context, cardID string, v mapping.Values) (string, error) {
	cards, errs, err := a.cards(ctx, []string{cardID})
	if err := cmp.Or(err, errs[cardID]); err != nil {
		return "", err
	}
	k := cards[cardID]
	if l := k.home(); l != nil {
		return l.ID, nil
	}
	if err := a.checklistMayCome(ctx, cardID, v); err != nil {
		return "", err
	}
	made := checklist{CheckItems: []checkItem{}}
	form := url.Values{"idCard": {cardID}, "name": {defaultChecklist}}
	if err := a.client.send(ctx, http.MethodPost, a.lists, form, &made); err != nil {
		a.client.forgetCards()
		return "", err
	}
	k.Checklists = append(slices.Clone(k.Checklists), made)
	a.client.keepCard(k)
	return made.ID, nil
}

// lateChecklist is how long the request for a checklist may be on its way: longer than any request takes.
const lateChecklist = 2 * time.Minute

// checklistMayCome refuses to make a checklist while the unanswered creation of an item before this one may still make it: this one waits
// as if its own request had not been answered.
func (a *checkItemAdapter) checklistMayCome(ctx context.Context, cardID string, v mapping.Values) error {
	open, err := a.env.Binder.Unsettled(ctx, CheckItemModel)
	if err != nil {
		return err
	}
	for _, b := range open { // in the order in which they were intended
		switch {
		case b.Intent != binding.Export || b.Sent.Parent != cardID || a.env.Clock.Now().After(b.IntentAt.Add(lateChecklist)):
		case maps.EqualFunc(b.Sent.Values, v, record.Value.Equal):
			return nil // it is this one's turn
		default:
			return &transport.Error{
				System: "Trello", Op: "POST /" + a.lists, Kind: transport.Dropped, OutcomeUnknown: true,
				Text: "an earlier request for the checklist has no answer yet",
			}
		}
	}
	return nil
}
