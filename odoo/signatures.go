package odoo

import (
	"fmt"
	"maps"
	"slices"
)

// signature is how a method of every model takes its arguments, by Python's names. XML-RPC needs the
// order, because Odoo 16 to 18 call some of them otherwise ("args" for a domain); JSON-2 needs the names.
type signature struct {
	records  bool     // a method of records: the ids come first
	optional bool     // asks for no record in particular, so no ids are fine
	names    []string // of the arguments after the ids
}

// signatures are those of Odoo 19 (odoo/orm/models.py and the models' own), where older versions differ
// in names alone.
var signatures = map[string]signature{
	"search":                 {names: []string{"domain", "offset", "limit", "order"}},
	"search_count":           {names: []string{"domain", "limit"}},
	"search_read":            {names: []string{"domain", "fields", "offset", "limit", "order"}},
	"create":                 {names: []string{"vals_list"}},
	"name_create":            {names: []string{"name"}},
	"name_search":            {names: []string{"name", "domain", "operator", "limit"}},
	"default_get":            {names: []string{"fields"}},
	"fields_get":             {names: []string{"allfields", "attributes"}},
	"load":                   {names: []string{"fields", "data"}},
	"read_group":             {names: []string{"domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"}},
	"formatted_read_group":   {names: []string{"domain", "groupby", "aggregates", "having", "offset", "limit", "order"}},
	"check_object_reference": {names: []string{"module", "xml_id", "raise_on_access_error"}},
	"check_access_rights":    {names: []string{"operation", "raise_exception"}},
	"get_param":              {names: []string{"key", "default"}},
	"set_param":              {names: []string{"key", "value"}},
	"context_get":            {},

	"read":                {records: true, names: []string{"fields", "load"}},
	"write":               {records: true, names: []string{"vals"}},
	"unlink":              {records: true},
	"copy":                {records: true, names: []string{"default"}},
	"export_data":         {records: true, names: []string{"fields_to_export"}},
	"has_access":          {records: true, optional: true, names: []string{"operation"}},
	"has_group":           {records: true, names: []string{"group_ext_id"}},
	"get_metadata":        {records: true},
	"get_external_id":     {records: true},
	"message_post":        {records: true},
	"message_subscribe":   {records: true, names: []string{"partner_ids", "subtype_ids"}},
	"message_unsubscribe": {records: true, names: []string{"partner_ids"}},
}

// checkRecords refuses a call that would change nothing and report success: without ids, or with one that no record has (0
// and less, seen on Odoo 16 to 19). Reading such ids is harmless.
func (l *login) checkRecords(c call) error {
	if c.method != "write" && c.method != "unlink" || c.service != "" {
		return nil
	}
	if len(c.args) == 0 {
		return l.checkIDs(c, map[string]any{"ids": c.kw["ids"]}, false)
	}
	return l.checkIDs(c, map[string]any{"ids": c.args[0]}, false)
}

// byName gives a call's arguments by name, the ids among them. JSON-2 takes absent ids for "no
// records" and reports success, so a method of records is refused without any.
func (l *login) byName(c call) (map[string]any, error) {
	out := maps.Clone(c.kw)
	if out == nil {
		out = map[string]any{}
	}
	known, ok := signatures[c.method]
	args := c.args
	switch {
	case ok && known.records, !ok && len(args) == 1 && isIDs(args[0]):
		if len(args) > 0 {
			out["ids"], args = args[0], args[1:]
		}
		if err := l.checkIDs(c, out, known.optional); err != nil {
			return nil, err
		}
	}
	if len(args) > len(known.names) {
		return nil, l.fail(c, InvalidCall, fmt.Sprintf("JSON-2 takes the arguments of %s by name, and %d are by position", c.method, len(args)),
			"name them, by Call or as keywords")
	}
	for i, arg := range args {
		out[known.names[i]] = arg
	}
	return out, nil
}

// checkIDs refuses the ids that JSON-2 would take for none: absent, empty, or no whole numbers.
func (l *login) checkIDs(c call, arguments map[string]any, optional bool) error {
	ids := arguments["ids"]
	if id, ok := asInt(ids); ok {
		ids = []any{id}
		arguments["ids"] = ids
	}
	n := lengthOf(ids)
	if n == 0 && optional {
		delete(arguments, "ids")
		return nil
	}
	if n == 0 || !isIDs(ids) {
		return l.fail(c, InvalidCall, "it names no records", "give the ids of the records")
	}
	if c.method != "read" && !allPositive(ids) {
		return l.fail(c, InvalidCall, "an id is 0 or less, for which Odoo does nothing and reports success", "give the ids of the records")
	}
	return nil
}

func asInt(v any) (int64, bool) {
	switch n := v.(type) {
	case int:
		return int64(n), true
	case int64:
		return n, true
	default:
		return 0, false
	}
}

func lengthOf(list any) int {
	switch list := list.(type) {
	case []any:
		return len(list)
	case []int64:
		return len(list)
	case []int:
		return len(list)
	default:
		return 0
	}
}

// allPositive reports whether every id of the list can be a record's.
func allPositive(list any) bool {
	switch list := list.(type) {
	case []int64:
		return !slices.ContainsFunc(list, func(id int64) bool { return id <= 0 })
	case []int:
		return !slices.ContainsFunc(list, func(id int) bool { return id <= 0 })
	case []any:
		return !slices.ContainsFunc(list, func(item any) bool { id, ok := asInt(item); return ok && id <= 0 })
	default:
		return true
	}
}

// isIDs reports whether a value is a list of whole numbers.
func isIDs(v any) bool {
	switch list := v.(type) {
	case []int64, []int:
		return true
	case []any:
		for _, item := range list {
			if _, ok := asInt(item); !ok {
				return false
			}
		}
		return true
	default:
		return false
	}
}

// byPosition gives the arguments as XML-RPC takes them: the ids, then those whose order is known, and
// the rest by name.
func byPosition(method string, ids []int64, named map[string]any) (args []any, kw map[string]any) {
	kw = maps.Clone(named)
	if ids != nil {
		args = append(args, ids)
	}
	if known := signatures[method]; known.records == (ids != nil) {
		for _, name := range known.names {
			value, ok := kw[name]
			if !ok {
				break
			}
			args = append(args, value)
			delete(kw, name)
		}
	}
	return args, kw
}
