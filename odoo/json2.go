package odoo

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/odoo-connector/connector/transport"
	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
)

// json2Wire speaks POST /json/2/<model>/<method>, which knows neither login nor arguments by position.
type json2Wire struct{ *login }

func (w json2Wire) name() Protocol { return ProtocolJSON2 }

// authenticate asks whose key it is: there is no login call (captures/odoo19/json2_context_get).
func (w json2Wire) authenticate(ctx context.Context) (int64, error) {
	c := call{model: "res.users", method: "context_get", op: "login", read: true}
	var result any
	if err := w.once(ctx, c, wholeInto(&result)); err != nil {
		return 0, w.whichDatabase(ctx, c, err)
	}
	answer, _ := result.(map[string]any)
	uid, ok := answer["uid"].(int64)
	if !ok || uid <= 0 {
		return 0, w.fail(c, UnexpectedAnswer, "the answer names no user", "check the URL")
	}
	return uid, w.checkOwner(ctx, uid)
}

// errOtherUser is why a key that Odoo takes is refused all the same.
var errOtherUser = errors.New("the key belongs to another user")

// checkOwner refuses a key of another user than the one that is named: it would work with that one's rights.
func (w json2Wire) checkOwner(ctx context.Context, uid int64) error {
	if w.user == "" {
		return nil
	}
	c := call{model: "res.users", method: "read", op: "login", read: true, args: []any{[]int64{uid}, []any{"login"}}}
	var result any
	err := w.once(ctx, c, wholeInto(&result))
	if IsKind(err, AccessError) {
		return nil // it cannot be told
	}
	if err != nil {
		return err
	}
	rows, _ := result.([]any)
	if len(rows) != 1 {
		return w.fail(c, UnexpectedAnswer, "the key's user is not there", "check the URL")
	}
	row, _ := rows[0].(map[string]any)
	if login, ok := row["login"].(string); ok && !strings.EqualFold(login, w.user) {
		e := w.say(c, AccessDenied, "the API key is of another user than "+w.user, "name the key's own user, or give that user's key")
		e.Err = errOtherUser
		return e
	}
	return nil
}

// whichDatabase tells a database that is not there from a server that is not Odoo: both answer 404 with
// a page for people (captures/odoo19/json2_database_wrong), but only Odoo 19 tells its version.
func (w json2Wire) whichDatabase(ctx context.Context, c call, err error) error {
	e := asError(err)
	if e == nil || e.Kind != NotOdoo {
		return err
	}
	version, versionErr := w.askWebVersion(ctx)
	switch {
	case IsKind(versionErr, NotOdoo):
		e.Hint = "check the URL; JSON-2 needs Odoo 19 or later: take protocol xmlrpc for an older one"
		return e
	case versionErr != nil:
		return err
	case version.Major < json2Since:
		return w.fail(c, NotOdoo, "Odoo "+version.Text+" has no JSON-2", "take protocol xmlrpc")
	case w.database == "":
		return w.say(c, UnknownDatabase, "the server has several databases, and none is named", "name the database")
	default:
		return w.say(c, UnknownDatabase, "the server has no database "+w.database, "check the name of the database")
	}
}

// renewable: a key that is refused stays refused.
func (w json2Wire) renewable() bool { return false }

// request renders the call. The body is always an object and goes with its length: one that Odoo does
// not find counts as "no records, no arguments", and write answers true (facts of Odoo 19:
// captures/odoo19/json2_chunked_unlink_ignored, json2_empty_body).
func (w json2Wire) request(c call) (transport.Request, error) {
	arguments, err := w.byName(c)
	if err != nil {
		return transport.Request{}, err
	}
	body, err := json2.EncodeBody(arguments)
	if err != nil {
		return transport.Request{}, err
	}
	header := http.Header{
		"Authorization": {"bearer " + w.password},
		"Content-Type":  {"application/json; charset=utf-8"},
	}
	if w.database != "" {
		header.Set("X-Odoo-Database", w.database)
	}
	return transport.Request{
		Method: http.MethodPost, URL: w.endpoint.json2(c.model, c.method), Op: c.op, Body: body, Idempotent: c.read, Header: header,
	}, nil
}

func (w json2Wire) reader(body []byte) stream.Reader { return jsonReader(body) }

// refusal types an error by the exception's name, never by the status: 500 can be a wrong field and
// 404 a deleted record.
func (w json2Wire) refusal(c call, err error) *Error {
	var broken *transport.Error
	if !errors.As(err, &broken) || broken.Response == nil || broken.Kind == transport.RateLimited || broken.Kind == transport.Unavailable {
		return nil
	}
	refused, ok := json2.DecodeError(broken.Status, broken.Response.Body)
	if !ok {
		return nil
	}
	e := w.exceptionOf(c, refused)
	e.Err = blottedError(refused, w.password)
	return e
}

// blottedError is the refusal with its whole traceback, but for the key.
func blottedError(refused *json2.Error, secret string) error {
	out := *refused
	out.Message = transport.Blot(out.Message, secret)
	out.Debug = transport.Blot(out.Debug, secret)
	out.Arguments = nil
	return &out
}

// exceptionOf types a refusal by its exception.
func (w json2Wire) exceptionOf(c call, refused *json2.Error) *Error {
	text := w.redact(refused.Message)
	switch refused.Name {
	case "werkzeug.exceptions.Unauthorized", "odoo.exceptions.AccessDenied":
		return w.fail(c, AccessDenied, text, hintKey)
	case "odoo.exceptions.AccessError", "werkzeug.exceptions.Forbidden":
		return w.fail(c, AccessError, text, hintRight)
	case "odoo.exceptions.MissingError":
		return w.fail(c, MissingError, text, hintMissing)
	case "odoo.exceptions.ValidationError":
		return w.fail(c, ValidationError, text, hintUser)
	case "odoo.exceptions.UserError", "odoo.exceptions.RedirectWarning", "odoo.exceptions.LockError":
		return w.fail(c, UserError, w.redact(firstOf(refused)), hintUser)
	case "werkzeug.exceptions.NotFound":
		return w.notFound(c, text)
	case "werkzeug.exceptions.UnprocessableEntity", "werkzeug.exceptions.BadRequest":
		return w.fail(c, ValueError, text, "correct the method's arguments")
	default:
		return w.byRule(c, strings.TrimPrefix(refused.Name, "builtins.")+": "+strings.TrimSpace(refused.Message))
	}
}

// firstOf is what a user sees: a RedirectWarning's message is all of its arguments, the first of which
// that is (captures/odoo19/json2_error_redirect_warning).
func firstOf(refused *json2.Error) string {
	if len(refused.Arguments) > 0 {
		if text, ok := refused.Arguments[0].(string); ok {
			return text
		}
	}
	return refused.Message
}

// notFound tells a model that is not installed from a method that it lacks. The texts are of the web
// server and not translated (captures/odoo19/json2_error_unknown_model, _method).
func (w json2Wire) notFound(c call, text string) *Error {
	switch {
	case strings.HasPrefix(text, "the model '"+c.model+"'"):
		return w.unknownModel(c, nil)
	case strings.HasPrefix(text, "The method '"):
		return w.fail(c, UnknownMethod, text, hintMethod)
	default:
		return w.fail(c, NotOdoo, text, hintNotOdoo)
	}
}
