package cmd

import (
	"context"
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
)

// tellUnknown says, beside a list without jobs, which names of the filter no job bears at all: they may be misspelled. No error is
// made of it, since jobs may be of a backend that the configuration doesn't have any more, or not yet.
func (a *app) tellUnknown(ctx context.Context, c *config.Config, q *jobs.Queue, f jobs.Filter) error {
	for _, one := range []struct {
		flag, name string
		filter     jobs.Filter
		known      func() ([]string, error)
	}{
		{"backend", f.Backend, jobs.Filter{Backend: f.Backend}, func() ([]string, error) { return backendNames(c.Backends), nil }},
		{"channel", strings.TrimPrefix(f.Channel, "root."), jobs.Filter{Channel: f.Channel}, func() ([]string, error) { return channelNames(ctx, q) }},
		{"model", f.Model, jobs.Filter{Model: f.Model}, func() ([]string, error) { return a.modelNames(c) }},
		{"function", f.Function, jobs.Filter{Function: f.Function}, func() ([]string, error) { return a.functionNames(), nil }},
	} {
		if one.name == "" {
			continue
		}
		one.filter.Limit = 1
		some, err := q.List(ctx, one.filter)
		if err != nil {
			return err
		}
		if len(some) > 0 {
			continue
		}
		known, err := one.known()
		if err != nil {
			return err
		}
		_, _ = fmt.Fprintf(a.err, "no job has the %s %q; %s\n", one.flag, one.name, nearest(one.name, known)) // beside the list
	}
	return nil
}

func backendNames(backends []config.Backend) (names []string) {
	for _, b := range backends {
		names = append(names, b.Name)
	}
	return names
}

// channelNames are those that the configuration or jobs name, as people write them: without the root.
func channelNames(ctx context.Context, q *jobs.Queue) (names []string, err error) {
	loads, err := q.Loads(ctx)
	for _, l := range loads {
		names = append(names, strings.TrimPrefix(l.Name, "root."))
	}
	return names, err
}

// modelNames are the binding models of the configuration's backends.
func (a *app) modelNames(c *config.Config) (names []string, err error) {
	seen := map[string]bool{}
	for _, b := range c.Backends {
		version, err := a.registry.Get(b.Kind, b.Version)
		if err != nil {
			return nil, err
		}
		for _, m := range version.AllModels() {
			if !seen[m.Name] {
				names = append(names, m.Name)
			}
			seen[m.Name] = true
		}
	}
	return names, nil
}
