package odoo

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport/stream"
)

// readRows makes a call whose answer is rows of the given fields, and gives them as records, with what the answer
// took.
func (s *Session) readRows(ctx context.Context, model, method string, fields []Field, args []any, kw map[string]any) ([]record.Record, cost, error) {
	c := s.callFor(model, method, args, kw, []CallOption{Read()})
	var spent cost
	c.spent = &spent
	rows := s.newRowReader(model, method, fields)
	var out []record.Record
	err := s.exchange(ctx, c, func(r stream.Reader) (err error) {
		out, err = rows.all(r)
		return err
	})
	return out, spent, err
}

// rowReader makes records of the tokens of an answer of search_read or read.
type rowReader struct {
	session       *Session
	model, method string
	shape         record.Shape
	fields        []Field // in the order of the shape
	seen          []int   // the row, counted from 1, in which each was read last
	id            int     // where the shape has the id, or -1
	guess         []int   // where the first row's members go: all rows have them in one order
}

func (s *Session) newRowReader(model, method string, fields []Field) *rowReader {
	shape := record.ShapeOf(namesOf(fields))
	d := &rowReader{
		session: s, model: model, method: method, shape: shape, id: -1,
		fields: make([]Field, shape.Len()), seen: make([]int, shape.Len()),
	}
	for _, f := range fields {
		at, _ := shape.At(f.Name)
		d.fields[at] = f
	}
	if at, ok := shape.At("id"); ok {
		d.id = at
	}
	return d
}

func (d *rowReader) unexpected(text string) *Error {
	return d.session.unexpected(d.model, d.method, text)
}

// all reads the whole answer.
func (d *rowReader) all(r stream.Reader) ([]record.Record, error) {
	first, err := r.Next()
	if err != nil {
		return nil, err
	}
	if first.Kind != stream.ListStart {
		return nil, d.unexpected("the answer is no list")
	}
	clear(d.seen) // a renewed login reads again
	out := []record.Record{}
	for {
		t, err := r.Next()
		if err != nil {
			return nil, err
		}
		if t.Kind == stream.ListEnd {
			return out, stream.End(r)
		}
		row, err := d.row(r, t, len(out)+1)
		if err != nil {
			return nil, err
		}
		out = append(out, row)
	}
}

// row reads one record, the number-th.
func (d *rowReader) row(r stream.Reader, first stream.Token, number int) (record.Record, error) {
	if first.Kind != stream.StructStart {
		return record.Record{}, d.unexpected(fmt.Sprintf("row %d of the answer is no record", number))
	}
	values, id := make([]record.Value, len(d.fields)), int64(0)
	for member := 0; ; member++ {
		name, err := r.Next()
		if err != nil {
			return record.Record{}, err
		}
		if name.Kind == stream.StructEnd {
			return d.finished(values, id, number)
		}
		if string(name.Text) == "id" {
			if id, err = d.rowID(r, number); err != nil {
				return record.Record{}, err
			}
			if d.id >= 0 {
				values[d.id], d.seen[d.id] = record.Int(id), number
			}
			continue
		}
		at := d.position(name.Text, member)
		if at < 0 {
			err = stream.Skip(r)
		} else {
			d.seen[at] = number
			values[at], err = d.value(r, d.fields[at])
		}
		if err != nil {
			return record.Record{}, err
		}
	}
}

// position is where a row's member goes, or -1 for one that nobody asked for.
func (d *rowReader) position(name []byte, member int) int {
	if member < len(d.guess) {
		if at := d.guess[member]; at >= 0 && d.fields[at].Name == string(name) {
			return at
		}
	}
	at, ok := d.shape.At(string(name))
	if !ok {
		at = -1
	}
	for len(d.guess) <= member {
		d.guess = append(d.guess, -1)
	}
	d.guess[member] = at
	return at
}

func (d *rowReader) rowID(r stream.Reader, number int) (int64, error) {
	value, err := r.Next()
	if err != nil {
		return 0, err
	}
	if value.Kind != stream.Int {
		return 0, d.noID(number)
	}
	return value.Int, nil
}

// value reads the value of one field.
func (d *rowReader) value(r stream.Reader, f Field) (record.Value, error) {
	first, err := r.Next()
	if err != nil {
		return record.Value{}, err
	}
	value, err := decode(f, first, r)
	if err == nil {
		return value, nil
	}
	var wrong *valueError
	if !errors.As(err, &wrong) {
		return record.Value{}, err // of the answer as such
	}
	e := d.unexpected(wrong.Error())
	e.Field = f.Name
	return record.Value{}, e
}

func (d *rowReader) noID(number int) error {
	return d.unexpected(fmt.Sprintf("row %d of the answer has no id", number))
}

// finished is the record, if it is whole.
func (d *rowReader) finished(values []record.Value, id int64, number int) (record.Record, error) {
	if id <= 0 {
		return record.Record{}, d.noID(number)
	}
	for at, last := range d.seen {
		if last != number {
			return record.Record{}, d.unexpected("the answer lacks field " + d.fields[at].Name)
		}
	}
	return d.shape.Adopt(d.model, formatID(id), values), nil
}

// valueError is a value that does not fit its field's type.
type valueError struct{ err error }

func (e *valueError) Error() string { return e.err.Error() }

func (e *valueError) Unwrap() error { return e.err }

