package state_test

import (
	"errors"
	"testing"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestServerThatForgets(t *testing.T) {
	server := statetest.NewServer(t)
	restart := func(end func() error) {
		t.Helper()
		if err := errors.Join(end(), server.Start()); err != nil {
			t.Fatal(err)
		}
	}
	restart(func() error { // what is committed stays in its memory as long as nobody waits for its disk
		return errors.Join(server.Stop(), server.Set("wal_writer_delay", "10s"))
	})
	db := server.Store().Open(t, state.Options{})
	if err := db.Write(t.Context(), put(t.Context(), "a", "1")); err != nil {
		t.Fatal(err)
	}
	t.Run("Ensure a transaction isn't called safe that the server forgot before it was waited for", func(t *testing.T) {
		settle, err := db.WriteEarly(t.Context(), nil, put(t.Context(), "b", "2"))
		if err != nil {
			t.Fatal(err)
		}
		restart(server.Kill)
		var unknown *state.UnavailableError
		if err := settle(); !errors.As(err, &unknown) || unknown.Trouble != state.ConnectionLost {
			t.Errorf("b is %q, and waiting for it gave %v", value(t, db.Read(), "b"), err)
		}
	})
	t.Run("Ensure what comes after that is safe, and is called so", func(t *testing.T) {
		for _, key := range []string{"c", "d"} {
			settle, err := db.WriteEarly(t.Context(), nil, put(t.Context(), key, "3"))
			if err = errors.Join(err, settle()); err != nil {
				t.Fatal(err)
			}
		}
		restart(server.Kill)
		if got := value(t, db.Read(), "a") + value(t, db.Read(), "c") + value(t, db.Read(), "d"); got != "133" {
			t.Errorf("%q is left", got)
		}
	})
	t.Run("Ensure one who begins after the server was away doesn't hear of that", func(t *testing.T) {
		restart(server.Kill)
		settle, err := db.WriteEarly(t.Context(), nil, put(t.Context(), "e", "5"))
		if err = errors.Join(err, settle()); err != nil {
			t.Fatal(err)
		}
	})
}
