package synchronizer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
)

// skew is by how much the external system's clock may be behind ours for its own record of what was made to be believed.
const skew = time.Minute

// traced narrows several records that an export may have made to those that our own account made, and finds one whose name was
// changed since. If somebody deleted what may have been it, that is for a person to decide: it is not made again blindly.
func (sl *slice) traced(ctx context.Context, b binding.Binding, hits []record.Record) ([]record.Record, error) {
	finder, ok := sl.adapter.(backend.Finder)
	if !ok {
		return hits, nil
	}
	traces, err := finder.Find(ctx, backend.Sought{Parent: b.Sent.Parent, Values: b.Sent.Values, Since: b.IntentAt.Add(-skew)})
	switch {
	case outage(err) || ctx.Err() != nil:
		return nil, err
	case err != nil:
		return nil, &untraceableError{fmt.Errorf("it cannot be told what became of the creation of the %s '%s', so it is not made again yet: %w",
			sl.model.Noun, b.Name, err)}
	}
	live, gone, err := sl.unboundTraces(ctx, traces)
	if err != nil {
		return nil, err
	}
	if len(hits) > 0 {
		own := slices.DeleteFunc(slices.Clone(hits), func(r record.Record) bool {
			return !slices.ContainsFunc(live, func(l record.Record) bool { return l.ID == r.ID })
		})
		if len(own) > 0 {
			return own, nil
		}
		return hits, nil
	}
	if len(live) == 0 && gone {
		return nil, sl.goneAgain(ctx, b)
	}
	return sl.renamed(ctx, b, live)
}

// untraceableError says that what became of one creation cannot be told for now: its record is there in a form that cannot be read, say.
// It is that record's matter alone.
type untraceableError struct{ error }

// Unwrap is the cause.
func (e *untraceableError) Unwrap() error { return e.error }

// renamed are the traces, whose names are others now than when they were made, that no other open export of the name is likelier to have
// made. Where as many exports sent the very same, it doesn't matter which made which.
func (sl *slice) renamed(ctx context.Context, b binding.Binding, live []record.Record) ([]record.Record, error) {
	if len(live) == 0 {
		return nil, nil
	}
	sent, err := sl.env.Binder.Unsettled(ctx, sl.model.Name)
	if err != nil {
		return nil, err
	}
	sent = slices.DeleteFunc(sent, func(o binding.Binding) bool { return !sentAlike(o, b, sl.model.NameField) })
	live = slices.DeleteFunc(live, func(r record.Record) bool { return likelier(sent, r, b) })
	if len(live) > 1 && len(live) <= alike(sent, b) {
		return live[:1], nil
	}
	return live, nil
}

// sentAlike says that two exports sent the same name to the same parent.
func sentAlike(a, b binding.Binding, name string) bool {
	return a.Sent.Parent == b.Sent.Parent && a.Sent.Values[name].Canonical().Equal(b.Sent.Values[name].Canonical())
}

// unboundTraces are those of the traces that are not bound; gone says that there are such that were deleted.
func (sl *slice) unboundTraces(ctx context.Context, traces []backend.Trace) (live []record.Record, gone bool, err error) {
	ids := make([]string, len(traces))
	for i, t := range traces {
		ids[i] = t.Record.ID
	}
	bound, err := sl.env.Binder.ByExternal(ctx, sl.model.Name, ids)
	for _, t := range traces {
		if _, known := bound[t.Record.ID]; known {
			continue
		}
		if gone = gone || t.Gone; !t.Gone {
			live = append(live, t.Record)
		}
	}
	return live, gone, err
}

// goneAgain asks a person about a creation whose answer was lost and whose record may have been deleted since.
func (sl *slice) goneAgain(ctx context.Context, b binding.Binding) error {
	return sl.asksAbout(ctx, b, fmt.Sprintf("the answer to creating the %s '%s' was lost, and a %s that may have been it was deleted since, "+
		"so it is not made again; if it shall be there, make one of that name", sl.model.Noun, b.Name, sl.model.Noun))
}
