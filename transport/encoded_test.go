package transport_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport"
)

func TestRedactBase64(t *testing.T) {
	encodings := map[string]*base64.Encoding{
		"padded": base64.StdEncoding, "raw": base64.RawStdEncoding, "of URLs": base64.URLEncoding, "of URLs, raw": base64.RawURLEncoding,
	}
	for about, encoding := range encodings {
		t.Run("Ensure a user's secret in Base64 is hidden, "+about, func(t *testing.T) {
			for _, secret := range []string{"demo", "admin", "s3cret~?", "ÿ>?ÿ>?ÿ>?", "a-longer-password>?~"} {
				for _, user := range []string{"", "a", "an", "ann", "anna"} {
					word := encoding.EncodeToString([]byte(user + ":" + secret))
					for _, text := range []string{"said " + word + " to us", `{"auth":"` + word + `"}`, "x=" + url.QueryEscape(word) + "&y=1"} {
						got := transport.Blot(text, secret)
						plain, _ := url.QueryUnescape(got)
						if strings.Contains(got, word) || strings.Contains(plain, word) || !strings.Contains(got, "***") {
							t.Errorf("%q with the secret %q became %q", text, secret, got)
						}
						if !strings.HasPrefix(got, text[:2]) || got[len(got)-2:] != text[len(text)-2:] {
							t.Errorf("%q became %q, which is more than the secret", text, got)
						}
					}
				}
			}
		})
	}
	t.Run("Ensure a long secret is hidden that is the user of its credentials", func(t *testing.T) {
		word := base64.StdEncoding.EncodeToString([]byte("WEBSERVICEKEY1234567:"))
		if got := transport.Blot("<auth>"+word+"</auth>", "WEBSERVICEKEY1234567"); got != "<auth>***</auth>" {
			t.Error(got)
		}
	})
	t.Run("Ensure other words in Base64 stay, those of users with another secret, too", func(t *testing.T) {
		for _, text := range []string{
			base64.StdEncoding.EncodeToString([]byte("anna:other")), base64.StdEncoding.EncodeToString([]byte("admin of all")), "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB",
		} {
			if got := transport.Blot(text, "admin"); got != text {
				t.Errorf("%q became %q", text, got)
			}
		}
	})
}
