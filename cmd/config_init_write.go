package cmd

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/odoo-connector/connector/config"
)

// newFile is a file that is to be written, readable by its owner alone.
type newFile struct {
	name string // as it is told
	data []byte
}

// initView is what `config init --output json` prints.
type initView struct {
	File    string   `json:"file"`    // the configuration, as it was named
	Secrets []string `json:"secrets"` // files of secrets, one for each that was typed
	Backups []string `json:"backups"` // what was there before
}

// files are all that is to be written, the configuration last.
func (s *setup) files() (all []newFile) {
	dir := filepath.Dir(s.file)
	add := func(of, key string, answer secretAnswer) {
		if answer.text != "" && answer.place == "" {
			all = append(all, newFile{filepath.Join(dir, s.secretFile(of, key)), []byte(answer.text + "\n")})
		}
	}
	add("odoo", s.login, s.loginSecret)
	for _, k := range s.kind.Keys() {
		add(s.backendName(), k.Name, s.secrets[k.Name])
	}
	return append(all, newFile{s.file, s.draft(false).YAML()})
}

// write writes all files or none, keeps what was there as backups, and tells what to do next.
func (s *setup) write() error {
	if err := os.MkdirAll(filepath.Dir(s.file), 0o700); err != nil {
		return environment(err)
	}
	files := s.files()
	view := initView{File: s.file, Secrets: []string{}, Backups: []string{}}
	for _, f := range files[:len(files)-1] {
		view.Secrets = append(view.Secrets, f.name)
	}
	var undo []func() error
	for _, f := range files {
		backup, err := setAside(f.name)
		if err == nil && backup != "" {
			view.Backups = append(view.Backups, backup)
			undo = append(undo, func() error { return os.Rename(backup, f.name) })
		}
		if err == nil {
			if err = writeNew(f); err == nil {
				undo = append(undo, func() error { return os.Remove(f.name) })
			}
		}
		if err != nil {
			for i := len(undo) - 1; i >= 0; i-- {
				err = errors.Join(err, undo[i]())
			}
			return environment(fmt.Errorf("nothing was written: %w", err))
		}
	}
	if _, err := config.Load(s.file, s.kinds, s.app.checks()...); err != nil {
		return err
	}
	return s.tell(view)
}

// setAside renames what is there, and gives its new name; nothing where nothing is there.
func setAside(name string) (backup string, err error) {
	if _, err := os.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	for i := 1; ; i++ {
		backup = name + ".bak"
		if i > 1 {
			backup += "." + strconv.Itoa(i)
		}
		if _, err := os.Lstat(backup); errors.Is(err, fs.ErrNotExist) {
			return backup, os.Rename(name, backup)
		}
	}
}

// writeNew writes a file that is not there, for its owner's eyes alone.
func writeNew(f newFile) (err error) {
	file, err := os.OpenFile(f.name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(f.data)
	return errors.Join(err, file.Sync(), file.Close())
}

// tell says what was written, and what to do next.
func (s *setup) tell(view initView) error {
	if s.app.json() {
		return s.app.printJSON(view)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Wrote %s.\n", strings.Join(append([]string{view.File}, view.Secrets...), ", "))
	if len(view.Backups) > 0 {
		fmt.Fprintf(&b, "What was there is kept in %s.\n", strings.Join(view.Backups, ", "))
	}
	program := "connector"
	if !s.app.place.usual {
		program += " --config " + quoted(s.file)
	}
	fmt.Fprintf(&b, "\nNext:\n")
	for _, next := range [][2]string{
		{"doctor", "looks whether all is in place"}, {"sync --dry-run", "shows what a sync would do, and does nothing"}, {"sync", "does it"},
	} {
		fmt.Fprintf(&b, "  %-*s  %s\n", len(program)+len(" sync --dry-run"), program+" "+next[0], next[1])
	}
	_, err := fmt.Fprint(s.app.deeds(), b.String())
	return err
}
