package odootest

// call is one call of a method, its arguments bound to names.
type call struct {
	*tx
	model *model
	ids   []int64
	args  map[string]any
}

// method describes a method that clients may call.
type method struct {
	records     bool     // its first argument is a list of ids
	params      []string // names of the others
	required    int      // how many of them must be given
	writes      bool
	stray       string // from 17 on the fault of another keyword, which 16 passes over; "" where Python complains
	model       string // the only model that has it, "" for all
	first, last int    // versions; 0 is no limit
	run         func(c *call) (any, error)
}

// methods are all that can be called, by name; of several of one name the first
// that fits model and version counts.
var methods = map[string][]method{
	"search": {
		{params: []string{"domain", "offset", "limit", "order", "count"}, required: 1, last: 16, run: (*call).search},
		{params: []string{"domain", "offset", "limit", "order"}, required: 1, run: (*call).search},
	},
	"search_count": {{params: []string{"domain", "limit"}, required: 1, run: (*call).searchCount}},
	"search_read": {
		// project.tags has one of its own, without the arguments of read (seen on 18).
		{model: "project.tags", params: []string{"domain", "fields", "offset", "limit", "order"}, run: (*call).searchRead},
		{params: []string{"domain", "fields", "offset", "limit", "order", "load"}, run: (*call).searchRead},
	},
	"read":                {{records: true, params: []string{"fields", "load"}, run: (*call).readAll}},
	"fields_get":          {{params: []string{"allfields", "attributes"}, run: (*call).fieldsGet}},
	"default_get":         {{params: []string{"fields_list"}, required: 1, run: (*call).defaultGet}},
	"name_search":         {{params: []string{"name", "args", "operator", "limit"}, run: (*call).nameSearch}},
	"name_get":            {{records: true, last: 17, run: (*call).nameGet}},
	"name_create":         {{params: []string{"name"}, required: 1, writes: true, run: (*call).nameCreate}},
	"exists":              {{records: true, last: 18, run: (*call).exists}},
	"create":              {{params: []string{"vals_list"}, required: 1, writes: true, run: (*call).createAll}},
	"write":               {{records: true, params: []string{"vals"}, required: 1, writes: true, run: (*call).writeAll}},
	"unlink":              {{records: true, writes: true, run: (*call).unlinkAll}},
	"copy":                {{records: true, params: []string{"default"}, writes: true, run: (*call).copyAll}},
	"load":                {{params: []string{"fields", "data"}, required: 2, writes: true, run: (*call).loadAll}},
	"action_archive":      {{records: true, writes: true, run: (*call).archive}},
	"action_unarchive":    {{records: true, writes: true, run: (*call).unarchive}},
	"toggle_active":       {{records: true, writes: true, run: (*call).toggle}},
	"check_access_rights": {{params: []string{"operation", "raise_exception"}, required: 1, run: (*call).checkAccessRights}},
	"has_access":          {{records: true, params: []string{"operation"}, required: 1, first: 18, run: (*call).hasAccess}},
	"get_metadata":        {{records: true, run: (*call).metadata}},
	"get_external_id":     {{records: true, run: (*call).externalIDs}},
	"message_post": {
		{records: true, params: postParams, writes: true, last: 16, stray: "*", run: (*call).messagePost},
		{records: true, params: postParams, writes: true, stray: "Those values are not supported when posting or notifying: ", run: (*call).messagePost},
	},
	"read_group":             {{params: []string{"domain", "fields", "groupby", "offset", "limit", "orderby", "lazy"}, required: 3, run: (*call).readGroup}},
	"formatted_read_group":   {{params: []string{"domain", "groupby", "aggregates", "having", "offset", "limit", "order"}, required: 1, first: 19, run: (*call).formattedReadGroup}},
	"action_confirm":         {{model: "sale.order", records: true, writes: true, run: (*call).confirm}},
	"action_cancel":          {{model: "sale.order", records: true, writes: true, run: (*call).cancel}},
	"action_draft":           {{model: "sale.order", records: true, writes: true, run: (*call).draft}},
	"action_apply_inventory": {{model: "stock.quant", records: true, writes: true, run: (*call).applyInventory}},
	"context_get":            {{model: "res.users", run: (*call).contextGet}},
	"has_group": {
		{model: "res.users", params: []string{"group_ext_id"}, required: 1, last: 17, run: (*call).hasGroup},
		{model: "res.users", records: true, params: []string{"group_ext_id"}, required: 1, run: (*call).hasGroup},
	},
	"get_param": {{model: "ir.config_parameter", params: []string{"key", "default"}, required: 1, run: (*call).getParam}},
	"check_object_reference": {
		{model: "ir.model.data", params: []string{"module", "xml_id", "raise_on_access_error"}, required: 2, run: (*call).checkObjectReference},
	},
}

