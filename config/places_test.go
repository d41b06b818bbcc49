package config_test

import (
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/odoo-connector/connector/config"
)

func TestPlaces(t *testing.T) {
	paths := func(env map[string]string) (all []string) {
		for _, p := range config.Places(func(name string) string { return env[name] }) {
			all = append(all, p.Path)
		}
		return all
	}
	for _, c := range []struct {
		about string
		env   map[string]string
		want  []string
	}{
		{"the home directory stands between here and the machine", map[string]string{"HOME": "/home/ann"},
			[]string{"config.yaml", "/home/ann/.config/connector/config.yaml", "/etc/connector/config.yaml"}},
		{"XDG_CONFIG_HOME replaces the home directory", map[string]string{"HOME": "/home/ann", "XDG_CONFIG_HOME": "/x"},
			[]string{"config.yaml", "/x/connector/config.yaml", "/etc/connector/config.yaml"}},
		{"a relative XDG_CONFIG_HOME counts as none", map[string]string{"HOME": "/home/ann", "XDG_CONFIG_HOME": "x"},
			[]string{"config.yaml", "/home/ann/.config/connector/config.yaml", "/etc/connector/config.yaml"}},
		{"nothing is guessed without a home", nil, []string{"config.yaml", "/etc/connector/config.yaml"}},
	} {
		t.Run("Ensure "+c.about, func(t *testing.T) {
			if got := paths(c.env); !slices.Equal(got, c.want) {
				t.Errorf("places %q, want %q", got, c.want)
			}
		})
	}
}

func TestFindPlace(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yaml")
	write(t, file, valid)

	t.Run("Ensure the first place with a file is taken, though one before it lies below a file", func(t *testing.T) {
		got, err := config.Find([]config.Place{{Path: filepath.Join(dir, "absent")}, {Path: filepath.Join(file, "x")}, {Path: file}, {Path: dir}})
		if err != nil || got.Path != file {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("Ensure the error names all places where none has a file", func(t *testing.T) {
		_, err := config.Find([]config.Place{{Path: "/no/a"}, {Path: "/no/b"}, {Path: "/no/c"}})
		var missing *config.NotFoundError
		if !errors.As(err, &missing) || len(missing.Places) != 3 || !missing.Usage() {
			t.Fatalf("%v", err)
		}
		wantText(t, err, "there is no configuration: looked for /no/a, /no/b and /no/c; `connector config init` makes one, --config names another")
	})
}
