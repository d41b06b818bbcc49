package trello_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

// talkScenarios are those of what people say on a card and hang on it.
var talkScenarios = []scenario{
	{"comments and attachments that are new", func(w *world) { talk(w, quietCard(w)) }, `
attachment Colours → https://example.com/colours of card Talk
attachment Colours → https://example.com/colours of task Talk
attachment first.txt: 1 of card Talk
attachment first.txt: 1 of task Talk
attachment second.txt: 2 of card Talk
attachment second.txt: 2 of task Talk
board Workshop
card Talk @ Workshop/To do
comment "**Bob Baker (Odoo):**\n\nOK" on Talk
comment "**Bob Baker (Odoo):**\n\nOK" on Talk
comment "Which oil?" on Talk
list To do on Workshop
message "<p><a href=…>Ada Lovelace</a> (Trello):</p><p>Which oil?</p>" on Talk
message "<p>OK</p>" on Talk
message "<p>OK</p>" on Talk
project Workshop
stage To do in [Workshop]
task Talk @ Workshop/To do
trello.attachment Colours ↔ Colours
trello.attachment first.txt ↔ first.txt
trello.attachment second.txt ↔ second.txt
trello.board Workshop ↔ Workshop
trello.card Talk ↔ Talk
trello.comment comment ↔ message
trello.comment comment ↔ message
trello.comment comment ↔ message
trello.list To do ↔ To do
`, true},
	{"comments that are edited and deleted", func(w *world) {
		card := quietCard(w)
		talk(w, card)
		w.mustSync()
		w.clock.Advance(time.Hour)
		w.rethink(card)
	}, `
attachment Colours → https://example.com/colours of card Talk
attachment Colours → https://example.com/colours of task Talk
attachment first.txt: 1 of card Talk
attachment first.txt: 1 of task Talk
attachment second.txt: 2 of card Talk
attachment second.txt: 2 of task Talk
board Workshop
card Talk @ Workshop/To do
comment "**Bob Baker (Odoo):**\n\nOK, then" on Talk
comment "Which oil, please?" on Talk
list To do on Workshop
message "<p><a href=…>Ada Lovelace</a> (Trello):</p><p>Which oil, please?</p>" on Talk
message "<p>OK, then</p>" on Talk
project Workshop
stage To do in [Workshop]
task Talk @ Workshop/To do
trello.attachment Colours ↔ Colours
trello.attachment first.txt ↔ first.txt
trello.attachment second.txt ↔ second.txt
trello.board Workshop ↔ Workshop
trello.card Talk ↔ Talk
trello.comment OK ↔ 
trello.comment comment ↔ message
trello.comment comment ↔ message
trello.list To do ↔ To do
`, false},
}

// quietCard is a board with one card, synchronized an hour ago.
func quietCard(w *world) trellotest.Card {
	board := w.trello.AddBoard("Workshop")
	card := w.trello.AddCard(w.trello.AddList(board.ID, "To do").ID, "Talk")
	w.mustSync()
	w.clock.Advance(time.Hour)
	return card
}

// talk is what people say on both sides, one thing twice, and what they attach.
func talk(w *world, card trellotest.Card) {
	task := w.odooID("project.task", "Talk")
	w.trello.AddCommentBy(card.ID, w.trello.AddMember("ada", "Ada Lovelace").ID, "Which oil?")
	w.say(task, "Bob Baker", "<p>OK</p>")
	w.say(task, "Bob Baker", "<p>OK</p>")
	w.trello.AddFile(card.ID, "first.txt", "text/plain", []byte("1"))
	w.trello.AddLink(card.ID, "Colours", "https://example.com/colours")
	w.hang("project.task", task, "second.txt", "2")
}

// rethink edits a comment on each side and deletes a message.
func (w *world) rethink(card trellotest.Card) {
	for _, c := range w.trello.CommentsOf(card.ID) {
		if c.Text == "Which oil?" {
			w.trello.EditComment(c.ID, "Which oil, please?")
		}
	}
	ids := w.odoo.Search("mail.message", []any{[]any{"body", "=", "<p>OK</p>"}})
	slices.Sort(ids)
	w.odoo.Write("mail.message", ids[:1], map[string]any{"body": "<p>OK, then</p>"})
	w.odoo.Unlink("mail.message", ids[1])
}

// talkPicture are all comments, messages that people wrote, and attachments of cards and tasks.
func (w *world) talkPicture(names map[string]string) (lines []string) {
	for _, b := range w.trello.Boards() {
		for _, c := range w.trello.Cards(b.ID) {
			for _, said := range w.trello.CommentsOf(c.ID) {
				names[said.ID] = "comment"
				lines = append(lines, fmt.Sprintf("comment %q on %s", said.Text, c.Name))
			}
			for _, a := range w.trello.Attachments(c.ID) {
				names[a.ID] = a.Name
			}
			for _, hung := range w.hung(c.ID) {
				lines = append(lines, "attachment "+hung+" of card "+c.Name)
			}
		}
	}
	return append(lines, w.talkOfTasks(names)...)
}

func (w *world) talkOfTasks(names map[string]string) (lines []string) {
	for _, id := range w.odoo.Search("mail.message", []any{[]any{"model", "=", "project.task"}, []any{"message_type", "=", "comment"}}) {
		r := w.odoo.Read("mail.message", id, "body", "res_id")
		names[fmt.Sprint("mail.message,", id)] = "message"
		body := r["body"].(string)
		if i := strings.Index(body, "href=\""); i >= 0 {
			body = body[:i] + "href=…" + body[i+strings.Index(body[i:], ">"):]
		}
		lines = append(lines, fmt.Sprintf("message \"%s\" on %s", body, names[fmt.Sprint("project.task,", r["res_id"])]))
	}
	for _, id := range w.odoo.Search("ir.attachment", []any{[]any{"res_model", "=", "project.task"}, []any{"res_field", "=", false}}) {
		names[fmt.Sprint("ir.attachment,", id)] = w.odoo.Read("ir.attachment", id, "name")["name"].(string)
	}
	for _, task := range w.odoo.Search("project.task", nil) {
		for _, hung := range w.files(task) {
			lines = append(lines, "attachment "+hung+" of task "+names[fmt.Sprint("project.task,", task)])
		}
	}
	return lines
}
