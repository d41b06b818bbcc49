// Package manual writes the page of the documentation that describes every key of config.yaml, docs/configuration.md. The program itself
// has no use for it: `go generate ./cmd` does.
package manual

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/config"
)

// Page gives docs/configuration.md, in Markdown, for backends of the kinds.
func Page(kinds []config.Kind, choices config.Choices) []byte {
	m := page{choices: choices}
	m.WriteString(head)
	m.block("", "The file", "")
	m.block("state", "state, as a block", "")
	m.block("odoo[]", "odoo", "Each entry is an Odoo database.")
	m.block("backends[]", "backends", "Each entry is an external system. These keys are every backend's.")
	for _, k := range kinds {
		m.kind(k)
	}
	m.block("backends[].models[]", "models of a backend", "Each entry changes one binding model.")
	m.block("backends[].models[].fields[]", "fields of a model", "Each entry is a pair of fields. See [Trello](trello.md) for recipes.")
	m.block("backends[].models[].fields[].values[]", "values of a field", "Each entry is a pair of values.")
	m.block("jobs", "jobs", "See [Jobs](jobs.md).")
	m.block("jobs.functions[]", "functions of jobs", "")
	m.block("jobs.retention[]", "retention of jobs", "")
	m.block("schedule[]", "schedule", "An entry runs `at` times or `every` so often, one of the two.")
	m.block("notify[]", "notify", "See [Monitoring](monitoring.md).")
	m.block("notify[].email", "email of a receiver", "`username` and `password` come together.")
	m.section("Secrets", secrets)
	m.table("secret", config.SecretKeys())
	return []byte(strings.TrimRight(m.String(), "\n") + "\n")
}

const head = `<!-- Written by ` + "`go generate ./cmd`" + ` from the tables that the configuration is read with. Do not edit. -->

# Configuration

The configuration is one YAML file. Without ` + "`--config`" + ` and ` + "`CONNECTOR_CONFIG`" + ` it is the first that is there of:

1. ` + "`config.yaml`" + ` in the working directory,
2. ` + "`connector/config.yaml`" + ` in ` + "`$XDG_CONFIG_HOME`" + `, which is ` + "`~/.config`" + ` where it is not set,
3. ` + "`/etc/connector/config.yaml`" + `.

` + "`connector config path`" + ` tells which one it is. Relative paths in the file start in its own directory; ` + "`~/`" + ` is the home
directory.

| command | what it does |
|---|---|
| ` + "`connector config init`" + ` | asks, tries each answer, and writes the file |
| ` + "`connector config validate`" + ` | checks the file; with ` + "`--online`" + ` asks the servers, too |
| ` + "`connector config show`" + ` | prints what holds, defaults filled in, with the place that each value comes from; secrets are masked |
| ` + "`connector config schema`" + ` | prints a JSON Schema of the file |

An editor that knows YAML schemas completes keys and marks mistakes while one types: write the schema beside the file with
` + "`connector config schema > config.schema.json`" + ` and begin the file with

` + "```yaml" + `
# yaml-language-server: $schema=config.schema.json
` + "```" + `

- A key that the file does not know is an error, with the nearest that there is. All errors are told at once.
- A key without a value counts as left out.
- A span of time is a number with its unit: ` + "`30s`, `5m`, `1h30m`, `2d`, `1w`" + `.
- Anchors and aliases (` + "`&name`, `*name`" + `) can be used; tags (` + "`!…`" + `), merge keys (` + "`<<`" + `) and a second document are refused.
- ` + "`url: sandbox://NAME`" + ` is a demo server inside the program, for Odoo and for each system that has one. It needs no credentials.

`

const secrets = `A secret is a text, or says where it comes from: one of the keys below. A text in the file itself is fine for a try; the other
ways keep it out of copies and backups of the file. A secret is fetched when it is needed, shows as ` + "`******`" + ` wherever the
configuration is shown, and is in no log and no error.

` + "```yaml" + `
api_key: {credential: odoo}         # LoadCredential=odoo:/etc/connector/odoo.key in the unit
api_key: {file: odoo.key}           # mode 0600; one line break at its end is cut off
api_key: {env: ODOO_API_KEY}
api_key: {command: [pass, show, odoo]}
` + "```" + `

A file that others may read is used, with a warning. A command runs in the directory of the configuration, without input and for a
minute at most; where it fails, its last line on standard error is told.`

// page is the page that is being written.
type page struct {
	strings.Builder
	choices config.Choices
}

func (m *page) printf(format string, values ...any) { _, _ = fmt.Fprintf(m, format, values...) }

