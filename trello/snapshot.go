package trello

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/transport"
)

// Two answers tell all of a board that is synchronized: the board with its lists, labels, members, custom fields and newest comments,
// and its cards with their checklists, attachments and values of custom fields. Whoever needs more of Trello's objects adds to what is
// asked here, so that a poll takes no request of its own.

// snapshot is an answer and when it came. Within a run an answer that is fresh enough is not asked
// for again: a list of a board's cards serves many jobs.
type snapshot[T any] struct {
	value T
	at    time.Time
}

// fresh is how long an answer is good enough to plan on. A person's edit within that time is seen
// by the next poll, as one made between any reading and writing.
const fresh = 10 * time.Second

// maxPage is the most that Trello gives at a time where it counts: labels, actions, pages of cards (Trello's API description, "limit").
const maxPage = 1000

// boardQuery asks for a board with what is on it but for its cards. Without a limit of their own only the first 50 labels would come
// (captures of Trello, boards/{id}/labels); a board cannot have more than 1,000.
func boardQuery() url.Values {
	limit := strconv.Itoa(maxPage)
	return url.Values{
		"fields": {boardFields + boardAddresses},
		"lists":  {"all"}, "list_fields": {listFields},
		"labels": {"all"}, "label_fields": {labelFields}, "labels_limit": {limit},
		"members": {"all"}, "member_fields": {memberFields},
		"customFields": {"true"},
		"actions":      {"commentCard"}, "actions_limit": {limit}, "action_fields": {"idMemberCreator,date,data"},
		"action_memberCreator_fields": {"username,fullName"},
	}
}

// attachmentFields are asked of every attachment.
const attachmentFields = "name,fileName,mimeType,url,bytes,date,pos,isUpload,idMember"

// cardQuery asks for cards with what hangs on them.
func (c *Client) cardQuery() url.Values {
	return url.Values{
		"fields": {c.cardFields}, "checklists": {"all"}, "customFieldItems": {"true"},
		"attachments": {"true"}, "attachment_fields": {attachmentFields},
	}
}

// fullBoard is a board with its lists, closed ones too, and all else that is on it but for the cards, in one request.
func (c *Client) fullBoard(ctx context.Context, id string) (*board, error) {
	return cached(c, c.boards, id, func() (*board, error) {
		var b board
		err := c.get(ctx, "boards/"+url.PathEscape(id), boardQuery(), &b)
		return &b, err
	})
}

// weight counts what is on the board.
func (b *board) weight() int {
	return len(b.Lists.all) + len(b.Labels.all) + len(b.Members.all) + len(b.CustomFields.all) + len(b.Comments.all)
}

// cards are the cards of one board as they were last read or written.
type cards struct {
	many[card]
	index map[string]int // into all, by id
}

// weight counts the cards and what hangs on them.
func (k *cards) weight() int {
	n := len(k.all)
	for i := range k.all {
		n += len(k.all[i].Attachments) + len(k.all[i].CustomFieldItems)
		for _, l := range k.all[i].Checklists {
			n += 1 + len(l.CheckItems)
		}
	}
	return n
}

func newCards(of many[wholeCard]) *cards {
	k := &cards{many: many[card]{all: make([]card, len(of.all)), bad: of.bad}}
	for i := range of.all {
		k.all[i] = card(of.all[i])
	}
	k.reindex()
	return k
}

func (k *cards) reindex() {
	k.index = make(map[string]int, len(k.all))
	for i := range k.all {
		k.index[k.all[i].ID] = i
	}
}

// keep puts a card as it is now in the place of what was known of it.
func (k *cards) keep(one card) {
	if i, there := k.index[one.ID]; there {
		k.all[i] = one
		return
	}
	k.index[one.ID] = len(k.all)
	k.all = append(k.all, one)
}

func (k *cards) remove(id string) {
	if i, there := k.index[id]; there {
		k.all = slices.Delete(slices.Clone(k.all), i, i+1)
		k.reindex()
	}
}

