package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/synchronizer"
)

// syncFlags are what narrows a sync.
type syncFlags struct {
	models    []string
	direction string
	full      bool
	records   int
	dry       bool
}

func (f *syncFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.models, "model", nil, "look at this binding model only, as trello.card; may be given several times")
	flags.StringVar(&f.direction, "direction", "", "go one way only: import (into Odoo) or export (out of Odoo)")
	flags.BoolVar(&f.full, "full", false, "read everything, whenever it was written, and compare every pair anew")
	flags.IntVar(&f.records, "limit", 0, "write at most so many records per backend, and leave the rest to the next sync")
	flags.BoolVar(&f.dry, "dry-run", false, "print what a sync would do, and write nothing on either side or in the state")
}

// limits are the flags as the synchronizer takes them, once they are checked as far as nobody need be asked.
func (f *syncFlags) limits(c *cobra.Command) (synchronizer.Limits, error) {
	l := synchronizer.Limits{Models: f.models, Full: f.full, Records: f.records}
	switch d := config.Direction(f.direction); {
	case d == config.DirectionImport, d == config.DirectionExport:
		l.Direction = d
	case c.Flags().Changed("direction"):
		return l, &usageError{fmt.Sprintf("--direction %q is neither import nor export", f.direction)}
	}
	if c.Flags().Changed("limit") && f.records < 1 {
		return l, &usageError{fmt.Sprintf("--limit %d is no number of records; give one of 1 or more", f.records)}
	}
	return l, nil
}

// checkModels makes sure that each named model is one of a backend's that is chosen.
func (r *running) checkModels(models []string, chosen []config.Backend) error {
	var known []string
	for _, b := range chosen {
		version, err := r.app.registry.Get(b.Kind, b.Version)
		if err != nil {
			return &usageError{err.Error()}
		}
		for _, m := range version.AllModels() {
			if !slices.Contains(known, m.Name) {
				known = append(known, m.Name)
			}
		}
	}
	for _, name := range models {
		if slices.Contains(known, name) {
			continue
		}
		hint := "known: " + strings.Join(known, ", ")
		if near, ok := config.Nearest(name, known); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		return &usageError{fmt.Sprintf("--model %q: there is no such binding model; %s", name, hint)}
	}
	return nil
}

// narrowed tells how a run was narrowed, "" where it was not.
func narrowed(l *synchronizer.Limits) string {
	if l == nil {
		return ""
	}
	return "Narrowed: " + strings.Join(narrowings(l), "; ") + "."
}

// narrowings are the ways in which a run is narrowed, for people.
func narrowings(l *synchronizer.Limits) (parts []string) {
	if l == nil {
		return nil
	}
	if len(l.Models) > 0 {
		parts = append(parts, strings.Join(l.Models, ", ")+" only")
	}
	if l.Direction != "" {
		parts = append(parts, string(l.Direction)+" only")
	}
	if l.Full {
		parts = append(parts, "everything compared anew")
	}
	if l.Records > 0 {
		parts = append(parts, "at most "+count(l.Records, "record", "records"))
	}
	return parts
}
