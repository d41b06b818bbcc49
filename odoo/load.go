package odoo

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/odoo-connector/connector/record"
)

// loadChunk is how many rows one call loads at most: the answer to 5000 would come too late.
const loadChunk = 200

// LoadResult is what became of one row.
type LoadResult struct {
	// ID is the record's database id, 0 where Err is set.
	ID int64
	// Err is an *Error, or nil.
	Err error
	// Warnings are what Odoo remarked although it took the row.
	Warnings []string
}

// NewRecord is a record for LoadRecords.
type NewRecord struct {
	// Identifier is its external identifier, "module.name", without spaces. A second load with the
	// same one makes no second record.
	Identifier string
	Values     map[string]record.Value
}

// LoadRecords creates records together with their external identifiers, so that doing it again
// makes no second one. Each record gets its own result, in this order. Records with the same
// fields go in one call: an empty cell would be written as empty and hide the field's default.
//
// It is for records that are new. One that exists under its identifier is left alone, and its id is the
// result: what people made of it since is not written over. Only where somebody took the mark away from the identifier by which it
// is not updated (in Odoo's developer mode), is it written over. To change records use WriteRecords.
//
// A value that its field cannot hold is that record's error. The error beside the results is the
// one that ended the work, as in Load.
func (s *Session) LoadRecords(ctx context.Context, model string, records []NewRecord) ([]LoadResult, error) {
	s = s.WithContext(leavesAlone)
	fields, err := s.FieldsGet(ctx, model)
	if err != nil {
		return nil, err
	}
	results := make([]LoadResult, len(records))
	groups, order := map[string]*loadGroup{}, []string(nil)
	for i, r := range records {
		columns, cells, err := s.loadRow(model, fields, r)
		if err != nil {
			results[i].Err = err
			continue
		}
		key := strings.Join(columns, " ")
		if groups[key] == nil {
			groups[key], order = &loadGroup{columns: columns}, append(order, key)
		}
		groups[key].rows = append(groups[key].rows, cells)
		groups[key].positions = append(groups[key].positions, i)
	}
	return results, s.loadGroups(ctx, model, groups, order, results)
}

// leavesAlone is the context in which load leaves a record alone that exists under an identifier of `noupdate`: load hands on the mode
// as `update`, and _load_records writes a record that exists only "if not (update and d_noupdate)" (odoo/models.py of 16, 17 and 18,
// odoo/orm/models.py of 19; seen on 18).
var leavesAlone = map[string]any{"mode": "update"}

// loadGroup are rows of the same columns, with the positions of their results.
type loadGroup struct {
	columns   []string
	rows      [][]string
	positions []int
}

func (s *Session) loadGroups(ctx context.Context, model string, groups map[string]*loadGroup, order []string, results []LoadResult) error {
	var ended error
	for _, key := range order {
		g := groups[key]
		if ended != nil {
			for _, at := range g.positions {
				results[at].Err = s.notSent(model, "load", ended)
			}
			continue
		}
		part, err := s.Load(ctx, model, g.columns, g.rows)
		for i, at := range g.positions {
			results[at] = part[i]
		}
		ended = err
	}
	return ended
}

func (s *Session) loadRow(model string, fields Fields, r NewRecord) (columns, cells []string, err error) {
	if err := checkIdentifier(r.Identifier); err != nil {
		return nil, nil, s.invalidValue(model, "load", "id", err)
	}
	columns, cells = []string{"id"}, []string{r.Identifier}
	for _, name := range slices.Sorted(maps.Keys(r.Values)) {
		f, ok := fields[name]
		if !ok {
			return nil, nil, s.unknownField(model, "load", name)
		}
		cell, err := f.LoadCell(r.Values[name])
		if err != nil {
			return nil, nil, s.invalidValue(model, "load", name, err)
		}
		columns, cells = append(columns, f.LoadColumn()), append(cells, cell)
	}
	return columns, cells, nil
}

// checkIdentifier refuses what load would not keep as it is: without a module Odoo puts __import__ before it,
// without anything it makes a record that a second load makes again, and a space is refused by a constraint
// (ir_model_data_name_nospaces, seen on Odoo 18).
func checkIdentifier(identifier string) error {
	module, name, _ := strings.Cut(identifier, ".")
	switch {
	case module == "" || name == "":
		return fmt.Errorf("the external identifier %q is not of the form module.name", identifier)
	case strings.ContainsFunc(identifier, unicode.IsSpace):
		return fmt.Errorf("the external identifier %q holds a space, which Odoo refuses", identifier)
	default:
		return checkText(identifier)
	}
}

// Load creates or updates a record per row by the method that Odoo's own import uses. fields are
// its columns ("id" for the external identifier "module.name", "stage_id/.id" for a database id),
// and every cell is text. It always runs with tz UTC (datetimes would be read in the user's time
// zone), noupdate (a module's update would overwrite) and without active_test.
//
// The rows go 200 to a call, in their order, so that one can lead by its external identifier to one before it. One
// bad row makes Odoo refuse its whole call and may be blamed on an innocent one. So a refused call is
// repeated in halves until each bad row has failed alone; every row has its own result.
//
// The error beside the results is the one that ended the work: no connection, wrong password, no
// right to create records of this model, other writers. The rows that it hit carry it; those that were not sent any more carry an *Error that
// says so; results and error are then both given.
func (s *Session) Load(ctx context.Context, model string, fields []string, rows [][]string) ([]LoadResult, error) {
	b := &loading{
		session: s.WithContext(map[string]any{"tz": "UTC", "noupdate": true, "active_test": false}),
		model:   model, fields: fields, rows: rows, results: make([]LoadResult, len(rows)),
	}
	for from := 0; from < len(rows); from += loadChunk {
		b.part(ctx, from, min(from+loadChunk, len(rows)))
	}
	return b.results, b.ended
}

