package trellotest

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNewCards(t *testing.T) {
	w := newWorld(Options{})
	post := func(pairs ...string) reply {
		return okay(t, w.Server, "POST", "cards", append([]string{"idList", w.doing.ID, "name", "Card"}, pairs...)...)
	}
	t.Run("Ensure a repeated POST makes a second card", func(t *testing.T) { // facts, "idempotency"
		if first, second := post("name", "Twice").id(), post("name", "Twice").id(); first == second {
			t.Errorf("both are %s", first)
		}
	})
	t.Run("Ensure an id begins with the second of its creation", func(t *testing.T) { // facts, "ids"
		now := time.Date(2020, 4, 13, 2, 2, 15, 0, time.UTC)
		s := New(Options{Clock: func() time.Time { return now }})
		id := s.AddBoard("x").ID
		equal(t, "id", id[:8], "5e93c827") // captures/trello/can_success_create_a_card
		equal(t, "length", len(id), 24)
	})
	t.Run("Ensure positions go as recorded", func(t *testing.T) {
		w := newWorld(Options{})
		post := func(pairs ...string) string {
			return okay(t, w.Server, "POST", "cards", append([]string{"idList", w.doing.ID, "name", "Card"}, pairs...)...).field("pos")
		}
		equal(t, "first", post("pos", "top"), "16384")   // captures/trello/can_success_create_a_card
		equal(t, "empty pos", post("pos", ""), "8192")   // …_when_due_is_time
		equal(t, "empty again", post("pos", ""), "4096") // …_when_due_is_datetime
		equal(t, "none", post(), "32768")
		equal(t, "number", post("pos", "12.5"), "12.5")
	})
	t.Run("Ensure due dates are kept in milliseconds and UTC", func(t *testing.T) { // the three captures of can_success_create_a_card
		for _, due := range []string{"2020-12-22 01:59:00 UTC", "2020-12-22 01:59:00 +0000", "2020-12-22T01:59:00+00:00", "2020-12-22T03:59:00.000+02:00"} {
			equal(t, due, post("due", due).field("due"), "2020-12-22T01:59:00.000Z")
		}
		equal(t, "no due", post("due", "").field("due"), "null")
	})
	t.Run("Ensure numbers count per board and addresses follow the name", func(t *testing.T) {
		b, list, _, _ := w.otherBoard()
		c := okay(t, w.Server, "POST", "cards", "idList", list.ID, "name", "Test Trello::Card.create")
		equal(t, "idShort", c.field("idShort"), "1")
		equal(t, "url", c.field("url"), "https://trello.com/c/"+c.field("shortLink")+"/1-test-trellocardcreate")
		equal(t, "shortUrl", c.field("shortUrl"), "https://trello.com/c/"+c.field("shortLink"))
		equal(t, "board", c.field("idBoard"), b.ID)
	})
	t.Run("Ensure a copy takes name, description, labels and checklists", func(t *testing.T) {
		okay(t, w.Server, "POST", "checklists", "idCard", w.card.ID, "name", "Steps")
		c := okay(t, w.Server, "POST", "cards", "idList", w.todo.ID, "idCardSource", w.card.ID)
		equal(t, "name", c.field("name"), "Paint the door")
		equal(t, "desc", c.field("desc"), "in *blue*")
		equal(t, "labels", c.field("idLabels"), `["`+w.red.ID+`"]`)
		equal(t, "number of checklists", c.count("idChecklists"), 1)
		bare := okay(t, w.Server, "POST", "cards", "idList", w.todo.ID, "idCardSource", w.card.ID, "keepFromSource", "due", "name", "Bare")
		equal(t, "labels", bare.field("idLabels"), "[]")
		equal(t, "name", bare.field("name"), "Bare")
	})
	t.Run("Ensure short links are never given twice", func(t *testing.T) {
		st, seen := newState(), map[string]bool{}
		for range 20000 {
			link := st.newLink()
			if seen[link] || !isLink(link) {
				t.Fatalf("%s is no new link", link)
			}
			seen[link] = true
		}
	})
}

