package odootest

// Models of the module Products.

// productModels gives products, their categories, attributes, price lists and
// units of measure.
func productModels(version int) []*model {
	return []*model{
		templateModel(version), variantModel(version), categoryModel(version), attributeModel(version), attributeValueModel(version),
		attributeLineModel(version), pricelistModel(version), unitModel(version),
	}
}

// templateModel is product.template: what sells as one, with one variant or more.
func templateModel(version int) *model {
	order := "is_favorite desc, name, id"
	if version < 18 {
		order = "priority desc, name, id"
	}
	m := newModel(version, "product.template", "Product", order,
		on("sale_ok").starts(true),
		on("purchase_ok").starts(true),
		on("sequence").starts(int64(1)),
		on("list_price").starts(1.0).rounded(priceDigits(version)),
		on("default_code").by(ofOnlyVariant("default_code")),
		on("barcode").by(ofOnlyVariant("barcode")),
		on("standard_price").by(ofOnlyVariant("standard_price")),
		on("weight").by(ofOnlyVariant("weight")),
		on("volume").by(ofOnlyVariant("volume")),
		on("type").starts("consu"),
		on("detailed_type").starts("consu"),
		on("tracking").starts("none"),
		on("service_tracking").starts("no"),
		on("service_type").starts("manual"),
		on("invoice_policy").starts("order"),
		on("expense_policy").starts("no"),
		on("sale_line_warn").starts("no-message"),
		on("priority").starts("0"),
		on("uom_id").starts(int64(1)),
		on("uom_po_id").starts(int64(1)),
		on("product_variant_id").by(func(t *tx, r row) any { return t.firstVariant(r) }),
		on("product_variant_count").by(func(t *tx, r row) any { return int64(len(t.variants(r))) }),
		on("currency_id").by(currencyOfCompany),
		on("qty_available").by(func(t *tx, r row) any {
			total := 0.0
			for _, id := range t.pointing("product.product", "product_tmpl_id", r.id()) {
				total += t.onHand(id)
			}
			return total
		}),
	)
	if version < 19 { // captures/odoo18/product_template_read: All; empty on 19
		m.fields["categ_id"].initial = int64(1)
	}
	m.naming = func(t *tx, r row) string {
		return codedName(t.raw(m, m.fields["default_code"], r), t.raw(m, m.fields["name"], r))
	}
	m.found = []string{"default_code", "barcode"}
	m.companies = true
	m.hooks = hooks{created: createVariant, adjust: detailedType, beforeWrite: writeOnlyVariant, afterWrite: followTemplate, beforeUnlink: unlinkVariants}
	return m
}

// detailedType keeps the type up to 17 as the detailed one says (seen on 16 and 17).
func detailedType(t *tx, _, changed row, vals map[string]any) error {
	if kind, given := vals["detailed_type"].(string); given && t.s.major < 18 {
		changed["type"] = kind
	}
	return nil
}

// priceDigits are the decimals that prices keep: two, on 19 all (seen there).
func priceDigits(version int) int {
	if version >= 19 {
		return 0
	}
	return 2
}

// perVariant are the fields of a template that stand in its only variant.
var perVariant = []string{"default_code", "barcode", "standard_price", "weight", "volume"}

// ofOnlyVariant gives a template's field as its only variant has it; of several
// variants none speaks for the template.
func ofOnlyVariant(name string) func(t *tx, r row) any {
	return func(t *tx, r row) any {
		variants := t.variants(r)
		if len(variants) != 1 {
			return nil
		}
		return t.row("product.product", variants[0])[name]
	}
}

// variants gives the active variants of a template, those of an archived one all.
func (t *tx) variants(r row) []int64 {
	all := t.pointing("product.product", "product_tmpl_id", r.id())
	active := []int64{}
	for _, variant := range t.rowsOf("product.product", all) {
		if variant.flag("active") || !r.flag("active") {
			active = append(active, variant.id())
		}
	}
	return active
}

// firstVariant gives a template's first variant, nil where it has none.
func (t *tx) firstVariant(r row) any {
	if variants := t.variants(r); len(variants) > 0 {
		return variants[0]
	}
	return nil
}

// codedName puts a product's code before its name.
func codedName(code, name any) string {
	text, _ := name.(string)
	if code, ok := code.(string); ok && code != "" {
		return "[" + code + "] " + text
	}
	return text
}

