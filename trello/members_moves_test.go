package trello_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// garden is a crew with a second board, on which Bob is not.
type gardenCrew struct {
	*crew
	garden        trellotest.Board
	beds          trellotest.List
	gardenProject int64
	bedsStage     int64
}

func newGardenCrew(t *testing.T, version string) *gardenCrew {
	t.Helper()
	g := &gardenCrew{crew: newCrew(t, version)}
	g.garden = g.trello.AddBoard("Garden")
	g.beds = g.trello.AddList(g.garden.ID, "Beds")
	g.trello.RemoveMember(g.garden.ID, g.bob.ID)
	g.mustSync()
	g.gardenProject = g.projectID("Garden")
	g.bedsStage = g.stageID("Beds", g.gardenProject)
	g.resetRequests()
	return g
}

func TestMembersMove(t *testing.T) {
	eachVersion(t, "Ensure a task that moves takes along whom the other board has, and keeps all its users", func(t *testing.T, version string) {
		g := newGardenCrew(t, version)
		g.assignUsers("Oil the hinges", g.annUser, g.bobUser, g.daphUsr)
		g.mustSync()
		g.members("Oil the hinges", g.ann.ID, g.bob.ID)
		id, _ := g.task("Oil the hinges")
		g.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": g.gardenProject, "stage_id": g.bedsStage})
		g.resetRequests()
		g.mustSync()
		if c := g.card("Oil the hinges"); c.IDList != g.beds.ID {
			t.Errorf("the card is in list %s", c.IDList)
		}
		if contains(g.sent(), "idMembers") {
			t.Errorf("members were sent, though nobody changed them: %s", g.sent())
		}
		g.members("Oil the hinges", g.ann.ID)
		g.users("Oil the hinges", g.annUser, g.bobUser, g.daphUsr)
		g.reviewed(trello.CardModel)
		g.quiet()
	})
	eachVersion(t, "Ensure a card that moves leaves its task whom the other board has not", func(t *testing.T, version string) {
		g := newGardenCrew(t, version)
		g.assign("Oil the hinges", g.ann.ID, g.bob.ID)
		g.mustSync()
		g.users("Oil the hinges", g.annUser, g.bobUser)
		g.trello.MoveCard(g.card("Oil the hinges").ID, g.beds.ID)
		g.members("Oil the hinges", g.ann.ID)
		g.mustSync()
		g.users("Oil the hinges", g.annUser, g.bobUser)
		g.members("Oil the hinges", g.ann.ID)
		g.quiet()
		g.assign("Oil the hinges", g.cem.ID)
		g.mustSync()
		g.users("Oil the hinges", g.bobUser)
		g.quiet()
	})
	eachVersion(t, "Ensure a user whom only the new board knows comes on the card with the move", func(t *testing.T, version string) {
		g := newGardenCrew(t, version)
		g.trello.RemoveMember(g.board.ID, g.ann.ID)
		g.mustSync()
		g.assignUsers("Oil the hinges", g.annUser)
		g.mustSync()
		g.members("Oil the hinges")
		id, _ := g.task("Oil the hinges")
		g.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": g.gardenProject, "stage_id": g.bedsStage})
		g.mustSync()
		g.members("Oil the hinges", g.ann.ID)
		g.users("Oil the hinges", g.annUser)
		g.quiet()
	})
	t.Run("Ensure people are left alone while it is not decided where a card is", func(t *testing.T) {
		g := newGardenCrew(t, "18.0")
		yard := g.trello.AddBoard("Yard")
		heap := g.trello.AddList(yard.ID, "Heap")
		g.mustSync()
		g.assign("Oil the hinges", g.ann.ID, g.bob.ID)
		g.mustSync()
		id, _ := g.task("Oil the hinges")
		g.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": g.gardenProject, "stage_id": g.bedsStage})
		g.trello.MoveCard(g.card("Oil the hinges").ID, heap.ID)
		g.mustSync()
		g.reviewed(trello.CardModel, binding.Conflict)
		g.members("Oil the hinges", g.ann.ID, g.bob.ID)
		g.users("Oil the hinges", g.annUser, g.bobUser)
		g.quiet()
		g.trello.MoveCard(g.card("Oil the hinges").ID, g.beds.ID)
		g.mustSync()
		g.members("Oil the hinges", g.ann.ID)
		g.users("Oil the hinges", g.annUser, g.bobUser)
		g.reviewed(trello.CardModel)
		g.quiet()
	})
	t.Run("Ensure labels by name, members, state and dates go along at once, in one request", func(t *testing.T) {
		g := newGardenCrew(t, "18.0")
		shared := g.trello.AddLabel(g.garden.ID, "Urgent", "blue")
		g.mustSync()
		g.assign("Paint the door", g.ann.ID)
		g.tick("Paint the door", true)
		g.mustSync()
		id, _ := g.task("Paint the door")
		g.odoo.Write("project.task", []int64{id}, map[string]any{
			"project_id": g.gardenProject, "stage_id": g.bedsStage, "state": "1_done", "date_deadline": "2026-04-01 10:00:00",
			"user_ids": links(g.annUser, g.daphUsr),
		})
		g.resetRequests()
		g.mustSync()
		c := g.card("Paint the door")
		if c.IDBoard != g.garden.ID || !slices.Equal(c.IDLabels, []string{shared.ID}) || !c.DueComplete {
			t.Errorf("the card is %+v", c)
		}
		g.due("Paint the door", "2026-04-01T10:00:00Z")
		g.members("Paint the door", g.ann.ID)
		if _, x := g.writes(); x != 1 {
			t.Errorf("Trello was written %d times, want once: %s", x, g.sent())
		}
		g.quiet()
	})
}

