package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
)

func (a *app) configInitCommand() *cobra.Command {
	o := &initOptions{}
	c := &cobra.Command{
		Use: "init", Short: "Make a configuration: ask, try each answer, write the file", Args: cobra.NoArgs,
		Long: `init asks for an Odoo and for a system, tries each answer against its server, and writes config.yaml
(or the file that --config names) with comments. Secrets are not shown while they are typed; they go
into files of their own beside it, which nobody else may read. Nothing is written before the end, and no
file is replaced without --force, which keeps the old ones as backups. The answer < leads back.

With --non-interactive all comes from flags. A secret is never given itself: its flag says where it is,
as env:NAME, file:PATH or credential:NAME (of systemd), and so says the file.

Exit codes: 0 written, 2 usage (a file is there already), 3 environment (a server is not reached, a file
cannot be written), 4 a login is refused, 130/143 stopped by a signal.

Next: ` + "`connector doctor`, `connector review preview`, `connector sync`" + `.`,
		Example: `  connector config init
  connector config init --sandbox
  connector config init --non-interactive \
    --url https://example.odoo.com --database example \
    --user bot@example.com --api-key env:ODOO_KEY \
    --secret key=env:TRELLO_KEY --secret token=file:trello.token`,
		RunE: func(c *cobra.Command, _ []string) error { return a.configInit(c.Context(), o) },
	}
	o.addFlags(c)
	return c
}

// initOptions are the flags of `config init`.
type initOptions struct {
	nonInteractive, force, sandbox, noTest bool

	url, database, user, apiKey, password string
	kind, name, backendURL                string
	set, secret                           []string
}

func (o *initOptions) addFlags(c *cobra.Command) {
	f := c.Flags()
	f.BoolVar(&o.sandbox, "sandbox", false, "write a configuration of the demo servers; asks nothing")
	f.BoolVar(&o.nonInteractive, "non-interactive", false, "ask nothing: the flags say all")
	f.BoolVar(&o.force, "force", false, "replace what is there, and keep it as a backup")
	f.BoolVar(&o.noTest, "no-test", false, "with --non-interactive: write without asking the servers")
	f.StringVar(&o.url, "url", "", "URL of Odoo")
	f.StringVar(&o.database, "database", "", "database of Odoo; needless where the server shows one alone")
	f.StringVar(&o.user, "user", "", "login of the user that the connector works as")
	f.StringVar(&o.apiKey, "api-key", "", "where the user's API key is: env:NAME, file:PATH or credential:NAME")
	f.StringVar(&o.password, "password", "", "where the password is, instead of an API key")
	f.StringVar(&o.kind, "kind", "", "the system; needless where the program has one alone")
	f.StringVar(&o.name, "name", "", "the backend's name; the system's when left out")
	f.StringVar(&o.backendURL, "backend-url", "", "URL of the system's server; its own when left out")
	f.StringArrayVar(&o.set, "set", nil, "a key of the backend, as boards=Marketing,Sales; may be repeated")
	f.StringArrayVar(&o.secret, "secret", nil, "where a secret of the backend is, as key=env:NAME; may be repeated")
}

func (a *app) configInit(ctx context.Context, o *initOptions) error {
	s := &setup{app: a, file: a.initFile(), force: o.force, given: map[string]config.Given{}, secrets: map[string]secretAnswer{}}
	if _, err := os.Lstat(s.file); err == nil && !o.force {
		return &usageError{fmt.Sprintf("%s is there already; --force replaces it and keeps a backup, --config names another file", s.file)}
	}
	if err := s.take(o); err != nil {
		return err
	}
	var err error
	switch f, isFile := a.in.(*os.File); {
	case o.sandbox:
	case o.nonInteractive:
		err = s.withoutAsking(ctx, o)
	case isFile && !onTerminal(f):
		return &usageError{"there is no terminal to ask on; give the answers as flags with --non-interactive, see `connector config init --help`"}
	default:
		err = s.ask(ctx, a.newDialogue())
	}
	if err != nil {
		return stoppedBefore(ctx, err, "anything was written")
	}
	return s.write()
}

// stoppedBefore gives what a signal ended in its own words.
func stoppedBefore(ctx context.Context, err error, before string) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return &stoppedError{ctx.Err(), before}
	}
	return err
}

// initFile is the file to be written: the one that is named, or config.yaml here, though another place may have one.
func (a *app) initFile() string {
	if a.place.usual {
		return "config.yaml"
	}
	return a.config
}

