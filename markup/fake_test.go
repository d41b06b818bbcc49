package markup_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo/odootest"
)

func TestTheFake(t *testing.T) {
	t.Run("Ensure the fake Odoo sanitizes our HTML as real ones do, but for the marks of mails inside of texts", func(t *testing.T) {
		s := odootest.New(odootest.Options{Version: "18.0"})
		id := s.Create("project.task", map[string]any{"name": "Markup"})
		for _, c := range readSamples(t) {
			want := c.HTML
			for body, by := range c.Sanitized {
				if slices.Contains(by, "18 project.task.description") {
					want = body
				}
			}
			s.Write("project.task", []int64{id}, map[string]any{"description": c.HTML})
			if got := s.Read("project.task", id, "description")["description"]; got != want && !strings.Contains(c.HTML, "--") && !strings.Contains(c.HTML, "\n&gt;") {
				t.Errorf("of %s the fake makes %v, and a real Odoo %s", c.HTML, got, want)
			}
		}
	})
}
