package odootest

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"

	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// failure is an exception of the server. Its class decides what load makes of
// it, its code and text what a client sees.
type failure struct {
	code      int    // Odoo's fault code
	class     string // Python's class, or notNull, unique, check for the database's
	text      string // what a client of XML-RPC reads
	column    string // the column of notNull and unique
	name      string // Python's class with its module, "" to go by code and class
	detail    string // of fault 1: the exception's own message, "" to go by text
	arguments []any  // the exception's arguments, nil for the message alone
}

// Classes that load tells apart.
const (
	classUser    = "UserError"
	classNotNull = "NotNullViolation"
	classUnique  = "UniqueViolation"
	classCheck   = "CheckViolation"
)

// Error gives the text.
func (f *failure) Error() string { return f.text }

// exception is fault 1 with a traceback whose last line names class and message,
// as Odoo sends for everything that is no warning for the user.
func exception(class, format string, args ...any) *failure {
	detail := fmt.Sprintf(format, args...)
	return &failure{code: 1, class: class, text: traceback(class + ": " + detail), detail: detail}
}

// traceback puts last at the end of a Python traceback.
func traceback(last string) string {
	return "Traceback (most recent call last):\n" +
		"  File \"/opt/odoo/odoo/addons/base/controllers/rpc.py\", line 161, in xmlrpc_2\n" +
		"    response = self._xmlrpc(service)\n" +
		"               ^^^^^^^^^^^^^^^^^^^^^\n" + last + "\n"
}

// message gives the part of a traceback after the class's name.
func (f *failure) message() string {
	lines := strings.Split(strings.TrimRight(f.text, "\n"), "\n")
	return strings.TrimPrefix(lines[len(lines)-1], f.class+": ")
}

// warning is fault 2: a UserError or a ValidationError.
func warning(format string, args ...any) *failure {
	return &failure{code: 2, class: classUser, text: fmt.Sprintf(format, args...)}
}

// invalid is fault 2: a ValidationError, a kind of UserError
// (captures/odoo19/json2_error_validation_error).
func invalid(format string, args ...any) *failure {
	return &failure{code: 2, class: classUser, name: nameValidationError, text: fmt.Sprintf(format, args...)}
}

// redirectWarning is the exception that offers another page: over XML-RPC fault 2
// with the repr of a tuple (captures/odoo*/fault_unlink_partner_linked), over
// JSON-2 status 500 (captures/odoo19/json2_error_redirect_warning).
func redirectWarning(message string, action map[string]any, button string) *failure {
	told := dict{}
	for _, key := range []string{"type", "res_model", "context", "view_mode", "views", "res_id"} {
		if value, given := action[key]; given {
			told = append(told, member{key, value})
		}
	}
	arguments := []any{message, told, button, nil}
	return &failure{
		code: 2, class: classUser, name: nameRedirectWarning, arguments: arguments,
		text: "(" + reprAll(arguments) + ")", detail: message + "\n" + repr(told) + "\n" + button + "\nNone",
	}
}

// raised gives an exception by Python's full name.
func raised(name, message string) *failure {
	codes := map[string]int{nameUserError: 2, nameValidationError: 2, nameMissingError: 2, nameAccessError: 4, nameAccessDenied: 3}
	f := &failure{code: codes[name], class: classUser, text: message, name: name}
	if f.code == 0 {
		f = exception(strings.TrimPrefix(name, "builtins."), "%s", message)
		f.name = name
	}
	return f
}

// denied is fault 4: an AccessError, a kind of UserError.
func denied(format string, args ...any) *failure {
	return &failure{code: 4, class: classUser, text: fmt.Sprintf(format, args...)}
}

// accessDenied is the answer to a wrong password
// (captures/odoo18/fault_execute_wrong_password).
func accessDenied() *failure {
	return &failure{code: 3, class: "AccessDenied", text: "Access Denied"}
}

// missing is the MissingError for a dead record
// (captures/odoo18/fault_missing_error_write).
func missing(model string, id, uid int64) *failure {
	f := warning("Record does not exist or has been deleted.\n(Record: %s(%d,), User: %d)", model, id, uid)
	f.name = nameMissingError
	return f
}

