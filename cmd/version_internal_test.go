package cmd

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestBuild(t *testing.T) {
	recorded := &debug.BuildInfo{
		Deps: []*debug.Module{
			{Path: "github.com/mattn/go-sqlite3", Version: "v1.14.53"}, {Path: "github.com/jackc/pgx/v5", Version: "v5.12.0"},
		},
		Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: "0123abc"}, {Key: "vcs.time", Value: "2026-03-02T15:04:05Z"}, {Key: "vcs.modified", Value: "true"},
		},
	}
	t.Run("Ensure the records of the build are told", func(t *testing.T) {
		v := buildOf(recorded)
		want := "commit    0123abc, with changes\nbuilt     2026-03-02T15:04:05Z\n"
		if !strings.Contains(v.text(), want) || !strings.HasSuffix(v.text(), ", github.com/mattn/go-sqlite3 v1.14.53\npgx       v5.12.0\n") {
			t.Errorf("it says\n%s", v.text())
		}
		if !v.Modified || v.SQLiteDriver != "github.com/mattn/go-sqlite3 v1.14.53" || v.PostgreSQLDriver != "github.com/jackc/pgx/v5 v5.12.0" {
			t.Errorf("it is %+v", v)
		}
	})
	t.Run("Ensure a release's own words go first", func(t *testing.T) {
		oldRevision, oldBuilt := revision, built
		defer func() { revision, built = oldRevision, oldBuilt }()
		revision, built = "fedcba9", "2026-04-01T00:00:00Z"
		if v := buildOf(recorded); v.Commit != "fedcba9" || v.Built != "2026-04-01T00:00:00Z" || v.Modified {
			t.Errorf("it is %+v", v)
		}
	})
	t.Run("Ensure a program without records says that its commit is unknown", func(t *testing.T) {
		if v := buildOf(nil); v.Commit != "unknown" || v.Built != "" || !strings.Contains(v.text(), "commit    unknown\n") {
			t.Errorf("it is %+v", v)
		}
	})
}
