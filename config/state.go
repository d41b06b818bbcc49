package config

import (
	"context"
	"net/url"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

// keyPassword is the parameter with the password of a client's private key.
const keyPassword = "sslpassword"

const stateURLHint = "write postgres://USER@HOST:5432/DATABASE?search_path=SCHEMA"

// state reads where the state is: a path, a URL, or url: and password: of one.
func (r *reader) state(m mapping, c *Config) {
	c.State = filepath.Join(r.dir, defaultState)
	v, given := m.get("state")
	if !given {
		return
	}
	if v.node.Kind == yaml.MappingNode {
		r.stateBlock(v, c)
		return
	}
	text, ok := v.text()
	if !ok {
		return
	}
	if isStateURL(text) {
		v.stateURL(text, c)
		return
	}
	if scheme, _, is := strings.Cut(text, "://"); is { // a file of this name is never meant; what follows may be a password
		v.fail(shown(scheme+"://")+" is nothing that a state can be in", stateURLHint+", or the path of a file")
		return
	}
	absolute, err := resolve(r.dir, text)
	if err != nil {
		v.fail("the home directory is unknown", "write the whole path instead of ~")
	}
	c.State = absolute
}

// stateBlock reads a URL whose password comes from somewhere else.
func (r *reader) stateBlock(v value, c *Config) {
	m, ok := v.mapping(stateKeys)
	if !ok {
		return
	}
	if address, ok := m.require("url", stateURLHint); ok {
		switch text, ok := address.text(); {
		case !ok:
		case !isStateURL(text):
			address.fail("is no URL of a PostgreSQL database", stateURLHint+"; a file is written as state: PATH")
		default:
			address.stateURL(text, c)
		}
	}
	if password, ok := m.get("password"); ok {
		inURL := !c.StatePassword.IsZero()
		if secret, ok := password.secret(); ok {
			c.StatePassword = secret
		}
		if inURL {
			password.fail("is given twice: the url has one, too", "leave it out of the url")
		}
	}
}

// stateURL takes the password out of a URL. A URL that cannot be read isn't shown, since it may hold one.
func (v value) stateURL(text string, c *Config) {
	u, err := url.Parse(text)
	if err != nil {
		v.fail("is no URL that can be read", stateURLHint+", with %40 and the like for what a URL cannot hold in USER")
		return
	}
	password, given := takePassword(u)
	if given {
		c.StatePassword = newSecret(&origin{text: password, known: v.r.known})
	}
	if query := u.Query(); query.Has(keyPassword) {
		c.stateKeyPassword = newSecret(&origin{text: query.Get(keyPassword), known: v.r.known})
		query.Del(keyPassword)
		u.RawQuery = query.Encode()
	}
	c.State = u.String()
}

// takePassword takes the password out of a URL.
func takePassword(u *url.URL) (password string, given bool) {
	if password, given = u.User.Password(); given {
		u.User = url.User(u.User.Username())
	}
	query := u.Query()
	if query.Has("password") {
		password, given = query.Get("password"), true
		query.Del("password")
		u.RawQuery = query.Encode()
	}
	return password, given
}

// StateWithoutPassword gives what `state:` may say of a state at this path or URL: without a password, and with all that it needs
// besides. A URL that cannot be read is "", since it may hold one.
func StateWithoutPassword(location string) string {
	if !isStateURL(location) {
		return location
	}
	u, err := url.Parse(location)
	if err != nil {
		return ""
	}
	takePassword(u)
	query := u.Query()
	query.Del(keyPassword)
	u.RawQuery = strings.ReplaceAll(query.Encode(), "%2F", "/")
	return u.String()
}

func isStateURL(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// StateDir is the absolute directory of what lies beside the state, such as a sandbox: that of the state's file, or that
// of the configuration where the state is in PostgreSQL.
func (c *Config) StateDir() string {
	if isStateURL(c.State) {
		return c.Dir
	}
	return filepath.Dir(c.State)
}

// StateFile gives the absolute path of the state, and whether it is a file at all.
func (c *Config) StateFile() (path string, ok bool) { return c.State, !isStateURL(c.State) }

// StateLocation is where the state is, as state.Open takes it: State with the password. It fails where the password
// cannot be fetched, see [Secret.Reveal].
func (c *Config) StateLocation(ctx context.Context) (string, error) {
	if c.StatePassword.IsZero() && c.stateKeyPassword.IsZero() {
		return c.State, nil
	}
	u, err := url.Parse(c.State)
	if err != nil {
		return "", &Error{File: c.Path, Path: "state", Key: "state", Problem: "is no URL that can be read", Hint: stateURLHint}
	}
	query := u.Query()
	if !c.stateKeyPassword.IsZero() {
		password, err := c.stateKeyPassword.Reveal(ctx)
		if err != nil {
			return "", err
		}
		query.Set(keyPassword, password)
	}
	if !c.StatePassword.IsZero() {
		password, err := c.StatePassword.Reveal(ctx)
		if err != nil {
			return "", err
		}
		if u.User.Username() == "" { // it comes from PGUSER
			query.Set("password", password)
		} else {
			u.User = url.UserPassword(u.User.Username(), password)
		}
	}
	if len(query) > 0 {
		u.RawQuery = query.Encode()
	}
	return u.String(), nil
}

// redactedState has the shape of the file.
func (c *Config) redactedState() any {
	if c.StatePassword.IsZero() {
		return c.State
	}
	return map[string]any{"url": c.State, "password": c.StatePassword.redacted()}
}
