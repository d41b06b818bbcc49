package odootest

import (
	_ "embed" // the tables of rights
	"slices"
	"strings"
	"sync"
)

// tableOfAccess and tableOfGroups are what real servers of 16 to 19 answered when
// they were asked for ir.model.access and res.groups.
var (
	//go:embed rights/access.txt
	tableOfAccess string
	//go:embed rights/groups.txt
	tableOfGroups string
)

// right is one line of access rights.
type right struct {
	group    string // "*" is everybody
	letters  string // of r, w, c and u
	versions versionSet
}

// group is a group as one or more versions have it.
type group struct {
	name     string
	label    string // "Project / User"
	implied  []string
	versions versionSet
}

// accessRights are the rights on each model, read once.
var accessRights = sync.OnceValue(func() map[string][]right {
	rights := map[string][]right{}
	eachLine(tableOfAccess, func(columns [4]string, versions versionSet) {
		rights[columns[0]] = append(rights[columns[0]], right{columns[1], columns[2], versions})
	})
	return rights
})

// userGroups are the groups by name, read once.
var userGroups = sync.OnceValue(func() map[string][]group {
	groups := map[string][]group{}
	eachLine(tableOfGroups, func(columns [4]string, versions versionSet) {
		g := group{name: columns[0], label: columns[1], versions: versions}
		if columns[2] != "" {
			g.implied = strings.Split(columns[2], ",")
		}
		groups[g.name] = append(groups[g.name], g)
	})
	return groups
})

// eachLine reads a table of four columns, the last one of versions.
func eachLine(text string, do func(columns [4]string, versions versionSet)) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || line[0] == '#' {
			continue
		}
		columns := [4]string{}
		copy(columns[:], strings.Split(line, "\t"))
		versions, err := parseVersions(columns[3])
		if err != nil {
			panic("odootest: a table of rights: " + err.Error())
		}
		do(columns, versions)
	}
}

// group finds a group in the server's version; one without a name where there is none.
func (s *Server) group(name string) group {
	for _, g := range userGroups()[name] {
		if g.versions.Has(s.major) {
			return g
		}
	}
	return group{}
}

// expand adds what groups imply in the server's version to an account's.
func (s *Server) expand(a *account) {
	queue := sortedKeys(a.groups)
	for ; len(queue) > 0; queue = queue[1:] {
		a.groups[queue[0]] = true
		g := s.group(queue[0])
		for _, name := range g.implied {
			if !a.groups[name] {
				queue = append(queue, name)
			}
		}
	}
}

// letterOf is an operation in a line of rights.
var letterOf = map[string]string{"read": "r", "write": "w", "create": "c", "unlink": "u"}

// groupsWith gives the names of the groups that may do operation on a model.
func (s *Server) groupsWith(model, operation string) []string {
	names := []string{}
	for _, line := range accessRights()[model] {
		if line.versions.Has(s.major) && letterOf[operation] != "" && strings.Contains(line.letters, letterOf[operation]) {
			names = append(names, line.group)
		}
	}
	return names
}

// groupLabel names a group as access errors do: "Project/User", on 19 with blanks
// (captures/odoo*/fault_access_error_model).
func (s *Server) groupLabel(name string) string {
	g := s.group(name)
	if s.major >= 19 {
		return g.label
	}
	return strings.Replace(g.label, " / ", "/", 1)
}

// groupFullName names a group as errors about fields do: with blanks
// (captures/odoo*/fault_access_error_field).
func (s *Server) groupFullName(name string) string {
	return s.group(name).label
}

// whoMay is the part of an access error that names the groups.
func (s *Server) whoMay(model, operation string) string {
	labels := []string{}
	for _, name := range s.groupsWith(model, operation) {
		if label := s.groupLabel(name); label != "" {
			labels = append(labels, "\t- "+label)
		}
	}
	if len(labels) == 0 {
		return "No group currently allows this operation."
	}
	slices.Sort(labels)
	return "This operation is allowed for the following groups:\n" + strings.Join(slices.Compact(labels), "\n")
}
