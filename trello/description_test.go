package trello_test

import (
	"context"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

const (
	formattedMarkdown = "**Two** coats of *blue*, see [the plan](https://plans.example/door_2)\n\n- sand\n  - by hand\n- paint\n\n> Mind the `hinges`"
	formattedHTML     = `<p><strong>Two</strong> coats of <em>blue</em>, see <a href="https://plans.example/door_2">the plan</a></p>` +
		`<ul><li>sand<ul><li>by hand</li></ul></li><li>paint</li></ul><blockquote><p>Mind the <code>hinges</code></p></blockquote>`
)

func TestFormattedDescriptions(t *testing.T) {
	t.Run("Ensure a card's Markdown is HTML in Odoo, and an edit of either crosses", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = formattedMarkdown })
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		s.want("project.task", id, "description", strings.Replace(formattedHTML, "<blockquote>", `<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1">`, 1))
		s.noTrelloWrites()
		s.quiet()
		s.set("project.task", id, "description", strings.Replace(formattedHTML, "sand<", "sand, <s>twice</s><", 1))
		s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
		s.noOdooWrites()
		if want := strings.Replace(formattedMarkdown, "- sand", "- sand, ~~twice~~", 1); s.card("Paint the door").Desc != want {
			t.Errorf("the card has the description %q, want %q", s.card("Paint the door").Desc, want)
		}
		s.quiet()
	})
	t.Run("Ensure what Odoo's editor and sanitizer do to a text that no one edited goes nowhere", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = formattedMarkdown })
		s.mustSync()
		for _, html := range []string{
			strings.NewReplacer("<blockquote>", `<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1">`, "<blockquote><p>", `<p data-o-mail-quote="1">`).Replace(formattedHTML),
			strings.NewReplacer("<ul><li>by hand</li></ul></li>", `</li><li class="oe-nested"><ul><li>by hand</li></ul></li>`, "<strong>", "<b>", "</strong>", "</b>").Replace(formattedHTML),
			strings.NewReplacer("<p>", `<p data-oe-version="1.2">`, "paint", "<p>paint</p>", "of ", "of&nbsp;").Replace(formattedHTML) + "<p><br></p>",
			strings.NewReplacer(`<a `, `<a target="_blank" class="o_link" `, "<code>", `<code class="o_inline_code">`).Replace(formattedHTML),
		} {
			s.resetRequests()
			s.set("project.task", id, "description", html)
			s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
			s.noOdooWrites()
			s.noTrelloWrites()
			s.quiet()
		}
	})
	t.Run("Ensure Markdown that is written otherwise but looks the same goes nowhere", func(t *testing.T) {
		s := bound(t)
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = formattedMarkdown })
		s.mustSync()
		s.resetRequests()
		s.edit("Paint the door", func(c *trellotest.Card) {
			c.Desc = strings.NewReplacer("**Two**", "__Two__", "*blue*", "_blue_", "- ", "* ").Replace(formattedMarkdown) + "\n\n"
		})
		s.counts(s.mustSync(), trello.CardModel, "unchanged=3")
		s.noOdooWrites()
		s.noTrelloWrites()
		s.quiet()
	})
	t.Run("Ensure raw HTML and scripts on a card are text in Odoo", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "<script>alert(1)</script> [x](javascript:alert(1))" })
		s.mustSync()
		s.want("project.task", id, "description", "<p>&lt;script&gt;alert(1)&lt;/script&gt; [x](javascript:alert(1))</p>")
		s.quiet()
	})
	t.Run("Ensure ten thousand nested quotes, controls and broken text on a card come to rest", func(t *testing.T) {
		s := bound(t)
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = strings.Repeat(">", 10000) + " deep \x00\x07 \u202e" })
		s.mustSync()
		s.quiet()
	})
	t.Run("Ensure the plan names what stays behind when a description goes out", func(t *testing.T) {
		s := bound(t)
		var told []string
		s.explain = func(step string) { told = append(told, step) }
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "description", `<table><tbody><tr><td>Two coats</td></tr></tbody></table><p><img src="/web/image/1"></p>`)
		s.mustSync()
		if want := "goes outside without a table and an image"; !contains(strings.Join(told, "\n"), want) {
			t.Errorf("the job told %q, want %q in it", told, want)
		}
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		s.mustSync()
		if r := s.reviews(trello.CardModel); len(r) != 1 || !contains(r[0].Reason, "has a table and an image in Odoo") {
			t.Errorf("the reviews are %+v", r)
		}
	})
}

