package odoo

import (
	"context"
	"slices"

	"github.com/odoo-connector/connector/record"
)

// SearchOptions bound and order a search. The zero value is: all, in the model's own order.
type SearchOptions struct {
	// Limit is the largest number of records, 0 for all.
	Limit int
	// Offset leaves out the first ones. To page through many use All: an offset misses records
	// when others are deleted meanwhile.
	Offset int
	// Order is as in SQL: "write_date desc, id".
	Order string
}

func (o SearchOptions) keywords() map[string]any {
	kw := map[string]any{}
	if o.Limit > 0 {
		kw["limit"] = o.Limit
	}
	if o.Offset > 0 {
		kw["offset"] = o.Offset
	}
	if o.Order != "" {
		kw["order"] = o.Order
	}
	return kw
}

// Search gives the ids of the records that fulfil the domain. Archived ones are left out unless
// the context has active_test false or the domain itself speaks of active.
func (s *Session) Search(ctx context.Context, model string, domain Domain, o SearchOptions) ([]int64, error) {
	wire, err := s.checked(ctx, model, "search", domain)
	if err != nil {
		return nil, err
	}
	return s.search(ctx, model, wire, o)
}

// search is Search of a domain that was checked.
func (s *Session) search(ctx context.Context, model string, wire []any, o SearchOptions) ([]int64, error) {
	result, err := s.ExecuteKW(ctx, model, "search", []any{wire}, o.keywords(), Read())
	if err != nil {
		return nil, err
	}
	ids, ok := idsIn(result)
	if !ok {
		return nil, s.unexpected(model, "search", "the answer is no list of ids")
	}
	return ids, nil
}

// Count is how many records fulfil the domain, archived ones as in Search.
func (s *Session) Count(ctx context.Context, model string, domain Domain) (int64, error) {
	wire, err := s.checked(ctx, model, "search_count", domain)
	if err != nil {
		return 0, err
	}
	result, err := s.ExecuteKW(ctx, model, "search_count", []any{wire}, nil, Read())
	if err != nil {
		return 0, err
	}
	n, ok := result.(int64)
	if !ok {
		return 0, s.unexpected(model, "search_count", "the answer is no number")
	}
	return n, nil
}

// SearchRead gives the named fields of the records that fulfil the domain, in one call. A many2one
// is a reference without a name. At least one field must be named; "id" is always in Record.ID.
//
// Odoo leaves out, without a word, a record of which a computed field cannot be read. Where computed fields
// are named and the limit was not reached, one search more finds it: an *Error of the kind UnexpectedAnswer.
func (s *Session) SearchRead(ctx context.Context, model string, domain Domain, fields []string, o SearchOptions) ([]record.Record, error) {
	wire, err := s.checked(ctx, model, "search_read", domain)
	if err != nil {
		return nil, err
	}
	picked, err := s.named(ctx, model, "search_read", fields)
	if err != nil {
		return nil, err
	}
	q := query{model, wire, picked, o}
	rows, _, err := s.searchRead(ctx, q)
	if err != nil {
		return nil, err
	}
	rows, _, err = s.completed(ctx, q, rows)
	return rows, err
}

// query is a search_read whose domain was checked and whose fields are there.
type query struct {
	model  string
	wire   []any // the domain
	picked []Field
	o      SearchOptions
}

// searchRead makes the call as it is, and gives its cost beside the rows.
func (s *Session) searchRead(ctx context.Context, q query) ([]record.Record, cost, error) {
	kw := q.o.keywords()
	kw["fields"] = namesOf(q.picked) // no load: project.tags.search_read of Odoo 18 takes none
	return s.readRows(ctx, q.model, "search_read", q.picked, []any{q.wire}, kw)
}

// named is pick for a read: without a name Odoo would answer with 150 fields and more.
func (s *Session) named(ctx context.Context, model, method string, fields []string) ([]Field, error) {
	if len(fields) == 0 {
		return nil, s.fail(callOf(model, method), InvalidCall, "no field is named", "name the fields to read")
	}
	return s.pick(ctx, model, method, fields)
}

func namesOf(fields []Field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names
}

