package conformance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

var ctx = context.Background()

// checks are what the session promises beyond single calls, on records of its own.
type checks struct {
	*odoo.Session
	run     *run
	project int64
	// deadline is a day on Odoo 16, a moment on the others.
	deadline record.Value
	stage    int64
	tags     []int64
	tasks    []int64
}

// sessionChecks runs them in order: each builds on the records of loads.
func (r *run) sessionChecks(t *testing.T) {
	admin, err := r.session("admin")
	if err != nil {
		t.Fatal(err)
	}
	c := &checks{Session: admin.WithContext(map[string]any{"active_test": false, "tracking_disable": true}), run: r}
	r.count(t, "Ensure the session knows protocol, version and database", c.names)
	r.count(t, "Ensure groups, rights and the database's identity can be asked for", c.identity)
	r.count(t, "Ensure records are created with identifiers, once", c.loads)
	if len(c.tasks) == 0 {
		return
	}
	r.count(t, "Ensure a record that is there under its identifier is left alone, and told from a new one", c.leavesAlone)
	r.count(t, "Ensure a bad row fails alone", c.badRow)
	r.count(t, "Ensure values come back as they were written", c.writes)
	r.count(t, "Ensure pages hold every record once", c.pages)
	r.count(t, "Ensure a record's context and languages are a session's own", c.contexts)
	r.count(t, "Ensure a deleted record is told as missing", c.deletes)
	r.count(t, "Ensure a call without ids is never sent", c.noIDs)
}

func (c *checks) identifier(name string) string { return "__connector__." + c.run.id + "." + name }

// load creates records of the suite's own and notes them for removal.
func (c *checks) load(t *testing.T, model string, rows ...odoo.NewRecord) []int64 {
	t.Helper()
	results, err := c.LoadRecords(ctx, model, rows)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int64, len(results))
	for i, r := range results {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
		ids[i] = r.ID
	}
	c.run.track("admin", model, ids)
	return ids
}

func (c *checks) names(t *testing.T) {
	version, err := c.Version(ctx)
	if err != nil || version.Major < 16 || version.Text == "" {
		t.Errorf("version %+v, error %v", version, err)
	}
	if wanted := c.run.options.Protocol; wanted != odoo.ProtocolAuto && wanted != "" && c.Protocol() != wanted {
		t.Errorf("protocol %s, not %s", c.Protocol(), wanted)
	}
	if c.UID() <= 0 || c.Database() == "" {
		t.Errorf("user %d, database %q", c.UID(), c.Database())
	}
}

func (c *checks) identity(t *testing.T) {
	manager, err := c.HasGroup(ctx, "project.group_project_manager")
	if err != nil || !manager {
		t.Errorf("Project / Administrator: %v, %v", manager, err)
	}
	administrator, err := c.HasGroup(ctx, "base.group_system")
	if err != nil {
		t.Error(err)
	}
	if may, err := c.HasAccess(ctx, "project.project", "create"); err != nil || !may {
		t.Errorf("may create a project: %v, %v", may, err)
	}
	if may, err := c.HasAccess(ctx, "ir.config_parameter", "unlink"); err != nil || may && !administrator {
		t.Errorf("may remove a setting: %v, %v", may, err)
	}
	if portal, err := c.HasGroup(ctx, "base.group_portal"); err != nil || portal {
		t.Errorf("portal: %v, %v", portal, err)
	}
	if uuid, readable, err := c.DatabaseUUID(ctx); err != nil || readable != (uuid != "") {
		t.Errorf("identity %q, readable %v, error %v", uuid, readable, err)
	}
}

func (c *checks) loads(t *testing.T) {
	fields, err := c.FieldsGet(ctx, "project.task")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 31, 10, 0, 0, 0, time.UTC)
	if c.deadline = record.Instant(at); fields["date_deadline"].Type == "date" {
		c.deadline = record.Date(at)
	}
	named := func(id, name string) odoo.NewRecord {
		return odoo.NewRecord{Identifier: c.identifier(id), Values: map[string]record.Value{"name": record.Text(name)}}
	}
	c.project = c.load(t, "project.project", named("p", c.run.id+" suite"))[0]
	c.tags = c.load(t, "project.tags", named("t1", c.run.id+" suite one"), named("t2", c.run.id+" suite two"))
	stage := named("s", c.run.id+" <&> \"é\" 日本 😀")
	stage.Values["project_ids"] = record.RefSet(ref("project.project", c.project))
	c.stage = c.load(t, "project.task.type", stage)[0]
	rows := make([]odoo.NewRecord, 5)
	for i := range rows {
		rows[i] = c.task(i)
	}
	c.tasks = c.load(t, "project.task", rows...)
	if again := c.load(t, "project.task", rows...); !slices.Equal(again, c.tasks) {
		t.Errorf("the second load made %v beside %v", again, c.tasks)
	}
	id, model, found, err := c.Lookup(ctx, "__connector__", c.run.id+".task4")
	if err != nil || !found || id != c.tasks[4] || model != "project.task" {
		t.Errorf("the archived task: %s %d, found %v, error %v", model, id, found, err)
	}
	if _, _, found, err := c.Lookup(ctx, "__connector__", c.run.id+".none"); err != nil || found {
		t.Errorf("an identifier of nobody: found %v, error %v", found, err)
	}
}