// method finds a method of a model in the server's version.
func (s *Server) method(model, name string) *method {
	for i := range methods[name] {
		m := &methods[name][i]
		if (m.model == "" || m.model == model) && m.first <= s.major && (m.last == 0 || m.last >= s.major) {
			return m
		}
	}
	return nil
}

// bind gives a method's arguments their names, with Python's complaints.
func (m *method) bind(name string, args []any, kwargs map[string]any) (ids []int64, bound map[string]any, err error) {
	if m.records {
		if len(args) == 0 {
			return nil, nil, exception("IndexError", "tuple index out of range")
		}
		ids, args = idsOf(args[0]), args[1:]
	}
	if len(args) > len(m.params) {
		return nil, nil, exception("TypeError", "BaseModel.%s() takes from %d to %d positional arguments but %d were given",
			name, m.required+1, len(m.params)+1, len(args)+1)
	}
	bound = map[string]any{}
	for i, value := range args {
		bound[m.params[i]] = value
	}
	for _, key := range sortedKeys(kwargs) {
		switch known := m.takes(key); {
		case !known && m.stray == "*":
			continue
		case !known && m.stray != "":
			return nil, nil, exception("ValueError", "%s%s", m.stray, key)
		case !known:
			return nil, nil, exception("TypeError", "BaseModel.%s() got an unexpected keyword argument '%s'", name, key)
		}
		if _, twice := bound[key]; twice {
			return nil, nil, exception("TypeError", "BaseModel.%s() got multiple values for argument '%s'", name, key)
		}
		bound[key] = kwargs[key]
	}
	for _, param := range m.params[:m.required] {
		if _, given := bound[param]; !given {
			return nil, nil, exception("TypeError", "BaseModel.%s() missing 1 required positional argument: '%s'", name, param)
		}
	}
	return ids, bound, nil
}

// takes reports whether a method has a parameter.
func (m *method) takes(param string) bool {
	for _, name := range m.params {
		if name == param {
			return true
		}
	}
	return false
}

