//go:build cgo

package state

/*
#include <stdlib.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

static void few_arenas(void) {
#ifdef __GLIBC__
	mallopt(M_ARENA_MAX, 2);
#endif
}
*/
import "C"

import "sync"

// fewArenas lets the GNU C library keep what SQLite allocates together: by default it makes a heap of its own for nearly every
// thread, each of which keeps what was freed in it, and Go's goroutines come to SQLite on ever other threads.
// mallopt(3), M_ARENA_MAX.
var fewArenas = sync.OnceFunc(func() { C.few_arenas() })
