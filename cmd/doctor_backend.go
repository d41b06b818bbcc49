package cmd

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
)

// checkShared is the check of what two backends have in common.
const checkShared = "shared"

// examineBackends looks at backends, and at what two of them have in common.
func (r *running) examineBackends(ctx context.Context, backends []config.Backend, outcome *findingsError) ([]examinedView, error) {
	views := make([]examinedView, len(backends))
	parts := make([][]backend.Part, len(backends))
	for i, b := range backends {
		views[i] = examinedView{Name: b.Name, URL: b.URL, Findings: []findingView{}}
		version, err := r.app.registry.Get(b.Kind, b.Version)
		if err != nil {
			return nil, &usageError{err.Error()}
		}
		client, opened, err := r.client(ctx, version, b)
		if err != nil {
			views[i].Findings = []findingView{{Check: checkConfiguration, Level: string(odoo.LevelFail), What: err.Error(), Why: "the server cannot be asked"}}
			outcome.add(r.app.exitOf(err))
			continue
		}
		examiner, ok := client.(backend.Examiner)
		if !ok {
			views[i].take([]odoo.Finding{{Check: odoo.CheckConnection, Level: odoo.LevelWarn, What: "not looked at",
				Why: version.String() + " does not say how", Remedy: "see what the first sync says"}}, outcome)
			continue
		}
		found := examiner.Examine(ctx, opened)
		parts[i] = found.Parts
		views[i].take(found.Findings, outcome)
	}
	for i, b := range backends {
		for j := range i {
			if same := inCommon(parts[i], parts[j]); len(same) > 0 && b.Kind == backends[j].Kind && b.Odoo == backends[j].Odoo {
				views[i].take([]odoo.Finding{sharedFinding(b, backends[j], same)}, outcome)
			}
		}
	}
	return views, nil
}

func inCommon(some, others []backend.Part) (names []string) {
	for _, p := range some {
		if slices.ContainsFunc(others, func(o backend.Part) bool { return o.ID == p.ID }) {
			names = append(names, p.Name)
		}
	}
	return names
}

func sharedFinding(one, other config.Backend, names []string) odoo.Finding {
	return odoo.Finding{
		Check: checkShared, Level: odoo.LevelWarn,
		What:   fmt.Sprintf("%s: synchronized with Odoo %s by %s, too", strings.Join(names, ", "), one.Odoo, other.Name),
		Why:    "both bind the same records, each for itself, and what the one creates the other takes for new",
		Remedy: "let each backend name what it alone synchronizes, or take one of them out",
	}
}
