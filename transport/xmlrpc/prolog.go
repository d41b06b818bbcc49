package xmlrpc

import (
	"bytes"
	"io"
	"strings"
)

// prolog reads the byte order mark, the XML declaration and <methodResponse>.
func (d *Decoder) prolog() error {
	if err := d.firstByte(); err != nil {
		return err
	}
	t, err := d.tagHere()
	if err != nil {
		return err
	}
	if isDeclaration(t.name) {
		if err := d.declaration(string(t.name)); err != nil {
			return err
		}
		if t, err = d.tag("?xml"); err != nil {
			return err
		}
	}
	return d.root(t)
}

// isDeclaration tells <?xml … ?> from other instructions.
func isDeclaration(name []byte) bool {
	rest, is := bytes.CutPrefix(name, []byte("?xml"))
	return is && len(rest) > 0 && (rest[0] == '?' || isSpace(rest[0]))
}

// firstByte goes to the answer's first tag.
func (d *Decoder) firstByte() error {
	for len(d.buf)-d.pos < 3 && d.fill() == nil {
	}
	if start := d.buf[d.pos:]; bytes.HasPrefix(start, []byte("\xff\xfe")) || bytes.HasPrefix(start, []byte("\xfe\xff")) {
		return d.bad(d.pos, "it is UTF-16; Odoo sends UTF-8")
	}
	d.pos += len(d.buf[d.pos:]) - len(bytes.TrimPrefix(d.buf[d.pos:], []byte("\xef\xbb\xbf")))
	err := d.skipSpace()
	switch {
	case err == io.EOF: //nolint:errorlint // fill gives it bare.
		return d.bad(d.pos, "it is empty")
	case err != nil:
		return err
	}
	if d.buf[d.pos] != '<' {
		return d.bad(d.pos, "it does not begin with a tag, as JSON or plain text")
	}
	return nil
}

// root checks the first tag.
func (d *Decoder) root(t tag) error {
	words := strings.Fields(strings.ToLower(string(t.name)) + " .")
	switch {
	case string(t.name) == "methodResponse" && !t.end && !t.empty:
		return nil
	case string(t.name) == "methodResponse" && t.empty:
		return d.isEmpty("methodResponse")
	case words[0] == "html", words[0] == "!doctype" && words[1] == "html":
		return d.bad(d.pos, "it is an HTML page")
	case words[0] == "!doctype":
		return d.misplaced(t, "methodResponse")
	default:
		return d.bad(d.pos, "it is no <methodResponse>")
	}
}

// declaration takes <?xml … ?>, given without its angle brackets, and turns to
// the encoding that it names.
func (d *Decoder) declaration(text string) error {
	if !strings.HasSuffix(text, "?") {
		return d.bad(d.pos, "its XML declaration cannot be read")
	}
	if version := attribute(text, "version"); version != "1.0" && version != "" {
		return d.bad(d.pos, "it is no XML 1.0")
	}
	switch strings.ToLower(attribute(text, "encoding")) {
	case "", "utf-8", "utf8":
	case "us-ascii", "ascii":
		d.ascii = true
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin-1", "latin1":
		d.buf = append(d.buf[:d.pos], appendLatin1(nil, d.buf[d.pos:])...)
		d.src = &latin1{src: d.src}
	default:
		return d.bad(d.pos, "it has an encoding other than UTF-8, ISO-8859-1 and us-ascii")
	}
	return nil
}

// attribute gives a value from an XML declaration, or "".
func attribute(text, name string) string {
	_, rest, found := strings.Cut(text, name)
	if !found {
		return ""
	}
	rest, found = strings.CutPrefix(strings.TrimLeft(rest, " \t\r\n"), "=")
	rest = strings.TrimLeft(rest, " \t\r\n")
	if !found || rest == "" || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	value, _, _ := strings.Cut(rest[1:], rest[:1])
	return value
}
