package cmd

import (
	"cmp"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/synchronizer"
)

// schema is a JSON Schema, as far as the forms here need it. The order of its keys is that of reading.
type schema struct {
	Dialect     string             `json:"$schema,omitempty"`
	Title       string             `json:"title,omitempty"`
	Description string             `json:"description,omitempty"`
	Ref         string             `json:"$ref,omitempty"`
	Type        any                `json:"type,omitempty"`
	Format      string             `json:"format,omitempty"`
	Enum        []string           `json:"enum,omitempty"`
	AnyOf       []*schema          `json:"anyOf,omitempty"`
	Items       *schema            `json:"items,omitempty"`
	Properties  map[string]*schema `json:"properties,omitempty"`
	Required    []string           `json:"required,omitempty"`
	Additional  any                `json:"additionalProperties,omitempty"`
	Defs        map[string]*schema `json:"$defs,omitempty"`
}

// schemer makes schemas of Go types, with what their code says of them.
type schemer struct {
	testing.TB
	strict bool // no keys but those that are known: what a test demands, and a reader must not
	words  map[string]map[string]string
	defs   map[string]*schema
}

// form is the schema of a JSON form that is one of some types.
func (s *schemer) form(title, description string, views ...any) *schema {
	s.defs = map[string]*schema{}
	all := make([]*schema, len(views))
	for i, v := range views {
		all[i] = s.of(reflect.TypeOf(v))
	}
	whole := &schema{AnyOf: all}
	if len(all) == 1 {
		whole = &schema{Ref: all[0].Ref, Type: all[0].Type, Additional: all[0].Additional, Description: all[0].Description}
	}
	whole.Dialect, whole.Title, whole.Defs = "https://json-schema.org/draft/2020-12/schema", title, s.defs
	whole.Description = cmp.Or(description, whole.Description)
	return whole
}

// named are the types that write themselves.
var named = map[reflect.Type]*schema{
	reflect.TypeFor[time.Time]():                 {Type: "string", Format: "date-time"},
	reflect.TypeFor[json.RawMessage]():           {Description: "any value"},
	reflect.TypeFor[record.Value]():              {Description: "null, or an object with one key that names the kind of the value", Type: []string{"object", "null"}},
	reflect.TypeFor[synchronizer.PlannedValue](): {Description: "the value as people read it: null, true, 1.5, a text, a time, the name of a record, or a list of names"},
	reflect.TypeFor[jobs.State]():                {Type: "string", Enum: strings.Split(stateNames(), ", ")},
}

// of is the schema of a type.
func (s *schemer) of(t reflect.Type) *schema {
	if known, is := named[t]; is {
		again := *known
		return &again
	}
	if t.Kind() == reflect.Pointer {
		return s.of(t.Elem())
	}
	if t.Implements(reflect.TypeFor[json.Marshaler]()) {
		s.Errorf("%v writes itself, and nobody says how", t)
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.structure(t)
	case reflect.Slice:
		return &schema{Type: "array", Items: s.of(t.Elem())}
	case reflect.Map:
		return &schema{Type: "object", Additional: s.of(t.Elem())}
	case reflect.String:
		return &schema{Type: "string"}
	case reflect.Bool:
		return &schema{Type: "boolean"}
	case reflect.Int, reflect.Int64, reflect.Int32, reflect.Uint64:
		return &schema{Type: "integer"}
	case reflect.Float64:
		return &schema{Type: "number"}
	case reflect.Interface:
		return &schema{Description: "any value"}
	default:
		s.Errorf("%v has no form in JSON", t)
		return &schema{}
	}
}

// structure is a reference to the schema of a struct, which is made where it is met first.
func (s *schemer) structure(t reflect.Type) *schema {
	name := strings.TrimSuffix(t.Name(), "View")
	if _, made := s.defs[name]; !made {
		d := &schema{Type: "object", Description: s.say(t, ""), Properties: map[string]*schema{}}
		if s.strict {
			d.Additional = false
		}
		s.defs[name] = d
		s.fields(t, d)
	}
	return &schema{Ref: "#/$defs/" + name}
}

// fields adds the fields of a struct. What is left out when it is empty is not required; all else is there, and a list is never null.
func (s *schemer) fields(t reflect.Type, into *schema) {
	for f := range t.Fields() {
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case key == "-" || !f.IsExported() && !f.Anonymous:
			continue
		case f.Anonymous && key == "":
			s.fields(f.Type, into)
			continue
		case key == "" || key != strings.ToLower(key):
			s.Errorf("%v.%s: the key %q is no snake_case", t, f.Name, key)
		}
		one := s.of(f.Type)
		omitted := strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero")
		if f.Type.Kind() == reflect.Pointer && !omitted {
			one = &schema{AnyOf: []*schema{one, {Type: "null"}}}
		}
		one.Description = cmp.Or(s.say(t, f.Name), one.Description)
		into.Properties[key] = one
		if !omitted {
			into.Required = append(into.Required, key)
		}
	}
	slices.Sort(into.Required)
}

// say is what the code says of a type, or of its field.
func (s *schemer) say(t reflect.Type, field string) string {
	folder := strings.TrimPrefix(t.PkgPath(), "github.com/odoo-connector/connector/")
	if s.words == nil {
		s.words = map[string]map[string]string{}
	}
	if s.words[folder] == nil {
		s.words[folder] = wordsOf(s.TB, filepath.Join("..", folder))
	}
	return s.words[folder][t.Name()+"."+field]
}

// wordsOf are the comments of the structs of a package, "Type." for one itself and "Type.Field".
func wordsOf(t testing.TB, folder string) map[string]string {
	t.Helper()
	all := map[string]string{}
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", folder, err)
	}
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if g, is := d.(*ast.GenDecl); is {
				wordsOfTypes(g, all)
			}
		}
	}
	return all
}

func wordsOfTypes(g *ast.GenDecl, all map[string]string) {
	for _, spec := range g.Specs {
		t, is := spec.(*ast.TypeSpec)
		if !is {
			continue
		}
		of, is := t.Type.(*ast.StructType)
		if !is {
			continue
		}
		all[t.Name.Name+"."] = about(t.Name.Name, cmp.Or(t.Doc, g.Doc))
		for _, f := range of.Fields.List {
			for _, n := range f.Names {
				all[t.Name.Name+"."+n.Name] = about(n.Name, cmp.Or(f.Doc, f.Comment))
			}
		}
	}
}

// about is a comment without the name that it begins with.
func about(name string, c *ast.CommentGroup) string {
	text := strings.TrimSuffix(strings.Join(strings.Fields(c.Text()), " "), ".")
	if rest, begins := strings.CutPrefix(text, name+" reports that "); begins {
		return "whether " + rest
	}
	for _, verb := range []string{" is ", " are ", " says ", ": "} {
		if rest, begins := strings.CutPrefix(text, name+verb); begins {
			return rest
		}
	}
	return text
}
