package trellotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestRights(t *testing.T) {
	t.Run("Ensure a token of the scope read may read and not write", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.SetReadOnly(true)
		okay(t, w.Server, "GET", "cards/"+w.card.ID)
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized permission requested", "PUT", "cards/"+w.card.ID, "name", "x")
		w.SetReadOnly(false)
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "name", "x")
	})
	t.Run("Ensure a revoked token is invalid", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.RevokeToken(true)
		refused(t, w.Server, http.StatusUnauthorized, "invalid token", "GET", "members/me/boards")
	})
	t.Run("Ensure an observer reads a board and all on it, and writes nothing", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		list := w.AddChecklist(w.card.ID, "Steps", "a")
		w.SetRights(w.board.ID, MayRead)
		okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards")
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized card permission requested", "PUT", "cards/"+w.card.ID, "name", "x")
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized permission requested", "POST", "cards", "idList", w.todo.ID, "name", "x")
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized permission requested", "POST", "checklists/"+list.ID+"/checkItems", "name", "b")
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized permission requested", "POST", "labels", "idBoard", w.board.ID, "name", "n", "color", "red")
	})
	t.Run("Ensure a board without rights is not among the member's", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.SetRights(w.board.ID, MayNothing)
		equal(t, "boards", len(okay(t, w.Server, "GET", "members/me/boards", "filter", "all").ids()), 0)
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized permission requested", "GET", "boards/"+w.board.ID)
		refused(t, w.Server, http.StatusUnauthorized, "unauthorized card permission requested", "GET", "cards/"+w.card.ID)
	})
	t.Run("Ensure a member who left is on no card and cannot be put on one", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		anna := w.AddMember("anna", "Anna Ade")
		w.UpdateCard(w.card.ID, func(c *Card) { c.IDMembers = []string{anna.ID} })
		w.RemoveMember(w.board.ID, anna.ID)
		equal(t, "members of the card", okay(t, w.Server, "GET", "cards/"+w.card.ID).count("idMembers"), 0)
		equal(t, "members of the board", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/members").ids()), 1)
		refused(t, w.Server, http.StatusBadRequest, "invalid value for idMembers", "PUT", "cards/"+w.card.ID, "idMembers", anna.ID)
	})
}

func TestTooManyCards(t *testing.T) {
	t.Run("Ensure many cards do not come with their actions", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		for i := range maxPage {
			w.AddCard(w.todo.ID, fmt.Sprint(i))
		}
		got := do(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "actions", "commentCard")
		equal(t, "status", got.status, http.StatusForbidden)
		equal(t, "error", got.field("error"), "API_TOO_MANY_CARDS_REQUESTED")
		equal(t, "without", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards").ids()), maxPage+1)
		equal(t, "a page", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "actions", "commentCard", "limit", "1000").ids()), maxPage)
	})
	t.Run("Ensure more cards than the options allow come in pages only", func(t *testing.T) {
		w := newWorld(Options{Strict: true, MaxCards: 2})
		for i := range 4 {
			w.AddCard(w.todo.ID, fmt.Sprint(i))
		}
		path := "boards/" + w.board.ID + "/cards"
		equal(t, "all", do(t, w.Server, "GET", path).field("error"), "API_TOO_MANY_CARDS_REQUESTED")
		equal(t, "nested", do(t, w.Server, "GET", "boards/"+w.board.ID, "cards", "all").field("error"), "API_TOO_MANY_CARDS_REQUESTED")
		first := okay(t, w.Server, "GET", path, "limit", "2")
		second := okay(t, w.Server, "GET", path, "limit", "2", "before", first.ids()[0])
		equal(t, "the pages", first.at(0).field("name")+first.at(1).field("name")+second.at(0).field("name")+second.at(1).field("name"), "2301")
	})
}

func TestLimits(t *testing.T) {
	t.Run("Ensure a key that is refused 200 times is locked for the rest of the window", func(t *testing.T) {
		now := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
		s := New(Options{RateLimit: true, Clock: func() time.Time { return now }})
		var last reply
		for range 100 {
			okay(t, s, "GET", "search", "query", "x")
		}
		for range 201 {
			last = do(t, s, "GET", "search", "query", "x")
		}
		equal(t, "after 200 refusals", last.field("error"), "API_KEY_LIMIT_EXCEEDED")
		now = now.Add(10 * time.Second)
		okay(t, s, "GET", "search", "query", "x")
	})
	t.Run("Ensure an injected refusal carries the counts too", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.Fail(func(Request) error { return &Refusal{Status: http.StatusTooManyRequests} })
		got := do(t, w.Server, "GET", "boards/"+w.board.ID)
		equal(t, "the count of the token", got.header.Get("X-Rate-Limit-Api-Token-Max"), "100")
		equal(t, "a pause asked for", got.header.Get("Retry-After"), "")
	})
}

