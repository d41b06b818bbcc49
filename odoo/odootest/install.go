package odootest

import "time"

const installDay = "2024-01-01"

// open gives a new database its tables.
func (s *Server) open() {
	s.catalog = catalogOf(s.major, s.options.Modules)
	s.models = s.catalog.names
	s.hidden = make(map[string]*table, len(s.catalog.hidden))
	for _, name := range s.catalog.names {
		s.tables[name] = &table{model: s.catalog.models[name], rows: map[int64]row{}}
	}
	for name, m := range s.catalog.hidden {
		s.hidden[name] = &table{model: m, rows: map[int64]row{}}
	}
}

// installer fills a new database. Its records always have the same dates, so that
// two servers of the same options are equal.
type installer struct {
	s   *Server
	day time.Time
}

// install fills a new database: company, users, languages, countries and what the
// modules bring. Nothing of it is journalled: a server of the same options has it.
func (s *Server) install() {
	day, err := time.Parse(dateLayout, installDay)
	if err != nil {
		panic("odootest: " + err.Error())
	}
	in := installer{s, day}
	in.places()
	in.company()
	in.users()
	in.names()
	in.products()
	in.stock()
	in.identifiers()
}

// put stores a record with the defaults of its model; a model that is not
// installed is passed over.
func (in installer) put(model string, id int64, values row) {
	table := in.s.table(model)
	if table == nil {
		return
	}
	r := row{"id": id, "create_date": in.day, "write_date": in.day, "create_uid": botUID, "write_uid": botUID}
	for _, f := range table.model.starting() {
		setDefault(r, f)
	}
	for name, value := range values {
		if f := table.model.fields[name]; f != nil && f.stored() {
			r[name] = value
		}
	}
	in.s.index(table.model, nil, r)
	table.place(id, r)
}

// places are languages, currencies and some countries, with the ids that real
// databases give them.
func (in installer) places() {
	for i, lang := range languages {
		in.put("res.lang", int64(i+1), row{"code": lang[0], "name": lang[1], "url_code": lang[0][:2], "iso_code": lang[0][:2], "active": lang[0] == sourceLanguage})
	}
	in.put("res.currency", 1, row{"name": "USD", "full_name": "United States dollar", "symbol": "$", "position": "before"})
	in.put("res.currency", 125, row{"name": "EUR", "full_name": "Euro", "symbol": "€"})
	for _, country := range []struct {
		id         int64
		code, name string
		currency   int64
	}{
		{12, "AT", "Austria", 125}, {20, "BE", "Belgium", 125}, {38, "CA", "Canada", 0}, {43, "CH", "Switzerland", 0}, {57, "DE", "Germany", 125},
		{59, "DK", "Denmark", 0}, {68, "ES", "Spain", 125}, {75, "FR", "France", 125}, {101, "IE", "Ireland", 125}, {109, "IT", "Italy", 125},
		{133, "LU", "Luxembourg", 125}, {165, "NL", "Netherlands", 125}, {179, "PL", "Poland", 0}, {183, "PT", "Portugal", 125},
		{196, "SE", "Sweden", 0}, {231, "GB", "United Kingdom", 0}, {233, "US", "United States", 1},
	} {
		values := row{"name": country.name, "code": country.code}
		setLink(values, "currency_id", country.currency)
		in.put("res.country", country.id, values)
	}
	in.put("res.country.state", 13, row{"name": "California", "code": "CA", "country_id": int64(233)})
	in.put("res.country.state", 35, row{"name": "New York", "code": "NY", "country_id": int64(233)})
}

// company is the main company with its contact.
func (in installer) company() {
	in.put("res.partner", 1, row{"name": "My Company", "email": "info@example.com", "is_company": true})
	in.put("res.company", companyID, row{"name": "My Company", "partner_id": int64(1)})
	in.put("ir.config_parameter", 1, row{"key": "database.uuid", "value": in.s.options.DatabaseUUID})
	in.put("ir.config_parameter", 2, row{"key": "web.base.url", "value": "http://localhost:8069"})
}

