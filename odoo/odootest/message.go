package odootest

import (
	"fmt"
	"slices"
)

// messageModel is mail.message.
func messageModel(version int) *model {
	kind := "comment"
	if version < 17 { // seen on 16
		kind = "email"
	}
	m := newModel(version, "mail.message", "Message", "id desc",
		on("message_type").starts(kind),
		on("record_name").by(func(t *tx, r row) any {
			if t.s.table(r.text("model")) == nil {
				return nil
			}
			return t.displayName(r.text("model"), r.link("res_id"))
		}),
	)
	m.naming = func(t *tx, r row) string {
		if t.s.major >= 19 {
			return ""
		}
		name, _ := m.fields["record_name"].compute(t, r).(string)
		return name
	}
	m.hooks = hooks{visible: messageVisible, writable: messageWritable, beforeCreate: authorOfMessage, beforeWrite: holdMessage}
	return m
}

// authorOfMessage fills what a message has by default, and refuses one on a record
// that is not there (seen on 16 to 19, by load as by create).
func authorOfMessage(t *tx, vals map[string]any) error {
	table, id := t.s.tables[textOf(vals["model"])], asID(vals["res_id"])
	if table != nil && id != 0 && table.rows[id] == nil && !t.sudo {
		return missing(table.model.name, id, t.user.uid)
	}
	fill(vals, "author_id", t.row("res.users", t.user.uid).link("partner_id"))
	fill(vals, "date", t.now.Format(datetimeLayout))
	if author := t.row("res.partner", asID(vals["author_id"])); t.s.major < 19 && author.text("email") != "" { // seen on 16 to 18
		fill(vals, "email_from", fmt.Sprintf("%q <%s>", author.text("name"), author.text("email")))
	}
	return nil
}

// holdMessage refuses from 18 on to hang a message on a record, also the one that it
// hangs on, to all but administrators: so a second load of a message fails there
// (seen on 16 to 19).
func holdMessage(t *tx, _ []int64, vals map[string]any) error {
	_, model := vals["model"]
	_, id := vals["res_id"]
	if (model || id) && t.s.major >= 18 && !t.sudo && !t.user.has(groupSettings) {
		return denied("Only administrators can modify 'model' and 'res_id' fields.")
	}
	return nil
}

// messageVisible shows messages with their record.
func messageVisible(t *tx, r row) bool {
	table := t.s.tables[r.text("model")]
	if table == nil {
		return !t.user.has(groupPortal)
	}
	record := table.rows[r.link("res_id")]
	return record != nil && t.allowed(table.model, "read") && t.sees(table.model, record)
}

// messageWritable lets authors and those who may write the record change and
// delete a message (seen on 16 to 19: a manager and an ordinary user alike).
func messageWritable(t *tx, r row) bool {
	if r.link("author_id") == t.row("res.users", t.user.uid).link("partner_id") {
		return true
	}
	table := t.s.tables[r.text("model")]
	if table == nil {
		return true
	}
	record := table.rows[r.link("res_id")]
	return t.allowed(table.model, "write") && record != nil && t.permits(table.model, "write", record)
}

// postParams are the arguments of message_post.
var postParams = []string{
	"body", "subject", "message_type", "subtype_xmlid", "subtype_id", "author_id", "parent_id", "attachment_ids", "attachments", "partner_ids",
	"body_is_html", "date", "email_from", "message_id",
}

// messagePost answers the message's id, on 19 a list of it
// (captures/odoo19/project_task_message_post). The record's write_date stays.
func (c *call) messagePost() (any, error) {
	if len(c.ids) != 1 {
		return nil, exception("ValueError", "Expected singleton: %s(%s)", c.model.name, joinIDs(c.ids))
	}
	if err := c.checkAll(c.model, "read", c.ids); err != nil {
		return nil, err
	}
	vals, err := c.posted()
	if err != nil {
		return nil, err
	}
	id := int64(0)
	err = c.asRoot(func() (err error) { id, err = c.create("mail.message", vals); return err })
	if c.s.major >= 19 {
		return []int64{id}, err
	}
	return id, err
}

// posted gives the values of the message that the arguments of message_post
// describe, subscribes its author and binds its attachments.
func (c *call) posted() (map[string]any, error) {
	record := c.ids[0]
	vals := map[string]any{
		"body": c.bodyOfMessage(), "subject": c.args["subject"], "model": c.model.name, "res_id": record, "message_type": "notification",
		"subtype_id": c.subtype(c.word("subtype_xmlid")), "parent_id": c.firstMessage(record),
	}
	for _, name := range []string{"message_type", "author_id", "parent_id", "subtype_id", "date", "email_from", "message_id"} {
		if value := c.args[name]; truthy(value) {
			vals[name] = value
		}
	}
	if truthy(vals["email_from"]) && !truthy(vals["author_id"]) { // seen on 16 to 19
		vals["author_id"] = false
	}
	fill(vals, "author_id", c.row("res.users", c.user.uid).link("partner_id"))
	author := asID(vals["author_id"])
	if c.s.major < 19 && author != 0 && c.row("res.partner", author).text("email") == "" && truthy(c.args["author_id"]) {
		return nil, warning("Unable to send message, please configure the sender's email address.")
	}
	if vals["message_type"] != "notification" && !truthy(c.context["mail_create_nosubscribe"]) && author != 0 {
		c.follow(c.model, record, []int64{author})
	}
	c.notify(vals, author)
	attachments, err := c.attached()
	vals["attachment_ids"] = setCommand(attachments)
	return vals, err
}

