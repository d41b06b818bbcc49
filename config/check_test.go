package config_test

import (
	"fmt"
	"testing"

	"github.com/odoo-connector/connector/config"
)

// checkedSettings are settings that look at their own values.
type checkedSettings struct {
	Hour  int     `yaml:"hour"`
	Rooms []store `yaml:"rooms"`
}

func (s *checkedSettings) CheckSettings() (all []config.SettingProblem) {
	if s.Hour > 23 {
		all = append(all, config.SettingProblem{Path: "hour", Problem: fmt.Sprintf("%d is not an hour", s.Hour), Hint: "use 0 to 23"})
	}
	for i, r := range s.Rooms {
		if r.Code == "attic" {
			all = append(all, config.SettingProblem{Path: fmt.Sprintf("rooms[%d].code", i), Problem: "there is no attic"})
		}
	}
	if len(s.Rooms) == 0 {
		all = append(all, config.SettingProblem{Path: "rooms", Problem: "there are no rooms"})
	}
	return all
}

func TestSettingsThatLookAtThemselves(t *testing.T) {
	kind := config.Kind{
		Name: "house", Versions: []string{"1"}, DefaultURL: "http://127.0.0.1:1", Settings: func() any { return &checkedSettings{} },
	}
	read := func(lines string) error {
		text := "odoo:\n  - {name: main, url: sandbox://demo}\nbackends:\n  - name: one\n    kind: house\n" + lines
		_, err := config.LoadBytes("config.yaml", []byte(text), []config.Kind{kind})
		return err
	}
	t.Run("Ensure good values are taken", func(t *testing.T) {
		if err := read("    hour: 17\n    rooms: [{code: cellar}]\n"); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure what a system finds wrong has the line and the path of the value", func(t *testing.T) {
		wantText(t, read("    hour: 24\n    rooms:\n      - code: cellar\n      - code: attic\n"), `config.yaml:6: backends[0].hour: 24 is not an hour; use 0 to 23
config.yaml:9: backends[0].rooms[1].code: there is no attic`)
	})
	t.Run("Ensure what the file lacks has the line of the backend", func(t *testing.T) {
		wantText(t, read("    hour: 1\n"), `config.yaml:4: backends[0]: there are no rooms`)
	})
	t.Run("Ensure all is told at once, but nothing twice of a value that could not be read", func(t *testing.T) {
		wantText(t, read("    hour: 24\n    rooms: cellar\n"), `config.yaml:6: backends[0].hour: 24 is not an hour; use 0 to 23
config.yaml:7: backends[0].rooms: expected a list, found text; write each entry on a line of its own after "- ", or all in [ ]`)
	})
}