// decode gives a value of an answer its meaning by the field's type; first is its first token. False is a value
// for a boolean only, elsewhere it is emptiness; an empty text that Odoo stores stays one. Its errors are a
// *valueError, or the reader's.
func decode(f Field, first stream.Token, r stream.Reader) (record.Value, error) {
	if f.Type == typeBoolean {
		if first.Kind != stream.Bool {
			return record.Value{}, mismatch(f, first)
		}
		return record.Bool(first.Bool), nil
	}
	if first.Kind == stream.Bool && !first.Bool {
		return record.Null(), nil
	}
	switch f.Type {
	case typeInteger, typeMany2oneReference, typeFloat, typeMonetary:
		return decodeNumber(f, first)
	case typeMany2one:
		return decodeLink(f, first, r)
	case typeOne2many, typeMany2many:
		return decodeLinks(f, first, r)
	default:
		return decodeText(f, first)
	}
}

func mismatch(f Field, t stream.Token) error {
	return &valueError{fmt.Errorf("a field of type %s holds a %s", f.Type, t.Kind)}
}

// decodeNumber: XML-RPC writes a float without a fraction as a double all the same, but JSON and a computed
// field's code may answer either kind.
func decodeNumber(f Field, t stream.Token) (record.Value, error) {
	whole := f.Type == typeInteger || f.Type == typeMany2oneReference
	switch {
	case t.Kind == stream.Float && (math.IsNaN(t.Float) || math.IsInf(t.Float, 0)):
		return record.Value{}, &valueError{errors.New("it holds a number that is not finite")}
	case t.Kind == stream.Int && whole:
		return record.Int(t.Int), nil
	case t.Kind == stream.Int:
		return fitting(record.Decimal(formatID(t.Int)))
	case t.Kind == stream.Float && !whole:
		return record.Float(t.Float), nil
	case t.Kind == stream.Float && t.Float == math.Trunc(t.Float) && math.Abs(t.Float) < 1<<53:
		return record.Int(int64(t.Float)), nil
	default:
		return record.Value{}, mismatch(f, t)
	}
}

// fitting is a value whose text was no value of the type.
func fitting(v record.Value, err error) (record.Value, error) {
	if err != nil {
		return record.Value{}, &valueError{err}
	}
	return v, nil
}

// decodeLink reads a many2one: an id, or [id, name] where load=” was not heeded.
func decodeLink(f Field, first stream.Token, r stream.Reader) (record.Value, error) {
	id := first
	if first.Kind == stream.ListStart {
		var err error
		if id, err = r.Next(); err != nil {
			return record.Value{}, err
		}
		if err := skipList(r, id); err != nil {
			return record.Value{}, err
		}
	}
	if id.Kind != stream.Int {
		return record.Value{}, mismatch(f, id)
	}
	return record.Ref(f.Relation, formatID(id.Int)), nil
}

// skipList reads up to the end of a list from one of its tokens on.
func skipList(r stream.Reader, t stream.Token) error {
	for t.Kind != stream.ListEnd {
		if err := stream.SkipOf(r, t); err != nil {
			return err
		}
		var err error
		if t, err = r.Next(); err != nil {
			return err
		}
	}
	return nil
}

func decodeLinks(f Field, first stream.Token, r stream.Reader) (record.Value, error) {
	if first.Kind != stream.ListStart {
		return record.Value{}, mismatch(f, first)
	}
	var refs []record.Reference
	for {
		t, err := r.Next()
		switch {
		case err != nil:
			return record.Value{}, err
		case t.Kind == stream.ListEnd:
			return record.RefSet(refs...), nil
		case t.Kind != stream.Int:
			return record.Value{}, mismatch(f, t)
		}
		refs = append(refs, record.Reference{Model: f.Relation, ID: formatID(t.Int)})
	}
}

func decodeText(f Field, t stream.Token) (record.Value, error) {
	if t.Kind == stream.Int && f.Type == typeSelection {
		return record.Text(formatID(t.Int)), nil
	}
	if t.Kind != stream.Text {
		return record.Value{}, mismatch(f, t)
	}
	text := string(t.Text)
	switch f.Type {
	case typeChar, typeText, typeSelection:
		return record.Text(text), nil
	case typeHTML:
		return record.HTML(text), nil
	case typeReference:
		model, id, _ := strings.Cut(text, ",")
		return record.Ref(model, id), nil
	case typeDate, typeDatetime, typeBinary:
		return fitting(decodeForm(f.Type, text))
	default:
		return record.Value{}, &valueError{fmt.Errorf("fields of type %s are not supported", f.Type)}
	}
}

// decodeForm reads the texts that have a form.
func decodeForm(kind, text string) (record.Value, error) {
	switch kind {
	case typeDate:
		t, err := time.Parse(time.DateOnly, fourDigits(text))
		return record.Date(t), err
	case typeDatetime:
		t, err := time.Parse(time.DateTime, fourDigits(text))
		return record.Instant(t), err
	default:
		data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		return record.Bytes(data), err
	}
}

func formatID(id int64) string { return strconv.FormatInt(id, 10) }

// unique is ids without repetitions, in order of first appearance.
func unique(ids []int64) []int64 {
	seen := make(map[int64]bool, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool {
		again := seen[id]
		seen[id] = true
		return again
	})
}
