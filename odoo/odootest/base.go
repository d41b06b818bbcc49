package odootest

import "strings"

// Ids of the records that every database has.
const (
	botUID    = int64(1)
	mainUID   = int64(2)
	extraUID  = int64(6) // the first of Options.Users
	companyID = int64(1)
)

// baseModels gives the models of Odoo's own modules that a connector meets.
func baseModels(version int) []*model {
	return []*model{
		companyModel(version), partnerModel(version), partnerTagModel(version), userModel(version), identifierModel(version),
		parameterModel(version), languageModel(version), countryModel(version), stateModel(version), currencyModel(version),
		irModelModel(version), irFieldsModel(version), attachmentModel(version), keyModel(version), moduleModel(version),
	}
}

// companyModel is res.company.
func companyModel(version int) *model {
	m := newModel(version, "res.company", "Companies", "sequence, name",
		on("sequence").starts(int64(10)),
		on("partner_id").filled(),
		on("currency_id").starts(int64(1)),
		on("user_ids").mirrors("company_ids"),
		on("fiscalyear_last_month").starts("12"),
		on("fiscalyear_last_day").starts(int64(31)),
		on("account_opening_date").filled(),
		on("layout_background").filled(),
		on("account_price_include").starts("tax_excluded"),
		on("security_lead").starts(0.0),
		on("cost_method").starts("standard"),
		on("horizon_days").starts(int64(365)),
		on("inventory_period").starts("manual"),
	)
	m.unique = map[string]string{"name": "The company name must be unique!"}
	m.hooks = hooks{beforeCreate: partnerOfCompany, visible: companyVisible}
	return m
}

// companyVisible shows users the companies that they work for (rules of a real 18).
func companyVisible(t *tx, r row) bool { return t.user.has(groupAccessRights) || t.worksFor(r.id()) }

// partnerOfCompany makes the contact of a new company.
func partnerOfCompany(t *tx, vals map[string]any) error {
	if asID(vals["partner_id"]) != 0 {
		return nil
	}
	return t.asRoot(func() error {
		id, err := t.create("res.partner", map[string]any{"name": vals["name"], "is_company": true})
		vals["partner_id"] = id
		return err
	})
}

// partnerModel is res.partner.
func partnerModel(version int) *model {
	m := newModel(version, "res.partner", "Contact", "name, id",
		on("type").starts("contact"),
		on("complete_name").by(func(t *tx, r row) any { return t.displayName("res.partner", r.id()) }),
		on("commercial_partner_id").by(func(t *tx, r row) any { return t.commercial(r) }),
		on("company_type").by(companyType),
		on("country_id").restrict(),
		on("state_id").restrict(),
		on("partner_latitude").rounded(7), on("partner_longitude").rounded(7),
		on("autopost_bills").starts("ask"), on("color").starts(int64(0)),
		on("property_account_payable_id").filled(),
		on("property_account_receivable_id").filled(),
		on("signup_type").only(groupAccessRights),
		on("signup_token").only(groupAccessRights),
	)
	m.naming = func(t *tx, r row) string {
		if parent := t.row("res.partner", r.link("parent_id")); parent != nil && !r.flag("is_company") {
			return strings.TrimSuffix(parent.text("name")+", "+r.text("name"), ", ")
		}
		return r.text("name")
	}
	m.found = []string{"email", "ref", "vat"}
	m.companies = true
	m.hooks = hooks{adjust: checkPartner, beforeCreate: typeOfPartner, beforeWrite: writeTypeOfPartner, beforeUnlink: keepUsersPartners, visible: partnerVisible}
	return m
}

// companyType tells a company from a person.
func companyType(_ *tx, r row) any {
	if r.flag("is_company") {
		return "company"
	}
	return "person"
}

// typeOfPartner takes company_type for is_company.
func typeOfPartner(t *tx, vals map[string]any) error {
	if kind, given := vals["company_type"]; given {
		vals["is_company"] = kind == "company"
	}
	fill(vals, "lang", t.row("res.partner", t.row("res.users", t.user.uid).link("partner_id"))["lang"])
	return nil
}

// writeTypeOfPartner does the same in a write.
func writeTypeOfPartner(_ *tx, _ []int64, vals map[string]any) error {
	if kind, given := vals["company_type"]; given {
		vals["is_company"] = kind == "company"
	}
	return nil
}

