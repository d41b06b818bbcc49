package backend

import (
	"sync"
	"sync/atomic"
)

// Together calls do for 0 to n-1, so many of them at the same time at most, and waits for all that were begun. When one fails or panics no
// more are begun. It gives the error of the lowest number, and panics as that one did, here, where callers can recover it.
func Together(most, n int, do func(i int) error) error {
	ends := make([]end, n)
	var next atomic.Int64
	var stopped atomic.Bool
	work := func() {
		for i := int(next.Add(1)) - 1; i < n && !stopped.Load(); i = int(next.Add(1)) - 1 {
			if ends[i] = attempt(i, do); !ends[i].well() {
				stopped.Store(true)
			}
		}
	}
	var all sync.WaitGroup
	for range min(most, n) - 1 {
		all.Go(work)
	}
	work()
	all.Wait()
	for _, e := range ends {
		if e.panicked {
			panic(e.value)
		}
		if e.err != nil {
			return e.err
		}
	}
	return nil
}

// end is how a call of Together ended.
type end struct {
	err      error
	panicked bool
	value    any // it panicked with
}

func (e end) well() bool { return e.err == nil && !e.panicked }

func attempt(i int, do func(int) error) (e end) {
	e.panicked = true
	defer func() {
		if e.panicked {
			e.value = recover()
		}
	}()
	e.err = do(i)
	e.panicked = false
	return e
}