// badModel and the texts below are those of captures/odoo*/fault_unknown_*.
func badModel(name string) *failure { return warning("Object %s doesn't exist", name) }

// badMethod is the answer to a method that a model does not have.
func (s *Server) badMethod(model, method string) *failure {
	if s.major >= 19 {
		return exception("AttributeError", "The method '%s.%s' does not exist", model, method)
	}
	return exception("AttributeError", "The method '%s' does not exist on the model '%s'", method, model)
}

// privateMethod is the answer to a method that cannot be called from outside.
func (s *Server) privateMethod(model, method string) *failure {
	if s.major >= 19 {
		return denied("Private methods (such as '%s.%s') cannot be called remotely.", model, method)
	}
	return denied("Private methods (such as %s) cannot be called remotely.", method)
}

// badField is the answer to an unknown field; operation is read, create or write.
func (s *Server) badField(model, name, operation string) *failure {
	switch {
	case s.major >= 19 && operation == "write":
		return exception("KeyError", "'%s'", name)
	case s.major >= 19 && operation == "create":
		return exception("ValueError", "Invalid field '%s' in '%s'", name, model)
	case s.major >= 19:
		return exception("ValueError", "Invalid field '%s' on '%s'", name, model)
	default:
		return exception("ValueError", "Invalid field '%s' on model '%s'", name, model)
	}
}

// notNull is the answer to a required field without a value
// (captures/odoo*/fault_required_field_missing_product).
func (s *Server) notNull(m *model, f *field) *failure {
	text := fmt.Sprintf("The operation cannot be completed:\n"+
		"- Create/update: a mandatory field is not set.\n"+
		"- Delete: another model requires the record being deleted. If possible, archive it instead.\n\n"+
		"Model: %s (%s)\nField: %s (%s)\n", m.label, m.name, f.label, f.name)
	if s.major >= 19 {
		text = fmt.Sprintf("The operation cannot be completed: Missing required value for the field '%s' (%s).\n"+
			"Model: '%s' (%s)\n- create/update: a mandatory field is not set\n"+
			"- delete: another model requires the record being deleted, you can archive it instead\n", f.label, f.name, m.label, m.name)
	}
	return &failure{code: 2, class: classNotNull, text: text, column: f.name}
}

// foreignKey is the answer to a link to a dead record and to the deletion of a
// record that another needs (captures/odoo*/fault_bad_many2one).
func (s *Server) foreignKey(m *model, f *field, constraint string) *failure {
	if s.major >= 19 {
		return &failure{code: 2, class: "ForeignKeyViolation", text: fmt.Sprintf(
			"The operation cannot be completed: Another model is using the record you are trying to delete.\n\n"+
				"The troublemaker is: '%s' (%s)\nThanks to the following constraint: '%s' (%s)\n"+
				"How about archiving the record instead?", m.label, m.name, f.label, f.name)}
	}
	return &failure{code: 2, class: "ForeignKeyViolation", text: fmt.Sprintf(
		"The operation cannot be completed: another model requires the record being deleted. If possible, archive it instead.\n\n"+
			"Model: %s (%s)\nConstraint: %s\n", m.label, m.name, constraint)}
}

// wrongDatabase is the answer to a database that the server does not have
// (captures/odoo18/authenticate_wrong_db).
func wrongDatabase(name string) *failure {
	return exception("psycopg2.OperationalError",
		"connection to server at \"127.0.0.1\", port 5432 failed: FATAL:  database \"%s\" does not exist\n", name)
}

// asFailure gives err as a failure; a fault that a hook made goes by its code,
// and what is neither was a mistake in this package.
func asFailure(err error) *failure {
	if f := (*failure)(nil); errors.As(err, &f) {
		return f
	}
	if fault := (*xmlrpc.Fault)(nil); errors.As(err, &fault) {
		return ofFault(fault)
	}
	return exception("RuntimeError", "%v", err)
}

