package trello

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/record"
)

// customPrefix begins the names of custom fields: custom:Priority, or custom: and the field's id.
const customPrefix = "custom:"

// mappable adds to the binding models what a configuration can map of their records.
func mappable(models []backend.Model) []backend.Model {
	fields := map[string][]backend.ExternalField{
		BoardModel: fieldsOfBoards(), ListModel: fieldsOfLists(), LabelModel: fieldsOfLabels(), CardModel: fieldsOfCards(),
	}
	for i, m := range models {
		models[i].Fields, models[i].Prose = fields[m.Name], prose()
		if m.Name == CardModel {
			models[i].OpenFields = customPrefix
		}
	}
	return models
}

// fieldsOfBoards, fieldsOfLists and fieldsOfLabels are what a configuration can map of boards, lists and labels.
func fieldsOfBoards() []backend.ExternalField {
	return []backend.ExternalField{
		{Name: "id", Kind: record.KindText, ReadOnly: true, Note: "its id"},
		{Name: "name", Kind: record.KindText, Required: true},
		{Name: "desc", Kind: record.KindMarkdown, Note: "its description, in Markdown"},
		{Name: "closed", Kind: record.KindBool, AfterCreate: true},
		{Name: "shortLink", Kind: record.KindText, ReadOnly: true, Note: "its id in addresses"},
		{Name: "shortUrl", Kind: record.KindText, ReadOnly: true, Note: "its address"},
		{Name: "created", Kind: record.KindInstant, ReadOnly: true, Note: "when it was made"},
	}
}

func fieldsOfLists() []backend.ExternalField {
	return []backend.ExternalField{
		{Name: "id", Kind: record.KindText, ReadOnly: true, Note: "its id"},
		{Name: "name", Kind: record.KindText, Required: true},
		{Name: "closed", Kind: record.KindBool, AfterCreate: true},
		{Name: "idBoard", Kind: record.KindRef, Links: BoardModel, Required: true, Note: "its board"},
		{Name: "created", Kind: record.KindInstant, ReadOnly: true, Note: "when it was made"},
	}
}

func fieldsOfLabels() []backend.ExternalField {
	return []backend.ExternalField{
		{Name: "id", Kind: record.KindText, ReadOnly: true, Note: "its id"},
		{Name: "name", Kind: record.KindText, Required: true},
		{Name: "color", Kind: record.KindText, Note: "green, green_light, …; empty for none"},
		{Name: "idBoard", Kind: record.KindRef, Links: BoardModel, Required: true, Note: "its board"},
		{Name: "created", Kind: record.KindInstant, ReadOnly: true, Note: "when it was made"},
	}
}

// fieldsOfCards is what a configuration can map of cards, beside their custom fields.
func fieldsOfCards() []backend.ExternalField {
	return append([]backend.ExternalField{
		{Name: "id", Kind: record.KindText, ReadOnly: true, Note: "its id"},
		{Name: "name", Kind: record.KindText, Required: true},
		{Name: "desc", Kind: record.KindMarkdown, Note: "its description, in Markdown"},
		{Name: "closed", Kind: record.KindBool, AfterCreate: true, Note: "whether it is archived"},
		{Name: "idBoard", Kind: record.KindRef, Links: BoardModel, Required: true, Note: "its board"},
		{Name: "idList", Kind: record.KindRef, Links: ListModel, Required: true, Note: "its list"},
		{Name: "idLabels", Kind: record.KindRefSet, Links: LabelModel, Note: "its labels"},
		{Name: "idMembers", Kind: record.KindRefSet, Links: MemberModel, Note: "its members"},
		{Name: "start", Kind: record.KindInstant},
		{Name: "due", Kind: record.KindInstant},
		{Name: "dueComplete", Kind: record.KindBool, Note: "whether it is done"},
		{Name: "shortLink", Kind: record.KindText, ReadOnly: true, Note: "its id in addresses"},
		{Name: "shortUrl", Kind: record.KindText, ReadOnly: true, Note: "its short address"},
		{Name: "dateLastActivity", Kind: record.KindInstant, ReadOnly: true, Note: "when something was last done with it"},
		{Name: "created", Kind: record.KindInstant, ReadOnly: true, Note: "when it was made"},
	}, moreOfCards()...)
}

