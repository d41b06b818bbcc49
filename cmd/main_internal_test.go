package cmd

import (
	"os"
	"syscall"
	"testing"
	"time"
)

func TestSignalsThatComeTwice(t *testing.T) {
	for name, c := range map[string]struct {
		first, second os.Signal
		after         time.Duration
		same          bool
	}{
		"Ensure SIGTERM to the process and at once to its group is one":     {syscall.SIGTERM, syscall.SIGTERM, time.Millisecond, true},
		"Ensure SIGTERM that somebody sends again is a second one":          {syscall.SIGTERM, syscall.SIGTERM, time.Second, false},
		"Ensure a second Ctrl-C always is one":                              {syscall.SIGINT, syscall.SIGINT, time.Millisecond, false},
		"Ensure a Ctrl-C and a SIGTERM are two, however soon it comes":      {syscall.SIGINT, syscall.SIGTERM, time.Millisecond, false},
		"Ensure a SIGTERM and a Ctrl-C are two, however soon they may come": {syscall.SIGTERM, syscall.SIGINT, time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := sameStop(c.first, c.second, c.after); got != c.same {
				t.Errorf("%v", got)
			}
		})
	}
}
