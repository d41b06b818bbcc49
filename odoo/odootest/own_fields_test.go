package odootest_test

import (
	"testing"

	"github.com/odoo-connector/connector/odoo/odootest"
)

func TestFieldsOfOnesOwn(t *testing.T) {
	s, other := odootest.New(odootest.Options{}), odootest.New(odootest.Options{})
	s.AddField("project.task", "x_url", "char", "Address")
	project := s.Create("project.project", map[string]any{"name": "Workshop"})
	id := s.Create("project.task", map[string]any{"name": "Paint", "project_id": project, "x_url": "https://example.com"})
	t.Run("Ensure a field that was added keeps what is written", func(t *testing.T) {
		if got := s.Read("project.task", id, "x_url")["x_url"]; got != "https://example.com" {
			t.Errorf("got %v", got)
		}
		if got := s.Search("project.task", []any{[]any{"x_url", "=", "https://example.com"}}); len(got) != 1 {
			t.Errorf("a search finds %v", got)
		}
	})
	t.Run("Ensure another server has no such field", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("the field was written all the same")
			}
		}()
		other.Create("project.task", map[string]any{"name": "Paint", "x_url": "https://example.com"})
	})
}
