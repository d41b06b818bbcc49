package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/state"
)

// release is the version of this source tree. A variable, since the linker puts a release's own version there: see deploy/release.sh.
var release = "0.1.0-dev"

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Tell the version", Args: cobra.NoArgs,
		Long:    "version tells the program's version and what it was built with.\n\nExit codes: 0 done, 2 usage.",
		Example: "  connector version\n  connector --output json version",
		RunE: func(*cobra.Command, []string) error {
			commit := commit()
			if a.json() {
				return a.printJSON(map[string]string{"version": release, "commit": commit, "go": runtime.Version(), "sqlite": state.SQLiteVersion()})
			}
			_, err := fmt.Fprintf(a.out, "connector %s (%s), %s, SQLite %s\n", release, commit, runtime.Version(), state.SQLiteVersion())
			return err
		},
	}
}

// commit is the revision that the binary was built from, as far as the build recorded it.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return s.Value
		}
	}
	return "unknown"
}
