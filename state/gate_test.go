package state_test

import (
	"bufio"
	"context"
	"errors"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"
	"time"

	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

func TestAwaitLock(t *testing.T) { statetest.Each(t, testAwaitLock) }

// await waits for the lock in a goroutine of its own.
func await(ctx context.Context, s statetest.Store, o state.AwaitOptions) <-chan taken {
	got := make(chan taken, 1)
	go func() {
		lock, err := state.AwaitLock(ctx, s.Location, "trello", o)
		got <- taken{lock, err}
	}()
	return got
}

type taken struct {
	lock state.Held
	err  error
}

// patience is how long something is waited for that comes unless the program hangs.
const patience = 2 * time.Minute

// soon is what a channel gives within the time that anything here may take.
func soon[T any](t *testing.T, c <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(patience):
		t.Fatalf("%s did not come", what)
		panic("unreachable")
	}
}

func has(t *testing.T, got <-chan taken, who string) state.Held {
	t.Helper()
	g := soon(t, got, who)
	if g.err != nil {
		t.Fatalf("%s: %v", who, g.err)
	}
	return g.lock
}

func giveBack(t *testing.T, lock state.Held) {
	t.Helper()
	if err := lock.Release(); err != nil {
		t.Error(err)
	}
}

func testAwaitLock(t *testing.T, s statetest.Store) {
	t.Run("Ensure a free lock is taken at once, in whatever way", func(t *testing.T) {
		s := s.Another(t)
		for _, way := range []state.Way{state.Asking, state.Returning, state.StandingBy} {
			told := func(*state.LockedError) { t.Errorf("%s: it was told to wait", way) }
			giveBack(t, has(t, await(t.Context(), s, state.AwaitOptions{Way: way, Waiting: told}), way.String()))
		}
	})
	t.Run("Ensure the holder learns who asks, gives way, and has it again when that one is done", func(t *testing.T) {
		s := s.Another(t)
		holder := has(t, await(t.Context(), s, state.AwaitOptions{Way: state.StandingBy}), "the holder")
		wanted := holder.Wanted(t.Context())
		told := make(chan *state.LockedError, 1)
		asker := await(t.Context(), s, state.AwaitOptions{Waiting: func(held *state.LockedError) { told <- held }})
		if held := soon(t, told, "the holder's name"); held.PID != os.Getpid() {
			t.Errorf("it waits for %v", held)
		}
		soon(t, wanted, "the question")
		giveBack(t, holder)
		again := await(t.Context(), s, state.AwaitOptions{Way: state.Returning}) // at once, and yet not before who asked
		other := has(t, asker, "who asked")
		nobody := other.Wanted(t.Context())
		select {
		case got := <-again:
			t.Fatalf("it was taken twice: %v", got)
		case <-nobody:
			t.Fatal("who returns must not ask")
		case <-time.After(1500 * time.Millisecond): // that nothing comes takes time to see
		}
		giveBack(t, other)
		giveBack(t, has(t, again, "who gave way"))
	})
	t.Run("Ensure who stands by asks nobody, and takes over from a process that is killed", func(t *testing.T) {
		s := s.Another(t)
		holder := exec.CommandContext(t.Context(), os.Args[0])
		holder.Env = append(os.Environ(), "STATE_TEST_HOLD_LOCK="+s.Location)
		stdin, err := holder.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = stdin.Close() }()
		stdout, err := holder.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := holder.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "locked\n" {
			t.Fatal(line, err)
		}
		told := make(chan *state.LockedError, 1)
		next := await(t.Context(), s, state.AwaitOptions{Way: state.StandingBy, Waiting: func(held *state.LockedError) { told <- held }})
		if held := soon(t, told, "the holder's name"); held.PID != holder.Process.Pid {
			t.Errorf("it waits for %v", held)
		}
		if err := holder.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = holder.Wait() // says that it was killed
		giveBack(t, has(t, next, "who stood by"))
	})
	t.Run("Ensure a wait ends with its time, and tells who had the lock", func(t *testing.T) {
		s := s.Another(t)
		holder := has(t, await(t.Context(), s, state.AwaitOptions{}), "the holder")
		short := &over{Context: t.Context(), late: make(chan struct{})}
		var locked *state.LockedError
		if g := soon(t, await(short, s, state.AwaitOptions{Waiting: func(*state.LockedError) { close(short.late) }}), "the end"); !errors.As(g.err, &locked) || locked.PID != os.Getpid() {
			t.Errorf("%#v", g.err)
		}
		stopped, stop := context.WithCancel(t.Context())
		waiting := make(chan *state.LockedError, 1)
		asker := await(stopped, s, state.AwaitOptions{Waiting: func(held *state.LockedError) { waiting <- held }})
		_ = soon(t, waiting, "the holder's name")
		stop()
		if g := soon(t, asker, "the end"); !errors.Is(g.err, context.Canceled) {
			t.Errorf("%#v", g.err)
		}
		giveBack(t, holder)
		giveBack(t, has(t, await(t.Context(), s, state.AwaitOptions{}), "the next one")) // those who gave up are in nobody's way
	})
	t.Run("Ensure neither a worker nor any of those who ask again and again is left out", func(t *testing.T) {
		inTurns(t, s.Another(t))
	})
}

// over is a context whose deadline passes when the test says so.
type over struct {
	context.Context //nolint:containedctx // it is one itself, whose end the test decides
	late            chan struct{}
}

func (o *over) Done() <-chan struct{} { return o.late }

func (o *over) Err() error {
	select {
	case <-o.late:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// inTurns lets a worker that gives way and three that ask without a pause have the lock in turns, until each had it three times.
func inTurns(t *testing.T, s statetest.Store) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), patience)
	defer stop()
	var inside atomic.Int32
	var turns [4]atomic.Int32
	ended := make(chan error, len(turns))
	for i := range turns {
		way := state.Asking
		if i == 0 {
			way = state.Returning
		}
		go func() { ended <- takeTurns(ctx, s, way, &turns[i], &inside) }()
	}
	for range turns {
		if err := soon(t, ended, "an end"); err != nil {
			t.Error(err)
		}
	}
	for i := range turns {
		if turns[i].Load() < 3 {
			t.Errorf("number %d had it %d times", i, turns[i].Load())
		}
	}
}

// takeTurns takes the lock three times.
func takeTurns(ctx context.Context, s statetest.Store, way state.Way, mine, inside *atomic.Int32) error {
	for mine.Load() < 3 {
		lock, err := state.AwaitLock(ctx, s.Location, "trello", state.AwaitOptions{Way: way})
		if err != nil {
			return err
		}
		if inside.Add(1) != 1 {
			return errors.New("two had the lock at a time")
		}
		mine.Add(1)
		inside.Add(-1)
		if err := lock.Release(); err != nil {
			return err
		}
	}
	return nil
}