// currencyOfCompany is the currency of the user's company.
func currencyOfCompany(t *tx, _ row) any {
	return t.row("res.company", t.company()).link("currency_id")
}

// createVariant makes the variant of a new template, unless a variant that is
// being made asked for the template.
func createVariant(t *tx, id int64, vals map[string]any) error {
	if t.inheriting {
		return nil
	}
	variant := map[string]any{"product_tmpl_id": id}
	for _, name := range append([]string{"active"}, perVariant...) {
		if value, given := vals[name]; given {
			variant[name] = value
		}
	}
	return t.asRoot(func() error { _, err := t.create("product.product", variant); return err })
}

// writeOnlyVariant writes to the only variant what stands there.
func writeOnlyVariant(t *tx, ids []int64, vals map[string]any) error {
	shared := map[string]any{}
	for _, name := range perVariant {
		if value, given := vals[name]; given {
			shared[name] = value
		}
	}
	if len(shared) == 0 || t.inheriting {
		return nil
	}
	for _, id := range ids {
		variants := t.variants(t.row("product.template", id))
		if len(variants) != 1 {
			continue
		}
		if err := t.asRoot(func() error { return t.write("product.product", variants, shared) }); err != nil {
			return err
		}
	}
	return nil
}

// followTemplate archives and restores the variants of a template with it. From
// 17 on their write_date moves with the template's (seen on 17 to 19, not on 16).
func followTemplate(t *tx, ids []int64, vals map[string]any) error {
	active, given := vals["active"]
	for _, id := range ids {
		for _, variant := range t.rowsOf("product.product", t.pointing("product.product", "product_tmpl_id", id)) {
			changed := variant.clone()
			if given {
				changed["active"] = truthy(active)
			}
			if t.s.major >= 17 || given {
				changed["write_date"], changed["write_uid"] = t.now, t.user.uid
			}
			t.put(t.s.table("product.product").model, variant.id(), changed)
		}
	}
	return nil
}

// unlinkVariants deletes a template's variants with it.
func unlinkVariants(t *tx, ids []int64) ([]int64, error) {
	variants := []int64{}
	for _, id := range ids {
		variants = append(variants, t.pointing("product.product", "product_tmpl_id", id)...)
	}
	t.unlinking = true
	defer func() { t.unlinking = false }()
	return ids, t.asRoot(func() error { return t.unlink("product.product", variants) })
}

// variantModel is product.product: what it has in common with product.template
// stands there.
func variantModel(version int) *model {
	order := "is_favorite desc, default_code, name, id"
	if version < 18 {
		order = "priority desc, default_code, name, id"
	}
	m := newModel(version, "product.product", "Product Variant", order,
		on("standard_price").mine().rounded(priceDigits(version)),
		on("lst_price").by(func(t *tx, r row) any {
			return t.row("product.template", r.link("product_tmpl_id")).float("list_price")
		}),
		on("weight").rounded(2),
		on("volume").rounded(2),
		on("product_tmpl_id").cascade(),
		on("code").by(func(_ *tx, r row) any { return r["default_code"] }),
		on("partner_ref").by(func(t *tx, r row) any { return t.displayName("product.product", r.id()) }),
		on("qty_available").by(func(t *tx, r row) any { return t.onHand(r.id()) }),
		on("free_qty").by(func(t *tx, r row) any { return t.onHand(r.id()) }),
		on("virtual_available").by(func(t *tx, r row) any { return t.onHand(r.id()) }),
		on("currency_id").by(currencyOfCompany),
		on("product_variant_id").by(func(_ *tx, r row) any { return r.id() }),
	)
	m.inherits = "product_tmpl_id"
	m.naming = func(t *tx, r row) string { return codedName(r["default_code"], t.raw(m, m.fields["name"], r)) }
	m.found = []string{"default_code", "barcode"}
	m.unique = map[string]string{}
	m.hooks = hooks{
		beforeCreate: func(_ *tx, vals map[string]any) error { return listPrice(vals) },
		beforeWrite:  func(_ *tx, _ []int64, vals map[string]any) error { return listPrice(vals) },
		adjust:       uniqueBarcode, beforeUnlink: unlinkTemplates,
		visible: func(t *tx, r row) bool {
			return t.worksFor(t.row("product.template", r.link("product_tmpl_id")).link("company_id"))
		},
	}
	return m
}

