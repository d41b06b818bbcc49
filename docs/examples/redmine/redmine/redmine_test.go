package redmine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/backend/backendtest"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/sandbox"

	"example.com/tracker/redmine"
	"example.com/tracker/redmine/redminetest"
)

type world = backendtest.World[*redminetest.Server]

// settings are those of the tests, changed by what a test wants otherwise.
func settings(change ...func(*redmine.Settings)) func() any {
	return func() any {
		s := &redmine.Settings{Key: config.PlainSecret(redminetest.Key), Rate: 1e6}
		for _, c := range change {
			c(s)
		}
		return s
	}
}

// system is what the tests try.
func system() backendtest.System[*redminetest.Server] {
	return backendtest.System[*redminetest.Server]{
		Backend:  redmine.Backend,
		URL:      "https://redmine.example.com",
		Settings: settings(),
		New: func(clock func() time.Time) *redminetest.Server {
			return redminetest.New(sandbox.FakeOptions{Clock: clock})
		},
		Models: []backendtest.Model[*redminetest.Server]{projects(), issues()},
	}
}

func projects() backendtest.Model[*redminetest.Server] {
	return backendtest.Model[*redminetest.Server]{
		Name: redmine.ProjectModel,
		Add:  func(s *redminetest.Server, _, name string) string { return s.AddProject(name) },
		Names: func(s *redminetest.Server, _ string) (names []string) {
			for _, p := range s.Projects() {
				names = append(names, p.Name)
			}
			return names
		},
		Rename: func(s *redminetest.Server, id, name string) {
			s.EditProject(id, func(p *redminetest.Project) { p.Name = name })
		},
		Delete: func(s *redminetest.Server, id string) { s.DeleteProject(id) },
	}
}

func issues() backendtest.Model[*redminetest.Server] {
	return backendtest.Model[*redminetest.Server]{
		Name: redmine.IssueModel,
		Add:  func(s *redminetest.Server, project, subject string) string { return s.AddIssue(project, subject) },
		Names: func(s *redminetest.Server, project string) (names []string) {
			for _, i := range s.Issues(project) {
				names = append(names, i.Subject)
			}
			return names
		},
		Rename: func(s *redminetest.Server, id, subject string) {
			s.EditIssue(id, func(i *redminetest.Issue) { i.Subject = subject })
		},
		Delete: func(s *redminetest.Server, id string) { s.DeleteIssue(id) },
		AddInOdoo: func(w *world, project int64, name string) int64 {
			return w.Odoo.Create("project.task", map[string]any{"name": name, "project_id": project})
		},
	}
}

func TestSuite(t *testing.T) { backendtest.Run(t, system()) }

// begin is a world with one issue, which is bound to a task.
func begin(t *testing.T, s backendtest.System[*redminetest.Server]) (w *world, project, issue string, task int64) {
	t.Helper()
	w = backendtest.NewWorld(t, s)
	project = w.Fake.AddProject("Orchard")
	issue = w.Fake.AddIssue(project, "Order seeds")
	w.MustSync()
	return w, project, issue, w.ToOdoo(redmine.IssueModel, issue)
}

func in(odoo string) backendtest.System[*redminetest.Server] {
	s := system()
	s.Odoo = odoo
	return s
}

func TestFields(t *testing.T) {
	for _, c := range []struct{ odoo, due string }{{"16.0", "2026-03-09"}, {"17.0", "2026-03-09 12:00:00"}, {"19.0", "2026-03-09 12:00:00"}} {
		w, _, issue, task := begin(t, in(c.odoo))

		t.Run("Ensure description and due date reach Odoo "+c.odoo, func(t *testing.T) {
			w.Fake.EditIssue(issue, func(i *redminetest.Issue) { i.Description, i.Due = "**Early** ones", "2026-03-09" })
			w.MustSync()
			got := w.Odoo.Read("project.task", task, "description", "date_deadline")
			if got["description"] != "<p><strong>Early</strong> ones</p>" || got["date_deadline"] != c.due {
				t.Errorf("the task is %v", got)
			}
			w.Idle()
		})

		t.Run("Ensure they come back from Odoo "+c.odoo, func(t *testing.T) {
			w.Odoo.Write("project.task", []int64{task}, map[string]any{"description": "<p>Late <em>ones</em></p>", "date_deadline": false})
			w.MustSync()
			if got := w.Fake.Issue(issue); got.Description != "Late *ones*" || got.Due != "" {
				t.Errorf("the issue is %+v", got)
			}
			w.Idle()
		})
	}
}

