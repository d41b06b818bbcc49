package config

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

// others is the right of anybody but the owner to read a file.
const others fs.FileMode = 0o044

// readers says who beside its owner may read the file of a secret: nothing where nobody may, or it is no file.
func (o *origin) readers() (problem, hint string) {
	if o.file == "" {
		return "", ""
	}
	path, err := resolve(o.dir, o.file)
	if err != nil {
		return "", ""
	}
	return openToOthers(path, o.file)
}

// openToOthers says who beside its owner may read a file. Windows has no such rights.
func openToOthers(path, name string) (problem, hint string) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&others == 0 || runtime.GOOS == "windows" {
		return "", ""
	}
	who := "its group"
	if info.Mode()&0o004 != 0 {
		who = "every user of this machine"
	}
	return fmt.Sprintf("%s may be read by %s (mode %04o)", shown(name), who, info.Mode().Perm()), "`chmod 600 " + name + "`"
}

// warnOfReaders warns of a file that holds secrets itself and that others may read.
func (c *Config) warnOfReaders() {
	i := slices.IndexFunc(c.secrets, func(s Secret) bool { return (*s.from).text != "" })
	if i < 0 {
		return
	}
	if problem, hint := openToOthers(c.Path, filepath.Base(c.Path)); problem != "" {
		at := *(*c.secrets[i].from).at
		at.Problem, at.Hint = "a secret is in the file, and "+problem, hint+", or give the secret as {file: PATH} or the like"
		c.Warnings = append(c.Warnings, &at)
		c.Warnings.sort()
	}
}

// SecretFiles gives the files that hold secrets, as far as they are there, each once: those that the configuration names, and itself where
// it holds one as text.
func (c *Config) SecretFiles() (paths []string) {
	for _, s := range c.secrets {
		path := ""
		switch o := *s.from; {
		case o.text != "":
			path = c.Path
		case o.file != "":
			path, _ = resolve(o.dir, o.file) // one that cannot be found is told by who needs it
		}
		if _, err := os.Stat(path); path != "" && err == nil && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

// CheckSecrets tells which secrets of the file cannot be had, each with its place. Commands are only looked for, not run.
func (c *Config) CheckSecrets(ctx context.Context) error {
	var all Errors
	for _, s := range c.secrets {
		if e := s.check(ctx); e != nil {
			all = append(all, e)
		}
	}
	return all.err()
}

// check tries to have a secret, without running a command.
func (s Secret) check(ctx context.Context) *Error {
	o := *s.from
	at := *o.at
	if len(o.command) > 0 {
		return o.checkProgram(at)
	}
	_, err := s.Reveal(ctx)
	var failed *SecretError
	if !errors.As(err, &failed) {
		return nil
	}
	at.Problem, at.Hint, at.Err = failed.Source+" "+failed.Problem, failed.Hint, failed
	return &at
}

// checkProgram looks for the program of a command, where running it would.
func (o *origin) checkProgram(at Error) *Error {
	program := o.command[0]
	if strings.Contains(program, "/") && !filepath.IsAbs(program) {
		program = filepath.Join(o.dir, program)
	}
	if _, err := exec.LookPath(program); err != nil {
		var cause *exec.Error
		if errors.As(err, &cause) {
			err = cause.Err
		}
		at.Problem, at.Err = "command "+filepath.Base(o.command[0])+" could not be started: "+err.Error(), err
		return &at
	}
	return nil
}
