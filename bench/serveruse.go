package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// serverTime gives the processor time of the server's processes so far, as far as they run; 0 for a peer that isn't on it.
// Other people's work on the machine changes it least of all that is measured here.
func (b *bench) serverTime(p peer) (sum time.Duration) {
	if b.server == nil || !p.postgres {
		return 0
	}
	found, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	for _, path := range found {
		pid, parent := processOf(path)
		if pid == b.server.pid || parent == b.server.pid {
			sum += scheduled(filepath.Dir(path))
		}
	}
	return sum
}

// processOf gives the numbers of a process and of its parent; 0 where it has ended.
func processOf(stat string) (pid, parent int) {
	text, err := os.ReadFile(stat) //nolint:gosec // of a process
	if err != nil {
		return 0, 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:])) // behind its name
	if len(fields) < 2 {
		return 0, 0
	}
	pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(stat))) // the path has a number there
	parent, _ = strconv.Atoi(fields[1])
	return pid, parent
}

// scheduled gives the processor time of a process.
func scheduled(dir string) time.Duration {
	text, err := os.ReadFile(filepath.Join(dir, "schedstat")) //nolint:gosec // of a process
	if err != nil {
		return 0
	}
	nanoseconds, _, _ := strings.Cut(string(text), " ")
	n, _ := strconv.ParseInt(nanoseconds, 10, 64) // the kernel writes numbers
	return time.Duration(n)
}
