package odoo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/json2"
)

// Level is how bad a finding is.
type Level string

// The levels of a Finding.
const (
	LevelOK   Level = "ok"   // as it should be
	LevelWarn Level = "warn" // works today, and may not tomorrow
	LevelFail Level = "fail" // stands in the way
)

// Finding is one thing that Examine looked at.
type Finding struct {
	// Check names what was looked at, one of the constants Check….
	Check string
	Level Level
	// What was found, in one line; Why that matters and the Remedy are empty where all is well.
	What, Why, Remedy string
	// Denied says that credentials or rights are the matter, not the server or its set-up.
	Denied bool
}

// What Examine looks at, in this order.
const (
	CheckConnection = "connection" // the server is reached and is Odoo
	CheckPlan       = "plan"       // Odoo Online lets the external API in
	CheckVersion    = "version"    // a version that the connector was tried with
	CheckClock      = "clock"      // the server's clock and ours
	CheckDatabase   = "database"   // it exists, and is named where there are several
	CheckProtocol   = "protocol"   // what is spoken, and what else could be
	CheckLogin      = "login"      // the user is let in
	CheckUser       = "user"       // an internal user
	CheckKey        = "key"        // the API keys' end
	CheckCompanies  = "companies"  // those that the connector works in
	CheckLanguage   = "language"   // active in the database
	CheckModules    = "modules"    // bring the models that are needed
	CheckRights     = "rights"     // of the user, by group, model and operation
	CheckFields     = "fields"     // that the mappings read and write
)

var checks = []string{
	CheckConnection, CheckPlan, CheckVersion, CheckClock, CheckDatabase, CheckProtocol, CheckLogin, CheckUser, CheckKey, CheckCompanies,
	CheckLanguage, CheckModules, CheckRights, CheckFields,
}

// Needs are what the connector wants to do in an Odoo.
type Needs struct {
	// Companies are those to work in, by id or name; none for the user's own.
	Companies []Company
	Groups    []GroupNeed
	Models    []ModelNeed
	// Patience is how long one check may take, whatever the deadline of a request; 0: 15 s.
	Patience time.Duration
}

// GroupNeed is a group that the user must be in.
type GroupNeed struct {
	Group string // its external identifier, "project.group_project_manager"
	Name  string // as people know it, "Project / Administrator"
	For   string // who needs it, "trello"
}

// ModelNeed is what is done with the records of one model.
type ModelNeed struct {
	Model      string   // "project.task"
	Operations []string // of "read", "write", "create", "unlink"
	Fields     []string // by their technical names
	Domains    []Domain // that records are chosen by
	// Mapping says what is wrong with the fields that a configuration maps, given those that are there; nil for nothing.
	Mapping func(Fields) error
	For     string // who needs it, "trello"
}

const (
	oldestKnown, newestKnown = 16, 19              // versions of Odoo that were measured
	skewNoticed              = 30 * time.Second    // between two clocks
	keyNoticed               = 14 * 24 * time.Hour // before a key's end
)

// Examine looks at an Odoo as the connector would use it and tells what it finds; it writes nothing there. It goes on after a
// failure as long as the rest makes sense, so the findings are all that is wrong at once, in the order of the constants Check….
// The Context of the options may hold a language ("lang"); companies are the needs'.
func Examine(ctx context.Context, o Options, needs Needs) []Finding {
	x := &examination{options: o, needs: needs}
	x.all(ctx)
	slices.SortStableFunc(x.findings, func(a, b Finding) int {
		return cmp.Compare(slices.Index(checks, a.Check), slices.Index(checks, b.Check))
	})
	return x.findings
}

// examination is one Examine under way.
type examination struct {
	options  Options
	needs    Needs
	version  Version
	session  *Session // without a language, until that is known to be active
	who      User
	findings []Finding
	// unanswered is how many findings there were when the last question was not answered, that one included.
	unanswered int
}

