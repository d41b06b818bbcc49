package config

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"regexp"
	"strings"
)

const (
	defaultCallsAtOnce = 2
	maxCallsAtOnce     = 16
	minCallsPerSecond  = 0.01
	maxCallsPerSecond  = 1000
	onlineDomain       = "odoo.com"
	onlineCalls        = 1 // a second, for a database of Odoo Online
	maxCertificates    = 1 << 20
)

var protocols = []string{string(ProtocolAuto), string(ProtocolXMLRPC), string(ProtocolJSON2)}

func (r *reader) odoos(top mapping) []Odoo {
	var all []Odoo
	taken := names{}
	for _, v := range top.entries("odoo", "Odoo database") {
		if m, ok := v.mapping(odooKeys); ok {
			all = append(all, r.odoo(m, taken))
		}
	}
	return all
}

func (r *reader) odoo(m mapping, taken names) Odoo {
	o := Odoo{Name: taken.take(m, "name", value.name), Line: m.place.Line, Timeout: m.duration("timeout", DefaultTimeout)}
	if v, ok := m.require("url", "write it as https://HOST or sandbox://NAME"); ok {
		o.URL = v.url()
	}
	m.login(&o)
	m.gentleness(&o)
	m.odooContext(&o)
	if v, ok := m.get("ca_file"); ok {
		o.CAFile = v.certificates(r.dir, o.URL)
	}
	return o
}

// login reads who works in which database, which a sandbox knows by itself.
func (m mapping) login(o *Odoo) {
	_, sandbox := o.SandboxName()
	if v, ok := m.get("database"); ok {
		o.Database, _ = v.text()
	}
	o.Protocol = ProtocolAuto
	if v, ok := m.get("protocol"); ok {
		text, _ := v.choice("a protocol", protocols)
		o.Protocol = Protocol(text)
	}
	need := m.required(!sandbox && o.Protocol != ProtocolJSON2) // a key for JSON-2 tells whose it is
	if v, ok := need("username", "the login of the user that the connector works as"); ok {
		o.Username, _ = v.text()
	}
	m.credential(o, m.required(!sandbox))
}

// credential reads the one of password and api_key that is given.
func (m mapping) credential(o *Odoo, need func(key, hint string) (value, bool)) {
	key, hasKey := m.get("api_key")
	password, hasPassword := m.get("password")
	switch {
	case hasKey && hasPassword:
		key.fail("password and api_key are both given", "keep one of them: an API key is enough, and needed for a user with two-factor login")
	case hasKey:
		o.APIKey, _ = key.secret()
	case hasPassword:
		if o.Password, _ = password.secret(); o.Protocol == ProtocolJSON2 {
			password.fail("protocol json2 takes no password", "give an API key under api_key, made in Odoo under Preferences, Account Security")
		}
	default:
		need("password", "give password or api_key; "+secretHint)
	}
}

// gentleness reads how much the server is asked at a time.
func (m mapping) gentleness(o *Odoo) {
	o.CallsAtOnce = defaultCallsAtOnce
	if v, ok := m.get("calls_at_once"); ok {
		if n, ok := v.whole(1, maxCallsAtOnce); ok {
			o.CallsAtOnce = int(n)
		}
	}
	if v, ok := m.get("calls_per_second"); ok {
		o.CallsPerSecond, _ = v.between(minCallsPerSecond, maxCallsPerSecond)
	} else if onOdooOnline(o.URL) {
		o.CallsPerSecond = onlineCalls
	}
}

// onOdooOnline tells whether a URL's host is Odoo's own, where databases are shared out and calls are counted.
func onOdooOnline(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil {
		return false
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	return host == onlineDomain || strings.HasSuffix(host, "."+onlineDomain)
}

// odooContext reads what goes into Odoo's context with every call.
func (m mapping) odooContext(o *Odoo) {
	if v, ok := m.get("language"); ok {
		o.Language, _ = v.language()
	}
	if v, ok := m.get("companies"); ok {
		o.Companies = v.companies()
	}
	if v, ok := m.get("tracking_disable"); ok {
		o.TrackingDisable, _ = v.truth()
	}
}

// languageCode is how Odoo names its languages: fr, fr_BE, es_419, sr@latin.
var languageCode = regexp.MustCompile(`^[a-z]{2,3}(_([A-Z]{2}|\d{3}))?(@[a-z]+)?$`)

func (v value) language() (string, bool) {
	code, ok := v.text()
	if !ok {
		return "", false
	}
	if !languageCode.MatchString(code) {
		v.fail(shown(code)+" is not the code of a language", "write it as Odoo does, fr_FR: language and country, joined by _")
		return "", false
	}
	return code, true
}

// companies reads a list of ids and names.
func (v value) companies() []Company {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("is an empty list", "name at least one company, or leave companies out for the user's own")
	}
	var all []Company
	taken := map[Company]int{}
	for _, item := range items {
		c, ok := item.company()
		if !ok {
			continue
		}
		if line, twice := taken[c]; twice {
			item.fail(fmt.Sprintf("duplicate company, first on line %d", line), "")
			continue
		}
		taken[c] = item.place.Line
		all = append(all, c)
	}
	return all
}

func (v value) company() (Company, bool) {
	if v.isScalar("!!int") {
		id, ok := v.whole(1, maxID)
		return Company{ID: id}, ok
	}
	name, ok := v.text()
	return Company{Name: name}, ok
}

// certificates reads the path of a file with certificates of authorities and looks into it.
func (v value) certificates(dir, address string) string {
	path, ok := v.text()
	if !ok {
		return ""
	}
	if strings.HasPrefix(address, "http://") {
		v.fail("a certificate is of use for https:// only, and the url begins with http://", "write the url with https://, or leave ca_file out")
		return ""
	}
	absolute, err := resolve(dir, path)
	if err != nil {
		v.fail("the home directory is unknown", "write the whole path instead of ~")
		return ""
	}
	if problem, hint := certificateProblem(absolute, path); problem != "" {
		v.fail(problem, hint)
	}
	return absolute
}

const certificateHint = "name a PEM file with the certificate of the authority that signed the server's, beginning with -----BEGIN CERTIFICATE-----"

// certificateProblem says what is wrong with a file of certificates, "" if nothing is; name is how the file calls it.
func certificateProblem(path, name string) (problem, hint string) {
	data, err := readLimited(path, maxCertificates)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "there is no file " + shown(name), "relative paths start beside the configuration file"
	case errors.Is(err, errDirectory):
		return shown(name) + " is a directory", certificateHint
	case errors.Is(err, errTooLarge):
		return shown(name) + " is larger than 1 MiB", certificateHint
	case err != nil:
		return shown(name) + " cannot be read: " + reason(err), "give the user that runs the connector the right to read it"
	case bytes.Contains(data, []byte("PRIVATE KEY-----")):
		return shown(name) + " holds a private key", "keep the key where it belongs; " + certificateHint
	}
	found := 0
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return shown(name) + " holds a damaged certificate", certificateHint
		}
		found++
	}
	if found == 0 {
		return shown(name) + " holds no certificate", certificateHint
	}
	return "", ""
}
