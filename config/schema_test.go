package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/config"
)

// schemaText is the schema of the kinds of these tests.
var schemaText = sync.OnceValues(func() ([]byte, error) {
	return config.Schema(kinds, config.Choices{"schedule[].run": {"sync", "poll"}})
})

// schemaDocument is the schema as a value.
func schemaDocument() (any, error) {
	text, err := schemaText()
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

var compileSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	document, err := schemaDocument()
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(config.SchemaID, document); err != nil {
		return nil, err
	}
	return compiler.Compile(config.SchemaID)
})

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiled, err := compileSchema()
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// conforms asks the schema about a file. A key without a value counts as left out, as it does for the reader.
func conforms(t *testing.T, text string) error {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		return err
	}
	data, err := json.Marshal(withoutNull(value))
	if err != nil {
		return err // as an infinite number
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return compiledSchema(t).Validate(instance)
}

func withoutNull(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key, one := range v {
			if v[key] = withoutNull(one); one == nil {
				delete(v, key)
			}
		}
	case map[any]any:
		out := map[string]any{}
		for key, one := range v {
			if one != nil {
				out[fmt.Sprint(key)] = withoutNull(one)
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = withoutNull(v[i])
		}
	}
	return value
}

// unseen are the wrong lines that no schema can see, or not without repeating what is said elsewhere.
var unseen = []string{
	"a key that lost the blank after its colon", // a key without a value is left out before
	"a date where text is due",
	"a duplicate model",
	"a reference to an Odoo that is not there",
	"a timeout that is too short",
	"a timeout that is too long",
	"a file of certificates that is not there",
	"a tag",
	"a merge key",
}

func TestSchemaRefuses(t *testing.T) {
	var accepted []string
	for _, c := range wrongLines {
		if conforms(t, with(t, c.line, c.replacement)) == nil {
			accepted = append(accepted, c.about)
		}
	}
	t.Run("Ensure the schema refuses each wrong line but those that it cannot see", func(t *testing.T) {
		if !slices.Equal(accepted, unseen) {
			t.Errorf("accepted\n%s\nwant\n%s", strings.Join(accepted, "\n"), strings.Join(unseen, "\n"))
		}
	})
	for about, text := range map[string]string{
		"two ways of telling":          valid + "notify: [{name: a, command: [x], webhook: y}]",
		"no way of telling":            valid + "notify: [{name: a}]",
		"a schedule without a time":    valid + "schedule: [{name: a, run: sync}]",
		"a schedule with two times":    valid + "schedule: [{name: a, run: sync, at: '@daily', every: 5m}]",
		"what no schedule can run":     valid + "schedule: [{name: a, run: snyc, every: 5m}]",
		"a password without a user":    valid + "notify: [{name: a, email: {to: [a@b.c], from: a@b.c, server: 'x:25', password: p}}]",
		"a pair without an external":   strings.Replace(valid, "conflict: ask", "fields: [{odoo: x}]", 1),
		"a model of another kind":      strings.Replace(valid, "trello.card", "shop.order", 1),
		"a kind that there is none of": strings.Replace(valid, "kind: trello", "kind: trelo", 1),
	} {
		t.Run("Ensure the schema refuses "+about, func(t *testing.T) {
			if _, err := load(text); err == nil && about != "what no schedule can run" {
				t.Error("the reader takes it")
			}
			if conforms(t, text) == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

// schemaKey is a key of the schema with what is said of it.
type schemaKey struct {
	path   string // as backends[].models[].model
	kind   string // of the backend, where it is in one
	schema map[string]any
}

// keysOfSchema walks the whole schema.
func keysOfSchema(root map[string]any) (all []schemaKey) {
	defs, _ := root["$defs"].(map[string]any)
	var walk func(s map[string]any, path, kind string)
	walk = func(s map[string]any, path, kind string) {
		if ref, ok := s["$ref"].(string); ok {
			name := strings.TrimPrefix(ref, "#/$defs/")
			if of, is := strings.CutPrefix(name, "backend."); is {
				kind = of
			}
			below, _ := defs[name].(map[string]any)
			walk(below, path, kind)
		}
		for _, word := range []string{"anyOf", "oneOf"} {
			variants, _ := s[word].([]any)
			for _, v := range variants {
				if variant, ok := v.(map[string]any); ok && (variant["type"] != nil || variant["$ref"] != nil) {
					walk(variant, path, kind)
				}
			}
		}
		if items, ok := s["items"].(map[string]any); ok {
			walk(items, path+"[]", kind)
		}
		properties, _ := s["properties"].(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(properties)) {
			below, _ := properties[name].(map[string]any)
			at := strings.TrimPrefix(path+"."+name, ".")
			all = append(all, schemaKey{at, kind, below})
			walk(below, at, kind)
		}
	}
	walk(root, "", "")
	return all
}

// wrongAt is a file whose value at a path is one that no key takes.
func wrongAt(k schemaKey) string {
	parts := strings.Split(k.path, ".")
	var value any = []any{[]any{true}}
	for i := len(parts) - 1; i >= 0; i-- {
		key, isList := strings.CutSuffix(parts[i], "[]")
		if isList {
			value = []any{value}
		}
		block := map[string]any{key: value}
		if i == 1 && k.kind != "" && key != "kind" {
			block["kind"] = k.kind
		}
		value = block
	}
	text, err := yaml.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestSchemaAndReaderKnowTheSameKeys(t *testing.T) {
	document, err := schemaDocument()
	if err != nil {
		t.Fatal(err)
	}
	root, _ := document.(map[string]any)
	keys := keysOfSchema(root)
	if len(keys) < 100 {
		t.Fatalf("the schema has %d keys only", len(keys))
	}
	for _, k := range keys {
		t.Run("Ensure the reader looks at "+k.kind+" "+k.path, func(t *testing.T) {
			text := wrongAt(k)
			_, err := load(text)
			if !complains(err, strings.ReplaceAll(k.path, "[]", "[0]")) {
				t.Errorf("the file\n%shas the errors\n%v", text, err)
			}
		})
	}
	for _, kind := range kinds {
		if kind.Settings == nil {
			continue
		}
		for _, path := range yamlPaths(reflect.TypeOf(kind.Settings()).Elem(), "backends[].") {
			t.Run("Ensure the schema has "+kind.Name+" "+path, func(t *testing.T) {
				if !slices.ContainsFunc(keys, func(k schemaKey) bool { return k.kind == kind.Name && k.path == path }) {
					t.Error("it has not")
				}
			})
		}
	}
}

// complains tells whether one of the errors is about the value at a path, or what is in it, and not about the key itself.
func complains(err error, path string) bool {
	all, _ := err.(config.Errors) //nolint:errorlint // Load gives no other
	return slices.ContainsFunc(all, func(e *config.Error) bool {
		inside := e.Path == path || strings.HasPrefix(e.Path, path+"[")
		return inside && !strings.HasPrefix(e.Problem, "unknown key")
	})
}

// yamlPaths walks the struct of a system's settings.
func yamlPaths(t reflect.Type, prefix string) (all []string) {
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if key == "-" {
			continue
		}
		of := f.Type
		path := prefix + key
		for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
			if of.Kind() == reflect.Slice {
				key += "[]"
			}
			of = of.Elem()
		}
		all = append(all, path)
		if of.Kind() == reflect.Struct && of != reflect.TypeFor[config.Secret]() {
			all = append(all, yamlPaths(of, prefix+key+".")...)
		}
	}
	return all
}