func TestStatuses(t *testing.T) {
	s := system()
	s.Settings = settings(func(s *redmine.Settings) {
		s.Statuses = []redmine.Status{{Redmine: "resolved", Odoo: "03_approved"}, {Redmine: "Rejected", Odoo: "1_canceled"}}
	})
	w, project, issue, task := begin(t, s)

	for _, c := range []struct {
		name   string
		status int
		state  string
	}{
		{"a closed issue is a task that is done", redminetest.StatusClosed, "1_done"},
		{"an issue of a status that is mapped has its state", redminetest.StatusResolved, "03_approved"},
		{"an issue that is open again is a task in progress", redminetest.StatusInProgress, "01_in_progress"},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			w.Fake.EditIssue(issue, func(i *redminetest.Issue) { i.Status = c.status })
			w.MustSync()
			if got := w.Odoo.Read("project.task", task, "state"); got["state"] != c.state {
				t.Errorf("the task is %v", got)
			}
			w.Idle()
			if got := w.Fake.Issue(issue); got.Status != c.status {
				t.Errorf("the issue has the status %d now", got.Status)
			}
		})
	}

	for _, c := range []struct {
		state  string
		status int
	}{{"1_done", redminetest.StatusClosed}, {"1_canceled", redminetest.StatusRejected}, {"03_approved", redminetest.StatusResolved}, {"01_in_progress", redminetest.StatusNew}} {
		t.Run("Ensure a task that becomes "+c.state+" changes its issue's status", func(t *testing.T) {
			w.Odoo.Write("project.task", []int64{task}, map[string]any{"state": c.state})
			w.MustSync()
			if got := w.Fake.Issue(issue); got.Status != c.status {
				t.Errorf("the issue has the status %d", got.Status)
			}
			w.Idle()
		})
	}

	t.Run("Ensure a task that is done already becomes a closed issue", func(t *testing.T) {
		w.Odoo.Create("project.task", map[string]any{"name": "Dig", "project_id": w.ToOdoo(redmine.ProjectModel, project), "state": "1_done"})
		w.MustSync()
		if got := w.Fake.Issues(project)[1]; got.Subject != "Dig" || got.Status != redminetest.StatusClosed {
			t.Errorf("the issue is %+v", got)
		}
		w.Idle()
	})

	t.Run("Ensure that what the workflow forbids fails with our code and is said", func(t *testing.T) {
		w.Fake.Workflow = func(_, to int) bool { return to != redminetest.StatusClosed }
		w.Odoo.Write("project.task", []int64{task}, map[string]any{"state": "1_done"})
		if _, err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		if got := w.Failed(); len(got) != 1 || got[0].ExcName != "CON-REDMINE-IGNORED" || !strings.Contains(got[0].ExcMessage, "Redmine left status of issue 1") {
			t.Errorf("what failed is %+v", got)
		}
		w.Fake.Workflow = nil
		w.Clock.Advance(time.Hour)
		w.MustSync()
		if got := w.Fake.Issue(issue); got.Status != redminetest.StatusClosed {
			t.Errorf("the issue is %+v", got)
		}
		w.Idle()
	})
}

