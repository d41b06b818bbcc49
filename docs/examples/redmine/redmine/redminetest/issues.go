package redminetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

func name(of []named, id int) string {
	if i := slices.IndexFunc(of, func(n named) bool { return n.ID == id }); i >= 0 {
		return of[i].Name
	}
	return ""
}

// issueJSON leaves out what an issue does not have, as the builder of Redmine's answers does.
func (s *Server) issueJSON(i *Issue) map[string]any {
	in := find(s.projects, func(p *Project) bool { return p.ID == i.Project })
	o := map[string]any{
		"id": i.ID, "project": ref(i.Project, in.Name), "tracker": ref(i.Tracker, name(trackers, i.Tracker)),
		"status":   map[string]any{"id": i.Status, "name": name(statuses, i.Status), "is_closed": i.Status >= StatusClosed},
		"priority": ref(i.Priority, name(priorities, i.Priority)), "author": ref(i.Author, s.user(i.Author).First),
		"subject": i.Subject, "description": i.Description, "start_date": orNull(i.Start), "due_date": orNull(i.Due),
		"done_ratio": i.DoneRatio, "is_private": false, "estimated_hours": nil,
		"created_on": i.Created.UTC().Format(time.RFC3339), "updated_on": i.Updated.UTC().Format(time.RFC3339), "closed_on": nil,
	}
	if i.Hours != 0 {
		o["estimated_hours"] = i.Hours
	}
	if i.Assignee != 0 {
		o["assigned_to"] = ref(i.Assignee, s.user(i.Assignee).First)
	}
	if i.Parent != 0 {
		o["parent"] = map[string]any{"id": i.Parent}
	}
	return o
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// listIssues takes the filters that a client of ours uses; one that it does not know is refused here, though Redmine passes over it.
func (s *Server) listIssues(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	var found []*Issue
	for _, i := range s.issues {
		if p := find(s.projects, func(p *Project) bool { return p.ID == i.Project }); p.Status != projectArchived && matches(i, query) {
			found = append(found, i)
		}
	}
	if in := query.Get("project_id"); in != "" {
		p := find(s.projects, func(p *Project) bool { return strconv.Itoa(p.ID) == in })
		if p == nil || p.Status == projectArchived {
			w.WriteHeader(map[bool]int{true: http.StatusNotFound, false: http.StatusForbidden}[p == nil])
			return
		}
	}
	slices.SortFunc(found, order(query.Get("sort")))
	all := []any{}
	for _, i := range found {
		all = append(all, s.issueJSON(i))
	}
	page(w, r, "issues", all)
}

// matches says whether an issue is among those that are asked for: open ones, unless status_id says otherwise.
func matches(i *Issue, query url.Values) bool {
	if query.Get("status_id") != "*" && i.Status >= StatusClosed {
		return false
	}
	if in := query.Get("project_id"); in != "" && in != strconv.Itoa(i.Project) {
		return false
	}
	if ids := query.Get("issue_id"); ids != "" && !slices.Contains(strings.Split(ids, ","), strconv.Itoa(i.ID)) {
		return false
	}
	if query.Get("author_id") == "me" && i.Author != Me {
		return false
	}
	if since, ok := strings.CutPrefix(query.Get("created_on"), ">="); ok {
		t, err := time.Parse(time.RFC3339, since)
		return err == nil && !i.Created.Before(t)
	}
	return true
}

// order is what sort asks for: newest first unless it does.
func order(by string) func(a, b *Issue) int {
	switch by {
	case "id":
		return func(a, b *Issue) int { return a.ID - b.ID }
	case "updated_on:desc":
		return func(a, b *Issue) int { return b.Updated.Compare(a.Updated) }
	}
	return func(a, b *Issue) int { return b.ID - a.ID }
}

// readable finds the issue of a path: 404, or 403 for one that the user may not see.
func (s *Server) readable(w http.ResponseWriter, r *http.Request) *Issue {
	i := s.issue(number(r.PathValue("id")))
	if i == nil {
		w.WriteHeader(http.StatusNotFound)
		return nil
	}
	if p := find(s.projects, func(p *Project) bool { return p.ID == i.Project }); p.Status == projectArchived {
		w.WriteHeader(http.StatusForbidden)
		return nil
	}
	return i
}

func (s *Server) showIssue(w http.ResponseWriter, r *http.Request) {
	i := s.readable(w, r)
	if i == nil {
		return
	}
	o := s.issueJSON(i)
	if r.FormValue("include") == "journals" {
		journals := []any{}
		for n, old := range i.Subjects {
			detail := map[string]any{"property": "attr", "name": "subject", "old_value": old}
			journals = append(journals, map[string]any{"id": n + 1, "details": []any{detail}})
		}
		o["journals"] = journals
	}
	one(w, "issue", o)
}

// values are those of a request for an issue, each as it was written: text, number or null.
type values map[string]any

func readValues(r *http.Request) (values, error) {
	var body struct{ Issue values }
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	return body.Issue, decoder.Decode(&body)
}

// text is a value as Rails reads it: what is null is empty.
func (v values) text(name string) (string, bool) {
	value, ok := v[name]
	if value == nil {
		return "", ok
	}
	return fmt.Sprint(value), ok
}

func (s *Server) createIssue(w http.ResponseWriter, r *http.Request) {
	v, err := readValues(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	i := &Issue{Tracker: 1, Status: StatusNew, Priority: 2, Author: Me, Created: s.clock(), Updated: s.clock()}
	errors := s.fill(i, v)
	if s.open(i.Project) == nil {
		refuse(w, "Project cannot be blank")
		return
	}
	if errors != nil {
		refuse(w, errors...)
		return
	}
	s.addIssue(i)
	send(w, http.StatusCreated, map[string]any{"issue": s.issueJSON(i)})
}

// open is a project in which things can be changed.
func (s *Server) open(id int) *Project {
	return find(s.projects, func(p *Project) bool { return p.ID == id && p.Status == projectActive })
}

func (s *Server) updateIssue(w http.ResponseWriter, r *http.Request) {
	i := s.readable(w, r)
	if i == nil {
		return
	}
	if s.open(i.Project) == nil {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	v, err := readValues(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	changed := *i
	if errors := s.fill(&changed, v); errors != nil {
		refuse(w, errors...)
		return
	}
	s.replace(i, changed)
	w.WriteHeader(http.StatusNoContent)
}

// fill takes values as safe_attributes= does, and says what validate_issue does.
func (s *Server) fill(i *Issue, v values) (errors []string) {
	s.fillLinks(i, v)
	for name, to := range map[string]*string{"subject": &i.Subject, "description": &i.Description, "start_date": &i.Start, "due_date": &i.Due} {
		if text, ok := v.text(name); ok {
			*to = text
		}
	}
	if text, ok := v.text("estimated_hours"); ok {
		i.Hours, _ = strconv.ParseFloat(text, 64)
	}
	errors = badName("Subject", i.Subject)
	if i.Start != "" && i.Due != "" && i.Due < i.Start {
		errors = append(errors, "Due date must be greater than start date")
	}
	if i.Assignee != 0 && s.user(i.Assignee) == nil {
		errors = append(errors, "Assignee is invalid")
	}
	if i.Parent == 0 {
		return errors
	}
	switch parent := s.issue(i.Parent); {
	case parent == nil || parent == i || parent.ID == i.ID:
		errors = append(errors, "Parent task is invalid")
	case parent.Status >= StatusClosed && i.Status < StatusClosed:
		errors = append(errors, "An open issue cannot be attached to a closed parent task")
	}
	return errors
}

// leads says whether the workflow leads to a status. That of a new Redmine leads from every one to every one, but for a new issue,
// which gets the tracker's default.
func (s *Server) leads(i *Issue, to int) bool {
	switch {
	case s.Workflow != nil:
		return s.Workflow(i.Status, to)
	case i.ID == 0:
		return to == StatusNew
	}
	return true
}

// fillLinks takes what refers to something. A project or a status that the user may not give is passed over without a word, and so is
// an assignee that is null, which an empty text takes away.
func (s *Server) fillLinks(i *Issue, v values) {
	if text, ok := v.text("project_id"); ok && s.open(number(text)) != nil {
		i.Project = number(text)
	}
	if text, ok := v.text("tracker_id"); ok && name(trackers, number(text)) != "" {
		i.Tracker = number(text)
	}
	if text, ok := v.text("status_id"); ok && name(statuses, number(text)) != "" && s.leads(i, number(text)) {
		i.Status = number(text)
	}
	if text, ok := v.text("priority_id"); ok && name(priorities, number(text)) != "" {
		i.Priority = number(text)
	}
	if v["assigned_to_id"] != nil {
		text, _ := v.text("assigned_to_id")
		i.Assignee = number(text)
	}
	if text, ok := v.text("parent_issue_id"); ok {
		i.Parent = number(text)
	}
}
