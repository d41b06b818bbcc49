package cmd_test

import (
	"flag"
	"fmt"
	"os"
	"runtime"
	"strconv"
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

// Run runs the tests and gives the exit code. CONNECTOR_TEST_PROGRAM is the directory of a connector that goes before the test binary
// under that name: one that writes down what was run of it.
func (m withDatabases) Run() int {
	if dir := os.Getenv("CONNECTOR_TEST_PROGRAM"); dir != "" {
		if err := os.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	waitTogether()
	return statetest.Main(m.M)
}

// waitTogether lets more tests run at a time than there are processors, unless the command line says how many: most of the
// time they wait, for pauses between tries and for processes.
func waitTogether() {
	flag.Parse()
	given := false
	flag.Visit(func(f *flag.Flag) { given = given || f.Name == "test.parallel" })
	if !given {
		_ = flag.Set("test.parallel", strconv.Itoa(max(8, runtime.GOMAXPROCS(0)))) // which go test itself has defined
	}
}
