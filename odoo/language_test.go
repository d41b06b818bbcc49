package odoo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// polyglot is a server with two active languages, whose record 3 goes while the second is read.
func polyglot() *scripted {
	server := &scripted{}
	server.answer = func(c called) (any, error) {
		switch {
		case c.model == "res.lang" && c.method == "fields_get":
			return map[string]any{"code": map[string]any{"type": "char"}, "active": map[string]any{"type": "boolean"}}, nil
		case c.model == "res.lang":
			return []any{map[string]any{"id": int64(2), "code": "fr_FR"}, map[string]any{"id": int64(1), "code": "en_US"}}, nil
		case c.method == "fields_get":
			fields := taskFields()
			fields["name"].(map[string]any)["translate"] = true
			return fields, nil
		}
		lang, rows := "", []any{}
		if sent, ok := c.kw["context"].(map[string]any); ok {
			lang = fmt.Sprint(sent["lang"])
		}
		for _, id := range idsOf(c.args[0]) {
			if id == 9 || id == 3 && lang == "fr_FR" {
				continue
			}
			rows = append(rows, map[string]any{"id": id, "name": fmt.Sprintf("%d %s", id, lang), "sequence": id, "write_date": false})
		}
		return rows, nil
	}
	return server
}

func TestReadLanguages(t *testing.T) {
	t.Run("Ensure translated fields are read in each language, and the others once", func(t *testing.T) {
		server := polyglot()
		found, missing, err := dial(t, server).ReadLanguages(ctx, "project.task", []int64{5, 9, 4}, []string{"name", "sequence"}, []string{"en_US", "fr_FR"})
		if err != nil || len(found) != 2 || !slices.Equal(missing, []int64{9}) {
			t.Fatalf("found %v, missing %v, error %v", found, missing, err)
		}
		r := found[0]
		if r.ID != "5" || r.Value("name").AsText() != "5 " || r.In("fr_FR", "name").AsText() != "5 fr_FR" || r.In("en_US", "name").AsText() != "5 en_US" {
			t.Errorf("read %v, %v", r.Record, r.Languages)
		}
		if !r.In("fr_FR", "sequence").Equal(record.Int(5)) || len(r.Languages["fr_FR"]) != 1 {
			t.Errorf("read %v", r.Languages)
		}
		if asked := server.calls[len(server.calls)-1].kw["fields"]; fmt.Sprint(asked) != "[name write_date]" {
			t.Errorf("asked for %v", asked)
		}
	})
	t.Run("Ensure a record that goes between two readings is missing, not half there", func(t *testing.T) {
		found, missing, err := dial(t, polyglot()).ReadLanguages(ctx, "project.task", []int64{3, 4}, []string{"name"}, []string{"en_US", "fr_FR"})
		if err != nil || len(found) != 1 || found[0].ID != "4" || !slices.Equal(missing, []int64{3}) {
			t.Errorf("found %v, missing %v, error %v", found, missing, err)
		}
	})
	t.Run("Ensure a language that is not active is told, with those that are", func(t *testing.T) {
		_, _, err := dial(t, polyglot()).ReadLanguages(ctx, "project.task", []int64{3}, []string{"name"}, []string{"fr_BE"})
		if e := failed(t, err); e.Kind != odoo.InvalidCall || !strings.Contains(e.Text, `"fr_BE" is not active, only en_US, fr_FR are`) {
			t.Errorf("kind %q, text %q", e.Kind, e.Text)
		}
	})
	t.Run("Ensure fields without translations cost no more than one reading", func(t *testing.T) {
		server := polyglot()
		found, _, err := dial(t, server).ReadLanguages(ctx, "project.task", []int64{3}, []string{"sequence"}, []string{"fr_FR"})
		if err != nil || len(found) != 1 || !found[0].In("fr_FR", "sequence").Equal(record.Int(3)) || len(server.calls) != 4 {
			t.Errorf("%v in %d calls, error %v", found, len(server.calls), err)
		}
	})
	t.Run("Ensure the active languages come in order", func(t *testing.T) {
		if codes, err := dial(t, polyglot()).Languages(ctx); err != nil || !slices.Equal(codes, []string{"en_US", "fr_FR"}) {
			t.Errorf("%v, error %v", codes, err)
		}
	})
}
