package trellotest

import (
	"net/http"
	"strings"
	"testing"
)

// sendJSON sends a JSON body.
func sendJSON(t testing.TB, s *Server, method, path, body string) reply {
	t.Helper()
	r := newRequest(t, method, "http://trello.invalid/1/"+path, body)
	r.Header.Set("Authorization", demoAuthorization)
	r.Header.Set("Content-Type", "application/json")
	return send(t, s, r)
}

// types are the five types of custom fields.
func types() []string { return []string{"text", "number", "date", "checkbox", "list"} }

func TestCustomFields(t *testing.T) {
	t.Run("Ensure each type keeps its values as texts", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		sent := map[string]string{
			"text": `{"value":{"text":"cool"}}`, "number": `{"value":{"number":"1.5"}}`, "checkbox": `{"value":{"checked":"true"}}`,
			"date": `{"value":{"date":"2024-05-01T12:00:00Z"}}`,
		}
		kept := map[string]string{"text": "cool", "number": "1.5", "checkbox": "true", "date": "2024-05-01T12:00:00.000Z"}
		for name, body := range sent {
			f := w.AddCustomField(w.board.ID, "The "+name, name)
			got := sendJSON(t, w.Server, "PUT", "cards/"+w.card.ID+"/customField/"+f.ID+"/item", body)
			equal(t, name, got.in("value").field(keyOf(name)), kept[name])
			equal(t, "the model", got.field("idModel"), w.card.ID)
		}
		equal(t, "items of the card", len(okay(t, w.Server, "GET", "cards/"+w.card.ID+"/customFieldItems").ids()), 4)
		equal(t, "nested", okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "customFieldItems", "true").at(0).count("customFieldItems"), 4)
	})
	t.Run("Ensure a list takes the id of an option", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		f := w.AddCustomField(w.board.ID, "State", "list", "Open", "Won")
		path := "cards/" + w.card.ID + "/customField/" + f.ID + "/item"
		equal(t, "idValue", sendJSON(t, w.Server, "PUT", path, `{"idValue":"`+f.Options[1].ID+`"}`).field("idValue"), f.Options[1].ID)
		equal(t, "seen directly", w.CustomValues(w.card.ID)[0].Text, "Won")
		for _, wrong := range []string{`{"value":{}}`, `{"value":{"text":"Won"}}`, `{"idValue":"` + w.card.ID + `"}`} {
			got := sendJSON(t, w.Server, "PUT", path, wrong)
			equal(t, "answer to "+wrong, got.text, `{"message":"Invalid custom field item value.","error":"ERROR"}`)
			equal(t, "status of "+wrong, got.status, http.StatusBadRequest)
		}
		sendJSON(t, w.Server, "PUT", path, `{"idValue":"","value":""}`)
		equal(t, "values after clearing", len(w.CustomValues(w.card.ID)), 0)
	})
	t.Run("Ensure what does not fit a type is refused and changes nothing", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		for name, body := range map[string]string{"number": `{"value":{"number":"many"}}`, "date": `{"value":{"date":"soon"}}`, "checkbox": `{"value":{"checked":"yes"}}`, "text": `{"value":{"number":"1"}}`} {
			f := w.AddCustomField(w.board.ID, name, name)
			equal(t, name, sendJSON(t, w.Server, "PUT", "cards/"+w.card.ID+"/customField/"+f.ID+"/item", body).status, http.StatusBadRequest)
		}
		equal(t, "values", len(w.CustomValues(w.card.ID)), 0)
	})
	t.Run("Ensure a value can be taken away and keeps its id while it changes", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		f := w.AddCustomField(w.board.ID, "Points", "number")
		path := "cards/" + w.card.ID + "/customField/" + f.ID + "/item"
		first := sendJSON(t, w.Server, "PUT", path, `{"value":{"number":"1"}}`).id()
		equal(t, "id", sendJSON(t, w.Server, "PUT", path, `{"value":{"number":"2"}}`).id(), first)
		newest := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "filter", "updateCustomFieldItem").at(0)
		equal(t, "the old value", newest.in("data").in("old").in("value").field("number"), "1")
		equal(t, "status", sendJSON(t, w.Server, "PUT", path, `{"value":""}`).status, http.StatusOK)
		equal(t, "values", len(w.CustomValues(w.card.ID)), 0)
	})
	t.Run("Ensure fields are made, renamed and deleted at a board", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		for _, name := range types() {
			okay(t, w.Server, "POST", "customFields", "idModel", w.board.ID, "modelType", "board", "name", "A "+name, "type", name, "pos", "bottom", "display_cardFront", "true")
		}
		all := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/customFields")
		equal(t, "fields", len(all.ids()), 5)
		_, hasOptions := all.at(0).object()["options"]
		equal(t, "options of a text", hasOptions, false)
		equal(t, "options of a list", all.at(4).count("options"), 0)
		equal(t, "nested in the board", okay(t, w.Server, "GET", "boards/"+w.board.ID, "customFields", "true").count("customFields"), 5)
		list := all.ids()[4]
		option := okay(t, w.Server, "POST", "customFields/"+list+"/options", "value[text]", "High")
		equal(t, "an option", option.in("value").field("text"), "High")
		equal(t, "renamed", okay(t, w.Server, "PUT", "customFields/"+list, "name", "Urgency").field("name"), "Urgency")
		w.SetCustomValue(w.card.ID, list, "High")
		equal(t, "deleting the option", okay(t, w.Server, "DELETE", "customFields/"+list+"/options/"+option.id()).text, "{}")
		equal(t, "values", len(w.CustomValues(w.card.ID)), 0)
		okay(t, w.Server, "DELETE", "customFields/"+list)
		refused(t, w.Server, http.StatusNotFound, "The requested resource was not found.", "GET", "customFields/"+list)
	})
	t.Run("Ensure a field with options in JSON is made at once", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		body := `{"idModel":"` + w.board.ID + `","modelType":"board","name":"Size","type":"list","pos":"top","options":[{"value":{"text":"S"}},{"value":{"text":"L"}}]}`
		equal(t, "options", sendJSON(t, w.Server, "POST", "customFields", body).count("options"), 2)
	})
	t.Run("Ensure a board without the Power-Up refuses fields and shows none", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		f := w.AddCustomField(w.board.ID, "Points", "number")
		w.DisableCustomFields(w.board.ID, true)
		equal(t, "fields", len(okay(t, w.Server, "GET", "boards/"+w.board.ID+"/customFields").ids()), 0)
		got := sendJSON(t, w.Server, "PUT", "cards/"+w.card.ID+"/customField/"+f.ID+"/item", `{"value":{"number":"1"}}`)
		equal(t, "status", got.status, http.StatusForbidden)
	})
	t.Run("Ensure values follow a card to a board with the same fields only", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		_, list, _, _ := w.otherBoard()
		for _, board := range []string{w.board.ID, list.IDBoard} {
			w.AddCustomField(board, "Points", "number")
			w.AddCustomField(board, "State", "list", "Open", "Won")
		}
		alone := w.AddCustomField(w.board.ID, "Here only", "text")
		for i, text := range []string{"3", "Won"} {
			w.SetCustomValue(w.card.ID, w.CustomFields(w.board.ID)[i].ID, text)
		}
		w.SetCustomValue(w.card.ID, alone.ID, "lost")
		w.MoveCard(w.card.ID, list.ID)
		var texts []string
		for _, v := range w.CustomValues(w.card.ID) {
			texts = append(texts, v.Text)
		}
		equal(t, "values", strings.Join(texts, ","), "3,Won")
	})
	t.Run("Ensure several values go in one request", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		points, state := w.AddCustomField(w.board.ID, "Points", "number"), w.AddCustomField(w.board.ID, "State", "list", "Open")
		body := `{"customFieldItems":[{"idCustomField":"` + points.ID + `","value":{"number":"7"}},{"idCustomField":"` + state.ID + `","idValue":"` + state.Options[0].ID + `"}]}`
		equal(t, "status", sendJSON(t, w.Server, "PUT", "cards/"+w.card.ID+"/customFields", body).status, http.StatusOK)
		equal(t, "values", len(w.CustomValues(w.card.ID)), 2)
	})
}
