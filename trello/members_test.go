package trello_test

import (
	"context"
	"slices"
	"strconv"
	"testing"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// crew is the workshop with members, of whom Ann and Bob have a user of their name; Cem has none.
type crew struct {
	*scene
	ann, bob, cem             trellotest.Member
	annUser, bobUser, daphUsr int64 // Daphne has no member
}

// addUser makes an internal user of Odoo.
func (w *world) addUser(login, name string) int64 {
	w.t.Helper()
	return w.odoo.Create("res.users", map[string]any{"login": login, "name": name})
}

// newCrew makes them and synchronizes once.
func newCrew(t *testing.T, version string) *crew {
	t.Helper()
	c := &crew{scene: &scene{world: newWorldOf(t, version)}}
	c.board, c.todo, c.doing = workshop(c.world)
	c.ann, c.bob, c.cem = c.trello.AddMember("ann", "Ann Archer"), c.trello.AddMember("bob", "Bob Baker"), c.trello.AddMember("cem", "Cem Cook")
	c.annUser, c.bobUser, c.daphUsr = c.addUser("ann@example.com", "Ann Archer"), c.addUser("bob@example.com", "Bob Baker"), c.addUser("daphne@example.com", "Daphne Dyer")
	c.mustSync()
	c.project = c.projectID("Workshop")
	c.todoStage, c.doneStage = c.stageID("To do", c.project), c.stageID("Doing", c.project)
	c.resetRequests()
	return c
}

// users demands the assignees of a task.
func (c *crew) users(name string, want ...int64) {
	c.t.Helper()
	id, _ := c.task(name)
	got := slices.Sorted(slices.Values(c.value("project.task", id, "user_ids").([]int64)))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("task %q has the users %v, want %v", name, got, want)
	}
}

// members demands the members of a card.
func (c *crew) members(name string, want ...string) {
	c.t.Helper()
	got := slices.Sorted(slices.Values(c.card(name).IDMembers))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.t.Errorf("card %q has the members %v, want %v", name, got, want)
	}
}

// assign sets the members of a card.
func (c *crew) assign(name string, members ...string) {
	c.edit(name, func(k *trellotest.Card) { k.IDMembers = members })
}

// assignUsers sets the assignees of a task.
func (c *crew) assignUsers(name string, users ...int64) {
	id, _ := c.task(name)
	c.set("project.task", id, "user_ids", links(users...))
}

// eachVersion runs a test on the oldest Odoo and on one of those that keep a state. What differs between them is no matter of
// goroutines: the race detector sees the latter alone.
func eachVersion(t *testing.T, what string, test func(t *testing.T, version string)) {
	t.Helper()
	for _, version := range []string{"16.0", "18.0"} {
		if raced && version == "16.0" {
			continue
		}
		t.Run(what+", on Odoo "+version, func(t *testing.T) { test(t, version) })
	}
}

func TestMembers(t *testing.T) {
	eachVersion(t, "Ensure members come with a card, and who has no user stays on it", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.trello.AddCard(c.todo.ID, "Hang the door", trellotest.WithMembers(c.ann.ID, c.cem.ID))
		c.mustSync()
		c.users("Hang the door", c.annUser)
		c.members("Hang the door", c.ann.ID, c.cem.ID)
		c.noTrelloWrites()
		c.reviewed(trello.CardModel)
		c.quiet()
	})
	eachVersion(t, "Ensure assignees go with a task, and who has no member stays on it", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.addTask("Hang the door", map[string]any{"user_ids": links(c.bobUser, c.daphUsr)})
		c.mustSync()
		c.members("Hang the door", c.bob.ID)
		c.users("Hang the door", c.bobUser, c.daphUsr)
		c.noOdooWrites()
		c.reviewed(trello.CardModel)
		c.quiet()
	})
	eachVersion(t, "Ensure edits of the two sets merge", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.assign("Oil the hinges", c.ann.ID, c.cem.ID)
		c.mustSync()
		c.assignUsers("Oil the hinges", c.annUser, c.bobUser, c.daphUsr)
		c.assign("Oil the hinges", c.cem.ID)
		c.mustSync()
		c.users("Oil the hinges", c.bobUser, c.daphUsr)
		c.members("Oil the hinges", c.bob.ID, c.cem.ID)
		c.reviewed(trello.CardModel)
		c.quiet()
	})
	t.Run("Ensure members and users of two equal records are put together at a first match", func(t *testing.T) {
		w := newWorld(t)
		fullProject(w)
		ann := w.trello.AddMember("ann", "Ann Archer")
		w.trello.AddMember("bob", "Bob Baker")
		annUser, bobUser := w.addUser("ann", "Ann Archer"), w.addUser("bob", "Bob Baker")
		w.trello.AddCard(w.listID("Doing"), "Oil the hinges", trellotest.WithMembers(ann.ID))
		id := w.odooID("project.task", "Oil the hinges")
		w.set("project.task", id, "user_ids", links(bobUser))
		w.mustSync()
		w.mustSync()
		got := slices.Sorted(slices.Values(w.value("project.task", id, "user_ids").([]int64)))
		if want := slices.Sorted(slices.Values([]int64{annUser, bobUser})); !slices.Equal(got, want) {
			t.Errorf("the task has the users %v, want %v", got, want)
		}
		if got := w.card("Oil the hinges").IDMembers; len(got) != 2 {
			t.Errorf("the card has the members %v, want two", got)
		}
		w.reviewed(trello.CardModel)
		w.quiet()
	})
	t.Run("Ensure a direction off leaves people alone on both sides", func(t *testing.T) {
		c := newCrew(t, "18.0")
		c.assign("Oil the hinges", c.ann.ID)
		c.mustSync()
		c.direct(trello.MemberModel, config.DirectionOff)
		c.assign("Oil the hinges", c.bob.ID)
		c.addTask("Hang the door", map[string]any{"user_ids": links(c.bobUser)})
		c.trello.AddCard(c.todo.ID, "Sand the door", trellotest.WithMembers(c.ann.ID))
		c.mustSync()
		c.users("Oil the hinges", c.annUser)
		c.users("Sand the door")
		c.members("Hang the door")
		c.quiet()
	})
}

