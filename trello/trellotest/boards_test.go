package trellotest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestBoards(t *testing.T) {
	w := newWorld(Options{})
	t.Run("Ensure a new board has three lists and six labels without a name", func(t *testing.T) {
		b := okay(t, w.Server, "POST", "boards", "name", "Full", "desc", "d").id()
		names := ""
		for _, l := range w.Lists(b) {
			names += l.Name + ";"
		}
		equal(t, "lists", names, "To Do;Doing;Done;")
		colors := ""
		for _, l := range w.Labels(b) {
			colors += l.Name + l.Color + ";"
		}
		equal(t, "labels", colors, "green;yellow;orange;red;purple;blue;")
		equal(t, "feed", feedOf(t, w.Server, "boards/"+b+"/actions"), "createBoard") // captures/trello/can_get_actions_of_members
		bare := okay(t, w.Server, "POST", "boards/", "name", "Bare", "defaultLists", "false", "defaultLabels", "false").id()
		equal(t, "number of lists", len(w.Lists(bare)), 0)
		equal(t, "number of labels", len(w.Labels(bare)), 0)
	})
	t.Run("Ensure a board can be renamed, closed and opened again", func(t *testing.T) { // captures/trello/can_success_update_bong_a_board
		path := "boards/" + w.board.ID
		b := okay(t, w.Server, "PUT", path, "name", "IT 1 - Changed", "closed", "true")
		equal(t, "url", b.field("url"), "https://trello.com/b/"+w.board.ShortLink+"/it-1-changed")
		equal(t, "closed", b.field("closed"), "true")
		equal(t, "closed", okay(t, w.Server, "PUT", path+"/closed", "value", "false").field("closed"), "false")
	})
	t.Run("Ensure my boards can be filtered and come with lists", func(t *testing.T) {
		w := newWorld(Options{})
		other, _, _, _ := w.otherBoard()
		w.CloseBoard(other.ID)
		for filter, want := range map[string][]string{"": {w.board.ID, other.ID}, "all": {w.board.ID, other.ID}, "open": {w.board.ID}, "closed": {other.ID}} {
			if got := okay(t, w.Server, "GET", "members/me/boards", "filter", filter, "fields", "name", "lists", "open").ids(); !slices.Equal(got, want) {
				t.Errorf("%q gives %v, want %v", filter, got, want)
			}
		}
		r := okay(t, w.Server, "GET", "members/demo/boards", "fields", "name", "lists", "open", "filter", "open")
		equal(t, "number of lists", r.at(0).count("lists"), 2)
	})
	t.Run("Ensure a board comes with what is nested in it", func(t *testing.T) {
		w := newWorld(Options{})
		r := okay(t, w.Server, "GET", "boards/"+w.board.ID, "fields", "name", "cards", "all", "card_fields", "name", "lists", "all", "labels", "all", "actions", "createCard", "members", "all")
		for name, want := range map[string]int{"cards": 1, "lists": 2, "labels": 2, "actions": 1, "members": 1} {
			equal(t, "number of "+name, r.count(name), want)
		}
		equal(t, "cards", fmt.Sprint(r.object()["cards"]), "[map[id:"+w.card.ID+" name:Paint the door]]")
	})
	t.Run("Ensure a deleted board takes everything along", func(t *testing.T) {
		w := newWorld(Options{})
		okay(t, w.Server, "DELETE", "boards/"+w.board.ID)
		for _, path := range []string{"boards/" + w.board.ID, "boards/" + w.board.ShortLink, "lists/" + w.todo.ID, "cards/" + w.card.ID, "labels/" + w.red.ID} {
			refused(t, w.Server, 404, "The requested resource was not found.", "GET", path)
		}
	})
}

