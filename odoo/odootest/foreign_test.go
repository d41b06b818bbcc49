package odootest_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
)

// TestForeignClients lets clients that others wrote for real servers work with the
// server: testdata/foreign.py, run by the Python that CONNECTOR_TEST_PYTHON names.
func TestForeignClients(t *testing.T) {
	python := os.Getenv("CONNECTOR_TEST_PYTHON")
	if python == "" {
		t.Skip("CONNECTOR_TEST_PYTHON names no Python that has the modules odoorpc and odooly (pip install odoorpc odooly)")
	}
	for _, version := range versions {
		clients := []string{"xmlrpc", "odoorpc", "odooly-web", "odooly-jsonrpc"}
		if version == "19.0" {
			clients = append(clients, "odooly-json2")
		}
		for _, client := range clients {
			t.Run("Ensure "+client+" works as with a real "+version, func(t *testing.T) {
				server := odootest.New(odootest.Options{Version: version, APIKey: adminKey})
				url, stop, err := server.Listen("127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer stop()
				ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
				defer cancel()
				command := exec.CommandContext(ctx, python, filepath.Join("testdata", "foreign.py"), client, url, "demo", "admin", "admin", adminKey)
				var out bytes.Buffer
				command.Stdout, command.Stderr = &out, &out
				err = command.Run()
				t.Log(out.String())
				if err != nil || !strings.HasSuffix(out.String(), "done\n") {
					t.Errorf("%s: %v", client, err)
				}
				protocol := map[string]string{"xmlrpc": "xmlrpc", "odoorpc": "jsonrpc", "odooly-web": "web", "odooly-jsonrpc": "jsonrpc", "odooly-json2": "json2"}[client]
				want(t, "calls by "+protocol, callsBy(server, protocol) > 10, true)
			})
		}
	}
}

// callsBy counts the calls of models' methods that came by a protocol.
func callsBy(server *odootest.Server, protocol string) int {
	calls := 0
	for _, r := range server.Requests() {
		if r.Endpoint == "object" && r.Protocol == protocol {
			calls++
		}
	}
	return calls
}
