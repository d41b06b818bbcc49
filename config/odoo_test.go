package config_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

func TestOdooDefaults(t *testing.T) {
	t.Run("Ensure what is left out of an Odoo's entry is gentle and safe", func(t *testing.T) {
		o := mustLoad(t, with(t, "url:", "    url: https://odoo.example.com")).Odoo[0]
		if o.Protocol != config.ProtocolAuto || !o.APIKey.IsZero() || o.CAFile != "" || o.CallsAtOnce != 2 || o.CallsPerSecond != 0 ||
			o.Language != "" || o.Companies != nil || o.TrackingDisable {
			t.Errorf("odoo %+v", o)
		}
	})

	t.Run("Ensure a database of Odoo Online is asked once a second unless the file says otherwise", func(t *testing.T) {
		for url, want := range map[string]float64{
			"https://example.odoo.com": 1, "https://EXAMPLE.Odoo.com./web": 1, "https://odoo.com:443": 1,
			"https://odoo.com.example.org": 0, "https://notodoo.com": 0, "http://[::1]:8069": 0,
		} {
			if got := mustLoad(t, with(t, "url:", "    url: "+url)).Odoo[0].CallsPerSecond; got != want {
				t.Errorf("%s gives %v calls a second, want %v", url, got, want)
			}
		}
		text := with(t, "database:", "    database: example\n    calls_per_second: 20")
		if got := mustLoad(t, text).Odoo[0].CallsPerSecond; got != 20 {
			t.Errorf("20 calls a second are %v", got)
		}
	})
}

func TestOdooKeys(t *testing.T) {
	t.Run("Ensure every key of an Odoo's entry is read", func(t *testing.T) {
		o := mustLoad(t, with(t, "password:", `    api_key: typed-in
    protocol: json2
    calls_at_once: 16
    calls_per_second: 0.25
    language: sr@latin
    companies: [3, "7", Second Co]
    tracking_disable: true`)).Odoo[0]
		companies := []config.Company{{ID: 3}, {Name: "7"}, {Name: "Second Co"}}
		if o.Protocol != config.ProtocolJSON2 || o.APIKey.IsZero() || !o.Password.IsZero() || o.CallsAtOnce != 16 || o.CallsPerSecond != 0.25 ||
			o.Language != "sr@latin" || !reflect.DeepEqual(o.Companies, companies) || !o.TrackingDisable {
			t.Errorf("odoo %+v", o)
		}
		if o.Companies[0].String() != "3" || o.Companies[2].String() != "Second Co" {
			t.Errorf("companies are called %v", o.Companies)
		}
	})

	t.Run("Ensure languages are written as Odoo does", func(t *testing.T) {
		for _, code := range []string{"fr", "fr_FR", "es_419", "zh_HK", "ca_ES", "sr@latin", "kab_DZ"} {
			if got := mustLoad(t, with(t, "database:", "    database: x\n    language: "+code)).Odoo[0].Language; got != code {
				t.Errorf("language %s is %q", code, got)
			}
		}
	})
}

func TestWhatALoginNeeds(t *testing.T) {
	t.Run("Ensure the database may be left out, and the user where a key for JSON-2 tells it", func(t *testing.T) {
		text := strings.Replace(with(t, "database:", "    protocol: json2"), "    username: connector@example.com\n", "", 1)
		o := mustLoad(t, strings.Replace(text, "password:", "api_key:", 1)).Odoo[0]
		if o.Database != "" || o.Username != "" || o.APIKey.IsZero() {
			t.Errorf("odoo %+v", o)
		}
	})
}

func TestOdooServer(t *testing.T) {
	t.Run("Ensure every spelling of one server is the same, and two ports are two servers", func(t *testing.T) {
		for url, want := range map[string]string{
			"https://example.odoo.com": "https://example.odoo.com:443", "https://EXAMPLE.odoo.com.:443/web": "https://example.odoo.com:443",
			"http://example.odoo.com": "http://example.odoo.com:80", "http://[::1]:8069/": "http://[::1]:8069", "http://[FE80::1]": "http://[fe80::1]:80",
		} {
			if got := (config.Odoo{URL: url}).Server(); got != want {
				t.Errorf("%s is the server %q, want %q", url, got, want)
			}
		}
	})
}

// certificate is a fresh one in PEM, and its key.
func certificate(t *testing.T) (cert, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
}

func TestCAFile(t *testing.T) {
	dir := t.TempDir()
	cert, key := certificate(t)
	for name, data := range map[string][]byte{
		"ca.pem": append([]byte("# our own authority\n"), append(cert, cert...)...), "key.pem": append(cert, key...), "text.pem": []byte("hello"),
		"damaged.pem": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")}), "huge.pem": make([]byte, 1<<20+1),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	loading := func(path, url string) (*config.Config, error) {
		text := strings.Replace(with(t, "database:", "    database: x\n    ca_file: "+path), "https://example.odoo.com", url, 1)
		return config.LoadBytes(filepath.Join(dir, "config.yaml"), []byte(text), kinds)
	}

	t.Run("Ensure a file of certificates is found beside the configuration", func(t *testing.T) {
		c, err := loading("ca.pem", "https://odoo.example.com")
		if err != nil || c.Odoo[0].CAFile != filepath.Join(dir, "ca.pem") {
			t.Errorf("%+v, %v", c, err)
		}
	})

	for path, want := range map[string]string{
		"key.pem":     `"key.pem" holds a private key; keep the key where it belongs; name a PEM file`,
		"text.pem":    `"text.pem" holds no certificate; name a PEM file`,
		"damaged.pem": `"damaged.pem" holds a damaged certificate; name a PEM file`,
		"huge.pem":    `"huge.pem" is larger than 1 MiB; name a PEM file`,
		".":           `"." is a directory; name a PEM file`,
	} {
		t.Run("Ensure "+path+" is refused with its reason", func(t *testing.T) {
			_, err := loading(path, "https://odoo.example.com")
			if err == nil || !strings.Contains(err.Error(), ":6: odoo[0].ca_file: ") || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want it to hold %q", err, want)
			}
		})
	}

	t.Run("Ensure certificates are refused where nothing is encrypted", func(t *testing.T) {
		_, err := loading("ca.pem", "http://odoo.example.com")
		if err == nil || !strings.Contains(err.Error(), "odoo[0].ca_file: a certificate is of use for https:// only") {
			t.Errorf("error %v", err)
		}
	})
}
