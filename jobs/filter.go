package jobs

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Filter selects jobs. What is left zero selects nothing away; what is given must hold all together.
type Filter struct {
	Backend  string
	States   []State // any of these
	Channel  string  // this one and those below it; its root may be left out
	Model    string  // binding model
	Function string
	Record   string    // external id or Odoo id: one that the identity or the pair names, or a number among the arguments
	Since    time.Time // the last step was then or later: its end, the start of its run, or since when it waits
	Until    time.Time // the last step was before
	Error    string    // text of the failure, see [ErrorWildcard]; or the kind of it
	Kind     string    // of the failure, in full, e.g. "odoo.Fault"
	Worker   string    // owner of the last claim, as host:pid, or all of a host's
	Graph    string    // uuid
	IDs      []int64

	// What follows is for lists alone.

	Sort   Sort
	After  string // where the page begins: [Page.Next] of the one before
	Limit  int    // at most so many; 0: all
	Offset int    // so many are passed over first
}

// ErrorWildcard stands for any text within [Filter.Error], which is otherwise found anywhere in a message, in upper or lower
// case. A "^" at its beginning and a "$" at its end bind it to the message's beginning and end.
const ErrorWildcard = "…"

// FilterError says that a filter cannot be used.
type FilterError struct {
	Field  string // the part of the filter: state, sort, page, channel
	Value  string
	Reason string
}

// Error shows the part, and what is expected of it.
func (e *FilterError) Error() string { return fmt.Sprintf("%s %q: %s", e.Field, e.Value, e.Reason) }

// Usage marks the error as the caller's.
func (*FilterError) Usage() bool { return true }

// class is a part of all jobs that an index knows, by the words of its condition, and when their last step was.
type class struct{ where, changed string }

// classes are the parts that the states fall into.
func classes(s State) []class {
	switch s {
	case StatePending:
		return []class{{"state = 'pending' AND due = 1", "enqueued"}, {"state = 'pending' AND due = 0", "enqueued"}}
	case StateStarted:
		return []class{{"state = 'started'", "started"}}
	case StateDone, StateFailed, StateCancelled:
		return []class{{"state IN ('done','failed','cancelled') AND state = '" + string(s) + "'", "finished"}}
	case StateWaitDependencies, StateEnqueued:
		return []class{{"state = '" + string(s) + "'", "enqueued"}}
	}
	return []class{{"1 = 0", "enqueued"}}
}

// conditions are the parts of a WHERE, which must all hold.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(condition string, values ...any) {
	c.where, c.args = append(c.where, condition), append(c.args, values...)
}

// equal adds a condition where a value is given.
func (c *conditions) equal(column, value string) {
	if value != "" {
		c.add(column+" = ?", value)
	}
}

func (c *conditions) with(more conditions) conditions {
	return conditions{append(append([]string{}, c.where...), more.where...), append(append([]any{}, c.args...), more.args...)}
}

func (c *conditions) String() string {
	if len(c.where) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(c.where, " AND ")
}

// alternatives gives the filter as sets of conditions. No job fulfils two of them.
func (f Filter) alternatives() ([]conditions, error) {
	base, err := f.base()
	if err != nil {
		return nil, err
	}
	timed := !f.Since.IsZero() || !f.Until.IsZero()
	states := f.States
	if len(states) == 0 && timed {
		states = States()
	}
	if len(states) == 0 {
		return []conditions{base}, nil
	}
	var all []conditions
	seen := map[State]bool{}
	for _, s := range states {
		if seen[s] {
			continue
		}
		seen[s] = true
		for _, part := range classes(s) {
			own := conditions{where: []string{part.where}}
			if !f.Since.IsZero() {
				own.add(part.changed+" >= ?", state.Micros(f.Since))
			}
			if !f.Until.IsZero() {
				own.add(part.changed+" < ?", state.Micros(f.Until))
			}
			all = append(all, own.with(base))
		}
	}
	return all, nil
}

// base are the conditions that don't depend on the state.
func (f Filter) base() (c conditions, err error) {
	c.equal("backend", f.Backend)
	if f.Channel != "" {
		full, err := channelName(f.Channel)
		if err != nil {
			return c, &FilterError{"channel", f.Channel, err.Error()}
		}
		if full != Root {
			c.add("(channel = ? OR channel > ? AND channel < ?)", full, full+".", full+"/") // '/' comes after '.'
		}
	}
	c.equal("model", f.Model)
	c.equal("function", f.Function)
	c.equal("graph", f.Graph)
	if f.Graph != "" {
		c.add("graph <> ''") // the words of its index
	}
	if f.Worker != "" {
		c.add("(worker = ? OR worker > ? AND worker < ?)", f.Worker, f.Worker+":", f.Worker+";") // ';' comes after ':'
	}
	if len(f.IDs) > 0 {
		c.add("id IN "+marks(len(f.IDs)), anys(f.IDs)...)
	}
	f.failure(&c)
	f.record(&c)
	return c, nil
}

// failure adds the condition on the text of the error.
func (f Filter) failure(c *conditions) {
	c.equal("exc_name", f.Kind)
	if f.Error == "" {
		return
	}
	text, bound := strings.CutPrefix(f.Error, "^")
	begin, end := "%", "%"
	if bound {
		begin = ""
	}
	if text, bound = strings.CutSuffix(text, "$"); bound {
		end = ""
	}
	pattern := begin + strings.ReplaceAll(like(text), ErrorWildcard, "%") + end
	c.add("exc_message <> '' AND (lower(exc_message) LIKE lower(?) ESCAPE '!' OR lower(exc_name) = lower(?))", pattern, f.Error)
}

// record adds the condition on the record. The parts of identities and pairs are divided by colons, as in
// "trello:trello.card:65f1", and an Odoo id may be followed by its scope, as in "odoo:41@65f1".
func (f Filter) record(c *conditions) {
	if f.Record == "" {
		return
	}
	text := like(f.Record)
	var forms []string
	var args []any
	add := func(column string, patterns ...string) {
		for _, p := range patterns {
			forms, args = append(forms, column+" LIKE ? ESCAPE '!'"), append(args, p)
		}
	}
	for _, column := range []string{"identity", "pair"} {
		add(column, text, "%:"+text, "%:"+text+":%", "%:"+text+"@%")
	}
	if _, err := strconv.ParseInt(f.Record, 10, 64); err == nil {
		add("args", jsonForms(text)...)
	}
	quoted, err := json.Marshal(f.Record)
	if err == nil { // a job that isn't known by its record has it among its arguments
		forms = append(forms, "identity = '' AND pair = '' AND args LIKE ? ESCAPE '!'")
		args = append(args, "%"+like(string(quoted))+"%")
	}
	// Most jobs are passed over after one look.
	somewhere := "%" + text + "%"
	c.add("(identity LIKE ? ESCAPE '!' OR args LIKE ? ESCAPE '!' OR pair LIKE ? ESCAPE '!')", somewhere, somewhere, somewhere)
	c.add("("+strings.Join(forms, " OR ")+")", args...)
}

// jsonForms are the patterns of a number as a value or an element in JSON text.
func jsonForms(number string) (forms []string) {
	for _, before := range []string{":", "[", ","} {
		for _, after := range []string{",", "}", "]"} {
			forms = append(forms, "%"+before+number+after+"%")
		}
	}
	return forms
}

// like takes the special meaning of a text's characters away, for LIKE … ESCAPE '!'.
func like(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}
