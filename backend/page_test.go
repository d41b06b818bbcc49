package backend_test

import (
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
)

func TestPageOf(t *testing.T) {
	root := backend.New("shop", "generic")
	child := root.Version("2.0")
	of := binding.Binding{ExternalID: "7"}
	t.Run("Ensure a system that says nothing has no pages", func(t *testing.T) {
		if got := child.PageOf(config.Backend{}, of); got != "" {
			t.Errorf("%q", got)
		}
	})
	t.Run("Ensure a sandbox, which no browser opens, has no pages", func(t *testing.T) {
		root.ShownAt(func(config.Backend, binding.Binding) string { return "somewhere" })
		if got := root.PageOf(config.Backend{URL: "sandbox://demo"}, of); got != "" {
			t.Errorf("%q", got)
		}
	})
	t.Run("Ensure a child version's pages are its parent's, unless it says otherwise", func(t *testing.T) {
		root.ShownAt(func(c config.Backend, of binding.Binding) string { return c.URL + "/" + of.ExternalID })
		if got := child.PageOf(config.Backend{URL: "https://shop.example"}, of); got != "https://shop.example/7" {
			t.Errorf("%q", got)
		}
		child.ShownAt(func(config.Backend, binding.Binding) string { return "elsewhere" })
		if got := child.PageOf(config.Backend{}, of); got != "elsewhere" {
			t.Errorf("%q", got)
		}
	})
}
