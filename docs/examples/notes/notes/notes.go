// Package notes connects a notes server: notebooks and notes, kept in step with Odoo's projects and tasks.
package notes

import (
	"context"
	"regexp"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// The binding models.
const (
	NotebookModel = "notes.notebook"
	NoteModel     = "notes.note"
)

// Settings are the keys that a notes backend has in the configuration beside those of every backend.
type Settings struct {
	Token     config.Secret `yaml:"token" config:"required"`
	Notebooks []string      `yaml:"notebooks"`           // ids; all when left out
	Rate      float64       `yaml:"requests_per_second"` // 5 when left out
}

// SettingKeys implements config.Documented: what people read of the keys, and what `config init` asks.
func (*Settings) SettingKeys() []config.Key {
	return []config.Key{
		{
			Name: "token", Doc: "The API token of the user that the connector works as.",
			Ask: &config.Question{Text: "API token", Help: "Make one under Settings, API tokens."},
		},
		{Name: "notebooks", Doc: "The ids of the notebooks that take part.", Otherwise: "all", Example: `["12", "15"]`},
		{Name: "requests_per_second", Doc: "How many requests are sent in a second at most.", Default: "5"},
	}
}

var number = regexp.MustCompile(`^[0-9]+$`)

// CheckSettings implements config.Checker: it looks at what no type can tell.
func (s *Settings) CheckSettings() (all []config.SettingProblem) {
	for _, id := range s.Notebooks {
		if !number.MatchString(id) {
			all = append(all, config.SettingProblem{
				Path: "notebooks", Problem: `"` + id + `" is no notebook's id`, Hint: "it is the number in the notebook's address",
			})
		}
	}
	if s.Rate < 0 {
		all = append(all, config.SettingProblem{Path: "requests_per_second", Problem: "is negative", Hint: "leave it out for 5"})
	}
	return all
}

// Backend is the system with its version "1".
func Backend() *backend.Backend {
	b := backend.New("notes", "1").
		Configure("", func() any { return new(Settings) }).
		Connects(connect).
		Explains(explained()).
		ShownAt(page).
		Requires(backend.Right{Group: "project.group_project_manager", Name: "Project / Administrator"}).
		Declare(Models()...)
	b.Adapter(NotebookModel, newNotebooks).Mapper(NotebookModel, NotebookMapper())
	b.Adapter(NoteModel, newNotes).Mapper(NoteModel, NoteMapper()).Tailor(NoteModel, tailorNotes)
	return b
}

// Models are the binding models, parents first.
func Models() []backend.Model {
	return []backend.Model{
		{
			Name: NotebookModel, OdooModel: "project.project", Noun: "notebook", OdooNoun: "project",
			NameField: "name", OdooNameField: "name",
			Creates: true, ByDomain: true, // a project becomes a notebook only where the configuration gives a domain
			Fields: []backend.ExternalField{
				{Name: "name", Kind: record.KindText, Required: true},
				{Name: "archived", Kind: record.KindBool, AfterCreate: true},
			},
		},
		{
			Name: NoteModel, OdooModel: "project.task", Noun: "note", OdooNoun: "task",
			NameField: "title", OdooNameField: "name", TimeField: "changed",
			Parent: NotebookModel, ParentField: "notebook", OdooParent: "project_id",
			Creates: true, Domain: odoo.Cond("parent_id", "=", false), // sub-tasks are no notes
			CascadeFrom: []string{"project_id"},
			Fields: []backend.ExternalField{
				{Name: "title", Kind: record.KindText, Required: true},
				{Name: "text", Kind: record.KindMarkdown},
				{Name: "important", Kind: record.KindBool},
				{Name: "due", Kind: record.KindDate},
				{Name: "archived", Kind: record.KindBool, AfterCreate: true},
				{Name: "author", Kind: record.KindText, ReadOnly: true},
			},
			Prose: prose(),
		},
	}
}

// prose writes a note's Markdown as Odoo's HTML and back.
func prose() *mapping.Prose {
	return &mapping.Prose{HTML: markup.HTML, Text: markup.Markdown, Canonical: markup.Canonical}
}

// named pairs the two names, by which unbound records of both sides are recognised as the same.
func named(external string) mapping.Field {
	f := mapping.Filled(mapping.Direct(external, "name", mapping.Trimmed))
	f.Match = true
	return f
}

// archived pairs the flag of a record that is put away with Odoo's active. The server takes it in an update only.
func archived() mapping.Field {
	f := mapping.Active("archived")
	f.AfterCreate = true
	return f
}

// NotebookMapper pairs a notebook with a project.
func NotebookMapper() mapping.Mapper {
	return mapping.New(named("name"), archived())
}

// NoteMapper pairs a note with a task.
func NoteMapper() mapping.Mapper {
	return mapping.New(
		named("title"),
		mapping.Filled(mapping.Many2One("notebook", "project_id", NotebookModel, "project.project")),
		mapping.Pair{
			External: "text", Kind: record.KindMarkdown,
			Odoo: "description", OdooField: mapping.OdooField{Type: "html"}, Prose: prose(),
		}.MustField(),
		mapping.Pair{
			External: "important", Kind: record.KindBool, Odoo: "priority",
			Values: []mapping.Translation{{Odoo: "1", External: "true"}, {Odoo: "0", External: "false"}},
		}.MustField(),
		archived(),
	)
}

// tailorNotes pairs the due date, which Odoo 16 holds as a day and later ones as a moment.
func tailorNotes(_ context.Context, _ *backend.Environment, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	deadline, ok := backend.OdooField(fields, "date_deadline")
	if !ok {
		return m, nil
	}
	return m.Extend(mapping.Pair{External: "due", Kind: record.KindDate, Odoo: "date_deadline", OdooField: deadline}.MustField()), nil
}
