package trello

import (
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/backend"
)

// describing gathers the custom fields of several boards.
type describing struct {
	fields []backend.ExternalField
	kinds  []string       // their types in Trello
	on     []string       // the first board of each
	index  map[string]int // by name
}

// board adds a board's custom fields.
func (d *describing) board(b *board, mapped []string) {
	seen := map[string]bool{}
	for _, f := range b.CustomFields.all {
		name := customPrefix + f.Name
		d.add(name, f, b)
		if seen[name] {
			d.differs(name, fmt.Sprintf("is there twice on the board %q: map it by its id (custom:%s), or give one of them another name", b.Name, f.ID))
		}
		seen[name] = true
		if byID := customPrefix + f.ID; slices.Contains(mapped, byID) {
			d.add(byID, f, b)
		}
	}
}

func (d *describing) add(name string, f customField, b *board) {
	i, there := d.index[name]
	if !there {
		i = len(d.fields)
		d.index[name] = i
		d.fields = append(d.fields, backend.ExternalField{
			Name: name, Kind: customKinds[f.Type], AfterCreate: true, Local: true, Note: f.Type + " of " + b.Name,
		})
		d.kinds, d.on = append(d.kinds, f.Type), append(d.on, b.Name)
	} else if d.kinds[i] == f.Type {
		d.fields[i].Note += ", " + b.Name
	}
	switch {
	case d.kinds[i] != f.Type:
		d.differs(name, fmt.Sprintf("is a %s on the board %q and a %s on %q: give them different names, or map one by its id (custom:%s)",
			d.kinds[i], d.on[i], f.Type, b.Name, f.ID))
	case f.Type == customList:
		if d.fields[i].Options == nil {
			d.fields[i].Options = map[string][]string{}
		}
		d.fields[i].Options[b.ID] = f.options()
	}
}

// differs notes the first reason why a field cannot be mapped by its name.
func (d *describing) differs(name, why string) {
	if f := &d.fields[d.index[name]]; f.Differs == "" {
		f.Differs = why
	}
}
