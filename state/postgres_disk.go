package state

import (
	"sync/atomic"
	"time"
)

// diskWait is how a transaction waits for the server's disk.
type diskWait int

const (
	diskNever  diskWait = iota // others see to that, or nobody has to
	diskWithin                 // the commit waits, and the write lock is held meanwhile
	diskBehind                 // a second transaction does along with the commit, which has given the lock back by then: see awaitDisk
	diskAfter                  // as behind, but for all who wait at a time, once the connection is free: see flusher
)

// waitsForDisk chooses. Where nobody wants the lock nobody minds that it is held a moment longer, which saves a transaction.
func waitsForDisk(safe, alone, rivals bool) diskWait {
	switch {
	case !safe:
		return diskNever
	case !alone:
		return diskAfter
	case rivals:
		return diskBehind
	}
	return diskWithin
}

// before is what the transaction's last statement is to do. It gives 'on' where something was written, or where that doesn't matter.
func (w diskWait) before() string {
	if w == diskWithin {
		return "set_config('synchronous_commit', 'on', true)"
	}
	return noteWritten
}

// What lockAndTell says of the lock.
const (
	lockWasFree = "free"
	lockWasHeld = "held"
)

// rivals knows whether other processes want the write lock too, by whether it had to be waited for.
type rivals struct{ until atomic.Int64 } // nanoseconds since 1970

// rivalsRemain is for how long somebody who had the lock is reckoned with.
const rivalsRemain = 5 * time.Second

func (r *rivals) note(lock string) {
	if lock == lockWasHeld {
		r.until.Store(time.Now().Add(rivalsRemain).UnixNano())
	}
}

func (r *rivals) about() bool { return time.Now().UnixNano() < r.until.Load() }
