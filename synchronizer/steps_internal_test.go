package synchronizer

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/backend"
)

// declaring is a synchronizer of a backend with the given binding models, by name and Odoo model.
func declaring(service string, models ...[2]string) *Synchronizer {
	b := backend.New(service, "1")
	for _, m := range models {
		b.Declare(backend.Model{Name: m[0], OdooModel: m[1]})
	}
	return &Synchronizer{env: &backend.Environment{Backend: b}}
}

func TestSteps(t *testing.T) {
	notes := declaring("notes", [2]string{"notes.book", "project.project"}, [2]string{"notes.note", "project.task"}, [2]string{"notes.line", "project.task"})
	desk := declaring("desk", [2]string{"desk.tag", "project.tags"}, [2]string{"desk.sheet", "project.task"})
	var got []string
	for _, st := range newGroup([]*Synchronizer{notes, desk}, RunOptions{}).steps() {
		line := ""
		for _, s := range st.consumers {
			line += " " + st.models[s]
		}
		got = append(got, line[1:])
	}
	t.Run("Ensure two binding models of one Odoo model have a step each, that backends share steps, and that parents come first for all", func(t *testing.T) {
		want := []string{"notes.book", "desk.tag", "notes.note desk.sheet", "notes.line"}
		if !slices.Equal(got, want) {
			t.Errorf("the steps are %q, want %q", got, want)
		}
	})
}
