package trellotest

import (
	"fmt"
	"strings"
	"testing"
)

// feedOf lists the kinds in a feed, newest first, with the changed field of an update.
func feedOf(t *testing.T, s *Server, path string, pairs ...string) string {
	t.Helper()
	all, _ := okay(t, s, "GET", path, pairs...).json.([]any)
	kinds := make([]string, 0, len(all))
	for _, one := range all {
		o, _ := one.(map[string]any)
		data, _ := o["data"].(map[string]any)
		kind := fmt.Sprint(o["type"])
		if old, updated := data["old"].(map[string]any); updated {
			kind += ":" + strings.Join(sortedNames(old), "+")
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, " ")
}

func TestActions(t *testing.T) {
	t.Run("Ensure due and members of a new card are logged before its creation, labels not at all", func(t *testing.T) {
		w := newWorld(Options{}) // captures/trello/can_get_actions_of_board
		me := w.state.members[0].ID
		c := okay(t, w.Server, "POST", "cards", "name", "New", "idList", w.todo.ID, "due", "2030-01-01", "idMembers", me, "idLabels", w.red.ID).id()
		equal(t, "feed", feedOf(t, w.Server, "cards/"+c+"/actions", "filter", "all"), "createCard addMemberToCard updateCard:due")
		copied := okay(t, w.Server, "POST", "cards", "idList", w.todo.ID, "idCardSource", c).id()
		equal(t, "feed of a copy", feedOf(t, w.Server, "cards/"+copied+"/actions", "filter", "all"), "copyCard addMemberToCard updateCard:due")
	})
	t.Run("Ensure each changed field is an action with what was before", func(t *testing.T) { // captures/trello/can_get_actions
		w := newWorld(Options{})
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "name", "C1", "desc", "d", "closed", "true")
		equal(t, "feed", feedOf(t, w.Server, "boards/"+w.board.ID+"/actions", "filter", "updateCard"), "updateCard:closed updateCard:desc updateCard:name")
		r := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "filter", "updateCard:name", "fields", "data", "memberCreator", "false")
		equal(t, "old", r.at(0).in("data").in("old").field("name"), "Paint the door")
	})
	t.Run("Ensure a move between lists names both", func(t *testing.T) {
		w := newWorld(Options{})
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "idList", w.doing.ID)
		r := okay(t, w.Server, "GET", "cards/"+w.card.ID+"/actions")
		for _, part := range []string{`"listBefore":{"id":"` + w.todo.ID, `"listAfter":{"id":"` + w.doing.ID, `"old":{"idList":"` + w.todo.ID} {
			if !strings.Contains(r.text, part) {
				t.Errorf("%s is not in %s", part, r.text)
			}
		}
	})
	t.Run("Ensure a card's own feed shows comments and list moves unless a filter is given", func(t *testing.T) { // facts, "surprises"
		w := newWorld(Options{})
		w.MoveCard(w.card.ID, w.doing.ID)
		w.UpdateCard(w.card.ID, func(c *Card) { c.Name = "x" })
		w.AddComment(w.card.ID, "hello")
		equal(t, "feed", feedOf(t, w.Server, "cards/"+w.card.ID+"/actions"), "commentCard updateCard:idList")
		equal(t, "whole feed", feedOf(t, w.Server, "cards/"+w.card.ID+"/actions", "filter", "all"), "commentCard updateCard:name updateCard:idList createCard")
	})
}