// cardsOn are all cards of a board, archived ones too, in one request, or in pages where they are too many for one.
func (c *Client) cardsOn(ctx context.Context, boardID string) (*cards, error) {
	return cached(c, c.cards, boardID, func() (*cards, error) {
		all, err := c.readCards(ctx, boardID)
		return newCards(all), err
	})
}

// knownCard is a card with what hangs on it as it was read lately, or while imports read, at any time in this run.
func (c *Client) knownCard(id string) (known card, ok bool) {
	known, at, ok := c.lastCard(id)
	return known, ok && (c.asListed || c.clock.Now().Sub(at) < fresh)
}

// lastCard is a card as it was last read or written, and when what hangs on it was read.
func (c *Client) lastCard(id string) (known card, at time.Time, ok bool) {
	if one, there := c.loose[id]; there {
		known, at, ok = one.value, one.at, true
	}
	for _, on := range c.cards {
		if i, there := on.value.index[id]; there && !on.at.Before(at) {
			known, at, ok = on.value.all[i], on.at, true
		}
	}
	return known, at, ok
}

// keepCard notes a card as it was read now, so that nobody need ask for all of its board again.
func (c *Client) keepCard(one card) { c.keepCardOf(one, c.clock.Now()) }

// keepCardOf notes a card of which what hangs on it was read at that time.
func (c *Client) keepCardOf(one card, at time.Time) {
	for boardID, on := range c.cards {
		if boardID == one.IDBoard {
			on.value.keep(one)
		} else {
			on.value.remove(one.ID)
		}
	}
	if on, there := c.cards[one.IDBoard]; there && !at.After(on.at) {
		delete(c.loose, one.ID) // its board's answer holds it
		return
	}
	c.loose[one.ID] = snapshot[card]{value: one, at: at}
}

// amendCard changes what is known of a card, if anything is.
func (c *Client) amendCard(id string, change func(*card)) {
	if known, at, ok := c.lastCard(id); ok {
		change(&known)
		c.keepCardOf(known, at)
	}
}

// wholeCard is a card as a listing gives it, with what hangs on it: a checklist that did not come is not one that was deleted. Values of
// custom fields are not demanded, since a board may have none.
type wholeCard card

// compact gives back what decoding set aside and did not need: thousands of cards are kept through a run.
func (k *wholeCard) compact() {
	k.IDLabels, k.IDMembers = fitted(k.IDLabels), fitted(k.IDMembers)
	k.Checklists, k.Attachments, k.CustomFieldItems = fitted(k.Checklists), fitted(k.Attachments), fitted(k.CustomFieldItems)
	for l := range k.Checklists {
		list := &k.Checklists[l]
		list.CheckItems = fitted(list.CheckItems)
		if list.IDCard == k.ID {
			list.IDCard = k.ID // the same text, once
		}
		for i := range list.CheckItems {
			list.CheckItems[i].compact(list.ID)
		}
	}
}

// compact shares the texts that many items have.
func (i *checkItem) compact(listID string) {
	if i.IDChecklist == listID {
		i.IDChecklist = listID
	}
	switch i.State {
	case complete:
		i.State = complete
	case incomplete:
		i.State = incomplete
	}
}

// fitted is a slice without room for more; nil stays nil.
func fitted[T any](all []T) []T {
	if cap(all) == len(all) {
		return all
	}
	return append(make([]T, 0, len(all)), all...)
}

func (*wholeCard) noun() string    { return "card" }
func (*wholeCard) asked() []string { return append((*card)(nil).asked(), "checklists", "attachments") }

// demandWhole makes a card that is read alone a whole one.
func demandWhole(into any) any {
	if one, ok := into.(*card); ok {
		return (*wholeCard)(one)
	}
	return into
}

func (c *Client) readCards(ctx context.Context, boardID string) (many[wholeCard], error) {
	if size := c.paged[boardID]; size > 0 {
		return c.pageCards(ctx, boardID, size)
	}
	var all many[wholeCard]
	err := c.get(ctx, cardsPath(boardID), withValues(c.cardQuery(), "filter", "all"), &all)
	if tooMany(err) {
		return c.pageCards(ctx, boardID, maxPage)
	}
	return all, err
}

