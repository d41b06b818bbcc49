package trellotest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestForeignClient lets a client that others wrote for the real Trello work with the server: testdata/foreign.py, run by the Python that
// CONNECTOR_TEST_PYTHON names.
func TestForeignClient(t *testing.T) {
	python := os.Getenv("CONNECTOR_TEST_PYTHON")
	if python == "" || exec.CommandContext(t.Context(), python, "-c", "import trello").Run() != nil {
		t.Skip("CONNECTOR_TEST_PYTHON names no Python that has the module py-trello (pip install py-trello)")
	}
	s := New(Options{})
	origin, stop, err := s.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, python, filepath.Join("testdata", "foreign.py"), origin, "demo-key", "demo-token")
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err = command.Run()
	t.Log(out.String())
	if err != nil || !strings.HasSuffix(out.String(), "done\n") {
		t.Errorf("py-trello: %v", err)
	}
	if n := len(s.Requests()); n < 40 {
		t.Errorf("the server was asked %d times", n)
	}
}
