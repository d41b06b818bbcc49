package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Given is a key with its value as YAML on one line.
type Given struct{ Key, YAML string }

// GiveText is a key whose value is a text.
func GiveText(key, text string) Given { return Given{key, flowOf(text)} }

// GiveTexts is a key whose value is a list of texts.
func GiveTexts(key string, texts []string) Given { return Given{key, flowOf(texts)} }

// flowOf writes a text or a list of texts on one line.
func flowOf(value any) string {
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		panic(fmt.Sprintf("config: %T is no text and no list of texts: %v", value, err))
	}
	if node.Kind == yaml.SequenceNode {
		node.Style = yaml.FlowStyle
	}
	out, err := yaml.Marshal(&node)
	if err != nil {
		panic(fmt.Sprintf("config: %v", err))
	}
	return strings.TrimRight(string(out), "\n")
}

// Draft is a new configuration of one Odoo and one backend.
type Draft struct {
	// Odoo and Backend are the keys that are given in the two entries, in their order; Backend begins with its name and kind.
	Odoo, Backend []Given
	// Kind is the backend's system.
	Kind Kind
}

// YAML gives the file. Keys that are not given stand in it as comments that tell what they are for.
func (d Draft) YAML() []byte {
	var b strings.Builder
	b.WriteString("# The configuration of connector. Every key: docs/configuration.md; `connector config validate` checks the file,\n" +
		"# `connector config schema > config.schema.json` lets an editor complete it, with this line at the top:\n" +
		"# yaml-language-server: $schema=config.schema.json\n\n")
	b.WriteString("state: " + defaultState + "  # bindings and jobs, beside this file\n\nodoo:\n")
	writeEntry(&b, d.Odoo, odooBlock)
	b.WriteString("\nbackends:\n")
	writeEntry(&b, d.Backend, append(d.Kind.Keys(), backendBlock...))
	b.WriteString("\n# jobs:      how many jobs run at a time, when they are repeated, how long they are kept\n" +
		"# schedule:  what `connector watch` runs at certain times\n" +
		"# notify:    who is told of troubles\n")
	return []byte(b.String())
}

// writeEntry writes an entry of a list: what is given, then the other keys as comments.
func writeEntry(b *strings.Builder, given []Given, keys []Key) {
	mark := "  - "
	taken := map[string]bool{}
	for _, g := range given {
		fmt.Fprintf(b, "%s%s: %s\n", mark, g.Key, g.YAML)
		mark, taken[g.Key] = "    ", true
	}
	if taken["api_key"] || taken["password"] {
		taken["api_key"], taken["password"] = true, true
	}
	for _, k := range keys {
		if example := firstOf(k.Example, k.Default); !taken[k.Name] && example != "" {
			fmt.Fprintf(b, "    # %-38s # %s\n", k.Name+": "+example, firstSentence(k))
		}
	}
}

func firstOf(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// firstSentence is what a key is for in few words, or the values that it can have.
func firstSentence(k Key) string {
	if len(k.Enum) > 0 {
		return strings.Join(k.Enum, ", ")
	}
	text := strings.TrimSuffix(plainDoc(Key{Doc: k.Doc}), ".")
	for _, end := range []string{". ", "; ", ": "} {
		text, _, _ = strings.Cut(text, end)
	}
	return text
}
