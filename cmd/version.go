package cmd

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/state"
)

// What a release says of itself, by -ldflags "-X …cmd.release=1.2.0 -X …cmd.revision=… -X …cmd.built=…". Where nothing is said, the
// revision and its time are those that the Go tool recorded.
var (
	release  = "0.1.0-dev" // the version of this source tree
	revision string        // the commit
	built    string        // when it was built, or committed, as RFC 3339
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Tell the version", Args: cobra.NoArgs,
		Long: `version tells the program's version, the commit that it was built from (and whether files had changes then),
when that was, and what it was built with. That is what a report of a mistake should begin with.

Exit codes: 0 done, 2 usage.

Next: ` + "`connector doctor`" + `.`,
		Example: "  connector version\n  connector --output json version",
		RunE: func(*cobra.Command, []string) error {
			v := thisBuild()
			if a.json() {
				return a.printJSON(v)
			}
			_, err := fmt.Fprint(a.out, v.text())
			return err
		},
	}
}

// buildView is what the program is, as `--output json` shows it.
type buildView struct {
	Version string `json:"version"`
	// Commit is the revision of the sources; "unknown" where the build recorded none.
	Commit string `json:"commit"`
	// Built is when a release was built, else when its commit was made.
	Built string `json:"built,omitempty"`
	// Modified reports that the sources had changes that were not committed.
	Modified bool `json:"modified"`
	// Go is the version of the compiler.
	Go string `json:"go"`
	// Platform is the operating system and the processor, as linux/amd64.
	Platform string `json:"platform"`
	// SQLite is the version of the database in the program.
	SQLite string `json:"sqlite"`
	// SQLiteDriver and PostgreSQLDriver are the modules that speak to the databases, with their versions.
	SQLiteDriver     string `json:"sqlite_driver,omitempty"`
	PostgreSQLDriver string `json:"postgresql_driver,omitempty"`
}

// thisBuild is what this program is.
func thisBuild() buildView {
	info, _ := debug.ReadBuildInfo()
	return buildOf(info)
}

// commit is the revision that the program was built from, as far as the build recorded it.
func commit() string { return thisBuild().Commit }

// buildOf reads what the build recorded; what a release says of itself goes first. Of a program without records only that is known.
func buildOf(info *debug.BuildInfo) buildView {
	v := buildView{
		Version: release, Commit: revision, Built: built, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, SQLite: state.SQLiteVersion(),
	}
	if info == nil {
		info = &debug.BuildInfo{}
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && v.Commit == "":
			v.Commit = s.Value
		case s.Key == "vcs.time" && v.Built == "":
			v.Built = s.Value
		case s.Key == "vcs.modified" && revision == "":
			v.Modified = s.Value == "true"
		}
	}
	if v.Commit == "" {
		v.Commit = "unknown"
	}
	for _, m := range info.Deps {
		switch {
		case strings.HasSuffix(m.Path, "/go-sqlite3"):
			v.SQLiteDriver = m.Path + " " + m.Version
		case strings.Contains(m.Path, "/jackc/pgx/"):
			v.PostgreSQLDriver = m.Path + " " + m.Version
		}
	}
	return v
}

// text is the version for people.
func (v buildView) text() string {
	commit := v.Commit
	if v.Modified {
		commit += ", with changes"
	}
	var b strings.Builder
	line := func(name, value string) {
		if value != "" {
			b.WriteString(pad(name, 9) + " " + value + "\n")
		}
	}
	line("connector", v.Version)
	line("commit", commit)
	line("built", v.Built)
	line("Go", v.Go+", "+v.Platform)
	line("SQLite", strings.TrimSuffix(v.SQLite+", "+v.SQLiteDriver, ", "))
	line("pgx", strings.TrimPrefix(v.PostgreSQLDriver, "github.com/jackc/pgx/v5 "))
	return b.String()
}