// partnerVisible shows users of the portal their own company's contacts.
func partnerVisible(t *tx, r row) bool {
	if !t.user.has(groupPortal) {
		return true
	}
	own := t.row("res.partner", t.row("res.users", t.user.uid).link("partner_id"))
	return t.commercial(r) == t.commercial(own)
}

// commercial gives the company that a contact belongs to, or the contact itself.
func (t *tx) commercial(r row) int64 {
	for steps := 0; steps < 100; steps++ {
		parent := t.row("res.partner", r.link("parent_id"))
		if parent == nil || r.flag("is_company") {
			break
		}
		r = parent
	}
	return r.id()
}

// checkPartner wants a name (captures/odoo*/fault_required_field_missing) and
// refuses a circle of parents (captures/odoo*/fault_validation_error).
func checkPartner(t *tx, _, changed row, _ map[string]any) error {
	if changed["name"] == nil && (changed["type"] == "contact" || changed["type"] == nil) {
		return &failure{code: 2, class: classCheck, name: nameValidationError, text: "The operation cannot be completed: Contacts require a name"}
	}
	for parent, steps := changed.link("parent_id"), 0; parent != 0; steps++ {
		if parent == changed.id() || steps > 1000 {
			return invalid("You cannot create recursive Partner hierarchies.")
		}
		parent = t.row("res.partner", parent).link("parent_id")
	}
	return nil
}

// keepUsersPartners refuses to delete the contact of an active user
// (captures/odoo*/fault_unlink_partner_linked).
func keepUsersPartners(t *tx, ids []int64) ([]int64, error) {
	names := []string{}
	first := int64(0)
	for _, id := range ids {
		for _, user := range t.rowsOf("res.users", t.pointing("res.users", "partner_id", id)) {
			if user.flag("active") {
				names = append(names, t.displayName("res.users", user.id()))
				first = user.id()
			}
		}
	}
	if len(names) == 0 {
		return ids, nil
	}
	return nil, redirectWarning("You cannot delete contacts linked to an active user.\n"+
		"You should rather archive them after archiving their associated user.\n\nLinked active users : "+strings.Join(names, ", "),
		map[string]any{
			"type": "ir.actions.act_window", "res_model": "res.users", "context": map[string]any{"create": false}, "view_mode": "form",
			"views": []any{[]any{int64(163), "form"}}, "res_id": first,
		}, "Go to users")
}

// partnerTagModel is res.partner.category.
func partnerTagModel(version int) *model {
	m := newModel(version, "res.partner.category", "Partner Tags", "name",
		on("partner_ids").mirrors("category_id"),
	)
	return m
}

// userModel is res.users: what it has in common with res.partner stands there.
// Passwords and groups stand in Options, not in fields.
func userModel(version int) *model {
	m := newModel(version, "res.users", "User", "name, login",
		on("partner_id").filled(),
		on("company_id").starts(companyID),
		on("company_ids").all(),
		on("notification_type").starts("email"),
		on("outgoing_mail_server_type").starts("default"),
		on("autopost_bills").filled(),
		on("password").by(func(*tx, row) any { return "" }),
		on("active_partner").by(func(t *tx, r row) any { return t.row("res.partner", r.link("partner_id")).flag("active") }),
	)
	m.inherits = "partner_id"
	login := "You can not have two users with the same login!"
	if version == 16 { // captures/odoo16/fault_unique_constraint
		login = "You can not have two users with the same login !"
	}
	m.unique = map[string]string{"login": login}
	m.found = []string{"login"}
	m.hooks = hooks{visible: userVisible, adjust: checkUser, beforeCreate: emailOfUser}
	return m
}

// emailOfUser takes an address for the login as the email too.
func emailOfUser(_ *tx, vals map[string]any) error {
	if login, ok := vals["login"].(string); ok && strings.Contains(login, "@") {
		fill(vals, "email", login)
	}
	return nil
}

// checkUser wants the user's company among the allowed ones.
func checkUser(t *tx, _, changed row, _ map[string]any) error {
	allowed := changed.set("company_ids")
	if company := changed.link("company_id"); len(allowed) > 0 && !contains(allowed, company) {
		return invalid("Company %s is not in the allowed companies for user %s (%s).", t.displayName("res.company", company),
			t.row("res.partner", changed.link("partner_id")).text("name"), t.companyNames(allowed))
	}
	return nil
}