func (x *examination) all(ctx context.Context) {
	x.options.Client = x.options.client()
	internal := func(ctx context.Context) bool {
		x.user(ctx)
		return !x.who.Share // else it may do nothing else either
	}
	for _, check := range []func(context.Context) bool{
		x.reach, x.readClock, x.login, internal, goesOn(x.keys), goesOn(x.companies), goesOn(x.language), goesOn(x.groups), goesOn(x.models),
	} {
		if !x.within(ctx, check) {
			return
		}
	}
}

// goesOn is a check after which the others make sense, whatever it found.
func goesOn(check func(context.Context)) func(context.Context) bool {
	return func(ctx context.Context) bool {
		check(ctx)
		return true
	}
}

// within gives a check as long as the patience lasts. One that takes longer is the last.
func (x *examination) within(ctx context.Context, check func(context.Context) bool) bool {
	patience := cmp.Or(x.needs.Patience, usualPatience)
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	before := len(x.findings)
	goesOn := check(within)
	if within.Err() == nil || ctx.Err() != nil {
		return goesOn
	}
	name := CheckConnection
	if len(x.findings) > before {
		name = x.findings[len(x.findings)-1].Check
		if x.unanswered == len(x.findings) { // what it says of a context's end concerns nobody
			x.findings = x.findings[:len(x.findings)-1]
		}
	}
	x.fail(name, fmt.Sprintf("no answer within %s", patience), "nothing behind it can be looked at", "see what keeps the server, and try again")
	return false
}

// usualPatience is how long a check may take.
const usualPatience = 15 * time.Second

func (x *examination) now() time.Time {
	if x.options.Clock != nil {
		return x.options.Clock.Now()
	}
	return time.Now()
}

func (x *examination) ok(check, format string, args ...any) {
	x.findings = append(x.findings, Finding{Check: check, Level: LevelOK, What: fmt.Sprintf(format, args...)})
}

func (x *examination) warn(check, what, why, remedy string) {
	x.findings = append(x.findings, Finding{Check: check, Level: LevelWarn, What: what, Why: why, Remedy: remedy})
}

func (x *examination) fail(check, what, why, remedy string) {
	x.findings = append(x.findings, Finding{Check: check, Level: LevelFail, What: what, Why: why, Remedy: remedy})
}

func (x *examination) deny(check, what, why, remedy string) {
	x.findings = append(x.findings, Finding{Check: check, Level: LevelFail, What: what, Why: why, Remedy: remedy, Denied: true})
}

// broken tells of a question that Odoo did not answer.
func (x *examination) broken(check string, err error) {
	defer func() { x.unanswered = len(x.findings) }()
	e := asError(err)
	if e == nil {
		x.fail(check, "cannot be found out: "+said(err), "the rest may be as it should", "try again")
		return
	}
	f := Finding{Check: check, Level: LevelFail, What: what(e), Why: e.Op + " was refused or not answered", Remedy: e.Hint}
	f.Denied = denied(e)
	x.findings = append(x.findings, f)
}

// what is an error without its system, operation and hint, which a finding tells apart.
func what(e *Error) string {
	kind, text := string(e.Kind), strings.TrimRight(e.Text, ". ")
	switch {
	case text == "":
		return kind
	case strings.HasPrefix(text, kind): // "no answer within 30s"
		return text
	default:
		return kind + ": " + text
	}
}

// said is what went wrong, of whatever type it is.
func said(err error) string {
	if e := asError(err); e != nil {
		return what(e)
	}
	return err.Error()
}

// denied tells credentials and rights from everything else: Odoo's own refusals, and the 401 or 403 of what stands before it.
func denied(e *Error) bool {
	var t *transport.Error
	return e.Kind == AccessDenied || e.Kind == AccessError || errors.As(e.Err, &t) && t.Kind == transport.Denied
}

// reach asks the server which version it is: no login is needed for that.
func (x *examination) reach(ctx context.Context) bool {
	l, err := newLogin(x.options)
	if err != nil {
		x.broken(CheckConnection, err)
		return false
	}
	began := x.now()
	x.version, err = x.askAnyhow(ctx, l)
	took := x.now().Sub(began)
	if err != nil {
		x.unreached(l.endpoint.base, err)
		return false
	}
	x.ok(CheckConnection, "%s answers in %s", l.endpoint.base, took.Round(time.Millisecond))
	x.judgeVersion()
	return true
}

