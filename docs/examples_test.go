package docs_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestExamples builds and tests the modules below examples as an integrator has them: outside this one, with nothing but this tree and
// the modules that it uses. Each has a config.yaml with which it syncs its sandbox.
func TestExamples(t *testing.T) {
	found, err := filepath.Glob("examples/*/go.mod")
	if err != nil || len(found) == 0 {
		t.Fatalf("there are the examples %v, with the error %v", found, err)
	}
	for _, mod := range found {
		dir := filepath.Dir(mod)
		t.Run("Ensure that "+filepath.Base(dir)+" compiles, passes its tests and syncs its sandbox", func(t *testing.T) {
			t.Parallel()
			out := outside(t, dir)
			run(t, out, "go", "test", "./...")
			run(t, out, "go", "build", "-o", "program", ".")
			if first := run(t, out, "./program", "sync"); !strings.Contains(first, " created") || !strings.Contains(first, " 0 failed") {
				t.Errorf("the first sync says:\n%s", first)
			}
			if again := run(t, out, "./program", "sync"); !strings.Contains(again, "Nothing changed.") {
				t.Errorf("the second sync says:\n%s", again)
			}
		})
	}
}

// outside copies a module out of the tree and points it at it.
func outside(t *testing.T, dir string) string {
	t.Helper()
	tree, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	out := t.TempDir()
	if err := os.CopyFS(out, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(out, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	sums, err := os.ReadFile(filepath.Join(tree, "go.sum"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"go.mod": strings.Replace(string(mod), "=> ../../..", fmt.Sprintf("=> %q", tree), 1), "go.sum": string(sums),
	} {
		if err := os.WriteFile(filepath.Join(out, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// run runs a command that must go well and gives what it says.
func run(t *testing.T, dir, program string, args ...string) string {
	t.Helper()
	if strings.HasPrefix(program, "./") {
		program = filepath.Join(dir, program)
	}
	c := exec.CommandContext(t.Context(), program, args...)
	c.Dir = dir
	c.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOWORK=off", "GOPROXY=off", "CONNECTOR_CONFIG=config.yaml")
	text, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", filepath.Base(program), args, err, text)
	}
	return string(text)
}
