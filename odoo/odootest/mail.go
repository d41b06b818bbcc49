package odootest

import (
	"crypto/sha1" //nolint:gosec // Odoo's checksum of attachments is SHA-1.
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"mime"
	"net/http"
	"path/filepath"
	"strings"
)

// mailModels gives the models of the module Discuss.
func mailModels(version int) []*model {
	return []*model{messageModel(version), subtypeModel(version), activityModel(version)}
}

// messageModel is mail.message.
func messageModel(version int) *model {
	m := newModel(version, "mail.message", "Message", "id desc",
		on("message_type").starts("email"),
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
	m.hooks = hooks{visible: messageVisible, writable: messageWritable, beforeCreate: authorOfMessage}
	return m
}

// authorOfMessage fills what a message has by default.
func authorOfMessage(t *tx, vals map[string]any) error {
	fill(vals, "author_id", t.row("res.users", t.user.uid).link("partner_id"))
	fill(vals, "date", t.now.Format(datetimeLayout))
	if author := t.row("res.partner", asID(vals["author_id"])); t.s.major < 19 && author.text("email") != "" { // seen on 16 to 18
		fill(vals, "email_from", fmt.Sprintf("%q <%s>", author.text("name"), author.text("email")))
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

// messageWritable lets authors and those who may write the record change a
// message.
func messageWritable(t *tx, r row) bool {
	if r.link("author_id") == t.row("res.users", t.user.uid).link("partner_id") {
		return true
	}
	table := t.s.tables[r.text("model")]
	return table == nil || t.allowed(table.model, "write")
}

// subtypeModel is mail.message.subtype.
func subtypeModel(version int) *model {
	m := newModel(version, "mail.message.subtype", "Message subtypes", "sequence, id",
		char("name", "Message Type").need().translated(),
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

// attachmentModel is ir.attachment.
func attachmentModel(version int) *model {
	m := newModel(version, "ir.attachment", "Attachment", "id desc",
		on("type").starts("binary"),
		on("company_id").defaults(func(t *tx) any { return t.company() }),
		on("raw").by(rawContent),
	)
	m.hooks = hooks{beforeCreate: contentOfNew, beforeWrite: contentOfChanged, adjust: describeContent, visible: attachmentVisible}
	return m
}

// rawContent gives an attachment's content where it is text; what is no UTF-8
// cannot be answered.
func rawContent(_ *tx, r row) any {
	content := lenientBase64(r.text("datas"))
	if len(content) == 0 {
		return nil
	}
	return string(content)
}

// contentOfNew takes raw for datas.
func contentOfNew(t *tx, vals map[string]any) error { return contentOfChanged(t, nil, vals) }

// contentOfChanged takes raw for datas.
func contentOfChanged(_ *tx, _ []int64, vals map[string]any) error {
	raw, given := vals["raw"]
	if !given {
		return nil
	}
	delete(vals, "raw")
	if _, both := vals["datas"]; !both {
		vals["datas"] = base64.StdEncoding.EncodeToString([]byte(toTextOrNone(raw)))
	}
	return nil
}

// toTextOrNone gives a text, "" for False.
func toTextOrNone(value any) string {
	if value == nil || value == false {
		return ""
	}
	return toText(value)
}

// describeContent keeps size, checksum and type of the content
// (captures/odoo19/json2_attachment_read): clients cannot set the first two.
func describeContent(t *tx, old, changed row, vals map[string]any) error {
	datas, given := vals["datas"]
	if !given && old != nil {
		setOrDrop(changed, "checksum", old["checksum"])
		setOrDrop(changed, "file_size", old["file_size"])
		return nil
	}
	content := lenientBase64(changed.text("datas"))
	delete(changed, "checksum")
	changed["file_size"] = int64(len(content))
	if text, ok := datas.(string); ok && (len(content) > 0 || (text != "" && t.s.major < 19)) {
		sum := sha1.Sum(content) //nolint:gosec // see above.
		changed["checksum"] = hex.EncodeToString(sum[:])
	}
	if _, set := vals["mimetype"]; !set {
		changed["mimetype"] = t.s.mimetypeOf(vals["name"], content)
	}
	return nil
}

// setOrDrop stores a value that may be NULL.
func setOrDrop(r row, name string, value any) {
	if value == nil {
		delete(r, name)
		return
	}
	r[name] = value
}

// lenientBase64 decodes as Python does: what is no letter of base64 is passed over.
func lenientBase64(text string) []byte {
	clean := strings.Map(func(c rune) rune {
		if (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' || c == '/' || c == '=' {
			return c
		}
		return -1
	}, text)
	content, err := base64.StdEncoding.DecodeString(clean)
	if err != nil {
		return nil
	}
	return content
}

// mimetypeOf guesses a type by the name that is given with the content, or else by
// the content; from 18 on plain text is told (seen on 16 to 19).
func (s *Server) mimetypeOf(name any, content []byte) string {
	text, _ := name.(string)
	if guessed, _, err := mime.ParseMediaType(mime.TypeByExtension(filepath.Ext(text))); err == nil && guessed != "" {
		return guessed
	}
	guessed, _, _ := strings.Cut(http.DetectContentType(content), ";")
	switch {
	case len(content) == 0 || (strings.HasPrefix(guessed, "text/") && s.major < 18):
		return "application/octet-stream"
	case strings.HasPrefix(guessed, "text/"):
		return "text/plain"
	}
	return guessed
}

// attachmentVisible shows attachments with their record; those of none to their
// creator and to administrators.
func attachmentVisible(t *tx, r row) bool {
	if r.flag("public") || r.link("create_uid") == t.user.uid {
		return true
	}
	table := t.s.tables[r.text("res_model")]
	if table == nil {
		return t.user.has(groupSettings)
	}
	record := table.rows[r.link("res_id")]
	return record != nil && t.allowed(table.model, "read") && t.sees(table.model, record)
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
	vals := map[string]any{
		"body": c.bodyOfMessage(), "subject": c.args["subject"], "model": c.model.name, "res_id": c.ids[0], "message_type": "notification", "subtype_id": c.subtype(c.word("subtype_xmlid")),
	}
	for _, name := range []string{"message_type", "author_id", "parent_id", "message_id", "date"} { // message_id and date: seen on 16 to 19
		if value := c.args[name]; truthy(value) {
			vals[name] = value
		}
	}
	if ids, ok := c.args["attachment_ids"].([]any); ok {
		vals["attachment_ids"] = setCommand(idList(ids))
	}
	id := int64(0)
	err := c.asRoot(func() (err error) { id, err = c.create("mail.message", vals); return err })
	if c.s.major >= 19 {
		return []int64{id}, err
	}
	return id, err
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
func (c *call) subtype(identifier string) any {
	for _, name := range []string{identifier, "mail.mt_note"} {
		if data := c.row("ir.model.data", c.s.identifiers[name]); data != nil && data.text("model") == "mail.message.subtype" {
			return data.link("res_id")
		}
	}
	return false
}

// quiet reports whether the context asks for no messages of the system's own; tests
// that change records directly get none.
func (t *tx) quiet(more string) bool {
	return t.sudo || truthy(t.context["tracking_disable"]) || truthy(t.context[more])
}

// logCreation leaves the message about a new task (seen on 16 to 19).
func logCreation(t *tx, id int64, _ map[string]any) error {
	if t.quiet("mail_create_nolog") {
		return nil
	}
	_, err := t.note("project.task", id, "")
	return err
}

// note writes a message of the system's own.
func (t *tx) note(model string, id int64, body string) (message int64, err error) {
	err = t.asRoot(func() (err error) {
		message, err = t.create("mail.message", map[string]any{"model": model, "res_id": id, "message_type": "notification", "body": body})
		return err
	})
	return message, err
}

// tracked are the fields of a task whose changes leave a message.
var tracked = []string{"stage_id", "state", "kanban_state", "date_deadline", "project_id", "partner_id"}

// trackTask adjusts a task and leaves a message about what changed.
func trackTask(t *tx, old, changed row, vals map[string]any) error {
	if err := adjustTask(t, old, changed, vals); err != nil || old == nil || t.quiet("mail_notrack") {
		return err
	}
	names := []string{}
	for _, name := range tracked {
		if old[name] != changed[name] {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	message, err := t.note("project.task", old.id(), "")
	if err != nil {
		return err
	}
	values := t.s.table("mail.tracking.value").model
	for range names {
		id := t.next(values)
		t.put(values, id, row{"id": id, "mail_message_id": message})
	}
	return nil
}