func TestFeeds(t *testing.T) {
	t.Run("Ensure a deleted card takes its actions along and deleteCard has no name", func(t *testing.T) { // captures/trello/can_get_actions_of_board
		w := newWorld(Options{})
		comment := w.AddComment(w.card.ID, "hello")
		okay(t, w.Server, "DELETE", "cards/"+w.card.ID)
		refused(t, w.Server, 404, "The requested resource was not found.", "GET", "actions/"+comment)
		path := "boards/" + w.board.ID + "/actions"
		equal(t, "feed", feedOf(t, w.Server, path, "filter", "deleteCard,createCard,commentCard,createBoard"), "deleteCard createBoard")
		r := okay(t, w.Server, "GET", path, "filter", "deleteCard", "fields", "data", "memberCreator", "false")
		want := fmt.Sprintf("map[id:%s idShort:1 shortLink:%s]", w.card.ID, w.card.ShortLink)
		equal(t, "card", fmt.Sprint(r.at(0).in("data").object()["card"]), want)
	})
	t.Run("Ensure names in the feed are those of the time", func(t *testing.T) { // captures/trello/can_get_actions
		w := newWorld(Options{})
		w.UpdateCard(w.card.ID, func(c *Card) { c.Name = "Later" })
		if r := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "filter", "createCard"); !strings.Contains(r.text, "Paint the door") {
			t.Errorf("the old name is gone: %s", r.text)
		}
	})
	t.Run("Ensure the feed is paged by since, before and limit", func(t *testing.T) {
		w := newWorld(Options{})
		for range 60 {
			w.AddCard(w.todo.ID, "Card")
		}
		path := "boards/" + w.board.ID + "/actions"
		newest := okay(t, w.Server, "GET", path).ids()
		equal(t, "usual page", len(newest), 50)
		equal(t, "since the first of the page", len(okay(t, w.Server, "GET", path, "since", newest[0]).ids()), 0)
		equal(t, "since the last of the page", len(okay(t, w.Server, "GET", path, "since", newest[49]).ids()), 49)
		equal(t, "before the last of the page", len(okay(t, w.Server, "GET", path, "before", newest[49]).ids()), 14)
		equal(t, "second page", okay(t, w.Server, "GET", path, "page", "1", "limit", "10").ids()[0], newest[10])
		equal(t, "since a date", len(okay(t, w.Server, "GET", path, "since", "2024-03-01T09:01:00.000Z", "limit", "1000").ids()), 7) // seconds 60 to 66
		equal(t, "created cards", len(okay(t, w.Server, "GET", path, "filter", "createCard", "limit", "1000").ids()), 61)
	})
	t.Run("Ensure a comment can be changed and deleted, and nothing else can", func(t *testing.T) { // captures/trello/comment_delete
		w := newWorld(Options{})
		id := okay(t, w.Server, "POST", "cards/"+w.card.ID+"/actions/comments", "text", "hello").id()
		okay(t, w.Server, "PUT", "cards/"+w.card.ID+"/actions/"+id+"/comments", "text", "bye")
		equal(t, "comments", strings.Join(w.Comments(w.card.ID), ";"), "bye")
		equal(t, "body", okay(t, w.Server, "DELETE", "actions/"+id).text, `{"_value":null}`)
		refused(t, w.Server, 404, "The requested resource was not found.", "GET", "actions/"+id)
		created := okay(t, w.Server, "GET", "cards/"+w.card.ID+"/actions", "filter", "createCard").ids()[0]
		refused(t, w.Server, 400, "the action is not a comment", "DELETE", "actions/"+created)
	})
	t.Run("Ensure a board's changes are told field by field", func(t *testing.T) { // captures/trello/can_get_actions_of_members
		w := newWorld(Options{})
		okay(t, w.Server, "PUT", "boards/"+w.board.ID, "name", "x", "closed", "true")
		okay(t, w.Server, "PUT", "lists/"+w.todo.ID, "name", "y")
		equal(t, "feed", feedOf(t, w.Server, "members/me/actions", "filter", "updateBoard,updateList"), "updateList:name updateBoard:closed updateBoard:name")
	})
}

func BenchmarkBoardCards(b *testing.B) {
	w := newWorld(Options{})
	for range 1000 {
		w.AddCard(w.todo.ID, "Paint the door", WithDesc("in *blue*"), WithLabels(w.red.ID))
	}
	for b.Loop() {
		okay(b, w.Server, "GET", "boards/"+w.board.ID+"/cards", "filter", "all", "fields", "name,desc,idList,idLabels,due,closed,dateLastActivity,pos")
	}
}

func BenchmarkPutCard(b *testing.B) {
	w := newWorld(Options{})
	names := [2]string{"one", "two"}
	for i := 0; b.Loop(); i++ {
		okay(b, w.Server, "PUT", "cards/"+w.card.ID, "name", names[i%2])
	}
}
