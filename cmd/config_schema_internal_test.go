package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/config"
)

// configurationSchema is what `connector config schema` prints, ready to validate.
func configurationSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	a := newApp()
	var out bytes.Buffer
	a.out = &out
	if code := a.run([]string{"config", "schema"}); code != exitOK {
		t.Fatalf("it ended with %d", code)
	}
	document, err := jsonschema.UnmarshalJSON(&out)
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(config.SchemaID, document); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile(config.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asInstance is a file as JSON has it, without keys that have no value, which count as left out.
func asInstance(t *testing.T, text string) any {
	t.Helper()
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(value)
	if err != nil {
		t.Skipf("JSON has no such keys: %v", err)
	}
	instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return instance
}

func TestSchemaTakesWhatTheProgramTakes(t *testing.T) {
	schema := configurationSchema(t)
	kinds := newApp().registry.Kinds()
	scripts, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(scripts) < 30 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	checked := 0
	for _, script := range scripts {
		data, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range txtar.Parse(data).Files {
			text := os.Expand(string(f.Data), func(string) string { return "http://127.0.0.1:1" })
			if _, err := config.LoadBytes("config.yaml", []byte(text), kinds, newApp().checkJobs, checkSchedule); err != nil || !strings.Contains(text, "backends:") {
				continue
			}
			checked++
			t.Run("Ensure the schema takes "+f.Name+" of "+filepath.Base(script), func(t *testing.T) {
				if err := schema.Validate(asInstance(t, text)); err != nil {
					t.Error(err)
				}
			})
		}
	}
	if checked < 50 {
		t.Errorf("%d files were looked at", checked)
	}
	example, err := os.ReadFile("../config.yaml.example")
	if err != nil {
		t.Fatal(err)
	}
	sections := string(example) + commented(string(example), "jobs") + commented(string(example), "schedule") + commented(string(example), "notify")
	for about, text := range map[string]string{
		"the example": string(example), "the example as a real set-up": realSetUp(string(example)), "the example's sections": sections,
	} {
		t.Run("Ensure the schema takes "+about, func(t *testing.T) {
			if err := schema.Validate(asInstance(t, text)); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEveryKeyIsDescribed(t *testing.T) {
	schema := configurationSchema(t)
	var walk func(s *jsonschema.Schema, path string, seen map[*jsonschema.Schema]bool)
	walk = func(s *jsonschema.Schema, path string, seen map[*jsonschema.Schema]bool) {
		if s == nil || seen[s] {
			return
		}
		seen[s] = true
		walk(s.Ref, path, seen)
		walk(s.Items2020, path+"[]", seen)
		for _, one := range append(s.AnyOf, s.OneOf...) {
			walk(one, path, seen)
		}
		for name, one := range s.Properties {
			if one.Description == "" && one.Const == nil {
				t.Errorf("nothing is said of %s.%s", path, name)
			}
			walk(one, path+"."+name, seen)
		}
	}
	t.Run("Ensure each key of the schema says what it is for", func(t *testing.T) {
		walk(schema, "", map[*jsonschema.Schema]bool{})
	})
}