func cardsPath(boardID string) string { return "boards/" + url.PathEscape(boardID) + "/cards" }

func withValues(query url.Values, pairs ...string) url.Values {
	for i := 0; i+1 < len(pairs); i += 2 {
		query.Set(pairs[i], pairs[i+1])
	}
	return query
}

// leastPage is the smallest page of cards that is asked for.
const leastPage = 50

// pageCards reads a board's cards in pages, the newest first: Trello picks the newest `limit` cards before a card's id or date, and gives
// them in the board's order (seen in recordings). Pages that are still too many are halved; the size is remembered.
func (c *Client) pageCards(ctx context.Context, boardID string, size int) (many[wholeCard], error) {
	p := cardPages{seen: map[string]bool{}}
	for {
		query := withValues(c.cardQuery(), "filter", "all", "limit", strconv.Itoa(size))
		if p.before != "" {
			query.Set("before", p.before)
		}
		var page many[wholeCard]
		err := c.get(ctx, cardsPath(boardID), query, &page)
		if tooMany(err) && size > leastPage {
			size = max(leastPage, size/2)
			continue
		}
		if err != nil {
			return p.many, err
		}
		c.paged[boardID] = size
		if more, err := p.add(page, size); !more {
			return p.many, err
		}
	}
}

// cardPages are the cards of the pages so far.
type cardPages struct {
	many[wholeCard]
	seen   map[string]bool // by id
	oldest string          // the least id
	before string          // where the next page ends
}

// add takes from a page what was not seen yet, and says whether to ask for another. The next page begins with the second in which the
// oldest card was made, whose cards may be in both: Trello may take an id for the moment that it holds, in whole seconds. Only where that
// brings nothing new is the id itself what counts.
func (p *cardPages) add(page many[wholeCard], size int) (more bool, err error) {
	before := len(p.seen)
	for i := range page.all {
		if p.isNew(page.all[i].ID) {
			p.all = append(p.all, page.all[i])
		}
	}
	for _, b := range page.bad {
		if p.isNew(b.ID) {
			p.bad = append(p.bad, b)
		}
	}
	switch {
	case len(page.all)+len(page.bad) < size:
		return false, nil
	case len(p.seen) > before:
		p.before = nextSecond(p.oldest)
		return true, nil
	case p.before == p.oldest:
		return false, errors.New("the same page of cards comes again and again, since too many cards were made at one moment; " +
			"delete archived ones that nobody needs")
	default:
		p.before = p.oldest
		return true, nil
	}
}

func (p *cardPages) isNew(id string) bool {
	if p.oldest == "" || id < p.oldest {
		p.oldest = id
	}
	if p.seen[id] {
		return false
	}
	p.seen[id] = true
	return true
}

// nextSecond is the least id of the second after the one in which an id was made, which its first eight digits tell.
func nextSecond(id string) string {
	seconds, err := strconv.ParseUint(id[:min(8, len(id))], 16, 32)
	if err != nil {
		return id
	}
	return fmt.Sprintf("%08x%016d", seconds+1, 0)
}

// tooMany says that Trello gives the cards only in smaller pieces: its own refusal, which is a 403 (as clients report it; Trello's guide
// to rate limits, "Response Size Limits"), or an answer that we do not take.
func tooMany(err error) bool {
	var e *transport.Error
	if !errors.As(err, &e) {
		return false
	}
	refused := e.Status == http.StatusForbidden || e.Status == http.StatusRequestEntityTooLarge || e.Status == http.StatusTooManyRequests
	return e.Kind == transport.TooLarge || refused && strings.Contains(bodyOf(e), "API_TOO_MANY_CARDS_REQUESTED")
}

func bodyOf(e *transport.Error) string {
	if e.Response == nil {
		return ""
	}
	return string(e.Response.Body)
}
