package cmd_test

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/odoo-connector/connector/cmd"
)

// TestMain makes the program itself a command of the scripts: the test binary under another name.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){
		"connector": func() { os.Exit(cmd.Main()) },
	})
}
