package trello_test

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// told is the workshop whose checklists stand in the descriptions, with a card that has two.
type told struct {
	*scene
	cardID       string
	task         int64
	steps, tools trellotest.Checklist
}

func inDescription(s *trello.Settings) {
	s.Checklists, s.TimeZone = trello.ChecklistsHTML, "Europe/Brussels"
}

func newTold(t *testing.T, version string) *told {
	t.Helper()
	c := &told{scene: boundOn(t, version, inDescription)}
	c.cardID = c.card("Paint the door").ID
	c.steps = c.trello.AddChecklist(c.cardID, "Steps", "Sand", "Prime & dry")
	c.tools = c.trello.AddChecklist(c.cardID, "Tools", "Brush")
	c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.Complete = true })
	c.mustSync()
	c.task, _ = c.scene.task("Paint the door")
	c.resetRequests()
	return c
}

const (
	doorText  = "<p>Two coats.</p><p>Green &amp; white</p>"
	stepsHTML = `<h3 class="o_connector_checklist">Steps</h3><ul class="o_checklist o_connector_checklist"><li class="o_checked">Sand</li><li>Prime &amp; dry</li></ul>`
	toolsHTML = `<h3 class="o_connector_checklist">Tools</h3><ul class="o_checklist o_connector_checklist"><li>Brush</li></ul>`
)

// reads demands the description of the task.
func (c *told) reads(want ...string) {
	c.t.Helper()
	c.want("project.task", c.task, "description", strings.Join(want, ""))
}

// writes a description as a person in Odoo would.
func (c *told) describe(parts ...string) {
	c.set("project.task", c.task, "description", strings.Join(parts, ""))
}

// desc demands the description of the card.
func (c *told) desc(want string) {
	c.t.Helper()
	if got := c.card("Paint the door").Desc; got != want {
		c.t.Errorf("the card has the description %q, want %q", got, want)
	}
}

// tick ticks an item or takes the tick off.
func (c *told) tick(name string, done bool) {
	c.editItem(c.cardID, name, func(i *trellotest.CheckItem) { i.Complete = done })
}

// commits are how often a run writes into its own database.
func (w *world) commits() (count int) {
	w.t.Helper()
	w.watch(func(p crashPoint) { count = p.before.commits })
	w.mustSync()
	w.hook = nil
	return count
}

