package odoo_test

import (
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
)

const adminKey = "0123456789abcdef0123456789abcdef01234567"

// dialer is one way to speak to one version.
type dialer struct {
	name, version string
	options       func(*odootest.Server) odoo.Options
}

// dialers are all the ways that a test of both protocols goes.
var dialers = []dialer{
	{"XML-RPC", "16.0", fakeOptions},
	{"XML-RPC", "18.0", fakeOptions},
	{"XML-RPC", "19.0", fakeOptions},
	{"JSON-2", "19.0", keyOptions},
}

// keyOptions log in by API key, and so by JSON-2.
func keyOptions(server *odootest.Server) odoo.Options {
	o := fakeOptions(server)
	o.Username, o.Password, o.APIKey, o.Protocol = "", "", adminKey, odoo.ProtocolJSON2
	return o
}

func (d dialer) dial(t *testing.T, server *odootest.Server) *odoo.Session {
	t.Helper()
	s, err := odoo.Dial(ctx, d.options(server))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
