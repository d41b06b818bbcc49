package odoo_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// TestARealServer runs the suite against the Odoo that the environment names, if it does. The user
// must be a Project / Administrator; what the suite makes, it removes.
func TestARealServer(t *testing.T) {
	url := os.Getenv("CONNECTOR_TEST_ODOO_URL")
	if url == "" {
		t.Skip("set CONNECTOR_TEST_ODOO_URL, _DB, _USER and _PASSWORD to run against a real Odoo")
	}
	o := odoo.Options{
		Name: "real", URL: url, Database: os.Getenv("CONNECTOR_TEST_ODOO_DB"),
		Username: os.Getenv("CONNECTOR_TEST_ODOO_USER"), Password: os.Getenv("CONNECTOR_TEST_ODOO_PASSWORD"),
	}
	conform(t, o)
}

// conform checks what the session promises against a server with the module project.
func conform(t *testing.T, o odoo.Options) {
	session, err := odoo.Dial(ctx, o)
	if err != nil {
		t.Fatal(err)
	}
	s := &suite{Session: session.WithContext(map[string]any{"active_test": false, "tracking_disable": true}), made: map[string][]int64{}}
	s.run = strconv.FormatInt(time.Now().UnixNano(), 36)
	t.Cleanup(func() { s.remove(t) })
	t.Run("Ensure a wrong password is denied", func(t *testing.T) {
		wrong := o
		wrong.Password = "certainly not this one"
		if _, err := odoo.Dial(ctx, wrong); !odoo.IsKind(err, odoo.AccessDenied) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("Ensure a database that is not there is told", func(t *testing.T) {
		wrong := o
		wrong.Database = "no_such_database"
		if _, err := odoo.Dial(ctx, wrong); !odoo.IsKind(err, odoo.UnknownDatabase) {
			t.Errorf("error %v", err)
		}
	})
	if !t.Run("Ensure groups, rights and the database's identity can be asked for", s.identity) ||
		!t.Run("Ensure records are created with identifiers, once", s.loads) {
		return
	}
	t.Run("Ensure a bad row fails alone", s.badRow)
	t.Run("Ensure values come back as they were written", s.writes)
	t.Run("Ensure pages hold every record once", s.pages)
	t.Run("Ensure faults have their kinds", s.faults)
	t.Run("Ensure a deleted record is told as missing", s.deletes)
}

// suite is one run of conform with what it has made.
type suite struct {
	*odoo.Session
	run     string
	project int64
	// deadline is a day on Odoo 16, a moment on the others.
	deadline record.Value
	stage    int64
	tags     []int64
	tasks    []int64
	made     map[string][]int64
}

func (s *suite) identifier(name string) string { return "__connector__.suite_" + s.run + "." + name }

// load creates records of the suite's own and notes them for remove.
func (s *suite) load(t *testing.T, model string, rows ...odoo.NewRecord) []int64 {
	t.Helper()
	results, err := s.LoadRecords(ctx, model, rows)
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
	for _, id := range ids {
		if !slices.Contains(s.made[model], id) {
			s.made[model] = append(s.made[model], id)
		}
	}
	return ids
}

func (s *suite) remove(t *testing.T) {
	for _, model := range []string{"project.task", "project.task.type", "project.project", "project.tags"} {
		_, missing, err := s.Read(ctx, model, s.made[model], []string{"id"})
		if err != nil {
			t.Error(err)
		}
		left := slices.DeleteFunc(s.made[model], func(id int64) bool { return slices.Contains(missing, id) })
		if err := s.Unlink(ctx, model, left); err != nil {
			t.Error(err)
		}
	}
}

func (s *suite) identity(t *testing.T) {
	manager, err := s.HasGroup(ctx, "project.group_project_manager")
	if err != nil || !manager {
		t.Errorf("Project / Administrator: %v, %v", manager, err)
	}
	if may, err := s.HasAccess(ctx, "project.project", "create"); err != nil || !may {
		t.Errorf("may create a project: %v, %v", may, err)
	}
	if may, err := s.HasAccess(ctx, "ir.config_parameter", "unlink"); err != nil || may && !s.administrator(t) {
		t.Errorf("may remove a setting: %v, %v", may, err)
	}
	if portal, err := s.HasGroup(ctx, "base.group_portal"); err != nil || portal {
		t.Errorf("portal: %v, %v", portal, err)
	}
	if uuid, readable, err := s.DatabaseUUID(ctx); err != nil || readable != (uuid != "") {
		t.Errorf("identity %q, readable %v, error %v", uuid, readable, err)
	}
}

func (s *suite) administrator(t *testing.T) bool {
	is, err := s.HasGroup(ctx, "base.group_system")
	if err != nil {
		t.Error(err)
	}
	return is
}

func (s *suite) loads(t *testing.T) {
	fields, err := s.FieldsGet(ctx, "project.task")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 31, 10, 0, 0, 0, time.UTC)
	if s.deadline = record.Instant(at); fields["date_deadline"].Type == "date" {
		s.deadline = record.Date(at)
	}
	named := func(id, name string) odoo.NewRecord {
		return odoo.NewRecord{Identifier: s.identifier(id), Values: map[string]record.Value{"name": record.Text(name)}}
	}
	s.project = s.load(t, "project.project", named("p", "Suite "+s.run))[0]
	s.tags = s.load(t, "project.tags", named("t1", "one "+s.run), named("t2", "two "+s.run))
	stage := named("s", "To do <&> \"é\" 日本 😀")
	stage.Values["project_ids"] = record.RefSet(ref("project.project", s.project))
	s.stage = s.load(t, "project.task.type", stage)[0]
	rows := make([]odoo.NewRecord, 5)
	for i := range rows {
		rows[i] = s.task(i)
	}
	s.tasks = s.load(t, "project.task", rows...)
	if again := s.load(t, "project.task", rows...); !slices.Equal(again, s.tasks) {
		t.Errorf("the second load made %v beside %v", again, s.tasks)
	}
	id, model, found, err := s.Lookup(ctx, "__connector__", "suite_"+s.run+".task4")
	if err != nil || !found || id != s.tasks[4] || model != "project.task" {
		t.Errorf("the archived task: %s %d, found %v, error %v", model, id, found, err)
	}
	if _, _, found, err := s.Lookup(ctx, "__connector__", "suite_"+s.run+".none"); err != nil || found {
		t.Errorf("an identifier of nobody: found %v, error %v", found, err)
	}
}

func ref(model string, id int64) record.Reference {
	return record.Reference{Model: model, ID: strconv.FormatInt(id, 10)}
}

func (s *suite) task(i int) odoo.NewRecord {
	return odoo.NewRecord{Identifier: s.identifier(fmt.Sprintf("task%d", i)), Values: map[string]record.Value{
		"name":          record.Text(fmt.Sprintf("Task %d", i)),
		"project_id":    record.Ref("project.project", strconv.FormatInt(s.project, 10)),
		"stage_id":      record.Ref("project.task.type", strconv.FormatInt(s.stage, 10)),
		"tag_ids":       record.RefSet(ref("project.tags", s.tags[0]), ref("project.tags", s.tags[1])),
		"description":   record.HTML("<p>Hello</p>"),
		"date_deadline": s.deadline,
		"active":        record.Bool(i != 4),
	}}
}

func (s *suite) badRow(t *testing.T) {
	good, bad := s.task(5), s.task(6)
	bad.Values["name"] = record.Null()
	wrong := s.task(7)
	wrong.Values["stage_id"] = record.Ref("project.task.type", "2000000000")
	results, err := s.LoadRecords(ctx, "project.task", []odoo.NewRecord{bad, good, wrong})
	if err != nil {
		t.Fatal(err)
	}
	s.made["project.task"] = append(s.made["project.task"], results[1].ID)
	if e := failed(t, results[0].Err); e.Kind != odoo.UserError || e.Field != "name" {
		t.Errorf("without a name: kind %q, field %q: %v", e.Kind, e.Field, e)
	}
	if results[1].Err != nil || results[1].ID == 0 {
		t.Errorf("the innocent row: %v", results[1])
	}
	if e := failed(t, results[2].Err); e.Kind != odoo.UserError || e.Field != "stage_id" {
		t.Errorf("with a stage that is not there: kind %q, field %q: %v", e.Kind, e.Field, e)
	}
}

func (s *suite) writes(t *testing.T) {
	values := map[string]record.Value{
		"name": record.Text("Enc <&> \"é\" 日本 😀 ]]>"), "description": record.HTML("<p>Hi &amp; <b>x</b></p>"), "tag_ids": record.RefSet(ref("project.tags", s.tags[1])),
		"date_deadline": record.Null(), "sequence": record.Int(17), "active": record.Bool(true),
		"stage_id": record.Ref("project.task.type", strconv.FormatInt(s.stage, 10)),
	}
	task := s.tasks[4]
	if err := s.Write(ctx, "project.task", []int64{task}, values); err != nil {
		t.Fatal(err)
	}
	found, _, err := s.Read(ctx, "project.task", []int64{task}, []string{"name", "description", "tag_ids", "date_deadline", "sequence", "active", "stage_id", "parent_id"})
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
	ids, err := s.Create(ctx, "project.task", []map[string]record.Value{s.task(8).Values, {"name": record.Text("bare")}})
	if err != nil || len(ids) != 2 {
		t.Fatalf("created %v, error %v", ids, err)
	}
	s.made["project.task"] = append(s.made["project.task"], ids...)
	first, _, err := s.Read(ctx, "project.task", ids[:1], []string{"date_deadline"})
	if err != nil || !first[0].Value("date_deadline").Equal(s.task(8).Values["date_deadline"]) {
		t.Errorf("created %v, error %v", first, err)
	}
}

func (s *suite) pages(t *testing.T) {
	mine := odoo.Cond("project_id", "=", s.project)
	all, err := s.All(ctx, "project.task", mine, []string{"name", "write_date"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	ids, err := s.Search(ctx, "project.task", mine, odoo.SearchOptions{Order: "id"})
	if err != nil || len(ids) != len(all) || len(ids) < 6 {
		t.Fatalf("%d records in pages, %d by search, error %v", len(all), len(ids), err)
	}
	for i, r := range all {
		if r.ID != strconv.FormatInt(ids[i], 10) || r.Value("write_date").Kind() != record.KindInstant {
			t.Errorf("record %d is %s with write_date %v, not %d", i, r.ID, r.Value("write_date"), ids[i])
		}
	}
	either := odoo.And(mine, odoo.Or(odoo.Cond("name", "=", "Task 1"), odoo.Cond("name", "=", "Task 2")))
	two, err := s.SearchRead(ctx, "project.task", either, []string{"name"}, odoo.SearchOptions{Order: "name desc", Limit: 1})
	if err != nil || len(two) != 1 || two[0].Value("name").AsText() != "Task 2" {
		t.Errorf("%v, %v", two, err)
	}
}

func (s *suite) faults(t *testing.T) {
	call := func(model, method string, args ...any) error {
		_, err := s.ExecuteKW(ctx, model, method, args, nil)
		return err
	}
	cases := []struct {
		name string
		err  error
		kind odoo.Kind
	}{
		{"an unknown model", call("no.such.model", "search", []any{}), odoo.UnknownModel},
		{"an unknown method", call("project.task", "no_such_method", []any{}), odoo.UnknownMethod},
		{"an unknown field in read", call("project.task", "read", s.tasks[:1], []string{"nosuchfield"}), odoo.UnknownField},
		{"an unknown field in a domain", call("project.task", "search", []any{[]any{"nosuchfield", "=", 1}}), odoo.UnknownField},
		{"an unknown field in write", call("project.task", "write", s.tasks[:1], map[string]any{"nosuchfield": 1}), odoo.UnknownField},
		{"an unknown keyword", func() error {
			_, err := s.ExecuteKW(ctx, "project.task", "search", []any{[]any{}}, map[string]any{"nosuchkw": 1})
			return err
		}(), odoo.ValueError},
		{"a private method", call("project.task", "_compute_display_name", s.tasks[:1]), odoo.AccessError},
		{"a required field left empty", call("project.task", "write", s.tasks[:1], map[string]any{"name": false}), odoo.UserError},
		{"a record that is not there", call("project.task", "write", []int64{2000000000}, map[string]any{"name": "x"}), odoo.MissingError},
	}
	for _, c := range cases {
		if e := failed(t, c.err); e.Kind != c.kind || e.OutcomeUnknown {
			t.Errorf("%s: kind %q, want %q: %v", c.name, e.Kind, c.kind, e)
		}
	}
}

func (s *suite) deletes(t *testing.T) {
	gone, kept := s.tasks[0], s.tasks[1]
	if err := s.Unlink(ctx, "project.task", []int64{gone}); err != nil {
		t.Fatal(err)
	}
	for _, fields := range [][]string{{"id"}, {"name"}, {"display_name"}} {
		found, missing, err := s.Read(ctx, "project.task", []int64{gone, kept}, fields)
		if err != nil || len(found) != 1 || !slices.Equal(missing, []int64{gone}) {
			t.Errorf("reading %v: found %v, missing %v, error %v", fields, found, missing, err)
		}
	}
}
