package redmine

import (
	"context"
	"fmt"
	"html"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// ProjectMapper pairs a project with Odoo's. Its description is the tailor's.
func ProjectMapper() mapping.Mapper {
	closed := mapping.Active("closed")
	closed.AfterCreate = true
	return mapping.New(named("name"), closed)
}

// UserMapper tells which fields of Odoo's users tell who they are. Nothing of a user is written.
func UserMapper() mapping.Mapper {
	return mapping.New(mapping.Direct("name", "name", mapping.Trimmed), mapping.Direct("login", "login"), mapping.Direct("mail", "email"))
}

// IssueMapper pairs an issue with a task. What depends on the Odoo or on the settings is the tailor's.
func IssueMapper() mapping.Mapper {
	return mapping.New(
		named("subject"),
		mapping.Filled(mapping.Many2One("project", "project_id", ProjectModel, "project.project")),
		mapping.Many2One("parent", "parent_id", IssueModel, "project.task"),
		assignee(),
	)
}

// named pairs the two names, by which unbound records of both sides are recognised as the same.
func named(external string) mapping.Field {
	f := mapping.Filled(mapping.Direct(external, "name", mapping.Trimmed))
	f.Match = true
	write := f.ToExternal
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		if utf8.RuneCountInString(t.Value.AsText()) > longest {
			return nil, &mapping.UnfitError{Reason: fmt.Sprintf("the name is longer than the %d characters that Redmine takes; shorten it", longest)}
		}
		return write(t)
	}
	return f
}

// longest is how long the names of projects and the subjects of issues may be, in characters.
const longest = 255

// assignee pairs the assignee with the task's: an issue has one, so it shows a part of them. Who is shown stays while assigned.
func assignee() mapping.Field {
	f := mapping.OptionalMany2Many("assignees", "user_ids", UserModel, "res.users")
	f.Part = true
	all := f.ToExternal
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		values, err := all(t)
		people, shown := values["assignees"].AsRefs(), t.Current.Value("assignees").AsRefs()
		if err != nil || len(people) == 0 {
			return values, err
		}
		if len(shown) == 1 && slices.Contains(people, shown[0]) {
			return nil, nil
		}
		return mapping.Values{"assignees": record.RefSet(people[0])}, nil
	}
	return f
}

// prose writes Redmine's Markdown as Odoo's HTML and back.
func prose() *mapping.Prose {
	return &mapping.Prose{HTML: markup.HTML, Text: markup.Markdown, Canonical: markup.Canonical}
}

// shown shows a text as it is.
func shown() *mapping.Prose {
	p := prose()
	p.HTML = func(text string) string {
		if text == "" {
			return ""
		}
		return "<p>" + strings.ReplaceAll(strings.ReplaceAll(html.EscapeString(text), "\n\n", "</p><p>"), "\n", "<br>") + "</p>"
	}
	return p
}

// description pairs the descriptions: both ways where Redmine has Markdown, into Odoo alone where it has Textile.
func description(s *Settings) mapping.Field {
	p := mapping.Pair{
		External: "description", Kind: record.KindMarkdown, Odoo: "description", OdooField: mapping.OdooField{Type: "html"}, Prose: prose(),
	}
	if s.Format == formatTextile {
		p.Prose, p.Imports = shown(), true
	}
	return p.MustField()
}

// tailorProjects adds what depends on the settings.
func tailorProjects(_ context.Context, env *backend.Environment, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	_, s, err := parts(env)
	if _, ok := backend.OdooField(fields, "description"); err != nil || !ok {
		return m, err
	}
	return m.Extend(description(s)), nil
}

// tailorIssues adds what depends on the settings and on what this Odoo's tasks have: a due date is a day in Odoo 16 and a moment in later
// ones, only later ones have a state, and only an Odoo Enterprise has a start.
func tailorIssues(ctx context.Context, env *backend.Environment, m mapping.Mapper, fields odoo.Fields) (mapping.Mapper, error) {
	c, s, err := parts(env)
	if err != nil {
		return m, err
	}
	m = m.Extend(description(s))
	for _, pair := range []struct{ odoo, external string }{{"date_deadline", "due_date"}, {"planned_date_begin", "start_date"}} {
		if field, ok := backend.OdooField(fields, pair.odoo); ok {
			m = m.Extend(mapping.Pair{External: pair.external, Kind: record.KindDate, Odoo: pair.odoo, OdooField: field}.MustField())
		}
	}
	if _, ok := backend.OdooField(fields, "state"); !ok {
		return m, nil
	}
	statuses, err := c.once(ctx, "/issue_statuses.json", "issue_statuses")
	if err != nil {
		return m, err
	}
	table, err := newStatuses(s.Statuses, statuses)
	if err != nil {
		return m, err
	}
	return m.Extend(table.field()), nil
}

// The states that open and closed issues have where no table says otherwise.
const (
	inProgress = "01_in_progress"
	done       = "1_done"
)

// statuses translates statuses of issues and states of tasks.
type statuses struct {
	given        []Status
	open, closed string // the first status of each kind
}

func newStatuses(given []Status, all []object) (*statuses, error) {
	s := &statuses{}
	spelt := map[string]string{}
	for _, o := range all {
		name := o.text("name")
		spelt[strings.ToLower(name)] = name
		if shut, _ := o["is_closed"].(bool); shut && s.closed == "" {
			s.closed = name
		} else if !shut && s.open == "" {
			s.open = name
		}
	}
	for _, one := range given {
		name, ok := spelt[strings.ToLower(one.Redmine)]
		if !ok {
			return nil, &settingError{fmt.Sprintf("there is no status %q in Redmine; correct statuses: in the configuration", one.Redmine)}
		}
		s.given = append(s.given, Status{Redmine: name, Odoo: one.Odoo})
	}
	return s, nil
}

// field pairs an issue's status with a task's state. Both sides are brought to the states of the table, and to in progress and done
// for the others: a task that is cancelled agrees with an issue that is closed, unless the table has something to say of it.
func (s *statuses) field() mapping.Field {
	return mapping.Field{
		Name: "state", Odoo: []string{"state"}, External: []string{"status", "closed"},
		FromExternal: func(from mapping.Source) (record.Value, error) {
			return record.Text(s.state(from.Record.Value("status").AsText(), from.Record.Value("closed").AsBool())), nil
		},
		FromOdoo: func(from mapping.Source) (record.Value, error) {
			return record.Text(s.canonical(from.Record.Value("state").AsText())), nil
		},
		ToOdoo: func(t mapping.Target) (mapping.Values, error) { return mapping.Values{"state": t.Value}, nil },
		ToExternal: func(t mapping.Target) (mapping.Values, error) {
			return mapping.Values{"status": record.Text(s.status(t.Value.AsText()))}, nil
		},
		Unset: func(v record.Value) bool { return v.AsText() == inProgress },
	}
}

// state is what an issue of a status is.
func (s *statuses) state(status string, closed bool) string {
	for _, one := range s.given {
		if one.Redmine == status {
			return one.Odoo
		}
	}
	if closed {
		return done
	}
	return inProgress
}

// canonical is the state that a task's stands for: itself, where the table has it.
func (s *statuses) canonical(state string) string {
	if slices.ContainsFunc(s.given, func(one Status) bool { return one.Odoo == state }) {
		return state
	}
	return s.state("", state == done || state == "1_canceled")
}

// status is the first one that is this state.
func (s *statuses) status(state string) string {
	for _, one := range s.given {
		if one.Odoo == state {
			return one.Redmine
		}
	}
	if state == done {
		return s.closed
	}
	return s.open
}