func TestPeople(t *testing.T) {
	for _, notAdmin := range []bool{false, true} {
		w, _, issue, task := begin(t, system())
		w.Fake.NotAdmin = notAdmin
		ann := w.Odoo.Create("res.users", map[string]any{"name": "Ann Lee", "login": "ann@example.com", "email": "Ann@example.com"})
		bob := w.Odoo.Create("res.users", map[string]any{"name": "Robert", "login": "bob"})
		me := w.Odoo.Create("res.users", map[string]any{"name": "Redmine", "login": "redmine@example.com"})
		stranger := w.Odoo.Create("res.users", map[string]any{"name": "Carl", "login": "carl"})

		t.Run(fmt.Sprintf("Ensure an assignee is linked by address or login (administrator: %t)", !notAdmin), func(t *testing.T) {
			w.Fake.EditIssue(issue, func(i *redminetest.Issue) { i.Assignee = redminetest.Ann })
			w.MustSync()
			if got := w.Odoo.Read("project.task", task, "user_ids"); fmt.Sprint(got["user_ids"]) != fmt.Sprint([]int64{ann}) {
				t.Errorf("the task is %v, want Ann %d", got, ann)
			}
			w.Idle()
			w.Odoo.Write("project.task", []int64{task}, map[string]any{"user_ids": []any{[]any{6, 0, []any{bob}}}})
			w.MustSync()
			if got := w.Fake.Issue(issue); got.Assignee != redminetest.Bob {
				t.Errorf("the issue is %+v", got)
			}
			w.Idle()
		})

		t.Run("Ensure nobody stays nobody, and who is unknown stays on the task", func(t *testing.T) {
			w.Odoo.Write("project.task", []int64{task}, map[string]any{"user_ids": []any{[]any{6, 0, []any{stranger}}}})
			w.MustSync()
			if got := w.Fake.Issue(issue); got.Assignee != 0 {
				t.Errorf("the issue is %+v", got)
			}
			w.Idle()
		})

		t.Run("Ensure one of two assignees is shown, and both stay on the task", func(t *testing.T) {
			w.Odoo.Write("project.task", []int64{task}, map[string]any{"user_ids": []any{[]any{6, 0, []any{me, ann}}}})
			w.MustSync()
			if got := w.Fake.Issue(issue); got.Assignee != redminetest.Me {
				t.Errorf("the issue is %+v", got)
			}
			w.Idle()
			if got := w.Odoo.Read("project.task", task, "user_ids"); fmt.Sprint(got["user_ids"]) != fmt.Sprint([]int64{ann, me}) {
				t.Errorf("the task is %v", got)
			}
		})

		t.Run("Ensure another assignee in Redmine takes the place of the one who was shown, and no other", func(t *testing.T) {
			w.Fake.EditIssue(issue, func(i *redminetest.Issue) { i.Assignee = redminetest.Bob })
			w.MustSync()
			if got := w.Odoo.Read("project.task", task, "user_ids"); fmt.Sprint(got["user_ids"]) != fmt.Sprint([]int64{ann, bob}) {
				t.Errorf("the task is %v", got)
			}
			w.Idle()
			if got := w.Fake.Issue(issue); got.Assignee != redminetest.Bob {
				t.Errorf("the issue is %+v", got)
			}
		})
	}
}

func TestSubtasks(t *testing.T) {
	w, project, issue, task := begin(t, system())

	t.Run("Ensure a subtask is one on both sides, whichever comes first", func(t *testing.T) {
		early := w.Fake.AddIssue(project, "Early")
		late := w.Fake.AddIssue(project, "Late")
		w.Fake.EditIssue(early, func(i *redminetest.Issue) { i.Parent = 3 })
		w.MustSync()
		got := w.Odoo.Read("project.task", w.ToOdoo(redmine.IssueModel, early), "parent_id")
		if !strings.Contains(fmt.Sprint(got["parent_id"]), fmt.Sprint(w.ToOdoo(redmine.IssueModel, late))) {
			t.Errorf("the task is %v", got)
		}
		w.Idle()
	})

	t.Run("Ensure a sub-task of Odoo becomes a subtask", func(t *testing.T) {
		sub := w.Odoo.Create("project.task", map[string]any{"name": "Sub", "project_id": w.ToOdoo(redmine.ProjectModel, project), "parent_id": task})
		w.MustSync()
		all := w.Fake.Issues(project)
		last := all[len(all)-1]
		if last.Subject != "Sub" || fmt.Sprint(last.Parent) != issue {
			t.Errorf("the issue is %+v", last)
		}
		w.Odoo.Write("project.task", []int64{sub}, map[string]any{"parent_id": false})
		w.MustSync()
		if got := w.Fake.Issue(fmt.Sprint(last.ID)); got.Parent != 0 {
			t.Errorf("the issue is %+v", got)
		}
		w.Idle()
	})
}

