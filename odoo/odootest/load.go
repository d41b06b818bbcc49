package odootest

import (
	"fmt"
	"strconv"
	"strings"
)

// column is one column of load: a field, or the record's own identifiers.
type column struct {
	field *field  // nil for id and .id
	sub   string  // "", "id" or ".id"
	line  *column // of a one2many: the column of its lines
}

// loader carries out one call of load.
type loader struct {
	t        *tx
	m        *model
	columns  []column
	messages []map[string]any
}

// loadRow is one row after its cells were read.
type loadRow struct {
	index      int
	identifier string
	id         int64
	vals       map[string]any
}

// load creates or updates records as Odoo's import does: all or nothing. What
// went wrong stands in messages, and ids is then False.
func (t *tx) load(m *model, names []string, data []any) (map[string]any, error) {
	l := &loader{t: t, m: m, messages: []map[string]any{}}
	if err := l.readHeader(names); err != nil {
		return nil, err
	}
	t.loading = true
	mark := len(t.log)
	rows, err := l.readRows(data)
	if err != nil {
		return nil, err
	}
	ids := l.store(rows)
	if l.failed() {
		t.rollback(mark)
		return map[string]any{"ids": false, "messages": l.messages, "nextrow": int64(0)}, nil
	}
	return map[string]any{"ids": ids, "messages": l.messages, "nextrow": int64(0)}, nil
}

// readHeader reads the names of columns: name, field/id, field/.id, id, .id.
func (l *loader) readHeader(names []string) error {
	for _, name := range names {
		c, err := l.t.readColumn(l.m, name)
		if err != nil {
			return err
		}
		l.columns = append(l.columns, c)
	}
	return nil
}

// readColumn reads the name of one column of a model.
func (t *tx) readColumn(m *model, name string) (column, error) {
	if name == "id" || name == ".id" {
		return column{sub: name}, nil
	}
	base, sub, _ := strings.Cut(name, "/")
	f := m.fields[base]
	switch {
	case f == nil:
		return column{}, exception("ValueError", "Invalid field name '%s'", base)
	case f.kind == kindOne2many && sub != "":
		line, err := t.readColumn(t.comodel(f), sub)
		return column{field: f, line: &line}, err
	case f.kind == kindOne2many || (sub != "" && sub != "id" && sub != ".id"):
		return column{}, exception("NotImplementedError", "this server does not load the column '%s'", name)
	}
	return column{field: f, sub: sub}, nil
}

