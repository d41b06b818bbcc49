package redmine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/tracker/redmine"
	"example.com/tracker/redmine/redminetest"
)

func TestLostAnswer(t *testing.T) {
	t.Run("Ensure an issue whose creation was not answered is found again, though somebody renamed it", func(t *testing.T) {
		w, project, _, _ := begin(t, system())
		w.Odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": w.ToOdoo(redmine.ProjectModel, project)})
		w.LoseAnswer()
		if _, err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		w.Fake.EditIssue("2", func(i *redminetest.Issue) { i.Subject = "Dig deeper" })
		w.Clock.Advance(time.Hour)
		w.MustSync()
		if all := w.Fake.Issues(project); len(all) != 2 || w.ToOdoo(redmine.IssueModel, "2") == 0 {
			t.Errorf("the issues are %+v", all)
		}
		w.MustSync()
		w.Idle()
	})
}

func TestKilled(t *testing.T) {
	// changed is a world with something to import, to export and to change on either side.
	changed := func() (w *world, project string) {
		w, project, issue, task := begin(t, system())
		w.Fake.EditIssue(issue, func(i *redminetest.Issue) { i.Due = "2026-03-09" })
		w.Fake.EditIssue(w.Fake.AddIssue(project, "Prune"), func(i *redminetest.Issue) { i.Assignee = redminetest.Me })
		w.Odoo.Write("project.task", []int64{task}, map[string]any{"name": "Order bulbs"})
		w.Odoo.Create("project.task", map[string]any{
			"name": "Dig", "project_id": w.ToOdoo(redmine.ProjectModel, project), "parent_id": task, "state": "1_done",
		})
		return w, project
	}
	deaths := 0
	for at := 1; ; at += 5 {
		w, project := changed()
		point := w.Die(at)
		if point == "" {
			break
		}
		deaths++
		w.MustSync()
		var got []string
		for _, i := range w.Fake.Issues(project) {
			got = append(got, fmt.Sprintf("%s %s status %d below %d", i.Subject, i.Due, i.Status, i.Parent))
		}
		slices.Sort(got)
		if want := "Dig  status 5 below 1, Order bulbs 2026-03-09 status 1 below 0, Prune  status 1 below 0"; strings.Join(got, ", ") != want {
			t.Errorf("after a death at %s the issues are %q", point, got)
		}
		if tasks := w.Odoo.Search("project.task", []any{}); len(tasks) != 3 {
			t.Errorf("after a death at %s there are %d tasks", point, len(tasks))
		}
		w.Idle()
	}
	if deaths < 10 {
		t.Errorf("the sync died only %d times", deaths)
	}
}
