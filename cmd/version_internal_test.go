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
	t.Run("Ensure a module that was installed tells its version", func(t *testing.T) {
		tagged := buildOf(&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v1.2.0"}})
		if tagged.Version != "1.2.0" || tagged.Commit != "unknown" {
			t.Errorf("it is %+v", tagged)
		}
		untagged := buildOf(&debug.BuildInfo{Main: debug.Module{Path: modulePath, Version: "v0.0.0-20260302150405-0123456789ab"}})
		if untagged.Version != "0.0.0-20260302150405-0123456789ab" || untagged.Commit != "0123456789ab" || untagged.Built != "2026-03-02T15:04:05Z" {
			t.Errorf("it is %+v", untagged)
		}
	})
	t.Run("Ensure somebody's own program tells the version of this module in it", func(t *testing.T) {
		v := buildOf(&debug.BuildInfo{
			Main: debug.Module{Path: "example.com/mine", Version: "v9.0.0"}, Deps: []*debug.Module{{Path: modulePath, Version: "v1.2.0"}},
		})
		if v.Version != "1.2.0" {
			t.Errorf("it is %+v", v)
		}
	})
	t.Run("Ensure a build in a clone is of the source tree's version, or of the tag that was checked out", func(t *testing.T) {
		cloned := *recorded
		for recordedVersion, want := range map[string]string{
			"(devel)": sourceVersion, "v0.0.0-20260302150405-0123abc01234+dirty": sourceVersion, "v1.2.0+dirty": "1.2.0",
		} {
			cloned.Main = debug.Module{Path: modulePath, Version: recordedVersion}
			if v := buildOf(&cloned); v.Version != want || v.Commit != "0123abc" || !v.Modified {
				t.Errorf("%s: it is %+v", recordedVersion, v)
			}
		}
	})
}