// readRows converts the cells of all rows.
func (l *loader) readRows(data []any) ([]loadRow, error) {
	rows := make([]loadRow, 0, len(data))
	for i, element := range data {
		cells, ok := element.([]any)
		if !ok || len(cells) < len(l.columns) {
			return nil, exception("IndexError", "list index out of range")
		}
		more := i > 0 && len(rows) > 0 && l.onlyLines(cells)
		if !more {
			r := loadRow{index: i, vals: map[string]any{}}
			if err := l.readOwn(&r, cells); err != nil {
				return nil, err
			}
			rows = append(rows, r)
		}
		if err := l.readLines(&rows[len(rows)-1], cells); err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// onlyLines reports whether a row has cells of lines only: they belong to the
// record of the row before.
func (l *loader) onlyLines(cells []any) bool {
	lines := false
	for i, c := range l.columns {
		filled := truthy(cells[i])
		if filled && c.line == nil {
			return false
		}
		lines = lines || (filled && c.line != nil)
	}
	return lines
}

// readOwn converts the cells of a record's own columns.
func (l *loader) readOwn(r *loadRow, cells []any) error {
	for i, c := range l.columns {
		if c.line != nil {
			continue
		}
		if err := l.readCell(r, c, cells[i]); err != nil {
			return err
		}
	}
	return nil
}

// readLines converts the cells of one line of each one2many. A line without an
// identifier of its own is created again by each load (facts: load).
func (l *loader) readLines(r *loadRow, cells []any) error {
	lines := map[string]*loadRow{}
	for i, c := range l.columns {
		if c.line == nil || !truthy(cells[i]) {
			continue
		}
		line := lines[c.field.name]
		if line == nil {
			line = &loadRow{index: r.index, vals: map[string]any{}}
			lines[c.field.name] = line
		}
		sub := &loader{t: l.t, m: l.t.comodel(c.field), messages: l.messages}
		if err := sub.readCell(line, *c.line, cells[i]); err != nil {
			return err
		}
		l.messages = sub.messages
	}
	for _, name := range sortedKeys(lines) {
		line := lines[name]
		list, _ := r.vals[name].([]any)
		if data := l.t.row("ir.model.data", l.t.s.identifiers[line.identifier]); line.identifier != "" && data != nil {
			line.id = data.link("res_id")
		}
		command := []any{int64(commandCreate), int64(0), line.vals}
		if line.id != 0 {
			command = []any{int64(commandUpdate), line.id, line.vals}
		}
		r.vals[name] = append(list, command)
	}
	return nil
}

// readCell converts one cell into the row; what cannot be read becomes a message.
func (l *loader) readCell(r *loadRow, c column, cell any) error {
	if c.field == nil {
		return l.readIdentity(r, c.sub, cell)
	}
	value, complaint, err := l.convert(r, c, cell)
	if err != nil {
		return err
	}
	if complaint != nil {
		l.complain(r, c.field, complaint)
		return nil
	}
	r.vals[c.field.name] = value
	return nil
}

// readIdentity reads the columns id (module.name) and .id.
func (l *loader) readIdentity(r *loadRow, sub string, cell any) error {
	if !truthy(cell) {
		return nil
	}
	if sub == "id" {
		r.identifier = toText(cell)
		if !strings.Contains(r.identifier, ".") {
			r.identifier = "__import__." + r.identifier
		}
		return nil
	}
	id, err := strconv.ParseInt(toText(cell), 10, 64)
	if err != nil {
		return exception("psycopg2.errors.InvalidTextRepresentation", "invalid input syntax for type integer: \"%s\"\n", toText(cell))
	}
	if r.id = id; l.t.row(l.m.name, id) == nil {
		r.id = 0 // Odoo would go on and create it
		message := l.info(r, map[string]any{"type": "error", "field": ".id", "message": fmt.Sprintf("Unknown database identifier '%d'", id)})
		l.messages = append(l.messages, message)
	}
	return nil
}

// complaint is what is wrong with a cell.
type complaint struct {
	text string // with the field's label in it
	more any    // moreinfo, nil when there is none
	warn bool
}

// complain adds a message about a cell.
func (l *loader) complain(r *loadRow, f *field, c *complaint) {
	kind := "error"
	if c.warn {
		kind = "warning"
	}
	message := l.info(r, map[string]any{"type": kind, "field": f.name, "message": c.text})
	if c.more != nil {
		message["moreinfo"] = c.more
	}
	if !c.warn {
		message["field_name"] = f.label
	}
	l.messages = append(l.messages, message)
}

// info adds a row's place to a message.
func (l *loader) info(r *loadRow, message map[string]any) map[string]any {
	at := int64(r.index)
	message["rows"] = map[string]any{"from": at, "to": at}
	message["record"] = at
	return message
}

// failed reports whether a message is an error.
func (l *loader) failed() bool {
	for _, message := range l.messages {
		if message["type"] == "error" {
			return true
		}
	}
	return false
}

// store writes all rows at once; when that fails each row on its own, so that the
// messages can say which ones are bad. After ten errors it gives up.
func (l *loader) store(rows []loadRow) []any {
	mark := len(l.t.log)
	ids := []any{}
	var first error
	for i := range rows {
		id, err := l.record(&rows[i])
		if first = err; err != nil {
			break
		}
		ids = append(ids, id)
	}
	if first == nil {
		return ids
	}
	l.t.rollback(mark)
	before := len(l.messages)
	faults := l.retry(rows)
	if f := asFailure(first); f.class == classUser && faults > 0 {
		l.blame(before, &rows[0], f)
	}
	return nil
}

// blame puts the error of the whole batch before the others, on the first row,
// innocent or not, as Odoo does.
func (l *loader) blame(at int, r *loadRow, f *failure) {
	for _, message := range l.messages {
		if message["message"] == f.text && message["record"] == int64(r.index) {
			return
		}
	}
	batch := l.info(r, map[string]any{"type": "error", "message": f.text})
	l.messages = append(l.messages[:at:at], append([]map[string]any{batch}, l.messages[at:]...)...)
}

// retry stores row by row and gives the number of rows that failed.
func (l *loader) retry(rows []loadRow) int {
	faults := 0
	for i := range rows {
		mark := len(l.t.log)
		if _, err := l.record(&rows[i]); err != nil {
			l.t.rollback(mark)
			l.messages = append(l.messages, l.info(&rows[i], l.explain(asFailure(err))))
			faults++
		}
		if faults >= 10 && faults*10 >= i+1 {
			l.messages = append(l.messages, map[string]any{
				"type":    "warning",
				"message": "Found more than 10 errors and more than one error per 10 records, interrupted to avoid showing too many errors.",
			})
			break
		}
	}
	return faults
}

// explain turns a failure into a message of load (texts seen on Odoo 18).
func (l *loader) explain(f *failure) map[string]any {
	message := map[string]any{"type": "error", "message": f.text}
	switch f.class {
	case classNotNull:
		message["field"] = f.column
		message["message"] = fmt.Sprintf("Missing required value for the field '%s' (%s)", l.label(f.column), f.column)
	case classUnique:
		message["field"] = f.column
		message["message"] = fmt.Sprintf("The value for the field '%s' already exists (this is probably '%s' in the current model).", f.column, l.label(f.column))
	case classUser, classCheck, "ForeignKeyViolation":
	default:
		message["message"] = fmt.Sprintf("Unknown error during import: <class '%s'>: %s", f.class, f.message())
		message["moreinfo"] = "Resolve other errors first"
	}
	return message
}

// label gives a column's label.
func (l *loader) label(column string) string {
	if f := l.m.fields[column]; f != nil {
		return f.label
	}
	return column
}

// record creates or updates the record of one row, with its identifier.
func (l *loader) record(r *loadRow) (int64, error) {
	t := l.t
	if r.identifier == "" {
		if r.id != 0 {
			return r.id, t.write(l.m.name, []int64{r.id}, r.vals)
		}
		return t.create(l.m.name, r.vals)
	}
	if data := t.row("ir.model.data", t.s.identifiers[r.identifier]); data != nil {
		return l.updateIdentified(r, data)
	}
	id, err := r.id, error(nil)
	if id == 0 {
		id, err = t.create(l.m.name, r.vals)
	} else {
		err = t.write(l.m.name, []int64{id}, r.vals)
	}
	if err != nil {
		return 0, err
	}
	return id, l.identify(r.identifier, id)
}

// updateIdentified changes the record that has the row's identifier, unless the mode is to update and the identifier is not to be
// updated ("if not (update and d_noupdate)" in _load_records: odoo/models.py of 16 to 18, odoo/orm/models.py of 19; seen on 18).
func (l *loader) updateIdentified(r *loadRow, data row) (int64, error) {
	if data.text("model") != l.m.name {
		return 0, warning("For external id %s when trying to create/update a record of model %s found record of different model %s (%d)",
			r.identifier, l.m.name, data.text("model"), data.id())
	}
	id := data.link("res_id")
	if l.t.context["mode"] == "update" && data.flag("noupdate") {
		return id, nil
	}
	return id, l.t.write(l.m.name, []int64{id}, r.vals)
}

// identify stores an external identifier. A name with a space is refused.
func (l *loader) identify(identifier string, id int64) error {
	module, name, _ := strings.Cut(identifier, ".")
	if strings.Contains(name, " ") {
		return &failure{code: 2, class: classCheck, text: fmt.Sprintf(
			"new row for relation \"ir_model_data\" violates check constraint \"ir_model_data_name_nospaces\"\nDETAIL:  Failing row contains (%s, %s).\n", name, module)}
	}
	return l.t.asRoot(func() error {
		_, err := l.t.create("ir.model.data", map[string]any{
			"module": module, "name": name, "model": l.m.name, "res_id": id, "noupdate": truthy(l.t.context["noupdate"]),
		})
		return err
	})
}
