package trello

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Custom fields are a board's own, each with an id of its own. The configuration names them for all boards: custom:Priority is
// the field of that name on whatever board a card is, custom: and an id the one field of that id. A card on a board that lacks the
// field takes no part in the pair.

// The types of custom fields (Trello's guide to custom fields).
const (
	customText     = "text"
	customNumber   = "number"
	customDate     = "date"
	customCheckbox = "checkbox"
	customList     = "list"
)

// customKinds are the kinds of value that custom fields hold, by their types.
var customKinds = map[string]record.Kind{
	customText: record.KindText, customNumber: record.KindDecimal, customDate: record.KindInstant, customCheckbox: record.KindBool, customList: record.KindText,
}

// customNames are the custom fields that a configuration maps.
func customNames(settings config.Model) (names []string) {
	for _, f := range settings.Fields {
		if strings.HasPrefix(f.External, customPrefix) && !slices.Contains(names, f.External) {
			names = append(names, f.External)
		}
	}
	return names
}

// customOf is a board's custom field by the name that a configuration gives it; ok is false where the board has none, or two.
func customOf(fields []customField, name string) (found customField, ok bool) {
	name = strings.TrimPrefix(name, customPrefix)
	named := 0
	for _, f := range fields {
		if f.ID == name {
			return f, true
		}
		if f.Name == name {
			found, named = f, named+1
		}
	}
	return found, named == 1
}

// define reads which custom fields a board has, which of its labels marks the cards that take part, and the names of its members, as far
// as that is asked for. A board that does not answer has none.
func (c *Client) define(ctx context.Context, boardID string) error {
	named := !c.inText || c.people[boardID] != nil
	if (len(c.custom) == 0 && c.syncLabel == "" && named) || boardID == "" {
		return nil
	}
	b, err := c.fullBoard(ctx, boardID)
	if noAnswer(err) {
		return nil
	}
	if err == nil {
		c.defined[boardID], c.labelled[boardID], c.people[boardID] = b.CustomFields.all, c.marks(b), namesOf(b)
	}
	return err
}

// cardRecord is a card's record with the custom fields that are mapped and that its board has.
func (c *Client) cardRecord(k *card) record.Record {
	values := k.values()
	for _, name := range c.custom {
		if f, ok := customOf(c.defined[k.IDBoard], name); ok {
			values[name] = k.customValue(f)
		}
	}
	c.hideMark(k, values)
	c.tellChecklists(k, values)
	return record.New(CardModel, k.ID, values)
}

// customValue is the card's value in a custom field, null where it has none. What the type does not allow is given as the text that
// it is.
func (c *card) customValue(f customField) record.Value {
	i := slices.IndexFunc(c.CustomFieldItems, func(item fieldItem) bool { return item.IDCustomField == f.ID })
	if i < 0 {
		return record.Null()
	}
	item := c.CustomFieldItems[i]
	switch f.Type {
	case customList:
		return record.Text(f.textOf(item.IDValue)).Canonical()
	case customNumber:
		return numberOf(item.Value["number"])
	case customDate:
		if t, err := time.Parse(time.RFC3339, item.Value["date"]); err == nil {
			return record.Instant(t)
		}
		return record.Text(item.Value["date"]).Canonical()
	case customCheckbox:
		return record.Bool(item.Value["checked"] == "true")
	default:
		return record.Text(item.Value["text"]).Canonical()
	}
}

