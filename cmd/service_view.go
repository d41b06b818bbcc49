package cmd

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// unitView is a unit as `--output json` shows it.
type unitView struct {
	Path   string `json:"path"`
	Text   string `json:"text,omitempty"`   // what install would write
	State  string `json:"state,omitempty"`  // as it was written, edited, not installed; after install and uninstall: written, removed, would be removed
	Active string `json:"active,omitempty"` // what systemd says
}

// unitsView is what `service` commands give as JSON.
type unitsView struct {
	Units   []unitView `json:"units"`
	Crontab string     `json:"crontab,omitempty"` // a line for those without systemd
}

// notInstalled is the state of a unit that there is none of.
const notInstalled = "not installed"

// notInstalledError says that a service was never installed, or is no more.
type notInstalledError struct{ unit, dir string }

func (e *notInstalledError) Error() string {
	return fmt.Sprintf("%s is not installed in %s; `connector service install` writes it (--user for your own)", e.unit, e.dir)
}

// Code is that of a service that isn't there.
func (*notInstalledError) Code() string { return "CON-SERVICE-ABSENT" }

// Usage marks the error as the caller's.
func (*notInstalledError) Usage() bool { return true }

// tellUnits tells what became of units.
func (a *app) tellUnits(units []unitView) error {
	if a.json() {
		return a.printJSON(unitsView{Units: append([]unitView{}, units...)})
	}
	for _, u := range units {
		to, line := a.deeds(), u.State+" "+u.Path
		switch u.State {
		case "written":
			line = "wrote " + u.Path
		case "would be removed":
			to, line = a.out, "would remove "+u.Path
		}
		if _, err := fmt.Fprintln(to, line); err != nil {
			return err
		}
	}
	return nil
}

// showUnitStates shows what is installed.
func (a *app) showUnitStates(units []unitView) error {
	if a.json() {
		return a.printJSON(unitsView{Units: units})
	}
	for _, u := range units {
		line := u.Path + ": " + u.State
		if u.Active != "" {
			line += ", " + u.Active
		}
		if _, err := fmt.Fprintln(a.out, line); err != nil {
			return err
		}
	}
	return nil
}

// tellNoUnits tells that there is nothing to uninstall.
func (a *app) tellNoUnits(unit, dir string) error {
	if a.json() {
		return a.tellUnits(nil)
	}
	_, err := fmt.Fprintf(a.out, "There is no %s in %s.\n", unit, dir)
	return err
}

// removeUnits removes units, or says what would be removed where dry is true.
func removeUnits(dir string, there map[string]string, dry bool) (removed []unitView, err error) {
	for _, name := range slices.Sorted(maps.Keys(there)) {
		v := unitView{Path: filepath.Join(dir, name), State: "would be removed"}
		if !dry {
			if err := os.Remove(v.Path); err != nil {
				return removed, environment(err)
			}
			v.State = "removed"
		}
		removed = append(removed, v)
	}
	return removed, nil
}