// loading is one Load on its way.
type loading struct {
	session *Session
	model   string
	fields  []string
	rows    [][]string
	results []LoadResult
	ended   error
	asked   bool // for the right to create
	options []CallOption
}

// part loads the rows from..to, or each half of them where they are refused together.
func (b *loading) part(ctx context.Context, from, to int) {
	if from == to {
		return
	}
	if b.ended != nil {
		b.failAll(from, to, b.session.notSent(b.model, "load", b.ended))
		return
	}
	err := b.call(ctx, from, to)
	if err != nil && b.lacksRight(ctx, err) {
		err = b.noRight(err)
	}
	switch {
	case err == nil:
	case b.ended != nil || !rowsFault(err):
		b.ended = err
		b.failAll(from, to, err)
	case to-from == 1:
		b.results[from].Err = err
	default:
		middle := (from + to) / 2
		b.part(ctx, from, middle)
		b.part(ctx, middle, to)
	}
}

// lacksRight finds out, once, whether a refusal that is about no field comes from a missing right:
// load hands an AccessError on as a text like any other (seen on Odoo 18), and no row would pass.
func (b *loading) lacksRight(ctx context.Context, err error) bool {
	e := asError(err)
	if b.asked || e == nil || e.Field != "" || !Refused(e) && e.Kind != AccessError {
		return false
	}
	b.asked = true
	may, err := b.session.HasAccess(ctx, b.model, "create")
	return err == nil && !may
}

// noRight ends the work with the refusal as an AccessError.
func (b *loading) noRight(err error) error {
	e := *asError(err)
	e.Kind, e.Hint = AccessError, "give the Odoo user the right to create such records"
	b.ended = &e
	return b.ended
}

func (b *loading) failAll(from, to int, err error) {
	for i := from; i < to; i++ {
		b.results[i].Err = err
	}
}

// rowsFault reports whether the rows are at fault, so that fewer of them may pass.
func rowsFault(err error) bool {
	return IsKind(err, UserError, ValidationError, MissingError, AccessError, ValueError, ServerError, InvalidValue, TooLarge) && !isUnknown(err)
}

func isUnknown(err error) bool {
	e := asError(err)
	return e != nil && e.OutcomeUnknown
}

// notSent is the error of records that the end of the work left behind.
func (s *Session) notSent(model, method string, because error) *Error {
	e := s.fail(callOf(model, method), InvalidCall, "not sent, because an earlier part failed", "")
	if cause := asError(because); cause != nil {
		e.Kind, e.Retryable, e.Hint = cause.Kind, cause.Retryable, cause.Hint
	}
	e.Err = because
	return e
}

// call loads the rows from..to in one call and puts down their ids.
func (b *loading) call(ctx context.Context, from, to int) error {
	result, err := b.session.ExecuteKW(ctx, b.model, "load", []any{b.fields, b.table(from, to)}, nil, b.options...)
	if err != nil {
		return b.nameField(err)
	}
	answer, ok := result.(map[string]any)
	if !ok {
		return b.strange()
	}
	messages, _ := answer["messages"].([]any)
	if answer["ids"] == false {
		return b.refusal(messages)
	}
	ids, ok := idsIn(answer["ids"])
	if !ok || len(ids) != to-from {
		return b.strange()
	}
	for i, id := range ids {
		b.results[from+i].ID = id
	}
	b.warn(from, to, messages)
	return nil
}

func (b *loading) table(from, to int) []any {
	table := make([]any, to-from)
	for i, row := range b.rows[from:to] {
		table[i] = row
	}
	return table
}

func (b *loading) strange() error {
	e := b.session.unexpected(b.model, "load", "the answer has not one id for each row")
	e.OutcomeUnknown = true
	return e
}

// nameField finds the column of a cell that could not be sent: "argument 5[1][row][column]".
func (b *loading) nameField(err error) error {
	e := asError(err)
	if e == nil || e.path == "" {
		return err
	}
	inner := strings.TrimSuffix(e.path[strings.LastIndex(e.path, "[")+1:], "]")
	if column, err := strconv.Atoi(inner); err == nil && column < len(b.fields) {
		e.Field = fieldOfColumn(b.fields[column])
	}
	return e
}

func fieldOfColumn(column string) string {
	name, _, _ := strings.Cut(column, "/")
	return name
}

// refusal is the error of a call that loaded nothing, by the first message that is one.
func (b *loading) refusal(messages []any) error {
	e := b.session.fail(callOf(b.model, "load"), UserError, "no row was taken, and Odoo does not say why", hintUser)
	for _, m := range messages {
		message, _ := m.(map[string]any)
		if message["type"] == "warning" {
			continue
		}
		text, _ := message["message"].(string)
		field, _ := message["field"].(string)
		e.Text, e.Field = b.session.redact(text), fieldOfColumn(field)
		// load catches the database's errors and hands on their words alone.
		if strings.Contains(text, "could not serialize access") || strings.Contains(text, "deadlock detected") {
			e.Kind, e.Retryable, e.Hint = Serialization, true, "try again later, with fewer records at a time"
		}
		return e
	}
	return e
}

// warn gives the rows what Odoo remarked about them, by the number that the message carries.
func (b *loading) warn(from, to int, messages []any) {
	for _, m := range messages {
		message, _ := m.(map[string]any)
		row, ok := message["record"].(int64)
		if at := from + int(row); ok && row >= 0 && at < to {
			text := b.session.redact(fmt.Sprint(message["message"]))
			b.results[at].Warnings = append(b.results[at].Warnings, text)
		}
	}
}
