package trello_test

import (
	"slices"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// twoPlaces is the workshop beside a garden with two lists, both synchronized, and a project that no
// board stands for.
type twoPlaces struct {
	*scene
	garden          trellotest.Board
	beds, watered   trellotest.List
	gardenProject   int64
	bedsStage       int64
	shady           string // the garden's label
	elsewhere, some int64  // the project and its stage
}

func newTwoPlaces(t *testing.T) *twoPlaces {
	t.Helper()
	p := &twoPlaces{scene: bound(t)}
	p.garden = p.trello.AddBoard("Garden")
	p.beds, p.watered = p.trello.AddList(p.garden.ID, "Beds"), p.trello.AddList(p.garden.ID, "Watered")
	p.shady = p.trello.AddLabel(p.garden.ID, "Shady", "lime").ID
	p.mustSync()
	p.gardenProject = p.projectID("Garden")
	p.bedsStage = p.stageID("Beds", p.gardenProject)
	p.elsewhere = p.odoo.Create("project.project", map[string]any{"name": "Elsewhere"})
	p.some = p.odoo.Create("project.task.type", map[string]any{"name": "Some day", "project_ids": links(p.elsewhere)})
	p.resetRequests()
	return p
}

// put lets a user move a task to another project and stage.
func (p *twoPlaces) put(name string, project, stage int64) (id int64) {
	p.t.Helper()
	id, _ = p.task(name)
	p.odoo.Write("project.task", []int64{id}, map[string]any{"project_id": project, "stage_id": stage})
	return id
}

func TestWhatMovesTakesItsLinksAlong(t *testing.T) {
	for _, policy := range []config.Conflict{config.ConflictAsk, config.ConflictOdoo, config.ConflictBackend} {
		t.Run("Ensure a card that moves away decides on the stage, whatever the old project says, with the policy "+string(policy), func(t *testing.T) {
			p := newTwoPlaces(t)
			p.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
			id, _ := p.task("Paint the door")
			p.set("project.task", id, "stage_id", p.doneStage)
			p.trello.MoveCard(p.card("Paint the door").ID, p.watered.ID)
			p.mustSync()
			p.want("project.task", id, "project_id", p.gardenProject)
			p.want("project.task", id, "stage_id", p.stageID("Watered", p.gardenProject))
			if c := p.card("Paint the door"); c.IDList != p.watered.ID {
				t.Errorf("the card is in list %s", c.IDList)
			}
			p.reviewed(trello.CardModel)
			p.quiet()
		})
		t.Run("Ensure a task that moves to a stage without a list keeps it, with the policy "+string(policy), func(t *testing.T) {
			p := newTwoPlaces(t)
			p.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
			p.model(trello.ListModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "None"}} })
			resting := p.odoo.Create("project.task.type", map[string]any{"name": "Resting", "project_ids": links(p.gardenProject)})
			id := p.put("Paint the door", p.gardenProject, resting)
			p.mustSync()
			p.mustSync()
			if c := p.card("Paint the door"); c.IDBoard != p.garden.ID {
				t.Errorf("the card is on board %s", c.IDBoard)
			}
			p.want("project.task", id, "stage_id", resting)
			p.reviewed(trello.CardModel, binding.MissingReference)
			p.quiet()
			list := p.trello.AddList(p.garden.ID, "Resting")
			p.mustSync()
			if c := p.card("Paint the door"); c.IDList != list.ID {
				t.Errorf("the card is in list %s", c.IDList)
			}
			p.want("project.task", id, "stage_id", resting)
			p.reviewed(trello.CardModel)
			p.quiet()
		})
		t.Run("Ensure a task that leaves the boards while its card changes boards comes to rest, with the policy "+string(policy), func(t *testing.T) {
			p := newTwoPlaces(t)
			p.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
			id := p.put("Paint the door", p.elsewhere, p.some)
			p.trello.MoveCard(p.card("Paint the door").ID, p.watered.ID)
			p.mustSync()
			p.mustSync()
			p.quiet()
			if policy != config.ConflictBackend {
				p.want("project.task", id, "project_id", p.elsewhere)
			}
		})
	}
	t.Run("Ensure a conflict over the place that one side takes back goes on waiting for the other's", func(t *testing.T) {
		p := newTwoPlaces(t)
		id := p.put("Paint the door", p.elsewhere, p.some)
		p.trello.MoveCard(p.card("Paint the door").ID, p.watered.ID)
		p.mustSync()
		p.reviewed(trello.CardModel, binding.Conflict)
		p.trello.MoveCard(p.card("Paint the door").ID, p.todo.ID)
		p.mustSync()
		p.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "One coat" })
		p.mustSync()
		p.reviewed(trello.CardModel, binding.MissingReference)
		p.quiet()
		p.put("Paint the door", p.gardenProject, p.bedsStage)
		p.mustSync()
		p.want("project.task", id, "project_id", p.gardenProject)
		if c := p.card("Paint the door"); c.IDList != p.beds.ID {
			t.Errorf("the card is in list %s", c.IDList)
		}
		p.reviewed(trello.CardModel)
		p.quiet()
	})
	t.Run("Ensure a task that moves to a project whose board lacks its stage and its tag gets both there", func(t *testing.T) {
		p := newTwoPlaces(t)
		resting := p.odoo.Create("project.task.type", map[string]any{"name": "Resting", "project_ids": links(p.gardenProject)})
		id := p.put("Paint the door", p.gardenProject, resting)
		p.set("project.task", id, "tag_ids", links(p.odoo.Create("project.tags", map[string]any{"name": "Oak"})))
		p.mustSync()
		c, list, label := p.card("Paint the door"), p.listID("Resting"), ""
		for _, l := range p.trello.Labels(p.garden.ID) {
			if l.Name == "Oak" {
				label = l.ID
			}
		}
		if c.IDBoard != p.garden.ID || c.IDList != list || !slices.Equal(c.IDLabels, []string{label}) {
			t.Errorf("the card is %+v", c)
		}
		p.reviewed(trello.CardModel)
		p.quiet()
	})
	t.Run("Ensure a tag that has a label on the new board only comes on the card there", func(t *testing.T) {
		p := newTwoPlaces(t)
		p.model(trello.LabelModel, func(m *config.Model) { m.Domain = []any{[]any{"name", "=", "None"}} })
		id, _ := p.task("Oil the hinges")
		p.set("project.task", id, "tag_ids", links(p.tagID("Shady")))
		p.mustSync()
		p.noTrelloWrites()
		p.put("Oil the hinges", p.gardenProject, p.bedsStage)
		p.mustSync()
		if c := p.card("Oil the hinges"); !slices.Equal(c.IDLabels, []string{p.shady}) || c.IDList != p.beds.ID {
			t.Errorf("the card is %+v", c)
		}
		p.quiet()
	})
	t.Run("Ensure a label put on a card whose task is elsewhere makes no job in every sync", func(t *testing.T) {
		p := newTwoPlaces(t)
		p.put("Oil the hinges", p.elsewhere, p.some)
		urgent := p.labelOf("Urgent")
		p.edit("Oil the hinges", func(c *trellotest.Card) { c.IDLabels = []string{urgent} })
		p.mustSync()
		p.quiet()
	})
}

