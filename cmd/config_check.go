package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
)

// checks are what the command line knows beside what the reader of the file does.
func (a *app) checks() []config.Check {
	return []config.Check{a.checkJobs, checkChannels, checkSchedule, a.checkModels}
}

// checkChannels warns of channels that no job goes through: mostly they are misspelt.
func checkChannels(c *config.Config) (problems []config.SettingProblem) {
	channels, err := jobs.ParseChannels(c.Jobs.Channels)
	if err != nil {
		return nil // checkJobs says so
	}
	used := []string{jobs.Root}
	for _, b := range c.Backends {
		used = append(used, jobs.DefaultChannel(b.Name))
	}
	for _, f := range c.Jobs.Functions {
		if f.Channel != "" {
			used = append(used, channels.Get(f.Channel).Name)
		}
	}
	for _, ch := range channels.Configured() {
		if slices.ContainsFunc(used, func(name string) bool { return name == ch.Name || strings.HasPrefix(name, ch.Name+".") }) {
			continue
		}
		hint := "the backends' own are " + strings.Join(used[1:], ", ")
		if near, ok := config.Nearest(ch.Name, used); ok {
			hint = fmt.Sprintf("did you mean %q?", near)
		}
		problems = append(problems, config.SettingProblem{
			Path: fmt.Sprintf("jobs.channels[%d]", lineWith(c.Jobs.Channels, ch.Name)), Warning: true,
			Problem: "no job goes through the channel " + ch.Name, Hint: hint,
		})
	}
	return problems
}

// lineWith is the number of the line that has a channel, with or without the root.
func lineWith(lines, channel string) int {
	return max(0, slices.IndexFunc(strings.Split(lines, "\n"), func(line string) bool {
		return strings.Contains(line, strings.TrimPrefix(channel, jobs.Root+"."))
	}))
}

// checkModels warns of what has no effect on a binding model.
func (a *app) checkModels(c *config.Config) (problems []config.SettingProblem) {
	for _, b := range c.Backends {
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			continue // the reader says so
		}
		for _, settings := range b.Models {
			if m, ok := version.Model(settings.Model); ok && settings.Path != "" {
				problems = append(problems, idleKeys(m, settings)...)
			}
		}
	}
	return problems
}

// idleKeys are the keys of a model's entry that change nothing.
func idleKeys(m backend.Model, s config.Model) (problems []config.SettingProblem) {
	warn := func(key, why string) {
		problems = append(problems, config.SettingProblem{
			Path: s.Path + "." + key, Problem: key + " has no effect: " + why, Hint: "leave it out", Warning: true,
		})
	}
	given := map[string]bool{
		"domain": s.Domain != nil, "fields": len(s.Fields) > 0, "on_leave": s.OnLeave != config.LeaveKeep, "conflict": s.Conflict != config.ConflictAsk,
	}
	for _, key := range []string{"domain", "on_leave", "conflict", "fields"} {
		switch {
		case !given[key]:
		case s.Direction == config.DirectionOff:
			warn(key, "direction: off leaves "+m.Name+" alone")
		case m.LinkOnly:
			warn(key, "records of "+m.Name+" are linked where both sides have them, and never written")
		case key == "domain" && !m.Creates && s.OnLeave == config.LeaveKeep:
			warn(key, "records of "+m.Name+" are never created outside")
		}
	}
	if m.LinkOnly && (s.Direction == config.DirectionImport || s.Direction == config.DirectionExport) {
		warn("direction", "records of "+m.Name+" are linked where both sides have them, and never written")
	}
	return problems
}
