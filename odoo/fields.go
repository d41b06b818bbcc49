package odoo

import (
	"context"
	"fmt"
	"maps"
	"slices"
)

// The types of fields that fields_get names and the session knows.
const (
	typeBoolean           = "boolean"
	typeInteger           = "integer"
	typeFloat             = "float"
	typeMonetary          = "monetary"
	typeChar              = "char"
	typeText              = "text"
	typeHTML              = "html"
	typeSelection         = "selection"
	typeDate              = "date"
	typeDatetime          = "datetime"
	typeBinary            = "binary"
	typeReference         = "reference"
	typeMany2one          = "many2one"
	typeMany2oneReference = "many2one_reference"
	typeOne2many          = "one2many"
	typeMany2many         = "many2many"
)

// Field is what fields_get tells of one field, as far as the session needs it.
type Field struct {
	// Name is the technical name: "stage_id".
	Name string
	// Type is Odoo's type: "char", "many2one", "datetime", …
	Type string
	// Label is what a user reads, in the context's language.
	Label string
	// Relation is the model that a relational field leads to.
	Relation string
	// Required and ReadOnly are the field's own, as a form shows them.
	Required, ReadOnly bool
	// Selection are the choices of a selection, in order.
	Selection []Choice
	// Translated says that each language has a value of its own.
	Translated bool
	// Unsearchable says that no domain may use the field: it is computed, and nobody wrote a search for it.
	Unsearchable bool
	// Computed says that Odoo keeps no value of the field and makes it anew for each reading, which may fail.
	Computed bool
}

// Choice is one value of a selection field.
type Choice struct{ Value, Label string }

// Fields are a model's fields by name, as far as the user may see them.
type Fields map[string]Field

// Names are the fields' names, sorted.
func (f Fields) Names() []string { return slices.Sorted(maps.Keys(f)) }

// fieldAttributes are the attributes that FieldsGet asks for; all of them would be several times
// as much.
var fieldAttributes = []any{"type", "string", "relation", "required", "readonly", "selection", "translate", "searchable", "store"}

// FieldsGet are the model's fields. They are asked for once per model and language, and kept as
// long as the login. A model that is not installed is an *Error of the kind UnknownModel. The map
// is shared: do not change it.
func (s *Session) FieldsGet(ctx context.Context, model string) (Fields, error) {
	lang, _ := s.context["lang"].(string)
	key := model + " " + lang
	s.mu.Lock()
	known, ok := s.fields[key]
	s.mu.Unlock()
	if ok {
		return known, nil
	}
	fields, err := s.askFields(ctx, model)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	s.fields[key] = fields
	s.mu.Unlock()
	return fields, nil
}

func (s *Session) askFields(ctx context.Context, model string) (Fields, error) {
	result, err := s.ExecuteKW(ctx, model, "fields_get", nil, map[string]any{"attributes": fieldAttributes}, Read())
	if Refused(err) || IsKind(err, ValueError) {
		if lang, ok := s.context["lang"].(string); ok {
			if _, other := s.WithLanguage("").FieldsGet(ctx, model); other == nil { // seen on Odoo 18 and 19
				return nil, s.fail(callOf(model, "fields_get"), InvalidCall, "the language "+lang+" is not active in this Odoo",
					"activate it in Odoo's settings, or correct the language in the configuration")
			}
		}
	}
	if Refused(err) {
		// fields_get has nothing else to refuse but the model itself, in whatever language it says so.
		return nil, s.unknownModel(call{model: model, method: "fields_get", op: model + " fields_get"}, err)
	}
	if err != nil {
		return nil, err
	}
	table, ok := result.(map[string]any)
	if !ok {
		return nil, s.unexpected(model, "fields_get", "the answer is no table of fields")
	}
	fields := make(Fields, len(table))
	for name, attributes := range table {
		a, ok := attributes.(map[string]any)
		if !ok {
			return nil, s.unexpected(model, "fields_get", "field "+name+" has no attributes")
		}
		fields[name] = fieldOf(name, a)
	}
	return fields, nil
}

func fieldOf(name string, a map[string]any) Field {
	f := Field{Name: name}
	f.Type, _ = a["type"].(string)
	f.Label, _ = a["string"].(string)
	f.Relation, _ = a["relation"].(string)
	f.Required, _ = a["required"].(bool)
	f.ReadOnly, _ = a["readonly"].(bool)
	f.Translated, _ = a["translate"].(bool)
	f.Unsearchable = a["searchable"] == false
	f.Computed = a["store"] == false
	choices, _ := a["selection"].([]any)
	for _, c := range choices {
		if pair, ok := c.([]any); ok && len(pair) == 2 {
			f.Selection = append(f.Selection, Choice{fmt.Sprint(pair[0]), fmt.Sprint(pair[1])})
		}
	}
	return f
}

// pick gives the named fields of the model, in this order; one that it lacks is an UnknownField.
func (s *Session) pick(ctx context.Context, model, method string, names []string) ([]Field, error) {
	all, err := s.FieldsGet(ctx, model)
	if err != nil {
		return nil, err
	}
	picked := make([]Field, len(names))
	for i, name := range names {
		f, ok := all[name]
		if !ok {
			return nil, s.unknownField(model, method, name)
		}
		picked[i] = f
	}
	return picked, nil
}

func (s *Session) unknownField(model, method, name string) *Error {
	e := s.fail(callOf(model, method), UnknownField, "", hintField)
	e.Field = name
	return e
}

// unexpected is an answer of another shape than the method's.
func (s *Session) unexpected(model, method, text string) *Error {
	return s.fail(callOf(model, method), UnexpectedAnswer, text, "check the version of Odoo and its modules")
}
