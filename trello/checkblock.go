package trello

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// With `checklists: html` a card's checklists stand behind the text of its task's description, as Odoo's editor writes checklists. They
// are only imported. The block is no part of the description that is compared: it is cut out before that, whatever the setting is now.

// checklistsField is the field of a card's record that holds its checklists, and the name of its pair.
const checklistsField = "checklists"

// descriptionName is the Odoo field that the checklists stand in.
const descriptionName = "description"

// toldChecklist is what a card's record tells of a checklist.
type toldChecklist struct {
	Name  string     `json:"name"`
	Items []toldItem `json:"items"`
}

type toldItem struct {
	Name   string     `json:"name"`
	Done   bool       `json:"done,omitempty"`
	Due    *time.Time `json:"due,omitempty"`
	Member string     `json:"member,omitempty"` // his name
}

// tellChecklists puts a card's checklists among its values, with the names of the members, as JSON; null where it has none.
func (c *Client) tellChecklists(k *card, values map[string]record.Value) {
	if !c.inText {
		return
	}
	values[checklistsField] = record.Null()
	told := make([]toldChecklist, 0, len(k.Checklists))
	for _, l := range k.ordered() {
		one := toldChecklist{Name: l.Name}
		for _, i := range l.CheckItems {
			item := toldItem{Name: i.Name, Done: i.State == complete, Due: i.Due}
			if i.IDMember != nil {
				item.Member = c.people[k.IDBoard][*i.IDMember]
			}
			one.Items = append(one.Items, item)
		}
		told = append(told, one)
	}
	if text, err := json.Marshal(told); err == nil && len(told) > 0 {
		values[checklistsField] = record.Text(string(text))
	}
}

// namesOf are the names of a board's members by their ids.
func namesOf(b *board) map[string]string {
	names := make(map[string]string, len(b.Members.all))
	for _, m := range b.Members.all {
		if names[m.ID] = m.FullName; strings.TrimSpace(m.FullName) == "" {
			names[m.ID] = m.Username
		}
	}
	return names
}

// withChecklists adds the pair of a card's checklists to its mapper. Errors are *SettingsError, and Odoo's.
func withChecklists(ctx context.Context, env *backend.Environment, settings *Settings, m mapping.Mapper) (mapping.Mapper, error) {
	if settings.Checklists != ChecklistsHTML {
		return m, nil
	}
	for _, f := range env.Settings(CardModel).Fields {
		if f.Odoo == descriptionName && f.Direction != config.DirectionOff {
			return m, &SettingsError{
				Backend: env.Config.Name, Key: "checklists",
				Problem: "html puts checklists into the description, for which fields: has a pair of its own; take one of them out",
			}
		}
	}
	where, err := zone(ctx, env, settings)
	if err != nil {
		return m, err
	}
	return m.Extend(checklistsInText(where)), nil
}

// checklistsInText writes a card's checklists behind the text of the description. The canonical value is a text with a line for each
// checklist and each item, as Markdown would have it. There is no way out: what people do to the block in Odoo is nobody's edit, and is
// gone with the next change of the card's checklists.
func checklistsInText(zone *time.Location) mapping.Field {
	return mapping.Field{
		Name: checklistsField, Odoo: []string{descriptionName}, External: []string{checklistsField},
		FromExternal: func(s mapping.Source) (record.Value, error) {
			return canonicalChecklists(s.Record.Value(checklistsField), zone)
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			_, block := splitChecklists(s.Record.Value(descriptionName).AsText())
			return record.Text(readChecklists(block)), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) {
			text, _ := splitChecklists(t.Standing(descriptionName).AsText())
			return mapping.Values{descriptionName: record.HTML(text + writeChecklists(t.Value.AsText()))}, nil
		},
	}
}

// besideChecklists is a pair of the description that leaves the checklists behind it alone: it neither sees nor loses them.
func besideChecklists(f mapping.Field) mapping.Field {
	without := func(r record.Record) record.Record {
		v := r.Value(descriptionName)
		text, block := splitChecklists(v.AsText())
		if block == "" {
			return r
		}
		return r.With(descriptionName, record.HTML(text))
	}
	read, write, lossy := f.FromOdoo, f.ToOdoo, f.Lossy
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		s.Record = without(s.Record)
		return read(s)
	}
	f.ToOdoo = func(t mapping.Target) (mapping.Values, error) {
		_, block := splitChecklists(t.Current.Value(descriptionName).AsText())
		values, err := write(t)
		if text, written := values[descriptionName]; written && block != "" {
			values[descriptionName] = record.HTML(text.AsText() + block)
		}
		return values, err
	}
	f.Lossy = func(r record.Record) []string { return lossy(without(r)) }
	return f
}

// The beginnings of the lines of the canonical value.
const (
	listLine = "## "
	doneLine = "- [x] "
	openLine = "- [ ] "
)

// canonicalChecklists is the canonical value of what a card's record tells.
func canonicalChecklists(told record.Value, zone *time.Location) (record.Value, error) {
	if told.IsNull() {
		return told, nil
	}
	var lists []toldChecklist
	if err := json.Unmarshal([]byte(told.AsText()), &lists); err != nil {
		return record.Null(), fmt.Errorf("the checklists cannot be read: %w", err)
	}
	var lines []string
	for _, l := range lists {
		name := oneLine(l.Name)
		if name == "" {
			name = defaultChecklist
		}
		lines = append(lines, listLine+name)
		for _, i := range l.Items {
			lines = append(lines, itemLine(i.Done)+i.text(zone))
		}
	}
	return record.Text(strings.Join(lines, "\n")), nil
}

func itemLine(done bool) string {
	if done {
		return doneLine
	}
	return openLine
}

// text is what an item says: "Sand (Bob Baker, 2026-04-01 17:00)".
func (i toldItem) text(zone *time.Location) string {
	var more []string
	if member := oneLine(i.Member); member != "" {
		more = append(more, member)
	}
	if i.Due != nil {
		more = append(more, i.Due.In(zone).Format("2006-01-02 15:04"))
	}
	text := oneLine(i.Name)
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// oneLine is a text on one line, each run of blanks one blank, as HTML shows it.
func oneLine(text string) string { return strings.Join(strings.Fields(record.XMLText(text)), " ") }
