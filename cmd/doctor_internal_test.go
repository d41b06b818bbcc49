package cmd

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
)

// doctored are the findings about one backend or the state in short.
func doctored(of examinedView) (short []string) {
	for _, f := range of.Findings {
		short = append(short, f.Level+" "+f.Check+": "+f.What)
	}
	return short
}

func TestDoctorOfBackends(t *testing.T) {
	t.Run("Ensure that two backends of one board and one Odoo are told of", func(t *testing.T) {
		d := newDesk(t, "odoo: [{name: main, url: 'sandbox://demo'}]\nbackends:\n"+
			"  - {name: first, kind: trello, url: 'sandbox://demo', boards: [Workshop]}\n  - {name: second, kind: trello, url: 'sandbox://demo'}\n")
		var v doctorView
		d.read(&v, "doctor", "first", "second")
		if len(v.Odoo) != 0 || len(v.Backends) != 2 || v.State != nil {
			t.Fatalf("%+v", v)
		}
		want := "warn shared: Workshop: synchronized with Odoo main by first, too"
		if short := doctored(v.Backends[1]); !slices.Contains(short, want) {
			t.Errorf("%q is missing in %q", want, short)
		}
	})
	t.Run("Ensure that only the same parts are in common", func(t *testing.T) {
		one, other := []backend.Part{{ID: "1", Name: "A"}, {ID: "2", Name: "B"}}, []backend.Part{{ID: "2", Name: "B"}, {ID: "3", Name: "A"}}
		if got := inCommon(one, other); !slices.Equal(got, []string{"B"}) {
			t.Errorf("%q", got)
		}
		if f := sharedFinding(config.Backend{Odoo: "main"}, config.Backend{Name: "x"}, []string{"B"}); f.Why == "" || f.Remedy == "" {
			t.Errorf("%+v", f)
		}
	})
}

func TestDoctorOfTheState(t *testing.T) {
	t.Run("Ensure that failed jobs and files that others may read are told", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.failing(3)
		for name, mode := range map[string]os.FileMode{"state.db": 0o644, "config.yaml": 0o666} {
			if err := os.Chmod(d.path(name), mode); err != nil {
				t.Fatal(err)
			}
		}
		var v doctorView
		d.read(&v, "doctor")
		short := doctored(*v.State)
		for _, want := range []string{
			"warn jobs: 3 jobs failed", "warn permissions: config.yaml: 0666, which lets others in",
		} {
			if !slices.Contains(short, want) {
				t.Errorf("%q is missing in %q", want, short)
			}
		}
		if !strings.HasPrefix(short[0], "ok state: it can be used; schema ") {
			t.Error(short[0])
		}
	})
	t.Run("Ensure that a state that cannot be used is a failure", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.write("state.db", "this is no database, and never was one, whatever it is called")
		code, out, _ := d.run("doctor")
		if code != exitEnvironment {
			t.Errorf("exit %d", code)
		}
		mustHave(t, out, "  fail  state          ")
	})
	t.Run("Ensure that a disk which cannot be looked at is a failure", func(t *testing.T) {
		if err := writable(t.TempDir()); err != nil || !errors.Is(writable(t.TempDir()+"/nowhere"), fs.ErrNotExist) {
			t.Errorf("a directory of ours: %v", err)
		}
		if f := examineDisk(t.TempDir() + "/nowhere")[0]; f.Level != "fail" || f.Remedy == "" {
			t.Errorf("%+v", f)
		}
		if got := sizeText(3 << 29); got != "1.5 GB" {
			t.Error(got)
		}
	})
}