func TestChangedCards(t *testing.T) {
	t.Run("Ensure every change moves dateLastActivity, even when the clock stands still", func(t *testing.T) {
		now := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
		w := newWorld(Options{Clock: func() time.Time { return now }})
		path := "cards/" + w.card.ID
		last := w.card.DateLastActivity
		for _, change := range [][]string{
			{"PUT", path, "name", "x"}, {"PUT", path, "desc", "y"}, {"PUT", path, "closed", "true"}, {"PUT", path, "idList", w.doing.ID},
			{"PUT", path, "due", "2030-01-01"}, {"PUT", path, "start", "2029-01-01"}, {"PUT", path, "dueComplete", "true"}, {"PUT", path, "pos", "5"},
			{"PUT", path, "idLabels", ""}, {"POST", path + "/idLabels", "value", w.green.ID}, {"DELETE", path + "/idLabels/" + w.green.ID},
			{"POST", path + "/idMembers", "value", w.state.members[0].ID}, {"POST", path + "/actions/comments", "text", "z"}, {"POST", path + "/checklists", "name", "c"},
		} {
			okay(t, w.Server, change[0], change[1], change[2:]...)
			c, _ := w.Card(w.card.ID)
			if !c.DateLastActivity.After(last) {
				t.Errorf("%v left dateLastActivity at %v", change, last)
			}
			last = c.DateLastActivity
		}
		b, _ := w.Board(w.board.ID)
		if b.DateLastActivity.Before(last) {
			t.Error("the board's dateLastActivity stayed behind")
		}
	})
	t.Run("Ensure a PUT of what is there already changes nothing", func(t *testing.T) {
		w := newWorld(Options{})
		before := w.dump()
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "name", "Paint the door", "idLabels", w.red.ID, "closed", "false", "due", "null")
		equal(t, "state", w.dump(), before)
	})
	t.Run("Ensure an empty due clears it and an absent one keeps it", func(t *testing.T) {
		w := newWorld(Options{})
		path := "cards/" + w.card.ID
		okay(t, w.Server, "PUT", path, "due", "2030-01-02T03:04:05.000Z", "start", "2029-01-01")
		equal(t, "due", okay(t, w.Server, "PUT", path, "name", "x").field("due"), "2030-01-02T03:04:05.000Z")
		cleared := okay(t, w.Server, "PUT", path, "due", "", "start", "null")
		equal(t, "due", cleared.field("due"), "null")
		equal(t, "start", cleared.field("start"), "null")
	})
}

func TestMovedCards(t *testing.T) {
	t.Run("Ensure an archived card keeps its list and its place", func(t *testing.T) { // captures/trello/can_close_bong_a_card
		w := newWorld(Options{})
		c := okay(t, w.Server, "PUT", "cards/"+w.card.ID, "closed", "true")
		equal(t, "closed", c.field("closed"), "true")
		equal(t, "idList", c.field("idList"), w.todo.ID)
	})
	t.Run("Ensure a move within the board keeps the position", func(t *testing.T) { // captures/trello/can_move_a_card_to_another_list
		w := newWorld(Options{})
		w.AddCard(w.doing.ID, "There already")
		c := okay(t, w.Server, "PUT", "cards/"+w.card.ID+"/idList", "value", w.doing.ID)
		equal(t, "pos", c.field("pos"), "16384")
		equal(t, "idList", c.field("idList"), w.doing.ID)
	})
	t.Run("Ensure a move to another board goes to the bottom of its first list and loses the labels", func(t *testing.T) {
		w := newWorld(Options{}) // captures/trello/can_move_a_card_to_another_board_without_specific_list
		b, first, _, _ := w.otherBoard()
		w.UpdateCard(w.AddCard(first.ID, "There already").ID, func(c *Card) { c.Pos = 65535 })
		c := okay(t, w.Server, "PUT", "cards/"+w.card.ID+"/idBoard", "value", b.ID)
		equal(t, "idList", c.field("idList"), first.ID)
		equal(t, "pos", c.field("pos"), "81919")
		equal(t, "idLabels", c.field("idLabels"), "[]")
		equal(t, "shortLink", c.field("shortLink"), w.card.ShortLink)
		equal(t, "cards left", len(w.Cards(w.board.ID)), 0)
	})
	t.Run("Ensure a move to another board moves dateLastActivity, even when nothing else differs", func(t *testing.T) {
		w := newWorld(Options{})
		b, _, _, _ := w.otherBoard()
		plain := w.AddCard(w.doing.ID, "Plain")
		okay(t, w.Server, "PUT", "cards/"+plain.ID+"/idBoard", "value", b.ID)
		moved, _ := w.Card(plain.ID)
		equal(t, "pos", moved.Pos, plain.Pos)
		equal(t, "moved later", moved.DateLastActivity.After(plain.DateLastActivity), true)
	})
	t.Run("Ensure a move to another board takes the list and the labels that are given", func(t *testing.T) {
		w := newWorld(Options{})
		b, _, second, label := w.otherBoard()
		c := okay(t, w.Server, "PUT", "cards/"+w.card.ID, "idBoard", b.ID, "idList", second.ID, "idLabels", label.ID)
		equal(t, "idList", c.field("idList"), second.ID)
		equal(t, "idLabels", c.field("idLabels"), `["`+label.ID+`"]`)
	})
	t.Run("Ensure a deleted card is gone", func(t *testing.T) { // captures/trello/can_success_delete_card
		w := newWorld(Options{})
		equal(t, "body", okay(t, w.Server, "DELETE", "cards/"+w.card.ID).text, `{"limits":{}}`)
		refused(t, w.Server, 404, "The requested resource was not found.", "GET", "cards/"+w.card.ID)
		refused(t, w.Server, 404, "The requested resource was not found.", "GET", "cards/"+w.card.ShortLink)
	})
}