func TestLists(t *testing.T) {
	t.Run("Ensure a new list goes on top, at half the first position", func(t *testing.T) { // captures/trello/can_success_create_a_list
		w := newWorld(Options{})
		w.UpdateList(w.todo.ID, func(l *List) { l.Pos = 65535 })
		w.UpdateList(w.doing.ID, func(l *List) { l.Pos = 131071 })
		equal(t, "pos", okay(t, w.Server, "POST", "lists", "name", "L3", "idBoard", w.board.ID).field("pos"), "32767.5")
		equal(t, "pos", okay(t, w.Server, "POST", "boards/"+w.board.ID+"/lists", "name", "L4", "pos", "top").field("pos"), "16383.75")
		equal(t, "first", w.Lists(w.board.ID)[0].Name, "L4")
	})
	t.Run("Ensure closing a list leaves its cards open", func(t *testing.T) {
		w := newWorld(Options{})
		equal(t, "closed", okay(t, w.Server, "PUT", "lists/"+w.todo.ID+"/closed", "value", "true").field("closed"), "true")
		c, _ := w.Card(w.card.ID)
		equal(t, "card closed", c.Closed, false)
		equal(t, "open lists", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/lists").ids()), 1)
		equal(t, "closed lists", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/lists/closed").ids()), 1)
		equal(t, "all lists", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/lists", "filter", "all").ids()), 2)
	})
	t.Run("Ensure a list that changes boards takes its cards along, without their labels", func(t *testing.T) {
		w := newWorld(Options{})
		other, _, _, _ := w.otherBoard()
		okay(t, w.Server, "PUT", "lists/"+w.todo.ID, "idBoard", other.ID)
		c, _ := w.Card(w.card.ID)
		equal(t, "board", c.IDBoard, other.ID)
		equal(t, "list", c.IDList, w.todo.ID)
		equal(t, "number of labels", len(c.IDLabels), 0)
	})
	t.Run("Ensure all cards of a list can be moved and archived", func(t *testing.T) { // captures/trello/can_move_all_cards_to_another_list, can_arvhice_all_cards_of_list
		w := newWorld(Options{})
		r := okay(t, w.Server, "POST", "lists/"+w.todo.ID+"/moveAllCards", "idBoard", w.board.ID, "idList", w.doing.ID)
		equal(t, "moved", r.text, `[{"id":"`+w.card.ID+`","idBoard":"`+w.board.ID+`","idList":"`+w.doing.ID+`","pos":16384}]`)
		equal(t, "archived", okay(t, w.Server, "POST", "lists/"+w.doing.ID+"/archiveAllCards").text, "{}")
		equal(t, "open cards", okay(t, w.Server, "GET", "lists/"+w.doing.ID+"/cards").text, "[]")
		equal(t, "all cards", len(okay(t, w.Server, "GET", "lists/"+w.doing.ID+"/cards", "filter", "all").ids()), 1)
	})
}

func TestLabels(t *testing.T) {
	t.Run("Ensure fifty labels come unless more are asked for", func(t *testing.T) { // facts, "surprises"
		w := newWorld(Options{})
		for i := range 60 {
			w.AddLabel(w.board.ID, fmt.Sprint(i), "")
		}
		equal(t, "number", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/labels").ids()), 50)
		equal(t, "number", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/labels", "limit", "1000").ids()), 62)
	})
	t.Run("Ensure a deleted label leaves the cards", func(t *testing.T) { // captures/trello/label_delete
		w := newWorld(Options{})
		equal(t, "body", okay(t, w.Server, "DELETE", "labels/"+w.red.ID).text, `{"limits":{}}`)
		r := okay(t, w.Server, "GET", "cards/"+w.card.ID)
		equal(t, "idLabels", r.field("idLabels"), "[]")
		equal(t, "labels", r.field("labels"), "[]")
	})
	t.Run("Ensure labels can be put on and taken off", func(t *testing.T) { // captures/trello/can_add_label_on_a_card, can_remove_label_on_a_card
		w := newWorld(Options{})
		equal(t, "body", okay(t, w.Server, "POST", "cards/"+w.card.ID+"/idLabels", "value", w.green.ID).text, `["`+w.red.ID+`","`+w.green.ID+`"]`)
		equal(t, "body", okay(t, w.Server, "DELETE", "cards/"+w.card.ID+"/idLabels/"+w.red.ID).text, `{"_value":null}`)
		refused(t, w.Server, 400, "that label is not on the card", "DELETE", "cards/"+w.card.ID+"/idLabels/"+w.red.ID)
	})
	t.Run("Ensure a label has one of Trello's colours or none", func(t *testing.T) { // facts, "schema drift"
		w := newWorld(Options{})
		equal(t, "colour", okay(t, w.Server, "POST", "labels", "name", "", "color", "sky_dark", "idBoard", w.board.ID).field("color"), "sky_dark")
		equal(t, "colour", okay(t, w.Server, "POST", "boards/"+w.board.ID+"/labels", "name", "plain", "color", "null").field("color"), "null")
		equal(t, "colour", okay(t, w.Server, "PUT", "labels/"+w.red.ID, "color", "").field("color"), "null")
		equal(t, "name", okay(t, w.Server, "PUT", "labels/"+w.red.ID+"/name", "value", "hot").field("name"), "hot")
	})
}

func TestBatchAndSearch(t *testing.T) {
	w := newWorld(Options{})
	t.Run("Ensure a batch answers each request by itself", func(t *testing.T) { // facts, "batch"
		r := okay(t, w.Server, "GET", "batch", "urls", "/cards/"+w.card.ID+"?fields=name,/cards/0123456789abcdef01234567,/boards/"+w.board.ID+"/lists?fields=name%2Cpos")
		if want := `[{"200":{"id":"` + w.card.ID + `","name":"Paint the door"}}`; !strings.HasPrefix(r.text, want) {
			t.Errorf("%s does not begin with %s", r.text, want)
		}
		equal(t, "status", r.at(1).field("statusCode"), "404")
		equal(t, "number of lists", r.at(2).count("200"), 2)
	})
	t.Run("Ensure a card is found by a piece of its description", func(t *testing.T) {
		r := okay(t, w.Server, "GET", "search", "query", "*BLUE*", "modelTypes", "cards", "card_fields", "name")
		equal(t, "cards", fmt.Sprint(r.object()["cards"]), "[map[id:"+w.card.ID+" name:Paint the door]]")
	})
}
