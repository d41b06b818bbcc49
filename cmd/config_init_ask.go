package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// question is a step of the dialogue. Where it gives the error errBack, the one before is asked again.
type question struct {
	name string
	ask  func(ctx context.Context, d *dialogue) error
}

// againError says that an answer was wrong, and from which question on it is asked again.
type againError struct {
	from string
	err  error
}

func (e *againError) Error() string { return e.err.Error() }
func (e *againError) Unwrap() error { return e.err }

// ask asks for all that is not known yet and tries each answer.
func (s *setup) ask(ctx context.Context, d *dialogue) error {
	d.say("This makes %s. Each answer is tried at once; %q leads back to the question before.\n", s.file, back)
	steps := s.questions()
	forward := true
	for i := 0; i < len(steps); {
		err := steps[i].ask(ctx, d)
		var again *againError
		switch {
		case errors.Is(err, errSkipped):
			if !forward && i > 0 {
				i--
				continue
			}
			i, forward = i+1, true
		case err == nil:
			i, forward = i+1, true
		case errors.Is(err, errBack):
			i, forward = s.before(d, i)
		case ctx.Err() != nil, errors.Is(err, errAnswersEnd), errors.Is(err, errUnwanted):
			return err
		case errors.As(err, &again):
			d.sayIn(red, again.Error())
			i = slices.IndexFunc(steps, func(q question) bool { return q.name == again.from })
			forward = true
		default:
			d.sayIn(red, err.Error())
		}
	}
	return nil
}

// before is the question before the i-th one; what the flags say is asked nowhere, and the first question has none before it.
func (s *setup) before(d *dialogue, i int) (at int, forward bool) {
	if i == 0 || i == 1 && s.kindGiven {
		d.say("This is the first question.")
		return i, true
	}
	return i - 1, false
}

// errSkipped says that there is nothing to ask.
var errSkipped = errors.New("nothing to ask")

// questions are all steps in their order.
func (s *setup) questions() []question {
	all := []question{
		{"kind", s.askKind}, {"url", s.askURL}, {"database", s.askDatabase}, {"user", s.askUser}, {"login", s.askLogin}, {"name", s.askName},
	}
	if s.kind.DefaultURL == "" {
		all = append(all, question{"backend url", s.askBackendURL})
	}
	return append(all, question{"secrets", s.askSecrets}, question{"system", s.askSystem}, question{"write", s.askWrite})
}

func (s *setup) askKind(ctx context.Context, d *dialogue) error {
	if s.kindGiven {
		return errSkipped
	}
	names := make([]string, len(s.kinds))
	for i, k := range s.kinds {
		names[i] = k.Name
	}
	name, err := d.choose(ctx, "System", names)
	if err == nil {
		s.kind = s.kinds[slices.Index(names, name)]
	}
	return err
}

func (s *setup) askURL(ctx context.Context, d *dialogue) error {
	text, err := d.need(ctx, "URL of Odoo, as https://example.odoo.com", s.url)
	if err != nil {
		return err
	}
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	if strings.HasPrefix(text, "sandbox:") {
		return errors.New("that is the sandbox; `connector config init --sandbox` makes its configuration")
	}
	before := s.url
	s.url = text
	found, err := s.reach(ctx)
	if err != nil {
		s.url = before
		return err
	}
	d.sayIn(green, "Odoo "+found.Version.Text+".")
	return nil
}

func (s *setup) askDatabase(ctx context.Context, d *dialogue) error {
	found, err := s.reach(ctx)
	if err != nil {
		return &againError{"url", err}
	}
	switch {
	case s.database == "" && len(found.Databases) == 1:
		s.database = found.Databases[0]
		d.say("Its database is %s.", s.database)
		return errSkipped
	case len(found.Databases) == 1 && s.database == found.Databases[0]:
		return errSkipped
	case len(found.Databases) > 1:
		s.database, err = d.choose(ctx, "Database", found.Databases)
	default:
		s.database, err = d.need(ctx, "Database (the server hides which there are)", usualDatabase(s.database, s.url))
	}
	return err
}

// usualDatabase is the one that was given, or what databases of Odoo Online are called.
func usualDatabase(given, address string) string {
	if given != "" {
		return given
	}
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	if name, online := strings.CutSuffix(u.Hostname(), ".odoo.com"); online {
		return name
	}
	return ""
}

func (s *setup) askUser(ctx context.Context, d *dialogue) (err error) {
	s.user, err = d.need(ctx, "User (login)", s.user)
	return err
}

func (s *setup) askLogin(ctx context.Context, d *dialogue) error {
	if s.loginSecret.place == "" {
		if err := s.askCredential(ctx, d); err != nil {
			return err
		}
	}
	said, err := s.logIn(ctx)
	switch {
	case odoo.IsKind(err, odoo.UnknownDatabase):
		s.database = ""
		return &againError{"database", err}
	case odoo.IsKind(err, odoo.Connection, odoo.NotOdoo):
		return &againError{"url", err}
	case err != nil:
		return &againError{"user", err}
	}
	d.sayIn(green, upperFirst(said)+".")
	return nil
}

