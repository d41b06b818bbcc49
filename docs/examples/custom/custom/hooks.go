package custom

import (
	"context"
	"errors"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/trello"
)

// addHooks registers what happens around the import and the export of a card.
func addHooks(b *backend.Backend) {
	b.Importer(trello.CardModel, backend.Importer{Skip: draft, Before: onlyInOpenProjects, After: followedByManager})
	b.Exporter(trello.CardModel, backend.Exporter{Skip: draft, Validate: noSecrets})
}

// draft leaves alone what is called "Draft …", on both sides. People read the reason.
func draft(r record.Record) string {
	if strings.HasPrefix(r.Value("name").AsText(), "Draft") {
		return "it is a draft"
	}
	return ""
}

// onlyInOpenProjects fails the import of a card while its project has the tag "Closed". What is asked of Odoo is asked once a card.
func onlyInOpenProjects(ctx context.Context, env *backend.Environment, r record.Record) error {
	board, _ := r.Value("idBoard").AsRef()
	project, bound, err := env.Binder.ToOdoo(ctx, trello.BoardModel, board.ID)
	if err != nil || !bound {
		return err
	}
	closed, err := env.Session.Count(ctx, "project.project", odoo.And(odoo.Cond("id", "=", project), odoo.Cond("tag_ids.name", "=", "Closed")))
	if err == nil && closed > 0 {
		err = errors.New("the project is closed; move the card to another board, or take the tag off the project")
	}
	return err
}

// noSecrets refuses to send a text that looks like a password. The record fails alone, and its job shows the reason.
func noSecrets(values mapping.Values) error {
	if strings.Contains(strings.ToLower(values["desc"].AsText()), "password:") {
		return errors.New("the description has a password in it; take it out of the task")
	}
	return nil
}

// followedByManager notes on the task who looks after what comes from Trello. It may run twice for one task, so it only adds what is
// not there, and it writes a field that is not mapped: a mapped one would look like somebody's edit.
func followedByManager(ctx context.Context, env *backend.Environment, b binding.Binding) error {
	tasks, _, err := env.Session.Read(ctx, b.OdooModel, []int64{b.OdooID}, []string{"email_cc"})
	if err != nil || len(tasks) == 0 || !tasks[0].Value("email_cc").IsNull() {
		return err
	}
	env.Explainf("the manager gets a copy")
	return env.Session.Write(ctx, b.OdooModel, []int64{b.OdooID}, map[string]record.Value{"email_cc": record.Text("manager@example.com")})
}
