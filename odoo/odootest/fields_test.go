package odootest_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// lists is where field lists of real servers stand, beside the project.
const lists = "../../../shared/odoo-fields"

// ofDatabase are the fields whose names are made of the ids of one database's
// groups (res.users of 16 to 18); no other database has them.
func ofDatabase(model, field string) bool {
	return model == "res.users" && (strings.HasPrefix(field, "in_group_") || strings.HasPrefix(field, "sel_groups_"))
}

func TestFieldsAreThoseOfRealServers(t *testing.T) {
	if _, err := os.Stat(lists); err != nil {
		t.Skip("the field lists of real servers are not beside the project: ", err)
	}
	eachVersion(t, func(t *testing.T, version int, c *client) {
		paths, err := filepath.Glob(filepath.Join(lists, fmt.Sprint(version), "*.json"))
		if err != nil || len(paths) < 39 {
			t.Fatalf("%d lists of %d, error %v", len(paths), version, err)
		}
		for _, path := range paths {
			model := strings.TrimSuffix(filepath.Base(path), ".json")
			compareFields(t, model, realFields(t, path), c.call(model, "fields_get").(map[string]any))
		}
	})
}

// realFields reads a list.
func realFields(t *testing.T, path string) map[string]map[string]any {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fields := map[string]map[string]any{}
	if err := json.Unmarshal(body, &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}

// compareFields tells what differs between a real server's fields and the fake's.
func compareFields(t *testing.T, model string, listed map[string]map[string]any, fake map[string]any) {
	t.Helper()
	for name, expected := range listed {
		got, ok := fake[name].(map[string]any)
		switch {
		case ofDatabase(model, name):
		case !ok:
			t.Errorf("%s.%s is missing", model, name)
		default:
			compareField(t, model+"."+name, expected, got)
		}
	}
	for name := range fake {
		if listed[name] == nil {
			t.Errorf("%s.%s is no field of a real server", model, name)
		}
	}
}

// compareField tells what differs in one field.
func compareField(t *testing.T, name string, expected, got map[string]any) {
	t.Helper()
	for _, key := range []string{"type", "relation", "relation_field", "required", "readonly", "store", "translate"} {
		value, given := expected[key]
		if given && fmt.Sprint(plain(value)) != fmt.Sprint(got[key]) {
			t.Errorf("%s: %s is %v, want %v", name, key, got[key], value)
		}
	}
	list, ok := expected["selection"].([]any)
	if !ok { // too long to be kept in the list
		return
	}
	values := []any{}
	for _, choice := range got["selection"].([]any) {
		values = append(values, choice.([]any)[0])
	}
	if fmt.Sprint(list) != fmt.Sprint(values) {
		t.Errorf("%s: selection is %v, want %v", name, values, list)
	}
}

// plain reads 1 and 0, which some modules write for a boolean.
func plain(value any) any {
	switch value {
	case 1.0:
		return true
	case 0.0:
		return false
	}
	return value
}

func TestEveryFieldCanBeReadAndSearched(t *testing.T) {
	// what a client may ask of the models of a real server, no model here refuses
	eachVersion(t, func(t *testing.T, version int, c *client) {
		paths, err := filepath.Glob("fields/*.txt")
		if err != nil || len(paths) < 39 {
			t.Fatalf("%d tables, error %v", len(paths), err)
		}
		for _, path := range paths {
			model := strings.TrimSuffix(filepath.Base(path), ".txt")
			c.call(model, "search_read", []any{}, kw{"limit": 2})
			fields := c.call(model, "fields_get", []any{}, []any{"type"}).(map[string]any)
			for name := range fields {
				if _, err := c.try(model, "search_count", []any{[]any{name, "=", false}}); err != nil && !strings.Contains(err.Error(), "not stored") {
					t.Errorf("%s.%s cannot be searched: %v", model, name, err)
				}
			}
		}
	})
}