func ref(model string, id int64) record.Reference {
	return record.Reference{Model: model, ID: strconv.FormatInt(id, 10)}
}

func (c *checks) task(i int) odoo.NewRecord {
	return odoo.NewRecord{Identifier: c.identifier(fmt.Sprintf("task%d", i)), Values: map[string]record.Value{
		"name":          record.Text(fmt.Sprintf("%s task %d", c.run.id, i)),
		"project_id":    record.Ref("project.project", strconv.FormatInt(c.project, 10)),
		"stage_id":      record.Ref("project.task.type", strconv.FormatInt(c.stage, 10)),
		"tag_ids":       record.RefSet(ref("project.tags", c.tags[0]), ref("project.tags", c.tags[1])),
		"description":   record.HTML("<p>Hello</p>"),
		"date_deadline": c.deadline,
		"active":        record.Bool(i != 4),
	}}
}

// failed is the *odoo.Error in err.
func failed(t *testing.T, err error) *odoo.Error {
	t.Helper()
	var e *odoo.Error
	if !errors.As(err, &e) {
		t.Fatalf("the error is a %T (%v), not an *odoo.Error", err, err)
	}
	return e
}

// leavesAlone loads a task again that was renamed, beside one that is new.
func (c *checks) leavesAlone(t *testing.T) {
	renamed := record.Text(c.run.id + " renamed since")
	_, err := c.WriteRecords(ctx, "project.task", []odoo.RecordChange{{ID: c.tasks[4], Values: map[string]record.Value{"name": renamed}}})
	if err != nil {
		t.Fatal(err)
	}
	newest, err := c.Newest(ctx, "project.task")
	if err != nil || newest < slices.Max(c.tasks) {
		t.Errorf("the newest task is %d, and there are %v; error %v", newest, c.tasks, err)
	}
	ids := c.load(t, "project.task", c.task(4), c.task(8))
	if ids[0] != c.tasks[4] || ids[1] <= newest {
		t.Errorf("the tasks %v, of which the first is %d and the second beyond %d", ids, c.tasks[4], newest)
	}
	found, _, err := c.Read(ctx, "project.task", ids[:1], []string{"name"})
	if err != nil || len(found) != 1 || !found[0].Value("name").Equal(renamed) {
		t.Errorf("the task that was there is %v now; error %v", found, err)
	}
	known, err := c.Identifiers(ctx, "project.task", ids)
	if err != nil || known[c.identifier("task4")] != ids[0] || known[c.identifier("task8")] != ids[1] {
		t.Errorf("their identifiers are %v; error %v", known, err)
	}
	undone := map[string]record.Value{"name": c.task(4).Values["name"]}
	if _, err := c.WriteRecords(ctx, "project.task", []odoo.RecordChange{{ID: c.tasks[4], Values: undone}}); err != nil {
		t.Error(err)
	}
}

func (c *checks) badRow(t *testing.T) {
	good, bad, wrong := c.task(5), c.task(6), c.task(7)
	bad.Values["name"] = record.Null()
	wrong.Values["stage_id"] = record.Ref("project.task.type", "2000000000")
	results, err := c.LoadRecords(ctx, "project.task", []odoo.NewRecord{bad, good, wrong})
	if err != nil {
		t.Fatal(err)
	}
	c.run.track("admin", "project.task", []int64{results[1].ID})
	if e := failed(t, results[0].Err); !odoo.Refused(e) || e.Field != "name" {
		t.Errorf("without a name: kind %q, field %q: %v", e.Kind, e.Field, e)
	}
	if results[1].Err != nil || results[1].ID == 0 {
		t.Errorf("the innocent row: %v", results[1])
	}
	if e := failed(t, results[2].Err); !odoo.Refused(e) || e.Field != "stage_id" {
		t.Errorf("with a stage that is not there: kind %q, field %q: %v", e.Kind, e.Field, e)
	}
}

