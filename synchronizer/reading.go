package synchronizer

import (
	"context"
	"errors"
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// reading is the session in which Odoo records are read: archived ones too.
func (s *Synchronizer) reading() *odoo.Session {
	return s.env.Session.WithContext(map[string]any{"active_test": false})
}

// errGone says that a record was deleted meanwhile.
var errGone = errors.New("it was deleted")

// seen are Odoo records that were read by their ids, and why others could not be: their access errors by id. What is in
// neither was deleted.
type seen struct {
	records map[int64]*record.Record
	refused map[int64]error
}

// read reads records by their ids. One that the user may not see makes Odoo refuse them all, so they are read in halves then, until
// what is refused stands alone.
func (s *Synchronizer) read(ctx context.Context, model string, ids []int64, fields []string) (seen, error) {
	out := seen{map[int64]*record.Record{}, map[int64]error{}}
	return out, s.readInto(ctx, out, model, s.dry.readMadeUp(out, model, ids), fields)
}

// siblings lists the records of some parents. Where a dry run made one up there is nothing in it but what the run knows already.
func (s *Synchronizer) siblings(ctx context.Context, lister backend.Siblings, parents []string) ([]record.Record, error) {
	if parents = slices.DeleteFunc(parents, isMadeUp); len(parents) == 0 {
		return nil, nil
	}
	return lister.Siblings(ctx, parents)
}

func (s *Synchronizer) readInto(ctx context.Context, out seen, model string, ids []int64, fields []string) error {
	if len(ids) == 0 {
		return nil
	}
	found, _, err := s.reading().Read(ctx, model, ids, fields)
	switch {
	case odoo.IsKind(err, odoo.AccessError) && len(ids) == 1:
		out.refused[ids[0]] = err
		return nil
	case odoo.IsKind(err, odoo.AccessError):
		half := len(ids) / 2
		if err := s.readInto(ctx, out, model, ids[:half], fields); err != nil {
			return err
		}
		return s.readInto(ctx, out, model, ids[half:], fields)
	case err != nil:
		return err
	}
	for i := range found {
		out.records[odooID(found[i])] = &found[i]
	}
	return nil
}
