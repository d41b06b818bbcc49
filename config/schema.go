package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// SchemaID names the schema of the configuration file.
const SchemaID = "https://github.com/odoo-connector/connector/config.schema.json"

// Choices are the values of keys that only the program knows, by the paths of the keys: schedule[].run.
type Choices map[string][]string

// Schema gives the JSON Schema (draft 2020-12) of a file with backends of the kinds: an indented JSON document. It refuses what a
// schema can see to be wrong; what takes a look at other values, such as names that are given twice, is for [Load] alone.
func Schema(kinds []Kind, choices Choices) ([]byte, error) {
	b := schemaBuilder{kinds: kinds, choices: withModels(choices, kinds), defs: commonDefs()}
	root := b.block(topBlock, "")
	root.Schema, root.ID, root.Title = "https://json-schema.org/draft/2020-12/schema", SchemaID, "Configuration of connector"
	root.Defs = b.defs
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(root)
	return out.Bytes(), err
}

// withModels adds the binding models of all kinds, for keys that no backend's block has.
func withModels(choices Choices, kinds []Kind) Choices {
	all := Choices{}
	maps.Copy(all, choices)
	for _, k := range kinds {
		for _, name := range k.Models {
			if !slices.Contains(all["schedule[].models[]"], name) {
				all["schedule[].models[]"] = append(all["schedule[].models[]"], name)
			}
		}
	}
	return all
}

// schema is a JSON Schema, as far as this one needs it.
type schema struct {
	Schema      string    `json:"$schema,omitempty"`
	ID          string    `json:"$id,omitempty"`
	Ref         string    `json:"$ref,omitempty"`
	Title       string    `json:"title,omitempty"`
	Description string    `json:"description,omitempty"`
	Type        any       `json:"type,omitempty"`
	Const       any       `json:"const,omitempty"`
	Enum        []any     `json:"enum,omitempty"`
	Default     any       `json:"default,omitempty"`
	Examples    []any     `json:"examples,omitempty"`
	Pattern     string    `json:"pattern,omitempty"`
	Minimum     any       `json:"minimum,omitempty"`
	Maximum     any       `json:"maximum,omitempty"`
	MinItems    int       `json:"minItems,omitempty"`
	MaxItems    int       `json:"maxItems,omitempty"`
	Prefix      []*schema `json:"prefixItems,omitempty"`
	Items       *schema   `json:"items,omitempty"`
	Unique      bool      `json:"uniqueItems,omitempty"`
	Properties  named     `json:"properties,omitempty"`
	Names       *schema   `json:"propertyNames,omitempty"`
	Required    []string  `json:"required,omitempty"`
	Additional  any       `json:"additionalProperties,omitempty"`
	MinKeys     int       `json:"minProperties,omitempty"`
	MaxKeys     int       `json:"maxProperties,omitempty"`
	OneOf       []*schema `json:"oneOf,omitempty"`
	AnyOf       []*schema `json:"anyOf,omitempty"`
	AllOf       []*schema `json:"allOf,omitempty"`
	Not         *schema   `json:"not,omitempty"`
	If          *schema   `json:"if,omitempty"`
	Then        *schema   `json:"then,omitempty"`
	Else        *schema   `json:"else,omitempty"`
	Defs        named     `json:"$defs,omitempty"`
}

// named are schemas by name, in an order of their own.
type named []namedSchema

type namedSchema struct {
	name   string
	schema *schema
}