func TestChecklistsInTheDescription(t *testing.T) {
	eachVersion(t, "Ensure they come behind the text, with neither sub-tasks nor a word to Trello", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.reads(doorText, stepsHTML, toolsHTML)
		if children := c.odoo.Search("project.task", []any{[]any{"parent_id", "!=", false}}); len(children) != 0 {
			t.Errorf("there are the sub-tasks %v", children)
		}
		c.desc("Two coats.\n\nGreen & white")
		c.noTrelloWrites()
		c.quiet()
		if first, second := c.commits(), c.commits(); first != second {
			t.Errorf("a run at rest stored %d times and then %d times", first, second)
		}
	})
	eachVersion(t, "Ensure what happens to them in Trello changes the block alone", func(t *testing.T, version string) {
		c := newTold(t, version)
		for _, step := range []struct {
			does string
			do   func()
			want string
		}{
			{"an item is ticked", func() { c.tick("Brush", true) }, stepsHTML + strings.Replace(toolsHTML, "<li>", `<li class="o_checked">`, 1)},
			{"the tick is taken off", func() { c.tick("Brush", false) }, stepsHTML + toolsHTML},
			{"an item is renamed", func() {
				c.editItem(c.cardID, "Brush", func(i *trellotest.CheckItem) { i.Name = `<b>"Wide"</b> brush` })
			}, stepsHTML + strings.Replace(toolsHTML, "Brush", `&lt;b&gt;"Wide"&lt;/b&gt; brush`, 1)},
			{"an item goes to the other list", func() {
				c.editItem(c.cardID, `<b>"Wide"</b> brush`, func(i *trellotest.CheckItem) { i.IDChecklist, i.Name, i.Pos = c.steps.ID, "Brush", 1<<20 })
			}, strings.Replace(stepsHTML, "</ul>", "<li>Brush</li></ul>", 1) + `<h3 class="o_connector_checklist">Tools</h3>`},
			{"a list is renamed", func() {
				c.trello.UpdateChecklist(c.tools.ID, func(l *trellotest.Checklist) { l.Name = "Kit" })
			}, strings.Replace(stepsHTML, "</ul>", "<li>Brush</li></ul>", 1) + `<h3 class="o_connector_checklist">Kit</h3>`},
			{"a list is moved up", func() {
				c.trello.UpdateChecklist(c.tools.ID, func(l *trellotest.Checklist) { l.Pos = 1 })
			}, `<h3 class="o_connector_checklist">Kit</h3>` + strings.Replace(stepsHTML, "</ul>", "<li>Brush</li></ul>", 1)},
			{"a list is removed", func() { c.trello.DeleteChecklist(c.steps.ID) }, `<h3 class="o_connector_checklist">Kit</h3>`},
			{"the last is removed", func() { c.trello.DeleteChecklist(c.tools.ID) }, ""},
		} {
			c.resetRequests()
			step.do()
			c.counts(c.mustSync(), trello.CardModel, "updated=1 unchanged=2")
			c.reads(doorText, step.want)
			if o, x := c.writes(); o != 1 || x != 0 {
				t.Errorf("when %s, Odoo was written %d times and Trello %d times: %s", step.does, o, x, c.sent())
			}
			c.quiet()
		}
		c.reviewed(trello.CardModel)
		if first, second := c.commits(), c.commits(); first != second {
			t.Errorf("a run at rest stored %d times and then %d times", first, second)
		}
	})
	t.Run("Ensure members and days stand with their items, as people in Odoo read them", func(t *testing.T) {
		c := newTold(t, "18.0")
		bob := c.trello.AddMember("bob", "Bob  <Baker>")
		due := time.Date(2026, 4, 1, 15, 0, 0, 0, time.UTC)
		c.editItem(c.cardID, "Sand", func(i *trellotest.CheckItem) { i.IDMember, i.Due = bob.ID, due })
		c.editItem(c.cardID, "Brush", func(i *trellotest.CheckItem) { i.Due = due })
		c.mustSync()
		c.reads(doorText, strings.Replace(stepsHTML, "Sand", "Sand (Bob &lt;Baker&gt;, 2026-04-01 17:00)", 1),
			strings.Replace(toolsHTML, "Brush", "Brush (2026-04-01 17:00)", 1))
		c.quiet()
	})
	t.Run("Ensure a new card brings them along, and a task without a text has them alone", func(t *testing.T) {
		s := boundOn(t, "18.0", inDescription)
		k := s.trello.AddCard(s.todo.ID, "Hang the door")
		s.trello.AddChecklist(k.ID, "Tools", "Brush")
		s.mustSync()
		id, _ := s.task("Hang the door")
		s.want("project.task", id, "description", toolsHTML)
		s.quiet()
		s.trello.DeleteChecklist(s.trello.Checklists(k.ID)[0].ID)
		s.mustSync()
		s.want("project.task", id, "description", "")
		s.quiet()
	})
	t.Run("Ensure a card and a task that are equal but for them are bound, and no person is asked", func(t *testing.T) {
		s := &scene{world: newWorld(t)}
		s.tune = inDescription
		project := s.odoo.Create("project.project", map[string]any{"name": "Workshop"})
		stage := s.odoo.Create("project.task.type", map[string]any{"name": "To do", "project_ids": []int64{project}})
		s.odoo.Create("project.task", map[string]any{"name": "Hang the door", "project_id": project, "stage_id": stage, "description": "<p>Mind it</p>", "user_ids": []any{}})
		board := s.trello.AddBoard("Workshop")
		k := s.trello.AddCard(s.trello.AddList(board.ID, "To do").ID, "Hang the door", trellotest.WithDesc("Mind it"))
		s.trello.AddChecklist(k.ID, "Tools", "Brush")
		s.mustSync()
		id, _ := s.task("Hang the door")
		s.want("project.task", id, "description", "<p>Mind it</p>"+toolsHTML)
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a new task becomes a card without a job more", func(t *testing.T) {
		var made []int
		for _, as := range []string{trello.ChecklistsOff, trello.ChecklistsHTML} {
			s := boundOn(t, "18.0", func(s *trello.Settings) { s.Checklists = as })
			s.addTask("Hang the door", map[string]any{"description": "<p>Mind the hinges</p>"})
			made = append(made, s.mustSync().Jobs.Enqueued)
			s.quiet()
			if first, second := s.commits(), s.commits(); first != second {
				t.Errorf("a run at rest stored %d times and then %d times", first, second)
			}
		}
		if made[0] != made[1] {
			t.Errorf("a new task makes %d jobs without and %d with checklists", made[0], made[1])
		}
	})
	t.Run("Ensure a copy of a task goes out without the block that was copied", func(t *testing.T) {
		c := newTold(t, "18.0")
		c.addTask("Paint the gate", map[string]any{"description": doorText + stepsHTML + toolsHTML})
		c.mustSync()
		if got := c.card("Paint the gate").Desc; got != "Two coats.\n\nGreen & white" {
			t.Errorf("the new card has the description %q", got)
		}
		c.quiet()
	})
	t.Run("Ensure they take no request of their own", func(t *testing.T) {
		var asked []int
		for _, as := range []string{trello.ChecklistsOff, trello.ChecklistsHTML} {
			c := newTold(t, "18.0")
			c.tune = func(s *trello.Settings) { s.Checklists, s.TimeZone = as, "UTC" }
			c.mustSync()
			c.resetRequests()
			c.mustSync()
			asked = append(asked, len(c.trello.Requests()))
		}
		if asked[0] != asked[1] {
			t.Errorf("a run at rest asks %d times without and %d times with checklists", asked[0], asked[1])
		}
	})
}

