package odootest_test

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo/odootest"
)

// models are those that a journal is about.
var journalled = []string{"project.project", "project.task", "project.task.type", "project.tags", "ir.model.data", "mail.message", "res.partner", "res.users"}

// state gives all records of a server with their exact dates.
func state(server *odootest.Server) map[string]any {
	all := map[string]any{}
	for _, model := range journalled {
		for _, id := range server.Search(model, nil) {
			all[fmt.Sprint(model, id)] = []any{server.Read(model, id), server.WriteDate(model, id)}
		}
	}
	return all
}

func TestAJournalGivesTheSameStateAgain(t *testing.T) {
	eachVersion(t, func(t *testing.T, _ int, c *client) {
		var lines [][]byte
		options := odootest.Options{Version: c.server.Version(), Clock: newClock().time, Users: users()}
		options.Journal = func(line []byte) error {
			lines = append(lines, append([]byte(nil), line...))
			return nil
		}
		server := odootest.New(options)
		c = newClient(t, server, 6, "pm")
		project, todo, doing, task := c.board()
		c.connector().load("project.task", []string{"id", "name", "tag_ids", "date_deadline", "active", "description"}, []any{identifier + "1", "\u00fc <&> \U0001F600", "", "2030-05-06 10:00:00", "False", "<p>x\n</p>"})
		c.call("project.tags", "create", []any{map[string]any{"name": "a"}, map[string]any{"name": "b"}})
		c.call("project.task", "write", []int64{task}, map[string]any{"tag_ids": []any{[]any{6, 0, []any{1, 2}}}, "stage_id": doing, "date_deadline": "2030-01-01"})
		c.call("project.task", "message_post", []int64{task}, kw{"body": "x"})
		c.fault(2, "", "project.tags", "create", map[string]any{"name": "a"})
		c.call("project.task.type", "write", []int64{todo}, map[string]any{"active": false})
		gone := c.create("project.task", map[string]any{"name": "gone", "project_id": project})
		c.call("project.task", "unlink", []int64{gone})
		held := server.Hold()
		held.Write("project.task", []int64{task}, map[string]any{"name": "held"})
		held.Release()
		server.Touch("project.tags")
		before := len(lines)
		c.call("project.task", "search_read", []any{}, []string{"name"})
		want(t, "lines of a reading call", len(lines), before)

		options.Journal, options.Clock = nil, time.Now
		again := odootest.New(options)
		for _, line := range lines {
			if err := again.Replay(line); err != nil {
				t.Fatal(err)
			}
		}
		if !reflect.DeepEqual(state(server), state(again)) {
			t.Errorf("the states differ:\n%v\n%v", state(server), state(again))
		}
		want(t, "the next id", newClient(t, again, 6, "pm").create("project.task", map[string]any{"name": "next"}), gone+1)
	})
}

func TestAJournalThatFailsUndoesTheCall(t *testing.T) {
	full := false
	server := odootest.New(odootest.Options{Journal: func([]byte) error {
		if full {
			return errors.New("disk full")
		}
		return nil
	}})
	c := newClient(t, server, 2, "admin")
	project, _, _, task := c.board()
	full = true
	before := state(server)
	c.fault(1, "disk full", "project.project", "write", []int64{project}, map[string]any{"active": false})
	c.fault(1, "disk full", "project.task", "unlink", []int64{task})
	want(t, "state", state(server), before)
}

func TestWrongJournalsAreRefused(t *testing.T) {
	server := odootest.New(odootest.Options{Version: "18.0"})
	for _, line := range []string{"", "x", `{"rows":[{"model":"nope","id":1}]}`, `{"rows":[{"model":"project.tags","id":1,"values":{"nope":1}}]}`, `{"rows":[{"model":"project.tags","id":1,"values":{"color":"x"}}]}`} {
		if server.Replay([]byte(line)) == nil {
			t.Errorf("%q was accepted", line)
		}
	}
}

func TestManyClientsAtOnce(t *testing.T) {
	server, c := start(t, "18.0")
	c.board()
	url, stop, err := server.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	if url == "" {
		t.Fatal("no address")
	}
	var wait sync.WaitGroup
	for n := range 8 {
		wait.Add(1)
		go func() {
			defer wait.Done()
			c := newClient(t, server, 2, "admin")
			for i := range 20 {
				if _, err := c.try("project.tags", "create", map[string]any{"name": fmt.Sprintf("%d/%d", n, i)}); err != nil {
					t.Error(err)
				}
				if _, err := c.try("project.task", "search_read", []any{}, []string{"name", "stage_id"}); err != nil {
					t.Error(err)
				}
				server.Write("project.task", []int64{1}, map[string]any{"sequence": i})
				server.Requests()
			}
		}()
	}
	wait.Wait()
	want(t, "tags", len(server.Search("project.tags", nil)), 160)
}

func TestTwoServersOfTheSameCallsAreEqual(t *testing.T) {
	run := func() map[string]any {
		server, c := start(t, "18.0")
		c.board()
		c.load("project.tags", []string{"id", "name"}, []any{"x.a", "a"}, []any{"x.b", "b"})
		c.create("project.task", map[string]any{"name": "t", "tag_ids": []any{[]any{6, 0, []any{2, 1}}}})
		return state(server)
	}
	want(t, "state", run(), run())
}

func TestTestsPlayUsers(t *testing.T) {
	server, c := start(t, "18.0")
	project := server.Create("project.project", map[string]any{"name": "P"})
	stage := server.Create("project.task.type", map[string]any{"name": "S", "project_ids": []int64{project}})
	task := server.Create("project.task", map[string]any{"name": "T", "project_id": project, "date_deadline": time.Date(2030, 5, 6, 10, 0, 0, 0, time.UTC)})
	got := server.Read("project.task", task, "stage_id", "user_ids", "date_deadline")
	want(t, "task", got, map[string]any{"id": task, "stage_id": []any{stage, "S"}, "user_ids": []int64{}, "date_deadline": "2030-05-06 10:00:00"})
	server.Write("project.task", []int64{task}, map[string]any{"active": false})
	want(t, "archived ones are found", server.Search("project.task", []any{[]any{"project_id", "=", project}}), []int64{task})
	want(t, "clients see the change", c.get("project.task", task, "active"), false)
	server.Unlink("project.task", task)
	if server.Read("project.task", task) != nil {
		t.Error("the task is still there")
	}
	defer func() {
		if recover() == nil {
			t.Error("a mistake of a test went unnoticed")
		}
	}()
	server.Create("project.task", map[string]any{"titel": "x"})
}

func BenchmarkRead(b *testing.B) {
	server, c := start(b, "18.0")
	project := server.Create("project.project", map[string]any{"name": "P"})
	server.Create("project.task.type", map[string]any{"name": "S", "project_ids": []int64{project}})
	ids := make([]int64, 200)
	for i := range ids {
		ids[i] = server.Create("project.task", map[string]any{"name": fmt.Sprint("task ", i), "project_id": project})
	}
	fields := []string{"name", "stage_id", "tag_ids", "date_deadline", "write_date"}
	b.Run("one", func(b *testing.B) {
		for b.Loop() {
			c.call("project.task", "read", ids[:1], fields)
		}
	})
	b.Run("200", func(b *testing.B) {
		for b.Loop() {
			c.call("project.task", "search_read", []any{[]any{"write_date", ">=", "2020-01-01 00:00:00"}}, fields)
		}
	})
}
