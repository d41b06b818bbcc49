package odoo_test

import (
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo"
)

func TestURLs(t *testing.T) {
	t.Run("Ensure the zone of an IPv6 address is written as a URL has to, and sent to", func(t *testing.T) {
		for url, want := range map[string]string{
			"http://[fe80::1%25eth0]:8069/web": "http://[fe80::1%25eth0]:8069/demo",
			"http://[FE80::1%25Eth0]":          "http://[fe80::1%25Eth0]/demo",
			"https://[fe80::1%25eth0]:443":     "https://[fe80::1%25eth0]/demo",
		} {
			o := options(&scripted{})
			o.URL = url
			s, err := odoo.Dial(ctx, o)
			if err != nil {
				t.Errorf("%s: %v", url, err)
				continue
			}
			if s.Database() != want || s.Requests() != 1 {
				t.Errorf("%s: database %s, %d requests", url, s.Database(), s.Requests())
			}
		}
	})
	t.Run("Ensure a port that there cannot be is refused by its name, and nothing is sent", func(t *testing.T) {
		for _, port := range []string{"0", "65536", "99999", "99999999999999999999"} {
			o := options(&scripted{})
			o.URL = "http://odoo.example.com:" + port
			_, err := odoo.Dial(ctx, o)
			if e := failed(t, err); e.Kind != odoo.InvalidCall || !strings.Contains(e.Text, "the URL's port") || o.Client.Requests() != 0 {
				t.Errorf("%s: kind %q, %d requests: %v", port, e.Kind, o.Client.Requests(), err)
			}
		}
	})
	t.Run("Ensure the highest port is taken", func(t *testing.T) {
		o := options(&scripted{})
		o.URL = "http://odoo.example.com:65535"
		if s, err := odoo.Dial(ctx, o); err != nil || s.Database() != "http://odoo.example.com:65535/demo" {
			t.Errorf("%v, %v", s, err)
		}
	})
}
