package docs_test

import (
	"os"
	"regexp"
	"slices"
	"testing"
)

// all gives what the pattern's group finds in a file, sorted, each once.
func all(t *testing.T, path, pattern string) []string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(data), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("%s has nothing like %s", path, pattern)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// TestBuilds keeps what builds releases and containers to the sources: the linker passes in silence over a variable that is not there.
func TestBuilds(t *testing.T) {
	const container, release, version = "../deploy/Dockerfile", "../deploy/release.sh", "../cmd/version.go"
	t.Run("Ensure what builds say of themselves has a variable that takes it", func(t *testing.T) {
		variables := all(t, version, `(?m)^\t(\w+) +string // `)
		for _, said := range slices.Concat(all(t, container, `/cmd\.(\w+)=`), all(t, release, `\$\(said (\w+) `)) {
			if !slices.Contains(variables, said) {
				t.Errorf("%s is said, and cmd has only the variables %v", said, variables)
			}
		}
	})
	t.Run("Ensure a container is built as a release is", func(t *testing.T) {
		const tags = `-tags (\S+)`
		if c, r := all(t, container, tags), all(t, release, tags); !slices.Equal(c, r) {
			t.Errorf("the container has the tags %v, a release %v", c, r)
		}
	})
	t.Run("Ensure a container is built by the Go that go.mod names", func(t *testing.T) {
		named, built := all(t, "../go.mod", `(?m)^go (\d+\.\d+)`)[0], all(t, container, `FROM golang:(\d+\.\d+)-`)[0]
		if named != built {
			t.Errorf("go.mod names %s, the container has %s", named, built)
		}
	})
}
