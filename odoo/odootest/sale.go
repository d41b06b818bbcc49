package odootest

import "fmt"

// Models of the module Sales.

// saleModels gives orders, their lines and teams.
func saleModels(version int) []*model {
	return []*model{orderModel(version), lineModel(version), teamModel(version)}
}

// orderModel is sale.order.
func orderModel(version int) *model {
	m := newModel(version, "sale.order", "Sales Order", "date_order desc, id desc",
		on("state").starts("draft"),
		on("pricelist_id").starts(int64(1)),
		on("currency_id").starts(int64(1)),
		on("team_id").starts(int64(1)),
		on("warehouse_id").starts(int64(1)).filled(),
		on("picking_policy").starts("direct"),
		on("invoice_status").starts("no"),
		on("currency_rate").starts(1.0),
		on("message_partner_ids").keep(),
		on("require_signature").starts(true),
	)
	if version == 17 || version == 18 { // orders go with their customer there (seen on 16 to 19)
		for _, name := range []string{"partner_id", "partner_invoice_id", "partner_shipping_id"} {
			m.fields[name].onDelete = "cascade"
		}
	}
	m.companies = true
	m.hooks = hooks{beforeCreate: fillOrder, beforeUnlink: keepConfirmedOrders, visible: orderVisible}
	return m
}

// fillOrder gives a new order its number and what follows from its customer.
func fillOrder(t *tx, vals map[string]any) error {
	if name, given := vals["name"]; !given || name == "New" || !truthy(name) {
		vals["name"] = fmt.Sprintf("S%05d", t.s.table("sale.order").seq+1)
	}
	partner := vals["partner_id"]
	fill(vals, "partner_invoice_id", partner)
	fill(vals, "partner_shipping_id", partner)
	fill(vals, "date_order", t.now.Format(datetimeLayout))
	fill(vals, "company_id", t.company())
	fill(vals, "currency_id", t.row("res.company", asID(vals["company_id"])).link("currency_id"))
	fill(vals, "user_id", t.user.uid)
	subscribe(t, vals)
	return nil
}

// keepConfirmedOrders refuses to delete orders that are neither drafts nor
// cancelled (captures/odoo*/fault_user_error).
func keepConfirmedOrders(t *tx, ids []int64) ([]int64, error) {
	for _, order := range t.rowsOf("sale.order", ids) {
		if state := order.text("state"); state != "draft" && state != "cancel" {
			return nil, warning("You can not delete a sent quotation or a confirmed sales order. You must first cancel it.")
		}
	}
	return ids, nil
}

// orderVisible shows salesmen their own orders and those of nobody, users of the
// portal those that their company follows (captures/odoo18/fault_access_error_rule,
// rules of a real 18).
func orderVisible(t *tx, r row) bool {
	if t.user.has(groupPortal) {
		own := t.commercial(t.row("res.partner", t.row("res.users", t.user.uid).link("partner_id")))
		for _, follower := range t.rowsOf("res.partner", r.set("message_partner_ids")) {
			if t.commercial(follower) == own {
				return true
			}
		}
		return false
	}
	owner := r.link("user_id")
	return owner == 0 || owner == t.user.uid || t.user.has(groupAllLeads)
}

// lineModel is sale.order.line.
func lineModel(version int) *model {
	m := newModel(version, "sale.order.line", "Sales Order Line", "order_id, sequence, id",
		on("order_id").cascade(),
		on("sequence").starts(int64(10)),
		on("product_id").restrict(),
		on("product_template_id").by(func(t *tx, r row) any {
			return t.row("product.product", r.link("product_id")).link("product_tmpl_id")
		}),
		on("product_uom_qty").starts(1.0).rounded(2),
		on("price_unit").starts(0.0).rounded(priceDigits(version)),
		on("discount").rounded(2),
		on("customer_lead").starts(0.0),
		on("qty_delivered").rounded(2),
		on("state").starts("draft"),
		on("invoice_status").starts("no"),
	)
	m.naming = func(t *tx, r row) string {
		return t.displayName("sale.order", r.link("order_id")) + " - " + firstLine(r.text("name"))
	}
	m.companies = true
	m.hooks = hooks{
		beforeCreate: fillLine, beforeWrite: newProductOfLine, adjust: priceLine, afterCreate: totalOrders,
		afterWrite:   func(t *tx, ids []int64, _ map[string]any) error { return totalOrders(t, ids) },
		beforeUnlink: keepConfirmedLines, afterUnlink: totalOrdersOf,
		visible: func(t *tx, r row) bool {
			order := t.row("sale.order", r.link("order_id"))
			return order == nil || orderVisible(t, order)
		},
	}
	return m
}