// firstMessage is the one that all later ones of a record answer, 0 for the first.
func (c *call) firstMessage(record int64) int64 {
	for _, r := range c.rowsOf("mail.message", c.pointing("mail.message", "res_id", record)) {
		if r.text("model") == c.model.name {
			return r.id()
		}
	}
	return 0
}

// notify says who is told of a message: the partners it is sent to and, where its
// subtype is no internal one, all followers but its author. A real server sends
// them e-mails before it answers; here they stand in notified_partner_ids. Such a
// message has a subject too.
func (c *call) notify(vals map[string]any, author int64) {
	told := []int64{}
	if list, ok := c.args["partner_ids"].([]any); ok {
		told = idList(list)
		vals["partner_ids"] = setCommand(told)
	}
	record := c.row(c.model.name, c.ids[0])
	if subtype := c.row("mail.message.subtype", asID(vals["subtype_id"])); subtype != nil && !subtype.flag("internal") {
		told = append(told, record.set("message_partner_ids")...)
		if !truthy(vals["subject"]) {
			vals["subject"] = c.subject(c.displayName(c.model.name, c.ids[0]))
		}
	}
	slices.Sort(told)
	vals["notified_partner_ids"] = setCommand(without(slices.Compact(told), []int64{author}))
}

// subject is what a comment on a record is sent under.
func (t *tx) subject(name string) string {
	if t.s.major < 17 {
		return "Re: " + name
	}
	return name
}

// attached gives the attachments of a message: those whose ids were given, which
// now hang on the record where they hung nowhere, and those given as name and
// content.
func (c *call) attached() ([]int64, error) {
	list, _ := c.args["attachment_ids"].([]any)
	ids := idList(list)
	here := map[string]any{"res_model": c.model.name, "res_id": c.ids[0]}
	for _, r := range c.rowsOf("ir.attachment", ids) {
		if r.text("res_model") == "mail.compose.message" && r.link("create_uid") == c.user.uid {
			if err := c.asRoot(func() error { return c.write("ir.attachment", []int64{r.id()}, here) }); err != nil {
				return nil, err
			}
		}
	}
	pairs, _ := c.args["attachments"].([]any)
	for _, pair := range pairs {
		parts, _ := pair.([]any)
		if len(parts) != 2 {
			return nil, exception("ValueError", "not enough values to unpack (expected 2, got %d)", len(parts))
		}
		id, err := c.create("ir.attachment", map[string]any{"name": parts[0], "raw": parts[1], "res_model": c.model.name, "res_id": c.ids[0]})
		if err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, nil
}

// follow makes partners followers of a record, which changes nothing else of it.
func (t *tx) follow(m *model, id int64, partners []int64) {
	r := t.row(m.name, id)
	if m.fields["message_partner_ids"] == nil || r == nil {
		return
	}
	followers := append(without(r.set("message_partner_ids"), partners), partners...)
	slices.Sort(followers)
	changed := r.clone()
	changed["message_partner_ids"] = followers
	t.put(m, id, changed)
}

// bodyOfMessage is text unless body_is_html says otherwise: its tags are escaped
// (captures/odoo19/json2_message_post, …_user_html). On 16 it is HTML (seen there).
func (c *call) bodyOfMessage() any {
	body := c.word("body")
	if truthy(c.args["body_is_html"]) || c.s.major < 17 || body == "" {
		return body
	}
	return "<p>" + cleanText(body) + "</p>"
}

// subtype finds a message's subtype, the note where there is none of that name
// (seen on 16 to 19).
func (t *tx) subtype(identifier string) any {
	for _, name := range []string{identifier, "mail.mt_note"} {
		if data := t.row("ir.model.data", t.s.identifiers[name]); data != nil && data.text("model") == "mail.message.subtype" {
			return data.link("res_id")
		}
	}
	return false
}

// EditMessage changes a message as its author does in the web client, where body is
// HTML. Since 18 the text ends in an empty span that says so. An empty body is what
// the client sends to delete a message: it stays, emptied. On 16 the client changes
// notes only, so that a comment panics (all seen on 16 to 19).
func (s *Server) EditMessage(id int64, body string) {
	s.direct("edit a message", func(t *tx) error {
		r := t.row("mail.message", id)
		if t.s.major < 17 && !t.row("mail.message.subtype", r.link("subtype_id")).flag("internal") {
			return warning("Only logged notes can have their content updated on model '%s'", r.text("model"))
		}
		if t.s.major >= 18 && (body != "" || r.text("body") != "") {
			body += `<span class="o-mail-Message-edited"></span>`
		}
		return t.write("mail.message", []int64{id}, map[string]any{"body": body})
	})
}
