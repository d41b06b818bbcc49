package synchronizer

import (
	"strings"

	"github.com/odoo-connector/connector/record"
)

// longest is how many characters of a name are shown to people. Where a record goes by its text (a
// comment), that may be of any length.
const longest = 120

// excerpt is a name as one line for people.
func excerpt(name string) string {
	if !strings.ContainsAny(name, "\n\r") && len(name) <= longest {
		return name
	}
	runes := []rune(strings.Join(strings.Fields(name), " "))
	if len(runes) > longest {
		return string(runes[:longest-1]) + "…"
	}
	return string(runes)
}

// nameOf is what a record goes by: its name, or the words of its HTML.
func nameOf(v record.Value) string {
	if v.Kind() != record.KindHTML {
		return v.AsText()
	}
	var b strings.Builder
	inTag := false
	for _, r := range v.AsText() {
		switch {
		case r == '<':
			inTag = true
		case r == '>' && inTag:
			inTag = false
			b.WriteByte(' ')
		case !inTag:
			b.WriteRune(r)
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}
