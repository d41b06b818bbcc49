package odootest_test

import "testing"

func TestGroups(t *testing.T) {
	// captures/odoo18/res_partner_read_group, captures/odoo19/json2_formatted_read_group
	eachVersion(t, func(t *testing.T, version int, c *client) {
		for i, country := range []any{233, 20, 233, false} {
			c.create("res.partner", map[string]any{"name": "P", "ref": "g", "country_id": country, "color": i + 1})
		}
		domain := []any{[]any{"ref", "=", "g"}}
		groups := c.call("res.partner", "read_group", domain, []any{"color:sum"}, []any{"country_id"})
		group := func(country any, id any, count, color int64) any {
			return map[string]any{
				"country_id": country, "country_id_count": count, "color": color,
				"__domain": []any{[]any{"country_id", "=", id}, []any{"ref", "=", "g"}},
			}
		}
		want(t, "groups", groups, []any{
			group([]any{int64(20), "Belgium"}, int64(20), 1, 2), group([]any{int64(233), "United States"}, int64(233), 2, 4), group(false, false, 1, 4),
		})
		if version < 19 {
			c.fault(1, "does not exist", "res.partner", "formatted_read_group", domain)
			return
		}
		formatted := c.call("res.partner", "formatted_read_group", domain, []any{"country_id"}, []any{"__count", "color:max"}, kw{"limit": 1})
		want(t, "formatted", formatted, []any{map[string]any{
			"country_id": []any{int64(20), "Belgium"}, "__extra_domain": []any{[]any{"country_id", "=", int64(20)}}, "__count": int64(1), "color:max": int64(2),
		}})
	})
}
