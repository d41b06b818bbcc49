package odoo

import (
	"context"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/record"
)

// Odoo leaves a record out of the answer of read and search_read, without a word, when one of its fields
// raises a MissingError: the name of an attachment's record that was deleted, for example (seen on Odoo 16 to 19:
// ir.attachment res_name). Only computed fields can. So where one is asked for, what an answer lacks is looked
// for before it counts as not there.

// computedOf are the names of those fields that Odoo makes anew for each reading.
func computedOf(fields []Field) []string {
	var names []string
	for _, f := range fields {
		if f.Computed {
			names = append(names, f.Name)
		}
	}
	return names
}

// completed are the rows of a search_read whose limit was not reached, with those that became visible to
// a search of the same domain meanwhile, and the ids of that search. A record that Odoo left out although it is there
// is an *Error. Without computed fields nothing is asked, and the ids are nil.
func (s *Session) completed(ctx context.Context, q query, rows []record.Record) ([]record.Record, []int64, error) {
	if len(computedOf(q.picked)) == 0 || q.o.Limit > 0 && len(rows) >= q.o.Limit {
		return rows, nil, nil
	}
	ids, err := s.search(ctx, q.model, q.wire, q.o)
	if err != nil {
		return nil, nil, err
	}
	_, absent := arrange(ids, rows)
	if len(absent) == 0 {
		return rows, ids, nil
	}
	found, _, err := s.Read(ctx, q.model, absent, namesOf(q.picked))
	switch {
	case err != nil:
		return nil, nil, err
	case len(found) == 0:
		return rows, ids, nil
	}
	all, _ := arrange(ids, append(slices.Clone(rows), found...))
	return all, ids, nil
}

// checkDropped is an *Error if one of the ids that a reading of these fields lacks is there all the same.
func (s *Session) checkDropped(ctx context.Context, model string, picked []Field, absent []int64) error {
	computed := computedOf(picked)
	if len(computed) == 0 || len(absent) == 0 {
		return nil
	}
	stored, err := s.storedField(ctx, model)
	if err != nil || stored == "" {
		return err
	}
	there, _, err := s.Read(ctx, model, absent, []string{stored})
	if err != nil || len(there) == 0 {
		return err
	}
	return s.leftOut(model, there[0].ID, computed)
}

// leftOut is the error of a record that Odoo leaves out because of one of its computed fields.
func (s *Session) leftOut(model, id string, computed []string) *Error {
	e := s.fail(callOf(model, "read"), UnexpectedAnswer, model+" "+id+" is there, but Odoo leaves it out of the answer", "")
	if len(computed) == 1 {
		e.Field, e.Hint = computed[0], "this field of it cannot be read; look at it in Odoo"
	} else {
		e.Hint = "one of its fields " + strings.Join(computed, ", ") + " cannot be read; look at it in Odoo"
	}
	return e
}

// storedField is a field that Odoo fetches from the database: write_date where the model has it, and empty where it
// has none at all.
func (s *Session) storedField(ctx context.Context, model string) (string, error) {
	fields, err := s.FieldsGet(ctx, model)
	if err != nil {
		return "", err
	}
	if f, ok := fields["write_date"]; ok && !f.Computed {
		return f.Name, nil
	}
	for _, name := range fields.Names() {
		if f := fields[name]; !f.Computed && name != "id" && f.column() {
			return name, nil
		}
	}
	return "", nil
}

// column reports whether the value lies in the record's own row, and is a small one.
func (f Field) column() bool {
	switch f.Type {
	case typeBoolean, typeInteger, typeFloat, typeMonetary, typeChar, typeSelection, typeDate, typeDatetime, typeMany2one:
		return true
	default:
		return false
	}
}

// largestID is the last that Odoo's databases have: the ids are whole numbers of 32 bits.
const largestID = 1<<31 - 1

// possible reports whether a record can have the id. For an id of 0 or less Odoo says that a write or an
// unlink was done and does nothing (seen on Odoo 16 to 19).
func possible(id int64) bool { return id > 0 && id <= largestID }

// impossible is the error of a record whose id no record can have. Nothing was sent.
func (s *Session) impossible(model, method string, id int64) *Error {
	return s.fail(callOf(model, method), MissingError, model+" "+formatID(id)+" cannot exist: ids are 1 to "+formatID(largestID), "correct the id")
}

// refuseImpossible is the error of the first id that no record can have.
func (s *Session) refuseImpossible(model, method string, ids []int64) error {
	for _, id := range ids {
		if !possible(id) {
			return s.impossible(model, method, id)
		}
	}
	return nil
}