func (c *checks) writes(t *testing.T) {
	values := map[string]record.Value{
		"name": record.Text(c.run.id + " <&> \"é\" 日本 😀 ]]>"), "description": record.HTML("<p>Hi &amp; <b>x</b></p>"), "tag_ids": record.RefSet(ref("project.tags", c.tags[1])),
		"date_deadline": record.Null(), "sequence": record.Int(17), "active": record.Bool(true),
		"stage_id": record.Ref("project.task.type", strconv.FormatInt(c.stage, 10)),
	}
	task := c.tasks[4]
	if err := c.Write(ctx, "project.task", []int64{task}, values); err != nil {
		t.Fatal(err)
	}
	found, _, err := c.Read(ctx, "project.task", []int64{task}, []string{"name", "description", "tag_ids", "date_deadline", "sequence", "active", "stage_id", "parent_id"})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range values {
		if got := found[0].Value(name); !got.Equal(want) {
			t.Errorf("%s came back as %v, not %v", name, got, want)
		}
	}
	if got := found[0].Value("parent_id"); !got.IsNull() {
		t.Errorf("parent_id is %v", got)
	}
	ids, err := c.Create(ctx, "project.task", []map[string]record.Value{c.task(8).Values, {"name": record.Text(c.run.id + " bare")}})
	if err != nil || len(ids) != 2 {
		t.Fatalf("created %v, error %v", ids, err)
	}
	c.run.track("admin", "project.task", ids)
	first, _, err := c.Read(ctx, "project.task", ids[:1], []string{"date_deadline"})
	if err != nil || !first[0].Value("date_deadline").Equal(c.deadline) {
		t.Errorf("created %v, error %v", first, err)
	}
}

func (c *checks) pages(t *testing.T) {
	mine := odoo.Cond("project_id", "=", c.project)
	all, err := c.All(ctx, "project.task", mine, []string{"name", "write_date"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := c.Search(ctx, "project.task", mine, odoo.SearchOptions{Order: "id"})
	if err != nil || len(ids) != len(all) || len(ids) < 6 {
		t.Fatalf("%d records in pages, %d by search, error %v", len(all), len(ids), err)
	}
	for i, r := range all {
		if r.ID != strconv.FormatInt(ids[i], 10) || r.Value("write_date").Kind() != record.KindInstant {
			t.Errorf("record %d is %s with write_date %v, not %d", i, r.ID, r.Value("write_date"), ids[i])
		}
	}
	name := func(i int) odoo.Domain { return odoo.Cond("name", "=", fmt.Sprintf("%s task %d", c.run.id, i)) }
	two, err := c.SearchRead(ctx, "project.task", odoo.And(mine, odoo.Or(name(1), name(2))), []string{"name"}, odoo.SearchOptions{Order: "name desc", Limit: 1})
	if err != nil || len(two) != 1 || two[0].Value("name").AsText() != c.run.id+" task 2" {
		t.Errorf("%v, %v", two, err)
	}
}

func (c *checks) contexts(t *testing.T) {
	archived := odoo.And(odoo.Cond("id", "=", c.tasks[3]))
	if err := c.Write(ctx, "project.task", c.tasks[3:4], map[string]record.Value{"active": record.Bool(false)}); err != nil {
		t.Fatal(err)
	}
	seen := c.WithContext(map[string]any{"active_test": true})
	for _, s := range []struct {
		session *odoo.Session
		want    int
	}{{c.Session, 1}, {seen, 0}, {c.Session, 1}} {
		ids, err := s.session.Search(ctx, "project.task", archived, odoo.SearchOptions{})
		if err != nil || len(ids) != s.want {
			t.Errorf("active_test %v finds %v, error %v", s.session.Context()["active_test"], ids, err)
		}
	}
}

func (c *checks) deletes(t *testing.T) {
	gone, kept := c.tasks[0], c.tasks[1]
	if err := c.Unlink(ctx, "project.task", []int64{gone}); err != nil {
		t.Fatal(err)
	}
	for _, fields := range [][]string{{"id"}, {"name"}, {"display_name"}} {
		found, missing, err := c.Read(ctx, "project.task", []int64{gone, kept}, fields)
		if err != nil || len(found) != 1 || !slices.Equal(missing, []int64{gone}) {
			t.Errorf("reading %v: found %v, missing %v, error %v", fields, found, missing, err)
		}
	}
}

// noIDs: over JSON-2 Odoo would do nothing and report success.
func (c *checks) noIDs(t *testing.T) {
	before := c.Requests()
	_, err := c.Call(ctx, "project.task", "unlink", []int64{}, nil)
	if e := failed(t, err); e.Kind != odoo.InvalidCall || c.Requests() != before {
		t.Errorf("kind %q after %d requests", e.Kind, c.Requests()-before)
	}
}
