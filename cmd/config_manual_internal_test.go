package cmd

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/odoo-connector/connector/config/manual"
)

//go:generate go test -count=1 -run ^TestConfigurationPage$ . -update-docs

// updateDocs makes tests write the pages that they otherwise compare.
var updateDocs = flag.Bool("update-docs", false, "write the generated pages of the documentation anew")

func TestConfigurationPage(t *testing.T) {
	const page = "../docs/configuration.md"
	want := manual.Page(newApp().registry.Kinds(), newApp().choices())
	if *updateDocs {
		if err := os.WriteFile(page, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("Ensure the page tells the keys that the configuration is read with", func(t *testing.T) {
		got, err := os.ReadFile(page)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("docs/configuration.md is out of date; run `go generate ./cmd` (%v)", err)
		}
	})
}
