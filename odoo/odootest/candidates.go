package odootest

import "slices"

// among gives the ids of the records that match, in order. What the domain's
// conditions name by id, by link or by text is found without looking at all
// records.
func (t *tx) among(m *model, domain any, match func(row) bool) []int64 {
	return t.first(m, domain, match, 0)
}

// first is among that stops after count records; 0 is all.
func (t *tx) first(m *model, domain any, match func(row) bool, count int64) []int64 {
	table, ids := t.s.table(m.name), []int64(nil)
	for _, id := range t.candidates(m, table, domain) {
		if r := table.rows[id]; r != nil && match(r) {
			ids = append(ids, id)
			if int64(len(ids)) == count {
				break
			}
		}
	}
	return ids
}

// candidates gives ids, in order, among which all records of a domain are.
func (t *tx) candidates(m *model, table *table, domain any) []int64 {
	list, _ := domain.([]any)
	ids := table.ids
	for _, element := range list {
		leaf, ok := element.([]any)
		if !ok && element != "&" { // with | and ! no condition stands for all
			return table.ids
		}
		if len(leaf) != 3 {
			continue
		}
		if found, ok := t.byLeaf(m, table, leaf); ok && len(found) < len(ids) {
			ids = found
		}
	}
	return ids
}

// byLeaf gives the ids that a condition leaves, where an index knows them.
func (t *tx) byLeaf(m *model, table *table, leaf []any) (ids []int64, ok bool) {
	name, _ := leaf[0].(string)
	operator, _ := leaf[1].(string)
	f := m.fields[name]
	if f == nil {
		return nil, false
	}
	if name == "id" {
		return byID(table, operator, leaf[2])
	}
	if !f.stored() || f.compute != nil || f.translate {
		return nil, false
	}
	switch operator {
	case "=":
		return byKeys(table, f, []any{leaf[2]})
	case "in":
		list, _ := leaf[2].([]any)
		return byKeys(table, f, list)
	}
	return nil, false
}

// byID gives the ids that a condition on the id leaves.
func byID(table *table, operator string, value any) (ids []int64, ok bool) {
	id, one := value.(int64)
	list, many := value.([]any)
	switch {
	case operator == "=" && one:
		return []int64{id}, true
	case operator == "in" && many:
		ids = idList(list)
		slices.Sort(ids)
		return slices.Compact(ids), true
	case (operator == ">" || operator == ">=") && one:
		at, _ := slices.BinarySearch(table.ids, id)
		return table.ids[at:], true
	}
	return nil, false
}

// byKeys gives the ids of the records that have one of some values, where each of
// these is one that an index has: an id, a number or a text, none of them empty.
func byKeys(table *table, f *field, values []any) (ids []int64, ok bool) {
	for _, value := range values {
		switch v := value.(type) {
		case int64:
			ok = v != 0 && (f.kind == kindMany2one || f.kind == kindMany2many || f.kind == kindInteger)
		case string:
			ok = v != "" && (f.kind == kindChar || f.kind == kindSelection)
		default:
			ok = false
		}
		if !ok {
			return nil, false
		}
		ids = append(ids, table.lookup(f.name, value)...)
	}
	slices.Sort(ids)
	return slices.Compact(ids), ok
}
