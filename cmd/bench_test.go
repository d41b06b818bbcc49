package cmd

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// BenchmarkStart measures the start of the built binary, `connector version`, beside that of the smallest program that
// the machine has, which is the limit: /bin/true.
func BenchmarkStart(b *testing.B) {
	binary := filepath.Join(b.TempDir(), "connector")
	if out, err := exec.CommandContext(b.Context(), "go", "build", "-o", binary, "..").CombinedOutput(); err != nil {
		b.Fatalf("the binary could not be built: %v\n%s", err, out)
	}
	for _, c := range []struct {
		name string
		argv []string
	}{{"connector version", []string{binary, "version"}}, {"true", []string{"true"}}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if err := exec.CommandContext(b.Context(), c.argv[0], c.argv[1:]...).Run(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