func TestAltered(t *testing.T) {
	t.Run("Ensure every object gets fields that nobody knows", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.Alter(NewFields)
		card := okay(t, w.Server, "GET", "cards/"+w.card.ID)
		equal(t, "of the card", card.field("newText"), "text")
		equal(t, "of its badges", card.in("badges").field("newNumber"), "1.5")
		w.Alter(nil)
		_, there := okay(t, w.Server, "GET", "cards/"+w.card.ID).object()["newText"]
		equal(t, "afterwards", there, false)
	})
	t.Run("Ensure a field is dropped, and another gets another type", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.Alter(WithoutField(w.card.ID, "desc"))
		_, there := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards").at(0).object()["desc"]
		equal(t, "desc", there, false)
		w.Alter(WithField(w.card.ID, "name", map[string]any{"text": 1}))
		equal(t, "name", okay(t, w.Server, "GET", "cards/"+w.card.ID).in("name").field("text"), "1")
	})
	t.Run("Ensure an answer is cut off", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.Alter(Truncated("/cards", 7))
		r := newRequest(t, http.MethodGet, "http://trello.invalid/1/boards/"+w.board.ID+"/cards", "")
		r.Header.Set("Authorization", demoAuthorization)
		answer, err := w.RoundTripper().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		var v any
		if err := json.NewDecoder(answer.Body).Decode(&v); err == nil || answer.Body.Close() != nil {
			t.Error("the answer is whole JSON")
		}
	})
}

func TestCopies(t *testing.T) {
	t.Run("Ensure a copied card has all that hung on the first", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.AddChecklist(w.card.ID, "Steps", "a")
		w.AddFile(w.card.ID, "a.txt", "text/plain", []byte("a"))
		w.AddComment(w.card.ID, "one")
		copied := okay(t, w.Server, "POST", "cards", "idList", w.doing.ID, "idCardSource", w.card.ID, "keepFromSource", "all").id()
		equal(t, "checklists", len(w.Checklists(copied)), 1)
		equal(t, "attachments", len(w.Attachments(copied)), 1)
		equal(t, "the same name", w.Cards(w.board.ID)[0].Name+"|"+w.Cards(w.board.ID)[1].Name, "Paint the door|Paint the door")
		kinds := okay(t, w.Server, "GET", "cards/"+copied+"/actions", "filter", "all")
		equal(t, "the newest action", kinds.at(0).field("type"), "copyCommentCard")
	})
	t.Run("Ensure a board is made of another with its lists, labels and, where asked, cards", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.SetTemplate(w.board.ID, true)
		equal(t, "isTemplate", okay(t, w.Server, "GET", "boards/"+w.board.ID).in("prefs").field("isTemplate"), "true")
		bare := okay(t, w.Server, "POST", "boards", "name", "Bare", "idBoardSource", w.board.ID).id()
		full := okay(t, w.Server, "POST", "boards", "name", "Full", "idBoardSource", w.board.ID, "keepFromSource", "cards").id()
		equal(t, "lists", len(w.Lists(bare)), 2)
		equal(t, "labels", len(w.Labels(bare)), 2)
		equal(t, "cards of the one", len(w.Cards(bare)), 0)
		equal(t, "cards of the other", len(w.Cards(full)), 1)
		equal(t, "the label is the copy's", w.Cards(full)[0].IDLabels[0], w.Labels(full)[0].ID)
		equal(t, "its first action", okay(t, w.Server, "GET", "boards/"+bare+"/actions").at(0).field("type"), "copyBoard")
	})
	t.Run("Ensure a card that moves to another board leaves an action on both", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		_, list, _, _ := w.otherBoard()
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "idBoard", list.IDBoard, "idList", list.ID)
		gone := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "filter", "moveCardFromBoard").at(0)
		equal(t, "where to", gone.in("data").in("boardTarget").field("id"), list.IDBoard)
		came := okay(t, w.Server, "GET", "boards/"+list.IDBoard+"/actions", "filter", "moveCardToBoard").at(0)
		equal(t, "where from", came.in("data").in("boardSource").field("id"), w.board.ID)
	})
}
