package odoo

import (
	"errors"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/transport"
)

// Kind is what went wrong, as far as the caller must tell it apart.
type Kind string

// The kinds of Error.
const (
	// AccessDenied: wrong user, password or API key.
	AccessDenied Kind = "access denied"
	// AccessError: the user lacks a right, or a record rule or company is in the way.
	AccessError Kind = "no right"
	// UserError: Odoo refuses for a reason that it tells the user. Over XML-RPC, which does not tell
	// them apart, what is a ValidationError too.
	UserError Kind = "refused by Odoo"
	// ValidationError: a constraint, a required field, a record still in use. JSON-2 alone tells it.
	ValidationError Kind = "refused by a rule of Odoo"
	// MissingError: a record of the call does not exist any more.
	MissingError Kind = "no such record"
	// UnknownModel: the model is not installed.
	UnknownModel Kind = "unknown model"
	// UnknownField: the model has no such field, or the user may not see it.
	UnknownField Kind = "unknown field"
	// UnknownMethod: the model has no such method.
	UnknownMethod Kind = "unknown method"
	// UnknownDatabase: the server has no database of this name.
	UnknownDatabase Kind = "unknown database"
	// DatabaseDown: the server cannot reach its own database.
	DatabaseDown Kind = "Odoo's database does not answer"
	// Serialization: other writers were faster; the call was rolled back.
	Serialization Kind = "too many writers at once"
	// ValueError: Odoo cannot take an argument: a date, a selection, a domain, a keyword.
	ValueError Kind = "invalid argument"
	// NoneResult: the method returned nothing, which XML-RPC cannot carry. It was committed.
	NoneResult Kind = "empty result"
	// LargeResult: the result holds an integer beyond 32 bits. It was committed.
	LargeResult Kind = "result too large for XML-RPC"
	// ServerError: any other exception in the server.
	ServerError Kind = "exception in Odoo"
	// InvalidValue: a value that XML-RPC or the field cannot hold. Nothing was sent.
	InvalidValue Kind = "invalid value"
	// InvalidCall: a call that makes no sense. Nothing was sent.
	InvalidCall Kind = "invalid call"
	// NotOdoo: something else than Odoo's external API answered.
	NotOdoo Kind = "not Odoo's external API"
	// UnexpectedAnswer: an answer of another shape than the method's.
	UnexpectedAnswer Kind = "unexpected answer"
	// TooLarge: the request or its answer is too large.
	TooLarge Kind = "too large"
	// Connection: no answer came. The *transport.Error underneath tells more.
	Connection Kind = "no answer"
)

const (
	hintLogin     = "check database, user and password; a user with two-factor login needs an API key as password"
	hintKey       = "check the API key, its scope (rpc) and its end, and the database; a password is no key"
	hintRight     = "give the Odoo user this right, or do not ask for it"
	hintMissing   = "it was deleted meanwhile; read again"
	hintUser      = "correct the record, or the rule that refuses it"
	hintField     = "check the version of Odoo, the modules installed and the user's rights"
	hintMethod    = "check the version of Odoo and the modules installed"
	hintNotOdoo   = "check the URL; the external API needs Odoo's Custom plan on odoo.com, and a proxy must let its paths pass"
	hintLoginPage = "the URL leads to a login page: give the address of the server alone, and check the name of the database"
)

// Error is any failure of a session. Its text is one line and holds no password.
type Error struct {
	// Odoo is the configuration's name of this Odoo.
	Odoo string
	// Op is what was done: "project.task load", "login".
	Op     string
	Model  string
	Method string
	// Field is the field that the failure is about, where that is known.
	Field string
	Kind  Kind
	// Text is what Odoo says, in the user's language: show it, never decide by it.
	Text string
	// Hint is what to do next.
	Hint string
	// Retryable says that the same call may well succeed later.
	Retryable bool
	// OutcomeUnknown says that the call can have taken effect, or has, although it failed.
	OutcomeUnknown bool
	// Err is the cause: a *transport.Error, or a type of transport/xmlrpc or transport/json2, whose fault
	// holds Odoo's whole traceback without the password.
	Err error

	path string // of the value in the call, as transport/xmlrpc names it
}

// Error is one line: which Odoo, what was done, what failed and why, what to do next.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("Odoo " + e.Odoo + ": " + e.Op + ": " + string(e.Kind))
	if e.Field != "" {
		b.WriteString(": field " + e.Field)
	}
	if e.Text != "" {
		b.WriteString(": " + strings.TrimRight(e.Text, ". "))
	}
	if e.OutcomeUnknown {
		b.WriteString("; whether it took effect is unknown")
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return lineEnds.Replace(b.String())
}

// lineEnds keeps an error on one line, whatever the names in it hold.
var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.Err }

// Outage reports whether the failure is the server's as a whole, not of this one call: it cannot
// be reached, or lets us in no more.
func (e *Error) Outage() bool {
	switch e.Kind {
	case AccessDenied, UnknownDatabase, DatabaseDown, NotOdoo:
		return true
	case Connection:
		var t *transport.Error
		return errors.As(e.Err, &t) && t.Outage()
	default:
		return false
	}
}

// IsKind reports whether err is an *Error of one of the kinds.
func IsKind(err error, kinds ...Kind) bool {
	var e *Error
	return errors.As(err, &e) && slices.Contains(kinds, e.Kind)
}

// Refused reports whether Odoo refuses a record by a rule that it tells the user: a UserError or a
// ValidationError.
func Refused(err error) bool { return IsKind(err, UserError, ValidationError) }

// asError is the *Error in err, or nil.
func asError(err error) *Error {
	var e *Error
	errors.As(err, &e)
	return e
}

// fail starts an Error.
func (l *login) fail(c call, kind Kind, text, hint string) *Error {
	return &Error{Odoo: l.name, Op: c.op, Model: c.model, Method: c.method, Kind: kind, Text: l.redact(text), Hint: hint}
}

// say starts an Error in words of our own: there is nothing to hide in them, and to hide a word that happens to be the password
// would tell it.
func (l *login) say(c call, kind Kind, text, hint string) *Error {
	e := l.fail(c, kind, "", hint)
	e.Text = text
	return e
}

// denied is a login that Odoo refuses. It does not say why (seen on Odoo 16 to 19).
func (l *login) denied(c call) *Error {
	if l.keyed {
		return l.say(c, AccessDenied, "wrong user or API key for database "+l.database, hintKey)
	}
	return l.say(c, AccessDenied, "wrong user or password for database "+l.database, hintLogin)
}

// invalid is a call that is refused before anything was sent.
func (l *login) invalid(op, text, hint string) *Error {
	return l.fail(call{op: op}, InvalidCall, text, hint)
}

// redact is Odoo's text on one line, cut, without the password.
func (l *login) redact(text string) string { return transport.Redact(text, l.password) }