func TestDescriptionsBesideChecklists(t *testing.T) {
	eachVersion(t, "Ensure an edit in Odoo goes out without the checklists", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.describe("<p>Three coats</p>", stepsHTML, toolsHTML)
		c.counts(c.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		c.desc("Three coats")
		c.reads("<p>Three coats</p>", stepsHTML, toolsHTML)
		c.noOdooWrites()
		c.quiet()
	})
	eachVersion(t, "Ensure an edit in Trello leaves the checklists", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Three **coats**" })
		c.counts(c.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		c.reads("<p>Three <strong>coats</strong></p>", stepsHTML, toolsHTML)
		c.noTrelloWrites()
		c.quiet()
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "" })
		c.mustSync()
		c.reads(stepsHTML, toolsHTML)
		c.quiet()
	})
	eachVersion(t, "Ensure text and checklists that change at once both come", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Three coats" })
		c.trello.DeleteChecklist(c.tools.ID)
		c.counts(c.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		c.reads("<p>Three coats</p>", stepsHTML)
		c.quiet()
	})
	eachVersion(t, "Ensure the text goes out while the checklists come in", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.describe("<p>Three coats</p>", stepsHTML, toolsHTML)
		c.trello.DeleteChecklist(c.tools.ID)
		c.counts(c.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		c.reads("<p>Three coats</p>", stepsHTML)
		c.desc("Three coats")
		c.reviewed(trello.CardModel)
		c.quiet()
	})
	eachVersion(t, "Ensure a text that both sides changed waits for a person, and the checklists do not", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.describe("<p>Three coats</p>", stepsHTML, toolsHTML)
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Four coats" })
		c.trello.DeleteChecklist(c.tools.ID)
		c.mustSync()
		c.reads("<p>Three coats</p>", stepsHTML)
		c.desc("Four coats")
		c.reviewed(trello.CardModel, binding.Conflict)
		c.quiet()
		c.tick("Prime & dry", true)
		if r := c.mustSync(); r.Jobs.Enqueued != 1 {
			t.Errorf("a tick beside a text that waits made %d jobs", r.Jobs.Enqueued)
		}
		c.reviewed(trello.CardModel, binding.Conflict)
		c.quiet()
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Three coats" })
		c.mustSync()
		c.reads("<p>Three coats</p>", strings.Replace(stepsHTML, "<li>", `<li class="o_checked">`, 1))
		c.reviewed(trello.CardModel)
		c.quiet()
	})
	t.Run("Ensure the side that wins wins the text alone", func(t *testing.T) {
		for policy, want := range map[config.Conflict]string{config.ConflictOdoo: "Three coats", config.ConflictBackend: "Four coats"} {
			c := newTold(t, "18.0")
			c.model(trello.CardModel, func(m *config.Model) { m.Conflict = policy })
			c.describe("<p>Three coats</p>", stepsHTML, toolsHTML)
			c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Four coats" })
			c.trello.DeleteChecklist(c.tools.ID)
			c.mustSync()
			c.reads("<p>"+want+"</p>", stepsHTML)
			c.desc(want)
			c.quiet()
		}
	})
	t.Run("Ensure tables and people's own checklists stay theirs while ours change", func(t *testing.T) {
		const theirs = `<table><tbody><tr><td>Two coats</td></tr></tbody></table><ul class="o_checklist"><li class="o_checked">Call Bob</li></ul>`
		c := newTold(t, "18.0")
		c.describe(theirs, stepsHTML, toolsHTML)
		c.mustSync()
		c.desc("Two coats\n\n- Call Bob")
		c.tick("Brush", true)
		c.mustSync()
		c.reads(theirs, stepsHTML, strings.Replace(toolsHTML, "<li>", `<li class="o_checked">`, 1))
		c.reviewed(trello.CardModel)
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Three coats" })
		c.mustSync()
		c.reviewed(trello.CardModel, binding.Lossy)
		if r := c.reviews(trello.CardModel); !contains(r[0].Reason, "a table and a checklist") {
			t.Errorf("the review says %q", r[0].Reason)
		}
		c.trello.DeleteChecklist(c.tools.ID)
		c.mustSync()
		c.reads(theirs, stepsHTML)
		c.quiet()
	})
	t.Run("Ensure what is Odoo's own of a description is no loss beside ours", func(t *testing.T) {
		c := newTold(t, "18.0")
		c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Three coats" })
		c.tick("Brush", true)
		c.mustSync()
		c.reviewed(trello.CardModel)
	})
}

