package odootest

import (
	"fmt"
	"time"
)

// The methods below change and read records without HTTP, for tests that play a
// user. They act as the administrator, check no rights, hide no archived records,
// assign nobody to new tasks, make no followers and leave no messages. They journal
// what they change. What Odoo would refuse is a mistake of the test, so they panic.

// direct runs a transaction of the administrator.
func (s *Server) direct(what string, run func(t *tx) error) {
	_, err := s.transact(s.byUID(mainUID), map[string]any{"active_test": false}, func(t *tx) (any, error) {
		t.sudo, t.loading = true, true
		return true, run(t)
	})
	if err != nil {
		panic(fmt.Sprintf("odootest: %s: %v", what, err))
	}
}

// normal turns what a test writes in Go into what a client would have sent.
func normal(value any) any {
	switch v := value.(type) {
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case []int:
		return normalEach(v)
	case []int64:
		return normalEach(v)
	case []string:
		return normalEach(v)
	case []any:
		return normalEach(v)
	case [][]any:
		return normalEach(v)
	case map[string]any:
		return normalVals(v)
	case time.Time:
		return v.UTC().Format(datetimeLayout)
	default:
		return v
	}
}

// normalEach is normal for a list.
func normalEach[T any](list []T) []any {
	normalized := make([]any, len(list))
	for i, element := range list {
		normalized[i] = normal(element)
	}
	return normalized
}

// normalVals is normal for the values of a record.
func normalVals(vals map[string]any) map[string]any {
	normalized := make(map[string]any, len(vals))
	for name, value := range vals {
		normalized[name] = normal(value)
	}
	return normalized
}

// Create makes a record, with values as create takes them, and gives its id. A
// list of ids for a set of links replaces it.
func (s *Server) Create(model string, vals map[string]any) int64 {
	id := int64(0)
	s.direct("create "+model, func(t *tx) (err error) {
		id, err = t.create(t.model(model).name, normalVals(vals))
		return err
	})
	return id
}

// Write changes records.
func (s *Server) Write(model string, ids []int64, vals map[string]any) {
	s.direct("write "+model, func(t *tx) error {
		return t.write(t.model(model).name, ids, normalVals(vals))
	})
}

// Unlink deletes records.
func (s *Server) Unlink(model string, ids ...int64) {
	s.direct("unlink "+model, func(t *tx) error {
		return t.unlink(t.model(model).name, ids)
	})
}

// Read gives a record as the method read answers it, nil when it does not exist.
// Without names it gives all fields.
func (s *Server) Read(model string, id int64, names ...string) map[string]any {
	var shown map[string]any
	s.direct("read "+model, func(t *tx) error {
		m := t.model(model)
		if t.row(model, id) == nil {
			return nil
		}
		rows, err := t.read(m, []int64{id}, names, nil)
		if err == nil {
			shown = rows[0]
		}
		return err
	})
	return shown
}

// Search gives the ids of a domain, archived records included, in the model's
// order. A nil domain is all.
func (s *Server) Search(model string, domain []any) []int64 {
	var ids []int64
	s.direct("search "+model, func(t *tx) (err error) {
		ids, err = t.search(t.model(model), normal(domain), 0, 0, "")
		return err
	})
	return ids
}

// WriteDate gives a record's write_date with its microseconds, the zero time when
// the record does not exist.
func (s *Server) WriteDate(model string, id int64) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return asTime(s.table(model).rows[id]["write_date"])
}

// Touch moves the write_date of all records of a model and changes nothing else.
func (s *Server) Touch(model string) {
	s.direct("touch "+model, func(t *tx) error {
		m := t.model(model)
		for _, id := range t.where(model, everything) {
			r := t.row(model, id).clone()
			r["write_date"] = t.now
			t.put(m, id, r)
		}
		return nil
	})
}

// model gives a model that must exist.
func (t *tx) model(name string) *model {
	table := t.s.table(name)
	if table == nil {
		panic(fmt.Sprintf("odootest: there is no model %q here", name))
	}
	return table.model
}

// Held is a transaction that has started and is not committed. Its changes are
// seen by nobody until Release, and then have the write_date of its start: a
// poller that remembers only the last write_date it saw will miss them.
type Held struct {
	server *Server
	start  time.Time
	steps  []func(t *tx) error
}

// Hold starts a transaction.
func (s *Server) Hold() *Held { return &Held{server: s, start: s.time()} }

// Create makes a record at Release and gives the id that it will have.
func (h *Held) Create(model string, vals map[string]any) int64 {
	h.server.mu.Lock()
	defer h.server.mu.Unlock()
	table := h.server.table(model)
	table.seq++
	id := table.seq
	h.steps = append(h.steps, func(t *tx) error {
		_, err := t.createAs(model, id, normalVals(vals))
		return err
	})
	return id
}

// Write changes records at Release.
func (h *Held) Write(model string, ids []int64, vals map[string]any) {
	h.steps = append(h.steps, func(t *tx) error { return t.write(model, ids, normalVals(vals)) })
}

// Unlink deletes records at Release.
func (h *Held) Unlink(model string, ids ...int64) {
	h.steps = append(h.steps, func(t *tx) error { return t.unlink(model, ids) })
}

// Release commits the transaction.
func (h *Held) Release() {
	h.server.direct("release a held transaction", func(t *tx) error {
		t.now = h.start
		for _, step := range h.steps {
			if err := step(t); err != nil {
				return err
			}
		}
		return nil
	})
	h.steps = nil
}
