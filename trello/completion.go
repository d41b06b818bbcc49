package trello

import (
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// completion says how an external record tells whether it is done: which field holds what.
type completion struct {
	field            string
	complete, opened record.Value
}

// cardCompletion is a card's tick beside its due date. Trello keeps it on cards without a due date too.
var cardCompletion = completion{field: "dueComplete", complete: record.Bool(true), opened: record.Bool(false)}

// taskState is how tasks of an Odoo tell whether they are done.
type taskState struct {
	field      string
	done, open string
	computed   string // a state that Odoo sets by itself; "" where there is none
}

// stateName is the mapping's name for a task's state, whatever the version's field is called.
const stateName = "state"

// stateOf is the state of tasks in an Odoo with these fields: state since 17, kanban_state on 16 (fields_get).
func stateOf(fields odoo.Fields) (s taskState, ok bool) {
	if _, ok := fields["state"]; ok {
		return taskState{field: "state", done: "1_done", open: "01_in_progress", computed: "04_waiting_normal"}, true
	}
	_, ok = fields["kanban_state"]
	return taskState{field: "kanban_state", done: "done", open: "normal"}, ok
}

// doneField pairs whether an external record is done with a task's state. Odoo has several states in which a
// task is not done (changes requested, approved, cancelled, blocked): they are one here, and stay what they are
// until the tick itself changes. The one that a task had before it was done comes back when the tick is taken
// off; the one that Odoo computes from other tasks is never written.
//
// Moving a task resets its state, unless the state is written along: on 16 always, later on an open one where
// the stage changes and every one where the project does (seen on Odoo 16 to 19).
func doneField(c completion, s taskState) mapping.Field {
	done := func(r record.Record) bool { return r.Value(s.field).AsText() == s.done }
	return mapping.Field{
		Name: stateName, Odoo: []string{s.field}, External: []string{c.field},
		FromExternal: func(src mapping.Source) (record.Value, error) {
			return yes(src.Record.Value(c.field).Equal(c.complete)), nil
		},
		FromOdoo: func(src mapping.Source) (record.Value, error) { return yes(done(src.Record)), nil },
		ToOdoo:   func(t mapping.Target) (mapping.Values, error) { return s.write(t, done(t.Current)), nil },
		ToExternal: func(t mapping.Target) (mapping.Values, error) {
			if t.Value.AsBool() {
				return mapping.Values{c.field: c.complete}, nil
			}
			if t.Current.ID == "" {
				return nil, nil // as every new one is
			}
			return mapping.Values{c.field: c.opened}, nil
		},
		ResetBy: []string{"stage_id", "project_id", "parent_id"},
		Keep:    s.keep, Remember: s.remember,
	}
}

// yes is true or nothing: what is not done is empty, so that at a first match the done side counts.
func yes(is bool) record.Value {
	if is {
		return record.Bool(true)
	}
	return record.Null()
}

// write is what to write so that a task is done or not. A new task is open by itself.
func (s taskState) write(t mapping.Target, isDone bool) mapping.Values {
	switch {
	case t.Value.AsBool():
		return mapping.Values{s.field: record.Text(s.done)}
	case !isDone:
		return nil
	case t.Memory.IsNull():
		return mapping.Values{s.field: record.Text(s.open)}
	default:
		return mapping.Values{s.field: t.Memory}
	}
}

// keep is what is written along with a move. What Odoo computes stays by itself, and an open one is what
// Odoo makes of it anyway.
func (s taskState) keep(r record.Record) mapping.Values {
	switch state := r.Value(s.field).AsText(); state {
	case "", s.open, s.computed:
		return nil
	default:
		return mapping.Values{s.field: record.Text(state)}
	}
}

// remember is the state that a task had when it was last not done.
func (s taskState) remember(before record.Value, r record.Record) record.Value {
	switch state := r.Value(s.field).AsText(); state {
	case s.done:
		return before
	case "", s.open, s.computed:
		return record.Null()
	default:
		return record.Text(state)
	}
}
