package odootest

import (
	"crypto/sha1" //nolint:gosec // Odoo's checksum of attachments is SHA-1.
	"encoding/base64"
	"encoding/hex"
	"mime"
	"net/http"
	"path/filepath"
	"strings"
)

// attachmentModel is ir.attachment.
func attachmentModel(version int) *model {
	m := newModel(version, "ir.attachment", "Attachment", "id desc",
		on("type").starts("binary"),
		on("company_id").defaults(func(t *tx) any { return t.company() }),
		on("raw").by(rawContent),
	)
	m.hooks = hooks{
		beforeCreate: contentOfNew, beforeWrite: contentOfChanged, adjust: describeContent,
		visible: attachmentVisible, writable: attachmentWritable,
	}
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
func contentOfNew(t *tx, vals map[string]any) error {
	table := t.s.tables[textOf(vals["res_model"])]
	id := asID(vals["res_id"])
	if table != nil && id != 0 && table.rows[id] == nil && t.s.major >= 19 { // 16 to 18 make it (seen there)
		return denied("Sorry, you are not allowed to access this document.")
	}
	return contentOfChanged(t, nil, vals)
}

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
	if changed.text("type") == "binary" && changed.text("url") != "" && !t.sudo && !t.user.has(groupSettings) {
		return warning("Sorry, you are not allowed to write on this document")
	}
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
	t.disarm(changed)
	return nil
}

// disarm makes plain text of what a browser would run, where the user may not write
// views: pages, and pictures that are XML (seen on 16 to 19).
func (t *tx) disarm(attachment row) {
	kind := attachment.text("mimetype")
	markup := strings.Contains(kind, "ht") || (strings.Contains(kind, "xml") && !strings.Contains(kind, "openxmlformats"))
	if markup && !t.sudo && !t.user.has(groupSettings) {
		attachment["mimetype"] = "text/plain"
	}
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
	if r.flag("public") {
		return true
	}
	return t.throughRecord(r, "read")
}

// attachmentWritable lets those change an attachment who may change its record,
// the creator's or not (seen on 16 to 19).
func attachmentWritable(t *tx, r row) bool { return t.throughRecord(r, "write") }

// throughRecord reports whether the user may do operation on the record that an
// attachment hangs on; one that hangs nowhere is its creator's and the
// administrators'.
func (t *tx) throughRecord(attachment row, operation string) bool {
	table := t.s.tables[attachment.text("res_model")]
	if table == nil || attachment.link("res_id") == 0 {
		return attachment.link("create_uid") == t.user.uid || t.user.has(groupSettings)
	}
	record := table.rows[attachment.link("res_id")]
	if record == nil {
		return t.s.major < 19
	}
	return t.allowed(table.model, operation) && t.permits(table.model, operation, record)
}

// hidesFields reports whether a search leaves out the attachments that keep the
// contents of binary fields: where its domain names neither their field nor an id
// (seen on 16 to 19).
func hidesFields(m *model, domain any) bool {
	return m.name == "ir.attachment" && !mentions(domain, "id") && !mentions(domain, "res_field")
}

// textOf gives a text as a client sent it, "" where it is none.
func textOf(value any) string {
	text, _ := value.(string)
	return text
}
