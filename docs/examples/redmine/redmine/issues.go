package redmine

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// issues is the adapter of issues.
type issues struct {
	client   *client
	settings *Settings
	inStep   func(ctx context.Context) ([]string, error) // the ids of the projects that are kept in step
}

func newIssues(env *backend.Environment) (backend.Adapter, error) {
	c, s, err := parts(env)
	if err != nil {
		return nil, err
	}
	return &issues{client: c, settings: s, inStep: func(ctx context.Context) ([]string, error) { return env.InStep(ctx, ProjectModel) }}, nil
}

func newIssue(o object) record.Record {
	closed, _ := o.in("status")["is_closed"].(bool)
	values := map[string]record.Value{
		"subject": record.Text(o.text("subject")), "description": record.Markdown(o.text("description")),
		"project": o.link("project", ProjectModel), "parent": o.link("parent", IssueModel), "assignees": record.RefSet(),
		"status": record.Text(o.in("status").text("name")), "closed": record.Bool(closed),
		"start_date": o.day("start_date"), "due_date": o.day("due_date"),
		"estimated_hours": o.number("estimated_hours"), "done_ratio": o.number("done_ratio"),
		"priority": record.Text(o.in("priority").text("name")), "tracker": record.Text(o.in("tracker").text("name")),
		"author": record.Text(o.in("author").text("name")), "updated_on": o.moment("updated_on"),
	}
	if ref, ok := o.link("assigned_to", UserModel).AsRef(); ok {
		values["assignees"] = record.RefSet(ref)
	}
	return record.New(IssueModel, o.id(), values)
}

func issuePath(id string) string { return "/issues/" + url.PathEscape(id) + ".json" }

// Read reads issues by their ids, a hundred at a time. Of what a list does not give, a read by id tells why.
func (i *issues) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	found := map[string]record.Record{}
	for some := range slices.Chunk(keys, pageSize) {
		if len(some) == 1 {
			continue
		}
		var ids []string
		for _, k := range some {
			ids = append(ids, k.ID)
		}
		query := url.Values{"issue_id": {strings.Join(ids, ",")}, "status_id": {"*"}}
		p, err := i.client.page(ctx, "/issues.json", "issues", query, 0, pageSize)
		if err != nil {
			return nil, err
		}
		for _, o := range p.objects {
			found[o.id()] = newIssue(o)
		}
	}
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		if r, ok := found[k.ID]; ok {
			return r, nil
		}
		return i.read(ctx, k.ID)
	})
}

func (i *issues) read(ctx context.Context, id string) (record.Record, error) {
	o, err := i.client.get(ctx, issuePath(id), "issue")
	if err != nil {
		return record.Record{}, err
	}
	return newIssue(o), nil
}

// of asks for the issues of a project: closed ones too, those of its subprojects not.
func of(project string) url.Values {
	return url.Values{"project_id": {project}, "subproject_id": {"!*"}, "status_id": {"*"}, "sort": {"id"}}
}

// List lists the issues of all projects that are kept in step.
func (i *issues) List(ctx context.Context) (l backend.Listing, err error) {
	projects, err := i.inStep(ctx)
	if err != nil {
		return l, err
	}
	return i.in(ctx, projects)
}

// Siblings lists the issues of some projects.
func (i *issues) Siblings(ctx context.Context, projects []string) ([]record.Record, error) {
	l, err := i.in(ctx, projects)
	return l.Records, err
}

// in lists projects. One that is gone, or that we may not see any more, is not among those that were listed in full, so that nothing in
// it is taken for deleted.
func (i *issues) in(ctx context.Context, projects []string) (l backend.Listing, err error) {
	for _, project := range projects {
		all, err := i.client.all(ctx, "/issues.json", "issues", of(project))
		if errors.Is(err, backend.ErrNotFound) || refused(err) {
			continue
		}
		if err != nil {
			return l, err
		}
		l.Parents = append(l.Parents, project)
		for _, o := range all {
			l.Records = append(l.Records, newIssue(o))
		}
	}
	return l, nil
}

// Create makes issues, one request each.
func (i *issues) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	return each(ctx, values, func(ctx context.Context, v mapping.Values) (record.Record, error) {
		body, err := i.body(ctx, v)
		if err == nil && i.settings.Tracker != "" {
			body["tracker_id"], err = i.named(ctx, "/trackers.json", "trackers", i.settings.Tracker)
		}
		if err != nil {
			return record.Record{}, err
		}
		o, err := i.client.post(ctx, "/issues.json", "issue", body)
		if err != nil {
			return record.Record{}, err
		}
		return i.settled(ctx, v, newIssue(o)), nil
	})
}

// settled gives a new issue its status: of one that is created, most workflows take the first status only, and pass over another without
// a word. What comes in between leaves the issue as it is: it is there, and the next sync finds that the status differs.
func (i *issues) settled(ctx context.Context, sent mapping.Values, made record.Record) record.Record {
	status, ok := sent["status"]
	if !ok || status.Equal(made.Value("status")) {
		return made
	}
	changes := []backend.Change{{Key: backend.Key{ID: made.ID}, Values: mapping.Values{"status": status}}}
	if results, err := i.Update(ctx, changes); err == nil && results[0].Err == nil {
		return results[0].Record
	}
	return made
}

