package cmd

import (
	"encoding/pem"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
)

// realSetUp turns the example into a real set-up as its comments tell: the sandbox's lines go, the commented ones come in. Of
// several ways to give one key the first is taken.
func realSetUp(example string) string {
	var out strings.Builder
	given := map[string]bool{}
	for line := range strings.Lines(example) {
		indented, isComment := strings.CutPrefix(line, "    # ")
		key, _, _ := strings.Cut(indented, ":")
		switch {
		case strings.Contains(line, "# sandbox"), isComment && given[key]:
			continue
		case isComment:
			line = "    " + indented
			given[key] = key != "url"
		}
		out.WriteString(line)
	}
	return out.String()
}

func TestExampleFile(t *testing.T) {
	const path = "../config.yaml.example"
	kinds := newApp().registry.Kinds()
	t.Run("Ensure the example loads and runs in the sandbox on both sides", func(t *testing.T) {
		c, err := config.Load(path, kinds)
		if err != nil {
			t.Fatal(err)
		}
		odoo, _ := c.Odoo[0].SandboxName()
		served, _ := c.Backends[0].SandboxName()
		if odoo != "demo" || served != "demo" || c.Backends[0].Name != "trello" || filepath.Base(c.State) != "state.db" {
			t.Errorf("configuration %+v", c)
		}
	})

	t.Run("Ensure its commented lines make a real set-up", func(t *testing.T) {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := errors.Join(os.Mkdir(filepath.Join(dir, "certs"), 0o700),
			os.WriteFile(filepath.Join(dir, "certs", "our-authority.pem"), authority(t), 0o600)); err != nil {
			t.Fatal(err)
		}
		c, err := config.LoadBytes(filepath.Join(dir, "config.yaml"), []byte(realSetUp(string(data))), kinds)
		if err != nil {
			t.Fatal(err)
		}
		if o := c.Odoo[0]; o.APIKey.IsZero() || o.CAFile == "" || o.CallsPerSecond != 5 || o.Language != "fr_FR" || len(o.Companies) != 2 || !o.TrackingDisable {
			t.Errorf("odoo %+v", o)
		}
		s, _ := c.Backends[0].Settings.(*trello.Settings)
		if c.Odoo[0].Username != "connector@example.com" || c.Backends[0].URL != trello.DefaultURL || len(s.Boards) != 2 || len(s.Members) != 1 {
			t.Errorf("configuration %+v", c)
		}
		if m, _ := c.Backends[0].FindModel(trello.BoardModel); len(m.Domain) != 1 {
			t.Errorf("model %+v", m)
		}
	})
}

// commented gives a section of the example that is commented out as a whole.
func commented(example, section string) string {
	_, rest, found := strings.Cut(example, "\n# "+section+":")
	if !found {
		return ""
	}
	lines := []string{section + ":"}
	for i, line := range strings.Split(rest, "\n") {
		text, isComment := strings.CutPrefix(line, "# ")
		if i > 0 && !isComment {
			break
		}
		if i > 0 {
			lines = append(lines, text)
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

func TestExampleSections(t *testing.T) {
	t.Run("Ensure the commented section of notifications can be used", func(t *testing.T) {
		data, err := os.ReadFile("../config.yaml.example")
		if err != nil {
			t.Fatal(err)
		}
		c, err := config.LoadBytes("config.yaml", []byte(string(data)+commented(string(data), "notify")), newApp().registry.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Notify) != 4 || c.Notify[0].Email == nil || c.Notify[3].Ping.IsZero() {
			t.Errorf("%+v", c.Notify)
		}
	})
	t.Run("Ensure the commented sections of jobs and of the schedule can be used", func(t *testing.T) {
		data, err := os.ReadFile("../config.yaml.example")
		if err != nil {
			t.Fatal(err)
		}
		whole := string(data) + commented(string(data), "jobs") + commented(string(data), "schedule")
		c, err := config.LoadBytes("config.yaml", []byte(whole), newApp().registry.Kinds(), newApp().checkJobs, checkSchedule)
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Jobs.Functions) != 1 || len(c.Jobs.Retention) != 2 || len(c.Schedule) != 4 || !c.Schedule[1].Full {
			t.Errorf("%+v, %+v", c.Jobs, c.Schedule)
		}
	})
}

// authority is the certificate of somebody whom nobody knows.
func authority(t *testing.T) []byte {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}
