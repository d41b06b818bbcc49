package config_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
)

// loadState reads the example with another `state:`.
func loadState(t *testing.T, lines string) (*config.Config, error) {
	t.Helper()
	return config.LoadBytes("/etc/connector/config.yaml", []byte(with(t, "state:", lines)), kinds)
}

func TestStateInPostgreSQL(t *testing.T) {
	t.Setenv("STATE_PASSWORD", "p@ss/w:rd?")
	for lines, want := range map[string]struct{ shown, location string }{
		"state: postgres://u@h:5433/db?search_path=s": {
			"postgres://u@h:5433/db?search_path=s", "postgres://u@h:5433/db?search_path=s",
		},
		"state: postgres://u:p%40ss%2Fw%3Ard%3F@h/db": {"postgres://u@h/db", "postgres://u:p%40ss%2Fw%3Ard%3F@h/db"},
		"state: postgresql:///db?host=/run/postgresql&password=p%40ss%2Fw%3Ard%3F": {
			"postgresql:///db?host=%2Frun%2Fpostgresql", "postgresql:///db?host=%2Frun%2Fpostgresql&password=p%40ss%2Fw%3Ard%3F",
		},
		"state: postgres://u@h/db?sslkey=k&sslpassword=p%40ss%2Fw%3Ard%3F": {
			"postgres://u@h/db?sslkey=k", "postgres://u@h/db?sslkey=k&sslpassword=p%40ss%2Fw%3Ard%3F",
		},
		"state: {url: \"postgres://u@h/db\", password: {env: STATE_PASSWORD}}": {"postgres://u@h/db", "postgres://u:p%40ss%2Fw%3Ard%3F@h/db"},
		"state:\n  url: postgres://u@h/db":                                     {"postgres://u@h/db", "postgres://u@h/db"},
	} {
		t.Run("Ensure the password is apart from what is shown: "+lines, func(t *testing.T) {
			c, err := loadState(t, lines)
			if err != nil {
				t.Fatal(err)
			}
			location, err := c.StateLocation(t.Context())
			if err != nil || location != want.location || c.State != want.shown {
				t.Errorf("%q is shown as %q (%v), want %q and %q", location, c.State, err, want.location, want.shown)
			}
			if _, isFile := c.StateFile(); isFile || c.StateDir() != "/etc/connector" {
				t.Errorf("a file: %v, beside it %s", isFile, c.StateDir())
			}
			if text, err := json.Marshal(c.Redacted()); err != nil || strings.Contains(string(text), "ss%2F") || strings.Contains(string(text), "p@ss") {
				t.Errorf("%s (%v)", text, err)
			}
		})
	}
	for location, want := range map[string]string{
		"/var/lib/x.db": "/var/lib/x.db",
		"postgres://u:s3cret@h:5433/db?sslmode=verify-full&sslpassword=s3cret&search_path=s": "postgres://u@h:5433/db?search_path=s&sslmode=verify-full",
		"postgres:///db?host=/run/postgresql&port=5439&password=s3cret":                      "postgres:///db?host=/run/postgresql&port=5439",
		"postgres://u:s3cret@[::1/db": "",
	} {
		t.Run("Ensure what a configuration may say of a state has all but the password: "+want, func(t *testing.T) {
			if got := config.StateWithoutPassword(location); got != want {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
	t.Run("Ensure a file is its own location", func(t *testing.T) {
		c, err := loadState(t, "state: /var/lib/x.db")
		if err != nil {
			t.Fatal(err)
		}
		path, isFile := c.StateFile()
		location, err := c.StateLocation(t.Context())
		if err != nil || !isFile || path != "/var/lib/x.db" || location != path || c.StateDir() != "/var/lib" {
			t.Errorf("%q, %v, %q, %q (%v)", path, isFile, location, c.StateDir(), err)
		}
	})
	t.Run("Ensure a password that cannot be fetched is told with its place", func(t *testing.T) {
		c, err := loadState(t, "state: {url: \"postgres://u@h/db\", password: {env: NO_SUCH_VARIABLE}}")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.StateLocation(t.Context()); err == nil || !strings.Contains(err.Error(), "config.yaml:1: state.password: environment variable NO_SUCH_VARIABLE is not set") {
			t.Errorf("%v", err)
		}
	})
	for lines, want := range map[string]string{
		"state: postgres://u:s3cret@[::1/db":                           "state: is no URL that can be read; write postgres://",
		"state: {password: s3cret}":                                    `state.url: required key "url" is missing`,
		"state: {url: state.db, password: s3cret}":                     "state.url: is no URL of a PostgreSQL database; write postgres://",
		"state: {url: \"postgres://u:s3cret@h/db\", password: s3cret}": "state.password: is given twice",
		"state: mysql://u:s3cret@h/db":                                 `state: "mysql://" is nothing that a state can be in; write postgres://`,
		"state: {urll: \"postgres://u:s3cret@h/db\"}":                  `unknown key "urll"; did you mean "url"?`,
	} {
		t.Run("Ensure what is wrong is told without the password: "+lines, func(t *testing.T) {
			_, err := loadState(t, lines)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v, want %q", err, want)
			}
		})
	}
}
