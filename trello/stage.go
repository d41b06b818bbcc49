package trello

import (
	"slices"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// Fit is the settings' say in the binding models: with share_stages a new list joins a stage of its name.
func (s *Settings) Fit(m backend.Model) backend.Model {
	m.Joins = m.Joins || (m.Name == ListModel && s.ShareStages)
	return m
}

// projects puts a stage into the project of its list's board; it only goes into Odoo. The canonical value is the one project
// that the list lives in, whatever other projects share the stage. A list that was moved to another board takes its stage out of
// the old board's project, where it would become a list again.
func projects() mapping.Field {
	of := mapping.Many2One("idBoard", "project_ids", BoardModel, "project.project")
	return mapping.Field{
		Name: "project_ids", Odoo: []string{"project_ids"}, External: []string{"idBoard"}, Needs: of.Needs,
		FromExternal: func(s mapping.Source) (record.Value, error) {
			v, err := of.FromExternal(s)
			return record.RefSet(v.AsRefs()...), err
		},
		FromOdoo: func(s mapping.Source) (record.Value, error) {
			id, _ := s.Lookup.ToOdoo(BoardModel, s.Scope)
			own := slices.DeleteFunc(s.Record.Value("project_ids").AsRefs(), func(r record.Reference) bool { return r.ID != id })
			return record.RefSet(own...), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) {
			current, left := t.Current.Value("project_ids").AsRefs(), t.Base.AsRefs()
			refs := slices.DeleteFunc(slices.Clone(current), func(r record.Reference) bool { return slices.Contains(left, r) })
			return mapping.Values{"project_ids": record.RefSet(append(refs, t.Value.AsRefs()...)...)}, nil
		},
	}
}

// inUse pairs a closed list with an archived stage. A stage of several projects takes no part, whether these have boards or not:
// to put it away would put it away for all of them.
func inUse() mapping.Field {
	f := mapping.Active("closed")
	f.AfterCreate = true // POST /lists takes no closed
	f.Odoo = append(f.Odoo, "project_ids")
	read := f.FromOdoo
	f.FromOdoo = func(s mapping.Source) (record.Value, error) {
		if len(s.Record.Value("project_ids").AsRefs()) > 1 {
			return record.Null(), mapping.ErrSkip
		}
		return read(s)
	}
	return f
}
