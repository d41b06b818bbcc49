// Package redminetest is a Redmine that lives in memory, for tests and for the sandbox. It answers as Redmine's source says: what it
// refuses, and what it passes over without a word.
package redminetest

import (
	"net/http"
	"time"

	"github.com/odoo-connector/connector/sandbox"
)

// Key is the API key that the server takes. Its user is an administrator named Redmine Admin.
const Key = "demo-api-key"

// The people that there are; Me is whose key it is.
const (
	Me  = 1
	Ann = 2
	Bob = 3
)

// The statuses of a new Redmine.
const (
	StatusNew = iota + 1
	StatusInProgress
	StatusResolved
	StatusFeedback
	StatusClosed
	StatusRejected
)

// The statuses of projects.
const (
	projectActive   = 1
	projectClosed   = 5
	projectArchived = 9
)

// named is a status, a tracker or a priority.
type named struct {
	ID        int    `json:"id"`
	Name      string `json:"name"`
	IsClosed  *bool  `json:"is_closed,omitempty"`
	IsDefault *bool  `json:"is_default,omitempty"`
}

func yes(b bool) *bool { return &b }

var (
	statuses = []named{
		{StatusNew, "New", yes(false), nil}, {StatusInProgress, "In Progress", yes(false), nil}, {StatusResolved, "Resolved", yes(false), nil},
		{StatusFeedback, "Feedback", yes(false), nil}, {StatusClosed, "Closed", yes(true), nil}, {StatusRejected, "Rejected", yes(true), nil},
	}
	trackers   = []named{{ID: 1, Name: "Bug"}, {ID: 2, Name: "Feature"}, {ID: 3, Name: "Support"}}
	priorities = []named{
		{1, "Low", nil, yes(false)}, {2, "Normal", nil, yes(true)}, {3, "High", nil, yes(false)},
		{4, "Urgent", nil, yes(false)}, {5, "Immediate", nil, yes(false)},
	}
)

// User is somebody who logs in, or may be assigned. HiddenMail hides the address from who is no administrator.
type User struct {
	ID                       int
	Login, First, Last, Mail string
	HiddenMail               bool
}

// Project is a project. Members are ids of users.
type Project struct {
	ID                            int
	Name, Identifier, Description string
	Status                        int
	Members                       []int
	Created, Updated              time.Time
}

// Issue is an issue. Links are ids, 0 for none, and days texts, "" for none. Subjects are those that it had before, as its journals tell.
type Issue struct {
	ID, Project, Tracker, Status, Priority, Author, Assignee, Parent int
	Subject, Description                                             string
	Start, Due                                                       string
	Hours                                                            float64
	DoneRatio                                                        int
	Created, Updated                                                 time.Time
	Subjects                                                         []string
}

// Server is the fake. The recorder makes it one: it journals, replays, serves and lets one request in at a time.
type Server struct {
	*sandbox.Recorder
	clock                  func() time.Time
	lastProject, lastIssue int
	users                  []*User
	projects               []*Project
	issues                 []*Issue
	NotAdmin               bool                    // the key's user is no administrator, so it may not list all users
	Workflow               func(from, to int) bool // says which change of a status is allowed; nil: each
}

// New makes a server without projects.
func New(o sandbox.FakeOptions) *Server {
	s := &Server{users: []*User{
		{ID: Me, Login: "admin", First: "Redmine", Last: "Admin", Mail: "redmine@example.com"},
		{ID: Ann, Login: "ann", First: "Ann", Last: "Lee", Mail: "ann@example.com"},
		{ID: Bob, Login: "bob", First: "Bob", Last: "Roy", Mail: "bob@example.com"},
	}}
	s.Recorder = sandbox.NewRecorder(o, allowed, func(clock func() time.Time) http.Handler {
		s.clock = clock
		return s.routes()
	})
	return s
}

func allowed(r *http.Request) bool { return r.Header.Get("X-Redmine-API-Key") == Key }

// System is the server's part of the sandbox.
func System() sandbox.System {
	return sandbox.System{
		Name:        "redmine",
		New:         func(o sandbox.FakeOptions) sandbox.Fake { return New(o) },
		Credentials: map[string]string{"api_key": Key},
		Demo: func(f sandbox.Fake) {
			if s, ok := f.(*Server); ok {
				demo(s)
			}
		},
	}
}

func demo(s *Server) {
	orchard := s.AddProject("Orchard")
	prune := s.AddIssue(orchard, "Prune the apple tree")
	s.EditIssue(prune, func(i *Issue) {
		i.Description, i.Due, i.Hours = "Before the *sap* rises:\n\n- saw\n- ladder", "2027-02-20", 3
	})
	s.EditIssue(s.AddIssue(orchard, "Borrow the ladder"), func(i *Issue) { i.Parent = number(prune) })
	s.EditIssue(s.AddIssue(orchard, "Order seeds"), func(i *Issue) { i.Status = StatusClosed })
	s.EditIssue(s.AddIssue(orchard, "Count the bees"), func(i *Issue) { i.Status = StatusResolved })
	s.CloseProject(s.AddProject("Old greenhouse"))
}
