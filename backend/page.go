package backend

import (
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
)

// Page gives the address of the web page on which people see the external record of a binding, "" where there is none. It asks
// nobody: what it goes by are the configuration and the ids in the binding.
type Page func(c config.Backend, of binding.Binding) string

// ShownAt says where people see the external records of this version and its children.
func (b *Backend) ShownAt(p Page) *Backend {
	b.page = p
	return b
}

// PageOf is the address of the web page of a binding's external record, by the nearest version that says where; "" where none does, and
// for a sandbox, which no browser opens.
func (b *Backend) PageOf(c config.Backend, of binding.Binding) string {
	_, sandboxed := c.SandboxName()
	for v := b; v != nil && !sandboxed; v = v.parent {
		if v.page != nil {
			return v.page(c, of)
		}
	}
	return ""
}
