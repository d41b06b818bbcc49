package odoo_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
)

func TestReach(t *testing.T) {
	t.Run("Ensure a server tells its version and its databases without a login", func(t *testing.T) {
		o := timeless(odootest.New(odootest.Options{Version: "18.0"}))
		o.Username, o.Password, o.Database = "", "", ""
		found, err := odoo.Reach(t.Context(), o)
		if err != nil || found.Version.Major != 18 || !slices.Equal(found.Databases, []string{"demo"}) {
			t.Errorf("%+v, %v", found, err)
		}
	})
	t.Run("Ensure somebody else is not taken for Odoo", func(t *testing.T) {
		files := http.NewFileTransport(http.Dir(t.TempDir()))
		if found, err := odoo.Reach(t.Context(), doctored(files, nil)); err == nil {
			t.Errorf("%+v", found)
		}
	})
}
