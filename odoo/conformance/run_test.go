package conformance_test

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/odoo-connector/connector/odoo"
)

// account is how one of the suite's users logs in. An empty one is not there.
type account struct{ user, password, key string }

// target is one server that the suite runs against.
type target struct {
	// options name the server; user, password and key come from accounts.
	options  odoo.Options
	protocol string // xmlrpc or json2
	local    bool   // in this process, and thrown away
	major    int
	version  string // as the server says it
	// accounts by role: admin is a Project / Administrator, user a Project / User of the first company,
	// portal a portal user.
	accounts map[string]account
}

// run is one run of the suite.
type run struct {
	target
	id       string // begins the names of what is made
	sessions map[string]*odoo.Session
	needs    map[string]string // what was looked for already: "" where it is there, else what is not
	made     map[made][]int64
	order    []made
	tally    tally
	// shared are values that all cases may use: ids that need not be made.
	shared variables
}

// made names the records of one model that one user made.
type made struct{ role, model string }

// tally counts for the summary.
type tally struct {
	passed, failed int
	skipped        map[string]int // by reason
	left           []string
}

// newRun logs the administrator in.
func newRun(t *testing.T, on target, id string) *run {
	t.Helper()
	r := &run{target: on, id: id, sessions: map[string]*odoo.Session{}, needs: map[string]string{}, made: map[made][]int64{}}
	r.tally.skipped = map[string]int{}
	admin, err := r.session("admin")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.describe(admin); err != nil {
		t.Fatal(err)
	}
	r.shared = variables{"run": id, "uid": admin.UID(), "db": on.options.Database, "login": on.accounts["admin"].user}
	t.Cleanup(func() { r.finish(t) })
	return r
}

// session is the logged-in user of a role.
func (r *run) session(role string) (*odoo.Session, error) {
	if s, ok := r.sessions[role]; ok {
		return s, nil
	}
	a, ok := r.accounts[role]
	if !ok {
		return nil, fmt.Errorf("the suite has no %s user", role)
	}
	s, err := r.login(a, r.options.Database)
	if err != nil {
		return nil, err
	}
	r.sessions[role] = s
	return s, nil
}

// login dials as an account.
func (r *run) login(a account, database string) (*odoo.Session, error) {
	o := r.options
	o.Database, o.Username, o.Password, o.APIKey = database, a.user, a.password, a.key
	if r.protocol != "" { // what "auto" chose for the first login
		o.Protocol = odoo.Protocol(r.protocol)
	}
	if o.Protocol != odoo.ProtocolJSON2 && o.Password != "" {
		o.APIKey = ""
	}
	return odoo.Dial(ctx, o)
}

// all runs every case and counts it.
func (r *run) all(t *testing.T, cases []testCase) {
	for _, c := range cases {
		r.count(t, c.Name, func(t *testing.T) {
			r.fits(t, c)
			r.one(t, c)
		})
	}
}

// skip leaves a check out for a reason that the summary repeats.
func (r *run) skip(t *testing.T, reason string) {
	t.Helper()
	r.tally.skipped[reason]++
	t.Skip(reason)
}

// count runs one check as a subtest and puts down how it ended.
func (r *run) count(t *testing.T, name string, check func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Cleanup(func() {
			switch {
			case t.Failed():
				r.tally.failed++
			case !t.Skipped():
				r.tally.passed++
			}
		})
		check(t)
	})
}

// fits skips a case that this server or its users cannot prove.
func (r *run) fits(t *testing.T, c testCase) {
	t.Helper()
	if !c.Versions.hold(r.major) {
		r.skip(t, "for other versions")
	}
	if !holdProtocol(c.Protocols, r.protocol) {
		r.skip(t, "for the other protocol")
	}
	for _, need := range c.Needs {
		reason, asked := r.needs[need]
		if !asked {
			var err error
			if reason, err = r.lacks(need); err != nil {
				t.Fatalf("looking for %s: %v", need, err)
			}
			r.needs[need] = reason
		}
		if reason != "" {
			r.skip(t, reason)
		}
	}
}

// one runs the steps of a case.
func (r *run) one(t *testing.T, c testCase) {
	saved := maps.Clone(r.shared)
	saved["case"] = int64(c.number)
	own := map[string]any{"tracking_disable": true}
	if c.Context.Kind != 0 {
		value, err := saved.value(&c.Context)
		if err != nil {
			t.Fatal(err)
		}
		maps.Copy(own, value.(map[string]any))
	}
	for i, s := range c.Steps {
		if !s.Versions.hold(r.major) || !holdProtocol(s.Protocols, r.protocol) {
			continue
		}
		if err := r.step(s, own, saved); err != nil {
			t.Fatalf("step %d (%s): %v", i+1, s.title(), err)
		}
	}
}

func (s step) title() string {
	if len(s.Call) == 2 {
		return s.Call[0] + " " + s.Call[1]
	}
	return "login"
}

