package trellotest

import (
	"fmt"
	"slices"
	"strings"
)

// field is one field of an answer and where it comes from.
type field[T any] struct {
	name string
	get  func(T) any
}

// choose picks the fields that a `fields` parameter names, in the order of the table: "all", names with commas between them, or nothing for
// the usual ones. The id always comes along (captures/trello/board_find_with_id_and_get_specific_fields). An unknown name is left out;
// in strict mode it is refused.
func choose[T any](c *call, table []field[T], fields string, usual func(name string) bool) []field[T] {
	if fields == "" {
		return keep(table, usual)
	}
	if fields == "all" {
		return table
	}
	asked := map[string]bool{"id": true}
	for _, name := range strings.Split(fields, ",") {
		asked[name] = true
	}
	chosen := keep(table, func(name string) bool { return asked[name] })
	if len(chosen) != len(asked) {
		c.reportFields(fields)
	}
	return chosen
}

func keep[T any](table []field[T], wanted func(name string) bool) []field[T] {
	chosen := make([]field[T], 0, len(table))
	for _, f := range table {
		if wanted(f.name) {
			chosen = append(chosen, f)
		}
	}
	return chosen
}

// reportFields refuses, in strict mode, names that this server does not know; Trello may know them.
func (c *call) reportFields(fields string) {
	if c.server.options.Strict {
		c.problem = invalid("fields")
		c.server.violations = append(c.server.violations, "unknown or repeated name in fields: "+fields)
	}
}

func render[T any](fields []field[T], v T) object {
	o := make(object, len(fields), len(fields)+3)
	for i, f := range fields {
		o[i] = pair{f.name, f.get(v)}
	}
	return o
}

func renderAll[T any](fields []field[T], all []T) []object {
	objects := make([]object, len(all))
	for i, v := range all {
		objects[i] = render(fields, v)
	}
	return objects
}

// one answers GET …/{field}: the value alone, as {"_value": …}.
func one[T any](table []field[T], name string, v T) (any, error) {
	for _, f := range table {
		if f.name == name {
			return object{{"_value", f.get(v)}}, nil
		}
	}
	return nil, notFound()
}

// everything and except are sets of usual fields.
func everything(string) bool { return true }

func except(names ...string) func(string) bool {
	return func(name string) bool {
		for _, n := range names {
			if n == name {
				return false
			}
		}
		return true
	}
}

func only(names ...string) func(string) bool {
	others := except(names...)
	return func(name string) bool { return !others(name) }
}

// page picks the newest by id, `limit` of those between since and before, and keeps the order they came in: so Trello pages the cards of a
// board (facts/trello.md, "surprises"). before and since are ids or dates.
func page[T any](p params, all []T, idOf func(T) string) []T {
	all = keepAll(all, func(v T) bool { return between(p, idOf(v)) })
	limit := p.number("limit", len(all))
	if limit >= len(all) {
		return all
	}
	return newest(all, limit, idOf)
}

func keepAll[T any](all []T, wanted func(T) bool) []T {
	kept := make([]T, 0, len(all))
	for _, v := range all {
		if wanted(v) {
			kept = append(kept, v)
		}
	}
	return kept
}

// between compares ids; a date stands for the first id of its second.
func between(p params, id string) bool {
	if since, given := p.given("since"); given && id <= bound(since) {
		return false
	}
	if before, given := p.given("before"); given && id >= bound(before) {
		return false
	}
	return true
}

// bound is the id that a `since` or `before` stands for.
func bound(s string) string {
	if isID(s) {
		return strings.ToLower(s)
	}
	t, _ := parseTime(s)                                 // checked by params.check
	return fmt.Sprintf("%08x%016x", uint32(t.Unix()), 0) //nolint:gosec // as in newID
}

// newest keeps the limit newest and their order.
func newest[T any](all []T, limit int, idOf func(T) string) []T {
	newestIDs := make([]string, len(all))
	for i, v := range all {
		newestIDs[i] = idOf(v)
	}
	slices.Sort(newestIDs)
	first := newestIDs[len(all)-limit:]
	return keepAll(all, func(v T) bool { _, found := slices.BinarySearch(first, idOf(v)); return found })
}
