package trello

import (
	"context"
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
	IDMembers        []string   `json:"idMembers"`
	Start            *time.Time `json:"start"`
	Due              *time.Time `json:"due"`
	DueComplete      bool       `json:"dueComplete"`
	ShortLink        string     `json:"shortLink"`
	ShortURL         string     `json:"shortUrl"`
	DateLastActivity *time.Time `json:"dateLastActivity"`
	Pos              float64    `json:"pos"`

	// What hangs on the card. These come only where they are asked for: the answer to a change lacks them.
	Checklists       []checklist  `json:"checklists"`
	Attachments      []attachment `json:"attachments"`
	CustomFieldItems []fieldItem  `json:"customFieldItems"`

	moreCard
}

const cardFields = "name,desc,closed,idBoard,idList,idLabels,idMembers,start,due,dueComplete,shortLink,shortUrl,dateLastActivity,pos"

func (*card) noun() string    { return "card" }
func (*card) asked() []string { return strings.Split(cardFields, ",") }

// inherit takes from what was known of the card what an answer left out.
func (c *card) inherit(known card) {
	if c.Checklists == nil {
		c.Checklists = known.Checklists
	}
	if c.Attachments == nil {
		c.Attachments = known.Attachments
	}
	if c.CustomFieldItems == nil {
		c.CustomFieldItems = known.CustomFieldItems
	}
}

// values are those of the card's own fields.
func (c *card) values() map[string]record.Value {
	labels := make([]record.Reference, len(c.IDLabels))
	for i, id := range c.IDLabels {
		labels[i] = record.Reference{Model: LabelModel, ID: id}
	}
	values := common(c.ID, map[string]record.Value{
		"name": record.Text(c.Name), "desc": record.Text(c.Desc), "closed": record.Bool(c.Closed),
		"idBoard": record.Ref(BoardModel, c.IDBoard), "idList": record.Ref(ListModel, c.IDList),
		"idLabels": record.RefSet(labels...), "idMembers": memberRefs(c.IDBoard, c.IDMembers),
		"start": instant(c.Start), "due": instant(c.Due), "dueComplete": record.Bool(c.DueComplete),
		"shortLink": record.Text(c.ShortLink), "shortUrl": record.Text(c.ShortURL), "dateLastActivity": instant(c.DateLastActivity), "pos": record.Float(c.Pos),
	})
	c.into(values)
	return values
}

func instant(t *time.Time) record.Value {
	if t == nil {
		return record.Null()
	}
	return record.Instant(*t)
}

// Cards is the adapter of cards. Prefix is the resource's path below the base URL, "cards".
func Cards(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		if err != nil {
			return nil, err
		}
		return &customAdapter{&cardAdapter{childAdapter{
			client: c, env: env, prefix: prefix, query: c.cardQuery, records: c.cardsOf, group: "idList",
			known:  func(boardID string) bool { return atHand(c, c.cards, boardID) },
			decode: c.decodeCard, whole: demandWhole,
			actions: "createCard,deleteCard",
			// POST /1/cards has no such parameter: the list says the board (Trello's API description)
			creation: func(values url.Values) { values.Del("idBoard") },
			forget:   func() {}, // each answer is kept
		}}}, nil
	}
}

// cardsOf are the records of all cards of a board, archived ones too.
func (c *Client) cardsOf(ctx context.Context, boardID string) (onBoard, error) {
	if err := c.define(ctx, boardID); err != nil {
		return onBoard{}, err
	}
	all, err := c.cardsOn(ctx, boardID)
	if err != nil {
		return onBoard{}, err
	}
	return allOf(all.many, func(k *card) string { return k.ID }, c.cardRecord), nil
}

// decodeCard makes a record of one answer, and keeps the card as it is now. After a failure nobody knows what was written, so all is
// asked again.
func (c *Client) decodeCard(ask func(into any) error) (record.Record, error) {
	var one card
	if err := ask(&one); err != nil {
		c.forgetCards()
		return c.cardRecord(&one), err
	}
	known, at, ok := c.lastCard(one.ID)
	if !ok || one.Checklists != nil {
		at = c.clock.Now()
	}
	one.inherit(known)
	c.keepCardOf(one, at)
	return c.cardRecord(&one), nil
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
			ids = append(ids, memberID(r.ID))
		}
		return strings.Join(ids, ",")
	default:
		return v.AsText()
	}
}