// take takes what the flags say.
func (s *setup) take(o *initOptions) error {
	kinds := s.app.registry.Kinds()
	known := make([]string, len(kinds))
	for i, k := range kinds {
		known[i] = k.Name
	}
	i := 0
	if o.kind != "" {
		if i = slices.Index(known, o.kind); i < 0 {
			return &usageError{fmt.Sprintf("--kind %q is no system; known: %s", o.kind, strings.Join(known, ", "))}
		}
	} else if len(kinds) > 1 && (o.nonInteractive || o.sandbox) {
		return &usageError{"--kind is missing; use one of " + strings.Join(known, ", ")}
	}
	s.kinds, s.kind, s.kindGiven = kinds, kinds[i], o.kind != "" || len(kinds) == 1
	s.url, s.database, s.user, s.name, s.backendURL = o.url, o.database, o.user, o.name, o.backendURL
	if o.sandbox {
		s.url, s.backendURL = sandboxURL, sandboxURL
		if _, err := s.app.fake(s.kind.Name); err != nil {
			return err
		}
	}
	return errors.Join(s.takeLogin(o), s.takeKeys(o))
}

// sandboxURL is the address of the demo servers.
const sandboxURL = "sandbox://demo"

func (s *setup) takeLogin(o *initOptions) error {
	if o.apiKey != "" && o.password != "" {
		return &usageError{"--api-key and --password exclude each other"}
	}
	for _, f := range []struct{ key, place string }{{"api_key", o.apiKey}, {"password", o.password}} {
		if f.place == "" {
			continue
		}
		place, err := placeOf("--"+strings.ReplaceAll(f.key, "_", "-"), f.place)
		if err != nil {
			return err
		}
		s.login, s.loginSecret = f.key, secretAnswer{place: place}
	}
	return nil
}

// takeKeys takes the backend's own keys.
func (s *setup) takeKeys(o *initOptions) error {
	for _, pair := range o.set {
		key, value, err := s.keyOf("--set", pair)
		switch {
		case err != nil:
			return err
		case key.Type == config.TypeSecret:
			return &usageError{fmt.Sprintf("%s is a secret, which no flag holds; say where it is, as --secret %s=env:NAME", key.Name, key.Name)}
		}
		s.given[key.Name] = givenOf(key, value)
	}
	for _, pair := range o.secret {
		key, value, err := s.keyOf("--secret", pair)
		if err != nil {
			return err
		}
		place, err := placeOf("--secret "+key.Name, value)
		if err != nil {
			return err
		}
		s.secrets[key.Name] = secretAnswer{place: place}
	}
	return nil
}

// keyOf finds the key of KEY=VALUE among the system's own.
func (s *setup) keyOf(flag, pair string) (config.Key, string, error) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok { // not shown: it may be a secret
		return config.Key{}, "", &usageError{flag + " is written as KEY=VALUE"}
	}
	var known []string
	for _, k := range s.kind.Keys() {
		if k.Name == name {
			return k, value, nil
		}
		known = append(known, k.Name)
	}
	hint := "known: " + strings.Join(known, ", ")
	if near, ok := config.Nearest(name, known); ok {
		hint = fmt.Sprintf("did you mean %q?", near)
	}
	return config.Key{}, "", &usageError{fmt.Sprintf("%s: %s has no key %q; %s", flag, s.kind.Name, name, hint)}
}

// givenOf is a key with a value of the command line.
func givenOf(k config.Key, value string) config.Given {
	switch {
	case k.List:
		var all []string
		for _, one := range strings.Split(value, ",") {
			all = append(all, strings.TrimSpace(one))
		}
		return config.GiveTexts(k.Name, all)
	case k.Type == config.TypeTruth || k.Type == config.TypeWhole || k.Type == config.TypeNumber:
		return config.Given{Key: k.Name, YAML: value}
	default:
		return config.GiveText(k.Name, value)
	}
}

// placeOf reads env:NAME and the like. What is none of these isn't shown: it may be the secret.
func placeOf(flag, text string) (string, error) {
	where, name, ok := strings.Cut(text, ":")
	if !ok || name == "" || !slices.Contains([]string{"env", "file", "credential"}, where) {
		return "", &usageError{flag + " says where the secret is: env:NAME, file:PATH or credential:NAME; the secret itself is given by no flag"}
	}
	return "{" + where + ": " + config.GiveText(where, name).YAML + "}", nil
}
