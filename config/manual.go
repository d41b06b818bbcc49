package config

import (
	"cmp"
	"fmt"
	"strings"
)

// Manual gives the page of the documentation that describes every key of the file, in Markdown, for backends of the kinds.
func Manual(kinds []Kind, choices Choices) []byte {
	m := manual{choices: choices}
	m.WriteString(manualHead)
	m.block("", "The file", "", topBlock)
	m.block("state", "state, as a block", "", stateBlock)
	m.block("odoo[]", "odoo", "Each entry is an Odoo database.", odooBlock)
	m.block("backends[]", "backends", "Each entry is an external system. These keys are every backend's.", backendBlock)
	for _, k := range kinds {
		m.kind(k)
	}
	m.block("backends[].models[]", "models of a backend", "Each entry changes one binding model.", modelBlock)
	m.block("backends[].models[].fields[]", "fields of a model", "Each entry is a pair of fields. See [Trello](trello.md) for recipes.", fieldBlock)
	m.block("backends[].models[].fields[].values[]", "values of a field", "Each entry is a pair of values.", translationBlock)
	m.block("jobs", "jobs", "See [Jobs](jobs.md).", jobsBlock)
	m.block("jobs.functions[]", "functions of jobs", "", functionBlock)
	m.block("jobs.retention[]", "retention of jobs", "", retentionBlock)
	m.block("schedule[]", "schedule", "An entry runs `at` times or `every` so often, one of the two.", scheduledBlock)
	m.block("notify[]", "notify", "See [Monitoring](monitoring.md).", notifyBlock)
	m.block("notify[].email", "email of a receiver", "`username` and `password` come together.", emailBlock)
	m.block("secret", "Secrets", manualSecrets, secretBlock)
	return []byte(strings.TrimRight(m.String(), "\n") + "\n")
}

const manualHead = `<!-- Written by ` + "`go generate ./cmd`" + ` from the tables that the configuration is read with. Do not edit. -->

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

const manualSecrets = `A secret is a text, or says where it comes from: one of the keys below. A text in the file itself is fine for a try; the other
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

// manual is the page that is being written.
type manual struct {
	strings.Builder
	choices Choices
}

func (m *manual) printf(format string, values ...any) { _, _ = fmt.Fprintf(m, format, values...) }

// block writes the table of a block's keys.
func (m *manual) block(path, title, text string, keys []Key) {
	m.printf("## %s\n\n", title)
	if text != "" {
		m.WriteString(text + "\n\n")
	}
	m.table(path, keys)
}

func (m *manual) table(path string, keys []Key) {
	m.WriteString("| key | value | when left out | example |\n|---|---|---|---|\n")
	for _, k := range keys {
		at := strings.TrimPrefix(path+"."+k.Name, ".")
		if k.List {
			at += "[]"
		}
		if known := m.choices[at]; len(known) > 0 {
			k.Enum = known
		}
		m.printf("| `%s`<br>%s | %s | %s | %s |\n", k.Name, cell(k.Doc), cell(k.valueText()), cell(k.absentText()), codeCell(k.Example))
	}
	m.WriteString("\n")
}

// kind writes the keys of a kind's own, those within them, and its models.
func (m *manual) kind(k Kind) {
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
	m.block("backends[]", "backends of kind "+k.Name, text, keys)
	for _, own := range keys {
		if len(own.Keys) > 0 {
			m.printf("Keys of `%s`:\n\n", own.Name)
			m.table("backends[]."+own.Name, own.Keys)
		}
	}
}

// typeWords name a value of each type, and several where that is more than a list of such.
var typeWords = map[Type][2]string{
	TypeText: {"text", "list of texts"}, TypeBlock: {"keys", "list of blocks"}, TypeIDName: {"id or name", "list of ids and names"},
	TypeSecret: {"[secret](#secrets)", "list of [secrets](#secrets)"}, TypeWhole: {"whole number", "list of whole numbers"},
	TypeTruth: {"`true` or `false`"}, TypeState: {"path, URL or block"}, TypeDomain: {"Odoo domain, as lists"},
	TypeKeep: {"span of time, or `never`"}, TypeSpan: {"span of time", "list of spans of time"},
	TypePlain: {"text, number, `true` or `false`"}, TypeLines: {"text, or list of texts"}, TypeRetry: {"attempts with delays"},
}

// valueText says what the value of a key can be.
func (k Key) valueText() string {
	words, told := typeWords[k.Type]
	if !told {
		words[0] = string(k.Type)
	}
	if len(k.Enum) > 0 {
		words = [2]string{codeList(k.Enum), "list of " + codeList(k.Enum)}
	}
	if k.List {
		return cmp.Or(words[1], "list of "+words[0]) + k.bounds()
	}
	return words[0] + k.bounds()
}

func (k Key) bounds() string {
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
func (k Key) absentText() string {
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
