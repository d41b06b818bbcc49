package cmd_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// TestKill kills a built program, as kill -9 and the kernel's want of memory do, at random instants of syncs of 300 records: 20 times,
// and 200 times in 10 worlds with CONNECTOR_LONG=1. CONNECTOR_SEED repeats the instants of a run.
func TestKill(t *testing.T) {
	t.Parallel()
	const kills = 20
	worlds := 1
	if os.Getenv("CONNECTOR_LONG") == "1" {
		worlds = 10
	}
	seed := uint64(time.Now().UnixNano())
	if given, err := strconv.ParseUint(os.Getenv("CONNECTOR_SEED"), 10, 64); err == nil {
		seed = given
	}
	t.Logf("CONNECTOR_SEED=%d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	program := build(t)
	for i := range worlds {
		t.Run("Ensure that a run after all kills leaves nothing double and nothing missing", func(t *testing.T) {
			killOften(t, program, random, kills, []time.Duration{300, 100, 600}[i%3]*time.Millisecond)
		})
	}
}

// build makes the program as users have it.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "connector")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", program, "..")
	if text, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", c.Args, err, text)
	}
	return program
}

// killOften kills so many runs of one world that had work left; a kill that met none shows nothing and does not count. How long a run
// may live at most follows the machine: less after one that came to its end, more after several that achieved nothing.
func killOften(t *testing.T, program string, random *rand.Rand, kills int, longest time.Duration) {
	w := newWorld(t, program)
	w.fill(150, 150)
	idle, done := 0, 0
	for met, round := 0, 1; met < kills; round++ {
		if round > 20*kills {
			t.Fatalf("only %d of %d runs were killed with work left", met, round)
		}
		life := time.Duration(random.Int64N(int64(longest)))
		ended := w.killAfter(life)
		before := done
		done = w.counted(`SELECT COUNT(*) FROM job WHERE state = 'done'`)
		open := w.counted(`SELECT COUNT(*) FROM job WHERE state NOT IN ('done', 'failed', 'cancelled')`)
		t.Logf("round %d lives %d of %d ms, killed %t: %d jobs done, %d open, %d intents", round, life.Milliseconds(), longest.Milliseconds(),
			!ended, done, open, w.counted(`SELECT COUNT(*) FROM binding WHERE intent <> ''`))
		if idle++; done > before {
			idle = 0
		}
		switch {
		case ended:
			longest = longest * 2 / 3
		case idle >= 4:
			longest, idle = longest*3/2, 0
		}
		if !ended && open > 0 {
			met++
		}
		if open == 0 && done > 0 { // there is no work left for the next ones
			w.rename(fmt.Sprintf(" %d", round), 20)
		}
	}
	w.mustSync()
	w.complete()
	w.quiet()
}

// counted asks state.db for a number, 0 while it is only being made: a kill then leaves a rollback journal,
// which a connection that only reads cannot play back.
func (w *world) counted(query string) int {
	w.t.Helper()
	if _, err := os.Stat(w.path("state.db-journal")); err == nil {
		return 0
	}
	return w.count(query)
}

// killAfter starts a sync and kills it after that time, unless it came to a good end before.
func (w *world) killAfter(life time.Duration) (ended bool) {
	w.t.Helper()
	p := w.startSync()
	select {
	case <-p.done:
	case <-time.After(life):
		p.kill()
	}
	code, err := exitCode(p.failure)
	w.must(err)
	if code != 0 && code != 128+9 {
		w.t.Fatalf("sync ended by itself with %d: %s", code, p.err)
	}
	return code == 0
}