// listPrice takes a variant's price for its template's.
func listPrice(vals map[string]any) error {
	if price, given := vals["lst_price"]; given {
		delete(vals, "lst_price")
		vals["list_price"] = price
	}
	return nil
}

// uniqueBarcode refuses a barcode that another product has.
func uniqueBarcode(t *tx, _, changed row, vals map[string]any) error {
	if _, given := vals["barcode"]; !given || changed.text("barcode") == "" {
		return nil
	}
	for _, other := range t.s.table("product.product").lookup("barcode", changed["barcode"]) {
		if other != changed.id() {
			return invalid("Barcode(s) already assigned:\n\n- Barcode \"%s\" already assigned to product(s): %s", changed.text("barcode"), t.displayName("product.product", other))
		}
	}
	return nil
}

// unlinkTemplates deletes a template with its last variant.
func unlinkTemplates(t *tx, ids []int64) ([]int64, error) {
	if t.unlinking {
		return ids, nil
	}
	orphans := []int64{}
	for _, id := range ids {
		template := t.row("product.product", id).link("product_tmpl_id")
		if len(without(t.pointing("product.product", "product_tmpl_id", template), ids)) == 0 && !contains(orphans, template) {
			orphans = append(orphans, template)
		}
	}
	if len(orphans) == 0 {
		return ids, nil
	}
	for _, template := range orphans { // deletes their variants too
		ids = without(ids, t.pointing("product.product", "product_tmpl_id", template))
	}
	return ids, t.asRoot(func() error { return t.unlink("product.template", orphans) })
}

// categoryModel is product.category.
func categoryModel(version int) *model {
	m := newModel(version, "product.category", "Product Category", "complete_name",
		on("complete_name").by(func(t *tx, r row) any { return t.pathName("product.category", "parent_id", " / ", r) }),
		on("parent_id").cascade(),
		on("property_cost_method").starts("standard"),
		on("property_valuation").starts("manual_periodic"),
	)
	m.naming = func(t *tx, r row) string { return t.pathName("product.category", "parent_id", " / ", r) }
	return m
}

// pathName joins the names of a record's ancestors and its own.
func (t *tx) pathName(model, parent, separator string, r row) string {
	name := r.text("name")
	for steps := 0; steps < 100; steps++ {
		if r = t.row(model, r.link(parent)); r == nil {
			break
		}
		name = r.text("name") + separator + name
	}
	return name
}

// attributeModel is product.attribute.
func attributeModel(version int) *model {
	m := newModel(version, "product.attribute", "Product Attribute", "sequence, id",
		on("create_variant").starts("always"),
		on("display_type").starts("radio"),
		on("sequence").starts(int64(20)),
	)
	return m
}

// attributeValueModel is product.attribute.value.
func attributeValueModel(version int) *model {
	m := newModel(version, "product.attribute.value", "Attribute Value", "attribute_id, sequence, id",
		on("attribute_id").cascade(),
	)
	m.naming = func(t *tx, r row) string {
		return t.displayName("product.attribute", r.link("attribute_id")) + ": " + r.text("name")
	}
	return m
}

// attributeLineModel is product.template.attribute.line. It makes no variants.
func attributeLineModel(version int) *model {
	order := "sequence, attribute_id, id"
	if version < 17 {
		order = "attribute_id, id"
	}
	m := newModel(version, "product.template.attribute.line", "Product Template Attribute Line", order,
		on("product_tmpl_id").cascade(),
		on("attribute_id").restrict(),
	)
	m.naming = func(t *tx, r row) string { return t.displayName("product.attribute", r.link("attribute_id")) }
	return m
}

// pricelistModel is product.pricelist.
func pricelistModel(version int) *model {
	m := newModel(version, "product.pricelist", "Pricelist", "sequence, id, name",
		on("sequence").starts(int64(16)),
		on("currency_id").starts(int64(1)),
		on("discount_policy").starts("with_discount"),
	)
	m.naming = func(t *tx, r row) string {
		return r.text("name") + " (" + t.displayName("res.currency", r.link("currency_id")) + ")"
	}
	m.companies = true
	return m
}

// unitModel is uom.uom.
func unitModel(version int) *model {
	order := "sequence, id"
	if version < 19 {
		order = "factor desc, id"
	}
	m := newModel(version, "uom.uom", "Product Unit of Measure", order,
		on("factor").starts(1.0),
		on("rounding").starts(0.01),
		on("uom_type").starts("bigger"),
		on("relative_factor").starts(1.0),
	)
	return m
}
