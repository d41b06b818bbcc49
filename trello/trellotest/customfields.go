package trellotest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// customField is the definition of a field that a board adds to its cards.
type customField struct {
	ID, IDBoard, Name, Type string // Type is "text", "number", "date", "checkbox" or "list"
	Pos                     float64
	CardFront               bool
	options                 []*fieldOption
}

// fieldOption is one value of a field of the type list.
type fieldOption struct {
	ID, IDField, Text, Color string
	Pos                      float64
}

// fieldItem is the value that a card has in a field: an option of a list, or a text as Trello writes it.
type fieldItem struct {
	ID, IDField, IDOption string
	Key, Value            string // {"number": "1"}
}

// Numbers of Trello's limits on custom fields (captures/trello/custom_field_find_with_id_and_get_all_fields; customFields.perBoard of
// captures/trello/can_get_boards_of_organization).
const (
	maxFields  = 50
	maxOptions = 50
)

// keyOf is under which key an item of a type has its value (captures/trello/custom_field_item_save_2), "" for a list.
func keyOf(fieldType string) string {
	switch fieldType {
	case "checkbox":
		return "checked"
	case "list":
		return ""
	}
	return fieldType
}

func customFieldTable() []field[*customField] {
	return []field[*customField]{
		{"id", func(f *customField) any { return f.ID }},
		{"idModel", func(f *customField) any { return f.IDBoard }},
		{"modelType", func(*customField) any { return "board" }},
		{"fieldGroup", func(f *customField) any { return strings.Repeat(f.ID[:8], 8) }},
		{"display", func(f *customField) any { return object{{"cardFront", f.CardFront}} }},
		{"name", func(f *customField) any { return f.Name }},
		{"pos", func(f *customField) any { return f.Pos }},
		{"options", func(f *customField) any { return renderOptions(f) }},
		{"type", func(f *customField) any { return f.Type }},
		{"limits", func(*customField) any {
			limit := object{{"status", "ok"}, {"disableAt", maxOptions}, {"warnAt", 45}}
			return object{{"customFieldOptions", object{{"perField", limit}}}}
		}},
		{"isSuggestedField", func(*customField) any { return false }},
	}
}

func renderOptions(f *customField) []object {
	objects := make([]object, len(f.options))
	for i, o := range f.options {
		objects[i] = renderOption(o)
	}
	return objects
}

func renderOption(o *fieldOption) object {
	return object{{"id", o.ID}, {"idCustomField", o.IDField}, {"value", object{{"text", o.Text}}}, {"color", o.Color}, {"pos", o.Pos}}
}

// renderField leaves the options out where the type has none, as captures/trello/custom_field_find_with_id_and_get_all_fields does.
func (c *call) renderField(fields string, f *customField, usual func(string) bool) object {
	o := render(choose(c, customFieldTable(), fields, usual), f)
	if f.Type != "list" {
		o = omit(o, "options")
	}
	return o
}

// usualFields are those of many (captures/trello/can_get_custom_fields_of_board).
func usualFields(name string) bool { return except("limits", "isSuggestedField")(name) }

func (c *call) renderFields(fields string, all []*customField) []object {
	objects := make([]object, len(all))
	for i, f := range all {
		objects[i] = c.renderField(fields, f, usualFields)
	}
	return objects
}

func renderFieldItem(k *card, item *fieldItem) object {
	o := object{{"id", item.ID}}
	switch {
	case item.IDOption != "":
		o = o.with("idValue", item.IDOption)
	case item.Key != "":
		o = o.with("value", object{{item.Key, item.Value}})
	default:
		o = o.with("value", nil).with("idValue", nil)
	}
	return o.with("idCustomField", item.IDField).with("idModel", k.ID).with("modelType", "card")
}

// renderFieldItems gives the newest first (captures/trello/custom_field_item_save_2).
func renderFieldItems(k *card) []object {
	objects := make([]object, 0, len(k.items))
	for _, item := range slices.Backward(k.items) {
		objects = append(objects, renderFieldItem(k, item))
	}
	return objects
}

