package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// systemFile is the machine's configuration, for every user.
const systemFile = "/etc/connector/config.yaml"

// Place is one path where a configuration file may lie.
type Place struct {
	// Path is relative to the working directory or absolute.
	Path string
	// Origin says why it is looked for, as "the working directory".
	Origin string
}

// Places are the usual places of a configuration in the order in which they are looked at: config.yaml in the working directory,
// connector/config.yaml in XDG_CONFIG_HOME (~/.config where it is not set), and /etc/connector/config.yaml. getenv gives the
// variables of the environment, as os.Getenv does; without a home directory its place is left out.
func Places(getenv func(string) string) []Place {
	all := []Place{{"config.yaml", "the working directory"}}
	switch xdg, home := getenv("XDG_CONFIG_HOME"), getenv("HOME"); {
	case filepath.IsAbs(xdg): // a relative one is to be ignored, says the XDG base directory specification
		all = append(all, Place{filepath.Join(xdg, "connector", "config.yaml"), "XDG_CONFIG_HOME"})
	case filepath.IsAbs(home):
		all = append(all, Place{filepath.Join(home, ".config", "connector", "config.yaml"), "the home directory"})
	}
	return append(all, Place{systemFile, "the whole machine"})
}

// Find gives the first of the places that has a file, be it one that cannot be read; a [*NotFoundError] where none has.
func Find(places []Place) (Place, error) {
	missing := &NotFoundError{}
	for _, p := range places {
		_, err := os.Stat(p.Path)
		if err == nil {
			return p, nil
		}
		note := ""
		if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			note = reason(err)
		}
		missing.Places, missing.Notes = append(missing.Places, p), append(missing.Notes, note)
	}
	return Place{}, missing
}

// NotFoundError says that no place has a configuration.
type NotFoundError struct {
	// Places are where it was looked for, and Notes what stood in the way there, as "permission denied"; mostly nothing.
	Places []Place
	Notes  []string
}

// Error names the places on one line and what to do.
func (e *NotFoundError) Error() string {
	looked := make([]string, len(e.Places))
	for i, p := range e.Places {
		looked[i] = p.Path
		if e.Notes[i] != "" {
			looked[i] += fmt.Sprintf(" (%s)", e.Notes[i])
		}
	}
	last := len(looked) - 1
	return "there is no configuration: looked for " + strings.Join(looked[:last], ", ") + " and " + looked[last] +
		"; `connector config init` makes one, --config names another"
}

// Usage marks the error as the caller's to mend.
func (*NotFoundError) Usage() bool { return true }

// Code is that of a configuration which cannot be read.
func (*NotFoundError) Code() string { return codeFile }