// numberOf is a number as Trello writes it; large ones come with an exponent.
func numberOf(text string) record.Value {
	if v, err := record.Decimal(text); err == nil {
		return v
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil {
		return record.Float(f)
	}
	return record.Text(text).Canonical()
}

// textOf is what an option says, "" for one that there is none of.
func (f customField) textOf(optionID string) string {
	for _, o := range f.Options {
		if o.ID == optionID {
			return o.Value.Text
		}
	}
	return ""
}

// optionID is the id of the option that says so, "" if there is none.
func (f customField) optionID(text string) string {
	for _, o := range f.Options {
		if o.Value.Text == text {
			return o.ID
		}
	}
	return ""
}

func (f customField) options() []string {
	texts := make([]string, len(f.Options))
	for i, o := range f.Options {
		texts[i] = o.Value.Text
	}
	return texts
}

// customAdapter is the adapter of cards with their custom fields.
type customAdapter struct{ *cardAdapter }

// Read reads cards with the custom fields of their boards.
func (a *customAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	for _, k := range keys {
		if err := a.client.define(ctx, k.Parent); err != nil {
			return nil, err
		}
	}
	return a.cardAdapter.Read(ctx, keys)
}

// ReadListed reads cards with their custom fields as they were listed.
func (a *customAdapter) ReadListed(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	end := a.client.byListing()
	defer end()
	return a.Read(ctx, keys)
}

// Update changes cards, and after that their custom fields, of which each takes a request of its own. The same values twice are
// the same values.
func (a *customAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	out := make([]backend.Result, 0, len(changes))
	for _, ch := range changes {
		r := a.update(ctx, ch)
		if stop := outage(r.Err); stop != nil {
			return out, stop
		}
		out = append(out, r)
	}
	return out, nil
}

func (a *customAdapter) update(ctx context.Context, ch backend.Change) (r backend.Result) {
	own, custom := splitCustom(ch.Values)
	if ch.Values = own; len(own) > 0 {
		if r = a.updateOwn(ctx, ch); r.Err != nil {
			return r
		}
	}
	if _, moves := own["idBoard"]; len(custom) > 0 || (moves && len(a.client.custom) > 0) {
		r.Record, r.Err = a.writeCustom(ctx, ch.Key.ID, custom)
	}
	return r
}

// updateOwn changes a card's own fields.
func (a *customAdapter) updateOwn(ctx context.Context, ch backend.Change) backend.Result {
	values, err := a.marked(ctx, ch.Values, ch.Key)
	if err != nil {
		return backend.Result{Err: err}
	}
	results, err := a.cardAdapter.Update(ctx, []backend.Change{{Key: ch.Key, Values: values}})
	if err != nil {
		return backend.Result{Err: err}
	}
	return results[0]
}

// splitCustom tells a card's own fields from the custom ones.
func splitCustom(values mapping.Values) (own, custom mapping.Values) {
	own, custom = mapping.Values{}, mapping.Values{}
	for name, v := range values {
		if strings.HasPrefix(name, customPrefix) {
			custom[name] = v
		} else {
			own[name] = v
		}
	}
	return own, custom
}

// writeCustom writes custom fields of the board on which the card is now, and reads the card again. A board that lacks one is left as
// it is.
func (a *customAdapter) writeCustom(ctx context.Context, cardID string, values mapping.Values) (record.Record, error) {
	now, err := a.reread(ctx, cardID)
	if err != nil {
		return now, err
	}
	boardID := boardOf(now)
	if err := a.client.define(ctx, boardID); err != nil {
		return now, err
	}
	for _, name := range a.client.custom {
		v, given := values[name]
		f, has := customOf(a.client.defined[boardID], name)
		if !given || !has {
			continue
		}
		body, err := a.itemOf(ctx, boardID, name, f, v)
		if err != nil {
			return now, err
		}
		path := "cards/" + url.PathEscape(cardID) + "/customField/" + url.PathEscape(f.ID) + "/item"
		var item json.RawMessage
		if err := a.client.sendJSON(ctx, http.MethodPut, path, body, &item); err != nil {
			return now, err
		}
	}
	return a.reread(ctx, cardID)
}

func boardOf(r record.Record) string {
	ref, _ := r.Value("idBoard").AsRef()
	return ref.ID
}

// reread reads one card anew, with its custom fields: the answer to a change lacks them.
func (a *customAdapter) reread(ctx context.Context, cardID string) (record.Record, error) {
	return a.decode(func(into any) error {
		return a.client.get(ctx, a.prefix+"/"+url.PathEscape(cardID), a.query(), into)
	})
}

// customItem is what a custom field is given: a list an option's id, the others a value (captures/trello/custom_field_item_save_1, and
// Trello's guide to custom fields, which clears by empty texts).
type customItem struct {
	IDValue *string           `json:"idValue,omitempty"`
	Value   map[string]string `json:"value"`
}

// MarshalJSON writes an empty text in the place of a value that clears.
func (i customItem) MarshalJSON() ([]byte, error) {
	switch {
	case i.IDValue != nil:
		return json.Marshal(map[string]string{"idValue": *i.IDValue})
	case len(i.Value) == 0:
		return json.Marshal(map[string]string{"value": ""})
	default:
		return json.Marshal(map[string]any{"value": i.Value})
	}
}

func (a *customAdapter) itemOf(ctx context.Context, boardID, name string, f customField, v record.Value) (customItem, error) {
	if f.Type == customList {
		id, err := a.option(ctx, boardID, name, f, v.AsText())
		return customItem{IDValue: &id}, err
	}
	if v.IsNull() {
		return customItem{}, nil
	}
	switch f.Type {
	case customNumber:
		return customItem{Value: map[string]string{"number": cmp.Or(v.AsText(), strconv.FormatInt(v.AsInt(), 10))}}, nil
	case customDate:
		return customItem{Value: map[string]string{"date": parameter(v)}}, nil
	case customCheckbox:
		if !v.AsBool() { // an unticked box has no value
			return customItem{}, nil
		}
		return customItem{Value: map[string]string{"checked": "true"}}, nil
	default:
		return customItem{Value: map[string]string{"text": v.AsText()}}, nil
	}
}

// option is the id of the option that says so, "" for no text. One that there is none of is added where the configuration allows it;
// it is looked for anew before that, so that an answer that was lost makes no second one.
func (a *customAdapter) option(ctx context.Context, boardID, name string, f customField, text string) (string, error) {
	if id := f.optionID(text); text == "" || id != "" {
		return id, nil
	}
	a.client.forgetBoards()
	if err := a.client.define(ctx, boardID); err != nil {
		return "", err
	}
	if now, ok := customOf(a.client.defined[boardID], name); ok && now.optionID(text) != "" {
		return now.optionID(text), nil
	}
	if !a.mayCreateOption(name) {
		reason := fmt.Sprintf("%q is none of the options of %s; add it in Trello, or set create_options: true", text, name)
		return "", &mapping.UnfitError{Field: name, Reason: reason}
	}
	defer a.client.forgetBoards()
	var made fieldOption
	form := url.Values{"value[text]": {text}, "pos": {"bottom"}} // captures/trello/can_success_create_a_custom_field_option
	err := a.client.send(ctx, http.MethodPost, "customFields/"+url.PathEscape(f.ID)+"/options", form, &made)
	return made.ID, err
}

func (a *customAdapter) mayCreateOption(name string) bool {
	return slices.ContainsFunc(a.env.Settings(CardModel).Fields, func(f config.Field) bool { return f.External == name && f.CreateOptions })
}

// Describe tells the custom fields of all boards that are synchronized, by their names, and by id those that the configuration maps so.
func (a *customAdapter) Describe(ctx context.Context) ([]backend.ExternalField, error) {
	boards, err := a.client.openParents(ctx, a.env)
	if err != nil {
		return nil, err
	}
	d := describing{index: map[string]int{}}
	err = answering(boards, func(b *board) error {
		full, err := a.client.fullBoard(ctx, b.ID)
		if err == nil {
			d.board(full, a.client.custom)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return d.fields, nil
}
