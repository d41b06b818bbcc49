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

// cards are the cards of one board as they were last read or written.
type cards struct {
	many[card]
	index map[string]int // into all, by id
}

func newCards(of many[card]) *cards {
	k := &cards{many: of}
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

// knownCard is a card as it was last read or written, if that was lately.
func (c *Client) knownCard(id string) (known card, ok bool) {
	for boardID, on := range c.cards {
		if i, there := on.value.index[id]; there && atHand(c, c.cards, boardID) {
			return on.value.all[i], true
		}
	}
	known, ok = c.loose[id]
	return known, ok
}

// keepCard notes a card as it is now, so that nobody need ask for all of its board again.
func (c *Client) keepCard(one card) {
	for boardID, on := range c.cards {
		if boardID != one.IDBoard {
			on.value.remove(one.ID)
		}
	}
	if on := c.cards[one.IDBoard]; atHand(c, c.cards, one.IDBoard) {
		on.value.keep(one)
		return
	}
	c.loose[one.ID] = one
}

func (c *Client) readCards(ctx context.Context, boardID string) (many[card], error) {
	if size := c.paged[boardID]; size > 0 {
		return c.pageCards(ctx, boardID, size)
	}
	var all many[card]
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
func (c *Client) pageCards(ctx context.Context, boardID string, size int) (many[card], error) {
	p := cardPages{seen: map[string]bool{}}
	for {
		query := withValues(c.cardQuery(), "filter", "all", "limit", strconv.Itoa(size))
		if p.before != "" {
			query.Set("before", p.before)
		}
		var page many[card]
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
	many[card]
	seen   map[string]bool // by id
	oldest string          // the least id
	before string          // where the next page ends
}

// add takes from a page what was not seen yet, and says whether to ask for another. The next page begins with the second in which the
// oldest card was made, whose cards may be in both: Trello may take an id for the moment that it holds, in whole seconds. Only where that
// brings nothing new is the id itself what counts.
func (p *cardPages) add(page many[card], size int) (more bool, err error) {
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
