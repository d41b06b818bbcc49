package config_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/config"
)

// FuzzLoadBytes ensures that no bytes make the reader panic, that every error is typed, placed and of one line, and that a
// configuration which loads is complete and can be shown.
func FuzzLoadBytes(f *testing.F) {
	example, err := os.ReadFile("../config.yaml.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(example)
	f.Add([]byte(valid))
	f.Add([]byte("\ufeffodoo: [{name: &a b, url: *a, <<: {}, password: !x y}]\nbackends: [{name: a\tb, kind: shop, domain: [\"|\"]}]\n---\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := config.LoadBytes("config.yaml", data, kinds)
		if err == nil {
			if len(c.Odoo) == 0 || len(c.Backends) == 0 || c.Redacted() == nil {
				t.Errorf("an incomplete configuration was accepted: %+v", c)
			}
			return
		}
		var all config.Errors
		if !errors.As(err, &all) || len(all) == 0 || c != nil {
			t.Fatalf("the error is a %T, the configuration %v", err, c)
		}
		for _, one := range all {
			if one.Problem == "" || strings.ContainsAny(one.Error(), "\r\n") {
				t.Errorf("not an error of one line: %q", one.Error())
			}
		}
	})
}
