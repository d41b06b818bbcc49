package redmine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/record"
)

// id is the object's id as a text, as records have it.
func (o object) id() string { return fmt.Sprint(o["id"]) }

// text is a text, empty where it is null.
func (o object) text(name string) string { s, _ := o[name].(string); return s }

// in is an object in an object: {"status": {"id": 1, "name": "New"}}. It is nil where there is none.
func (o object) in(name string) object { inner, _ := o[name].(map[string]any); return inner }

// link is a link to what is named, null where there is none.
func (o object) link(name, model string) record.Value {
	if inner := o.in(name); inner != nil {
		return record.Ref(model, inner.id())
	}
	return record.Null()
}

// number is a number, null where there is none.
func (o object) number(name string) record.Value {
	if o[name] == nil {
		return record.Null()
	}
	if v, err := record.Decimal(fmt.Sprint(o[name])); err == nil {
		return v
	}
	return record.Null()
}

// day is a date, null where there is none.
func (o object) day(name string) record.Value {
	if t, err := time.Parse(time.DateOnly, o.text(name)); err == nil {
		return record.Date(t)
	}
	return record.Null()
}

// moment is a time with its zone, null where there is none.
func (o object) moment(name string) record.Value {
	if t, err := time.Parse(time.RFC3339, o.text(name)); err == nil {
		return record.Instant(t)
	}
	return record.Null()
}

// each does something for one thing after the other. What concerns one record stays with it; what concerns the whole server ends the call.
func each[T any](ctx context.Context, all []T, do func(context.Context, T) (record.Record, error)) ([]backend.Result, error) {
	results := make([]backend.Result, 0, len(all))
	for _, one := range all {
		r, err := do(ctx, one)
		var o interface{ Outage() bool }
		if errors.As(err, &o) && o.Outage() {
			return results, err
		}
		results = append(results, backend.Result{Record: r, Err: err})
	}
	return results, nil
}

// parts are the client and the settings of an environment.
func parts(env *backend.Environment) (*client, *Settings, error) {
	c, ok := env.Client.(*client)
	s, fits := env.Config.Settings.(*Settings)
	if !ok || !fits {
		return nil, nil, fmt.Errorf("backend %s is not one of redmine", env.Config.Name)
	}
	return c, s, nil
}
