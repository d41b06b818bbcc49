// Package redmine connects Redmine: projects and issues, kept in step with Odoo's projects and tasks.
//
// What is said here of the server was read in Redmine's own source and in its description of the REST API.
package redmine

import (
	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// The binding models.
const (
	ProjectModel = "redmine.project"
	UserModel    = "redmine.user"
	IssueModel   = "redmine.issue"
)

// Backend is the system with its version "1".
func Backend() *backend.Backend {
	b := backend.New("redmine", "1").
		Configure("", func() any { return new(Settings) }).
		Connects(connect).
		Explains(keyRefused(), denied(), ignored(), setting()).
		ShownAt(pageOf).
		Requires(backend.Right{Group: "project.group_project_manager", Name: "Project / Administrator"}).
		Declare(Models()...)
	b.Adapter(ProjectModel, newProjects).Mapper(ProjectModel, ProjectMapper()).Tailor(ProjectModel, tailorProjects)
	b.Adapter(UserModel, newUsers).Mapper(UserModel, UserMapper())
	b.Adapter(IssueModel, newIssues).Mapper(IssueModel, IssueMapper()).Tailor(IssueModel, tailorIssues)
	return b
}

// Models are the binding models, parents and what is linked to first.
func Models() []backend.Model {
	return []backend.Model{projectModel(), userModel(), issueModel()}
}

func projectModel() backend.Model {
	return backend.Model{
		Name: ProjectModel, OdooModel: "project.project", Noun: "project", OdooNoun: "project",
		NameField: "name", OdooNameField: "name", TimeField: "updated_on",
		Creates: true, ByDomain: true, // a project goes to Redmine only where the configuration gives a domain
		Fields: []backend.ExternalField{
			{Name: "name", Kind: record.KindText, Required: true},
			{Name: "identifier", Kind: record.KindText, ReadOnly: true},
			{Name: "description", Kind: record.KindMarkdown},
			{Name: "closed", Kind: record.KindBool, AfterCreate: true},
		},
		Prose: prose(),
	}
}

func userModel() backend.Model {
	return backend.Model{
		Name: UserModel, OdooModel: "res.users", Noun: "user", OdooNoun: "user",
		NameField: "name", OdooNameField: "name", LinkOnly: true,
	}
}

func issueModel() backend.Model {
	return backend.Model{
		Name: IssueModel, OdooModel: "project.task", Noun: "issue", OdooNoun: "task",
		NameField: "subject", OdooNameField: "name", TimeField: "updated_on",
		Parent: ProjectModel, ParentField: "project", OdooParent: "project_id",
		Creates: true, Domain: odoo.Cond("project_id", "!=", false), CascadeFrom: []string{"project_id"},
		Fields: []backend.ExternalField{
			{Name: "subject", Kind: record.KindText, Required: true},
			{Name: "description", Kind: record.KindMarkdown},
			{Name: "status", Kind: record.KindText},
			{Name: "closed", Kind: record.KindBool, ReadOnly: true},
			{Name: "priority", Kind: record.KindText},
			{Name: "start_date", Kind: record.KindDate},
			{Name: "due_date", Kind: record.KindDate},
			{Name: "estimated_hours", Kind: record.KindDecimal},
			{Name: "done_ratio", Kind: record.KindDecimal},
			{Name: "tracker", Kind: record.KindText, ReadOnly: true},
			{Name: "author", Kind: record.KindText, ReadOnly: true},
		},
		Prose: prose(),
	}
}
