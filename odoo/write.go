package odoo

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/odoo-connector/connector/record"
)

// writeChunk is how many records one call changes or deletes at most: the write of 500 tasks took 1.5 s
// (seen on Odoo 18), and a call that other writers undo is repeated by Odoo as a whole.
const writeChunk = 200

// RecordChange is a record for WriteRecords.
type RecordChange struct {
	ID     int64
	Values map[string]record.Value
}

// WriteResult is what became of one record.
type WriteResult struct {
	// ID is the record's database id, also where Err is set.
	ID int64
	// Err is an *Error, or nil: MissingError for a record that is gone, OutcomeUnknown for one whose call got
	// no answer.
	Err error
}

// WriteRecords changes records, each to its own values, and gives each its own result, in this order.
// Records of equal values go in one call. A record that is gone or that Odoo refuses fails alone: the
// dead ids are read out first, the others are repeated in halves. Changes of one record take
// effect in their order. Without values nothing is sent. An id that no record can have (0 or less, or
// beyond 32 bits) is its record's MissingError, unsent.
//
// A value that its field cannot hold is that record's error. The error beside the results is the one
// that ended the work, as in Load: no connection, wrong password, no right to write this model, other
// writers. A call of unknown outcome is not repeated; the records that were not sent any more carry
// an *Error that says so.
func (s *Session) WriteRecords(ctx context.Context, model string, changes []RecordChange) ([]WriteResult, error) {
	results := make([]WriteResult, len(changes))
	groups := make([]*writeGroup, 0, len(changes))
	byKey := map[string]*writeGroup{}
	round := map[int64]int{} // how many changes of the record came before
	for i, c := range changes {
		results[i].ID = c.ID
		if !possible(c.ID) {
			results[i].Err = s.impossible(model, "write", c.ID)
			continue
		}
		raw, err := s.encodeAll(ctx, model, "write", c.Values)
		switch {
		case err != nil && !valuesFault(err):
			return nil, err
		case err != nil:
			results[i].Err = err
			continue
		case len(raw) == 0:
			continue
		}
		key, err := groupKey(round[c.ID], c.Values)
		if err != nil {
			return nil, s.fail(callOf(model, "write"), InvalidValue, err.Error(), "correct the value or the mapping")
		}
		if byKey[key] == nil {
			byKey[key] = &writeGroup{round: round[c.ID], values: raw}
			groups = append(groups, byKey[key])
		}
		round[c.ID]++
		byKey[key].add(c.ID, i)
	}
	slices.SortStableFunc(groups, func(a, b *writeGroup) int { return a.round - b.round })
	return results, s.writeGroups(ctx, model, groups, results)
}

// valuesFault reports whether an error is of one record's values and no call would help.
func valuesFault(err error) bool { return IsKind(err, InvalidValue, UnknownField) }

// groupKey is the same for records that can be written by one call.
func groupKey(round int, values map[string]record.Value) (string, error) {
	key, err := json.Marshal([]any{round, values})
	return string(key), err
}

// writeGroup are records of equal values, with the positions of their results.
type writeGroup struct {
	round     int
	values    map[string]any
	ids       []int64
	positions []int
}

func (g *writeGroup) add(id int64, position int) {
	g.ids, g.positions = append(g.ids, id), append(g.positions, position)
}

func (s *Session) writeGroups(ctx context.Context, model string, groups []*writeGroup, results []WriteResult) error {
	b := &bulk{session: s, model: model, method: "write", results: results}
	for _, g := range groups {
		b.call = func(ctx context.Context, ids []int64) error {
			_, err := s.ExecuteKW(ctx, model, "write", []any{ids, g.values}, nil)
			return err
		}
		b.all(ctx, g.ids, g.positions)
	}
	return b.ended
}