func TestTooLong(t *testing.T) {
	long := strings.Repeat("word ", markup.Limit/5) + "and more"
	t.Run("Ensure a description that is too long for Trello waits for a person, is not cut, and holds nothing else back", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.odoo.Write("project.task", []int64{id}, map[string]any{"description": "<p>" + long + "</p>", "name": "Paint both doors"})
		s.mustSync()
		if c := s.card("Paint both doors"); c.Desc != "Two coats.\n\nGreen & white" {
			t.Errorf("the card has the description %.60q", c.Desc)
		}
		s.noOdooWrites()
		s.reviewed(trello.CardModel, binding.Unfit)
		if r := s.reviews(trello.CardModel)[0]; r.Field != "description" || !contains(r.Reason, "16388 characters") || !contains(r.Reason, "16384") {
			t.Errorf("the review says %q of %q", r.Reason, r.Field)
		}
		s.quiet()
		s.reviewed(trello.CardModel, binding.Unfit)
		s.set("project.task", id, "description", "<p>"+long[:100]+"</p>")
		s.mustSync()
		if c := s.card("Paint both doors"); c.Desc != strings.TrimSpace(long[:100]) {
			t.Errorf("the card has the description %q", c.Desc)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure an edit in Trello is not written over a longer text that waits", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "description", "<p>"+long+"</p>")
		s.mustSync()
		stored := s.value("project.task", id, "description")
		s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three coats" })
		s.resetRequests()
		s.mustSync()
		s.noOdooWrites()
		s.want("project.task", id, "description", stored)
		s.reviewed(trello.CardModel, binding.Conflict)
		s.quiet()
	})
	t.Run("Ensure a text of just the length goes out", func(t *testing.T) {
		s := bound(t)
		id, _ := s.task("Paint the door")
		s.set("project.task", id, "description", "<p>"+strings.Repeat("ä", markup.Limit)+"</p>")
		s.mustSync()
		if n := markup.Length(s.card("Paint the door").Desc); n != markup.Limit {
			t.Errorf("the card's description has %d characters", n)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	t.Run("Ensure a new task with such a text becomes a card without it, and the text follows when it is shorter", func(t *testing.T) {
		s := bound(t)
		id := s.addTask("Hang the door", map[string]any{"description": "<p>" + long + "</p>", "date_deadline": "2026-04-01 09:30:00"})
		s.mustSync()
		if c := s.card("Hang the door"); c.Desc != "" || c.Due.IsZero() {
			t.Errorf("the card is %+v", c)
		}
		s.reviewed(trello.CardModel, binding.Unfit)
		s.noOdooWrites()
		s.quiet()
		s.set("project.task", id, "description", "<p>short</p>")
		s.mustSync()
		if c := s.card("Hang the door"); c.Desc != "short" {
			t.Errorf("the card has the description %.60q", c.Desc)
		}
		s.reviewed(trello.CardModel)
		s.quiet()
	})
	for what, name := range map[string]string{"a blank name": " ", "a name that is too long": strings.Repeat("door ", markup.Limit/5) + "and more"} {
		t.Run("Ensure "+what+" in Odoo waits for a person and holds nothing else back", func(t *testing.T) {
			s := bound(t)
			id, _ := s.task("Paint the door")
			s.odoo.Write("project.task", []int64{id}, map[string]any{"name": name, "description": "<p>Three coats</p>"})
			s.mustSync()
			if c := s.card("Paint the door"); c.Desc != "Three coats" {
				t.Errorf("the card has the description %q", c.Desc)
			}
			s.reviewed(trello.CardModel, binding.Unfit)
			s.noOdooWrites()
			s.quiet()
			s.set("project.task", id, "name", "Paint it")
			s.mustSync()
			s.card("Paint it")
			s.reviewed(trello.CardModel)
			s.quiet()
		})
		t.Run("Ensure a new task with "+what+" makes no card until it has another", func(t *testing.T) {
			s := bound(t)
			id := s.addTask(name, nil)
			s.counts(s.mustSync(), trello.CardModel, "unchanged=3 skipped=1")
			s.noTrelloWrites()
			s.reviewed(trello.CardModel, binding.Unfit)
			s.quiet()
			s.set("project.task", id, "name", "Hang the door")
			s.counts(s.mustSync(), trello.CardModel, "created=1 unchanged=3")
			s.reviewed(trello.CardModel)
			s.quiet()
		})
	}
}

// asPlainText makes a pair what it was when descriptions were compared as plain text.
func (s *scene) asPlainText(cardID, text string) {
	s.t.Helper()
	s.with(func(ctx context.Context, r *run) {
		all, err := r.env.Binder.ByExternal(ctx, trello.CardModel, []string{cardID})
		if err != nil {
			s.t.Fatal(err)
		}
		b := all[cardID]
		st := b.Fields["description"]
		st.Base = record.Text(text)
		b.Fields["description"] = st
		if err := r.db.Write(ctx, func(tx *state.Tx) error { return r.env.Binder.Save(ctx, tx, &b) }); err != nil {
			s.t.Fatal(err)
		}
	})
}

func TestDescriptionsFromBefore(t *testing.T) {
	t.Run("Ensure a pair that was bound as plain text stays as it is", func(t *testing.T) {
		s := bound(t)
		s.asPlainText(s.card("Paint the door").ID, "Two coats.\n\nGreen & white")
		s.quiet()
	})
	t.Run("Ensure an edit on either side of such a pair crosses, with its marks", func(t *testing.T) {
		for _, side := range []string{"Trello", "Odoo"} {
			s := bound(t)
			id, _ := s.task("Paint the door")
			s.asPlainText(s.card("Paint the door").ID, "Two coats.\n\nGreen & white")
			if side == "Trello" {
				s.edit("Paint the door", func(c *trellotest.Card) { c.Desc = "Three **coats**" })
			} else {
				s.set("project.task", id, "description", "<p>Three <strong>coats</strong></p>")
			}
			s.counts(s.mustSync(), trello.CardModel, "updated=1 unchanged=2")
			s.want("project.task", id, "description", "<p>Three <strong>coats</strong></p>")
			if c := s.card("Paint the door"); c.Desc != "Three **coats**" {
				t.Errorf("the card has the description %q", c.Desc)
			}
			s.reviewed(trello.CardModel)
			s.quiet()
		}
	})
}
