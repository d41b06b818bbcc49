//go:build unix

package state_test

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestHolder(t *testing.T) { statetest.Each(t, testHolder) }

func testHolder(t *testing.T, s statetest.Store) {
	s = s.Another(t)
	db := s.Open(t, state.Options{})
	holder := func() *state.LockedError {
		t.Helper()
		h, err := db.Holder(t.Context(), "trello")
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	t.Run("Ensure who looks learns who has a lock, and that nobody has it any more", func(t *testing.T) {
		if h := holder(); h != nil {
			t.Errorf("%v holds what nobody ever took", h)
		}
		held, err := db.Lock(t.Context(), "trello")
		if err != nil {
			t.Fatal(err)
		}
		if h := holder(); h == nil || h.PID != os.Getpid() || h.Started.IsZero() {
			t.Errorf("%#v; want this process", h)
		}
		if err := held.Release(); err != nil {
			t.Fatal(err)
		}
		if h := holder(); h != nil {
			t.Errorf("%v holds what was given back", h)
		}
	})
}

func TestHolderWhoDied(t *testing.T) {
	t.Run("Ensure the note of a process that was killed holds nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		db := open(t, path, state.Options{})
		if err := os.WriteFile(path+".trello.lock", []byte(`{"pid":1,"started":"2024-05-06T07:08:09Z"}`), 0o600); err != nil {
			t.Fatal(err)
		}
		if h, err := db.Holder(t.Context(), "trello"); h != nil || err != nil {
			t.Errorf("%v, %v", h, err)
		}
		release(t, mustLock(t, path, "trello", time.Now()))
	})
}

func TestLookersAreInNobodysWay(t *testing.T) {
	t.Run("Ensure those who look who holds a lock keep nobody from taking it", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "state.db")
		db, err := state.Open(context.Background(), path, state.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		file := path + ".trello.lock"
		note := []byte(`{"pid":1,"started":"2026-01-01T00:00:00Z"}`) // of one that was killed
		ctx, stop := context.WithCancel(context.Background())
		var lookers sync.WaitGroup
		for range 2 {
			lookers.Go(func() {
				for ctx.Err() == nil {
					if _, err := db.Holder(ctx, "trello"); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for range 300 {
			if err := os.WriteFile(file, note, 0o600); err != nil {
				t.Fatal(err)
			}
			lock, err := state.Lock(path, "trello", time.Now())
			if err != nil {
				t.Fatalf("nobody holds it, and still: %v", err)
			}
			if err := lock.Release(); err != nil {
				t.Fatal(err)
			}
		}
		stop()
		lookers.Wait()
	})
}
