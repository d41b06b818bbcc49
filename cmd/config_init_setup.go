package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// setup is a configuration that is being made.
type setup struct {
	app   *app
	file  string // to be written
	force bool   // set aside what is there

	url, database, user string
	login               string // the key of the login's secret: api_key or password
	loginSecret         secretAnswer

	kinds            []config.Kind
	kind             config.Kind
	kindGiven        bool
	name, backendURL string
	given            map[string]config.Given // the system's own keys
	secrets          map[string]secretAnswer // by key
}

// secretAnswer is a secret that was typed, or the place where it is, as {env: NAME}.
type secretAnswer struct{ text, place string }

func (s secretAnswer) known() bool { return s.text != "" || s.place != "" }

// yaml is the value of the secret's key: the place, or the file that it goes into; to try it, the text itself.
func (s secretAnswer) yaml(file string, try bool) string {
	switch {
	case s.place != "":
		return s.place
	case try:
		return config.GiveText("", s.text).YAML
	default:
		return "{file: " + config.GiveText("", file).YAML + "}"
	}
}

// backendName is the backend's name.
func (s *setup) backendName() string {
	if s.name != "" {
		return s.name
	}
	return s.kind.Name
}

// draft is the file as far as all is known; try puts typed secrets into it.
func (s *setup) draft(try bool) config.Draft {
	d := config.Draft{Kind: s.kind}
	d.Odoo = append(d.Odoo, config.GiveText("name", "main"), config.GiveText("url", s.url))
	for _, g := range []struct{ key, text string }{{"database", s.database}, {"username", s.user}} {
		if g.text != "" {
			d.Odoo = append(d.Odoo, config.GiveText(g.key, g.text))
		}
	}
	if s.loginSecret.known() {
		d.Odoo = append(d.Odoo, config.Given{Key: s.login, YAML: s.loginSecret.yaml(s.secretFile("odoo", s.login), try)})
	}
	d.Backend = append(d.Backend, config.GiveText("name", s.backendName()), config.GiveText("kind", s.kind.Name))
	if s.backendURL != "" {
		d.Backend = append(d.Backend, config.GiveText("url", s.backendURL))
	}
	for _, k := range s.kind.Keys() {
		if answer := s.secrets[k.Name]; answer.known() {
			d.Backend = append(d.Backend, config.Given{Key: k.Name, YAML: answer.yaml(s.secretFile(s.backendName(), k.Name), try)})
		}
		if g, ok := s.given[k.Name]; ok {
			d.Backend = append(d.Backend, g)
		}
	}
	return d
}

// secretFile is the name of the file of a typed secret: odoo.key, trello.token. It is a free one, unless what is there is set aside.
func (s *setup) secretFile(of, key string) string {
	kind := "." + strings.TrimPrefix(key, "api_")
	name := of + kind
	for i := 2; !s.force; i++ {
		if _, err := os.Lstat(filepath.Join(filepath.Dir(s.file), name)); err != nil {
			break
		}
		name = fmt.Sprintf("%s-%d%s", of, i, kind)
	}
	return name
}

// read reads the draft as the file would be read.
func (s *setup) read() (*config.Config, error) {
	return config.LoadBytes(s.file, s.draft(true).YAML(), s.kinds, s.app.checks()...)
}

// trial reads the draft with a sandbox in the place of what is not known yet.
func (s *setup) trial(withBackend bool) (*running, error) {
	known := *s
	if !known.loginSecret.known() {
		known.login, known.loginSecret = "password", secretAnswer{text: "unknown"}
		known.user = "unknown"
	}
	if !withBackend {
		known.backendURL, known.secrets, known.given = sandboxURL, nil, nil
		known.user = cmp.Or(known.user, "unknown") // a flag may have said how to log in, and not as whom
	}
	c, err := known.read()
	if err != nil {
		return nil, plainProblems(err)
	}
	r := newRunning(s.app)
	r.config = c
	return r, nil
}

// plainProblems leaves the lines of a file out that is not written yet.
func plainProblems(err error) error {
	var all config.Errors
	if !errors.As(err, &all) {
		return err
	}
	var plain []string
	for _, e := range all {
		text := strings.TrimPrefix(e.Path+": "+e.Problem, ": ")
		if e.Hint != "" {
			text += "; " + e.Hint
		}
		plain = append(plain, text)
	}
	return &usageError{strings.Join(plain, "\n")}
}

// reach asks the server which Odoo it is, and which databases it shows.
func (s *setup) reach(ctx context.Context) (odoo.Reached, error) {
	r, err := s.trial(false)
	if err != nil {
		return odoo.Reached{}, err
	}
	options, err := r.options(ctx, r.config.Odoo[0])
	if err != nil {
		return odoo.Reached{}, err
	}
	return odoo.Reach(ctx, options)
}

// logIn logs in to Odoo, and says who that is and what he sees.
func (s *setup) logIn(ctx context.Context) (string, error) {
	r, err := s.trial(false)
	if err != nil {
		return "", err
	}
	session, err := r.dial(ctx, r.config.Odoo[0].Name)
	if err != nil {
		return "", err
	}
	user, err := session.User(ctx)
	if err != nil {
		return "", err
	}
	said := fmt.Sprintf("logged in as %s (%s)", user.Name, user.Login)
	if user.Share {
		return "", &usageError{said + ", who is a portal user and sees next to nothing; use an internal user"}
	}
	return said + s.sees(ctx, session), nil
}

// sees says how many records of the system's first model the user may see.
func (s *setup) sees(ctx context.Context, session *odoo.Session) string {
	version, err := s.app.registry.Get(s.kind.Name, s.kind.Versions[0])
	if err != nil || len(version.AllModels()) == 0 {
		return ""
	}
	m := version.AllModels()[0]
	n, err := session.Count(ctx, m.OdooModel, nil)
	if err != nil {
		return fmt.Sprintf(", but he cannot see any %s: %v", m.OdooNoun, err)
	}
	return fmt.Sprintf(", who sees %s", count(int(n), m.OdooNoun, m.OdooNoun+"s"))
}

// introduce logs in to the system, and says who that is and what there is to choose from.
func (s *setup) introduce(ctx context.Context) (backend.Introduction, error) {
	r, err := s.trial(true)
	if err != nil {
		return backend.Introduction{}, err
	}
	b := r.config.Backends[0]
	version, err := s.app.registry.Get(b.Kind, b.Version)
	if err != nil {
		return backend.Introduction{}, err
	}
	way, err := s.app.way(nil)
	if err != nil {
		return backend.Introduction{}, err
	}
	client, err := version.Open(ctx, backend.Setup{Config: b, Transport: way, Clock: s.app.clock})
	if err != nil {
		return backend.Introduction{}, err
	}
	if known, ok := client.(backend.Introducer); ok {
		return known.Introduce(ctx)
	}
	return backend.Introduction{}, nil
}
