package trello_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
)

// say posts a message on a task as its followers see it, as somebody in Odoo would.
func (w *world) say(task int64, author, html string) int64 {
	w.t.Helper()
	return w.odoo.Create("mail.message", map[string]any{
		"model": "project.task", "res_id": task, "message_type": "comment", "subtype_id": w.subtype(false),
		"author_id": w.partner(author), "body": html,
	})
}

// note leaves an internal note on a task.
func (w *world) note(task int64, author, html string) int64 {
	w.t.Helper()
	return w.odoo.Create("mail.message", map[string]any{
		"model": "project.task", "res_id": task, "message_type": "comment", "subtype_id": w.subtype(true),
		"author_id": w.partner(author), "body": html,
	})
}

func (w *world) subtype(internal bool) int64 {
	w.t.Helper()
	return w.odoo.Search("mail.message.subtype", []any{[]any{"internal", "=", internal}, []any{"name", "in", []any{"Discussions", "Note"}}})[0]
}

func (w *world) partner(name string) int64 {
	w.t.Helper()
	if ids := w.odoo.Search("res.partner", []any{[]any{"name", "=", name}}); len(ids) > 0 {
		return ids[0]
	}
	return w.odoo.Create("res.partner", map[string]any{"name": name})
}

// messages are the bodies of what people said on a task, oldest first.
func (w *world) messages(task int64) (bodies []string) {
	w.t.Helper()
	ids := w.odoo.Search("mail.message", []any{[]any{"model", "=", "project.task"}, []any{"res_id", "=", task}, []any{"message_type", "=", "comment"}})
	slices.Sort(ids)
	for _, id := range ids {
		bodies = append(bodies, w.value("mail.message", id, "body").(string))
	}
	return bodies
}

func (w *world) message(task int64) int64 {
	w.t.Helper()
	return w.only("mail.message", []any{[]any{"model", "=", "project.task"}, []any{"res_id", "=", task}, []any{"message_type", "=", "comment"}})
}

// talked is a scene in which comments are followed, with a member and his one comment, and a message of somebody in Odoo.
type talked struct {
	*scene
	task             int64
	card             string
	ada              string // a member
	theirs, ours     string // comments: Ada's, and the copy of Bob's message
	posted, original int64  // messages: the copy of Ada's comment, and Bob's own
}

func chat(t testing.TB) *talked {
	t.Helper()
	s := &talked{scene: bound(t)}
	s.clock.Advance(time.Hour)
	s.ada = s.trello.AddMember("ada", "Ada Lovelace").ID
	s.task, _ = s.scene.task("Oil the hinges")
	s.card = s.scene.card("Oil the hinges").ID
	s.theirs = s.trello.AddCommentBy(s.card, s.ada, "Which oil?")
	s.mustSync()
	s.posted = s.message(s.task)
	s.original = s.say(s.task, "Bob Baker", "<p>Linseed</p>")
	s.mustSync()
	all := s.trello.CommentsOf(s.card)
	if len(all) != 2 {
		t.Fatalf("the card has the comments %+v", all)
	}
	s.ours = all[1].ID
	s.clock.Advance(time.Hour)
	s.resetRequests()
	return s
}