// idsOf reads the ids of records: a list or one number.
func idsOf(value any) []int64 {
	if id, ok := value.(int64); ok {
		return []int64{id}
	}
	list, _ := value.([]any)
	ids := make([]int64, 0, len(list))
	for _, element := range list {
		if id, ok := element.(int64); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// textsOf reads a list of texts.
func textsOf(value any) []string {
	list, _ := value.([]any)
	texts := make([]string, 0, len(list))
	for _, element := range list {
		if text, ok := element.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// number gives an argument that is a number, 0 where it is missing or False.
func (c *call) number(name string) int64 {
	number, _ := c.args[name].(int64)
	return number
}

// word gives an argument that is a text.
func (c *call) word(name string) string {
	text, _ := c.args[name].(string)
	return text
}

// find runs the search that the arguments describe.
func (c *call) find() ([]int64, error) {
	return c.tx.search(c.model, c.args["domain"], c.number("offset"), c.number("limit"), c.word("order"))
}

func (c *call) search() (any, error) {
	ids, err := c.find()
	if err == nil && truthy(c.args["count"]) {
		return int64(len(ids)), nil
	}
	return ids, err
}

func (c *call) searchCount() (any, error) {
	ids, err := c.find()
	return int64(len(ids)), err
}

func (c *call) searchRead() (any, error) {
	ids, err := c.find()
	if err != nil {
		return nil, err
	}
	return c.read(c.model, ids, textsOf(c.args["fields"]), c.loadMode())
}

func (c *call) readAll() (any, error) {
	return c.read(c.model, c.ids, textsOf(c.args["fields"]), c.loadMode())
}

// loadMode is the argument load: nil where it is absent; given as None it is as good as empty.
func (c *call) loadMode() any {
	load, given := c.args["load"]
	if given && load == nil {
		return ""
	}
	return load
}

func (c *call) fieldsGet() (any, error) {
	if err := c.check(c.model, "read"); err != nil {
		return nil, err
	}
	return c.describe(c.model, textsOf(c.args["allfields"]), textsOf(c.args["attributes"])), nil
}

func (c *call) defaultGet() (any, error) {
	defaults := map[string]any{}
	for _, name := range textsOf(c.args["fields_list"]) {
		f := c.model.fields[name]
		if given, ok := c.context["default_"+name]; ok && f != nil {
			defaults[name] = given
		} else if f != nil && f.initial != nil {
			defaults[name] = f.initial
		}
	}
	return defaults, nil
}

func (c *call) nameSearch() (any, error) {
	operator := c.word("operator")
	if operator == "" {
		operator = "ilike"
	}
	domain, _ := c.args["args"].([]any)
	if c.word("name") != "" {
		domain = append([]any{[]any{"display_name", operator, c.word("name")}}, domain...)
	}
	limit := int64(100)
	if _, given := c.args["limit"]; given {
		limit = c.number("limit")
	}
	c.naming = true
	defer func() { c.naming = false }()
	ids, err := c.tx.search(c.model, domain, 0, limit, "")
	return c.pairs(ids), err
}

// pairs gives [id, name] for each record.
func (c *call) pairs(ids []int64) []any {
	pairs := []any{}
	for _, id := range ids {
		if c.row(c.model.name, id) != nil {
			pairs = append(pairs, []any{id, c.displayName(c.model.name, id)})
		}
	}
	return pairs
}

func (c *call) nameGet() (any, error) {
	return c.pairs(c.ids), c.check(c.model, "read")
}

func (c *call) nameCreate() (any, error) {
	id, err := c.create(c.model.name, map[string]any{"name": c.args["name"]})
	return []any{id, c.displayName(c.model.name, id)}, err
}

func (c *call) exists() (any, error) {
	living := []int64{}
	for _, id := range c.ids {
		if c.row(c.model.name, id) != nil {
			living = append(living, id)
		}
	}
	return living, nil
}

// createAll makes one record of a dict and several of a list, all or none.
func (c *call) createAll() (any, error) {
	if vals, ok := c.args["vals_list"].(map[string]any); ok {
		return c.create(c.model.name, vals)
	}
	list, _ := c.args["vals_list"].([]any)
	ids := []int64{}
	for _, element := range list {
		vals, ok := element.(map[string]any)
		if !ok {
			return nil, exception("AttributeError", "'%s' object has no attribute 'items'", pythonType(element))
		}
		id, err := c.create(c.model.name, vals)
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

func (c *call) writeAll() (any, error) {
	vals, ok := c.args["vals"].(map[string]any)
	if !ok {
		return nil, exception("AttributeError", "'%s' object has no attribute 'items'", pythonType(c.args["vals"]))
	}
	return true, c.write(c.model.name, c.ids, vals)
}

func (c *call) unlinkAll() (any, error) {
	return true, c.unlink(c.model.name, c.ids)
}

// copyAll duplicates records, without their sub-records. One id is answered up to
// 17, a list from 18 on.
func (c *call) copyAll() (any, error) {
	changes, _ := c.args["default"].(map[string]any)
	copies := []int64{}
	for _, id := range c.ids {
		r := c.row(c.model.name, id)
		if r == nil {
			return nil, missing(c.model.name, id, c.user.uid)
		}
		copied, err := c.create(c.model.name, c.duplicate(r, changes))
		if err != nil {
			return nil, err
		}
		copies = append(copies, copied)
	}
	if c.s.major < 18 && len(copies) == 1 {
		return copies[0], nil
	}
	return copies, nil
}

// duplicate gives the values of a copy.
func (c *call) duplicate(r row, changes map[string]any) map[string]any {
	vals := map[string]any{}
	for _, name := range c.model.names {
		f := c.model.fields[name]
		switch {
		case !f.stored() || f.readonly || r[name] == nil || c.model.unique[name] != "" || neverCopied[name]:
		case f.kind == kindMany2many:
			vals[name] = setCommand(r.set(name))
		default:
			vals[name] = shown(f, r[name])
		}
	}
	if f := c.model.fields["name"]; f != nil && f.column() {
		name, _ := c.raw(c.model, f, r).(string)
		vals["name"] = name + " (copy)"
	}
	if c.model.name == "sale.order" {
		delete(vals, "name")
	}
	if c.model.inherits != "" {
		delete(vals, c.model.inherits)
	}
	for name, value := range changes {
		vals[name] = value
	}
	return vals
}

// neverCopied are fields that no copy takes over.
var neverCopied = map[string]bool{"barcode": true, "message_ids": true, "state": true, "date_order": true, "client_order_ref": true}

// setCommand replaces a set of links.
func setCommand(ids []int64) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return []any{[]any{int64(commandSet), int64(0), list}}
}

func (c *call) loadAll() (any, error) {
	data, _ := c.args["data"].([]any)
	return c.load(c.model, textsOf(c.args["fields"]), data)
}

// archive answers None, so the client gets a fault after the work was committed
// (seen on Odoo 18).
func (c *call) archive() (any, error) {
	return nil, c.write(c.model.name, c.ids, map[string]any{"active": false})
}

func (c *call) unarchive() (any, error) {
	return nil, c.write(c.model.name, c.ids, map[string]any{"active": true})
}

func (c *call) toggle() (any, error) {
	for _, id := range c.ids {
		r := c.row(c.model.name, id)
		if r == nil {
			return nil, missing(c.model.name, id, c.user.uid)
		}
		if err := c.write(c.model.name, []int64{id}, map[string]any{"active": !r.flag("active")}); err != nil {
			return nil, err
		}
	}
	return nil, nil //nolint:nilnil // the method answers None.
}

// checkAccessRights answers a boolean; from 18 on None where a refusal is to
// raise (captures/odoo18/fault_none_result).
func (c *call) checkAccessRights() (any, error) {
	raise, given := c.args["raise_exception"]
	if given && !truthy(raise) {
		return c.allowed(c.model, c.word("operation")), nil
	}
	if err := c.check(c.model, c.word("operation")); err != nil || c.s.major >= 18 {
		return nil, err
	}
	return true, nil
}

func (c *call) hasAccess() (any, error) {
	for _, id := range c.ids {
		r := c.row(c.model.name, id)
		if allowed := r != nil && c.checkRules(c.model, c.word("operation"), r) == nil; !allowed {
			return false, nil
		}
	}
	return c.allowed(c.model, c.word("operation")), nil
}

func (c *call) metadata() (any, error) {
	rows, err := c.read(c.model, c.ids, []string{"id", "create_uid", "create_date", "write_uid", "write_date"}, nil)
	for _, shown := range rows {
		shown["xmlid"], shown["noupdate"] = false, false
		found := []any{}
		for _, data := range c.where("ir.model.data", func(r row) bool {
			return r.text("model") == c.model.name && r.link("res_id") == shown["id"]
		}) {
			r := c.row("ir.model.data", data)
			name := r.text("module") + "." + r.text("name")
			shown["xmlid"], shown["noupdate"] = name, r.flag("noupdate")
			found = append(found, map[string]any{"xmlid": name, "noupdate": r.flag("noupdate")})
		}
		shown["xmlids"] = found
	}
	return rows, err
}

// externalIDs has integers for keys, which XML-RPC cannot carry and JSON turns to
// text (captures/odoo19/json2_get_external_id).
func (c *call) externalIDs() (any, error) {
	found := make(map[int64]any, len(c.ids))
	for _, id := range c.ids {
		found[id] = ""
		for _, data := range c.rowsOf("ir.model.data", c.pointing("ir.model.data", "res_id", id)) {
			if data.text("model") == c.model.name {
				found[id] = data.text("module") + "." + data.text("name")
				break
			}
		}
	}
	return found, nil
}

// contextGet gives the user's context (captures/odoo18/res_users_context_get).
func (c *call) contextGet() (any, error) {
	contact := c.row("res.partner", c.row("res.users", c.user.uid).link("partner_id"))
	text := &field{kind: kindChar}
	return map[string]any{"lang": shown(text, contact["lang"]), "tz": shown(text, contact["tz"]), "uid": c.user.uid}, nil
}

// hasGroup asks about the caller up to 17, about the record from 18 on.
func (c *call) hasGroup() (any, error) {
	if c.s.major < 18 {
		return c.user.has(c.word("group_ext_id")), nil
	}
	if len(c.ids) != 1 {
		return nil, exception("ValueError", "Expected singleton: res.users(%s)", joinIDs(c.ids))
	}
	account := c.s.byUID(c.ids[0])
	return account != nil && account.has(c.word("group_ext_id")), nil
}

// joinIDs renders ids as a Python tuple's elements.
func joinIDs(ids []int64) string {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = id
	}
	return reprAll(list)
}

func (c *call) getParam() (any, error) {
	if err := c.check(c.model, "read"); err != nil {
		return nil, err
	}
	for _, id := range c.where(c.model.name, func(r row) bool { return r.text("key") == c.word("key") }) {
		return c.row(c.model.name, id).text("value"), nil
	}
	if value := c.args["default"]; value != nil {
		return value, nil
	}
	return false, nil
}

// checkObjectReference finds an external identifier for anyone. A record that the
// context hides is answered with False (seen on Odoo 18).
func (c *call) checkObjectReference() (any, error) {
	name := c.word("module") + "." + c.word("xml_id")
	data := c.row("ir.model.data", c.s.identifiers[name])
	if data == nil {
		return nil, exception("ValueError", "External ID not found in the system: %s", name)
	}
	m := c.s.table(data.text("model")).model
	r := c.row(m.name, data.link("res_id"))
	if r == nil || (c.active() && m.hasActive() && !r.flag("active")) || !c.allowed(m, "read") || !c.sees(m, r) {
		if truthy(c.args["raise_on_access_error"]) {
			return nil, denied("Not enough access rights on the external ID \"%s\"", name)
		}
		return []any{m.name, false}, nil
	}
	return []any{m.name, r.id()}, nil
}