func TestProjects(t *testing.T) {
	t.Run("Ensure a closed project is archived, with no change to its issues, and one that is restored is open again", func(t *testing.T) {
		w, project, issue, _ := begin(t, system())
		odoo := w.ToOdoo(redmine.ProjectModel, project)
		before := w.Fake.Issue(issue)
		w.Fake.CloseProject(project)
		w.MustSync()
		if got := w.Odoo.Read("project.project", odoo, "active"); got["active"] != false {
			t.Errorf("the project is %v", got)
		}
		w.Idle()
		w.Odoo.Write("project.project", []int64{odoo}, map[string]any{"active": true, "name": "Old orchard"})
		w.Clock.Advance(time.Hour)
		w.MustSync()
		if got := w.Fake.Projects()[0]; got.Status != 1 || got.Name != "Old orchard" {
			t.Errorf("the project is %+v", got)
		}
		if after := w.Fake.Issue(issue); fmt.Sprint(after) != fmt.Sprint(before) {
			t.Errorf("the issue is %+v, was %+v", after, before)
		}
		w.Idle()
	})

	t.Run("Ensure a project that nobody may read any more is not taken for deleted", func(t *testing.T) {
		w, project, _, task := begin(t, system())
		w.Fake.ArchiveProject(project)
		w.Clock.Advance(time.Hour)
		if _, err := w.Sync(); err != nil {
			t.Fatal(err)
		}
		if open := w.Reviews(redmine.ProjectModel); len(open) != 0 {
			t.Errorf("for review are %v", open)
		}
		if got := w.Odoo.Read("project.task", task, "active"); got["active"] != true {
			t.Errorf("the task is %v", got)
		}
	})

	t.Run("Ensure a project of Odoo gets an identifier that is free", func(t *testing.T) {
		s := system()
		w := backendtest.NewWorld(t, s)
		w.Models = []config.Model{domain()}
		w.Fake.EditProject(w.Fake.AddProject("Taken"), func(p *redminetest.Project) { p.Identifier = "out-back" })
		w.Odoo.Create("project.project", map[string]any{"name": "Out: back!"})
		w.Odoo.Create("project.project", map[string]any{"name": "2026"})
		w.MustSync()
		var got []string
		for _, p := range w.Fake.Projects() {
			got = append(got, p.Identifier)
		}
		if strings.Join(got, " ") != "out-back out-back-2 odoo-2026" {
			t.Errorf("the identifiers are %q", got)
		}
		w.Idle()
	})

	t.Run("Ensure a project that is not chosen is left alone", func(t *testing.T) {
		s := system()
		s.Settings = settings(func(s *redmine.Settings) { s.Projects = []string{"project-2"} })
		w := backendtest.NewWorld(t, s)
		first, second := w.Fake.AddProject("Garden"), w.Fake.AddProject("Kitchen")
		w.MustSync()
		if w.ToOdoo(redmine.ProjectModel, first) != 0 || w.ToOdoo(redmine.ProjectModel, second) == 0 {
			t.Error("not the chosen project alone is bound")
		}
	})
}

// domain lets projects of Odoo become ones of Redmine.
func domain() config.Model {
	return config.Model{Model: redmine.ProjectModel, Domain: []any{[]any{"name", "in", []any{"Out: back!", "2026"}}}}
}

func TestManyIssues(t *testing.T) {
	t.Run("Ensure more issues than a page holds are listed and read", func(t *testing.T) {
		w := backendtest.NewWorld(t, system())
		project := w.Fake.AddProject("Orchard")
		for n := range 205 {
			w.Fake.AddIssue(project, fmt.Sprintf("Tree %d", n))
		}
		w.MustSync()
		if tasks := w.Odoo.Search("project.task", []any{[]any{"name", "=like", "Tree %"}}); len(tasks) != 205 {
			t.Errorf("there are %d tasks", len(tasks))
		}
		w.Idle()
	})
}

