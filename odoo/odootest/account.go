package odootest

// Models of the module Invoicing, as far as shops need them.

// accountModels gives taxes, fiscal positions, payment terms and entries.
func accountModels(version int) []*model {
	return []*model{taxModel(version), positionModel(version), termModel(version), moveOfAccountModel(version)}
}

// taxModel is account.tax.
func taxModel(version int) *model {
	m := newModel(version, "account.tax", "Tax", "sequence, id",
		on("amount").starts(0.0).rounded(4),
		on("amount_type").starts("percent"),
		on("type_tax_use").starts("sale"),
		on("sequence").starts(int64(1)),
		on("country_id").filled(),
		on("tax_group_id").filled(),
	)
	if version >= 18 { // computed there; a sandbox's tax may be written by price_include_override
		m.fields["price_include"].compute = func(_ *tx, r row) any { return r.text("price_include_override") == "tax_included" }
	}
	m.companies = true
	m.hooks.beforeCreate = companyOfNew
	return m
}

// positionModel is account.fiscal.position.
func positionModel(version int) *model {
	m := newModel(version, "account.fiscal.position", "Fiscal Position", "sequence, id")
	m.companies = true
	m.hooks.beforeCreate = companyOfNew
	return m
}

// termModel is account.payment.term.
func termModel(version int) *model {
	m := newModel(version, "account.payment.term", "Payment Terms", "sequence, id",
		on("sequence").starts(int64(10)),
	)
	m.companies = true
	return m
}

// moveOfAccountModel is account.move: invoices and other entries, without lines.
func moveOfAccountModel(version int) *model {
	m := newModel(version, "account.move", "Journal Entry", "date desc, name desc, invoice_date desc, id desc",
		on("move_type").starts("entry"),
		on("state").starts("draft"),
		on("auto_post").starts("no"),
		on("journal_id").filled(),
		on("currency_id").starts(int64(1)),
	)
	m.companies = true
	m.hooks.beforeCreate = func(t *tx, vals map[string]any) error {
		fill(vals, "date", t.now.Format(dateLayout))
		return companyOfNew(t, vals)
	}
	return m
}
