// Package streamtest makes answers of any length for tests and benchmarks of
// decoders: partners with twelve fields, in the layout in which Odoo sends them
// (captures/odoo18/res_partner_search_read, captures/odoo19/json2_search_read).
package streamtest

import (
	"bytes"
	"fmt"
	"io"
)

// Partners gives the answer of a search_read of that many partners as Odoo sends
// it over XML-RPC: about 1,200 bytes a row. It is made while it is read.
func Partners(rows int) io.Reader {
	return &answer{rows: rows, row: xmlRow,
		before: "<?xml version='1.0'?>\n<methodResponse>\n<params>\n<param>\n<value><array><data>\n",
		after:  "</data></array></value>\n</param>\n</params>\n</methodResponse>\n"}
}

// PartnersJSON gives the same rows as bare JSON, as Odoo sends them over JSON-2:
// about 340 bytes a row. It is made while it is read.
func PartnersJSON(rows int) io.Reader {
	return &answer{rows: rows, row: jsonRow, before: "[", between: ", ", after: "]"}
}

// answer makes a list row by row.
type answer struct {
	rows, next             int
	row                    func(w *bytes.Buffer, i int)
	before, between, after string
	made                   bytes.Buffer
}

// Read makes rows until there is enough to give.
func (a *answer) Read(p []byte) (int, error) {
	for a.made.Len() < len(p) && a.next <= a.rows {
		if a.next == 0 {
			a.made.WriteString(a.before)
		}
		if a.next < a.rows {
			a.row(&a.made, a.next)
		} else {
			a.made.WriteString(a.after)
		}
		if a.next < a.rows-1 {
			a.made.WriteString(a.between)
		}
		a.next++
	}
	return a.made.Read(p) //nolint:wrapcheck // io.EOF must stay itself.
}

// xmlRow writes one partner in the layout of Python's xmlrpc.
func xmlRow(w *bytes.Buffer, i int) {
	w.WriteString("<value><struct>\n")
	xmlMember(w, "id", "<int>%d</int>", i+1)
	xmlMember(w, "name", "<string>Café &amp; Söhne Nr. %d</string>", i)
	xmlMember(w, "email", "<string>office%d@example.com</string>", i)
	if i%3 == 0 {
		xmlMember(w, "phone", "<boolean>0</boolean>")
	} else {
		xmlMember(w, "phone", "<string>+32 470 12 %04d</string>", i%10000)
	}
	xmlMember(w, "street", "<string>%d, Long Street of the Mills</string>", i)
	xmlMember(w, "city", "<string>Wetteren</string>")
	xmlMember(w, "zip", "<string>%d</string>", 1000+i%9000)
	xmlMember(w, "country_id", "<array><data>\n<value><int>20</int></value>\n<value><string>Belgium</string></value>\n</data></array>")
	xmlMember(w, "category_id", "<array><data>\n<value><int>%d</int></value>\n<value><int>7</int></value>\n</data></array>", i%20+1)
	xmlMember(w, "is_company", "<boolean>%d</boolean>", i%2)
	xmlMember(w, "partner_latitude", "<double>%d.5</double>", i%90)
	xmlMember(w, "write_date", "<string>2026-11-25 10:%02d:%02d</string>", i/60%60, i%60)
	w.WriteString("</struct></value>\n")
}

// xmlMember writes one field of a partner.
func xmlMember(w *bytes.Buffer, name, format string, args ...any) {
	w.WriteString("<member>\n<name>" + name + "</name>\n<value>")
	fmt.Fprintf(w, format, args...)
	w.WriteString("</value>\n</member>\n")
}

// jsonRow writes the same partner in the layout of Python's json.
func jsonRow(w *bytes.Buffer, i int) {
	phone := "false"
	if i%3 != 0 {
		phone = fmt.Sprintf(`"+32 470 12 %04d"`, i%10000)
	}
	fmt.Fprintf(w, `{"id": %d, "name": "Café & Söhne Nr. %d", "email": "office%d@example.com", "phone": %s, `, i+1, i, i, phone)
	fmt.Fprintf(w, `"street": "%d, Long Street of the Mills", "city": "Wetteren", "zip": "%d", "country_id": [20, "Belgium"], `, i, 1000+i%9000)
	fmt.Fprintf(w, `"category_id": [%d, 7], "is_company": %t, "partner_latitude": %d.5, `, i%20+1, i%2 == 1, i%90)
	fmt.Fprintf(w, `"write_date": "2026-11-25 10:%02d:%02d"}`, i/60%60, i%60)
}