// Update sends the changed fields of each issue and gives it as it is afterwards.
func (i *issues) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	return each(ctx, changes, func(ctx context.Context, c backend.Change) (record.Record, error) {
		body, err := i.body(ctx, c.Values)
		if err != nil {
			return record.Record{}, err
		}
		if err := i.client.put(ctx, issuePath(c.Key.ID), "issue", body); err != nil {
			return record.Record{}, err
		}
		r, err := i.read(ctx, c.Key.ID)
		if err == nil {
			err = taken(c.Values, r)
		}
		return r, err
	})
}

// taken looks whether Redmine took what it may leave as it was without a word.
func taken(sent mapping.Values, r record.Record) error {
	var left []string
	for _, name := range []string{"project", "parent", "status", "start_date", "due_date", "priority", "done_ratio"} {
		if v, ok := sent[name]; ok && !v.Equal(r.Value(name)) {
			left = append(left, name)
		}
	}
	if left == nil {
		return nil
	}
	return &ignoredError{id: r.ID, fields: left}
}

// ignoredError says that Redmine answered well and left fields as they were.
type ignoredError struct {
	id     string
	fields []string
}

func (e *ignoredError) Error() string {
	return fmt.Sprintf("Redmine left %s of issue %s as it was and said otherwise: a workflow, a role or subtasks are in the way; change it there",
		strings.Join(e.fields, ", "), e.id)
}

// Code is what `connector explain` explains.
func (*ignoredError) Code() string { return codeIgnored }

// keys are what a request calls the fields whose name there is another.
var keys = map[string]string{
	"project": "project_id", "parent": "parent_issue_id", "assignees": "assigned_to_id", "status": "status_id", "priority": "priority_id",
}

// body are values as a request has them. Nothing is an empty text: Redmine passes over a null assignee.
func (i *issues) body(ctx context.Context, values mapping.Values) (object, error) {
	o := object{}
	for name, v := range values {
		var err error
		key, ok := keys[name]
		if !ok {
			key = name
		}
		switch {
		case v.Canonical().IsNull():
			o[key] = ""
		case name == "status":
			o[key], err = i.named(ctx, "/issue_statuses.json", "issue_statuses", v.AsText())
		case name == "priority":
			o[key], err = i.named(ctx, "/enumerations/issue_priorities.json", "issue_priorities", v.AsText())
		case v.Kind() == record.KindRef:
			ref, _ := v.AsRef()
			o[key] = ref.ID
		case v.Kind() == record.KindRefSet:
			o[key] = v.AsRefs()[0].ID
		case v.Kind() == record.KindDate:
			o[key] = v.AsTime().Format(time.DateOnly)
		default:
			o[key] = v.AsText()
		}
		if err != nil {
			return nil, err
		}
	}
	return o, nil
}

// named is the id of a status, a tracker or a priority.
func (i *issues) named(ctx context.Context, path, list, name string) (string, error) {
	all, err := i.client.once(ctx, path, list)
	if err != nil {
		return "", err
	}
	for _, o := range all {
		if strings.EqualFold(o.text("name"), name) {
			return o.id(), nil
		}
	}
	return "", &settingError{fmt.Sprintf("Redmine has no %q among its %s; correct the configuration", name, strings.ReplaceAll(list, "_", " "))}
}

// Find implements backend.Finder: what our own user made in a project since a moment, with the subject that was sent, whatever it is now.
// A deleted issue leaves no trace.
func (i *issues) Find(ctx context.Context, s backend.Sought) (traces []backend.Trace, err error) {
	query := of(s.Parent)
	query.Set("author_id", "me")
	query.Set("created_on", ">="+s.Since.UTC().Format(time.RFC3339))
	all, err := i.client.all(ctx, "/issues.json", "issues", query)
	for _, o := range all {
		first, err := i.firstSubject(ctx, o)
		if err != nil {
			return nil, err
		}
		if first == s.Values["subject"].AsText() {
			traces = append(traces, backend.Trace{Record: newIssue(o)})
		}
	}
	return traces, err
}

// firstSubject is the subject that an issue was made with: what the first change of it replaced.
func (i *issues) firstSubject(ctx context.Context, o object) (string, error) {
	if o.text("created_on") == o.text("updated_on") {
		return o.text("subject"), nil
	}
	full, err := i.client.get(ctx, issuePath(o.id())+"?include=journals", "issue")
	if err != nil {
		return "", err
	}
	for _, journal := range list(full["journals"]) {
		for _, d := range list(journal["details"]) {
			if d.text("property") == "attr" && d.text("name") == "subject" {
				return d.text("old_value"), nil
			}
		}
	}
	return o.text("subject"), nil
}

// list are the objects in a list.
func list(v any) (all []object) {
	some, _ := v.([]any)
	for _, one := range some {
		if o, ok := one.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}

// Probe implements backend.Prober: of each project how many issues it has, and which one was changed last.
func (i *issues) Probe(ctx context.Context) (map[string]string, error) {
	projects, err := i.inStep(ctx)
	if err != nil {
		return nil, err
	}
	texts := map[string]string{}
	for _, project := range projects {
		query := of(project)
		query.Set("sort", "updated_on:desc")
		p, err := i.client.page(ctx, "/issues.json", "issues", query, 0, 1)
		if errors.Is(err, backend.ErrNotFound) || refused(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		texts[project] = fmt.Sprint(p.total)
		for _, o := range p.objects {
			texts[project] += " " + o.id() + " " + o.text("updated_on")
		}
	}
	return texts, nil
}

// ProbePace implements backend.Prober: half of what the settings allow.
func (i *issues) ProbePace() time.Duration {
	rate := i.settings.Rate
	if rate <= 0 {
		rate = 10
	}
	return time.Duration(2 / rate * float64(time.Second))
}
