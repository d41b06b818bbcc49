package odoo

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// Fault codes, the same from Odoo 16 to 19 (odoo/addons/base/controllers/rpc.py).
const (
	faultException = 1 // any exception; the text is a traceback
	faultWarning   = 2 // UserError, ValidationError, MissingError, constraints, unknown model
	faultDenied    = 3 // AccessDenied
	faultAccess    = 4 // AccessError
)

// fault types a fault by its code and by the last exception of its traceback. The texts of codes 2
// to 4 are in the user's language, so nothing is decided by their words.
func (l *login) fault(c call, f *xmlrpc.Fault) *Error {
	switch f.Code {
	case faultDenied:
		e := l.denied(c)
		e.Text, e.Err = "", l.blotted(f)
		return e
	case faultAccess:
		return l.typed(c, f, AccessError, warningText(f.Text), hintRight)
	case faultWarning:
		return l.warning(c, f)
	default:
		return l.exception(c, f)
	}
}

func (l *login) typed(c call, f *xmlrpc.Fault, kind Kind, text, hint string) *Error {
	e := l.fail(c, kind, l.redact(text), hint)
	e.Err = l.blotted(f)
	return e
}

// blotted is the fault with its whole text, but for the password.
func (l *login) blotted(f *xmlrpc.Fault) *xmlrpc.Fault {
	return &xmlrpc.Fault{Code: f.Code, Text: transport.Blot(f.Text, l.password)}
}

// warning types a fault of code 2.
func (l *login) warning(c call, f *xmlrpc.Fault) *Error {
	text := warningText(f.Text)
	switch {
	// The one text looked at, and only in the source language; FieldsGet finds the rest.
	case c.model != "" && text == "Object "+c.model+" doesn't exist":
		return l.unknownModel(c, l.blotted(f))
	case missing.MatchString(text):
		return l.typed(c, f, MissingError, text, hintMissing)
	default:
		return l.typed(c, f, UserError, text, hintUser)
	}
}

func (l *login) unknownModel(c call, err error) *Error {
	e := l.say(c, UnknownModel, "this Odoo has no model "+c.model, "install the module that brings it, or leave it out")
	e.Err = err
	return e
}

// missing finds the end of a MissingError, which in every language holds Python's form of the
// recordset: "(Record: res.partner(44,), User: 2)" (captures/odoo18/unlink_deleted).
var missing = regexp.MustCompile(`\n\(.*[\w.]+\(-?\d+(?:, ?-?\d+)*,?\), .*\d+\)$`)

// warningText is the text that a user sees. A RedirectWarning arrives as the form of a Python
// tuple, whose first part that is (captures/odoo18/fault_unlink_partner_linked).
func warningText(text string) string {
	text = strings.TrimSpace(text)
	for _, quote := range []string{"'", `"`} {
		inner, ok := strings.CutPrefix(text, "("+quote)
		if end := strings.Index(inner, quote+", {"); ok && end >= 0 {
			return strings.ReplaceAll(inner[:end], `\n`, "\n")
		}
	}
	return text
}

// rule types the exceptions of one shape.
type rule struct {
	kind  Kind
	match *regexp.Regexp // on "module.Exception: message"; a first group is the field
	hint  string
}

// rules are tried in order. Exceptions' texts are not translated. The shapes are those of
// captures/odoo16, odoo18 and odoo19 (fault_*), and of facts about a server under load.
var rules = []rule{
	{NoneResult, regexp.MustCompile(`^TypeError: cannot marshal None unless allow_none is enabled`), "the work was done all the same: read the record again before anything else"},
	{LargeResult, regexp.MustCompile(`^OverflowError: int exceeds XML-RPC limits`), "leave the field out, or read it as a text"},
	{Serialization, regexp.MustCompile(`^psycopg2\.(?:errors|extensions)\.(?:SerializationFailure|TransactionRollbackError|DeadlockDetected|LockNotAvailable|QueryCanceled)\b|^odoo\.exceptions\.ConcurrencyError\b`), "try again later, with fewer records at a time"},
	{UnknownMethod, regexp.MustCompile(`^AttributeError: The method '[^']*' does not exist|^Exception: Method not found`), hintMethod},
	{UnknownField, regexp.MustCompile(`^ValueError: Invalid field '?([\w.]+)'?`), hintField},
	{ValueError, regexp.MustCompile(`^(?:ValueError|TypeError|AssertionError|SyntaxError|psycopg2\.errors\.(?:Datetime|Invalid|Numeric|String|Undefined)\w*|psycopg2\.DataError)\b`), "correct the value, the domain or the argument"},
}

