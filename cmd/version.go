package cmd

import (
	"cmp"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/state"
)

// What a release says of itself, by -ldflags "-X …cmd.release=1.2.0 -X …cmd.revision=… -X …cmd.built=…". Where nothing is said, they
// are what the Go tool recorded.
var (
	release  string // the version
	revision string // the commit
	built    string // when it was built, or committed, as RFC 3339
)

const (
	modulePath    = "github.com/odoo-connector/connector"
	sourceVersion = "0.1.0-dev" // of this source tree, between releases
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

// version is the program's version.
func version() string { return thisBuild().Version }

// commit is the revision that the program was built from, as far as the build recorded it.
func commit() string { return thisBuild().Commit }

// buildOf reads what the build recorded; what a release says of itself goes first. Of a program without records only that is known.
func buildOf(info *debug.BuildInfo) buildView {
	if info == nil {
		info = &debug.BuildInfo{}
	}
	v := buildView{
		Version: release, Commit: revision, Built: built, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, SQLite: state.SQLiteVersion(),
	}
	v.readSources(info.Settings)
	v.readModules(info)
	v.Commit = cmp.Or(v.Commit, "unknown")
	v.Version = cmp.Or(v.Version, sourceVersion)
	return v
}

// readSources takes what is recorded of a repository that the program was built in.
func (v *buildView) readSources(settings []debug.BuildSetting) {
	for _, s := range settings {
		switch {
		case s.Key == "vcs.revision":
			v.Commit = cmp.Or(v.Commit, s.Value)
		case s.Key == "vcs.time":
			v.Built = cmp.Or(v.Built, s.Value)
		case s.Key == "vcs.modified" && revision == "":
			v.Modified = s.Value == "true"
		}
	}
}

// readModules takes what is recorded of the modules that the program is made of. This one is the main module, or one of those that
// somebody's own program is made of.
func (v *buildView) readModules(info *debug.BuildInfo) {
	v.readModule(info.Main)
	for _, m := range info.Deps {
		v.readModule(*m)
		switch {
		case strings.HasSuffix(m.Path, "/go-sqlite3"):
			v.SQLiteDriver = m.Path + " " + m.Version
		case strings.Contains(m.Path, "/jackc/pgx/"):
			v.PostgreSQLDriver = m.Path + " " + m.Version
		}
	}
}

// pseudo finds time and commit in a version that the Go tool makes of a commit without a tag, v0.0.0-20260302150405-0123456789ab.
var pseudo = regexp.MustCompile(`[-.](\d{14})-([0-9a-f]{12})(\+.*)?$`)

// readModule takes the version of this module: a tag's, or where it was fetched from elsewhere the one made of a commit. In a
// repository of one's own the latter says no more than the commit, which is told apart.
func (v *buildView) readModule(m debug.Module) {
	if m.Path != modulePath || m.Version == "" || m.Version == "(devel)" || m.Replace != nil {
		return
	}
	made := pseudo.FindStringSubmatch(m.Version)
	if made != nil && v.Commit != "" {
		return
	}
	v.Version = cmp.Or(v.Version, strings.TrimPrefix(strings.TrimSuffix(m.Version, "+dirty"), "v"))
	if made != nil {
		v.Commit = made[2]
		if at, err := time.Parse("20060102150405", made[1]); err == nil && v.Built == "" {
			v.Built = at.Format(time.RFC3339)
		}
	}
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
