package odootest

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// The tables in fields are written by
//
//	go test ./odoo/odootest -run TestTablesAreWritten -lists "$PWD/../shared/odoo-fields" -labels DIR
//
// from <lists>/<major>/<model>.json, fields_get of a real server with selections
// without labels, and from <labels>/<major>/<model>.json, fields_get with the
// attributes string and selection; without these the labels of the table stay.
var (
	listsFlag  = flag.String("lists", "", "folder of field lists that the tables are written from")
	labelsFlag = flag.String("labels", "", "folder of fields_get answers with labels")
)

func TestTablesAreWritten(t *testing.T) {
	if *listsFlag == "" {
		t.Skip("tables are written only where -lists names the field lists of real servers")
	}
	if err := writeTables(*listsFlag, *labelsFlag, "fields"); err != nil {
		t.Fatal(err)
	}
}

func TestTablesAreReadAsTheyWereWritten(t *testing.T) {
	text := "amount\tmonetary\t\tr\n" +
		"kanban_state\tselection\t\t!\t16\tnormal=In Progress|done|x=\tStatus\n" +
		"order_line\tone2many\tsale.order.line/order_id\tc\t16,18-19\n" +
		"tag_ids\tmany2many\tproject.tags\t\t17\t\tTags\n"
	fields, err := parseTable(text)
	if err != nil {
		t.Fatal(err)
	}
	if got := renderTable(fields); got != text {
		t.Errorf("got\n%s\nwant\n%s", got, text)
	}
	state := fields[1]
	if !state.Required || state.Label != "Status" || !state.In(16) || state.In(17) || state.Selection[1] != [2]string{"done", "Done"} {
		t.Errorf("read %+v", state)
	}
	if line := fields[2]; line.Inverse != "order_id" || line.Stored || line.In(17) || !line.In(19) || line.Label != "Order Line" {
		t.Errorf("read %+v", line)
	}
}

func TestBadTablesNameTheLine(t *testing.T) {
	for text, expected := range map[string]string{
		"name\tchar\nx\n":           `line 2: "x" is no field: name, kind, relation, flags, versions, selection, label`,
		"name\tchar\t\t\t15\n":      `line 1: "15" names no versions`,
		"name\tchar\t\t\t16-x\n":    `line 1: "16-x" names no versions`,
		"a\tb\tc\td\t\tf\tg\th\n\n": `line 1: "a" is no field: name, kind, relation, flags, versions, selection, label`,
	} {
		if _, err := parseTable(text); err == nil || err.Error() != expected {
			t.Errorf("%q: got %v, want %s", text, err, expected)
		}
	}
}

// described is a field as a list or an answer gives it.
type described struct {
	Type          string `json:"type"`
	String        string `json:"string"`
	Relation      string `json:"relation"`
	RelationField string `json:"relation_field"`
	Required      loose  `json:"required"`
	Readonly      loose  `json:"readonly"`
	Store         loose  `json:"store"`
	Translate     loose  `json:"translate"`
	Selection     any    `json:"selection"` // a list, or "..." where it was too long to keep
}

// loose is a boolean that a few modules of Odoo write as a number.
type loose bool

// UnmarshalJSON takes true and false, 1 and 0.
func (f *loose) UnmarshalJSON(body []byte) error {
	*f = string(body) == "true" || string(body) == "1"
	return nil
}

// choices gives a selection as a list; one that was not kept as the choice "...".
func (d described) choices() []any {
	if list, ok := d.Selection.([]any); ok || d.Selection == nil {
		return list
	}
	return []any{openChoice}
}

// writeTables writes all tables.
func writeTables(lists, labels, out string) error {
	models := map[string]bool{}
	for _, major := range majors {
		paths, err := filepath.Glob(filepath.Join(lists, fmt.Sprint(major), "*.json"))
		if err != nil || len(paths) == 0 {
			return fmt.Errorf("no lists of version %d in %s: %w", major, lists, err)
		}
		for _, path := range paths {
			models[strings.TrimSuffix(filepath.Base(path), ".json")] = true
		}
	}
	for name := range models {
		if err := writeOne(lists, labels, out, name); err != nil {
			return err
		}
	}
	return nil
}

// writeOne writes the table of one model.
func writeOne(lists, labels, out, name string) error {
	path := filepath.Join(out, name+".txt")
	old, err := os.ReadFile(path)
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	named, err := parseTable(string(old))
	if err != nil {
		return err
	}
	lines := []tableField{}
	for _, major := range majors {
		fields, err := readList(filepath.Join(lists, fmt.Sprint(major), name+".json"))
		if err != nil {
			return err
		}
		words := map[string]described{}
		if labels != "" {
			if words, err = readList(filepath.Join(labels, fmt.Sprint(major), name+".json")); err != nil {
				return err
			}
		}
		for field, d := range fields {
			if ofOneDatabase(name, field) {
				continue
			}
			lines = append(lines, lineOf(field, major, d, words[field], knownField(named, field, major)))
		}
	}
	return os.WriteFile(path, []byte(renderTable(mergeLines(lines))), 0o600)
}

// readList reads a list; one that is not there is empty.
func readList(path string) (map[string]described, error) {
	body, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return map[string]described{}, nil
	}
	if err != nil {
		return nil, err
	}
	fields := map[string]described{}
	err = json.Unmarshal(body, &fields)
	return fields, err
}

// knownField finds a field of a version in the table that is there.
func knownField(named []tableField, name string, major int) tableField {
	closest := tableField{}
	for _, f := range named {
		if f.Name == name && (closest.Name == "" || f.In(major)) {
			closest = f
		}
	}
	return closest
}

// lineOf gives a field of one version, with the labels that are known.
func lineOf(name string, major int, d, words described, old tableField) tableField {
	f := tableField{
		Name: name, Kind: d.Type, Relation: d.Relation, Inverse: d.RelationField, Required: bool(d.Required), Readonly: bool(d.Readonly),
		Stored: bool(d.Store), Translated: bool(d.Translate), Versions: versionsOf(major), Label: words.String,
	}
	if f.Label == "" {
		f.Label = old.Label
	}
	if f.Label == "" {
		f.Label = titleOf(name)
	}
	texts := map[string]string{}
	for _, choice := range old.Selection {
		texts[choice[0]] = choice[1]
	}
	for _, choice := range words.choices() {
		if pair, ok := choice.([]any); ok && len(pair) == 2 {
			texts[fmt.Sprint(pair[0])] = fmt.Sprint(pair[1])
		}
	}
	for _, choice := range d.choices() {
		value := fmt.Sprint(choice)
		text := texts[value]
		if text == "" {
			text = titleOf(value)
		}
		f.Selection = append(f.Selection, [2]string{value, text})
	}
	return f
}

// mergeLines makes one line of equal fields of several versions.
func mergeLines(lines []tableField) []tableField {
	merged, at := []tableField{}, map[string]int{}
	sort.SliceStable(lines, func(i, j int) bool {
		if lines[i].Name != lines[j].Name {
			return lines[i].Name < lines[j].Name
		}
		return lines[i].Versions < lines[j].Versions
	})
	for _, f := range lines {
		versions := f.Versions
		f.Versions = 0
		key := fmt.Sprintf("%+v", f)
		if i, ok := at[key]; ok {
			merged[i].Versions |= versions
			continue
		}
		f.Versions = versions
		at[key] = len(merged)
		merged = append(merged, f)
	}
	return merged
}