// exception types a fault of code 1, whose text is a traceback.
func (l *login) exception(c call, f *xmlrpc.Fault) *Error {
	line := lastException(f.Text)
	e := l.byRule(c, line)
	e.Err = l.blotted(f)
	return e
}

// byRule types an exception by "module.Exception: message".
func (l *login) byRule(c call, line string) *Error {
	if e := l.databaseFault(c, line); e != nil {
		return e
	}
	if key, ok := keyError(line); ok && (hasKey(c.args, key) || hasKey([]any{c.kw}, key) || c.hasColumn(key)) {
		// Odoo 19 says no more of an unknown field in write (captures/odoo19/fault_unknown_field_write), 16 and 17 of
		// one in load.
		line = "ValueError: Invalid field '" + key + "'"
	}
	for _, r := range rules {
		if found := r.match.FindStringSubmatch(line); found != nil {
			return l.ruled(c, r, found, line)
		}
	}
	return l.fail(c, ServerError, l.redact(line), "look at the server's log")
}

func (l *login) ruled(c call, r rule, found []string, line string) *Error {
	e := l.fail(c, r.kind, l.redact(line), r.hint)
	e.Retryable = r.kind == Serialization
	e.OutcomeUnknown = (r.kind == NoneResult || r.kind == LargeResult) && !c.read
	if len(found) > 1 {
		e.Field = strings.TrimPrefix(found[1], c.model+".")
	}
	return e
}

// unreached are the errors of Odoo's own connection to PostgreSQL, and lost those of one that broke while the call ran.
var (
	unreached = regexp.MustCompile(`^psycopg2\.(?:OperationalError|InterfaceError|pool\.PoolError|errors\.(?:AdminShutdown|CrashShutdown|CannotConnectNow|TooManyConnections))\b`)
	lost      = regexp.MustCompile(`^psycopg2\.(?:InterfaceError|errors\.(?:AdminShutdown|CrashShutdown))\b|server closed the connection`)
)

// databaseFault knows them: no such database (captures/odoo18/authenticate_wrong_db), or none that answers. Their text names the
// host of PostgreSQL, and stays in the cause.
func (l *login) databaseFault(c call, line string) *Error {
	if !unreached.MatchString(line) {
		return nil
	}
	if strings.Contains(line, `database "`+l.database+`" does not exist`) {
		return l.say(c, UnknownDatabase, "the server has no database "+l.database, "check the name of the database")
	}
	e := l.say(c, DatabaseDown, "the server does not reach PostgreSQL", "try again later; look at the server's log if it stays")
	e.Retryable, e.OutcomeUnknown = true, lost.MatchString(line) && !c.read
	return e
}

// lastException is the line after the last traceback's frames: "module.Exception: message". A text
// without a traceback is its own last line.
func lastException(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	frame := -1
	for i, line := range lines {
		if strings.HasPrefix(line, `  File "`) {
			frame = i
		}
	}
	for _, line := range lines[frame+1:] {
		if frame >= 0 && line != "" && line[0] != ' ' && line[0] != '\t' {
			return line
		}
	}
	return lines[len(lines)-1]
}

// hasColumn reports whether the call is a load with this column.
func (c call) hasColumn(name string) bool {
	if c.method != "load" || len(c.args) == 0 {
		return false
	}
	columns, _ := c.args[0].([]string)
	return slices.ContainsFunc(columns, func(column string) bool { return fieldOfColumn(column) == name })
}

// keyError is the key that a KeyError names: quoted in a traceback, bare in JSON-2's message
// (captures/odoo19/json2_error_unknown_field_write).
func keyError(line string) (string, bool) {
	key, ok := strings.CutPrefix(line, "KeyError: ")
	return strings.Trim(key, "'"), ok
}

// hasKey reports whether a map among the arguments, or in one of them, has the key.
func hasKey(values []any, key string) bool {
	for _, v := range values {
		switch v := v.(type) {
		case map[string]any:
			if _, ok := v[key]; ok || hasKey(slices.Collect(maps.Values(v)), key) {
				return true
			}
		case []any:
			if hasKey(v, key) {
				return true
			}
		}
	}
	return false
}
