package cmd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

//go:generate go test -count=1 -run ^TestCommandPages$ . -update-docs

// The folders of what is generated.
const (
	cliFolder        = "../docs/cli"
	completionFolder = "../deploy/completions"
)

// TestCommandPages keeps docs/cli and deploy/completions to the commands.
func TestCommandPages(t *testing.T) {
	root := newApp().root()
	want := map[string]string{}
	for _, c := range writtenDown(root) {
		want[cliFolder+"/"+pageName(c)] = markdownPage(c)
	}
	for shell, name := range map[string]string{"bash": "connector.bash", "zsh": "_connector", "fish": "connector.fish"} {
		var script strings.Builder
		a := newApp()
		a.out = &script
		if err := a.completion(a.root(), shell); err != nil {
			t.Fatal(err)
		}
		want[completionFolder+"/"+name] = script.String()
	}
	for _, dir := range []string{cliFolder, completionFolder} {
		if *updateDocs {
			if err := os.RemoveAll(dir); err != nil {
				t.Fatal(err)
			}
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	for path, text := range want {
		if *updateDocs {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("Ensure "+path+" is what the commands say", func(t *testing.T) {
			if got, err := os.ReadFile(path); err != nil || string(got) != text {
				t.Errorf("it is out of date; run `go generate ./cmd` (%v)", err)
			}
		})
	}
	t.Run("Ensure there is no page of a command that is gone", func(t *testing.T) {
		for _, dir := range []string{cliFolder, completionFolder} {
			found, err := os.ReadDir(dir)
			if err != nil {
				t.Error(err)
			}
			for _, f := range found {
				if _, made := want[dir+"/"+f.Name()]; !made {
					t.Errorf("%s/%s is of no command", dir, f.Name())
				}
			}
		}
	})
}

func TestManual(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	root := newApp().root()
	if err := writeManual(root, dir); err != nil {
		t.Fatal(err)
	}
	for _, c := range writtenDown(root) {
		t.Run("Ensure "+c.CommandPath()+" has a page, in which no text is taken for an instruction", func(t *testing.T) {
			page, err := os.ReadFile(filepath.Join(dir, manualName(c)+".1"))
			if err != nil {
				t.Fatal(err)
			}
			for line := range strings.Lines(string(page)) {
				word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
				known := slices.Contains([]string{".TH", ".SH", ".PP", ".TP", ".B", ".nf", ".fi", ".nh", ".ad"}, word)
				if strings.HasPrefix(line, "'") || strings.HasPrefix(line, ".") && !known {
					t.Errorf("%q", line)
				}
			}
			for _, section := range []string{"NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "NEXT"} {
				if !strings.Contains(string(page), ".SH "+section+"\n") {
					t.Errorf("it has no section %s", section)
				}
			}
		})
	}
	t.Run("Ensure a directory that cannot be made is told in one line", func(t *testing.T) {
		file := filepath.Join(dir, "connector.1")
		if err := writeManual(root, filepath.Join(file, "below")); err == nil || !strings.HasPrefix(err.Error(), "the manual cannot be written: ") {
			t.Errorf("%v", err)
		}
	})
}
