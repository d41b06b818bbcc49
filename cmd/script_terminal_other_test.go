//go:build !linux

package cmd_test

import "github.com/rogpeppe/go-internal/testscript"

// canOpenTerminal is false, so the scripts leave out what follows.
func canOpenTerminal() bool { return false }

func startOnTerminal(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminals are there on Linux only")
}

func answer(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminals are there on Linux only")
}

func answerUnseen(ts *testscript.TestScript, _ bool, _ []string) {
	ts.Fatalf("terminals are there on Linux only")
}
