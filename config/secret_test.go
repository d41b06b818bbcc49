package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/config"
)

// marker is the secret that must never be seen.
const marker = "Hunter2-marker"

// password loads a file in a directory of its own, whose Odoo has the password given, and gives that password.
func password(t *testing.T, dir, yamlText string) config.Secret {
	t.Helper()
	text := with(t, "password:", "    password: "+yamlText)
	c, err := config.LoadBytes(filepath.Join(dir, "config.yaml"), []byte(text), kinds)
	if err != nil {
		t.Fatal(err)
	}
	return c.Odoo[0].Password
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestReveal(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CONNECTOR_TEST_SECRET", marker)
	t.Setenv("CONNECTOR_TEST_UNIX", marker+"\n")
	t.Setenv("CONNECTOR_TEST_WINDOWS", marker+"\r\n")
	t.Setenv("HOME", dir)
	write(t, filepath.Join(dir, "unix"), marker+"\n")
	write(t, filepath.Join(dir, "windows"), marker+"\r\n")
	for text, want := range map[string]string{
		marker:                           marker,
		"12345":                          "12345",
		"0x1F":                           "0x1F",
		"true":                           "true",
		"2024-01-01":                     "2024-01-01",
		`" with blanks "`:                " with blanks ",
		"{env: CONNECTOR_TEST_SECRET}":   marker,
		"{env: CONNECTOR_TEST_UNIX}":     marker,
		"{env: CONNECTOR_TEST_WINDOWS}":  marker,
		"{file: unix}":                   marker,
		"{file: ~/windows}":              marker,
		"{file: " + dir + "/unix}":       marker,
		"{command: [cat, unix]}":         marker,
		"{command: [printf, 'a b\n\n']}": "a b",
	} {
		t.Run("Ensure "+text+" gives its value", func(t *testing.T) {
			got, err := password(t, dir, text).Reveal(t.Context())
			if err != nil || got != want {
				t.Errorf("got %q, %v; want %q", got, err, want)
			}
		})
	}

	t.Run("Ensure a secret made in code gives its value", func(t *testing.T) {
		if got, err := config.PlainSecret(marker).Reveal(t.Context()); got != marker || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})

	t.Run("Ensure an agent that a command leaves behind does not hold it up", func(t *testing.T) {
		s := password(t, dir, "{command: [sh, -c, 'cat unix; tail -f /dev/null & echo $! > agent']}")
		got, err := s.Reveal(t.Context())
		pid, _ := os.ReadFile(filepath.Join(dir, "agent"))
		defer func() { _ = stop(strings.TrimSpace(string(pid))) }()
		if got != marker || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func stop(pid string) error {
	var number int
	if _, err := fmt.Sscan(pid, &number); err != nil {
		return err
	}
	process, err := os.FindProcess(number)
	if err != nil {
		return err
	}
	return process.Kill()
}

// unrevealed gives for a secret in the file why it cannot be fetched; DIR is the file's directory.
var unrevealed = map[string]string{
	"{env: CONNECTOR_TEST_ABSENT}": "environment variable CONNECTOR_TEST_ABSENT is not set; export it before connector starts",
	"{env: CONNECTOR_TEST_EMPTY}":  "environment variable CONNECTOR_TEST_EMPTY is empty; export it before connector starts",
	"{env: CONNECTOR_TEST_BLANK}":  "environment variable CONNECTOR_TEST_BLANK is empty; export it before connector starts",
	"{file: absent}":               "file DIR/absent does not exist; create it, readable by this user only",
	"{file: empty}":                "file DIR/empty is empty; write the secret into it",
	"{file: large}":                "file DIR/large cannot be read: is too large",
	"{file: .}":                    "file DIR cannot be read: is a directory",
	"{file: latin1}":               "the secret is no UTF-8 text; save it in UTF-8",
	"{command: [sh, -c, 'echo " + marker + "; echo first >&2; echo \"no entry for " + marker + "\" >&2; exit 3']}": "" +
		"command sh failed with exit status 3: no entry for ******; run it by hand to see why",
	"{command: ['false', " + marker + "]}":                         "command false failed with exit status 1; run it by hand to see why",
	"{command: [sh, -c, 'printf \"two\\033[1m\\n\" >&2; exit 1']}": "command sh failed with exit status 1: two [1m; run it by hand to see why",
	"{command: [sh, -c, 'printf %0300d 7 >&2; exit 1']}": "command sh failed with exit status 1: " + strings.Repeat("0", 200) +
		"…; run it by hand to see why",
	"{command: ['true']}":                           "command true printed nothing; run it by hand to see why",
	"{command: [cat, large]}":                       "command cat printed more than a secret can hold; run it by hand to see why",
	"{command: [connector-test-absent]}":            "command connector-test-absent could not be started: executable file not found in $PATH; run it by hand to see why",
	"{command: [./absent/program, " + marker + "]}": "command program could not be started: no such file or directory; run it by hand to see why",
}

func TestRevealFails(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CONNECTOR_TEST_EMPTY", "")
	t.Setenv("CONNECTOR_TEST_BLANK", "\n")
	write(t, filepath.Join(dir, "empty"), "\n")
	write(t, filepath.Join(dir, "latin1"), marker+"\xe4\n")
	write(t, filepath.Join(dir, "large"), strings.Repeat(marker, 10_000))
	for text, want := range unrevealed {
		t.Run("Ensure "+strings.ReplaceAll(text, marker, "a secret")+" says why it fails", func(t *testing.T) {
			_, err := password(t, dir, text).Reveal(t.Context())
			wantText(t, err, dir+"/config.yaml:7: odoo[0].password: "+strings.ReplaceAll(want, "DIR", dir))
			var typed *config.SecretError
			if !errors.As(err, &typed) || typed.Problem == "" {
				t.Errorf("the error is a %T", err)
			}
		})
	}

	t.Run("Ensure the cause can be asked for", func(t *testing.T) {
		_, err := password(t, dir, "{file: absent}").Reveal(t.Context())
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the cause of %v is not that the file does not exist", err)
		}
	})

	t.Run("Ensure a home directory that is not known is reported", func(t *testing.T) {
		t.Setenv("HOME", "")
		_, err := password(t, dir, "{file: ~/x}").Reveal(t.Context())
		wantText(t, err, dir+"/config.yaml:7: odoo[0].password: file ~/x cannot be found: the home directory is unknown; write the whole path")
	})

	t.Run("Ensure a command ends with its context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := password(t, dir, "{command: [tail, -f, /dev/null]}").Reveal(ctx)
		if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "command tail was stopped") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("Ensure a command that hangs is stopped at the deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 1)
		defer cancel()
		_, err := password(t, dir, "{command: [tail, -f, /dev/null]}").Reveal(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "it took too long") {
			t.Errorf("error %v", err)
		}
	})

	t.Run("Ensure a secret that was left out says so", func(t *testing.T) {
		_, err := config.Secret{}.Reveal(t.Context())
		wantText(t, err, "the secret is not configured; give it in the configuration file")
	})
}

// wantHidden ensures that no text shows the secret, plain or in hexadecimal.
func wantHidden(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(text, marker) || strings.Contains(text, fmt.Sprintf("%x", marker)) {
			t.Errorf("a secret is shown in\n%s", text)
		}
	}
}

func TestSecretsAreNeverShown(t *testing.T) {
	text := strings.NewReplacer("{env: CONNECTOR_TEST_ODOO}", marker, "{env: CONNECTOR_TEST_KEY}", marker,
		"{env: CONNECTOR_TEST_TOKEN}", "{command: [echo, "+marker+"]}").Replace(valid)
	c := mustLoad(t, text)
	hidden := struct{ secret config.Secret }{c.Odoo[0].Password}

	t.Run("Ensure no way of printing shows a secret", func(t *testing.T) {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "secret", c.Odoo[0].Password, "settings", c.Backends[0].Settings)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", c.Odoo[0].Password, "settings", c.Backends[0].Settings)
		asJSON, jsonError := json.Marshal([]any{c, c.Redacted(), map[config.Secret]int{c.Odoo[0].Password: 1}})
		asYAML, yamlError := yaml.Marshal([]any{c, c.Redacted()})
		if err := errors.Join(jsonError, yamlError); err != nil {
			t.Fatal(err)
		}
		wantHidden(t, string(asJSON), string(asYAML), log.String())
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			for _, one := range []any{c, *c, c.Backends[0].Settings, c.Odoo[0].Password, &c.Odoo[0].Password, hidden, &hidden, c.Redacted()} {
				wantHidden(t, fmt.Sprintf(verb, one))
			}
		}
	})

	t.Run("Ensure what is shown in its place is a row of stars", func(t *testing.T) {
		s := c.Odoo[0].Password
		asJSON, _ := json.Marshal(s)
		asYAML, _ := yaml.Marshal(s)
		got := []string{s.String(), s.GoString(), fmt.Sprintf("%v %#v", s, s), string(asJSON), string(asYAML), s.LogValue().String()}
		want := []string{"******", "******", "****** ******", `"******"`, "'******'\n", "******"}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("got %q, want %q", got[i], want[i])
			}
		}
	})
}