func TestMembersComeLater(t *testing.T) {
	eachVersion(t, "Ensure a user whose member appears comes on the cards of his tasks, and the member on the tasks of his cards", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.assignUsers("Oil the hinges", c.daphUsr, c.annUser)
		c.mustSync()
		c.members("Oil the hinges", c.ann.ID)
		daphne := c.trello.AddMember("daphne", "Daphne Dyer")
		c.assign("Paint the door", daphne.ID)
		c.mustSync()
		c.members("Oil the hinges", c.ann.ID, daphne.ID)
		c.users("Paint the door", c.daphUsr)
		c.quiet()
	})
	eachVersion(t, "Ensure a member whose user appears comes on the tasks of his cards", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.assign("Oil the hinges", c.cem.ID)
		c.mustSync()
		c.users("Oil the hinges")
		cem := c.addUser("cem@example.com", "Cem Cook")
		c.mustSync()
		c.users("Oil the hinges", cem)
		c.noTrelloWrites()
		c.quiet()
	})
	t.Run("Ensure a run that dies between linking and polling loses nothing", func(t *testing.T) {
		c := newCrew(t, "18.0")
		c.assignUsers("Oil the hinges", c.daphUsr)
		c.mustSync()
		daphne := c.trello.AddMember("daphne", "Daphne Dyer")
		c.resetRequests()
		commits := 0
		c.hook = dieAfterCommits(&commits, 2)
		func() {
			defer func() { _ = recover() }()
			_, _ = c.sync()
		}()
		c.hook = nil
		if b := c.bindingOf(trello.MemberModel, trello.MemberRef(c.board.ID, daphne.ID).ID); !b.Bound() {
			t.Fatal("the run died before it had linked the member")
		}
		c.members("Oil the hinges")
		c.mustSync()
		c.members("Oil the hinges", daphne.ID)
		c.quiet()
	})
}