// askCredential asks for an API key or a password.
func (s *setup) askCredential(ctx context.Context, d *dialogue) error {
	usual := "k"
	if s.login == "password" {
		usual = "p"
	}
	kind, err := d.ask(ctx, "Log in by API key (k) or password (p)", usual)
	if err != nil {
		return err
	}
	var key, text string
	switch strings.ToLower(kind) {
	case "k", "key", "api key":
		key, text = "api_key", "API key (in Odoo: Preferences, Account Security)"
	case "p", "password":
		key, text = "password", "Password"
	default: // not repeated: it may be the secret
		return errors.New("that is neither k nor p; the key or password itself is asked for next")
	}
	secret, err := d.needSecret(ctx, text)
	if err == nil {
		s.login, s.loginSecret = key, secretAnswer{text: secret}
	}
	return err
}

func (s *setup) askName(ctx context.Context, d *dialogue) error {
	d.say("")
	before := s.name
	name, err := d.need(ctx, "Name of the backend, as in `connector sync NAME`", s.backendName())
	if err != nil {
		return err
	}
	s.name = name
	if _, err = s.trial(false); err != nil {
		s.name = before
	}
	return err
}

func (s *setup) askBackendURL(ctx context.Context, d *dialogue) (err error) {
	s.backendURL, err = d.need(ctx, "URL of "+s.kind.Name, s.backendURL)
	return err
}

// askSecrets asks for the system's credentials, one after the other.
func (s *setup) askSecrets(ctx context.Context, d *dialogue) error {
	wanted := slices.DeleteFunc(slices.Clone(s.kind.Keys()), func(k config.Key) bool {
		return k.Type != config.TypeSecret || !k.Required && k.Ask == nil || s.secrets[k.Name].place != ""
	})
	for i := 0; i < len(wanted); {
		err := s.askSecret(ctx, d, wanted[i])
		switch {
		case err == nil:
			i++
		case errors.Is(err, errBack) && i > 0:
			i--
		default:
			return err
		}
	}
	return nil
}

func (s *setup) askSecret(ctx context.Context, d *dialogue, k config.Key) error {
	text := k.Name
	if k.Ask != nil {
		text = k.Ask.Text
		if k.Ask.Help != "" {
			d.say("%s: %s.", k.Ask.Text, k.Ask.Help)
		}
	}
	secret, err := d.needSecret(ctx, text)
	if err == nil {
		s.secrets[k.Name] = secretAnswer{text: secret}
	}
	return err
}

// askSystem logs in to the system and asks for what else it wants to know.
func (s *setup) askSystem(ctx context.Context, d *dialogue) error {
	found, err := s.introduce(ctx)
	if err != nil {
		return &againError{"secrets", err}
	}
	if found.Who != "" {
		d.sayIn(green, upperFirst(found.Who)+".")
	}
	for _, k := range s.kind.Keys() {
		if _, given := s.given[k.Name]; k.Type == config.TypeSecret || k.Ask == nil && !k.Required || given {
			continue
		}
		if err := s.askKey(ctx, d, k, found.Choices[k.Name]); err != nil {
			return err
		}
	}
	if _, err := s.trial(true); err != nil {
		clear(s.given)
		return &againError{"system", err}
	}
	return nil
}

// askKey asks for the value of a key; choices are the values that there are, as far as the system tells.
func (s *setup) askKey(ctx context.Context, d *dialogue, k config.Key, choices []string) error {
	text := k.Name
	if k.Ask != nil {
		text = k.Ask.Text
		if k.Ask.Help != "" && len(choices) == 0 {
			d.say("%s: %s.", k.Ask.Text, k.Ask.Help)
		}
	}
	if k.List && len(choices) > 0 {
		chosen, err := d.chooseSome(ctx, text, choices)
		if err == nil && len(chosen) > 0 {
			s.given[k.Name] = config.GiveTexts(k.Name, chosen)
		}
		return err
	}
	ask := d.ask
	if k.Required {
		ask = d.need
	}
	answer, err := ask(ctx, text, "")
	if err == nil && answer != "" {
		s.given[k.Name] = givenOf(k, answer)
	}
	return err
}

func (s *setup) askWrite(ctx context.Context, d *dialogue) error {
	var files []string
	for _, f := range s.files() {
		files = append(files, f.name)
	}
	d.say("\nTo be written: %s.", strings.Join(files, ", "))
	answer, err := d.ask(ctx, "Write? (y, n)", "y")
	switch answer = strings.ToLower(answer); {
	case err != nil:
		return err
	case answer == "y" || answer == "yes":
		return nil
	case answer == "n" || answer == "no":
		return errUnwanted
	default:
		return fmt.Errorf("%q is neither y nor n", answer)
	}
}

// errUnwanted says that the person saw what would be written, and did not want it.
var errUnwanted error = &usageError{"nothing was written"}

// upperFirst begins a sentence.
func upperFirst(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// withoutAsking tries what the flags say.
func (s *setup) withoutAsking(ctx context.Context, o *initOptions) error {
	if s.url == "" {
		return &usageError{"--url is missing"}
	}
	if s.login == "" {
		return &usageError{"--api-key or --password is missing: say where it is, as --api-key env:ODOO_KEY"}
	}
	if _, err := s.trial(true); err != nil || o.noTest {
		return err
	}
	found, err := s.reach(ctx)
	if err != nil {
		return err
	}
	if s.database == "" && len(found.Databases) == 1 {
		s.database = found.Databases[0]
	}
	said, err := s.logIn(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(s.app.hints(), "Odoo %s: %s.\n", found.Version.Text, said)
	who, err := s.introduce(ctx)
	if err == nil && who.Who != "" {
		_, _ = fmt.Fprintf(s.app.hints(), "%s: %s.\n", s.backendName(), who.Who)
	}
	return err
}
