package odootest

// mailModels gives the models of the module Discuss.
func mailModels(version int) []*model {
	return []*model{messageModel(version), subtypeModel(version), activityModel(version)}
}

// subtypeModel is mail.message.subtype.
func subtypeModel(version int) *model {
	m := newModel(version, "mail.message.subtype", "Message subtypes", "sequence, id",
		char("name", "Message Type").need().translated(),
		char("res_model", "Model"),
		integer("sequence", "Sequence").starts(int64(1)),
		boolean("internal", "Internal Only"),
		boolean("default", "Default").starts(true),
	)
	return m
}

// activityModel is mail.activity.
func activityModel(version int) *model {
	m := newModel(version, "mail.activity", "Activity", "date_deadline, id",
		on("res_model_id").filled(),
		on("user_id").filled(),
		on("date_deadline").filled(),
	)
	m.naming = func(_ *tx, r row) string { return r.text("summary") }
	m.hooks.beforeCreate = func(t *tx, vals map[string]any) error {
		if model := t.row("ir.model", asID(vals["res_model_id"])); model != nil {
			vals["res_model"] = model.text("model")
		}
		fill(vals, "user_id", t.user.uid)
		fill(vals, "date_deadline", t.now.Format(dateLayout))
		return nil
	}
	return m
}
