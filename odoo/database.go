package odoo

import (
	"context"
	"strings"
)

// findDatabase takes the database that the options name or, where they name none, the only one that
// the server shows.
func (l *login) findDatabase(ctx context.Context, o Options) error {
	if l.database == "" {
		names, err := l.databases(ctx)
		if err != nil {
			return err
		}
		if len(names) != 1 {
			return l.severalDatabases(names)
		}
		l.database = names[0]
	}
	if l.key = o.Key; l.key == "" {
		l.key = l.endpoint.base + "/" + l.database
	}
	return nil
}

// severalDatabases: the names are shown, for the server shows them to anyone.
func (l *login) severalDatabases(names []string) *Error {
	text := "the database is not named, and the server shows none"
	if len(names) > 1 {
		text = "the database is not named, and the server has several: " + l.redact(strings.Join(names, ", "))
	}
	e := l.invalid("login", text, "name the database in the configuration")
	e.Kind = UnknownDatabase
	return e
}

// databases asks the server for the databases that it shows for this host. Most hide them (list_db).
func (l *login) databases(ctx context.Context) ([]string, error) {
	c := call{op: "list of databases", read: true}
	answer, err := l.askWeb(ctx, c, "/web/database/list")
	if err != nil {
		return nil, err
	}
	list, _ := answer["result"].([]any) // an error instead of a result: the server shows none
	var names []string
	for _, item := range list {
		if name, ok := item.(string); ok {
			names = append(names, name)
		}
	}
	return names, nil
}
