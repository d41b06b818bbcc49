package synchronizer

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/record"
)

// gap is how far apart sequences are put in Odoo, so that records can be moved between others without touching those.
const gap = 1024

// Ranked is an Odoo record in an order.
type Ranked struct {
	ID string // of the external record that it is bound to
	standing
}

// sortKey is one field of Odoo's order of a model.
type sortKey struct {
	field string
	desc  bool
}

// sortKeys reads an order as Odoo writes it: "priority desc, sequence, id desc".
func sortKeys(order string) []sortKey {
	var keys []sortKey
	for part := range strings.SplitSeq(order, ",") {
		words := strings.Fields(part)
		keys = append(keys, sortKey{words[0], len(words) > 1 && strings.EqualFold(words[1], "desc")})
	}
	return keys
}

// sorting is how Odoo sorts the rows of a model: by its keys, one of which is the sequence.
type sorting struct {
	keys     []sortKey
	sequence string
}

func newSorting(order, sequence string) sorting { return sorting{sortKeys(order), sequence} }

// keysOf are a row's values in the keys, null in those that a standing has apart: the id and the sequence.
func (s sorting) keysOf(r record.Record) []record.Value {
	values := make([]record.Value, len(s.keys))
	for i, k := range s.keys {
		if k.field != "id" && k.field != s.sequence {
			values[i] = r.Value(k.field)
		}
	}
	return values
}

// compare compares two rows by the first n keys, as Odoo sorts them: nothing comes last, or first where the order descends
// (PostgreSQL's default).
func (s sorting) compare(a, b standing, n int) int {
	for i, k := range s.keys[:n] {
		c := 0
		switch k.field {
		case "id":
			c = cmp.Compare(a.row, b.row)
		case s.sequence:
			c = cmp.Compare(a.sequence, b.sequence)
		default:
			c = compareValues(a.key(i), b.key(i))
		}
		if k.desc {
			c = -c
		}
		if c != 0 {
			return c
		}
	}
	return 0
}

// key is the row's value in one key, null for a row that nothing is known of.
func (s standing) key(i int) record.Value {
	if i >= len(s.keys) {
		return record.Null()
	}
	return s.keys[i]
}

func compareValues(a, b record.Value) int {
	switch {
	case a.IsNull() || b.IsNull():
		return cmp.Compare(btoi(a.IsNull()), btoi(b.IsNull()))
	case a.Kind() == record.KindText:
		return strings.Compare(a.AsText(), b.AsText())
	case a.Kind() == record.KindInstant || a.Kind() == record.KindDate:
		return a.AsTime().Compare(b.AsTime())
	default:
		return cmp.Compare(a.AsInt(), b.AsInt())
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// ranking is how Odoo sorts a model: by what comes before the sequence, by the sequence, and by what comes after it.
type ranking struct {
	sorting
	before int // how many keys come before the sequence
}

func newRanking(order, sequence string) ranking {
	r := ranking{sorting: newSorting(order, sequence)}
	r.before = max(0, slices.IndexFunc(r.keys, func(k sortKey) bool { return k.field == sequence }))
	return r
}

// sort puts records into the order in which Odoo shows them.
func (r ranking) sort(rows []Ranked) {
	slices.SortStableFunc(rows, func(a, b Ranked) int { return r.compare(a.standing, b.standing, len(r.keys)) })
}

// shown is a wanted order as Odoo can show it: what sorts before the sequence comes first, whatever the sequence.
func (r ranking) shown(wanted []string, rows map[string]Ranked) []string {
	out := slices.Clone(wanted)
	slices.SortStableFunc(out, func(a, b string) int { return r.compare(rows[a].standing, rows[b].standing, r.before) })
	return out
}

// sequences are the new sequences that bring rows, which are in the order in which Odoo shows them, into an order that it can show. Only
// what has to move gets one, and, where there is no room left between two that stay, those that follow.
func (r ranking) sequences(rows []Ranked, shown []string) map[string]int64 {
	by, order := map[string]Ranked{}, make([]string, len(rows))
	for i, row := range rows {
		by[row.ID], order[i] = row, row.ID
	}
	move := setOf(movedIDs(order, shown))
	out := map[string]int64{}
	for len(shown) > 0 { // one class after the other: those that sort alike before the sequence
		n := 1
		for n < len(shown) && r.compare(by[shown[0]].standing, by[shown[n]].standing, r.before) == 0 {
			n++
		}
		class := make([]Ranked, n)
		for i, id := range shown[:n] {
			class[i] = by[id]
		}
		number(class, move, out)
		shown = shown[n:]
	}
	return out
}

// number gives the rows that move a sequence between those that stay.
func number(class []Ranked, move map[string]bool, out map[string]int64) {
	for i := 0; i < len(class); {
		if !move[class[i].ID] {
			i++
			continue
		}
		low, end := room(class, i, move, out)
		if !spread(class, i, end, low, out) {
			spread(class, 0, len(class), 0, out)
			return
		}
		i = end
	}
}

// room finds where to number the rows from i: above low, up to the row at end. Rows that stay are taken along where there are too few
// numbers before them. In front of all there is always room, below zero where need be.
func room(class []Ranked, i int, move map[string]bool, out map[string]int64) (low int64, end int) {
	end = i + 1
	for end < len(class) && move[class[end].ID] {
		end++
	}
	n := int64(end - i)
	switch {
	case i == 0 && (end == len(class) || class[end].sequence > n):
		return 0, end
	case i == 0:
		return class[end].sequence - gap*(n+1), end
	}
	low = sequenceNow(class[i-1], out)
	for end < len(class) && (move[class[end].ID] || class[end].sequence-low <= int64(end-i)) {
		end++
	}
	return low, end
}

// spread numbers the rows from i to end between what is below and the row at end; ok is false if there are too few numbers.
func spread(class []Ranked, i, end int, low int64, out map[string]int64) (ok bool) {
	n := int64(end - i)
	high := min(low+gap*(n+1), math.MaxInt32)
	if end < len(class) {
		high = class[end].sequence
	}
	if high-low <= n || low < math.MinInt32 {
		return false
	}
	for k := int64(0); k < n; k++ {
		row := class[i+int(k)]
		if value := low + (high-low)*(k+1)/(n+1); value != row.sequence {
			out[row.ID] = value
		} else {
			delete(out, row.ID)
		}
	}
	return true
}

func sequenceNow(row Ranked, out map[string]int64) int64 {
	if value, given := out[row.ID]; given {
		return value
	}
	return row.sequence
}