func TestErrorsNeverShowSecrets(t *testing.T) {
	for _, broken := range []string{
		"[" + marker + "]", "{evn: " + marker + "}", "{" + marker + ": x}", "{env: $" + marker + "}", "{env: [" + marker + "]}",
		"*" + marker, "!" + marker, "&" + marker, "!" + marker + " x", "{file: {x: " + marker + "}}", "{command: " + marker + "}",
		"{env: X, file: " + marker + "}", "{command: [x, {y: " + marker + "}]}", "\"" + marker, "a: " + marker, "@" + marker,
		"|" + marker, "%" + marker, "x\n    " + marker, "x\n    " + marker + ": y: z", "\t" + marker + "\n\t- x: [",
	} {
		t.Run("Ensure an error about password: "+strings.ReplaceAll(broken, marker, "…")+" does not show it", func(t *testing.T) {
			_, err := load(with(t, "password:", "    password: "+broken))
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), marker) {
				t.Error("the secret is shown")
			}
		})
	}

	for _, broken := range []string{
		"password: x, " + marker, "password:" + marker, "password: x,y:" + marker, "password " + marker, "password: [" + marker + "]",
		"url: https://u:" + marker + "@example.com", "url: https://example.com/?key=" + marker, "url: u:" + marker + "@example.com",
		"url: http://ex ample/" + marker, "url: [" + marker + "]", "url: https://example.com/#" + marker,
	} {
		t.Run("Ensure an error about {"+strings.ReplaceAll(broken, marker, "…")+"} does not show it", func(t *testing.T) {
			_, err := load("odoo: [{name: main, database: d, username: u, " + broken + "}]\nbackends: [{name: b, kind: bare}]\n")
			if err == nil {
				t.Fatal("no error")
			}
			if strings.Contains(err.Error(), marker) {
				t.Errorf("the secret is shown in\n%v", err)
			}
		})
	}
}
