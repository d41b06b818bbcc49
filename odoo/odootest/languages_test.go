package odootest_test

import "testing"

// inFrench activates French, as the test's server has English only.
func inFrench(c *client) *client {
	c.call("res.lang", "write", c.with(map[string]any{"active_test": false}).call("res.lang", "search", []any{[]any{"code", "=", "fr_FR"}}), map[string]any{"active": true})
	return c.with(map[string]any{"lang": "fr_FR"})
}

func TestTranslations(t *testing.T) {
	// the same calls gave the same on real servers of 16 to 19 (captures/odoo*/product_template_write_lang_fr)
	eachVersion(t, func(t *testing.T, version int, c *client) {
		fr := inFrench(c)
		en := c.with(map[string]any{"lang": "en_US"})
		product := c.create("product.template", map[string]any{"name": "Desk"})
		name := func(c *client) any { return c.get("product.template", product, "name") }
		write := func(c *client, field string, value any) {
			c.call("product.template", "write", []int64{product}, map[string]any{field: value})
		}
		want(t, "without a translation", name(fr), "Desk")
		write(fr, "name", "Bureau")
		want(t, "source, French, English", []any{name(c), name(fr), name(en)}, []any{"Desk", "Bureau", "Desk"})
		write(c, "name", "Table")
		want(t, "the source alone is written", []any{name(c), name(fr)}, []any{"Table", "Bureau"})
		count := func(c *client, operator, text string) any {
			return c.call("product.template", "search_count", []any{[]any{"name", operator, text}})
		}
		want(t, "search", []any{count(c, "=", "Bureau"), count(fr, "=", "Bureau"), count(fr, "=", "Table"), count(fr, "ilike", "bur")}, []any{int64(0), int64(1), int64(0), int64(1)})
		only := fr.create("product.template", map[string]any{"name": "Chaise"})
		want(t, "created in French", c.get("product.template", only, "name"), "Chaise")
		want(t, "order", fr.call("product.template", "search", []any{}), []any{product, only})
		write(c, "description_sale", "D")
		write(fr, "description_sale", "D fr")
		write(fr, "description_sale", false)
		want(t, "emptied in all languages", []any{c.get("product.template", product, "description_sale"), fr.get("product.template", product, "description_sale")}, []any{false, false})
	})
}

func TestLabelsAreTranslated(t *testing.T) {
	// seen on 16 to 19; this server translates the most common label only
	eachVersion(t, func(t *testing.T, version int, c *client) {
		fr := inFrench(c)
		for label, client := range map[string]*client{"Name": c, "Nom": fr} {
			want(t, label, client.call("res.partner", "fields_get", []string{"name"}, []string{"string"}), map[string]any{"name": map[string]any{"string": label}})
		}
	})
}

func TestUnknownLanguages(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int, c *client) {
		for _, code := range []string{"de_DE", "xx_XX"} { // inactive and unknown
			other := c.with(map[string]any{"lang": code})
			if version >= 18 { // captures/odoo19/fault_unknown_lang
				other.fault(2, "Invalid language code: "+code, "res.partner", "search", []any{})
				continue
			}
			want(t, code, other.get("res.partner", 1, "name"), "My Company")
		}
	})
}

func TestTranslationsAreJournalled(t *testing.T) {
	server, c := start(t, "18.0")
	fr := inFrench(c)
	product := c.create("product.template", map[string]any{"name": "Desk"})
	fr.call("product.template", "write", []int64{product}, map[string]any{"name": "Bureau"})
	held := server.Hold()
	held.Write("product.template", []int64{product}, map[string]any{"name": "Table"})
	held.Release()
	want(t, "French after a later transaction", fr.get("product.template", product, "name"), "Bureau")
}
