package odootest

import (
	"fmt"
	"strconv"
	"strings"
)

// The text form in which the fields of Odoo's models are kept: a line per field and
// difference between versions, its columns separated by tabs, empty ones at the end
// left out.
//
//	name  kind  relation  flags  versions  selection  label
//
// A relation is model or model/inverse; flags are ! required, r read-only, c not
// stored, t translated; versions as 16-18,19 (none: all); a selection is
// value=Label|value=Label. A label that is the name in words is left out.

// majors are the versions that tables know.
var majors = []int{16, 17, 18, 19}

// openChoice is the only choice of a selection that is too long for a table, as time
// zones: any value may stand in it.
const openChoice = "..."

// tableField is one line.
type tableField struct {
	Name, Kind        string
	Relation, Inverse string // comodel, and its field that leads back
	Required          bool
	Readonly          bool
	Stored            bool
	Translated        bool
	Versions          versionSet
	Selection         [][2]string // value and label
	Label             string
}

// In reports whether version major has the field like this.
func (f tableField) In(major int) bool { return f.Versions.Has(major) }

// versionSet is a set of versions, a bit for each.
type versionSet uint8

// Has reports whether version major is in the set.
func (s versionSet) Has(major int) bool { return s&versionsOf(major) != 0 }

// allVersions is the set of all.
const allVersions versionSet = 1<<4 - 1

// versionsOf is the set of one version.
func versionsOf(major int) versionSet { return 1 << (major - majors[0]) }

// ofOneDatabase reports whether a field exists in one database only: those of groups
// in res.users, whose names are made of ids.
func ofOneDatabase(model, field string) bool {
	return model == "res.users" && (strings.HasPrefix(field, "in_group_") || strings.HasPrefix(field, "sel_groups_"))
}

// titleOf puts a name in words: "partner_id" becomes "Partner".
func titleOf(name string) string {
	name = strings.TrimSuffix(strings.TrimSuffix(name, "_ids"), "_id")
	words := strings.Split(name, "_")
	for i, word := range words {
		if word != "" {
			words[i] = strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.Join(words, " ")
}

// renderTable writes fields, a line each.
func renderTable(fields []tableField) string {
	var b strings.Builder
	for _, f := range fields {
		b.WriteString(strings.TrimRight(f.line(), "\t"))
		b.WriteByte('\n')
	}
	return b.String()
}

// line writes one field.
func (f tableField) line() string {
	relation, flags, label := f.Relation, "", f.Label
	if f.Inverse != "" {
		relation += "/" + f.Inverse
	}
	for _, flag := range []struct {
		set    bool
		letter string
	}{{f.Required, "!"}, {f.Readonly, "r"}, {!f.Stored, "c"}, {f.Translated, "t"}} {
		if flag.set {
			flags += flag.letter
		}
	}
	if label == titleOf(f.Name) {
		label = ""
	}
	choices := make([]string, len(f.Selection))
	for i, choice := range f.Selection {
		choices[i] = choice[0]
		if choice[1] != titleOf(choice[0]) {
			choices[i] += "=" + choice[1]
		}
	}
	return strings.Join([]string{f.Name, f.Kind, relation, flags, f.Versions.String(), strings.Join(choices, "|"), label}, "\t")
}

// String writes versions as "16-17,19"; all of them as nothing.
func (s versionSet) String() string {
	if s == allVersions {
		return ""
	}
	parts := []string{}
	for i := 0; i < len(majors); i++ {
		if s&(1<<i) == 0 {
			continue
		}
		first := i
		for i+1 < len(majors) && s&(1<<(i+1)) != 0 {
			i++
		}
		part := strconv.Itoa(majors[first])
		if i > first {
			part += "-" + strconv.Itoa(majors[i])
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ",")
}

// parseTable reads a table. Its errors name the line.
func parseTable(text string) ([]tableField, error) {
	fields := make([]tableField, 0, strings.Count(text, "\n"))
	for number := 1; text != ""; number++ {
		var row string
		row, text, _ = strings.Cut(text, "\n")
		if row == "" {
			continue
		}
		f, err := parseLine(row)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", number, err)
		}
		fields = append(fields, f)
	}
	return fields, nil
}

// parseLine reads one field.
func parseLine(row string) (tableField, error) {
	columns := [7]string{}
	for i := range columns {
		columns[i], row, _ = strings.Cut(row, "\t")
	}
	if columns[0] == "" || columns[1] == "" || row != "" {
		return tableField{}, fmt.Errorf("%q is no field: name, kind, relation, flags, versions, selection, label", columns[0])
	}
	versions, err := parseVersions(columns[4])
	if err != nil {
		return tableField{}, err
	}
	f := tableField{Name: columns[0], Kind: columns[1], Versions: versions, Label: columns[6], Stored: true}
	f.Relation, f.Inverse, _ = strings.Cut(columns[2], "/")
	for _, flag := range columns[3] {
		switch flag {
		case '!':
			f.Required = true
		case 'r':
			f.Readonly = true
		case 'c':
			f.Stored = false
		case 't':
			f.Translated = true
		}
	}
	if f.Label == "" {
		f.Label = titleOf(f.Name)
	}
	f.Selection = parseChoices(columns[5])
	return f, nil
}

// parseChoices reads a selection.
func parseChoices(text string) [][2]string {
	if text == "" {
		return nil
	}
	choices := make([][2]string, 0, strings.Count(text, "|")+1)
	for _, part := range strings.Split(text, "|") {
		value, label, labelled := strings.Cut(part, "=")
		if !labelled {
			label = titleOf(value)
		}
		choices = append(choices, [2]string{value, label})
	}
	return choices
}

// parseVersions reads versions as [versionSet.String] writes them.
func parseVersions(text string) (versionSet, error) {
	if text == "" {
		return allVersions, nil
	}
	set := versionSet(0)
	for _, part := range strings.Split(text, ",") {
		first, last, ranged := strings.Cut(part, "-")
		if !ranged {
			last = first
		}
		from, err := strconv.Atoi(first)
		to, err2 := strconv.Atoi(last)
		if err != nil || err2 != nil || from < majors[0] || to > majors[len(majors)-1] {
			return 0, fmt.Errorf("%q names no versions", text)
		}
		for major := from; major <= to; major++ {
			set |= versionsOf(major)
		}
	}
	return set, nil
}