// ofFault gives a fault of XML-RPC as the exception that it stands for.
func ofFault(fault *xmlrpc.Fault) *failure {
	f := &failure{code: fault.Code, class: classUser, text: fault.Text}
	if fault.Code == 1 {
		lines := strings.Split(strings.TrimRight(fault.Text, "\n"), "\n")
		class, detail, found := strings.Cut(lines[len(lines)-1], ": ")
		f.class, f.detail = class, detail
		if !found {
			f.class, f.detail = "Exception", class
		}
	}
	return f
}

// Python's full names of the exceptions of Odoo.
const (
	nameUserError       = "odoo.exceptions.UserError"
	nameValidationError = "odoo.exceptions.ValidationError"
	nameMissingError    = "odoo.exceptions.MissingError"
	nameAccessError     = "odoo.exceptions.AccessError"
	nameAccessDenied    = "odoo.exceptions.AccessDenied"
	nameRedirectWarning = "odoo.exceptions.RedirectWarning"
)

// python gives the exception's class with its module, as the JSON protocols do.
func (f *failure) python() string {
	switch {
	case f.name != "":
		return f.name
	case f.code == 4:
		return nameAccessError
	case f.code == 3:
		return nameAccessDenied
	case f.code != 1 && f.class != classUser, f.code == 2 && strings.HasPrefix(f.text, "The operation cannot be completed"):
		return nameValidationError // constraints of the database
	case f.code == 2 && strings.HasPrefix(f.text, "Record does not exist or has been deleted."):
		return nameMissingError
	case f.code == 2:
		return nameUserError
	case strings.Contains(f.class, "."):
		return f.class
	default:
		return "builtins." + f.class
	}
}

// spoken gives the exception's message without traceback, as the JSON protocols
// do: a KeyError's key stands without quotes
// (captures/odoo19/json2_error_unknown_field_write).
func (f *failure) spoken() string {
	switch {
	case f.detail == "" && f.code == 1:
		return f.message()
	case f.class == "KeyError":
		return strings.Trim(f.detail, "'")
	case f.detail != "":
		return f.detail
	default:
		return f.text
	}
}

// given gives the exception's arguments.
func (f *failure) given() []any {
	if f.arguments != nil {
		return f.arguments
	}
	return []any{f.spoken()}
}

// repr renders a value as Python does, for texts of faults.
func repr(value any) string {
	switch v := value.(type) {
	case nil:
		return "None"
	case bool:
		if v {
			return "True"
		}
		return "False"
	case string:
		return reprText(v)
	case float64:
		text := strconv.FormatFloat(v, 'f', -1, 64)
		if !strings.Contains(text, ".") {
			text += ".0"
		}
		return text
	case []any:
		return "[" + reprAll(v) + "]"
	case map[string]any:
		return reprMap(v)
	case dict:
		return v.repr()
	default:
		return fmt.Sprint(v)
	}
}

// reprText renders a string in Python's quotes.
func reprText(text string) string {
	quoted := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(text)
	if strings.Contains(text, "'") && !strings.Contains(text, `"`) {
		return `"` + quoted + `"`
	}
	return "'" + strings.ReplaceAll(quoted, "'", `\'`) + "'"
}

// reprMap renders a dict, its keys in order.
func reprMap(v map[string]any) string {
	keys := sortedKeys(v)
	parts := make([]string, len(keys))
	for i, key := range keys {
		parts[i] = reprText(key) + ": " + repr(v[key])
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// dict is a dict whose keys stand in an order of their own.
type dict []member

// repr renders it as Python does.
func (d dict) repr() string {
	parts := make([]string, len(d))
	for i, m := range d {
		parts[i] = reprText(m.key) + ": " + repr(m.value)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// reprAll renders the elements of a list or a tuple.
func reprAll(list []any) string {
	parts := make([]string, len(list))
	for i, element := range list {
		parts[i] = repr(element)
	}
	return strings.Join(parts, ", ")
}

// sortedKeys gives the keys of a map in order.
func sortedKeys[V any](v map[string]V) []string {
	keys := make([]string, 0, len(v))
	for key := range v {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
