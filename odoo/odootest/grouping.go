package odootest

import (
	"slices"
	"strings"
)

// bucket is the records that have one value of the field that is grouped by.
type bucket struct {
	value any // as read shows it
	plain any // as a domain compares it
	rows  []row
}

// buckets groups the records of a domain by a field: in the order of its values,
// those without one last. Dates are not cut to months.
func (c *call) buckets(groupby string) ([]bucket, error) {
	f := c.model.fields[groupby]
	if f == nil {
		return nil, c.s.badField(c.model.name, groupby, "read")
	}
	ids, err := c.tx.search(c.model, c.args["domain"], 0, 0, "id")
	if err != nil {
		return nil, err
	}
	found := []bucket{}
	for _, r := range c.rowsOf(c.model.name, ids) {
		plain := c.raw(c.model, f, r)
		at := slices.IndexFunc(found, func(b bucket) bool { return b.plain == plain })
		if at < 0 {
			found, at = append(found, bucket{value: c.value(c.model, f, r, true), plain: plain}), len(found)
		}
		found[at].rows = append(found[at].rows, r)
	}
	slices.SortStableFunc(found, func(a, b bucket) int {
		switch {
		case a.plain == nil || b.plain == nil:
			return compareValues(a.plain == nil, b.plain == nil)
		case f.kind == kindMany2one:
			return c.compareLinks(f.relation, a.plain, b.plain, 0)
		}
		return compareValues(a.plain, b.plain)
	})
	return cutBuckets(found, c.number("offset"), c.number("limit")), nil
}

// cutBuckets cuts a page out of the groups.
func cutBuckets(found []bucket, offset, limit int64) []bucket {
	found = found[min(max(offset, 0), int64(len(found))):]
	if limit > 0 && limit < int64(len(found)) {
		found = found[:limit]
	}
	return found
}

// domainOf is the condition that finds a group's records.
func (b bucket) domainOf(groupby string) []any {
	if b.plain == nil {
		return []any{groupby, "=", false}
	}
	if text, ok := b.value.(string); ok { // a date too
		return []any{groupby, "=", text}
	}
	return []any{groupby, "=", b.plain}
}

// aggregate adds up a field over a group; the largest, smallest or average value where
// the aggregate says so.
func (c *call) aggregate(b bucket, f *field, how string) any {
	numbers := []float64{}
	for _, r := range b.rows {
		number, err := toFloat(shown(f, c.raw(c.model, f, r)))
		if err == nil {
			numbers = append(numbers, number)
		}
	}
	total := 0.0
	for _, number := range numbers {
		total += number
	}
	switch how {
	case "max":
		total = slices.Max(numbers)
	case "min":
		total = slices.Min(numbers)
	case "avg":
		return total / float64(len(numbers))
	}
	if f.kind == kindInteger {
		return int64(total)
	}
	return total
}

// groupBy reads the one field that records are grouped by.
func (c *call) groupBy() (string, error) {
	names := textsOf(c.args["groupby"])
	if name := c.word("groupby"); name != "" {
		names = []string{name}
	}
	if len(names) != 1 || strings.Contains(names[0], ":") {
		return "", exception("NotImplementedError", "this server groups by one field without a granularity")
	}
	return names[0], nil
}

// eachAggregate calls do for aggregates as "color:sum"; without a function a
// number is summed and everything else passed over.
func (c *call) eachAggregate(names []string, do func(name, how string, f *field)) {
	for _, text := range names {
		name, how, given := strings.Cut(text, ":")
		f := c.model.fields[name]
		if f == nil || (!given && f.kind != kindInteger && f.kind != kindFloat && f.kind != kindMonetary) || name == "id" {
			continue
		}
		if !given {
			how = "sum"
		}
		do(name, how, f)
	}
}

// readGroup counts and adds up (captures/odoo18/res_partner_read_group).
func (c *call) readGroup() (any, error) {
	name, err := c.groupBy()
	if err != nil {
		return nil, err
	}
	found, err := c.buckets(name)
	groups := []any{}
	for _, b := range found {
		domain, _ := c.args["domain"].([]any)
		group := map[string]any{name: b.value, name + "_count": int64(len(b.rows)), "__domain": append([]any{b.domainOf(name)}, domain...)}
		c.eachAggregate(textsOf(c.args["fields"]), func(column, how string, f *field) { group[column] = c.aggregate(b, f, how) })
		groups = append(groups, group)
	}
	return groups, err
}

// formattedReadGroup is what 19 has in its place
// (captures/odoo19/json2_formatted_read_group).
func (c *call) formattedReadGroup() (any, error) {
	name, err := c.groupBy()
	if err != nil {
		return nil, err
	}
	found, err := c.buckets(name)
	groups := []any{}
	for _, b := range found {
		group := map[string]any{name: b.value, "__extra_domain": []any{b.domainOf(name)}}
		aggregates := textsOf(c.args["aggregates"])
		if slices.Contains(aggregates, "__count") {
			group["__count"] = int64(len(b.rows))
		}
		c.eachAggregate(aggregates, func(column, how string, f *field) { group[column+":"+how] = c.aggregate(b, f, how) })
		groups = append(groups, group)
	}
	return groups, err
}