// users are the accounts with their contacts and keys.
func (in installer) users() {
	for i, user := range in.s.users {
		in.s.expand(user)
		contact := row{"name": user.name, "email": user.login, "lang": user.lang}
		if user.tz != "" {
			contact["tz"] = user.tz
		}
		in.put("res.partner", int64(i+2), contact)
		in.put("res.users", user.uid, row{
			"login": user.login, "active": user.uid != botUID, "partner_id": int64(i + 2),
			"company_id": companyID, "company_ids": []int64{companyID}, "share": user.has(groupPortal),
		})
	}
	in.s.tables["res.partner"].seq = 100
	for _, key := range in.s.keys {
		values := row{"name": key.name, "user_id": key.uid}
		if key.scope != "" {
			values["scope"] = key.scope
		}
		if !key.expires.IsZero() {
			values["expiration_date"] = key.expires.UTC().Truncate(time.Second)
		}
		in.put("res.users.apikeys", key.id, values)
	}
}

// moduleNames are the modules that a database lists, with their titles.
var moduleNames = [][2]string{
	{"account", "Invoicing"}, {"base", "Base"}, {"contacts", "Contacts"}, {"crm", "CRM"}, {"mail", "Discuss"}, {"product", "Products & Pricelists"},
	{"project", "Project"}, {"purchase", "Purchase"}, {"sale", "Sales"}, {"sale_management", "Sales"}, {"stock", "Inventory"}, {"website", "Website"},
}

// names are the models, modules and kinds of messages.
func (in installer) names() {
	for i, name := range in.s.models {
		in.put("ir.model", int64(i+1), row{"model": name, "name": in.s.tables[name].model.label, "state": "base"})
	}
	installed := withDependencies(append([]string{"base", "mail", "contacts"}, in.s.modules()...))
	for i, module := range moduleNames {
		state := "uninstalled"
		values := row{"name": module[0], "shortdesc": module[1]}
		if installed[module[0]] || (module[0] == "sale_management" && installed["sale"]) {
			state = "installed"
			values["latest_version"] = in.s.options.Version + ".1.0"
		}
		values["state"] = state
		in.put("ir.module.module", int64(i+1), values)
	}
	in.put("mail.message.subtype", 1, row{"name": "Discussions", "sequence": int64(0)})
	in.put("mail.message.subtype", 2, row{"name": "Note", "internal": true, "sequence": int64(100)})
	in.put("mail.message.subtype", 3, row{"name": "Activities", "internal": true, "sequence": int64(90)})
	for i, subtype := range in.s.taskSubtypes() {
		in.put("mail.message.subtype", int64(i+4), row{"name": subtype[1], "res_model": "project.task", "sequence": int64(1)})
	}
}

// taskSubtypes are the kinds of messages about tasks: the ends of their identifiers
// in the module Project, and their names.
func (s *Server) taskSubtypes() [][2]string {
	kinds := [][2]string{{"new", "Task Created"}, {"stage", "Stage Changed"}}
	switch {
	case s.tables["project.task"] == nil:
		return nil
	case s.major < 17:
		return append(kinds, [2]string{"blocked", "Task Blocked"}, [2]string{"ready", "Task Ready"}, [2]string{"progress", "Task in Progress"})
	}
	return append(kinds, [2]string{"in_progress", "Task In Progress"}, [2]string{"changes_requested", "Changes Requested"}, [2]string{"approved", "Task Approved"},
		[2]string{"canceled", "Task Cancelled"}, [2]string{"done", "Task Done"}, [2]string{"waiting", "Task Waiting"})
}

// modules gives the modules that are installed.
func (s *Server) modules() []string {
	if len(s.options.Modules) > 0 {
		return s.options.Modules
	}
	return allModules
}