func TestMembersLeave(t *testing.T) {
	eachVersion(t, "Ensure a user stays on his tasks when his member leaves the board, and is put on no card", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.assign("Oil the hinges", c.ann.ID, c.bob.ID)
		c.mustSync()
		c.trello.RemoveMember(c.board.ID, c.bob.ID)
		if r := c.mustSync(); r.Jobs.Enqueued != 0 {
			t.Errorf("%d jobs were made for nothing", r.Jobs.Enqueued)
		}
		c.users("Oil the hinges", c.annUser, c.bobUser)
		c.members("Oil the hinges", c.ann.ID)
		c.assignUsers("Paint the door", c.annUser, c.bobUser)
		c.mustSync()
		c.members("Paint the door", c.ann.ID)
		c.users("Paint the door", c.annUser, c.bobUser)
		c.reviewed(trello.CardModel)
		c.quiet()
	})
	eachVersion(t, "Ensure the others go where a member has left a moment ago, and a note says so", func(t *testing.T, version string) {
		c := newCrew(t, version)
		c.assignUsers("Oil the hinges", c.annUser, c.bobUser)
		id, _ := c.task("Oil the hinges")
		c.set("project.task", id, "name", "Oil the locks")
		c.addTask("Hang the door", map[string]any{"user_ids": links(c.annUser, c.bobUser)})
		left := false
		c.trello.Fail(func(r trellotest.Request) error {
			if r.Write && !r.After && !left {
				left = true
				c.trello.RemoveMember(c.board.ID, c.bob.ID)
			}
			return nil
		})
		c.mustSync()
		c.heal()
		for _, name := range []string{"Oil the locks", "Hang the door"} {
			c.members(name, c.ann.ID)
			c.users(name, c.annUser, c.bobUser)
		}
		notes := 0
		for _, j := range c.jobsIn("done") {
			if contains(j.Result, "one member was not taken") {
				notes++
			}
		}
		if notes != 2 {
			t.Errorf("%d jobs tell of a member that was not taken, want two", notes)
		}
		c.mustSync()
		c.users("Oil the locks", c.annUser, c.bobUser)
		c.quiet()
	})
	t.Run("Ensure who was only invited is found by the table alone", func(t *testing.T) {
		c := newCrew(t, "18.0")
		ghost := c.trello.AddMember("ghost", "Daphne Dyer")
		c.trello.SetGhost(ghost.ID)
		c.mustSync()
		if b := c.bindingOf(trello.MemberModel, trello.MemberRef(c.board.ID, ghost.ID).ID); b.Bound() {
			t.Error("a ghost was linked by its name")
		}
		c.table = []trello.MemberLink{{Trello: "ghost", Odoo: "daphne@example.com"}}
		c.assign("Oil the hinges", ghost.ID)
		c.mustSync()
		c.users("Oil the hinges", c.daphUsr)
		c.quiet()
	})
}
