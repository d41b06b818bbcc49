package redmine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
)

// Settings are the keys that a redmine backend has in the configuration beside those of every backend.
type Settings struct {
	Key      config.Secret `yaml:"api_key" config:"required"`
	Projects []string      `yaml:"projects"` // identifiers or ids; all that the key's user sees when left out
	Tracker  string        `yaml:"tracker"`  // name of the tracker of new issues; Redmine's first one of the project when left out
	Statuses []Status      `yaml:"statuses"`
	Format   string        `yaml:"text_format"`         // markdown when left out
	Rate     float64       `yaml:"requests_per_second"` // 10 when left out
}

// Status says which state of a task a status of issues is.
type Status struct {
	Redmine string `yaml:"redmine" config:"required"` // the status' name
	Odoo    string `yaml:"odoo" config:"required"`    // a state of tasks: 03_approved
}

// The values of text_format.
const (
	formatMarkdown = "markdown"
	formatTextile  = "textile"
)

// states are those that a person gives to a task, in Odoo 17 and later.
var states = []string{"01_in_progress", "02_changes_requested", "03_approved", "1_done", "1_canceled"}

// SettingKeys implements config.Documented.
func (*Settings) SettingKeys() []config.Key {
	return []config.Key{
		{
			Name: "api_key", Doc: "The API key of the Redmine user that the connector works as.",
			Ask: &config.Question{Text: "API key", Help: "It is under My account, at the right, once an administrator has switched the REST web service on."},
		},
		{Name: "projects", Doc: "The projects that take part, by identifier or id.", Otherwise: "all that the user sees", Example: "[website, office-move]"},
		{Name: "tracker", Doc: "The tracker of the issues that are made for tasks.", Otherwise: "the project's first", Example: "Feature"},
		{
			Name: "statuses", Doc: "Which state of a task a status is. A status without an entry is in progress while it is open, and done when it is closed.",
			Keys: []config.Key{
				{Name: "redmine", Doc: "The name of the status.", Example: "Resolved"},
				{Name: "odoo", Doc: "The state of the task.", Enum: states, Example: "03_approved"},
			},
		},
		{
			Name: "text_format", Doc: "How Redmine formats texts, see Administration, Settings, General. Textile is shown in Odoo as it is and never written.",
			Enum: []string{formatMarkdown, formatTextile}, Default: formatMarkdown,
		},
		{Name: "requests_per_second", Doc: "How many requests are sent in a second at most.", Default: "10"},
	}
}

// CheckSettings implements config.Checker: it looks at what no type can tell.
func (s *Settings) CheckSettings() (all []config.SettingProblem) {
	if s.Rate < 0 {
		all = append(all, config.SettingProblem{Path: "requests_per_second", Problem: "is negative", Hint: "leave it out for 10"})
	}
	for i, one := range s.Statuses {
		if slices.ContainsFunc(s.Statuses[:i], func(o Status) bool { return strings.EqualFold(o.Redmine, one.Redmine) }) {
			all = append(all, config.SettingProblem{
				Path: fmt.Sprintf("statuses[%d].redmine", i), Problem: fmt.Sprintf("%q is given twice", one.Redmine), Hint: "a status is one state",
			})
		}
	}
	return all
}

// Fit implements backend.Fitter: texts that are no Markdown cannot be written, so a configuration must not map them as such.
func (s *Settings) Fit(m backend.Model) backend.Model {
	if s.Format == formatTextile {
		m.Prose = shown()
	}
	return m
}