// products are what a new database of the module Products has.
func (in installer) products() {
	name, unit := "All", "Units"
	if in.s.major >= 19 {
		name = "Goods"
	}
	in.put("product.category", 1, row{"name": name})
	in.put("uom.uom", 1, row{"name": unit, "uom_type": "reference", "factor": 1.0, "category_id": int64(1)})
	in.put("uom.category", 1, row{"name": "Unit"})
	in.put("product.pricelist", 1, row{"name": "Default", "company_id": companyID})
	in.put("crm.team", 1, row{"name": "Sales", "company_id": companyID})
}

// location is a place that a new database has.
type location struct {
	id, parent  int64
	name, usage string
}

// locations are those of a new database; 19 numbers them otherwise (seen on 18 and
// 19).
func (s *Server) locations() []location {
	if s.major >= 19 {
		return []location{
			{1, 0, "Vendors", "supplier"}, {2, 0, "Customers", "customer"}, {4, 0, "WH", "view"}, {5, 4, "Stock", "internal"}, {11, 0, "Inventory adjustment", "inventory"},
		}
	}
	return []location{
		{1, 0, "Physical Locations", "view"}, {2, 0, "Partners", "view"}, {3, 0, "Virtual Locations", "view"}, {4, 2, "Vendors", "supplier"},
		{5, 2, "Customers", "customer"}, {7, 0, "WH", "view"}, {8, 7, "Stock", "internal"}, {14, 3, "Inventory adjustment", "inventory"},
	}
}

// location finds one of those by its name.
func (s *Server) location(name string) int64 {
	for _, l := range s.locations() {
		if l.name == name {
			return l.id
		}
	}
	return 0
}

// stock is a warehouse with its locations.
func (in installer) stock() {
	for _, l := range in.s.locations() {
		values := row{"name": l.name, "usage": l.usage}
		setLink(values, "location_id", l.parent)
		if l.name == "WH" || l.name == "Stock" {
			values["company_id"] = companyID
		}
		in.put("stock.location", l.id, values)
	}
	in.put("stock.warehouse", 1, row{
		"name": "My Company", "code": "WH", "company_id": companyID, "view_location_id": in.s.location("WH"), "lot_stock_id": in.s.location("Stock"), "partner_id": int64(1),
	})
}

// identifiers are the external identifiers of what was installed.
func (in installer) identifiers() {
	for i, known := range []struct {
		module, name, model string
		id                  int64
	}{
		{"base", "main_company", "res.company", companyID}, {"base", "user_admin", "res.users", mainUID}, {"base", "main_partner", "res.partner", 1},
		{"base", "lang_en", "res.lang", 1}, {"base", "lang_fr", "res.lang", 6}, {"base", "USD", "res.currency", 1}, {"base", "EUR", "res.currency", 125},
		{"base", "be", "res.country", 20}, {"base", "fr", "res.country", 75}, {"base", "us", "res.country", 233},
		{"mail", "mt_comment", "mail.message.subtype", 1}, {"mail", "mt_note", "mail.message.subtype", 2}, {"mail", "mt_activities", "mail.message.subtype", 3},
		{"product", "product_category_all", "product.category", 1}, {"uom", "product_uom_unit", "uom.uom", 1},
		{"stock", "warehouse0", "stock.warehouse", 1}, {"stock", "stock_location_stock", "stock.location", in.s.location("Stock")},
		{"stock", "stock_location_customers", "stock.location", in.s.location("Customers")}, {"sales_team", "team_sales_department", "crm.team", 1},
	} {
		if in.s.table(known.model) != nil && in.s.table(known.model).rows[known.id] != nil {
			in.put("ir.model.data", int64(i+1), row{"module": known.module, "name": known.name, "model": known.model, "res_id": known.id, "noupdate": true})
		}
	}
	for i, subtype := range in.s.taskSubtypes() {
		in.put("ir.model.data", int64(i+101), row{"module": "project", "name": "mt_task_" + subtype[0], "model": "mail.message.subtype", "res_id": int64(i + 4), "noupdate": true})
	}
}