// firstLine gives the first line of a text.
func firstLine(text string) string {
	for i, c := range text {
		if c == '\n' {
			return text[:i]
		}
	}
	return text
}

// unitField is the name of a line's unit of measure, taxesField of its taxes.
func (s *Server) unitField() string {
	if s.major >= 19 {
		return "product_uom_id"
	}
	return "product_uom"
}

func (s *Server) taxesField() string {
	if s.major >= 19 {
		return "tax_ids"
	}
	return "tax_id"
}

// fillLine gives a new line what follows from its product.
func fillLine(t *tx, vals map[string]any) error {
	product := t.row("product.product", asID(vals["product_id"]))
	if product == nil {
		return nil
	}
	variant := t.s.table("product.product").model
	fill(vals, "name", t.displayName("product.product", product.id()))
	fill(vals, "price_unit", t.raw(variant, variant.fields["lst_price"], product))
	template := t.row("product.template", product.link("product_tmpl_id"))
	fill(vals, t.s.unitField(), template.link("uom_id"))
	if taxes := template.set("taxes_id"); len(taxes) > 0 {
		fill(vals, t.s.taxesField(), setCommand(taxes))
	}
	return nil
}

// newProductOfLine does the same where a write changes the product.
func newProductOfLine(t *tx, _ []int64, vals map[string]any) error { return fillLine(t, vals) }

// priceLine computes a line's amounts, and takes over what its order has.
func priceLine(t *tx, _, changed row, _ map[string]any) error {
	order := t.row("sale.order", changed.link("order_id"))
	if order == nil {
		return nil
	}
	for column, from := range map[string]string{"company_id": "company_id", "currency_id": "currency_id", "order_partner_id": "partner_id", "salesman_id": "user_id"} {
		setLink(changed, column, order.link(from))
	}
	changed["state"] = order.text("state")
	net := changed.float("price_unit") * (1 - changed.float("discount")/100)
	untaxed, tax := t.taxed(net*changed.float("product_uom_qty"), changed.float("product_uom_qty"), changed.set(t.s.taxesField()))
	changed["price_subtotal"], changed["price_tax"], changed["price_total"] = untaxed, tax, round(untaxed+tax, 2)
	changed["price_reduce_taxexcl"], changed["price_reduce_taxinc"] = round(net, 2), round(net, 2)
	if t.s.table("sale.order.line").model.fields["price_reduce_taxexcl"] == nil {
		delete(changed, "price_reduce_taxexcl")
		delete(changed, "price_reduce_taxinc")
	}
	return nil
}

// taxed gives an amount without tax and its tax: percentages and fixed amounts,
// included or not, each rounded by itself.
func (t *tx) taxed(amount, quantity float64, taxes []int64) (untaxed, tax float64) {
	included, added := 0.0, 0.0
	for _, r := range t.rowsOf("account.tax", taxes) {
		switch {
		case r.text("amount_type") == "fixed":
			added += round(r.float("amount")*quantity, 2)
		case r.flag("price_include") || r.text("price_include_override") == "tax_included":
			included += r.float("amount")
		default:
			added += round(amount*r.float("amount")/100, 2)
		}
	}
	untaxed = round(amount/(1+included/100), 2)
	return untaxed, round(amount-untaxed+added, 2)
}

// keepConfirmedLines refuses to delete the lines of confirmed orders.
func keepConfirmedLines(t *tx, ids []int64) ([]int64, error) {
	for _, line := range t.rowsOf("sale.order.line", ids) {
		order := t.row("sale.order", line.link("order_id"))
		if order != nil && order.text("state") == "sale" {
			if t.s.major == 16 {
				return nil, warning("You can not remove an order line once the sales order is confirmed.\nYou should rather set the quantity to 0.")
			}
			return nil, warning("Once a sales order is confirmed, you can't remove one of its lines (we need to track if something gets invoiced or delivered).\n" +
				"                Set the quantity to 0 instead.")
		}
	}
	return ids, nil
}

// totalOrders computes the totals of the orders of lines.
func totalOrders(t *tx, ids []int64) error { return totalOrdersOf(t, t.rowsOf("sale.order.line", ids)) }

