package trello

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// UnreadableError says that Trello sent one object in a form that nobody told us of: a field is missing, or of another type.
// It concerns that object alone; a field that we do not know is no error.
type UnreadableError struct {
	Noun    string // what people call it: "card"
	ID      string // "" where even that is missing
	Problem string
}

// Error names the object, what is wrong with it, and what to do.
func (e *UnreadableError) Error() string {
	return fmt.Sprintf("the %s %s that Trello sent cannot be read: %s; nothing is done with it until that is mended, so please report this",
		e.Noun, e.ID, e.Problem)
}

// told is an object of Trello's with the fields that are always asked for. One that lacks any of them is not read: an empty
// description and none at all are not the same.
type told interface {
	noun() string
	asked() []string
}

// decodeOne reads one JSON object; unknown fields are left out. The error is an *UnreadableError where the object is one that is told
// of, else encoding/json's.
func decodeOne(raw []byte, into any) error {
	err := json.Unmarshal(raw, into)
	of, ok := into.(told)
	if !ok {
		return err
	}
	if err == nil {
		err = lacks(raw, of.asked())
	}
	var syntax *json.SyntaxError
	if err == nil || errors.As(err, &syntax) {
		return err
	}
	return &UnreadableError{Noun: of.noun(), ID: idIn(raw), Problem: problemOf(err)}
}

// lacks reports a field that is missing.
func lacks(raw []byte, asked []string) error {
	var there map[string]json.RawMessage
	if err := json.Unmarshal(raw, &there); err != nil {
		return err
	}
	if id := string(there["id"]); id == "" || id == "null" || id == `""` {
		return errors.New("the field id is missing")
	}
	for _, name := range asked {
		if _, ok := there[name]; !ok {
			return fmt.Errorf("the field %s is missing", name)
		}
	}
	return nil
}

// idIn is the id of an object that cannot be read otherwise.
func idIn(raw []byte) string {
	var one struct {
		ID any `json:"id"`
	}
	_ = json.Unmarshal(raw, &one) // what is no object has no id
	id, _ := one.ID.(string)
	return id
}

// problemOf words a failure without Go's names.
func problemOf(err error) string {
	var wrong *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &wrong):
		return strings.TrimPrefix(err.Error(), "json: ")
	case wrong.Field == "":
		return "it is " + article(wrong.Value) + " where an object was expected"
	default:
		return fmt.Sprintf("the field %s is %s, which is not what it was", wrong.Field, article(wrong.Value))
	}
}

// article puts one before the word that encoding/json has for a kind of value: "number 5" and the like.
func article(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}

// many is an array of objects of which some may not be readable.
type many[T any] struct {
	all []T
	bad []*UnreadableError
}

// UnmarshalJSON reads the objects one by one, so that one of another form costs no other. An object without id is the whole array's
// error, since nobody could tell which it is.
func (m *many[T]) UnmarshalJSON(raw []byte) error {
	m.all, m.bad = nil, nil
	dec := json.NewDecoder(bytes.NewReader(raw))
	if start, err := dec.Token(); err != nil || start == nil {
		return err
	} else if start != json.Delim('[') {
		return errors.New("no array where one was expected")
	}
	var one json.RawMessage
	for dec.More() {
		if err := dec.Decode(&one); err != nil {
			return err
		}
		if err := m.add(one); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func (m *many[T]) add(raw []byte) error {
	var v T
	err := decodeOne(raw, &v)
	var bad *UnreadableError
	switch {
	case err == nil:
		if large, ok := any(&v).(interface{ compact() }); ok {
			large.compact()
		}
		m.all = append(m.all, v)
	case errors.As(err, &bad) && bad.ID != "":
		m.bad = append(m.bad, bad)
	default:
		return err
	}
	return nil
}