func TestPeopleEditTheBlock(t *testing.T) {
	ticked := strings.Replace(toolsHTML, "<li>", `<li class="o_checked">`, 1)
	for does, written := range map[string][]string{
		"ticks an item of":                 {doorText, stepsHTML, ticked},
		"edits an item of":                 {doorText, strings.Replace(stepsHTML, "Sand", "Sand twice", 1), toolsHTML},
		"deletes a part of":                {doorText, toolsHTML},
		"deletes":                          {doorText},
		"has an editor that adds ids to":   {doorText, strings.NewReplacer("<li", `<li id="checkId-1"`, "<h3", `<h3 style="margin:0"`).Replace(stepsHTML), toolsHTML},
		"has the text made a quote before": {`<div data-o-mail-quote-container="1">` + doorText, strings.ReplaceAll(stepsHTML, " class=", ` data-o-mail-quote="1" class=`), toolsHTML, `</div>`},
		"nests an item of":                 {doorText, strings.Replace(stepsHTML, "</ul>", `<li class="oe-nested"><ul class="o_checklist"><li>By hand</li></ul></li></ul>`, 1), toolsHTML},
		"makes bullets of":                 {doorText, strings.ReplaceAll(stepsHTML+toolsHTML, "o_checklist ", "")},
		"copies a part of":                 {doorText, stepsHTML, toolsHTML, toolsHTML},
	} {
		eachVersion(t, "Ensure nothing happens where somebody "+does+" the block, until the card's checklists change", func(t *testing.T, version string) {
			c := newTold(t, version)
			c.describe(written...)
			stands := c.value("project.task", c.task, "description").(string)
			c.counts(c.mustSync(), trello.CardModel, "unchanged=3")
			c.noOdooWrites()
			c.noTrelloWrites()
			c.quiet()
			c.reads(stands)
			c.tick("Sand", false)
			c.mustSync()
			text := doorText
			if strings.HasPrefix(stands, "<div") {
				text = `<div data-o-mail-quote-container="1">` + doorText + "</div>"
			}
			c.reads(text, strings.Replace(stepsHTML, ` class="o_checked"`, "", 1), toolsHTML)
			c.desc("Two coats.\n\nGreen & white")
			c.reviewed(trello.CardModel)
			c.quiet()
		})
	}
	eachVersion(t, "Ensure what people write behind or between the checklists is their text", func(t *testing.T, version string) {
		c := newTold(t, version)
		c.describe(doorText, stepsHTML, "<p>And open a window</p>", toolsHTML, `<p class="o_connector_checklist">At last</p>`)
		c.mustSync()
		c.desc("Two coats.\n\nGreen & white\n\nAnd open a window\n\nAt last")
		c.noOdooWrites()
		c.quiet()
		c.tick("Brush", true)
		c.mustSync()
		c.reads(doorText, "<p>And open a window</p>", `<p class="o_connector_checklist">At last</p>`, stepsHTML, ticked)
		c.quiet()
	})
	t.Run("Ensure a checklist whose end is missing is text", func(t *testing.T) {
		c := newTold(t, "18.0")
		c.odoo.Write("project.task", []int64{c.task}, map[string]any{"description": "<p>Odd</p>" + `<h3 class="o_connector_checklist">`})
		c.mustSync()
		c.desc("Odd")
		c.quiet()
	})
}

