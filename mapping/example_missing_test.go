package mapping_test

import (
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// pairs is a Lookup that knows the same pairs in both directions and in every scope.
type pairs map[string]string

func (p pairs) ToOdoo(_, external string) (string, bool) { id, ok := p[external]; return id, ok }

func (p pairs) ToExternal(_, odoo, _ string) (string, bool) {
	for external, id := range p {
		if id == odoo {
			return external, true
		}
	}
	return "", false
}

// A reference to what is not bound yet is an error that says what must come first.
func ExampleMissingError() {
	m := mapping.New(mapping.Many2One("idBoard", "project_id", "demo.board", "project.project"))
	card := record.New("demo.card", "c1", map[string]record.Value{"idBoard": record.Ref("demo.board", "5f1")})
	_, err := m.Import().Values(mapping.Source{Record: card, Lookup: pairs{}}, true)

	var missing *mapping.MissingError
	if errors.As(err, &missing) {
		fmt.Println(err)
		fmt.Println("first:", missing.Missing[0])
	}
	// Output:
	// field project_id needs demo.board 5f1, which is not bound
	// first: demo.board,5f1
}
