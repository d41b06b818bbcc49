package conformance_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/odoo-connector/connector/odoo"
)

// call is a step's call with its values put in.
type call struct {
	model, method string
	ids           []int64 // nil for a method of the model
	named         map[string]any
}

// call puts the saved values into a step. Its context is the case's with the step's keys set.
func (s step) call(own map[string]any, saved variables) (call, error) {
	c := call{model: s.Call[0], method: s.Call[1], named: map[string]any{}}
	for _, name := range slices.Sorted(maps.Keys(s.Args)) {
		node := s.Args[name]
		value, err := saved.value(&node)
		if err != nil {
			return c, err
		}
		c.named[name] = value
	}
	if s.IDs.Kind != 0 {
		value, err := saved.value(&s.IDs)
		if err != nil {
			return c, err
		}
		c.ids = idsIn(value)
	}
	odooContext := maps.Clone(own)
	if s.Context.Kind != 0 {
		value, err := saved.value(&s.Context)
		if err != nil {
			return c, err
		}
		more, ok := value.(map[string]any)
		if !ok {
			return c, fmt.Errorf("the context is no map: %s", show(value))
		}
		maps.Copy(odooContext, more)
	}
	c.named["context"] = odooContext
	return c, nil
}

// idsIn are the whole numbers in a value, lists within lists too.
func idsIn(value any) []int64 {
	ids := []int64{}
	switch value := value.(type) {
	case int64:
		ids = append(ids, value)
	case []any:
		for _, item := range value {
			ids = append(ids, idsIn(item)...)
		}
	}
	return ids
}

// send makes the call.
func (c call) send(s *odoo.Session) (any, error) {
	return s.Call(ctx, c.model, c.method, c.ids, c.named)
}