func TestWhoIsWho(t *testing.T) {
	userOf := func(c *crew, m trellotest.Member) int64 {
		return c.bindingOf(trello.MemberModel, trello.MemberRef(c.board.ID, m.ID).ID).OdooID
	}
	want := func(t *testing.T, c *crew, m trellotest.Member, want int64) {
		t.Helper()
		if got := userOf(c, m); got != want {
			t.Errorf("member %s is user %d, want %d", m.Username, got, want)
		}
	}
	t.Run("Ensure a name that two users or two members have is nobody's", func(t *testing.T) {
		c := newCrew(t, "18.0")
		twins := []trellotest.Member{c.trello.AddMember("eve", "Eve East"), c.trello.AddMember("eve2", "Eve East"), c.trello.AddMember("fay", "Fay Field")}
		c.addUser("eve", "Eve East")
		c.addUser("fay", "Fay Field")
		c.addUser("fay2", "Fay Field")
		c.mustSync()
		for _, m := range twins {
			want(t, c, m, 0)
		}
	})
	t.Run("Ensure an archived user is not found by name, and one that is archived later stays linked", func(t *testing.T) {
		c := newCrew(t, "18.0")
		eve := c.trello.AddMember("eve", "Eve East")
		gone := c.addUser("eve", "Eve East")
		c.set("res.users", gone, "active", false)
		c.mustSync()
		want(t, c, eve, 0)
		c.assign("Oil the hinges", c.ann.ID)
		c.mustSync()
		c.set("res.users", c.annUser, "active", false)
		c.assign("Paint the door", c.ann.ID)
		c.mustSync()
		want(t, c, c.ann, c.annUser)
		c.users("Oil the hinges", c.annUser)
		c.users("Paint the door", c.annUser)
		c.members("Oil the hinges", c.ann.ID)
		c.quiet()
	})
	t.Run("Ensure the e-mail goes before the name", func(t *testing.T) {
		c := newCrew(t, "18.0")
		eve := c.trello.AddMember("eve", "Eve East")
		c.addUser("other", "Eve East")
		byMail := c.addUser("Eve@Example.com", "E. East")
		c.mustSync()
		want(t, c, eve, byMail)
	})
	t.Run("Ensure the table goes before both, and corrects what was found before", func(t *testing.T) {
		c := newCrew(t, "18.0")
		want(t, c, c.ann, c.annUser)
		c.assign("Oil the hinges", c.ann.ID, c.cem.ID)
		c.mustSync()
		c.table = []trello.MemberLink{{Trello: "@Ann", Odoo: "daphne@example.com"}, {Trello: c.cem.ID, Odoo: itoa(c.bobUser)}}
		c.mustSync()
		want(t, c, c.ann, c.daphUsr)
		want(t, c, c.cem, c.bobUser)
		c.mustSync()
		c.quiet()
	})
	t.Run("Ensure two members can be one user, and the first of them goes on new cards", func(t *testing.T) {
		c := newCrew(t, "18.0")
		c.table = []trello.MemberLink{{Trello: "cem", Odoo: "ann@example.com"}, {Trello: "ann", Odoo: "ann@example.com"}}
		c.assign("Oil the hinges", c.cem.ID)
		c.mustSync()
		c.users("Oil the hinges", c.annUser)
		c.addTask("Hang the door", map[string]any{"user_ids": links(c.annUser)})
		c.mustSync()
		c.members("Hang the door", c.ann.ID)
		c.members("Oil the hinges", c.cem.ID)
		c.quiet()
	})
	t.Run("Ensure an entry that names nobody is a warning and stops nothing", func(t *testing.T) {
		c := newCrew(t, "18.0")
		c.table = []trello.MemberLink{{Trello: "nobody", Odoo: "ann@example.com"}, {Trello: "cem", Odoo: "nobody@example.com"}, {Trello: "bob", Odoo: "bob@example.com"}}
		r := c.mustSync()
		wanted := []string{
			`backend trello: members[0]: no member of the boards is "nobody" in Trello; correct or remove the entry`,
			`backend trello: members[1]: no user that can be seen in Odoo is "nobody@example.com"; correct or remove the entry`,
		}
		if !slices.Equal(r.Warnings, wanted) {
			t.Errorf("the report warns %q", r.Warnings)
		}
		c.quiet()
	})
	t.Run("Ensure a user who is deleted is nobody's any more", func(t *testing.T) {
		c := newCrew(t, "18.0")
		c.assign("Oil the hinges", c.ann.ID, c.bob.ID)
		c.mustSync()
		c.odoo.Unlink("res.users", c.annUser)
		c.mustSync()
		want(t, c, c.ann, 0)
		c.users("Oil the hinges", c.bobUser)
		c.members("Oil the hinges", c.ann.ID, c.bob.ID)
		c.assign("Paint the door", c.ann.ID)
		c.mustSync()
		c.users("Paint the door")
		c.quiet()
	})
	t.Run("Ensure a sync at rest asks Odoo for people once", func(t *testing.T) {
		c := newCrew(t, "18.0")
		c.mustSync()
		c.resetRequests()
		c.mustSync()
		asked := 0
		for _, r := range c.odoo.Requests() {
			if r.Model == "res.users" && r.Method == "search_read" {
				asked++
			}
		}
		if asked != 1 {
			t.Errorf("the users were asked for %d times, want once", asked)
		}
	})
}

// dieAfterCommits is a crash point after so many commits of a run.
func dieAfterCommits(commits *int, last int) func(context.Context, string) {
	return func(_ context.Context, point string) {
		if point == "after commit" {
			if *commits++; *commits == last {
				panic(crash{point})
			}
		}
	}
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }
