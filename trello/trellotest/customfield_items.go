package trellotest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// value reads the parameter "value": an object in JSON, or value[key] of a form. Empty means none.
func (p params) value() (map[string]string, error) {
	value := map[string]string{}
	for name, v := range p {
		if key, found := strings.CutPrefix(name, "value["); found {
			value[strings.TrimSuffix(key, "]")] = v
		}
	}
	raw, given := p.given("value")
	if !given {
		return value, nil
	}
	var parts map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &parts); err != nil {
		return nil, err
	}
	for key, part := range parts {
		value[key] = jsonText(part)
	}
	return value, nil
}

// badItem is the refusal of a value that does not fit its field, as JSON (seen by clients that cleared a list with {"value":{}}).
func badItem() error {
	return &apiError{status: http.StatusBadRequest, text: "Invalid custom field item value.", json: "ERROR"}
}

func (c *call) cardFieldItems() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	return renderFieldItems(k), nil
}

// putFieldItem gives a card a value in a field (captures/trello/custom_field_item_save_1), or takes it away: with an empty value for a
// list an empty idValue (Trello's guide to custom fields).
func (c *call) putFieldItem() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	f, err := find(c.fields, c.arg(1))
	if err != nil {
		return nil, err
	}
	b := c.boardsByID[k.IDBoard]
	switch {
	case f.IDBoard != k.IDBoard:
		return nil, notFound()
	case b.noFields:
		return nil, noPowerUp()
	}
	want, err := c.itemOf(f)
	if err != nil {
		return nil, err
	}
	return renderFieldItem(k, c.setItem(k, f, want)), nil
}

// itemOf reads the wanted value; an item without one clears.
func (c *call) itemOf(f *customField) (fieldItem, error) {
	value, err := c.p.value()
	if err != nil {
		return fieldItem{}, badItem()
	}
	key := keyOf(f.Type)
	if key == "" {
		return c.optionOf(f, value)
	}
	text, given := value[key]
	switch {
	case len(value) == 0 || given && len(value) == 1 && text == "":
		return fieldItem{}, nil
	case !given || len(value) != 1 || !fits(f.Type, text):
		return fieldItem{}, badItem()
	}
	if f.Type == "date" {
		moment, _ := parseTime(text) // checked by fits
		text = moment.Format(timeLayout)
	}
	return fieldItem{Key: key, Value: text}, nil
}

func (c *call) optionOf(f *customField, value map[string]string) (fieldItem, error) {
	idValue, given := c.p.given("idValue")
	if len(value) > 0 || !c.p.has("idValue") {
		return fieldItem{}, badItem()
	}
	if !given {
		return fieldItem{}, nil
	}
	if !slices.ContainsFunc(f.options, func(o *fieldOption) bool { return o.ID == idValue }) {
		return fieldItem{}, badItem()
	}
	return fieldItem{IDOption: idValue}, nil
}

func fits(fieldType, text string) bool {
	switch fieldType {
	case "number":
		_, err := strconv.ParseFloat(text, 64)
		return err == nil
	case "date":
		_, ok := parseTime(text)
		return ok
	case "checkbox":
		return text == "true" || text == "false"
	}
	return !tooLong(text)
}

// setItem keeps a value under the id that the card's item of the field had, and records it (captures/trello/can_get_actions_of_board).
func (st *state) setItem(k *card, f *customField, want fieldItem) *fieldItem {
	i := slices.IndexFunc(k.items, func(item *fieldItem) bool { return item.IDField == f.ID })
	empty := want.Key == "" && want.IDOption == ""
	var before any
	item := &fieldItem{ID: st.newID(), IDField: f.ID}
	if i >= 0 {
		item, before = k.items[i], k.items[i].value()
	}
	item.Key, item.Value, item.IDOption = want.Key, want.Value, want.IDOption
	switch {
	case i < 0 && !empty:
		k.items = append(k.items, item)
	case i >= 0 && empty:
		k.items = slices.Delete(k.items, i, i+1)
	}
	b := st.boardsByID[k.IDBoard]
	ref := object{{"id", f.ID}, {"name", f.Name}, {"type", f.Type}}
	data := object{{"old", object{{"value", before}}}, {"customField", ref}, {"customFieldItem", renderFieldItem(k, item)}, {"board", boardRef(b)}, {"card", cardRef(k)}}
	st.record(b, &action{kind: "updateCustomFieldItem", card: k.ID, data: data})
	st.touch(k)
	return item
}

// value is what an action calls the old value: null before there was one.
func (item *fieldItem) value() any {
	if item.Key == "" {
		return nil
	}
	return object{{item.Key, item.Value}}
}

// putFieldItems sets several values at once: "customFieldItems" is a list of objects with idCustomField and a value (Trello's API
// description, PUT cards/{idCard}/customFields).
func (c *call) putFieldItems() (any, error) {
	k, err := c.findCard(c.arg(0))
	if err != nil {
		return nil, err
	}
	var wanted []struct {
		IDCustomField string
		IDValue       *string
		Value         json.RawMessage
	}
	if json.Unmarshal([]byte(jsonList(c.p["customFieldItems"])), &wanted) != nil {
		return nil, invalid("customFieldItems")
	}
	all := make([]fieldItem, len(wanted))
	for i, w := range wanted {
		one := &call{state: c.state, server: c.server, p: params{}}
		if w.IDValue != nil {
			one.p["idValue"] = *w.IDValue
		}
		if w.Value != nil {
			one.p["value"] = jsonText(w.Value)
		}
		f := c.fields[w.IDCustomField]
		if f == nil || f.IDBoard != k.IDBoard {
			return nil, invalid("customFieldItems")
		}
		if all[i], err = one.itemOf(f); err != nil {
			return nil, err
		}
	}
	for i, w := range wanted {
		c.setItem(k, c.fields[w.IDCustomField], all[i])
	}
	return renderFieldItems(k), nil
}

// carryItems takes a card's values to another board: those whose field has a namesake of its type there (Trello's help, "Using Custom
// Fields": values move along between boards with the same fields); for a list the option of the same text.
func (st *state) carryItems(c *card, to *board) {
	var kept []*fieldItem
	for _, item := range c.items {
		from := st.fields[item.IDField]
		i := slices.IndexFunc(to.fields, func(f *customField) bool { return f.Name == from.Name && f.Type == from.Type })
		if i < 0 || to.noFields {
			continue
		}
		item.IDField = to.fields[i].ID
		if item.IDOption != "" && !item.follow(from, to.fields[i]) {
			continue
		}
		kept = append(kept, item)
	}
	c.items = kept
}

// follow finds the option of the same text in another field.
func (item *fieldItem) follow(from, to *customField) bool {
	for _, old := range from.options {
		for _, o := range to.options {
			if old.ID == item.IDOption && o.Text == old.Text {
				item.IDOption = o.ID
				return true
			}
		}
	}
	return false
}
