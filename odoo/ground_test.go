package odoo_test

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
)

// grounds are the servers on which domains, pages and plural writes are tried: the fake in each version, and the real one that the
// environment names, if it does (as for the suite in conformance).
func grounds(t *testing.T) map[string]*odoo.Session {
	t.Helper()
	out := map[string]*odoo.Session{}
	for _, d := range append(slices.Clone(dialers), dialer{"XML-RPC", "17.0", fakeOptions}) {
		out["Odoo "+d.version+" by "+d.name] = d.dial(t, odootest.New(odootest.Options{Version: d.version, APIKey: adminKey}))
	}
	if url := os.Getenv("CONNECTOR_TEST_ODOO_URL"); url != "" {
		s, err := odoo.Dial(ctx, odoo.Options{
			Name: "real", URL: url, Database: os.Getenv("CONNECTOR_TEST_ODOO_DB"), Username: os.Getenv("CONNECTOR_TEST_ODOO_USER"),
			Password: os.Getenv("CONNECTOR_TEST_ODOO_PASSWORD"), APIKey: os.Getenv("CONNECTOR_TEST_ODOO_KEY"),
			Protocol: odoo.Protocol(os.Getenv("CONNECTOR_TEST_ODOO_PROTOCOL")),
		})
		if err != nil {
			t.Fatal(err)
		}
		out["a real server"] = s
	}
	return out
}

// made creates a project with three tasks, the second archived, and removes them at the end.
func made(t *testing.T, s *odoo.Session) (project int64, tasks []int64) {
	t.Helper()
	quiet := s.WithContext(map[string]any{"tracking_disable": true, "active_test": false})
	name := "Ground " + strconv.FormatInt(time.Now().UnixNano(), 36)
	create := func(model string, rows ...map[string]record.Value) []int64 {
		ids, err := quiet.Create(ctx, model, rows)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			results, err := quiet.UnlinkRecords(ctx, model, ids)
			for _, r := range results {
				if err != nil || r.Err != nil && !odoo.IsKind(r.Err, odoo.MissingError) {
					t.Errorf("%s %d is left: %v, %v", model, r.ID, err, r.Err)
				}
			}
		})
		return ids
	}
	project = create("project.project", map[string]record.Value{"name": record.Text(name)})[0]
	row := func(i int, active bool) map[string]record.Value {
		return map[string]record.Value{
			"name": record.Text(fmt.Sprint("Task ", i)), "project_id": record.Ref("project.project", strconv.FormatInt(project, 10)),
			"active": record.Bool(active), "sequence": record.Int(int64(i)),
		}
	}
	return project, create("project.task", row(1, true), row(2, false), row(3, true))
}

// meaningful are conditions that pass the check, with the numbers of the tasks that they mean.
var meaningful = []struct {
	give []any
	want []int
}{
	{[]any{"name", "=", "Task 1"}, []int{1}},
	{[]any{"name", "ILIKE", "task"}, []int{1, 3}},
	{[]any{"name", "<>", "Task 1"}, []int{3}},
	{[]any{"name", "in", "Task 1"}, []int{1}},
	{[]any{"name", "=", 5}, nil},
	{[]any{"name", "=like", "Task _"}, []int{1, 3}},
	{[]any{"sequence", "=", "3"}, []int{3}},
	{[]any{"sequence", "in", 3}, []int{3}},
	{[]any{"sequence", ">=", 2.0}, []int{3}},
	{[]any{"active", "=", 0}, []int{2}},
	{[]any{"active", "in", []any{true, false}}, []int{1, 2, 3}},
	{[]any{"parent_id", "in", []any{false}}, []int{1, 3}},
	{[]any{"parent_id", "not in", []any{false}}, nil},
	{[]any{"priority", "=", 0}, []int{1, 3}},
	{[]any{"priority", "in", []any{"0", "nonsense"}}, []int{1, 3}},
	{[]any{"tag_ids", "=", nil}, []int{1, 3}},
	{[]any{"tag_ids", "=", "No such tag"}, nil},
	{[]any{"tag_ids.name", "=", "No such tag"}, nil},
	{[]any{"create_date", ">=", "2020-01-01T00:00"}, []int{1, 3}},
	{[]any{"create_date", ">=", "2020-01-01T00:00:00+01:00"}, []int{1, 3}},
	{[]any{"create_date", ">", "2020-01-01 00:00:00.5"}, []int{1, 3}},
	{[]any{"create_date", "in", []any{"2020-01-01 00:00:00"}}, nil},
	{[]any{"create_date", "!=", false}, []int{1, 3}},
	{[]any{"display_name", "ilike", "Task 3"}, []int{3}},
	{[]any{"project_id.name", "ilike", "Ground"}, []int{1, 3}},
	{[]any{"id", "child_of", []any{}}, nil},
	{[]any{"priority", "=?", false}, []int{1, 3}},
	{[]any{1, "=", 1}, []int{1, 3}},
	{[]any{0, "=", 1}, nil},
}

