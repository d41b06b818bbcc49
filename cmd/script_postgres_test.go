package cmd_test

import (
	"context"
	"net/url"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func postgres(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "postgres NAME [alone]")
	s := scriptOf(ts)
	var store statetest.Store
	if len(args) > 1 {
		s.servers[args[0]] = statetest.NewServer(s.t)
		store = s.servers[args[0]].Store()
	} else {
		store = statetest.Postgres(s.t)
	}
	u, err := url.Parse(store.Location)
	ts.Check(err)
	ts.Setenv(args[0], store.Location)
	ts.Setenv(args[0]+"_host", u.Query().Get("host"))
}

func killPostgres(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 1, "kill-postgres NAME")
	server := scriptOf(ts).servers[args[0]]
	if server == nil {
		ts.Fatalf("%s has no server of its own", args[0])
	}
	ts.Check(server.Kill())
}

func runPostgres(ts *testscript.TestScript, neg bool, args []string) {
	need(ts, neg, args, 2, "run-sql URL STATEMENT")
	ctx := context.Background()
	db, err := state.Open(ctx, args[0], state.Options{})
	ts.Check(err)
	defer func() { ts.Check(db.Close()) }()
	ts.Check(db.Write(ctx, func(tx *state.Tx) error {
		_, err := tx.ExecContext(ctx, args[1])
		return err
	}))
}
