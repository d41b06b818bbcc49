package trellotest

import "slices"

// CustomField is the definition of a custom field; Options are of the type list only.
type CustomField struct {
	ID, IDBoard, Name, Type string
	Options                 []CustomOption
}

// CustomOption is one value of a list.
type CustomOption struct{ ID, Text string }

// CustomValue is a card's value in a field: Text is what Trello writes ("1", "true", an instant with milliseconds, or the option's text),
// IDOption is set for a list only.
type CustomValue struct {
	IDField, Text, IDOption string
}

func (f *customField) public() CustomField {
	out := CustomField{ID: f.ID, IDBoard: f.IDBoard, Name: f.Name, Type: f.Type}
	for _, o := range f.options {
		out.Options = append(out.Options, CustomOption{o.ID, o.Text})
	}
	return out
}

// AddCustomField defines a field of the type "text", "number", "date", "checkbox" or "list"; the options are of a list only.
func (s *Server) AddCustomField(boardID, name, fieldType string, options ...string) (added CustomField) {
	s.change(func(st *state) {
		f := st.addField(must(st.findBoard(boardID)), name, fieldType, "bottom")
		for _, text := range options {
			st.addOption(f, text, "", "bottom")
		}
		added = f.public()
	})
	return added
}

// CustomFields returns a board's fields in the order in which they were made.
func (s *Server) CustomFields(boardID string) []CustomField {
	return look(s, func(st *state) []CustomField {
		var all []CustomField
		for _, f := range must(st.findBoard(boardID)).fields {
			all = append(all, f.public())
		}
		return all
	})
}

// SetCustomValue gives a card a value as Trello writes it, for a list the text of an option; "" takes it away. An instant may be in any
// form that the API takes.
func (s *Server) SetCustomValue(cardID, fieldID, text string) {
	s.change(func(st *state) {
		f := must(find(st.fields, fieldID))
		want := fieldItem{Key: keyOf(f.Type), Value: text}
		switch {
		case text == "":
			want = fieldItem{}
		case f.Type == "list":
			i := slices.IndexFunc(f.options, func(o *fieldOption) bool { return o.Text == text })
			want = fieldItem{IDOption: f.options[i].ID}
		case !fits(f.Type, text):
			panic("trellotest: a value that does not fit its field")
		case f.Type == "date":
			moment, _ := parseTime(text) // checked by fits
			want.Value = moment.Format(timeLayout)
		}
		st.setItem(must(st.findCard(cardID)), f, want)
	})
}

// CustomValues returns a card's values in the order in which they were first given.
func (s *Server) CustomValues(cardID string) []CustomValue {
	return look(s, func(st *state) []CustomValue {
		var all []CustomValue
		for _, item := range must(st.findCard(cardID)).items {
			v := CustomValue{IDField: item.IDField, Text: item.Value, IDOption: item.IDOption}
			for _, o := range st.fields[item.IDField].options {
				if o.ID == item.IDOption {
					v.Text = o.Text
				}
			}
			all = append(all, v)
		}
		return all
	})
}

// DeleteCustomField deletes a field and every card's value in it.
func (s *Server) DeleteCustomField(id string) {
	s.change(func(st *state) { st.removeField(must(find(st.fields, id))) })
}

// DisableCustomFields turns the board's Custom Fields Power-Up off or on again; what was there comes back with it.
func (s *Server) DisableCustomFields(boardID string, off bool) {
	s.change(func(st *state) { must(st.findBoard(boardID)).noFields = off })
}
