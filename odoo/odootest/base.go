package odootest

import "time"

// Ids of the records that every database has.
const (
	botUID     = int64(1)
	mainUID    = int64(2)
	extraUID   = int64(6) // the first of Options.Users
	companyID  = int64(1)
	installDay = "2024-01-01"
)

// baseModels gives the models of Odoo's own modules that a connector meets, each
// with the fields that it would use.
func baseModels(version int) []*model {
	return []*model{companyModel(version), partnerModel(version), userModel(version), identifierModel(version), parameterModel(version), messageModel(version)}
}

// companyModel is res.company.
func companyModel(version int) *model {
	m := newModel(version, "res.company", "Companies", "sequence, name",
		char("name", "Company Name").need(),
		integer("sequence", "Sequence").starts(int64(10)),
		boolean("active", "Active").starts(true),
		many2one("partner_id", "Partner", "res.partner"),
		many2one("parent_id", "Parent Company", "res.company"),
	)
	m.access = access{read: groupUser, write: groupAccessRights}
	return m
}

// partnerModel is res.partner.
func partnerModel(version int) *model {
	m := newModel(version, "res.partner", "Contact", "name, id",
		char("name", "Name").need(),
		boolean("active", "Active").starts(true),
		boolean("is_company", "Is a Company"),
		selection("type", "Address Type", [2]string{"contact", "Contact"}, [2]string{"invoice", "Invoice Address"}, [2]string{"delivery", "Delivery Address"}, [2]string{"other", "Other Address"}).starts("contact"),
		many2one("parent_id", "Related Company", "res.partner"),
		one2many("child_ids", "Contact", "res.partner", "parent_id"),
		many2one("company_id", "Company", "res.company"),
		many2one("user_id", "Salesperson", "res.users"),
		char("email", "Email"), char("phone", "Phone"), char("mobile", "Mobile").until(18), char("website", "Website"),
		char("street", "Street"), char("street2", "Street2"), char("city", "City"), char("zip", "Zip"), char("ref", "Reference"), char("vat", "Tax ID"),
		html("comment", "Notes"),
		char("lang", "Language"), char("tz", "Timezone"),
		integer("color", "Color Index"),
	)
	m.access = access{read: groupUser, write: groupContacts}
	return m
}

// userModel is res.users. Passwords and groups stand in Options, not in fields.
func userModel(version int) *model {
	m := newModel(version, "res.users", "User", "name, login",
		char("name", "Name").need(),
		char("login", "Login").need(),
		char("email", "Email"),
		boolean("active", "Active").starts(true),
		boolean("share", "Share User").fixed(),
		char("lang", "Language"), char("tz", "Timezone"),
		many2one("partner_id", "Related Partner", "res.partner"),
		many2one("company_id", "Company", "res.company"),
		many2many("company_ids", "Companies", "res.company"),
	)
	m.access = access{read: groupUser, write: groupAccessRights}
	m.unique = map[string]string{"login": "You can not have two users with the same login!"}
	return m
}

// identifierModel is ir.model.data, the external identifiers.
func identifierModel(version int) *model {
	m := newModel(version, "ir.model.data", "Model Data", "module, model, name",
		char("name", "External Identifier").need(),
		char("module", "Module").need().starts(""),
		char("model", "Model Name").need(),
		integer("res_id", "Record ID"),
		boolean("noupdate", "Non Updatable"),
		char("complete_name", "Complete ID").fixed().compute(),
		char("reference", "Reference").fixed().compute(),
	)
	m.access = access{read: groupAccessRights, write: groupAccessRights}
	return m
}

// parameterModel is ir.config_parameter, readable by administrators of the
// settings alone (captures/odoo18/fault_access_error_model).
func parameterModel(version int) *model {
	m := newModel(version, "ir.config_parameter", "System Parameter", "key",
		char("key", "Key").need(),
		longText("value", "Value").need(),
	)
	m.access = access{read: groupSettings, write: groupSettings}
	m.unique = map[string]string{"key": "Key must be unique."}
	return m
}

// messageModel is mail.message, as far as message_post fills it.
func messageModel(version int) *model {
	m := newModel(version, "mail.message", "Message", "id desc",
		html("body", "Contents"),
		char("subject", "Subject"),
		char("model", "Related Document Model"),
		integer("res_id", "Related Document ID"),
		datetime("date", "Date"),
		many2one("author_id", "Author", "res.partner"),
		selection("message_type", "Type", [2]string{"email", "Incoming Email"}, [2]string{"comment", "Comment"}, [2]string{"notification", "System notification"}).need().starts("email"),
	)
	m.access = access{read: groupUser, write: groupUser}
	return m
}

// install fills a new database: company, users, parameters. Its records always
// have the same dates, so that two servers of the same options are equal.
func (s *Server) install() {
	day, err := time.Parse(dateLayout, installDay)
	if err != nil {
		panic("odootest: " + err.Error())
	}
	stamp := func(id int64, r row) row {
		r["id"], r["create_date"], r["write_date"], r["create_uid"], r["write_uid"] = id, day, day, botUID, botUID
		return r
	}
	put := func(model string, id int64, r row) {
		table := s.tables[model]
		s.index(table.model, nil, stamp(id, r))
		table.place(id, r)
	}
	partner := func(id int64, name, login string) {
		put("res.partner", id, row{"name": name, "email": login, "active": true, "type": "contact", "is_company": id == 1, "color": int64(0)})
	}
	partner(1, "My Company", "info@example.com")
	put("res.company", companyID, row{"name": "My Company", "sequence": int64(10), "active": true, "partner_id": int64(1)})
	for i, user := range s.users {
		partner(int64(i+2), user.name, user.login)
		put("res.users", user.uid, row{
			"name": user.name, "login": user.login, "email": user.login, "active": user.uid != botUID, "lang": user.lang, "partner_id": int64(i + 2),
			"company_id": companyID, "company_ids": []int64{companyID}, "share": user.has(groupPortal),
		})
		if user.tz != "" {
			s.tables["res.users"].rows[user.uid]["tz"] = user.tz
		}
	}
	s.tables["res.partner"].seq = 100
	put("ir.config_parameter", 1, row{"key": "database.uuid", "value": s.options.DatabaseUUID})
	put("ir.config_parameter", 2, row{"key": "web.base.url", "value": "http://localhost:8069"})
	put("ir.model.data", 1, row{"module": "base", "name": "main_company", "model": "res.company", "res_id": companyID, "noupdate": true})
	put("ir.model.data", 2, row{"module": "base", "name": "user_admin", "model": "res.users", "res_id": mainUID, "noupdate": true})
}