func (c *call) boardFields() (any, error) {
	b, err := c.findBoard(c.arg(0))
	if err != nil {
		return nil, err
	}
	if b.noFields {
		return array{}, nil
	}
	return c.renderFields("", b.fields), nil
}

func (c *call) getField() (any, error) {
	f, err := find(c.fields, c.arg(0))
	if err != nil {
		return nil, err
	}
	return c.renderField(c.p["fields"], f, everything), nil
}

// noPowerUp is the refusal of a board whose Custom Fields Power-Up is off (Trello's guide: "require that the Custom Fields Power-Up be
// enabled"; clients report status 403, the text is a choice).
func noPowerUp() error {
	return &apiError{status: http.StatusForbidden, text: "Custom Fields are not enabled on this board"}
}

// postField makes a field (captures/trello/can_success_create_a_custom_field). Options come as JSON: [{"value":{"text":…}}].
func (c *call) postField() (any, error) {
	b, err := c.findBoard(c.p["idModel"])
	switch {
	case err != nil:
		return nil, badRequestFor(err, "idModel")
	case c.p["modelType"] != "board":
		return nil, invalid("modelType")
	case !oneOf(c.p["type"], "text", "number", "date", "checkbox", "list"):
		return nil, invalid("type")
	case strings.TrimSpace(c.p["name"]) == "" || tooLong(c.p["name"]):
		return nil, invalid("name")
	case b.noFields:
		return nil, noPowerUp()
	case len(b.fields) >= maxFields:
		return nil, &apiError{status: http.StatusForbidden, text: "CUSTOM_FIELDS_PER_BOARD_LIMIT_EXCEEDED"}
	}
	options, err := readOptions(c.p["options"])
	if err != nil {
		return nil, err
	}
	f := c.addField(b, c.p["name"], c.p["type"], c.p["pos"])
	f.CardFront = c.p.flag("display_cardFront", true)
	for _, text := range options {
		c.addOption(f, text, "", "")
	}
	return c.renderField("", f, everything), nil
}

func readOptions(raw string) ([]string, error) {
	var options []struct{ Value struct{ Text string } }
	if raw != "" && json.Unmarshal([]byte(jsonList(raw)), &options) != nil {
		return nil, invalid("options")
	}
	texts := make([]string, len(options))
	for i, o := range options {
		texts[i] = o.Value.Text
	}
	return texts, nil
}

// jsonList makes a list again of the objects that readJSON joined by commas.
func jsonList(raw string) string {
	if strings.HasPrefix(strings.TrimSpace(raw), "[") {
		return raw
	}
	return "[" + raw + "]"
}

func (st *state) addField(b *board, name, fieldType, where string) *customField {
	f := st.makeField(b, name, fieldType, where)
	st.recordField(b, "createCustomField", f)
	return f
}

// makeField makes a field that leaves no action.
func (st *state) makeField(b *board, name, fieldType, where string) *customField {
	f := &customField{ID: st.newID(), IDBoard: b.ID, Name: name, Type: fieldType, CardFront: true}
	others := make([]float64, 0, len(b.fields))
	for _, other := range b.fields {
		others = append(others, other.Pos)
	}
	f.Pos = place(where, others)
	b.fields = append(b.fields, f)
	st.fields[f.ID] = f
	return f
}

// recordField records createCustomField (captures/trello/action_find_with_id_and_get_all_fields) and its relatives.
func (st *state) recordField(b *board, kind string, f *customField) {
	st.record(b, &action{kind: kind, data: object{{"board", boardRef(b)}, {"customField", object{{"id", f.ID}, {"name", f.Name}}}}})
	b.DateLastActivity = st.later(b.DateLastActivity)
}

func (st *state) addOption(f *customField, text, color, where string) *fieldOption {
	o := &fieldOption{ID: st.newID(), IDField: f.ID, Text: text, Color: orText(color, "none")}
	others := make([]float64, 0, len(f.options))
	for _, other := range f.options {
		others = append(others, other.Pos)
	}
	o.Pos = place(where, others)
	f.options = append(f.options, o)
	return o
}