func TestTexts(t *testing.T) {
	t.Run("Ensure a subject that is too long waits for a person, and the other fields go on", func(t *testing.T) {
		w, _, issue, task := begin(t, system())
		w.Odoo.Write("project.task", []int64{task}, map[string]any{"name": strings.Repeat("n", 256), "description": "<p>Soon</p>"})
		w.MustSync()
		if got := w.Fake.Issue(issue); got.Subject != "Order seeds" || got.Description != "Soon" {
			t.Errorf("the issue is %+v", got)
		}
		if open := w.Reviews(redmine.IssueModel); len(open) != 1 {
			t.Errorf("for review are %v", open)
		}
		w.Idle()
	})

	t.Run("Ensure Textile is shown as it is and never written", func(t *testing.T) {
		s := system()
		s.Settings = settings(func(s *redmine.Settings) { s.Format = "textile" })
		w, _, issue, task := begin(t, s)
		w.Fake.EditIssue(issue, func(i *redminetest.Issue) { i.Description = "*bold* <b>\r\nand more\r\n\r\nh2. Next" })
		w.MustSync()
		if got := w.Odoo.Read("project.task", task, "description"); got["description"] != "<p>*bold* &lt;b&gt;<br>and more</p><p>h2. Next</p>" {
			t.Errorf("the task is %v", got)
		}
		w.Idle()
		w.Odoo.Write("project.task", []int64{task}, map[string]any{"description": "<p>Odoo's</p>"})
		w.MustSync()
		if got := w.Fake.Issue(issue); !strings.HasPrefix(got.Description, "*bold*") {
			t.Errorf("the issue is %+v", got)
		}
	})
}

func TestWrongKey(t *testing.T) {
	t.Run("Ensure a wrong key ends the run with our code", func(t *testing.T) {
		s := system()
		s.Settings = settings(func(s *redmine.Settings) { s.Key = config.PlainSecret("wrong") })
		w := backendtest.NewWorld(t, s)
		_, err := w.Sync()
		var coded interface{ Code() string }
		if !errors.As(err, &coded) || coded.Code() != "CON-REDMINE-401" {
			t.Errorf("the sync ends with %v", err)
		}
	})

	t.Run("Ensure a status that Redmine does not have is said", func(t *testing.T) {
		s := system()
		s.Settings = settings(func(s *redmine.Settings) { s.Statuses = []redmine.Status{{Redmine: "Fixed", Odoo: "03_approved"}} })
		w := backendtest.NewWorld(t, s)
		w.Fake.AddIssue(w.Fake.AddProject("Orchard"), "Order seeds")
		_, err := w.Sync()
		var coded interface{ Code() string }
		if !errors.As(err, &coded) || coded.Code() != "CON-REDMINE-SETTING" || !strings.Contains(err.Error(), `no status "Fixed" in Redmine`) {
			t.Errorf("the sync ends with %v", err)
		}
	})
}

func TestExamine(t *testing.T) {
	t.Run("Ensure doctor tells what the settings name and Redmine does not have", func(t *testing.T) {
		s := system()
		s.Settings = settings(func(s *redmine.Settings) {
			s.Projects, s.Tracker = []string{"project-1", "lost"}, "Idea"
			s.Statuses = []redmine.Status{{Redmine: "fixed", Odoo: "03_approved"}, {Redmine: "resolved", Odoo: "03_approved"}}
		})
		w := backendtest.NewWorld(t, s)
		w.Fake.AddProject("Orchard")
		var said []string
		err := w.Open(t.Context(), func(o *backendtest.Opened) error {
			examiner, ok := o.Env.Client.(backend.Examiner)
			if !ok {
				t.Fatal("the client is no examiner")
			}
			for _, f := range examiner.Examine(t.Context(), o.Env.Config).Findings {
				said = append(said, f.What)
			}
			return nil
		})
		want := `the key is that of Redmine Admin (admin); the key's user sees no project "lost"; 1 of 1 projects take part; ` +
			`Redmine has no "fixed"; Redmine has no "Idea"`
		if got := strings.Join(said, "; "); err != nil || got != want {
			t.Errorf("doctor says %s, with the error %v", got, err)
		}
	})
}