// askAnyhow asks by XML-RPC and, where that is closed or not to be spoken, by the page that Odoo 19 brought; and the reverse. Where
// neither passes, but JSON-2 is wanted, it is enough that Odoo answers to that.
func (x *examination) askAnyhow(ctx context.Context, l *login) (Version, error) {
	l.wire = xmlrpcWire{l}
	ways := []func(context.Context) (Version, error){l.askVersion, l.askWebVersion}
	if x.options.Protocol == ProtocolJSON2 {
		slices.Reverse(ways)
	}
	version, err := ways[0](ctx)
	if e := asError(err); e == nil || !closed(e) {
		return version, err
	}
	if other, otherErr := ways[1](ctx); otherErr == nil {
		return other, nil
	}
	if x.options.Protocol == ProtocolJSON2 && l.answersJSON2(ctx) {
		return Version{Major: json2Since}, nil
	}
	return version, err
}

// answersJSON2 reports whether Odoo itself answers to JSON-2, if only to refuse the key.
func (l *login) answersJSON2(ctx context.Context) bool {
	l.wire = json2Wire{l}
	var result any
	err := l.once(ctx, call{model: "res.users", method: "context_get", op: "version", read: true}, wholeInto(&result))
	var refused *json2.Error
	return err == nil || errors.As(err, &refused)
}

// unreached tells why the server was not reached. On Odoo Online a closed external API is a matter of the plan: it is part of
// Custom alone, and what answers in its place is a page for people, with 200, 403 or 404.
func (x *examination) unreached(base string, err error) {
	e := asError(err)
	u, urlErr := url.Parse(base)
	online := urlErr == nil && (u.Hostname() == "odoo.com" || strings.HasSuffix(u.Hostname(), ".odoo.com"))
	if e != nil && online && closed(e) {
		x.deny(CheckPlan, "the external API is closed at "+base+": "+what(e),
			"Odoo Online opens it with the Custom plan only, not with One App Free or Standard",
			"check the name of the database in the URL; if it is right, change the plan, or ask Odoo to open the API")
		return
	}
	x.broken(CheckConnection, err)
	x.findings[len(x.findings)-1].Why = "nothing else can be looked at"
}

func closed(e *Error) bool {
	var t *transport.Error
	return e.Kind == NotOdoo || errors.As(e.Err, &t) && t.Status == http.StatusForbidden
}

func (x *examination) judgeVersion() {
	v := x.version
	if v.Text == "" {
		x.warn(CheckVersion, "not told: of all paths only /json/2 answers", fmt.Sprintf("the connector was tried with Odoo %d to %d", oldestKnown, newestKnown),
			"let what stands before Odoo pass /web/version too")
		return
	}
	if v.Major >= oldestKnown && v.Major <= newestKnown {
		x.ok(CheckVersion, "Odoo %s", v.Text)
		return
	}
	x.warn(CheckVersion, "Odoo "+v.Text, fmt.Sprintf("the connector was tried with Odoo %d to %d", oldestKnown, newestKnown),
		"try it with a copy of the database first")
}

// readClock compares the clocks by the answers so far.
func (x *examination) readClock(context.Context) bool {
	skew, known := x.options.Client.Skew()
	switch {
	case !known:
	case skew.Abs() <= skewNoticed:
		x.ok(CheckClock, "in step with this machine's")
	default:
		direction := "ahead of"
		if skew < 0 {
			direction = "behind"
		}
		x.warn(CheckClock, fmt.Sprintf("the server's clock is %s %s this machine's", skew.Abs(), direction),
			"which side was changed last is decided by times, and so is whether a key still holds",
			"set both clocks by a time server (NTP)")
	}
	return true
}

