package trellotest

// webhook is kept and never called: this server tells nobody of changes.
type webhook struct {
	ID, Description, IDModel, CallbackURL string
	Active                                bool
}

// render has the fields of captures/trello/webhook_find_with_id.
func (w *webhook) render() object {
	return object{
		{"id", w.ID}, {"description", w.Description}, {"idModel", w.IDModel}, {"callbackURL", w.CallbackURL}, {"active", w.Active},
		{"consecutiveFailures", 0}, {"firstConsecutiveFailDate", nil},
	}
}

// postWebhook keeps a webhook; Trello would ask the callback first, with HEAD (facts/trello.md, "webhooks").
func (c *call) postWebhook() (any, error) {
	if !isWebAddress(c.p["callbackURL"]) {
		return nil, invalid("callbackURL")
	}
	if !isID(c.p["idModel"]) {
		return nil, invalid("idModel")
	}
	w := &webhook{ID: c.newID(), Description: c.p["description"], IDModel: c.p["idModel"], CallbackURL: c.p["callbackURL"], Active: c.p.flag("active", true)}
	c.webhooks[w.ID] = w
	return w.render(), nil
}

func (c *call) getWebhook() (any, error) {
	w, err := find(c.webhooks, c.arg(0))
	if err != nil {
		return nil, err
	}
	return w.render(), nil
}

func (c *call) putWebhook() (any, error) {
	w, err := find(c.webhooks, c.arg(0))
	if err != nil {
		return nil, err
	}
	if c.p.has("description") {
		w.Description = c.p["description"]
	}
	w.CallbackURL, w.IDModel = orText(c.p["callbackURL"], w.CallbackURL), orText(c.p["idModel"], w.IDModel)
	w.Active = c.p.flag("active", w.Active)
	return w.render(), nil
}

// deleteWebhook answers as captures/trello/webhook_delete.
func (c *call) deleteWebhook() (any, error) {
	w, err := find(c.webhooks, c.arg(0))
	if err != nil {
		return nil, err
	}
	delete(c.webhooks, w.ID)
	return object{{"_value", nil}}, nil
}
