package redminetest

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/current.json", func(w http.ResponseWriter, _ *http.Request) { one(w, "user", s.userJSON(s.user(Me))) })
	mux.HandleFunc("GET /users.json", s.listUsers)
	mux.HandleFunc("GET /users/{id}", s.showUser)
	mux.HandleFunc("GET /issue_statuses.json", func(w http.ResponseWriter, _ *http.Request) { one(w, "issue_statuses", statuses) })
	mux.HandleFunc("GET /trackers.json", func(w http.ResponseWriter, _ *http.Request) { one(w, "trackers", trackers) })
	mux.HandleFunc("GET /enumerations/issue_priorities.json", func(w http.ResponseWriter, _ *http.Request) { one(w, "issue_priorities", priorities) })
	mux.HandleFunc("GET /projects.json", s.listProjects)
	mux.HandleFunc("POST /projects.json", s.createProject)
	mux.HandleFunc("GET /projects/{id}", s.showProject)
	mux.HandleFunc("PUT /projects/{id}", s.updateProject)
	mux.HandleFunc("PUT /projects/{id}/close.json", s.setProject(projectClosed))
	mux.HandleFunc("PUT /projects/{id}/reopen.json", s.setProject(projectActive))
	mux.HandleFunc("GET /projects/{id}/memberships.json", s.memberships)
	mux.HandleFunc("GET /issues.json", s.listIssues)
	mux.HandleFunc("POST /issues.json", s.createIssue)
	mux.HandleFunc("GET /issues/{id}", s.showIssue)
	mux.HandleFunc("PUT /issues/{id}", s.updateIssue)
	return mux
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func one(w http.ResponseWriter, name string, body any) {
	send(w, http.StatusOK, map[string]any{name: body})
}

// refuse answers as render_api_errors does.
func refuse(w http.ResponseWriter, errors ...string) {
	send(w, http.StatusUnprocessableEntity, map[string]any{"errors": errors})
}

// page answers as a list does: 25 at a time unless limit says otherwise, 100 at most.
func page(w http.ResponseWriter, r *http.Request, name string, all []any) {
	limit := number(r.FormValue("limit"))
	if limit < 1 {
		limit = 25
	}
	limit = min(limit, 100)
	offset := max(0, number(r.FormValue("offset")))
	from := min(offset, len(all))
	send(w, http.StatusOK, map[string]any{
		name: all[from:min(from+limit, len(all))], "total_count": len(all), "offset": offset, "limit": limit,
	})
}

func number(text string) int { n, _ := strconv.Atoi(strings.TrimSuffix(text, ".json")); return n }

func ref(id int, name string) any {
	if id == 0 {
		return nil
	}
	return map[string]any{"id": id, "name": name}
}

func (s *Server) user(id int) *User { return find(s.users, func(u *User) bool { return u.ID == id }) }

func (s *Server) issue(id int) *Issue {
	return find(s.issues, func(i *Issue) bool { return i.ID == id })
}

func find[T any](all []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(all, is); i >= 0 {
		return all[i]
	}
	return nil
}

// userJSON hides the mail of who wants it hidden. A locked user has a login still.
func (s *Server) userJSON(u *User) map[string]any {
	o := map[string]any{"id": u.ID, "login": u.Login, "firstname": u.First, "lastname": u.Last}
	if !s.NotAdmin || !u.HiddenMail {
		o["mail"] = u.Mail
	}
	return o
}

