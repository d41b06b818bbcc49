package mapping

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/odoo-connector/connector/record"
)

// ErrSkip is what a Field's function returns when this record has nothing to say in this field:
// it is neither compared nor written.
var ErrSkip = errors.New("the field does not apply to this record")

// MissingError says that a mapping needs records that aren't bound yet.
type MissingError struct {
	Field   string
	Missing []record.Reference // the model is the binding model, the id that of the side that was read; none: a value itself
}

// Error names the field and the first missing record.
func (e *MissingError) Error() string {
	if len(e.Missing) == 0 {
		return fmt.Sprintf("field %s is empty, which the other side does not allow", e.Field)
	}
	names := make([]string, len(e.Missing))
	for i, r := range e.Missing {
		names[i] = r.Model + " " + r.ID
	}
	return fmt.Sprintf("field %s needs %s, which is not bound", e.Field, strings.Join(names, ", "))
}

// Code is that of a record which a field needs and which is not bound.
func (*MissingError) Code() string { return "CON-MAPPING-MISSING" }

// Error says which field could not be mapped and why.
type Error struct {
	Field string
	Err   error
}

// Error is one line.
func (e *Error) Error() string { return fmt.Sprintf("field %s cannot be mapped: %v", e.Field, e.Err) }

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Code is that of a field which cannot be mapped.
func (*Error) Code() string { return "CON-MAPPING-FIELD" }

// ImportMapper turns external records into values for Odoo.
type ImportMapper struct{ Mapper }

// ExportMapper turns Odoo records into values for the external system.
type ExportMapper struct{ Mapper }

// Import is the mapper's direction towards Odoo.
func (m Mapper) Import() ImportMapper { return ImportMapper{m} }

// Export is the mapper's direction towards the external system.
func (m Mapper) Export() ExportMapper { return ExportMapper{m} }

// Values maps one external record to the values of an Odoo record. With forCreate, fields that are
// only written on creation take part. Errors are *MissingError and *Error.
func (m ImportMapper) Values(src Source, forCreate bool) (Values, error) {
	return m.values(src, forCreate, func(f Field) (reader, writer) { return f.FromExternal, f.ToOdoo })
}

// Values maps one Odoo record to the values of an external record. With forCreate, fields that are
// only written on creation take part, and those that cannot be given then do not. Errors are
// *MissingError and *Error.
func (m ExportMapper) Values(src Source, forCreate bool) (Values, error) {
	return m.values(src, forCreate, func(f Field) (reader, writer) {
		if forCreate && f.AfterCreate {
			return nil, nil
		}
		return f.FromOdoo, f.ToExternal
	})
}

type (
	reader func(Source) (record.Value, error)
	writer func(Target) (Values, error)
)

func (m Mapper) values(src Source, forCreate bool, direction func(Field) (reader, writer)) (Values, error) {
	out := Values{}
	for _, f := range m.fields {
		read, write := direction(f)
		if read == nil || write == nil || (f.OnlyCreate && !forCreate) {
			continue
		}
		v, err := f.read(read, src)
		if errors.Is(err, ErrSkip) {
			continue
		}
		if err != nil {
			return nil, err
		}
		written, err := f.write(write, Target{Value: v, Written: out, Source: Source{Scope: src.Scope, Types: src.Types, Lookup: src.Lookup}})
		if err != nil {
			return nil, err
		}
		maps.Copy(out, written)
	}
	return out, nil
}

// ReadExternal is the canonical value of the external side. Errors are ErrSkip, *MissingError, *Error.
func (f Field) ReadExternal(src Source) (record.Value, error) { return f.read(f.FromExternal, src) }

// ReadOdoo is the canonical value of the Odoo side. Errors are ErrSkip, *MissingError, *Error.
func (f Field) ReadOdoo(src Source) (record.Value, error) { return f.read(f.FromOdoo, src) }

func (f Field) read(read reader, src Source) (record.Value, error) {
	if read == nil {
		return record.Null(), ErrSkip
	}
	v, err := read(src)
	if err != nil {
		return record.Null(), wrap(f.Name, err)
	}
	return v.Canonical(), nil
}

// WriteOdoo is what to write into Odoo so that it holds the target's value, nothing where the
// field says ErrSkip. Errors are *MissingError and *Error.
func (f Field) WriteOdoo(t Target) (Values, error) { return f.write(f.ToOdoo, t) }

// WriteExternal is what to write outside so that it holds the target's value, nothing where the
// field says ErrSkip. Errors are *MissingError and *Error.
func (f Field) WriteExternal(t Target) (Values, error) { return f.write(f.ToExternal, t) }

func (f Field) write(write writer, t Target) (Values, error) {
	if write == nil {
		return nil, nil
	}
	v, err := write(t)
	if errors.Is(err, ErrSkip) {
		return nil, nil
	}
	return v, wrap(f.Name, err)
}

// wrap names the field in an error, unless the error says it already.
func wrap(field string, err error) error {
	var missing *MissingError
	var unfit *UnfitError
	switch {
	case err == nil, errors.Is(err, ErrSkip):
		return err
	case errors.As(err, &unfit):
		if unfit.Field == "" {
			unfit.Field = field
		}
		return unfit
	case errors.As(err, &missing):
		if missing.Field == "" {
			missing.Field = field
		}
		return missing
	default:
		return &Error{Field: field, Err: err}
	}
}
