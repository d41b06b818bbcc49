package conformance_test

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/transport"
)

// variablePrefix begins the environment's variables that name a real server.
const variablePrefix = "CONNECTOR_TEST_ODOO_"

func environment(name string) string { return os.Getenv(variablePrefix + name) }

// TestARealServer runs the suite against the Odoo that the environment names, if it does. The user
// must be a Project / Administrator; an administrator of the settings proves more. What the suite
// makes, it removes.
func TestARealServer(t *testing.T) {
	url := environment("URL")
	if url == "" {
		t.Skip("set CONNECTOR_TEST_ODOO_URL, _DB, _USER and _PASSWORD or _KEY to run against a real Odoo; README.md tells more")
	}
	on := target{
		options: odoo.Options{Name: "real", URL: url, Database: environment("DB"), Protocol: odoo.Protocol(environment("PROTOCOL"))},
		accounts: map[string]account{
			"admin":  {user: environment("USER"), password: environment("PASSWORD"), key: environment("KEY")},
			"user":   {user: environment("USER2"), password: environment("PASSWORD2"), key: environment("KEY2")},
			"portal": {user: environment("PORTAL_USER"), password: environment("PORTAL_PASSWORD"), key: environment("PORTAL_KEY")},
		},
	}
	conform(t, on, "c"+strconv.FormatInt(time.Now().UnixNano(), 36))
}

// TestTheFake runs the suite against the Odoo that the other folders' tests use, in each version and
// over each of its protocols.
func TestTheFake(t *testing.T) {
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		t.Run("Odoo "+version, func(t *testing.T) { conformFake(t, version, odoo.ProtocolXMLRPC) })
	}
	t.Run("Odoo 19.0 over JSON-2", func(t *testing.T) { conformFake(t, "19.0", odoo.ProtocolJSON2) })
}

// conformFake runs the suite against a server in this process, which must be empty afterwards.
func conformFake(t *testing.T, version string, protocol odoo.Protocol) {
	server := odootest.New(fakeServer(version))
	furnish(server)
	t.Run("conforms", func(t *testing.T) { conform(t, inProcess(server, protocol), "run") })
	for _, model := range []string{"res.partner", "res.partner.category", "project.task", "project.project", "project.task.type", "project.tags", "ir.attachment"} {
		if left := server.Search(model, []any{[]any{"name", "like", "run "}}); len(left) > 0 {
			t.Errorf("the suite left %s %v behind", model, left)
		}
	}
}

// inProcess is a server of this process as a target.
func inProcess(server *odootest.Server, protocol odoo.Protocol) target {
	return target{
		local: true,
		options: odoo.Options{
			Name: "fake", URL: "http://odoo.test", Database: "demo", Protocol: protocol,
			Client: transport.New(transport.Options{System: "Odoo fake", Base: server.RoundTripper()}),
		},
		accounts: map[string]account{
			"admin":  {user: "admin", password: "admin", key: "key-admin"},
			"user":   {user: "user", password: "user", key: "key-user"},
			"portal": {user: "portal", password: "portal", key: "key-portal"},
		},
	}
}

// fakeServer has the users that the cases need.
func fakeServer(version string) odootest.Options {
	return odootest.Options{Version: version, APIKey: "key-admin", Users: []odootest.User{
		{Login: "user", Password: "user", APIKey: "key-user", Groups: []string{"project.group_project_user"}},
		{Login: "portal", Password: "portal", APIKey: "key-portal", Groups: []string{"base.group_portal"}},
	}}
}

// furnish adds what a database is asked to have: a second company of the administrator's, a language.
func furnish(server *odootest.Server) {
	company := server.Create("res.company", map[string]any{"name": "Second Co"})
	admin := server.Search("res.users", []any{[]any{"login", "=", "admin"}})
	server.Write("res.users", admin, map[string]any{"company_ids": []any{[]any{4, company}}})
	french := server.Search("res.lang", []any{[]any{"code", "=", "fr_FR"}, []any{"active", "in", []any{true, false}}})
	server.Write("res.lang", french, map[string]any{"active": true})
}

// conform runs everything against one server.
func conform(t *testing.T, on target, id string) {
	r := newRun(t, on, id)
	r.all(t, loadCases(t))
	r.sessionChecks(t)
}

// describe asks the server for its version.
func (r *run) describe(s *odoo.Session) error {
	version, err := s.Version(ctx)
	if err != nil {
		return err
	}
	r.major, r.version = version.Major, version.Text
	r.protocol = string(s.Protocol())
	return nil
}