// login logs in without a language, which might not be active.
func (x *examination) login(ctx context.Context) bool {
	o := x.options
	if o.Protocol == ProtocolJSON2 && x.version.Major < json2Since {
		x.fail(CheckProtocol, fmt.Sprintf("Odoo %d has no JSON-2, which came with Odoo %d", x.version.Major, json2Since),
			"the login cannot be tried", "leave protocol out: XML-RPC is taken then")
		return false
	}
	o.Context = nil
	s, err := Dial(ctx, o)
	if err != nil {
		x.refused(ctx, err)
		return false
	}
	x.session = s
	s.version.Store(&x.version)
	x.ok(CheckDatabase, "%s", s.database)
	x.judgeProtocol(s.Protocol())
	x.ok(CheckLogin, "%s is let in", x.credential())
	return true
}

func (x *examination) credential() string {
	if x.options.APIKey != "" {
		return "the API key"
	}
	return "the password of " + x.options.Username
}

// refused tells why the login failed.
func (x *examination) refused(ctx context.Context, err error) {
	e := asError(err)
	switch {
	case IsKind(err, UnknownDatabase):
		x.fail(CheckDatabase, strings.TrimRight(e.Text, ". "), "nothing behind the login can be looked at", x.databaseRemedy(ctx, e.Hint))
	case errors.Is(err, errOtherUser):
		x.deny(CheckLogin, e.Text, "it would work with that one's rights", e.Hint)
	case IsKind(err, AccessDenied) && x.options.APIKey != "":
		x.deny(CheckLogin, "Odoo refuses the API key", "nothing behind the login can be looked at",
			"check that it is a key of this user and database, that its scope is rpc, and that it is not over; a password is no key")
	case IsKind(err, AccessDenied):
		x.deny(CheckLogin, "Odoo refuses "+x.credential(), "nothing behind the login can be looked at",
			"check user, password and database; a user with two-factor login needs an API key, under api_key")
	case IsKind(err, InvalidCall):
		x.fail(CheckLogin, strings.TrimRight(e.Text, ". "), "the login cannot be tried", e.Hint)
	case IsKind(err, NotOdoo):
		x.fail(CheckProtocol, what(e), "the server answers, but not to a login by this protocol", e.Hint)
	default:
		x.broken(CheckLogin, err)
	}
}

// databaseRemedy names the databases that the server shows, where it shows any.
func (x *examination) databaseRemedy(ctx context.Context, hint string) string {
	l, err := newLogin(x.options)
	if err != nil {
		return hint
	}
	l.wire = xmlrpcWire{l}
	names, err := l.databases(ctx)
	if err != nil || len(names) == 0 {
		return hint
	}
	return "use one of the databases that the server shows: " + strings.Join(names, ", ")
}

// judgeProtocol tells what is spoken, and warns of what goes away: XML-RPC is deprecated since Odoo 19 and announced to go with
// Odoo 22, and on Odoo Online with 21.1.
func (x *examination) judgeProtocol(spoken Protocol) {
	switch {
	case spoken == ProtocolJSON2:
		x.ok(CheckProtocol, "JSON-2")
	case x.version.Major < json2Since:
		x.ok(CheckProtocol, "XML-RPC, the one that Odoo %d speaks", x.version.Major)
	default:
		remedy := "make an API key in Odoo (Preferences, Account Security) and give it as api_key: JSON-2 is taken then"
		if x.options.APIKey != "" {
			remedy = "leave protocol out, or write protocol: json2"
		}
		x.warn(CheckProtocol, "XML-RPC; JSON-2 is possible", "Odoo takes XML-RPC away with version 22, and Odoo Online with 21.1", remedy)
	}
}

// user looks at the kind of user.
func (x *examination) user(ctx context.Context) {
	u, err := x.session.User(ctx)
	if err != nil {
		x.broken(CheckUser, err)
		return
	}
	x.who = u
	if u.Share {
		x.deny(CheckUser, fmt.Sprintf("%s (%s) is a portal or public user", u.Name, u.Login),
			"such users see only what was shared with them: nothing could be kept in step",
			"log in as an internal user, best one of the connector's own")
		return
	}
	x.ok(CheckUser, "%s (%s), an internal user", u.Name, u.Login)
}

