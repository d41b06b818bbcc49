package odoo

import (
	"fmt"
	"net/url"
	"strings"
)

// pagesByPath is the version since which a record's form has a path of its own; before it is told behind the #, which later versions
// still understand.
const pagesByPath = 18

// PageOf is the address of a record's form in Odoo's web client. The base is the server's address, as https://example.odoo.com;
// where the major version is not known (0), an address that every version understands comes.
func PageOf(base string, major int, model string, id int64) string {
	base = strings.TrimRight(base, "/")
	if major < pagesByPath {
		return fmt.Sprintf("%s/web#id=%d&model=%s&view_type=form", base, id, url.QueryEscape(model))
	}
	if !strings.Contains(model, ".") { // else it could be the path of an action
		model = "m-" + model
	}
	return fmt.Sprintf("%s/odoo/%s/%d", base, url.PathEscape(model), id)
}

// KnownVersion is which Odoo the server is, where that was asked before; ok is false where it was not.
func (s *Session) KnownVersion() (v Version, ok bool) {
	if known := s.version.Load(); known != nil {
		return *known, true
	}
	return v, false
}
