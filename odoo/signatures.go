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
// and less, seen on Odoo 16 to 19).
func (l *login) checkRecords(c call) error {
	if c.method != "write" && c.method != "unlink" {
		return nil
	}
	given := c.kw["ids"]
	if len(c.args) > 0 {
		given = c.args[0]
	}
	_, err := l.recordsOf(c, given)
	return err
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
	ofRecords := known.records
	if !ok && len(args) == 1 {
		_, ofRecords = idsIn(args[0])
	}
	if ofRecords {
		if len(args) > 0 {
			out["ids"], args = args[0], args[1:]
		}
		if err := l.nameRecords(c, out, known.optional); err != nil {
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

// nameRecords puts the ids of a call into the form in which they are sent. A method that asks for no record in particular
// may go without.
func (l *login) nameRecords(c call, arguments map[string]any, optional bool) error {
	given, named := arguments["ids"]
	if list, ok := idsIn(given); optional && len(list) == 0 && (ok || !named) {
		delete(arguments, "ids")
		return nil
	}
	ids, err := l.recordsOf(c, given)
	arguments["ids"] = ids
	return err
}

// recordsOf are the ids that a call names. It refuses what Odoo would take for none: absent, empty, or no whole numbers; and
// ids of 0 or less, but for reading, which they do no harm to.
func (l *login) recordsOf(c call, given any) ([]int64, error) {
	ids, ok := idsIn(given)
	if !ok {
		if id, single := asInt(given); single {
			ids = []int64{id}
		}
	}
	if len(ids) == 0 {
		return nil, l.fail(c, InvalidCall, "it names no records", "give the ids of the records")
	}
	if c.method != "read" && slices.Min(ids) <= 0 {
		return nil, l.fail(c, InvalidCall, "an id is 0 or less, for which Odoo does nothing and reports success", "give the ids of the records")
	}
	return ids, nil
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

// idsIn are the whole numbers of a list of nothing else.
func idsIn(v any) ([]int64, bool) {
	switch list := v.(type) {
	case []int64:
		return list, true
	case []int:
		return collected(list)
	case []any:
		return collected(list)
	default:
		return nil, false
	}
}

func collected[T any](list []T) ([]int64, bool) {
	ids := make([]int64, len(list))
	for i, item := range list {
		id, ok := asInt(item)
		if !ok {
			return nil, false
		}
		ids[i] = id
	}
	return ids, true
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
