package odootest_test

import "testing"

func TestCompanies(t *testing.T) {
	// the same calls gave the same on real servers of 16 to 19
	eachVersion(t, func(t *testing.T, version int, c *client) {
		second := c.create("res.company", map[string]any{"name": "Second"})
		if c.get("res.company", second, "partner_id") == false {
			t.Error("a company has no contact")
		}
		c.call("res.users", "write", []int64{2}, map[string]any{"company_ids": []any{[]any{4, second, 0}}})
		project := c.create("project.project", map[string]any{"name": "Theirs", "company_id": second})
		pu := c.as(7, "pu")
		count := func(c *client) any {
			return c.call("project.project", "search_count", []any{[]any{"id", "=", project}})
		}
		want(t, "of all companies that the user works for", count(c), int64(1))
		want(t, "of a company chosen", count(c.with(map[string]any{"allowed_company_ids": []int64{1}})), int64(0))
		want(t, "of both", count(c.with(map[string]any{"allowed_company_ids": []int64{1, second}})), int64(1))
		want(t, "of another user", count(pu), int64(0))
		pu.fault(4, "", "project.project", "read", []int64{project}, []string{"name"})
		want(t, "companies that he sees", pu.call("res.company", "search", []any{}), []any{int64(1)})
		// captures/odoo19/json2_context_companies_denied
		c.with(map[string]any{"allowed_company_ids": []int64{99}}).fault(4, "Access to unauthorized or invalid companies.", "res.partner", "search", []any{})
		pu.with(map[string]any{"allowed_company_ids": []int64{second}}).fault(4, "Access to unauthorized or invalid companies.", "res.partner", "search", []any{})
		c.fault(2, "Company Second is not in the allowed companies for user PU (My Company).", "res.users", "write", []int64{7}, map[string]any{"company_id": second})
		order := c.with(map[string]any{"allowed_company_ids": []int64{second, 1}}).create("sale.order", map[string]any{"partner_id": 1})
		want(t, "a new record's company", c.get("sale.order", order, "company_id"), []any{second, "Second"})
	})
}
