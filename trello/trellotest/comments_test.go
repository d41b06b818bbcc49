package trellotest

import (
	"net/http"
	"testing"
)

func TestComments(t *testing.T) {
	t.Run("Ensure an edit keeps id and date and says when it was", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		made := okay(t, w.Server, "POST", "cards/"+w.card.ID+"/actions/comments", "text", "Which blue?")
		_, edited := made.in("data").object()["dateLastEdited"]
		equal(t, "edited at first", edited, false)
		okay(t, w.Server, "PUT", "actions/"+made.id(), "text", "Which green?")
		got := okay(t, w.Server, "GET", "actions/"+made.id())
		equal(t, "the text", got.in("data").field("text"), "Which green?")
		equal(t, "the date", got.field("date"), made.field("date"))
		comment := w.CommentsOf(w.card.ID)[0]
		equal(t, "seen directly", comment.Text == "Which green?" && comment.Edited.After(comment.Date), true)
	})
	t.Run("Ensure another member's comment can be deleted and not edited", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		anna := w.AddMember("anna", "Anna Ade")
		id := w.AddCommentBy(w.card.ID, anna.ID, "Mine")
		equal(t, "the author", okay(t, w.Server, "GET", "actions/"+id).in("memberCreator").field("fullName"), "Anna Ade")
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized permission requested", "PUT", "actions/"+id, "text", "Yours")
		okay(t, w.Server, "DELETE", "actions/"+id)
		equal(t, "comments", len(w.Comments(w.card.ID)), 0)
		equal(t, "the badge", okay(t, w.Server, "GET", "cards/"+w.card.ID).in("badges").field("comments"), "0")
	})
	t.Run("Ensure the newest come nested in their board, with chosen fields and authors", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		for _, text := range []string{"one", "two", "three"} {
			w.AddComment(w.card.ID, text)
		}
		w.ArchiveCard(w.card.ID)
		board := okay(t, w.Server, "GET", "boards/"+w.board.ID, "fields", "name", "actions", "commentCard", "actions_limit", "2",
			"action_fields", "data,date,type", "action_memberCreator_fields", "fullName,username")
		actions := reply{json: board.object()["actions"]}
		equal(t, "how many", len(actions.ids()), 2)
		equal(t, "the newest", actions.at(0).in("data").field("text"), "three")
		equal(t, "the author", actions.at(0).in("memberCreator").field("fullName"), "Demo Member")
		equal(t, "fields of the author", len(actions.at(0).in("memberCreator").object()), 3)
	})
	t.Run("Ensure a feed is read in pages, by id and by date", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		for _, text := range []string{"one", "two", "three", "four"} {
			w.AddComment(w.card.ID, text)
		}
		path := "boards/" + w.board.ID + "/actions"
		first := okay(t, w.Server, "GET", path, "filter", "commentCard", "limit", "2")
		equal(t, "the newest", first.at(0).in("data").field("text"), "four")
		second := okay(t, w.Server, "GET", path, "filter", "commentCard", "limit", "2", "before", first.ids()[1])
		equal(t, "the next", second.at(0).in("data").field("text"), "two")
		since := okay(t, w.Server, "GET", path, "filter", "commentCard", "since", second.ids()[0])
		equal(t, "since an id", len(since.ids()), 2)
		dated := okay(t, w.Server, "GET", path, "filter", "commentCard", "since", first.at(1).field("date"))
		equal(t, "since a date, that moment included", len(dated.ids()), 2)
	})
	t.Run("Ensure a deletion leaves an action only where the options say so", func(t *testing.T) {
		for _, recorded := range []bool{false, true} {
			w := newWorld(Options{Strict: true, DeletionsInFeed: recorded})
			okay(t, w.Server, "DELETE", "actions/"+w.AddComment(w.card.ID, "one"))
			feed := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "filter", "deleteComment,commentCard")
			equal(t, "an action", len(feed.ids()) == 1, recorded)
		}
	})
	t.Run("Ensure comments stay in the feed of the board where they were made, and with their card", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		_, list, _, _ := w.otherBoard()
		id := w.AddComment(w.card.ID, "one")
		w.MoveCard(w.card.ID, list.ID)
		filter := []string{"filter", "commentCard"}
		equal(t, "old board", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", filter...).ids()), 1)
		equal(t, "new board", len(okay(t, w.Server, "GET", "boards/"+list.IDBoard+"/actions", filter...).ids()), 0)
		equal(t, "card", okay(t, w.Server, "GET", "cards/"+w.card.ID+"/actions", filter...).ids()[0], id)
	})
}
