package state

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Way is how somebody waits for a lock that another process holds.
type Way int

// The ways of waiting.
const (
	// Asking lets the holder know (see [Held]'s Wanted), and those who gave way to others before it.
	Asking Way = iota
	// Returning is for who gave way and is to have the lock again after the one that asked: it stands in one line with those
	// who ask, and the holder isn't told.
	Returning
	// StandingBy takes the lock when nobody has it or is in line for it: when its holder died, above all.
	StandingBy
)

// AwaitOptions say how to wait for a lock.
type AwaitOptions struct {
	Way     Way
	Clock   Clock                   // for the note of when the lock was taken; nil: the system's
	Waiting func(held *LockedError) // told once, when it has to be waited for; may be nil
}

// AwaitLock takes a lock as [LockState] does, but waits for it until ctx ends. Locks that are given back go to who stands in
// line, and not to who gave one back just now; among several it is left to chance, so that nobody waits for ever. How long it
// waits between two looks it takes from the machine's clock.
//
// Errors: *LockedError when ctx's deadline passed, ctx's when it was cancelled, *UnavailableError, *LocationError.
func AwaitLock(ctx context.Context, location, name string, o AwaitOptions) (Held, error) {
	d, err := newDoor(ctx, location, name)
	if err != nil {
		return nil, err
	}
	if o.Clock == nil {
		o.Clock = SystemClock()
	}
	w := &waiting{door: d, options: o}
	held, err := w.wait(ctx)
	return held, errors.Join(err, d.close(ctx, held != nil))
}

// door is where a lock and the line before it are kept. All of its locks are tried, and none is waited for.
type door interface {
	// take takes the lock itself; a *LockedError says that it is held.
	take(ctx context.Context, now time.Time) (Held, error)
	// look gives the *LockedError that take would give, or nil.
	look(ctx context.Context, now time.Time) error
	// step takes or leaves the place at the head of the line.
	step(ctx context.Context, in bool) (bool, error)
	// ask lets the holder know that it is waited for, or no longer. Several may ask at a time.
	ask(ctx context.Context, on bool) (bool, error)
	// close gives back what is left; taken says that the lock itself was taken and stays.
	close(ctx context.Context, taken bool) error
}

func newDoor(ctx context.Context, location, name string) (door, error) {
	if !IsURL(location) {
		return &fileDoor{path: location, name: name}, nil
	}
	e, err := newPostgres(location)
	if err != nil {
		return nil, err
	}
	return e.door(ctx, name)
}

// lookAgain is how often somebody in line looks whether the lock is free.
const lookAgain = 100 * time.Millisecond

// waiting is one wait for a lock.
type waiting struct {
	door    door
	options AwaitOptions
	asking  bool // the holder can know
	first   bool // it has the head of the line
	told    bool
	holder  *LockedError // as it was seen last
}

func (w *waiting) wait(ctx context.Context) (Held, error) {
	for {
		held, err := w.try(ctx)
		if held != nil || err != nil {
			return held, w.ended(ctx, err)
		}
		t := time.NewTimer(lookAgain)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, w.ended(ctx, ctx.Err())
		}
	}
}

// ended gives the error of a wait that ended.
func (w *waiting) ended(ctx context.Context, err error) error {
	if err != nil && w.holder != nil && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return w.holder
	}
	return err
}

// try goes as far as it can: into the line, to its head, and through the door.
func (w *waiting) try(ctx context.Context) (held Held, err error) {
	if w.options.Way == Asking && !w.asking {
		if w.asking, err = w.door.ask(ctx, true); err != nil {
			return nil, err
		}
	}
	if !w.first {
		if w.first, err = w.door.step(ctx, true); err != nil {
			return nil, err
		}
	}
	switch now := w.options.Clock.Now(); {
	case w.first:
		held, err = w.door.take(ctx, now)
	case !w.told:
		err = w.door.look(ctx, now)
	}
	if held != nil || w.options.Way == StandingBy {
		err = errors.Join(err, w.leave(ctx))
	}
	return held, w.locked(err)
}

// leave makes room for the next one.
func (w *waiting) leave(ctx context.Context) (err error) {
	if w.first {
		_, err = w.door.step(ctx, false)
		w.first = false
	}
	if w.asking {
		_, stop := w.door.ask(ctx, false)
		err, w.asking = errors.Join(err, stop), false
	}
	return err
}

// locked tells once that the lock is held, which is no error of a wait.
func (w *waiting) locked(err error) error {
	var locked *LockedError
	if !errors.As(err, &locked) {
		return err
	}
	w.holder = locked
	if !w.told && w.options.Waiting != nil {
		w.options.Waiting(locked)
	}
	w.told = true
	return nil
}

// wantedEvery is how often a holder looks whether its lock is asked for.
const wantedEvery = 250 * time.Millisecond

// String names the way.
func (w Way) String() string {
	if names := []string{"asking", "returning", "standing by"}; int(w) < len(names) && w >= 0 {
		return names[w]
	}
	return fmt.Sprintf("way %d", int(w))
}
