package odootest

// Models of the module Inventory.

// stockModels gives warehouses, locations, quantities, transfers and moves.
func stockModels(version int) []*model {
	return []*model{locationModel(version), warehouseModel(version), quantModel(version), pickingModel(version), moveModel(version)}
}

// locationModel is stock.location.
func locationModel(version int) *model {
	path := func(t *tx, r row) any { return t.pathName("stock.location", "location_id", "/", r) }
	m := newModel(version, "stock.location", "Inventory Locations", "complete_name, id",
		on("complete_name").by(path),
		on("usage").starts("internal"),
	)
	m.naming = func(t *tx, r row) string { return t.pathName("stock.location", "location_id", "/", r) }
	m.found = []string{"barcode"}
	m.companies = true
	m.hooks.beforeCreate = companyOfNew
	return m
}

// companyOfNew gives a new record the user's company.
func companyOfNew(t *tx, vals map[string]any) error {
	fill(vals, "company_id", t.company())
	return nil
}

// warehouseModel is stock.warehouse.
func warehouseModel(version int) *model {
	m := newModel(version, "stock.warehouse", "Warehouse", "sequence, id",
		on("sequence").starts(int64(10)),
		on("reception_steps").starts("one_step"),
		on("delivery_steps").starts("ship_only"),
	)
	m.companies = true
	m.hooks.beforeCreate = placeWarehouse
	return m
}

// placeWarehouse makes the locations of a new warehouse.
func placeWarehouse(t *tx, vals map[string]any) error {
	fill(vals, "company_id", t.company())
	return t.asRoot(func() error {
		view, err := t.create("stock.location", map[string]any{"name": vals["code"], "usage": "view", "company_id": vals["company_id"]})
		if err != nil {
			return err
		}
		stock, err := t.create("stock.location", map[string]any{"name": "Stock", "location_id": view, "company_id": vals["company_id"]})
		fill(vals, "view_location_id", view)
		fill(vals, "lot_stock_id", stock)
		return err
	})
}

// quantModel is stock.quant: how much of a product is in a location.
func quantModel(version int) *model {
	m := newModel(version, "stock.quant", "Quants", "id",
		on("product_id").restrict(),
		on("location_id").restrict(),
		on("quantity").starts(0.0).rounded(2),
		on("reserved_quantity").starts(0.0).rounded(2),
		on("available_quantity").by(func(_ *tx, r row) any { return r.float("quantity") - r.float("reserved_quantity") }),
		on("inventory_quantity").rounded(2),
		on("inventory_diff_quantity").rounded(2),
		on("product_tmpl_id").by(func(t *tx, r row) any {
			return t.row("product.product", r.link("product_id")).link("product_tmpl_id")
		}),
		on("product_uom_id").by(func(t *tx, r row) any {
			return t.row("product.template", t.row("product.product", r.link("product_id")).link("product_tmpl_id")).link("uom_id")
		}),
		on("inventory_quantity_auto_apply").by(func(_ *tx, r row) any { return r.float("quantity") }),
	)
	m.naming = func(t *tx, r row) string {
		if version == 16 {
			return t.displayName("product.product", r.link("product_id"))
		}
		return t.displayName("stock.location", r.link("location_id"))
	}
	m.companies = true
	m.hooks = hooks{beforeCreate: fillQuant, adjust: countQuant}
	return m
}

// fillQuant gives a new quantity what it is created with.
func fillQuant(t *tx, vals map[string]any) error {
	fill(vals, "in_date", t.now.Format(datetimeLayout))
	if location := t.row("stock.location", asID(vals["location_id"])); location != nil {
		fill(vals, "company_id", location.link("company_id"))
	}
	return nil
}

// countQuant notes that a quantity was counted, and how far it is off.
func countQuant(_ *tx, old, changed row, vals map[string]any) error {
	_, given := vals["inventory_quantity"]
	if given && old != nil { // not by create (seen on 16 to 18)
		changed["inventory_quantity_set"] = true
	}
	if given || changed.flag("inventory_quantity_set") {
		changed["inventory_diff_quantity"] = round(changed.float("inventory_quantity")-changed.float("quantity"), 2)
	}
	return nil
}

// onHand gives what is there of a variant in the company's own locations.
func (t *tx) onHand(product int64) float64 {
	total := 0.0
	for _, quant := range t.rowsOf("stock.quant", t.pointing("stock.quant", "product_id", product)) {
		location := t.row("stock.location", quant.link("location_id"))
		if usage := location.text("usage"); usage == "internal" || usage == "transit" {
			total += quant.float("quantity")
		}
	}
	return round(total, 2)
}

// applyInventory is action_apply_inventory: what was counted is there, by a move
// that is done. It answers None, so that a client of XML-RPC gets a fault after
// the work was committed (captures/odoo18/fault_none_result_committed).
func (c *call) applyInventory() (any, error) {
	if err := c.checkAll(c.model, "write", c.ids); err != nil {
		return nil, err
	}
	for _, id := range c.ids {
		quant := c.row("stock.quant", id)
		difference := quant.float("inventory_diff_quantity")
		if err := c.moveOfInventory(quant, difference); err != nil {
			return nil, err
		}
		changed := quant.clone()
		changed["quantity"] = round(quant.float("quantity")+difference, 2)
		changed["inventory_quantity"], changed["inventory_diff_quantity"], changed["inventory_quantity_set"] = 0.0, 0.0, false
		changed["write_date"], changed["write_uid"] = c.now, c.user.uid
		c.put(c.model, id, changed)
	}
	return nil, nil //nolint:nilnil // the method answers None.
}

// moveOfInventory records where a difference came from or went.
func (c *call) moveOfInventory(quant row, difference float64) error {
	if difference == 0 {
		return nil
	}
	from, to := c.s.location("Inventory adjustment"), quant.link("location_id")
	if difference < 0 {
		from, to, difference = to, from, -difference
	}
	vals := map[string]any{
		"product_id": quant.link("product_id"), "product_uom_qty": difference, "location_id": from, "location_dest_id": to, "state": "done",
		"reference": "Product Quantity Updated",
	}
	if c.s.major < 19 {
		vals["name"] = "Product Quantity Updated"
	}
	return c.asRoot(func() error { _, err := c.create("stock.move", vals); return err })
}

// pickingModel is stock.picking.
func pickingModel(version int) *model {
	m := newModel(version, "stock.picking", "Transfer", "priority desc, scheduled_date asc, id desc",
		on("state").starts("draft"),
		on("move_type").starts("direct"),
		on("priority").starts("0"),
		on("location_id").defaults(func(t *tx) any { return t.s.location("Stock") }),
		on("location_dest_id").defaults(func(t *tx) any { return t.s.location("Customers") }),
	)
	m.companies = true
	m.hooks.beforeCreate = companyOfNew
	return m
}

// moveModel is stock.move.
func moveModel(version int) *model {
	m := newModel(version, "stock.move", "Stock Move", "sequence, id",
		on("sequence").starts(int64(10)),
		on("state").starts("draft"),
		on("procure_method").starts("make_to_stock"),
		on("product_uom_qty").starts(1.0).rounded(2),
		on("product_uom").starts(int64(1)),
	)
	m.naming = func(t *tx, r row) string {
		return t.displayName("stock.location", r.link("location_id")) + ">" + t.displayName("stock.location", r.link("location_dest_id"))
	}
	m.companies = true
	m.hooks.beforeCreate = func(t *tx, vals map[string]any) error {
		fill(vals, "date", t.now.Format(datetimeLayout))
		return companyOfNew(t, vals)
	}
	return m
}