// totalOrdersOf computes the totals of the orders of lines, also of lines that are
// gone. An order whose totals stay is left alone: its write_date does not move
// (facts: the description of a line).
func totalOrdersOf(t *tx, lines []row) error {
	for _, line := range lines {
		order := t.row("sale.order", line.link("order_id"))
		if order == nil {
			continue
		}
		untaxed, tax := 0.0, 0.0
		for _, other := range t.rowsOf("sale.order.line", t.pointing("sale.order.line", "order_id", order.id())) {
			untaxed += other.float("price_subtotal")
			tax += other.float("price_tax")
		}
		untaxed, tax = round(untaxed, 2), round(tax, 2)
		if order.float("amount_untaxed") == untaxed && order.float("amount_tax") == tax && order["amount_total"] != nil {
			continue
		}
		changed := order.clone()
		changed["amount_untaxed"], changed["amount_tax"], changed["amount_total"] = untaxed, tax, round(untaxed+tax, 2)
		changed["write_date"], changed["write_uid"] = t.now, t.user.uid
		t.put(t.s.table("sale.order").model, order.id(), changed)
	}
	return nil
}

// confirm is action_confirm: True (captures/odoo*/sale_order_action_confirm).
func (c *call) confirm() (any, error) {
	for _, id := range c.ids {
		order := c.row("sale.order", id)
		if order == nil {
			return nil, missing("sale.order", id, c.user.uid)
		}
		if state := order.text("state"); state != "draft" && state != "sent" && c.s.major > 16 {
			return nil, c.s.notToConfirm(order)
		}
	}
	for _, id := range c.ids { // the customer follows what was confirmed
		followers := map[string]any{"message_partner_ids": []any{[]any{int64(commandLink), c.row("sale.order", id).link("partner_id")}}}
		if err := c.write("sale.order", []int64{id}, followers); err != nil {
			return nil, err
		}
	}
	return true, c.setState("sale", map[string]any{"date_order": c.now.Format(datetimeLayout)})
}

// notToConfirm is the fault of an order that is no quotation (seen on 17 to 19; 16
// confirms it again).
func (s *Server) notToConfirm(order row) error {
	if s.major == 17 {
		return warning("The following orders are not in a state requiring confirmation: %s", order.text("name"))
	}
	return warning("Some orders are not in a state requiring confirmation.")
}

// cancel is action_cancel. Up to 18 it answers a wizard for what is no draft, and
// changes nothing (captures/odoo18/sale_order_action_cancel); 19 cancels
// (captures/odoo19/sale_order_action_cancel).
func (c *call) cancel() (any, error) {
	wizard := false
	for _, id := range c.ids {
		wizard = wizard || c.row("sale.order", id).text("state") != "draft"
	}
	if wizard && c.s.major < 19 && !truthy(c.context["disable_cancel_warning"]) && len(c.ids) > 0 {
		return map[string]any{
			"name": "Cancel Sales Order", "view_mode": "form", "res_model": "sale.order.cancel", "view_id": int64(1282),
			"type": "ir.actions.act_window", "target": "new",
			"context": map[string]any{"default_order_id": c.ids[0], "mark_so_as_canceled": true, "model_description": "Sales Order"},
		}, nil
	}
	return true, c.setState("cancel", nil)
}

// draft is action_draft: cancelled orders are quotations again.
func (c *call) draft() (any, error) { return true, c.setState("draft", nil) }

// setState writes the state of orders and their lines.
func (c *call) setState(state string, more map[string]any) error {
	vals := map[string]any{"state": state}
	for name, value := range more {
		vals[name] = value
	}
	if err := c.write("sale.order", c.ids, vals); err != nil {
		return err
	}
	lines := []int64{}
	for _, id := range c.ids {
		lines = append(lines, c.pointing("sale.order.line", "order_id", id)...)
	}
	for _, line := range c.rowsOf("sale.order.line", lines) {
		changed := line.clone()
		changed["state"] = state
		c.put(c.s.table("sale.order.line").model, line.id(), changed)
	}
	return nil
}

// teamModel is crm.team.
func teamModel(version int) *model {
	m := newModel(version, "crm.team", "Sales Team", "sequence, create_date desc, id desc",
		on("sequence").starts(int64(10)),
		on("alias_id").filled(),
	)
	m.companies = true
	return m
}