func TestWhatLeavesAnArchivedProject(t *testing.T) {
	t.Run("Ensure a task that was archived with a project without a board is active again when it comes back", func(t *testing.T) {
		p := newTwoPlaces(t)
		p.put("Paint the door", p.elsewhere, p.some)
		p.set("project.project", p.elsewhere, "active", false)
		p.mustSync()
		p.put("Paint the door", p.project, p.todoStage)
		p.mustSync()
		p.active(own)
		p.open(own)
		p.reviewed(trello.CardModel)
		p.quiet()
	})
	t.Run("Ensure a card that leaves a closed board has an active task again", func(t *testing.T) {
		p := newTwoPlaces(t)
		p.set("project.project", p.project, "active", false)
		p.mustSync()
		p.trello.MoveCard(p.card("Paint the door").ID, p.beds.ID)
		p.mustSync()
		p.active(map[string]bool{"Paint the door": true, "Oil the hinges": false})
		p.open(own)
		p.quiet()
	})
	t.Run("Ensure a task that leaves an archived project is active again, and one of its own archive is not", func(t *testing.T) {
		p := newTwoPlaces(t)
		p.trello.CloseBoard(p.board.ID)
		p.mustSync()
		p.put("Paint the door", p.gardenProject, p.bedsStage)
		p.put("Sweep the yard", p.gardenProject, p.bedsStage)
		p.mustSync()
		p.active(map[string]bool{"Paint the door": true, "Oil the hinges": false, "Sweep the yard": false})
		p.open(own)
		p.quiet()
	})
}