func TestComments(t *testing.T) {
	t.Run("Ensure a comment becomes a message that names its author and links to it", func(t *testing.T) {
		s := chat(t)
		link := "https://trello.com/c/" + s.scene.card("Oil the hinges").ShortLink + "#comment-" + s.theirs
		want := `<p><a href="` + link + `">Ada Lovelace</a> (Trello):</p><p>Which oil?</p>`
		s.want("mail.message", s.posted, "body", want)
		s.want("mail.message", s.posted, "subtype_id", s.subtype(false))
		s.quiet()
	})
	t.Run("Ensure a message becomes a comment that names its author", func(t *testing.T) {
		s := chat(t)
		if got := s.trello.Comments(s.card)[1]; got != "**Bob Baker (Odoo):**\n\nLinseed" {
			t.Errorf("the comment is %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure an edited comment changes its message and leaves the author's name", func(t *testing.T) {
		s := chat(t)
		lead, _, _ := strings.Cut(s.value("mail.message", s.posted, "body").(string), "<p>Which")
		s.trello.EditComment(s.theirs, "Which oil, **please**?")
		s.mustSync()
		if got := s.value("mail.message", s.posted, "body").(string); !strings.HasPrefix(got, lead+"<p>Which oil, ") {
			t.Errorf("the message is %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure an edited message changes its comment and leaves the author's name", func(t *testing.T) {
		s := chat(t)
		s.set("mail.message", s.original, "body", "<p>Linseed oil</p>")
		s.mustSync()
		if got := s.trello.Comments(s.card)[1]; got != "**Bob Baker (Odoo):**\n\nLinseed oil" {
			t.Errorf("the comment is %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure our copy can be edited at Trello, below the name or with it taken away", func(t *testing.T) {
		s := chat(t)
		s.trello.EditComment(s.ours, "**Bob Baker (Odoo):** Linseed, cold pressed")
		s.mustSync()
		s.want("mail.message", s.original, "body", "<p>Linseed, cold pressed</p>")
		s.quiet()
		s.trello.EditComment(s.ours, "Linseed, boiled")
		s.mustSync()
		s.want("mail.message", s.original, "body", "<p>Linseed, boiled</p>")
		s.quiet()
	})
	t.Run("Ensure an edit in Odoo of what somebody else wrote at Trello waits for a person, once", func(t *testing.T) {
		s := chat(t)
		lead, _, _ := strings.Cut(s.value("mail.message", s.posted, "body").(string), "<p>Which")
		s.set("mail.message", s.posted, "body", lead+"<p>Which wax?</p>")
		s.mustSync()
		s.reviewed(trello.CommentModel, binding.Unfit)
		if got := s.trello.Comments(s.card)[0]; got != "Which oil?" {
			t.Errorf("the comment is %q", got)
		}
		s.quiet()
		s.trello.EditComment(s.theirs, "Which wax?")
		s.mustSync()
		s.reviewed(trello.CommentModel)
		s.quiet()
	})
	t.Run("Ensure both sides' edits of one text are a conflict for the policy", func(t *testing.T) {
		for policy, want := range map[config.Conflict]string{config.ConflictOdoo: "Tung", config.ConflictBackend: "Walnut"} {
			s := chat(t)
			s.model(trello.CommentModel, func(m *config.Model) { m.Conflict = policy })
			s.trello.EditComment(s.ours, "**Bob Baker (Odoo):**\n\nWalnut")
			s.set("mail.message", s.original, "body", "<p>Tung</p>")
			s.mustSync()
			s.want("mail.message", s.original, "body", "<p>"+want+"</p>")
			if got := s.trello.Comments(s.card)[1]; got != "**Bob Baker (Odoo):**\n\n"+want {
				t.Errorf("with the policy %s the comment is %q", policy, got)
			}
			s.quiet()
		}
	})
	t.Run("Ensure internal notes, tracking and empty messages never leave", func(t *testing.T) {
		s := chat(t)
		s.note(s.task, "Bob Baker", "<p>Margin 40 %</p>")
		s.odoo.Create("mail.message", map[string]any{"model": "project.task", "res_id": s.task, "message_type": "notification", "subtype_id": s.subtype(false), "body": "<p>Stage changed</p>"})
		s.odoo.Create("mail.message", map[string]any{"model": "project.task", "res_id": s.task, "message_type": "email", "subtype_id": s.subtype(false), "body": "<p>An e-mail</p>"})
		s.say(s.task, "Bob Baker", "")
		s.odoo.Create("mail.message", map[string]any{"model": "project.project", "res_id": s.task, "message_type": "comment", "subtype_id": s.subtype(false), "body": "<p>Of a project with the same id</p>"})
		s.quiet()
		if got := s.trello.Comments(s.card); len(got) != 2 {
			t.Errorf("the card has the comments %q", got)
		}
	})
	t.Run("Ensure notes and e-mails leave where they are configured to", func(t *testing.T) {
		s := chat(t)
		s.note(s.task, "Bob Baker", "<p>A note</p>")
		s.odoo.Create("mail.message", map[string]any{"model": "project.task", "res_id": s.task, "message_type": "email", "subtype_id": s.subtype(false), "author_id": s.partner("Eve"), "body": "<p>An e-mail</p>"})
		s.tune = func(o *trello.Settings) { o.OdooMessages = "notes" }
		s.mustSync()
		if got := s.trello.Comments(s.card); len(got) != 3 || got[2] != "**Bob Baker (Odoo):**\n\nA note" {
			t.Errorf("with notes the card has the comments %q", got)
		}
		s.tune = func(o *trello.Settings) { o.OdooMessages = "all" }
		s.mustSync()
		if got := s.trello.Comments(s.card); len(got) != 4 || got[3] != "**Eve (Odoo):**\n\nAn e-mail" {
			t.Errorf("with all the card has the comments %q", got)
		}
		s.quiet()
	})
}

func TestCommentsBeforeTheBinding(t *testing.T) {
	old := func(t *testing.T) *scene {
		s := &scene{world: newWorld(t)}
		s.board, s.todo, s.doing = workshop(s.world)
		s.trello.AddComment(s.world.card("Oil the hinges").ID, "Said long ago")
		s.clock.Advance(24 * time.Hour)
		return s
	}
	t.Run("Ensure what was said before the board took part stays where it is", func(t *testing.T) {
		s := old(t)
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		s.quiet()
		if got := s.messages(id); len(got) != 0 {
			t.Errorf("the task has the messages %q", got)
		}
	})
	t.Run("Ensure with all it comes too, with its date and without telling anybody", func(t *testing.T) {
		s := old(t)
		said := s.clock.Now().Add(-24 * time.Hour)
		s.tune = func(o *trello.Settings) { o.Comments = "all" }
		s.mustSync()
		id, _ := s.task("Oil the hinges")
		at := fmt.Sprint(s.value("mail.message", s.message(id), "date"))
		if got, err := time.Parse(time.DateTime, at); err != nil || said.Sub(got) > time.Minute {
			t.Errorf("the message is of %s, the comment of %s", at, said)
		}
		for _, r := range s.odoo.Requests() {
			if r.Method == "message_post" {
				t.Error("history was posted, which tells all followers")
			}
		}
		s.quiet()
	})
}

func TestDeletedComments(t *testing.T) {
	t.Run("Ensure the copy of a deleted comment goes with it", func(t *testing.T) {
		s := chat(t)
		s.trello.DeleteComment(s.theirs)
		s.mustSync()
		if s.odoo.Read("mail.message", s.posted, "body") != nil {
			t.Error("the message is still there")
		}
		s.reviewed(trello.CommentModel)
		s.quiet()
	})
	t.Run("Ensure the copy of a deleted message goes with it", func(t *testing.T) {
		s := chat(t)
		s.odoo.Unlink("mail.message", s.original)
		s.mustSync()
		if got := s.trello.Comments(s.card); len(got) != 1 {
			t.Errorf("the card has the comments %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure a message that its author emptied counts as deleted", func(t *testing.T) {
		s := chat(t)
		s.set("mail.message", s.original, "body", "")
		s.mustSync()
		if got := s.trello.Comments(s.card); len(got) != 1 {
			t.Errorf("the card has the comments %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure an original stays when its copy is deleted", func(t *testing.T) {
		s := chat(t)
		s.trello.DeleteComment(s.ours)
		s.odoo.Unlink("mail.message", s.posted)
		s.mustSync()
		s.want("mail.message", s.original, "body", "<p>Linseed</p>")
		if got := s.trello.Comments(s.card); len(got) != 1 || got[0] != "Which oil?" {
			t.Errorf("the card has the comments %q", got)
		}
		s.reviewed(trello.CommentModel, binding.Deleted, binding.Deleted)
		s.quiet()
	})
	t.Run("Ensure copies are kept where that is configured", func(t *testing.T) {
		s := chat(t)
		s.tune = func(o *trello.Settings) { o.CommentDeletions = "keep" }
		s.trello.DeleteComment(s.theirs)
		s.odoo.Unlink("mail.message", s.original)
		s.mustSync()
		if s.odoo.Read("mail.message", s.posted, "body") == nil || len(s.trello.Comments(s.card)) != 1 {
			t.Error("a copy was deleted")
		}
		s.quiet()
	})
	t.Run("Ensure messages that Odoo deletes with their task leave the comments alone", func(t *testing.T) {
		s := chat(t)
		s.odoo.Unlink("project.task", s.task)
		s.mustSync()
		if got := s.trello.Comments(s.card); len(got) != 2 {
			t.Errorf("the card has the comments %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure comments that Trello deletes with their card leave the messages alone", func(t *testing.T) {
		s := chat(t)
		s.trello.DeleteCard(s.card)
		s.mustSync()
		if got := s.messages(s.task); len(got) != 2 {
			t.Errorf("the task has the messages %q", got)
		}
		s.quiet()
	})
}
