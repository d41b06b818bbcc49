package odootest_test

import (
	"strconv"
	"testing"

	"github.com/odoo-connector/connector/odoo/odootest"
)

// full gives a server with many partners.
func full(b testing.TB, count int) (*client, []int64) {
	b.Helper()
	server := odootest.New(odootest.Options{})
	c := newClient(b, server, 2, "admin")
	rows := make([]any, count)
	for i := range rows {
		rows[i] = map[string]any{"name": "Partner " + strconv.Itoa(i), "email": "p" + strconv.Itoa(i) + "@example.com", "ref": strconv.Itoa(i)}
	}
	ids := []int64{}
	for _, id := range c.call("res.partner", "create", rows).([]any) {
		ids = append(ids, id.(int64))
	}
	return c, ids
}

func BenchmarkReadOne(b *testing.B) {
	c, ids := full(b, 10_000)
	for i := 0; b.Loop(); i++ {
		c.call("res.partner", "read", []int64{ids[i%len(ids)]}, []string{"name", "email", "parent_id"})
	}
}

func BenchmarkSearchReadByIDs(b *testing.B) {
	c, ids := full(b, 10_000)
	for i := 0; b.Loop(); i++ {
		at := i % (len(ids) - 3)
		c.call("res.partner", "search_read", []any{[]any{"id", "in", ids[at : at+3]}}, []string{"name"})
	}
}

func BenchmarkSearchOneText(b *testing.B) {
	c, _ := full(b, 10_000)
	for b.Loop() {
		c.call("res.partner", "search", []any{[]any{"ref", "=", "4711"}})
	}
}

func BenchmarkPageByID(b *testing.B) {
	c, ids := full(b, 10_000)
	for i := 0; b.Loop(); i++ {
		c.call("res.partner", "search", []any{[]any{"id", ">", ids[(i*200)%len(ids)]}}, kw{"order": "id", "limit": 200})
	}
}

func BenchmarkCreate10000(b *testing.B) {
	for b.Loop() {
		full(b, 10_000)
	}
}

func BenchmarkLoad10000Tasks(b *testing.B) {
	rows := make([]any, 10_000)
	for i := range rows {
		rows[i] = []any{"__connector__.task_" + strconv.Itoa(i), "Task " + strconv.Itoa(i), "1"}
	}
	for b.Loop() {
		_, c := start(b, "18.0")
		c.board()
		c.call("project.task", "load", []any{"id", "name", "project_id/.id"}, rows)
	}
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		odootest.New(odootest.Options{})
	}
}
