package redminetest

import (
	"fmt"
	"slices"
	"strconv"
)

// What follows is what a person does on the server's own pages. Ids are texts, as the connector has them.

func (s *Server) addProject(p *Project) string {
	s.lastProject++
	p.ID, p.Updated = s.lastProject, p.Created
	s.projects = append(s.projects, p)
	return strconv.Itoa(p.ID)
}

func (s *Server) addIssue(i *Issue) string {
	s.lastIssue++
	i.ID = s.lastIssue
	s.issues = append(s.issues, i)
	return strconv.Itoa(i.ID)
}

// replace keeps a changed issue and the subject that it had.
func (s *Server) replace(i *Issue, changed Issue) {
	if changed.Subject != i.Subject {
		changed.Subjects = append(slices.Clone(i.Subjects), i.Subject)
	}
	changed.Updated = s.clock()
	*i = changed
}

// AddProject makes a project and gives its id.
func (s *Server) AddProject(name string) (id string) {
	s.Do(func() {
		id = s.addProject(&Project{
			Name: name, Identifier: fmt.Sprintf("project-%d", s.lastProject+1), Status: projectActive, Members: []int{Me, Ann, Bob}, Created: s.clock(),
		})
	})
	return id
}

// AddIssue makes an issue, by Ann, and gives its id.
func (s *Server) AddIssue(project, subject string) (id string) {
	s.Do(func() {
		id = s.addIssue(&Issue{
			Project: number(project), Subject: subject, Tracker: 1, Status: StatusNew, Priority: 2, Author: Ann, Created: s.clock(), Updated: s.clock(),
		})
	})
	return id
}

// EditProject changes a project.
func (s *Server) EditProject(id string, edit func(*Project)) {
	s.Do(func() {
		p := find(s.projects, func(p *Project) bool { return strconv.Itoa(p.ID) == id })
		edit(p)
		p.Updated = s.clock()
	})
}

// CloseProject and ArchiveProject put a project away: a closed one can be read, an archived one cannot.
func (s *Server) CloseProject(id string) {
	s.EditProject(id, func(p *Project) { p.Status = projectClosed })
}

// ArchiveProject makes a project one that nobody can read.
func (s *Server) ArchiveProject(id string) {
	s.EditProject(id, func(p *Project) { p.Status = projectArchived })
}

// DeleteProject deletes a project with its issues.
func (s *Server) DeleteProject(id string) {
	s.Do(func() {
		s.projects = slices.DeleteFunc(s.projects, func(p *Project) bool { return strconv.Itoa(p.ID) == id })
		s.issues = slices.DeleteFunc(s.issues, func(i *Issue) bool { return strconv.Itoa(i.Project) == id })
	})
}

// EditIssue changes an issue.
func (s *Server) EditIssue(id string, edit func(*Issue)) {
	s.Do(func() {
		i := s.issue(number(id))
		changed := *i
		edit(&changed)
		s.replace(i, changed)
	})
}

// DeleteIssue deletes an issue; its subtasks go along.
func (s *Server) DeleteIssue(id string) {
	s.Do(func() {
		s.issues = slices.DeleteFunc(s.issues, func(i *Issue) bool { return strconv.Itoa(i.ID) == id || strconv.Itoa(i.Parent) == id })
	})
}

// Projects are all projects.
func (s *Server) Projects() (all []Project) {
	s.Do(func() {
		for _, p := range s.projects {
			all = append(all, *p)
		}
	})
	return all
}

// Issues are all issues of a project.
func (s *Server) Issues(project string) (all []Issue) {
	s.Do(func() {
		for _, i := range s.issues {
			if strconv.Itoa(i.Project) == project {
				all = append(all, *i)
			}
		}
	})
	return all
}

// Issue is one issue.
func (s *Server) Issue(id string) (one Issue) {
	s.Do(func() {
		if i := s.issue(number(id)); i != nil {
			one = *i
		}
	})
	return one
}
