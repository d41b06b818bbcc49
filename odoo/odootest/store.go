package odootest

import (
	"slices"
	"sort"
	"time"
)

// row is one record: stored values by field. Rows are never changed once they
// stand in a table, so that they can be read after the lock is given back. Texts
// are string, links int64 and []int64, times time.Time in UTC; what is absent is
// NULL. The text of a language other than the source's stands under
// "field@language".
type row map[string]any

// id gives the record's id.
func (r row) id() int64 { return r.link("id") }

// link gives a many2one, 0 where it is empty.
func (r row) link(name string) int64 {
	id, _ := r[name].(int64)
	return id
}

// text gives a text, "" where there is none.
func (r row) text(name string) string {
	text, _ := r[name].(string)
	return text
}

// flag gives a boolean.
func (r row) flag(name string) bool {
	flag, _ := r[name].(bool)
	return flag
}

// float gives a number.
func (r row) float(name string) float64 {
	number, _ := r[name].(float64)
	return number
}

// set gives the links that a many2many stores.
func (r row) set(name string) []int64 {
	ids, _ := r[name].([]int64)
	return ids
}

// clone gives a copy to change.
func (r row) clone() row {
	copied := make(row, len(r)+1)
	for name, value := range r {
		copied[name] = value
	}
	return copied
}

// table holds the records of a model.
type table struct {
	model   *model
	rows    map[int64]row
	ids     []int64 // in order
	seq     int64   // the last id given
	indexes map[string]index
}

// index finds the records of a value of one column, in order.
type index map[any][]int64

// add and remove keep an index.
func (x index) add(value any, id int64) {
	ids := x[value]
	at, found := slices.BinarySearch(ids, id)
	if !found {
		x[value] = slices.Insert(ids, at, id)
	}
}

func (x index) remove(value any, id int64) {
	ids := x[value]
	if at, found := slices.BinarySearch(ids, id); found {
		x[value] = slices.Delete(ids, at, at+1)
	}
}

// lookup gives the records of a value of a column: of a text or a number those
// that have it, of an id those that link to it.
func (t *table) lookup(column string, value any) []int64 {
	x := t.indexes[column]
	if x == nil {
		x = index{}
		for _, id := range t.ids {
			eachKey(t.rows[id][column], func(key any) { x[key] = append(x[key], id) })
		}
		if t.indexes == nil {
			t.indexes = map[string]index{}
		}
		t.indexes[column] = x
	}
	return slices.Clone(x[value])
}

// eachKey calls do for each value under which a record is found.
func eachKey(value any, do func(key any)) {
	switch v := value.(type) {
	case []int64:
		for _, id := range v {
			do(id)
		}
	case string, int64:
		do(v)
	}
}

// reindex moves a record in all indexes.
func (t *table) reindex(id int64, old, changed row) {
	for column, x := range t.indexes { // each index by itself, so their order does not matter
		before, after := old[column], changed[column]
		if _, set := before.([]int64); !set && before == after {
			continue
		}
		eachKey(before, func(key any) { x.remove(key, id) })
		eachKey(after, func(key any) { x.add(key, id) })
	}
}

// place puts r under id, or takes the record away when r is nil.
func (t *table) place(id int64, r row) {
	old, exists := t.rows[id]
	t.reindex(id, old, r)
	at := sort.Search(len(t.ids), func(i int) bool { return t.ids[i] >= id })
	switch {
	case r == nil && exists:
		delete(t.rows, id)
		t.ids = append(t.ids[:at], t.ids[at+1:]...)
	case r != nil:
		t.rows[id] = r
		if !exists {
			t.ids = append(t.ids, 0)
			copy(t.ids[at+1:], t.ids[at:])
			t.ids[at] = id
		}
		t.seq = max(t.seq, id)
	}
}

// change is one step of a transaction, with what stood there before.
type change struct {
	table *table
	id    int64
	old   row
}

// tx is a transaction: its steps, its time and its user. The caller holds the
// server's lock.
type tx struct {
	s       *Server
	now     time.Time // start; the write_date of all that is written
	user    *account
	context map[string]any
	sudo    bool // no rights are checked
	loading bool // inside load
	naming  bool // inside name_search, which finds by name in all versions
	// inheriting and unlinking are set while a record's parent is made or deleted
	// for it, so that the parent does not do the same for the record.
	inheriting, unlinking bool
	log                   []change
}

// begin starts a transaction.
func (s *Server) begin(user *account, context map[string]any) *tx {
	return &tx{s: s, now: s.time(), user: user, context: context}
}

// time is now in UTC, in microseconds as PostgreSQL keeps it.
func (s *Server) time() time.Time { return s.options.Clock().UTC().Truncate(time.Microsecond) }

// table gives the records of a model, also of one that clients do not see.
func (s *Server) table(model string) *table {
	if t := s.tables[model]; t != nil {
		return t
	}
	return s.hidden[model]
}

// comodel gives the model that a field leads to.
func (t *tx) comodel(f *field) *model { return t.s.table(f.relation).model }

// put writes a row.
func (t *tx) put(m *model, id int64, r row) {
	table := t.s.table(m.name)
	t.log = append(t.log, change{table, id, table.rows[id]})
	t.s.index(m, table.rows[id], r)
	table.place(id, r)
}

// next gives the next id of a model. As in a real database, an id that was given
// is not given again after a rollback.
func (t *tx) next(m *model) int64 {
	table := t.s.table(m.name)
	table.seq++
	return table.seq
}

// row gives a record, nil when it does not exist.
func (t *tx) row(model string, id int64) row {
	table := t.s.table(model)
	if table == nil {
		return nil
	}
	return table.rows[id]
}

// rows gives the records of ids that exist.
func (t *tx) rowsOf(model string, ids []int64) []row {
	rows := make([]row, 0, len(ids))
	for _, id := range ids {
		if r := t.row(model, id); r != nil {
			rows = append(rows, r)
		}
	}
	return rows
}

// pointing gives the ids of the records of a model that link to a record, archived
// or not.
func (t *tx) pointing(model, column string, id int64) []int64 {
	table := t.s.table(model)
	if table == nil {
		return nil
	}
	return table.lookup(column, id)
}

// rollback undoes all steps after the first n.
func (t *tx) rollback(n int) {
	for i := len(t.log) - 1; i >= n; i-- {
		step := t.log[i]
		t.s.index(step.table.model, step.table.rows[step.id], step.old)
		step.table.place(step.id, step.old)
	}
	t.log = t.log[:n]
}

// commit journals what the transaction changed; when that fails nothing stays.
func (t *tx) commit() error {
	if len(t.log) == 0 {
		return nil
	}
	if journal := t.s.options.Journal; journal != nil {
		line, err := t.line()
		if err == nil {
			err = journal(line)
		}
		if err != nil {
			t.rollback(0)
			return exception("psycopg2.OperationalError", "the journal cannot be written: %v", err)
		}
	}
	t.log = nil
	return nil
}

// active reports whether the context hides archived records.
func (t *tx) active() bool {
	value, given := t.context["active_test"]
	return !given || truthy(value)
}

// asRoot runs a step without checking rights.
func (t *tx) asRoot(run func() error) error {
	before := t.sudo
	t.sudo = true
	defer func() { t.sudo = before }()
	return run()
}

// index keeps the look-up of external identifiers.
func (s *Server) index(m *model, old, changed row) {
	if m.name != "ir.model.data" {
		return
	}
	if old != nil {
		delete(s.identifiers, old.text("module")+"."+old.text("name"))
	}
	if changed != nil {
		s.identifiers[changed.text("module")+"."+changed.text("name")] = changed.id()
	}
}
