package cmd_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/odoo-connector/connector/cmd"
	"github.com/odoo-connector/connector/state/statetest"
)

// TestMain makes the program itself a command of the scripts: the test binary under another name.
func TestMain(m *testing.M) {
	testscript.Main(withDatabases{m}, map[string]func(){
		"connector": func() { os.Exit(cmd.Main()) },
	})
}

// withDatabases stops the PostgreSQL that a script has started.
type withDatabases struct{ *testing.M }

// Run runs the tests and gives the exit code.
func (m withDatabases) Run() int { return statetest.Main(m.M) }