// keys warns of API keys that end soon. Which of them is in use, Odoo does not tell.
func (x *examination) keys(ctx context.Context) {
	keys, err := x.session.APIKeys(ctx)
	if err != nil {
		if x.options.APIKey != "" && !IsKind(err, UnknownModel, UnknownField) {
			x.warn(CheckKey, "when the API key ends cannot be read: "+said(err), "Odoo lets nobody in by a key that is over",
				"look in Odoo, under Preferences, Account Security")
		}
		return
	}
	soon := 0
	for _, k := range keys {
		if k.Expires.IsZero() || k.Expires.Sub(x.now()) > keyNoticed {
			continue
		}
		soon++
		x.warnOfKey(k, len(keys))
	}
	if soon == 0 && x.options.APIKey != "" && len(keys) > 0 {
		x.ok(CheckKey, "%s", untilWhen(keys))
	}
}

func (x *examination) warnOfKey(k APIKey, of int) {
	which := "the user's API key"
	if of > 1 {
		which = "one of the user's API keys,"
	}
	at := k.Expires.UTC().Format(time.DateTime) + " UTC"
	text := fmt.Sprintf("%s %q ends on %s", which, k.Name, at)
	if left := k.Expires.Sub(x.now()); left <= 0 {
		text = fmt.Sprintf("%s %q ended on %s", which, k.Name, at)
	}
	x.warn(CheckKey, text, "Odoo lets nobody in by a key that is over", "make a new key in Odoo, put it into the configuration, then remove the old one")
}

// untilWhen is how long the user's keys hold.
func untilWhen(keys []APIKey) string {
	var first time.Time
	for _, k := range keys {
		if !k.Expires.IsZero() && (first.IsZero() || k.Expires.Before(first)) {
			first = k.Expires
		}
	}
	if first.IsZero() {
		return "holds without an end"
	}
	return "holds until " + first.UTC().Format(time.DateOnly) + " at least"
}

// companies looks whether the user may work in those that are configured, and chooses them.
func (x *examination) companies(ctx context.Context) {
	if x.who.ID == 0 { // it was not found out
		return
	}
	all, err := x.session.companiesOf(ctx, x.who)
	if err != nil {
		x.broken(CheckCompanies, err)
		return
	}
	if len(x.needs.Companies) == 0 {
		x.ok(CheckCompanies, "%s", ownCompany(all))
		return
	}
	ids, err := x.session.choose(all, x.needs.Companies)
	if err != nil {
		e := asError(err)
		x.deny(CheckCompanies, e.Text, "Odoo refuses every call that names it", e.Hint)
		return
	}
	x.session = x.session.WithCompanies(ids...)
	x.ok(CheckCompanies, "works in %s", labels(chosen(all, ids)))
}

func chosen(all []Company, ids []int64) []Company {
	out := make([]Company, len(ids))
	for i, id := range ids {
		out[i] = all[slices.IndexFunc(all, func(c Company) bool { return c.ID == id })]
	}
	return out
}

func ownCompany(all []Company) string {
	switch len(all) {
	case 0:
		return "the user's own"
	case 1:
		return all[0].label()
	default:
		return fmt.Sprintf("new records belong to %s; those of %s are seen too", all[0].label(), labels(all[1:]))
	}
}

// language looks whether the configured one is active: Odoo 18 and 19 refuse every call in one that is not, 16 and 17 ignore it.
func (x *examination) language(ctx context.Context) {
	code, _ := x.options.Context["lang"].(string)
	if code == "" {
		return
	}
	rows, err := x.session.SearchRead(ctx, "res.lang", Cond("code", "!=", false), []string{"code"}, SearchOptions{Order: "code"})
	if err != nil {
		x.broken(CheckLanguage, err)
		return
	}
	var active []string
	for _, r := range rows {
		active = append(active, r.Value("code").AsText())
	}
	if slices.Contains(active, code) {
		x.session = x.session.WithLanguage(code)
		x.ok(CheckLanguage, "%s", code)
		return
	}
	x.fail(CheckLanguage, code+" is not active in the database", "Odoo from 18 on refuses every call in such a language, older ones answer in English",
		"use one of "+strings.Join(active, ", ")+", or activate it in Odoo's settings, under Languages")
}