// UnlinkRecords deletes records and gives each its own result, in this order. One that is gone
// already has a MissingError, as has an id that no record can have; one that Odoo refuses to delete fails alone. The error beside
// the results is the one that ended the work, as in WriteRecords.
func (s *Session) UnlinkRecords(ctx context.Context, model string, ids []int64) ([]WriteResult, error) {
	results := make([]WriteResult, len(ids))
	sent, positions := make([]int64, 0, len(ids)), make([]int, 0, len(ids))
	seen := map[int64]int{}
	for i, id := range ids {
		results[i].ID = id
		if _, again := seen[id]; again {
			continue
		}
		seen[id] = i
		if !possible(id) {
			results[i].Err = s.impossible(model, "unlink", id)
			continue
		}
		sent, positions = append(sent, id), append(positions, i)
	}
	b := &bulk{session: s, model: model, method: "unlink", results: results}
	b.call = func(ctx context.Context, ids []int64) error { return s.Unlink(ctx, model, ids) }
	b.all(ctx, sent, positions)
	for i, id := range ids {
		results[i].Err = results[seen[id]].Err
	}
	return results, b.ended
}

// bulk is one method on many records on its way.
type bulk struct {
	session *Session
	model   string
	method  string // "write" or "unlink", which are also the names of the rights
	call    func(ctx context.Context, ids []int64) error
	results []WriteResult
	ended   error
	asked   bool // for the right
}

// all treats the records in chunks; positions are those of their results.
func (b *bulk) all(ctx context.Context, ids []int64, positions []int) {
	for from := 0; from < len(ids); from += writeChunk {
		to := min(from+writeChunk, len(ids))
		b.part(ctx, ids[from:to], positions[from:to])
	}
}

// part treats these records by one call, or each half of them where they are refused together.
func (b *bulk) part(ctx context.Context, ids []int64, positions []int) {
	if len(ids) == 0 {
		return
	}
	if b.ended != nil {
		b.fail(positions, b.session.notSent(b.model, b.method, b.ended))
		return
	}
	err := b.call(ctx, ids)
	if IsKind(err, AccessError) && b.lacksRight(ctx) {
		b.ended = err
	}
	switch {
	case err == nil:
	case b.ended != nil || !rowsFault(err) && !valuesFault(err):
		b.ended = err
		b.fail(positions, err)
	case valuesFault(err), len(ids) == 1:
		b.fail(positions, err)
	case IsKind(err, MissingError) && b.bury(ctx, ids, positions):
	default:
		middle := len(ids) / 2
		b.part(ctx, ids[:middle], positions[:middle])
		b.part(ctx, ids[middle:], positions[middle:])
	}
}

func (b *bulk) fail(positions []int, err error) {
	for _, at := range positions {
		b.results[at].Err = err
	}
}

// bury finds out which of the records are gone, after a call that Odoo refused because of one, and
// treats the living again. It reports false where none is, so that a record that they lead to must be.
func (b *bulk) bury(ctx context.Context, ids []int64, positions []int) bool {
	// Archived or not: read does not heed active_test.
	_, missing, err := b.session.Read(ctx, b.model, ids, []string{"id"})
	if err != nil || len(missing) == 0 {
		return false
	}
	gone := make(map[int64]bool, len(missing))
	for _, id := range missing {
		gone[id] = true
	}
	var living []int64
	var places []int
	for i, id := range ids {
		if gone[id] {
			b.results[positions[i]].Err = b.session.missing(b.model, b.method, id)
			continue
		}
		living, places = append(living, id), append(places, positions[i])
	}
	b.part(ctx, living, places)
	return true
}

// missing is the error of a record that is known to be gone.
func (s *Session) missing(model, method string, id int64) *Error {
	return s.fail(callOf(model, method), MissingError, model+" "+formatID(id)+" does not exist any more", hintMissing)
}

// lacksRight finds out, once, whether an AccessError is about the whole model, so that no record would pass.
func (b *bulk) lacksRight(ctx context.Context) bool {
	if b.asked {
		return false
	}
	b.asked = true
	may, err := b.session.HasAccess(ctx, b.model, b.method)
	return err == nil && !may
}