// All gives the named fields of all records that fulfil the domain, in pages as Each reads them (or
// of page records, where that is not 0). They come in order of their ids.
func (s *Session) All(ctx context.Context, model string, domain Domain, fields []string, page int) ([]record.Record, error) {
	var out []record.Record
	err := s.each(ctx, model, domain, fields, pagesOf(page), func(rows []record.Record) error {
		out = append(out, rows...)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// Each hands the named fields of all records that fulfil the domain to a function, one by one in order
// of their ids. An error of the function ends the reading and is given back as it is.
//
// The records come in pages that begin after the last id of the one before, so that deletions and
// additions meanwhile let none be missed. The pages grow and shrink so that an answer takes about 1 MB and
// 2 s (20 to 2000 records); one that is too large is asked for again by halves, one that does not come in time by
// quarters, twice at most. A record that Odoo leaves out of a page although it is there ends the reading, as in
// SearchRead.
func (s *Session) Each(ctx context.Context, model string, domain Domain, fields []string, visit func(record.Record) error) error {
	return s.each(ctx, model, domain, fields, pagesOf(0), func(rows []record.Record) error {
		for _, r := range rows {
			if err := visit(r); err != nil {
				return err
			}
		}
		return nil
	})
}

// EachPage hands the records on as Each does, a page at a time. The pages are of the given number of records at most, or of sizes as Each
// chooses them where that is 0.
func (s *Session) EachPage(
	ctx context.Context, model string, domain Domain, fields []string, page int, visit func([]record.Record) error,
) error {
	return s.each(ctx, model, domain, fields, pagesOf(page), visit)
}

// each hands on whole pages.
func (s *Session) each(ctx context.Context, model string, domain Domain, fields []string, p *pages, visit func([]record.Record) error) error {
	wire, err := s.checked(ctx, model, "search_read", domain)
	if err != nil {
		return err
	}
	picked, err := s.named(ctx, model, "search_read", fields)
	if err != nil {
		return err
	}
	for at := (stretch{}); !at.done; {
		if at, err = s.page(ctx, query{model: model, wire: wire, picked: picked}, p, at.last); err != nil {
			return err
		}
		if err := visit(at.rows); err != nil {
			return err
		}
	}
	return nil
}

// stretch is what one page of a reading covers.
type stretch struct {
	rows []record.Record
	last int64 // id that the next page begins behind
	done bool  // no more follow
}

// page reads the records of a query after the last id, fewer of them where the answer is too large or too slow.
func (s *Session) page(ctx context.Context, q query, p *pages, last int64) (stretch, error) {
	if last > 0 {
		q.wire = And(q.wire, Cond("id", ">", last))
	}
	for {
		q.o = SearchOptions{Limit: p.size, Order: "id"}
		var rows []record.Record
		err := p.take(q.o.Limit, func() (spent cost, err error) {
			rows, spent, err = s.searchRead(ctx, q)
			return spent, err
		})
		if err == nil {
			return s.covered(ctx, q, last, rows)
		}
		if !p.smaller(ctx, err) {
			return stretch{}, err
		}
	}
}

// covered finds out how far the rows reach that came for a page. A short page is the last one, unless Odoo left out
// some of it.
func (s *Session) covered(ctx context.Context, q query, last int64, rows []record.Record) (stretch, error) {
	rows, ids, err := s.completed(ctx, q, rows)
	if err != nil {
		return stretch{}, err
	}
	if len(rows) < q.o.Limit && len(ids) < q.o.Limit {
		return stretch{rows: rows, last: last, done: true}, nil
	}
	end := int64(0)
	if len(rows) > 0 {
		end = idOf(rows[len(rows)-1].Reference())
	}
	if len(ids) > 0 {
		end = max(end, ids[len(ids)-1])
	}
	if end <= last { // it would page for ever
		return stretch{}, s.unexpected(q.model, "search_read", "the pages are not in order of ids")
	}
	return stretch{rows: rows, last: end}, nil
}

// Read gives the named fields of the records with these ids, archived or not, in the order of the
// ids, and the ids of those that do not exist any more. A record that the user may not read is an
// *Error of the kind AccessError for the whole call. Long lists are read in pages, as by Each. An id of 0 or less
// is missing too, and one beyond 32 bits.
//
// Odoo leaves out, without a word, a record of which a computed field cannot be read. Where computed fields
// are named, the missing ones are looked for once more, and one that is there is an *Error of the kind UnexpectedAnswer.
func (s *Session) Read(ctx context.Context, model string, ids []int64, fields []string) (found []record.Record, missing []int64, err error) {
	picked, err := s.named(ctx, model, "read", fields)
	if err != nil {
		return nil, nil, err
	}
	asked, err := s.withProof(ctx, model, picked)
	if err != nil {
		return nil, nil, err
	}
	whole := unique(ids)
	sent := slices.DeleteFunc(slices.Clone(whole), func(id int64) bool { return !possible(id) })
	found, err = s.readPages(ctx, model, sent, picked, asked)
	if err != nil {
		return nil, nil, err
	}
	_, absent := arrange(sent, found)
	if err := s.checkDropped(ctx, model, picked, absent); err != nil {
		return nil, nil, err
	}
	found, missing = arrange(whole, found)
	return found, missing, nil
}

// readPages reads the records with these ids in pages.
func (s *Session) readPages(ctx context.Context, model string, ids []int64, picked []Field, asked []string) (found []record.Record, err error) {
	kw := map[string]any{"fields": asked, "load": ""}
	p := pagesOf(0)
	for len(ids) > 0 {
		part := ids[:min(p.size, len(ids))]
		var rows []record.Record
		err := p.take(len(part), func() (spent cost, err error) {
			rows, spent, err = s.readRows(ctx, model, "read", picked, []any{part}, kw)
			return spent, err
		})
		switch {
		case err == nil:
			found, ids = append(found, rows...), ids[len(part):]
		case !p.smaller(ctx, err):
			return nil, err
		}
	}
	return found, nil
}

// withProof asks for one field that Odoo must fetch from the database. A deleted record is left out
// of the answer then; read(ids, ['id']) alone echoes its id as if it were there (seen on Odoo 18).
func (s *Session) withProof(ctx context.Context, model string, fields []Field) ([]string, error) {
	names := namesOf(fields)
	all, err := s.FieldsGet(ctx, model)
	if err != nil {
		return nil, err
	}
	if _, ok := all["write_date"]; ok && !slices.Contains(names, "write_date") {
		names = append(names, "write_date")
	}
	return names, nil
}

// arrange puts the rows in the order of the ids and finds the ids without one.
func arrange(ids []int64, rows []record.Record) (ordered []record.Record, missing []int64) {
	byID := make(map[string]record.Record, len(rows))
	for _, r := range rows {
		byID[r.ID] = r
	}
	for _, id := range ids {
		if r, ok := byID[formatID(id)]; ok {
			ordered = append(ordered, r)
		} else {
			missing = append(missing, id)
		}
	}
	return ordered, missing
}

// Create makes one record of each set of values, all or none, and gives their ids in this order.
// It cannot be repeated safely after an unknown outcome; LoadRecords can.
func (s *Session) Create(ctx context.Context, model string, rows []map[string]record.Value) ([]int64, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	list := make([]any, len(rows))
	for i, values := range rows {
		raw, err := s.encodeAll(ctx, model, "create", values)
		if err != nil {
			return nil, err
		}
		list[i] = raw
	}
	result, err := s.ExecuteKW(ctx, model, "create", []any{list}, nil)
	if err != nil {
		return nil, err
	}
	ids, ok := idsIn(result)
	if !ok || len(ids) != len(rows) {
		e := s.unexpected(model, "create", "the answer has not one id for each record")
		e.OutcomeUnknown = true
		return nil, e
	}
	return ids, nil
}

// Write sets the same values in all these records, or in none: one id that does not exist any more
// fails them all, and so does, unsent, one that no record can have (0 or less, or beyond 32 bits). No ids or no
// values is no call.
func (s *Session) Write(ctx context.Context, model string, ids []int64, values map[string]record.Value) error {
	if len(ids) == 0 || len(values) == 0 {
		return nil
	}
	if err := s.refuseImpossible(model, "write", ids); err != nil {
		return err
	}
	raw, err := s.encodeAll(ctx, model, "write", values)
	if err != nil {
		return err
	}
	_, err = s.ExecuteKW(ctx, model, "write", []any{ids, raw}, nil)
	return err
}

// Unlink deletes these records, or none of them; ids as in Write. No ids is no call.
func (s *Session) Unlink(ctx context.Context, model string, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := s.refuseImpossible(model, "unlink", ids); err != nil {
		return err
	}
	_, err := s.ExecuteKW(ctx, model, "unlink", []any{ids}, nil)
	return err
}