// putField changes name, place and display; the type is for good.
func (c *call) putField() (any, error) {
	f, err := find(c.fields, c.arg(0))
	if err != nil {
		return nil, err
	}
	if c.p.has("name") && (strings.TrimSpace(c.p["name"]) == "" || tooLong(c.p["name"])) {
		return nil, invalid("name")
	}
	f.Name = orText(c.p["name"], f.Name)
	f.CardFront = c.p.flag("display/cardFront", f.CardFront)
	b := c.boardsByID[f.IDBoard]
	if where, given := c.p.given("pos"); given {
		var others []float64
		for _, other := range b.fields {
			if other != f {
				others = append(others, other.Pos)
			}
		}
		f.Pos = place(where, others)
	}
	c.recordField(b, "updateCustomField", f)
	return c.renderField("", f, everything), nil
}

// deleteField takes the field off its board, and its values off the cards.
func (c *call) deleteField() (any, error) {
	f, err := find(c.fields, c.arg(0))
	if err != nil {
		return nil, err
	}
	c.removeField(f)
	return object{}, nil
}

func (st *state) removeField(f *customField) {
	b := st.boardsByID[f.IDBoard]
	b.fields = without(b.fields, f)
	delete(st.fields, f.ID)
	for _, k := range b.cards {
		k.items = slices.DeleteFunc(k.items, func(item *fieldItem) bool { return item.IDField == f.ID })
	}
	st.recordField(b, "deleteCustomField", f)
}

// fieldOptions gives options with "_id" and without "idCustomField" (captures/trello/can_get_custom_field_options_of_custom_field).
func (c *call) fieldOptions() (any, error) {
	f, err := find(c.fields, c.arg(0))
	if err != nil {
		return nil, err
	}
	objects := make([]object, len(f.options))
	for i, o := range f.options {
		objects[i] = object{{"color", o.Color}, {"pos", o.Pos}, {"_id", o.ID}, {"value", object{{"text", o.Text}}}}
	}
	return objects, nil
}

func (c *call) option() (*customField, *fieldOption, error) {
	f, err := find(c.fields, c.arg(0))
	if err != nil {
		return nil, nil, err
	}
	for _, o := range f.options {
		if o.ID == c.arg(1) {
			return f, o, nil
		}
	}
	return nil, nil, missing(c.arg(1))
}

func (c *call) getOption() (any, error) {
	_, o, err := c.option()
	if err != nil {
		return nil, err
	}
	return renderOption(o), nil
}

// postOption takes value[text] of a form (captures/trello/can_success_create_a_custom_field_option) or {"value":{"text":…}}.
func (c *call) postOption() (any, error) {
	f, err := find(c.fields, c.arg(0))
	if err != nil {
		return nil, err
	}
	value, err := c.p.value()
	text := value["text"]
	switch {
	case err != nil || strings.TrimSpace(text) == "" || tooLong(text):
		return nil, invalid("value")
	case f.Type != "list":
		return nil, bad("Custom field is not a list") // a choice
	case len(f.options) >= maxOptions:
		return nil, &apiError{status: http.StatusForbidden, text: "CUSTOM_FIELD_OPTIONS_PER_FIELD_LIMIT_EXCEEDED"}
	}
	return renderOption(c.addOption(f, text, c.p["color"], c.p["pos"])), nil
}

// putOption changes an option's text, colour or place.
func (c *call) putOption() (any, error) {
	_, o, err := c.option()
	if err != nil {
		return nil, err
	}
	value, err := c.p.value()
	if err != nil {
		return nil, invalid("value")
	}
	o.Text, o.Color = orText(value["text"], o.Text), orText(c.p["color"], o.Color)
	return renderOption(o), nil
}

// deleteOption answers as captures/trello/can_success_delete_a_custom_field_option. Cards that had it have no value any more (a choice).
func (c *call) deleteOption() (any, error) {
	f, o, err := c.option()
	if err != nil {
		return nil, err
	}
	f.options = without(f.options, o)
	for _, k := range c.boardsByID[f.IDBoard].cards {
		k.items = slices.DeleteFunc(k.items, func(item *fieldItem) bool { return item.IDOption == o.ID })
	}
	return object{}, nil
}