func TestReadCards(t *testing.T) {
	w := newWorld(Options{})
	archived := w.AddCard(w.todo.ID, "Archived", Archived())
	closedList := w.AddList(w.board.ID, "Closed")
	hidden := w.AddCard(closedList.ID, "On a closed list")
	w.CloseList(closedList.ID)
	top := w.AddCard(w.doing.ID, "Doing")
	path := "boards/" + w.board.ID + "/cards"
	t.Run("Ensure the filters", func(t *testing.T) {
		for filter, want := range map[string][]string{
			"all":     {w.card.ID, archived.ID, top.ID, hidden.ID},
			"open":    {w.card.ID, top.ID, hidden.ID},
			"visible": {w.card.ID, top.ID},
			"":        {w.card.ID, top.ID},
			"closed":  {archived.ID},
			"none":    {},
		} {
			if got := okay(t, w.Server, "GET", path, "filter", filter).ids(); !slices.Equal(got, want) {
				t.Errorf("%q gives %v, want %v", filter, got, want)
			}
			if filter != "" {
				equal(t, "number in the path's form", len(okay(t, w.Server, "GET", path+"/"+filter).ids()), len(want))
			}
		}
	})
	t.Run("Ensure paging picks the newest and keeps the board's order", func(t *testing.T) { // facts, "surprises"
		got := okay(t, w.Server, "GET", path, "filter", "all", "limit", "2").ids()
		if want := []string{top.ID, hidden.ID}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		got = okay(t, w.Server, "GET", path, "filter", "all", "limit", "2", "before", hidden.ID).ids()
		if want := []string{w.card.ID, archived.ID}; !slices.Equal(got, want) {
			t.Errorf("the page before is %v, want %v", got, want)
		}
		got = okay(t, w.Server, "GET", path, "filter", "all", "since", archived.ID).ids()
		if want := []string{top.ID, hidden.ID}; !slices.Equal(got, want) {
			t.Errorf("the page since is %v, want %v", got, want)
		}
	})
	t.Run("Ensure only the asked fields come, the id always", func(t *testing.T) { // captures/trello/card_find_with_id_and_get_specific_fields
		equal(t, "card", okay(t, w.Server, "GET", "cards/"+w.card.ID, "fields", "name,pos").text, `{"id":"`+w.card.ID+`","name":"Paint the door","pos":16384}`)
		equal(t, "field", okay(t, w.Server, "GET", "cards/"+w.card.ID+"/name").text, `{"_value":"Paint the door"}`)
	})
	t.Run("Ensure cards come with what is nested in them", func(t *testing.T) {
		okay(t, w.Server, "POST", "checklists", "idCard", w.card.ID, "name", "Steps")
		r := okay(t, w.Server, "GET", path, "fields", "name", "checklists", "all", "attachments", "true", "customFieldItems", "true")
		equal(t, "number of checklists", r.at(0).count("checklists"), 1)
		equal(t, "attachments", r.at(0).field("attachments"), "[]")
		equal(t, "custom fields", r.at(0).field("customFieldItems"), "[]")
	})
}

func TestCardsAroundTheBoard(t *testing.T) {
	t.Run("Ensure cards of a closed board stay open", func(t *testing.T) {
		w := newWorld(Options{})
		okay(t, w.Server, "PUT", "boards/"+w.board.ID, "closed", "true")
		r := okay(t, w.Server, "GET", "cards/"+w.card.ID)
		equal(t, "closed", r.field("closed"), "false")
	})
	t.Run("Ensure badges count checklists and comments", func(t *testing.T) {
		w := newWorld(Options{})
		check := okay(t, w.Server, "POST", "checklists", "idCard", w.card.ID, "name", "Steps").id()
		okay(t, w.Server, "POST", "checklists/"+check+"/checkItems", "name", "a", "checked", "true")
		okay(t, w.Server, "POST", "checklists/"+check+"/checkItems", "name", "b")
		w.AddComment(w.card.ID, "hello")
		badges := okay(t, w.Server, "GET", "cards/"+w.card.ID).field("badges")
		for _, part := range []string{`"checkItems":2`, `"checkItemsChecked":1`, `"comments":1`, `"description":true`} {
			if !strings.Contains(badges, part) {
				t.Errorf("%s is not in %s", part, badges)
			}
		}
	})
}
