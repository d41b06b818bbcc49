package redmine

import (
	"context"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// examination collects what `connector doctor` says.
type examination struct {
	client *client
	found  backend.Examined
}

func (x *examination) add(check string, level odoo.Level, what, remedy string) {
	x.found.Findings = append(x.found.Findings, backend.Finding{Check: check, Level: level, What: what, Remedy: remedy})
}

// Examine implements backend.Examiner: what `connector doctor` says of the server. It writes nothing.
func (c *client) Examine(ctx context.Context, b config.Backend) backend.Examined {
	x := &examination{client: c}
	me, err := c.get(ctx, "/users/current.json", "user")
	switch {
	case refused(err):
		x.add("key", odoo.LevelFail, err.Error(), "switch the REST web service on under Administration, Settings, API")
		return x.found
	case err != nil:
		x.add("key", odoo.LevelFail, err.Error(), "put url: and api_key: right")
		return x.found
	}
	x.add("key", odoo.LevelOK, "the key is that of "+newUser(me).Value("name").AsText()+" ("+me.text("login")+")", "")
	if s, ok := b.Settings.(*Settings); ok {
		x.projects(ctx, s)
		x.names(ctx, "/issue_statuses.json", "issue_statuses", "statuses", s.statusNames())
		if s.Tracker != "" {
			x.names(ctx, "/trackers.json", "trackers", "tracker", []string{s.Tracker})
		}
	}
	return x.found
}

// projects looks for those that take part.
func (x *examination) projects(ctx context.Context, s *Settings) {
	all, err := (&projects{client: x.client}).Siblings(ctx, nil)
	if err != nil {
		x.add("projects", odoo.LevelFail, err.Error(), "run doctor again when the server answers")
		return
	}
	p := &projects{chosen: s.Projects}
	there := map[string]bool{}
	for _, r := range all {
		there[r.ID], there[r.Value("identifier").AsText()] = true, true
		if p.takesPart(r) {
			x.found.Parts = append(x.found.Parts, backend.Part{ID: r.ID, Name: r.Value("name").AsText()})
		}
	}
	for _, name := range s.Projects {
		if !there[name] {
			x.add("projects", odoo.LevelFail, fmt.Sprintf("the key's user sees no project %q", name), "correct projects:, or make the user a member")
		}
	}
	if n := len(x.found.Parts); n > 0 {
		x.add("projects", odoo.LevelOK, fmt.Sprintf("%d of %d projects take part", n, len(all)), "")
	}
}

// statusNames are the statuses that the settings name.
func (s *Settings) statusNames() (names []string) {
	for _, one := range s.Statuses {
		names = append(names, one.Redmine)
	}
	return names
}

// names looks whether a list of the server has what a key of the settings names.
func (x *examination) names(ctx context.Context, path, list, key string, wanted []string) {
	all, err := x.client.once(ctx, path, list)
	if err != nil {
		x.add(key, odoo.LevelFail, err.Error(), "run doctor again when the server answers")
		return
	}
	var there []string
	for _, o := range all {
		there = append(there, o.text("name"))
	}
	for _, name := range wanted {
		if !contains(there, name) {
			x.add(key, odoo.LevelFail, fmt.Sprintf("Redmine has no %q", name), "correct "+key+":; there are "+strings.Join(there, ", "))
		}
	}
}

// contains says that a name is among others, in capitals or not.
func contains(names []string, name string) bool {
	for _, n := range names {
		if strings.EqualFold(n, name) {
			return true
		}
	}
	return false
}

// pageOf is where people see a record.
func pageOf(b config.Backend, of binding.Binding) string {
	path := map[string]string{ProjectModel: "/projects/", UserModel: "/users/", IssueModel: "/issues/"}[of.Model]
	return strings.TrimRight(b.URL, "/") + path + of.ExternalID
}