// moreOfCards are asked for only where they are mapped.
func moreOfCards() []backend.ExternalField {
	return []backend.ExternalField{
		{Name: "idShort", Kind: record.KindInt, ReadOnly: true, Note: "its number on the board"},
		{Name: "url", Kind: record.KindText, ReadOnly: true, Note: "its address"},
		{Name: "subscribed", Kind: record.KindBool, ReadOnly: true, Note: "whether the token's member watches it"},
		{Name: "isTemplate", Kind: record.KindBool, ReadOnly: true, Note: "whether it is a template"},
		{Name: "address", Kind: record.KindText, ReadOnly: true, Note: "of its location"},
		{Name: "locationName", Kind: record.KindText, ReadOnly: true, Note: "of its location"},
		{Name: "votes", Kind: record.KindInt, ReadOnly: true, Note: "how many voted for it"},
		{Name: "comments", Kind: record.KindInt, ReadOnly: true, Note: "how many comments it has"},
		{Name: "attachments", Kind: record.KindInt, ReadOnly: true, Note: "how many attachments it has"},
		{Name: "checkItems", Kind: record.KindInt, ReadOnly: true, Note: "how many items its checklists have"},
		{Name: "checkItemsChecked", Kind: record.KindInt, ReadOnly: true, Note: "how many of them are ticked"},
	}
}

// badges are the counts that Trello shows on a card's front (captures/trello/can_get_cards_of_board).
type badges struct {
	Votes             int64 `json:"votes"`
	Comments          int64 `json:"comments"`
	Attachments       int64 `json:"attachments"`
	CheckItems        int64 `json:"checkItems"`
	CheckItemsChecked int64 `json:"checkItemsChecked"`
}

// moreCard is what only mapped fields need of a card.
type moreCard struct {
	IDShort      int64  `json:"idShort"`
	URL          string `json:"url"`
	Subscribed   bool   `json:"subscribed"`
	IsTemplate   bool   `json:"isTemplate"`
	Address      string `json:"address"`
	LocationName string `json:"locationName"`
	Badges       badges `json:"badges"`
}

// into adds the values to those of the card.
func (m *moreCard) into(values map[string]record.Value) {
	for name, v := range map[string]record.Value{
		"idShort": record.Int(m.IDShort), "url": record.Text(m.URL),
		"subscribed": record.Bool(m.Subscribed), "isTemplate": record.Bool(m.IsTemplate),
		"address": record.Text(m.Address), "locationName": record.Text(m.LocationName),
		"votes": record.Int(m.Badges.Votes), "comments": record.Int(m.Badges.Comments), "attachments": record.Int(m.Badges.Attachments),
		"checkItems": record.Int(m.Badges.CheckItems), "checkItemsChecked": record.Int(m.Badges.CheckItemsChecked),
	} {
		values[name] = v
	}
}

// badgeNames are the fields that come within Trello's badges.
var badgeNames = []string{"votes", "comments", "attachments", "checkItems", "checkItemsChecked"}

// cardFieldsFor are the fields to ask Trello for: those that are always read, and those that the configuration maps.
func cardFieldsFor(settings config.Model) string {
	asked := strings.Split(cardFields, ",")
	for _, f := range moreOfCards() {
		if !mentions(settings, f.Name) {
			continue
		}
		name := f.Name
		if slices.Contains(badgeNames, name) {
			name = "badges"
		}
		if !slices.Contains(asked, name) {
			asked = append(asked, name)
		}
	}
	return strings.Join(asked, ",")
}

// mentions says that a configuration maps an external field, or names it in an expression.
func mentions(settings config.Model, name string) bool {
	return slices.ContainsFunc(settings.Fields, func(f config.Field) bool {
		return f.External == name || strings.Contains(f.Import, name)
	})
}

// common adds what every record of Trello has: its id, and when it was made, which the first 8 digits of an id tell.
func common(id string, values map[string]record.Value) map[string]record.Value {
	values["id"], values["created"] = record.Text(id), record.Null()
	if len(id) == 24 {
		if seconds, err := strconv.ParseInt(id[:8], 16, 64); err == nil {
			values["created"] = record.Instant(time.Unix(seconds, 0))
		}
	}
	return values
}

// zoneOf is where days begin and end.
func zoneOf(ctx context.Context, env *backend.Environment) (*time.Location, error) {
	settings, ok := env.Config.Settings.(*Settings)
	if !ok {
		return time.UTC, nil
	}
	return zone(ctx, env, settings)
}

// prose is how texts become Odoo's HTML and back, for fields that a configuration maps.
func prose() *mapping.Prose {
	return &mapping.Prose{HTML: markup.HTML, Text: markup.Markdown, Canonical: markup.Canonical}
}