// listUsers is for administrators.
func (s *Server) listUsers(w http.ResponseWriter, r *http.Request) {
	if s.NotAdmin {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	var all []any
	for _, u := range s.users {
		all = append(all, s.userJSON(u))
	}
	page(w, r, "users", all)
}

func (s *Server) showUser(w http.ResponseWriter, r *http.Request) {
	if u := s.user(number(r.PathValue("id"))); u != nil {
		one(w, "user", s.userJSON(u))
		return
	}
	w.WriteHeader(http.StatusNotFound)
}

func (s *Server) projectJSON(p *Project) map[string]any {
	return map[string]any{
		"id": p.ID, "name": p.Name, "identifier": p.Identifier, "description": p.Description, "status": p.Status, "is_public": true,
		"created_on": p.Created.UTC().Format(time.RFC3339), "updated_on": p.Updated.UTC().Format(time.RFC3339),
	}
}

// listProjects lists active ones unless status asks for others, and archived ones never.
func (s *Server) listProjects(w http.ResponseWriter, r *http.Request) {
	wanted := []string{strconv.Itoa(projectActive)}
	if given := r.FormValue("status"); given != "" {
		wanted = strings.Split(given, "|")
	}
	all := []any{}
	for _, p := range s.projects {
		if p.Status != projectArchived && slices.Contains(wanted, strconv.Itoa(p.Status)) {
			all = append(all, s.projectJSON(p))
		}
	}
	page(w, r, "projects", all)
}

// project finds the project of a path, by its id or its identifier, and answers in its place: 404, or 403 for one that is archived.
func (s *Server) project(w http.ResponseWriter, r *http.Request) *Project {
	name := strings.TrimSuffix(r.PathValue("id"), ".json")
	p := find(s.projects, func(p *Project) bool { return strconv.Itoa(p.ID) == name || p.Identifier == name })
	switch {
	case p == nil:
		w.WriteHeader(http.StatusNotFound)
	case p.Status == projectArchived:
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	return p
}

func (s *Server) showProject(w http.ResponseWriter, r *http.Request) {
	if p := s.project(w, r); p != nil {
		one(w, "project", s.projectJSON(p))
	}
}

var goodIdentifier = regexp.MustCompile(`^[a-z0-9_-]{1,100}$`)

func (s *Server) createProject(w http.ResponseWriter, r *http.Request) {
	p := &Project{Status: projectActive, Created: s.clock()}
	if !fillProject(w, r, p) {
		return
	}
	var errors []string
	taken := slices.ContainsFunc(s.projects, func(o *Project) bool { return o.Identifier == p.Identifier })
	switch _, digits := strconv.Atoi(p.Identifier); {
	case p.Identifier == "":
		errors = append(errors, "Identifier cannot be blank")
	case taken:
		errors = append(errors, "Identifier has already been taken")
	case digits == nil || p.Identifier == "new" || !goodIdentifier.MatchString(p.Identifier):
		errors = append(errors, "Identifier is invalid")
	}
	if errors = append(errors, badName("Name", p.Name)...); errors != nil {
		refuse(w, errors...)
		return
	}
	s.addProject(p)
	send(w, http.StatusCreated, map[string]any{"project": s.projectJSON(p)})
}

// badName says what validates_presence_of and validates_length_of do.
func badName(field, name string) []string {
	switch {
	case strings.TrimSpace(name) == "":
		return []string{field + " cannot be blank"}
	case len([]rune(name)) > 255:
		return []string{field + " is too long (maximum is 255 characters)"}
	}
	return nil
}

// fillProject takes the values of a request. An identifier is for a new one: it cannot be changed.
func fillProject(w http.ResponseWriter, r *http.Request, p *Project) bool {
	var body struct {
		Project struct {
			Name, Identifier, Description *string
		}
	}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return false
	}
	set(&p.Name, body.Project.Name)
	set(&p.Description, body.Project.Description)
	if p.ID == 0 {
		set(&p.Identifier, body.Project.Identifier)
	}
	return true
}

func set[T any](to, value *T) {
	if value != nil {
		*to = *value
	}
}

// updateProject changes what is not closed.
func (s *Server) updateProject(w http.ResponseWriter, r *http.Request) {
	p := s.project(w, r)
	if p == nil {
		return
	}
	changed := *p
	switch {
	case p.Status == projectClosed:
		w.WriteHeader(http.StatusForbidden)
	case fillProject(w, r, &changed):
		if errors := badName("Name", changed.Name); errors != nil {
			refuse(w, errors...)
			return
		}
		changed.Updated = s.clock()
		*p = changed
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Server) setProject(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if p := s.project(w, r); p != nil {
			p.Status = status
			w.WriteHeader(http.StatusNoContent)
		}
	}
}

func (s *Server) memberships(w http.ResponseWriter, r *http.Request) {
	p := s.project(w, r)
	if p == nil {
		return
	}
	all := []any{}
	for i, id := range p.Members {
		all = append(all, map[string]any{"id": i + 1, "project": ref(p.ID, p.Name), "user": ref(id, s.user(id).First)})
	}
	page(w, r, "memberships", all)
}
