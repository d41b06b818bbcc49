//go:build !linux

package cmd_test

import (
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// canMount is false, so the scripts leave out what follows.
func canMount() bool { return false }

func tmpfs(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("tmpfs is there on Linux only") }

func remount(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("remount is there on Linux only")
}

func grow(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("grow is there on Linux only") }

func fill(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("fill is there on Linux only") }

func unmount(testing.TB, string) {}