func TestDomainsOnEachGround(t *testing.T) {
	for name, s := range grounds(t) {
		project, tasks := made(t, s)
		fields, err := s.FieldsGet(ctx, "project.task")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range meaningful {
			if fields[fmt.Sprint(c.give[0])].Unsearchable { // display_name on Odoo 16 and 17
				continue
			}
			t.Run(fmt.Sprintf("Ensure %v passes and means the obvious on %s", c.give, name), func(t *testing.T) {
				ids, err := s.Search(ctx, "project.task", odoo.Domain{[]any{"project_id", "=", project}, c.give}, odoo.SearchOptions{Order: "id"})
				var want []int64
				for _, n := range c.want {
					want = append(want, tasks[n-1])
				}
				if err != nil || !slices.Equal(ids, want) {
					t.Errorf("found %v, want %v, error %v", ids, want, err)
				}
			})
		}
		t.Run("Ensure any means the same on "+name, func(t *testing.T) {
			of := odoo.Cond("project_id", "any", odoo.Domain{[]any{"id", "=", project}, []any{"name", "ilike", "ground"}})
			ids, err := s.Search(ctx, "project.task", of, odoo.SearchOptions{Order: "id"})
			version, errVersion := s.Version(ctx)
			if errVersion != nil || version.Major < 17 && !odoo.IsKind(err, odoo.InvalidCall) || version.Major >= 17 && (err != nil || len(ids) != 2) {
				t.Errorf("version %v: found %v, error %v, %v", version, ids, err, errVersion)
			}
		})
	}
}

func TestPluralOnEachGround(t *testing.T) {
	for name, s := range grounds(t) {
		_, tasks := made(t, s)
		all := s.WithContext(map[string]any{"active_test": false, "tracking_disable": true})
		t.Run("Ensure dead and refused records fail alone on "+name, func(t *testing.T) {
			if err := all.Unlink(ctx, "project.task", tasks[1:2]); err != nil {
				t.Fatal(err)
			}
			nowhere := record.Ref("project.task.type", "2000000001")
			got, err := all.WriteRecords(ctx, "project.task", []odoo.RecordChange{
				named(tasks[0], "Same"), named(tasks[1], "Same"), named(tasks[2], "Same"),
				{tasks[0], map[string]record.Value{"stage_id": nowhere}}, {tasks[2], map[string]record.Value{"sequence": record.Int(9)}},
			})
			if err != nil || got[0].Err != nil || !odoo.IsKind(got[1].Err, odoo.MissingError) || got[2].Err != nil || got[3].Err == nil || got[4].Err != nil {
				t.Errorf("%v, error %v", outcome(got), err)
			}
			rows, missing, err := all.Read(ctx, "project.task", tasks, []string{"name", "sequence"})
			if err != nil || len(rows) != 2 || len(missing) != 1 || rows[1].Value("name").AsText() != "Same" || rows[1].Value("sequence").AsInt() != 9 {
				t.Errorf("read %v, missing %v, error %v", rows, missing, err)
			}
		})
		t.Run("Ensure each and count find the same on "+name, func(t *testing.T) {
			seen, domain := 0, odoo.Cond("id", "in", tasks)
			err := all.Each(ctx, "project.task", domain, []string{"name"}, func(record.Record) error { seen++; return nil })
			n, errCount := all.Count(ctx, "project.task", domain)
			if err != nil || errCount != nil || seen != 2 || n != 2 {
				t.Errorf("%d seen, %d counted, errors %v, %v", seen, n, err, errCount)
			}
		})
	}
}