// block writes the table of the keys of a block that every file may have.
func (m *page) block(path, title, text string) {
	m.section(title, text)
	m.table(path, keysAt(path))
}

// section begins a part of the page.
func (m *page) section(title, text string) {
	m.printf("## %s\n\n", title)
	if text != "" {
		m.WriteString(text + "\n\n")
	}
}

// keysAt gives the keys of the block that a path as backends[].models[] leads to, and of the file itself for an empty one. A path that
// leads to none panics.
func keysAt(path string) []config.Key {
	keys := config.FileKeys()
	for name := range strings.SplitSeq(path, ".") {
		if name == "" {
			return keys
		}
		name = strings.TrimSuffix(name, "[]")
		i := slices.IndexFunc(keys, func(k config.Key) bool { return k.Name == name })
		if i < 0 {
			panic(fmt.Sprintf("manual: no block of config.yaml is %s", path))
		}
		keys = keys[i].Keys
	}
	return keys
}

// table writes what is told of each key.
func (m *page) table(path string, keys []config.Key) {
	m.WriteString("| key | value | when left out | example |\n|---|---|---|---|\n")
	for _, k := range keys {
		at := strings.TrimPrefix(path+"."+k.Name, ".")
		if k.List {
			at += "[]"
		}
		if known := m.choices[at]; len(known) > 0 {
			k.Enum = known
		}
		m.printf("| `%s`<br>%s | %s | %s | %s |\n", k.Name, cell(k.Doc), cell(valueText(k)), cell(absentText(k)), codeCell(k.Example))
	}
	m.WriteString("\n")
}

// kind writes the keys of a kind's own, those within them, and its models.
func (m *page) kind(k config.Kind) {
	var text string
	if k.DefaultURL != "" {
		text = fmt.Sprintf("Its `url` is `%s` when left out. ", k.DefaultURL)
	}
	text += "Versions: " + codeList(k.Versions) + ". Binding models: " + codeList(k.Models) + "."
	keys := k.Keys()
	if len(keys) == 0 {
		m.printf("## backends of kind %s\n\n%s It has no keys of its own.\n\n", k.Name, text)
		return
	}
	m.section("backends of kind "+k.Name, text)
	m.table("backends[]", keys)
	for _, own := range keys {
		if len(own.Keys) > 0 {
			m.printf("Keys of `%s`:\n\n", own.Name)
			m.table("backends[]."+own.Name, own.Keys)
		}
	}
}

// typeWords name a value of each type, and several where that is more than a list of such.
var typeWords = map[config.Type][2]string{
	config.TypeText: {"text", "list of texts"}, config.TypeBlock: {"keys", "list of blocks"}, config.TypeIDName: {"id or name", "list of ids and names"},
	config.TypeSecret: {"[secret](#secrets)", "list of [secrets](#secrets)"}, config.TypeWhole: {"whole number", "list of whole numbers"},
	config.TypeTruth: {"`true` or `false`"}, config.TypeState: {"path, URL or block"}, config.TypeDomain: {"Odoo domain, as lists"},
	config.TypeKeep: {"span of time, or `never`"}, config.TypeSpan: {"span of time", "list of spans of time"},
	config.TypePlain: {"text, number, `true` or `false`"}, config.TypeLines: {"text, or list of texts"}, config.TypeRetry: {"attempts with delays"},
}

// valueText says what the value of a key can be.
func valueText(k config.Key) string {
	words, told := typeWords[k.Type]
	if !told {
		words[0] = string(k.Type)
	}
	if len(k.Enum) > 0 {
		words = [2]string{codeList(k.Enum), "list of " + codeList(k.Enum)}
	}
	if k.List {
		return cmp.Or(words[1], "list of "+words[0]) + bounds(k)
	}
	return words[0] + bounds(k)
}

func bounds(k config.Key) string {
	switch {
	case k.Min != "" && k.Max != "":
		return ", " + k.Min + " to " + k.Max
	case k.Min != "":
		return ", " + k.Min + " or more"
	case k.Max != "":
		return ", " + k.Max + " or less"
	default:
		return ""
	}
}

// absentText says what holds where a key is left out.
func absentText(k config.Key) string {
	switch {
	case k.Required && k.SandboxFills:
		return "required, except with a sandbox"
	case k.Required:
		return "**required**"
	case k.Default != "":
		return "`" + k.Default + "`"
	default:
		return k.Otherwise
	}
}

func codeList(texts []string) string { return "`" + strings.Join(texts, "`, `") + "`" }

func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

func codeCell(text string) string {
	if text == "" {
		return ""
	}
	return "`" + cell(text) + "`"
}
