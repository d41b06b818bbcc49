package odootest_test

import (
	"testing"

	"github.com/odoo-connector/connector/odoo/odootest"
)

func TestRightsOfGroups(t *testing.T) {
	// access rights and groups are those that real servers of 16 to 19 gave
	eachVersion(t, func(t *testing.T, version int, c *client) {
		pu, portal := c.as(7, "pu"), c.as(8, "portal")
		may := func(c *client, model, operation string) any {
			return c.call(model, "check_access_rights", operation, false)
		}
		want(t, "pu reads partners", may(pu, "res.partner", "read"), true)
		want(t, "pu writes partners", may(pu, "res.partner", "write"), false)
		want(t, "pu reads orders", may(pu, "sale.order", "read"), version == 19)
		want(t, "portal reads orders", may(portal, "sale.order", "read"), true)
		want(t, "portal reads quantities", may(portal, "stock.quant", "read"), false)
		want(t, "pu reads modules", may(pu, "ir.module.module", "read"), true)
		group, contacts := "Administration/Settings", "Extra Rights/Contact Creation"
		if version == 19 {
			group, contacts = "Role / Administrator", "Contact / Creation"
		}
		// captures/odoo*/fault_access_error_model
		pu.fault(4, "You are not allowed to access 'System Parameter' (ir.config_parameter) records.\n\n"+
			"This operation is allowed for the following groups:\n\t- "+group+"\n\nContact your administrator", "ir.config_parameter", "search", []any{})
		pu.fault(4, "\t- "+contacts+"\n", "res.partner", "unlink", []int64{1})
		c.fault(4, "", "res.users.apikeys", "create", map[string]any{"name": "x"})
		// captures/odoo*/fault_access_error_field
		pu.fault(4, "You do not have enough rights to access the fields \"signup_type\" on Contact (res.partner). Please contact your system administrator.\n\nOperation: read\nUser: 7\nFields:\n- signup_type", "res.partner", "read", []int64{1}, []string{"signup_type"})
		if fields := pu.call("res.partner", "fields_get").(map[string]any); fields["signup_type"] != nil {
			t.Error("fields_get names a field that the user may not read")
		}
	})
}

func TestRightsThatATestGivesAndTakes(t *testing.T) {
	server, c := start(t, "18.0")
	pu := c.as(7, "pu")
	server.Deny(7, "project.task", "create")
	pu.fault(4, "You are not allowed to create 'Task' (project.task) records.", "project.task", "create", map[string]any{"name": "x"})
	want(t, "reads", pu.call("project.task", "search", []any{}), []any{})
	server.Allow(7, "res.partner")
	partner := pu.create("res.partner", map[string]any{"name": "by pu"})
	server.Deny(7, "project.task")
	pu.fault(4, "You are not allowed to access 'Task'", "project.task", "search", []any{})
	server.Rule(7, "res.partner", []any{[]any{"id", "!=", partner}})
	want(t, "hidden", pu.call("res.partner", "search_count", []any{[]any{"id", "=", partner}}), int64(0))
	pu.fault(4, "Sorry, PU (id=7) doesn't have 'read' access to:\n- Contact (res.partner)", "res.partner", "read", []int64{partner}, []string{"name"})
	want(t, "not for others", c.get("res.partner", partner, "name"), "by pu")
	server.Rule(7, "res.partner", nil)
	want(t, "shown again", pu.get("res.partner", partner, "name"), "by pu")
	server.Rule(7, "res.partner", []any{[]any{"id", "!=", partner}}, "write")
	want(t, "read", pu.get("res.partner", partner, "name"), "by pu")
	pu.fault(4, "doesn't have 'write' access to", "res.partner", "write", []int64{partner}, map[string]any{"name": "y"})
}

func TestRulesOfOrders(t *testing.T) {
	server := odootest.New(odootest.Options{Users: []odootest.User{
		{Login: "own", Password: "own", Groups: []string{"sales_team.group_sale_salesman"}},
		{Login: "all", Password: "all", Groups: []string{"sales_team.group_sale_salesman_all_leads"}},
		{Login: "portal", Password: "portal", Groups: []string{"base.group_portal"}},
	}})
	c := newClient(t, server, 2, "admin")
	order := c.create("sale.order", map[string]any{"partner_id": 1})
	want(t, "a salesman's own", c.as(6, "own").call("sale.order", "search", []any{}), []any{})
	want(t, "a salesman of all", c.as(7, "all").call("sale.order", "search", []any{}), []any{order})
	portal := c.as(8, "portal")
	// captures/odoo18/fault_access_error_rule
	portal.fault(4, "Sorry, portal (id=8) doesn't have 'read' access to:\n- Sales Order (sale.order)", "sale.order", "read", []int64{order}, []string{"name"})
	own := c.create("sale.order", map[string]any{"partner_id": c.get("res.users", 8, "partner_id").([]any)[0]})
	want(t, "a quotation", portal.call("sale.order", "search", []any{}), []any{})
	c.call("sale.order", "action_confirm", []int64{own})
	want(t, "a confirmed order", portal.call("sale.order", "search", []any{}), []any{own})
}

func TestUsersAndTheirContacts(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int, c *client) {
		user := c.create("res.users", map[string]any{"name": "New", "login": "new@example.com", "company_ids": []any{[]any{6, 0, []any{1}}}})
		contact := c.get("res.users", user, "partner_id").([]any)[0].(int64)
		want(t, "contact", []any{c.get("res.partner", contact, "name"), c.get("res.partner", contact, "email")}, []any{"New", "new@example.com"})
		c.call("res.users", "write", []int64{user}, map[string]any{"name": "Newer", "tz": "Europe/Paris"})
		want(t, "written through", []any{c.get("res.partner", contact, "name"), c.get("res.partner", contact, "tz")}, []any{"Newer", "Europe/Paris"})
		want(t, "found through", c.call("res.users", "search", []any{[]any{"name", "=", "Newer"}}), []any{user})
		// captures/odoo*/fault_unlink_partner_linked
		c.fault(2, "Linked active users : Newer', {'", "res.partner", "unlink", []int64{contact})
		space := ""
		if version == 16 { // captures/odoo16/fault_unique_constraint
			space = " "
		}
		c.fault(2, "You can not have two users with the same login"+space+"!", "res.users", "create", map[string]any{"name": "Twin", "login": "new@example.com"})
		want(t, "own keys only", c.as(6, "pm").call("res.users.apikeys", "search_read", []any{}, []any{"name"}), []any{map[string]any{"id": int64(1), "name": "connector"}})
		want(t, "no others'", c.call("res.users.apikeys", "search", []any{}), []any{})
	})
}
