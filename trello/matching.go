package trello

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// MemberLink is an entry of `members:`: who in Trello is who in Odoo. Both are values, never keys.
type MemberLink struct {
	Trello string `yaml:"trello" config:"required"` // a username, an id or an e-mail
	Odoo   string `yaml:"odoo" config:"required"`   // a login or a database id
}

// person is a member, whatever the number of boards that he is on.
type person struct {
	id, username, fullName, email string
	ghost                         bool // invited, and no member yet (Trello's changelog, memberType "ghost")
}

// user is a user of Odoo as far as it tells who he is.
type user struct {
	id, login, email, name string
	candidate              bool // active and internal: who is found without being named
}

// people are the members of all boards, each once, in the order of their ids.
func people(members []record.Record) []person {
	var all []person
	for _, r := range members {
		text := func(name string) string { return r.Value(name).AsText() }
		all = append(all, person{
			id: memberID(r.ID), username: text("username"), fullName: plainName(text("fullName")), email: text("email"),
			ghost: text("memberType") == "ghost",
		})
	}
	slices.SortStableFunc(all, func(a, b person) int { return cmp.Compare(a.id, b.id) })
	return slices.CompactFunc(all, func(a, b person) bool { return a.id == b.id })
}

func usersOf(rows []record.Record) []user {
	all := make([]user, len(rows))
	for i, r := range rows {
		text := func(name string) string { return r.Value(name).AsText() }
		all[i] = user{
			id: r.ID, login: text("login"), email: text("email"), name: plainName(text("name")),
			candidate: r.Value("active").AsBool() && !r.Value("share").AsBool(),
		}
	}
	slices.SortFunc(all, func(a, b user) int { return cmp.Compare(len(a.id), len(b.id))*2 + cmp.Compare(a.id, b.id) })
	return all
}

// plainName is a person's name without blanks around it and with single ones inside.
func plainName(name string) string {
	return record.Text(strings.Join(strings.Fields(record.XMLText(name)), " ")).Canonical().AsText()
}

// isMember tells whether an entry of the table names the member.
func (l MemberLink) isMember(p person) bool {
	name := strings.TrimPrefix(strings.TrimSpace(l.Trello), "@")
	return name == p.id || strings.EqualFold(name, p.username) || (p.email != "" && strings.EqualFold(name, p.email))
}

// isUser tells whether an entry of the table names the user.
func (l MemberLink) isUser(u user) bool {
	name := strings.TrimSpace(l.Odoo)
	return strings.EqualFold(name, u.login) || name == u.id
}

// candidateUsers holds every user that one of the members may be. Odoo's =ilike compares without regard to
// case, and knows % and _ as placeholders. Names go into one condition, however many members there are.
func candidateUsers(all []person, table []MemberLink) odoo.Domain {
	var named, found []odoo.Domain
	for _, l := range table {
		named = append(named, odoo.Cond("login", "=ilike", literal(strings.TrimSpace(l.Odoo))))
		if id, err := strconv.ParseInt(strings.TrimSpace(l.Odoo), 10, 32); err == nil && id > 0 {
			named = append(named, odoo.Cond("id", "=", id))
		}
	}
	var names []any
	for _, p := range all {
		if p.email != "" {
			found = append(found, odoo.Cond("login", "=ilike", literal(p.email)), odoo.Cond("email", "=ilike", literal(p.email)))
		}
		if p.fullName != "" && !p.ghost {
			names = append(names, p.fullName)
		}
	}
	if len(names) > 0 {
		found = append(found, odoo.Cond("name", "in", names))
	}
	if len(found) > 0 {
		named = append(named, odoo.And(odoo.Cond("active", "=", true), odoo.Cond("share", "=", false), odoo.Or(found...)))
	}
	if len(named) == 0 {
		return nil
	}
	return odoo.Or(named...)
}

var placeholders = strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`)

// literal is a text that =ilike takes for itself.
func literal(text string) string { return placeholders.Replace(text) }

// matching finds out which user each member is: by the table, then by e-mail, then by a full name that is unique
// on both sides. A user that was found for a member is not looked for again, unless the table says otherwise.
type matching struct {
	table  []MemberLink
	people []person
	users  []user
	found  map[string]string // member's id to user's id
	taken  map[string]bool   // users that are somebody
	notes  []string
}

func newMatching(table []MemberLink, people []person, users []user) *matching {
	m := &matching{table: table, people: people, users: users, found: map[string]string{}, taken: map[string]bool{}}
	m.byTable()
	return m
}

// keep takes over the links as they are, by the ids of [MemberRef], and then looks for who is left.
func (m *matching) keep(linked map[string]string) {
	there := map[string]bool{}
	for _, u := range m.users {
		there[u.id] = true
	}
	for _, ref := range slices.Sorted(maps.Keys(linked)) {
		if id := memberID(ref); m.found[id] == "" && there[linked[ref]] && !m.taken[linked[ref]] {
			m.take(id, linked[ref])
		}
	}
	m.byEmail()
	m.byName()
}

func (m *matching) take(member, user string) { m.found[member], m.taken[user] = user, true }

// byTable follows the configuration. Several members may be one user there.
func (m *matching) byTable() {
	for i, l := range m.table {
		p := slices.IndexFunc(m.people, l.isMember)
		u := slices.IndexFunc(m.users, l.isUser)
		switch {
		case p < 0:
			m.note(i, fmt.Sprintf("no member of the boards is %q in Trello", l.Trello))
		case u < 0:
			m.note(i, fmt.Sprintf("no user that can be seen in Odoo is %q", l.Odoo))
		default:
			m.take(m.people[p].id, m.users[u].id)
		}
	}
}

func (m *matching) note(entry int, problem string) {
	m.notes = append(m.notes, fmt.Sprintf("members[%d]: %s", entry, problem))
}

// byEmail finds the one user whose login or e-mail is the member's e-mail.
func (m *matching) byEmail() {
	m.each(func(p person, u user) bool {
		return p.email != "" && (strings.EqualFold(p.email, u.login) || strings.EqualFold(p.email, u.email))
	}, func(person) bool { return true })
}

// byName finds the one user of the member's full name, where no other member has it.
func (m *matching) byName() {
	same := func(a, b string) bool { return a != "" && strings.EqualFold(a, b) }
	m.each(func(p person, u user) bool { return same(p.fullName, u.name) }, func(p person) bool {
		alike := 0
		for _, other := range m.people {
			if same(p.fullName, other.fullName) {
				alike++
			}
		}
		return alike == 1 && !p.ghost
	})
}

// each takes, for every member who is nobody yet and who qualifies, the one user that he may be.
func (m *matching) each(may func(person, user) bool, qualifies func(person) bool) {
	for _, p := range m.people {
		if m.found[p.id] != "" || !qualifies(p) {
			continue
		}
		var all []user
		for _, u := range m.users {
			if u.candidate && may(p, u) {
				all = append(all, u)
			}
		}
		if len(all) == 1 && !m.taken[all[0].id] {
			m.take(p.id, all[0].id)
		}
	}
}

// links are the users by the ids of the members' records, for every board that a member is on.
func (m *matching) links(members []record.Record) map[string]string {
	out := map[string]string{}
	for _, r := range members {
		if u := m.found[memberID(r.ID)]; u != "" {
			out[r.ID] = u
		}
	}
	return out
}

// warned are the entries of the table that name nobody. They stop nothing: people come and go.
func (m *matching) warned(backend string) []string {
	out := make([]string, len(m.notes))
	for i, n := range m.notes {
		out[i] = fmt.Sprintf("backend %s: %s; correct or remove the entry", backend, n)
	}
	return out
}
