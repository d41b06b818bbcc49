package transport_test

import (
	"testing"

	"github.com/odoo-connector/connector/transport"
)

func TestSecretsInOtherPeoplesTexts(t *testing.T) {
	cases := []struct {
		name, text string
		secrets    []string
		want       string
	}{
		{"a long one between letters", "xhunter22x", []string{"hunter22"}, "x***x"},
		{"a long one behind a line end of a repr", `'a\nhunter22'`, []string{"hunter22"}, `'a\n***'`},
		{"a short one as a word alone", "admin is no administrator", []string{"admin"}, "*** is no administrator"},
		{"one of eight characters that are more bytes", "xäöüäöüäöx", []string{"äöüäöüäö"}, "x***x"},
		{"one with a backslash, as it is", `no C:\pass! here`, []string{`C:\pass!`}, "no *** here"},
		{"one with a backslash, in a repr", `no 'C:\\pass!' here`, []string{`C:\pass!`}, "no '***' here"},
		{"one with a quote, in a repr without need", `no "it's me!" here`, []string{"it's me!"}, `no "***" here`},
		{"one with both quotes, in a repr", `no 'it\'s "me"!' here`, []string{`it's "me"!`}, "no '***' here"},
		{"one with quotes, in JSON", `no "say \"me\" \\!" here`, []string{`say "me" \!`}, `no "***" here`},
		{"one with a line end, in a repr", `no 'two\nlines' here`, []string{"two\nlines"}, "no '***' here"},
		{"a short one with a quote, in a repr", `no 'a\'b"' here`, []string{`a'b"`}, "no '***' here"},
		{"one that begins another, to the end", "is hunter22-and-more", []string{"hunter22", "hunter22-and-more"}, "is ***"},
	}
	for _, c := range cases {
		t.Run("Ensure a secret is hidden: "+c.name, func(t *testing.T) {
			if got := transport.Redact(c.text, c.secrets...); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}