func TestTheSettingOfChecklists(t *testing.T) {
	eachVersion(t, "Ensure they come into the descriptions of cards that are bound already, and no job is made for the others", func(t *testing.T, version string) {
		s := boundOn(t, version, func(s *trello.Settings) { s.Checklists = trello.ChecklistsOff })
		s.trello.AddChecklist(s.card("Paint the door").ID, "Tools", "Brush")
		s.quiet()
		s.tune = inDescription
		if r := s.mustSync(); r.Jobs.Enqueued != 1 {
			t.Errorf("the setting made %d jobs", r.Jobs.Enqueued)
		}
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "description", doorText+toolsHTML)
		s.quiet()
	})
	for _, to := range []string{trello.ChecklistsOff, trello.ChecklistsSubtasks} {
		t.Run("Ensure the block stays where it is turned to "+to+", and goes nowhere", func(t *testing.T) {
			c := newTold(t, "18.0")
			c.tune = func(s *trello.Settings) { s.Checklists = to }
			c.mustSync()
			c.tick("Brush", true)
			c.mustSync()
			c.reads(doorText, stepsHTML, toolsHTML)
			c.desc("Two coats.\n\nGreen & white")
			c.quiet()
			c.describe("<p>Three coats</p>", stepsHTML, toolsHTML)
			c.mustSync()
			c.desc("Three coats")
			c.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Four coats" })
			c.mustSync()
			c.reads("<p>Four coats</p>", stepsHTML, toolsHTML)
			c.quiet()
			c.describe("<p>Four coats</p>")
			c.mustSync()
			c.desc("Four coats")
			c.quiet()
			c.tune = inDescription
			c.mustSync()
			c.reads("<p>Four coats</p>", stepsHTML, strings.Replace(toolsHTML, "<li>", `<li class="o_checked">`, 1))
			c.quiet()
		})
	}
	t.Run("Ensure sub-tasks that were made of items stay where the setting becomes html", func(t *testing.T) {
		c := newChecked(t)
		sand := c.child(c.task, "Sand")
		c.tune = inDescription
		c.mustSync()
		c.set("project.task", sand, "name", "Sand twice")
		c.mustSync()
		c.want("project.task", sand, "name", "Sand twice")
		c.item(c.cardID, "Sand")
		c.quiet()
	})
	t.Run("Ensure nothing comes where cards are only exported", func(t *testing.T) {
		s := boundOn(t, "18.0", inDescription)
		s.direct(trello.CardModel, config.DirectionExport)
		s.trello.AddChecklist(s.card("Paint the door").ID, "Tools", "Brush")
		s.mustSync()
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "description", doorText)
		s.quiet()
	})
	t.Run("Ensure a description that the configuration maps otherwise is no place for them", func(t *testing.T) {
		s := boundOn(t, "18.0", inDescription)
		s.mapping("model: trello.card\nfields:\n  - odoo: description\n    external: shortUrl\n    direction: import\n")
		_, err := s.sync()
		if err == nil || !strings.Contains(err.Error(), "html puts checklists into the description") {
			t.Errorf("the run says %v", err)
		}
	})
	t.Run("Ensure they come where descriptions do not cross", func(t *testing.T) {
		s := boundOn(t, "18.0", inDescription)
		s.mapping("model: trello.card\nfields:\n  - odoo: description\n    direction: off\n")
		s.trello.AddChecklist(s.card("Paint the door").ID, "Tools", "Brush")
		s.edit("Paint the door", func(k *trellotest.Card) { k.Desc = "Four coats" })
		s.mustSync()
		id, _ := s.task("Paint the door")
		s.want("project.task", id, "description", doorText+toolsHTML)
		s.quiet()
	})
}

func TestWhatTheBindingKnowsOfChecklists(t *testing.T) {
	t.Run("Ensure it keeps what both sides agreed on in a form that people can read", func(t *testing.T) {
		c := newTold(t, "18.0")
		c.tick("Brush", true)
		c.mustSync()
		got := c.bindingOf(trello.CardModel, c.cardID).Fields["checklists"].Base.AsText()
		if want := "## Steps\n- [x] Sand\n- [ ] Prime & dry\n## Tools\n- [x] Brush"; got != want {
			t.Errorf("the binding knows the checklists %q, want %q", got, want)
		}
	})
}
