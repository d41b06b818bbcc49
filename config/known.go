package config

import (
	"slices"
	"sync"
)

// ledger remembers which secrets of a configuration were fetched.
type ledger struct {
	mu     sync.Mutex
	values []string
}

func (l *ledger) add(value string) {
	if l == nil || value == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !slices.Contains(l.values, value) {
		l.values = append(l.values, value)
	}
}

// Revealed gives the values of the secrets that were fetched so far, and so may turn up in the program's memory: for whoever
// prints a text of unknown origin, such as what somebody panicked with, and has to hide them.
func (c *Config) Revealed() []string {
	if c.known == nil {
		return nil
	}
	c.known.mu.Lock()
	defer c.known.mu.Unlock()
	return slices.Clone(c.known.values)
}
