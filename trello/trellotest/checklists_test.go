package trellotest

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

// kinds are the types of a board's actions, newest first, separated by blanks.
func (w *world) kinds(t testing.TB) string {
	t.Helper()
	var all []string
	feed := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "limit", "1000")
	for i := range feed.ids() {
		all = append(all, feed.at(i).field("type"))
	}
	return strings.Join(all, " ")
}

func TestCheckItems(t *testing.T) {
	t.Run("Ensure an item moves to another checklist of its card, and to none of another card", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		from, to := w.AddChecklist(w.card.ID, "Before", "a", "b"), w.AddChecklist(w.card.ID, "After", "c")
		other := w.AddCard(w.todo.ID, "Other")
		foreign := w.AddChecklist(other.ID, "Foreign")
		path := "cards/" + w.card.ID + "/checkItem/" + from.Items[0].ID
		moved := okay(t, w.Server, "PUT", path, "idChecklist", to.ID, "pos", "top")
		equal(t, "idChecklist", moved.field("idChecklist"), to.ID)
		equal(t, "id", moved.id(), from.Items[0].ID)
		lists := w.Checklists(w.card.ID)
		equal(t, "left behind", len(lists[0].Items), 1)
		equal(t, "arrived", lists[1].Items[1].Name, "a")
		equal(t, "above the other by position", lists[1].Items[1].Pos < lists[1].Items[0].Pos, true)
		refused(t, w.Server, http.StatusBadRequest, "invalid value for idChecklist", "PUT", path, "idChecklist", foreign.ID)
	})
	t.Run("Ensure due date and member are set and cleared", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		anna := w.AddMember("anna", "Anna Ade")
		list := w.AddChecklist(w.card.ID, "Steps")
		item := okay(t, w.Server, "POST", "checklists/"+list.ID+"/checkItems", "name", "Sand", "due", "2024-05-01T12:00:00.000Z", "idMember", anna.ID, "checked", "true")
		equal(t, "due", item.field("due"), "2024-05-01T12:00:00.000Z")
		equal(t, "member", item.field("idMember"), anna.ID)
		cleared := okay(t, w.Server, "PUT", "cards/"+w.card.ID+"/checkItem/"+item.id(), "due", "", "idMember", "")
		equal(t, "due", cleared.field("due"), "null")
		equal(t, "member", cleared.field("idMember"), "null")
		refused(t, w.Server, http.StatusBadRequest, "invalid value for idMember", "PUT", "cards/"+w.card.ID+"/checkItem/"+item.id(), "idMember", w.card.ID)
	})
	t.Run("Ensure the feed tells of states and checklists, not of items", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		list := w.AddChecklist(w.card.ID, "Steps")
		item := w.AddCheckItem(list.ID, "Sand")
		path := "cards/" + w.card.ID + "/checkItem/" + item.ID
		okay(t, w.Server, "PUT", path, "name", "Sand it")
		okay(t, w.Server, "PUT", path, "state", "complete")
		okay(t, w.Server, "PUT", path, "state", "complete")
		okay(t, w.Server, "DELETE", path)
		okay(t, w.Server, "PUT", "checklists/"+list.ID, "name", "All steps")
		okay(t, w.Server, "DELETE", "cards/"+w.card.ID+"/checklists/"+list.ID)
		want := "removeChecklistFromCard updateChecklist updateCheckItemStateOnCard addChecklistToCard createCard createList createList createBoard"
		equal(t, "the feed", w.kinds(t), want)
	})
	t.Run("Ensure all checklists come nested in cards, archived ones too", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.AddChecklist(w.card.ID, "Steps", "a", "b")
		w.ArchiveCard(w.card.ID)
		card := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "filter", "all", "checklists", "all").at(0)
		list := reply{json: card.object()["checklists"]}.at(0)
		equal(t, "items", list.count("checkItems"), 2)
		equal(t, "of the card", list.field("idCard"), w.card.ID)
	})
	t.Run("Ensure a checklist takes 200 items and no more", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		var names []string
		for i := range maxItems {
			names = append(names, fmt.Sprintf("item %d", i))
		}
		list := w.AddChecklist(w.card.ID, "Many", names...)
		got := do(t, w.Server, "POST", "checklists/"+list.ID+"/checkItems", "name", "one more")
		equal(t, "status", got.status, http.StatusForbidden)
	})
	t.Run("Ensure people change them directly", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		list := w.AddChecklist(w.card.ID, "Steps", "a", "b")
		due := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
		w.UpdateCheckItem(list.Items[0].ID, func(i *CheckItem) { i.Complete, i.Due, i.Name = true, due, "A" })
		w.DeleteCheckItem(list.Items[1].ID)
		w.UpdateChecklist(list.ID, func(l *Checklist) { l.Name = "All" })
		got := w.Checklists(w.card.ID)[0]
		equal(t, "the list", got.Name, "All")
		equal(t, "items", len(got.Items), 1)
		equal(t, "the item", got.Items[0].Complete && got.Items[0].Due.Equal(due) && got.Items[0].Name == "A", true)
		w.DeleteChecklist(list.ID)
		equal(t, "lists", len(w.Checklists(w.card.ID)), 0)
	})
}