// step makes one call and judges it.
func (r *run) step(s step, own map[string]any, saved variables) error {
	got, err := r.perform(s, own, saved)
	if err == nil {
		if err := saved.save(&s.Save, got); err != nil {
			return err
		}
		if err := r.trackNamed(s, saved); err != nil {
			return err
		}
	}
	var judged error
	for _, o := range r.outcomes(s) {
		if judged = o.judge(saved, got, err); judged == nil {
			return nil
		}
	}
	return judged
}

// outcomes are those of which one must come.
func (r *run) outcomes(s step) []outcome {
	fits := func(o outcome) bool { return o.Versions.hold(r.major) && holdProtocol(o.Protocols, r.protocol) }
	var either []outcome
	for _, o := range s.Either {
		if fits(o) {
			either = append(either, o)
		}
	}
	if at := slices.IndexFunc(s.Expect, fits); at >= 0 {
		return s.Expect[at : at+1]
	}
	if len(either) > 0 {
		return either
	}
	return []outcome{{Want: s.Want, Error: s.Error}}
}

// judge tells how an answer or a failure differs from the outcome.
func (o outcome) judge(saved variables, got any, err error) error {
	switch {
	case o.Error != nil:
		return o.Error.match(err, got)
	case err != nil:
		return err
	case o.Want.Kind == 0:
		return nil
	default:
		return saved.match(&o.Want, got)
	}
}

// perform is the call itself.
func (r *run) perform(s step, own map[string]any, saved variables) (any, error) {
	if s.Login.Kind != 0 {
		return r.tryLogin(&s.Login, saved)
	}
	session, err := r.session(s.role())
	if err != nil {
		return nil, err
	}
	c, err := s.call(own, saved)
	if err != nil {
		return nil, fmt.Errorf("the case is wrong: %w", err)
	}
	got, err := c.send(session)
	if err == nil {
		r.note(s, got)
	}
	return got, err
}

func (s step) role() string {
	if s.As == "" {
		return "admin"
	}
	return s.As
}

// tryLogin answers the user's id.
func (r *run) tryLogin(n *yaml.Node, saved variables) (any, error) {
	value, err := saved.value(n)
	if err != nil {
		return nil, err
	}
	named := value.(map[string]any)
	a := r.accounts["admin"]
	if user, ok := named["user"].(string); ok {
		a.user = user
	}
	if password, ok := named["password"].(string); ok {
		a = account{user: a.user, password: password, key: password}
	}
	if named["with"] == "key" {
		a.password = ""
	}
	database, ok := named["database"].(string)
	if !ok {
		database = r.options.Database
	}
	s, err := r.login(a, database)
	if err != nil {
		return nil, err
	}
	return s.UID(), nil
}

// save keeps an answer: as a whole under a name, a list's items under a list of names, a map's
// values under names of their own.
func (v variables) save(n *yaml.Node, got any) error {
	switch n.Kind {
	case 0:
		return nil
	case yaml.ScalarNode:
		v[n.Value] = got
		return nil
	case yaml.SequenceNode:
		list, ok := got.([]any)
		if !ok || len(list) < len(n.Content) {
			return fmt.Errorf("got %s, not the %d items to save", show(got), len(n.Content))
		}
		for i, name := range n.Content {
			v[name.Value] = list[i]
		}
		return nil
	default:
		for i := 0; i < len(n.Content); i += 2 {
			value, err := dig(got, n.Content[i+1].Value)
			if err != nil {
				return err
			}
			v[n.Content[i].Value] = value
		}
		return nil
	}
}

// dig follows a path of keys and positions: "0.name".
func dig(value any, path string) (any, error) {
	for key := range strings.SplitSeq(path, ".") {
		switch inner := value.(type) {
		case map[string]any:
			value = inner[key]
		case []any:
			var at int
			if _, err := fmt.Sscan(key, &at); err != nil || at >= len(inner) {
				return nil, fmt.Errorf("got %s, without an item %s", show(value), key)
			}
			value = inner[at]
		default:
			return nil, fmt.Errorf("got %s, without %s", show(value), key)
		}
	}
	return value, nil
}

// match judges a failure.
func (w *wantedError) match(err error, got any) error {
	var e *odoo.Error
	if !errors.As(err, &e) {
		if err != nil {
			return err
		}
		return fmt.Errorf("got %s, no failure of kind %q", show(got), w.Kinds)
	}
	wrong := func(what string) error {
		return fmt.Errorf("%s: kind %q, field %q, text %q, unknown %v", what, e.Kind, e.Field, e.Text, e.OutcomeUnknown)
	}
	matched, badExpression := regexp.MatchString(w.Text, e.Text)
	switch {
	case badExpression != nil:
		return badExpression
	case !slices.Contains(w.Kinds, e.Kind):
		return wrong(fmt.Sprintf("not of kind %q", w.Kinds))
	case w.Field != "" && e.Field != w.Field:
		return wrong("not about field " + w.Field)
	case !matched:
		return wrong("the text does not match " + w.Text)
	case e.OutcomeUnknown != w.Unknown:
		return wrong("whether the outcome is known is wrong")
	}
	return nil
}