// MarshalJSON writes an object.
func (n named) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, one := range n {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:", one.name)
		encoder := json.NewEncoder(&out)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(one.schema); err != nil {
			return nil, err
		}
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// schemaBuilder makes schemas of keys.
type schemaBuilder struct {
	kinds   []Kind
	choices Choices
	defs    named
}

// block is a schema of a block of these keys; path leads to it, as backends[].
func (b *schemaBuilder) block(keys []Key, path string) *schema {
	s := &schema{Type: "object", Additional: false}
	for _, k := range keys {
		s.Properties = append(s.Properties, namedSchema{k.Name, b.key(k, strings.TrimPrefix(path+"."+k.Name, "."))})
		if k.Required && !k.SandboxFills {
			s.Required = append(s.Required, k.Name)
		}
	}
	s.constrain(path)
	return s
}

// key is a schema of a key's value with all that is said of it.
func (b *schemaBuilder) key(k Key, path string) *schema {
	one := b.value(k, path)
	if k.List {
		one = &schema{Type: "array", Items: one, Unique: k.Type == TypeIDName}
		if noEmptyList(path) {
			one.MinItems = 1
		}
	}
	if one.Ref != "" {
		one = &schema{Ref: one.Ref}
	}
	one.Description = plainDoc(k)
	if k.Default != "" {
		one.Default = asJSON(k.Default)
	}
	if k.Example != "" {
		one.Examples = []any{asJSON(k.Example)}
	}
	return one
}

// value is a schema of one value of a key.
func (b *schemaBuilder) value(k Key, path string) *schema {
	if k.List {
		path += "[]"
	}
	enum := k.Enum
	if more := b.choices[path]; len(more) > 0 {
		enum = more
	}
	switch {
	case path == "backends[]":
		return b.backends(path)
	case len(enum) > 0:
		return &schema{Type: "string", Enum: anyOfTexts(enum)}
	case path == "odoo[].language":
		return &schema{Type: "string", Pattern: languageCode.String()}
	case k.Type == TypeState:
		return &schema{AnyOf: []*schema{{Type: "string", Pattern: `\S`}, b.block(k.Keys, path)}}
	case k.Type == TypeBlock:
		return b.block(k.Keys, path)
	case k.Type == TypeWhole, k.Type == TypeNumber:
		return numberSchema(k)
	case k.Type == TypeTruth:
		return &schema{Type: "boolean"}
	case slices.ContainsFunc(b.defs, func(d namedSchema) bool { return d.name == string(k.Type) }):
		return &schema{Ref: "#/$defs/" + string(k.Type)}
	default:
		return &schema{Type: "string", Pattern: `\S`}
	}
}

func numberSchema(k Key) *schema {
	s := &schema{Type: map[Type]string{TypeWhole: "integer", TypeNumber: "number"}[k.Type]}
	if k.Min != "" {
		s.Minimum = json.Number(k.Min)
	}
	if k.Max != "" {
		s.Maximum = json.Number(k.Max)
	}
	return s
}

// backends is a schema of a backend of any kind, each with keys, versions and models of its own.
func (b *schemaBuilder) backends(path string) *schema {
	var all []*schema
	for _, kind := range b.kinds {
		own := schemaBuilder{defs: b.defs, choices: Choices{path + ".models[].model": kind.Models}}
		keys := append(slices.Clone(backendBlock), kind.Keys()...)
		s := own.block(keys, path)
		for i, p := range s.Properties {
			switch p.name {
			case "kind":
				s.Properties[i].schema.Const, s.Properties[i].schema.Examples = kind.Name, nil
			case "version":
				s.Properties[i].schema = &schema{Description: p.schema.Description, Default: kind.Versions[0], Enum: versionValues(kind.Versions)}
			}
		}
		if needed := needed(keys); len(needed) > 0 {
			s.Else = &schema{Required: needed}
			s.If = &schema{Properties: named{{"url", &schema{Pattern: "^sandbox://"}}}, Required: []string{"url"}}
		}
		if kind.DefaultURL == "" {
			s.Required = append(s.Required, "url")
		}
		b.defs = append(b.defs, namedSchema{"backend." + kind.Name, s})
		all = append(all, &schema{Ref: "#/$defs/backend." + kind.Name})
	}
	if len(all) == 1 {
		return all[0]
	}
	return &schema{OneOf: all}
}

// versionValues are the versions as texts, and as numbers where they can be written so.
func versionValues(versions []string) (all []any) {
	all = anyOfTexts(versions)
	for _, v := range versions {
		if _, err := strconv.ParseFloat(v, 64); err == nil {
			all = append(all, json.Number(v))
		}
	}
	return all
}

func anyOfTexts(texts []string) []any { return anyList(texts, func(text string) any { return text }) }

// needed are the keys that only a sandbox makes needless.
func needed(keys []Key) (names []string) {
	for _, k := range keys {
		if k.Required && k.SandboxFills {
			names = append(names, k.Name)
		}
	}
	return names
}

// noEmptyList tells of the lists that are refused when they are empty.
func noEmptyList(path string) bool {
	return slices.Contains([]string{"odoo", "backends", "odoo[].companies", "backends[].models[].fields[].values", "schedule[].models",
		"notify[].on", "notify[].runs", "notify[].command", "notify[].email.to"}, path)
}

// constrain adds what the keys of a block have to do with each other.
func (s *schema) constrain(path string) {
	has := func(names ...string) *schema { return &schema{Required: names} }
	is := func(key string, value any) *schema {
		return &schema{Required: []string{key}, Properties: named{{key, &schema{Const: value}}}}
	}
	switch path {
	case "odoo[]":
		s.If = &schema{Properties: named{{"url", &schema{Pattern: "^sandbox://"}}}}
		s.Else = &schema{AllOf: []*schema{{AnyOf: []*schema{has("password"), has("api_key")}}, {AnyOf: []*schema{has("username"), is("protocol", "json2")}}}}
		s.Not = &schema{AnyOf: []*schema{has("password", "api_key"), {AllOf: []*schema{has("password"), is("protocol", "json2")}}}}
	case "backends[].models[].fields[]":
		s.AnyOf = []*schema{has("external"), has("import"), is("direction", string(DirectionOff))}
	case "schedule[]":
		s.OneOf = []*schema{has("at"), has("every")}
		s.If, s.Then = &schema{}, is("run", runSync)
		for _, key := range narrowingKeys {
			s.If.AnyOf = append(s.If.AnyOf, has(key))
		}
	case "notify[]":
		s.OneOf = []*schema{has("command"), has("webhook"), has("email"), has("ping")}
	case "notify[].email":
		s.AnyOf = []*schema{has("username", "password"), {Not: &schema{AnyOf: []*schema{has("username"), has("password")}}}}
	}
}

// commonDefs are the types that many keys share.
func commonDefs() named {
	const span = `^\s*(\d{1,4}w)?(\d{1,5}d)?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))*0?\s*$`
	secret := &schema{
		Title: "a secret, as text or as the place it comes from", AnyOf: []*schema{
			{Type: "string", Pattern: `^[\s\S]`}, {Type: []string{"number", "boolean"}},
			{Type: "object", MinKeys: 1, MaxKeys: 1, Additional: false},
		},
	}
	for _, k := range secretBlock {
		value := &schema{Type: "string", Pattern: `\S`, Description: plainDoc(k)}
		switch k.Name {
		case "env":
			value.Pattern = "^[A-Za-z0-9_]+$"
		case "command":
			value = &schema{Type: "array", MinItems: 1, Items: &schema{Type: "string", Pattern: `\S`}, Description: plainDoc(k)}
		}
		secret.AnyOf[2].Properties = append(secret.AnyOf[2].Properties, namedSchema{k.Name, value})
	}
	retry := &schema{Type: []string{"string", "number"}}
	return named{
		{string(TypeName), &schema{Type: "string", Pattern: plainName.String()}},
		{string(TypeURL), &schema{Type: "string", Pattern: `^(https?://[^/@?#\s]+(/[^?#]*)?|sandbox://[A-Za-z0-9][A-Za-z0-9._-]{0,63})$`}},
		{string(TypeSpan), &schema{Type: "string", Pattern: span, Title: "a span of time, as 30s, 5m, 1h30m, 2d"}},
		{string(TypeKeep), &schema{Type: "string", Pattern: "^never$|" + span, Title: "a span of time, or never"}},
		{string(TypeSecret), secret},
		{string(TypePlain), &schema{Type: []string{"string", "number", "boolean"}}},
		{string(TypeIDName), &schema{AnyOf: []*schema{{Type: "string", Pattern: `\S`}, {Type: "integer", Minimum: 1}}}},
		{string(TypeLines), &schema{AnyOf: []*schema{{Type: "string", Pattern: `\S`}, {Type: "array", Items: &schema{Type: "string", Pattern: `\S`}}}}},
		{string(TypeRetry), &schema{AnyOf: []*schema{retry, {Type: "object", Additional: &schema{
			AnyOf: []*schema{retry, {Type: "array", MinItems: 2, MaxItems: 2, Items: retry}}}}}}},
		{string(TypeDomain), domainSchema()},
	}
}

// domainSchema is that of a list of conditions, and of the operators that join them.
func domainSchema() *schema {
	condition := &schema{
		Type: "array", MinItems: 3, MaxItems: 3,
		Prefix: []*schema{{Type: []string{"string", "integer"}}, {Type: "string", Enum: anyOfTexts(domainOperators)}},
	}
	return &schema{Type: "array", Title: "an Odoo domain", Items: &schema{AnyOf: []*schema{{Type: "string", Enum: []any{"&", "|", "!"}}, condition}}}
}

// plainDoc is the description of a key for those who read JSON.
func plainDoc(k Key) string {
	text := k.Doc
	if k.Otherwise != "" {
		text += " When left out: " + k.Otherwise + "."
	}
	return strings.ReplaceAll(mdLink.ReplaceAllString(text, "$1$2"), "`", "")
}

// mdLink is a link in Markdown, with its text or its bare address.
var mdLink = regexp.MustCompile(`\[([^\]]+)\]\([^)]*\)|<(https?:[^>]*)>`)

// asJSON gives a value that a table has as YAML.
func asJSON(text string) any {
	var value any
	if err := yaml.Unmarshal([]byte(text), &value); err != nil {
		panic(fmt.Sprintf("config: %q in the description of a key is not YAML: %v", text, err))
	}
	return jsonable(value)
}

// jsonable turns the keys of YAML, which may be numbers, into those of JSON.
func jsonable(value any) any {
	switch v := value.(type) {
	case map[any]any:
		out := map[string]any{}
		for key, one := range v {
			out[fmt.Sprint(key)] = jsonable(one)
		}
		return out
	case map[string]any:
		out := map[string]any{}
		for key, one := range v {
			out[key] = jsonable(one)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, one := range v {
			out[i] = jsonable(one)
		}
		return out
	default:
		return value
	}
}