// companyNames lists companies.
func (t *tx) companyNames(ids []int64) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = t.displayName("res.company", id)
	}
	return strings.Join(names, ", ")
}

// userVisible shows users those of their companies.
func userVisible(t *tx, r row) bool {
	if r.id() == t.user.uid {
		return true
	}
	if t.user.has(groupPortal) {
		return false
	}
	for _, company := range r.set("company_ids") {
		if t.worksFor(company) {
			return true
		}
	}
	return len(r.set("company_ids")) == 0
}

// identifierModel is ir.model.data, the external identifiers.
func identifierModel(version int) *model {
	m := newModel(version, "ir.model.data", "Model Data", "module, model, name",
		on("module").starts(""),
		on("complete_name").by(func(_ *tx, r row) any { return r.text("module") + "." + r.text("name") }),
		on("reference").by(func(_ *tx, r row) any { return r.text("model") + "," + repr(r.link("res_id")) }),
	)
	return m
}

// parameterModel is ir.config_parameter, readable by administrators of the
// settings alone (captures/odoo18/fault_access_error_model).
func parameterModel(version int) *model {
	m := newModel(version, "ir.config_parameter", "System Parameter", "key",
		char("key", "Key").need(),
		longText("value", "Value").need(),
	)
	m.naming = func(_ *tx, r row) string { return r.text("key") }
	m.unique = map[string]string{"key": "Key must be unique."}
	return m
}

// countryModel is res.country; names are found by code too
// (captures/odoo18/res_partner_load_with_error).
func countryModel(version int) *model {
	m := newModel(version, "res.country", "Country", "name")
	m.found = []string{"code"}
	m.unique = map[string]string{"name": "The name of the country must be unique!", "code": "The code of the country must be unique!"}
	return m
}

// stateModel is res.country.state.
func stateModel(version int) *model {
	m := newModel(version, "res.country.state", "Country state", "code")
	m.naming = func(t *tx, r row) string {
		return r.text("name") + " (" + t.row("res.country", r.link("country_id")).text("code") + ")"
	}
	m.found = []string{"code", "name"}
	return m
}

// currencyModel is res.currency.
func currencyModel(version int) *model {
	m := newModel(version, "res.currency", "Currency", "active desc, name",
		on("position").starts("after"),
		on("rounding").starts(0.01),
	)
	m.unique = map[string]string{"name": "The currency code must be unique!"}
	return m
}

// irModelModel is ir.model: the models of the database.
func irModelModel(version int) *model {
	m := newModel(version, "ir.model", "Models", "model",
		on("model").starts("x_"),
		on("order").starts("id"),
		on("field_id").filled(),
	)
	return m
}

// irFieldsModel is ir.model.fields.
func irFieldsModel(version int) *model {
	m := newModel(version, "ir.model.fields", "Fields", "name, id")
	m.naming = func(_ *tx, r row) string { return r.text("field_description") + " (" + r.text("model") + ")" }
	return m
}

// keyModel is res.users.apikeys: everybody reads his own keys, without the secret.
func keyModel(version int) *model {
	m := newModel(version, "res.users.apikeys", "Users API Keys", "id",
		char("name", "Description").need().fixed(),
		many2one("user_id", "User", "res.users").need().fixed(),
		char("scope", "Scope").fixed(),
		datetime("expiration_date", "Expiration Date").fixed().from(18),
	)
	m.hooks.visible = func(t *tx, r row) bool { return r.link("user_id") == t.user.uid }
	return m
}

// moduleModel is ir.module.module: which modules the database has.
func moduleModel(version int) *model {
	m := newModel(version, "ir.module.module", "Module", "name",
		char("name", "Technical Name").need().fixed(),
		char("shortdesc", "Module Name").fixed(),
		char("latest_version", "Installed Version").fixed(),
		boolean("application", "Application").fixed(),
		selection("state", "Status", [2]string{"uninstallable", "Uninstallable"}, [2]string{"uninstalled", "Not Installed"},
			[2]string{"installed", "Installed"}, [2]string{"to upgrade", "To be upgraded"}, [2]string{"to remove", "To be removed"}, [2]string{"to install", "To be installed"}).fixed(),
	)
	m.unique = map[string]string{"name": "The name of the module must be unique!"}
	return m
}
