package trello

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
)

func TestDecoding(t *testing.T) {
	t.Run("Ensure an array that is none, or whose objects have no id, is an error as a whole", func(t *testing.T) {
		for _, raw := range []string{`{"id":"a"}`, `[{"name":"x"}]`, `[{"id":null}]`, `[{"id":""}]`, `[7]`, `[{"id":7}]`, `"text"`, `[{"id":"a"`, `[1,`} {
			var all many[label]
			if err := json.Unmarshal([]byte(raw), &all); err == nil {
				t.Errorf("%s was taken: %+v", raw, all)
			}
		}
	})
	t.Run("Ensure null and an empty array are none", func(t *testing.T) {
		for _, raw := range []string{`null`, `[]`} {
			var all many[label]
			if err := json.Unmarshal([]byte(raw), &all); err != nil || len(all.all) != 0 {
				t.Errorf("%s: %v, %+v", raw, err, all)
			}
		}
	})
	t.Run("Ensure a problem is told without Go's words", func(t *testing.T) {
		var all many[label]
		raw := `[{"id":"a","name":7,"color":null,"idBoard":"b"},{"id":"b","name":"n","idBoard":"b"},{"id":"c","name":"n","color":"red","idBoard":"b","new":[]}]`
		if err := json.Unmarshal([]byte(raw), &all); err != nil {
			t.Fatal(err)
		}
		if len(all.all) != 1 || len(all.bad) != 2 {
			t.Fatalf("got %+v", all)
		}
		for i, want := range []string{"the label a", "the field color is missing"} {
			text := all.bad[i].Error()
			if !strings.Contains(text, want) || strings.Contains(text, "Go ") || strings.Contains(text, "json:") {
				t.Errorf("it says %q", text)
			}
		}
	})
}

// FuzzCards demands that no bytes at all make the decoder panic, and that whatever it takes has an id.
func FuzzCards(f *testing.F) {
	f.Add([]byte(`[{"id":"a","name":"n","checklists":[{"id":"l","checkItems":[{"id":"i","due":null}]}],"attachments":[{"bytes":null}]}]`))
	f.Add([]byte(`[{"id":"a","customFieldItems":[{"value":{"number":"1"}},{"value":null,"idValue":"o"}]}`))
	f.Add([]byte(`[[],{},null,1e999,"\ud800"]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var all many[card]
		err := json.Unmarshal(raw, &all)
		var bad *UnreadableError
		if errors.As(err, &bad) && bad.ID != "" {
			t.Errorf("one card is the whole answer's error: %v", err)
		}
		for i := range all.all {
			if all.all[i].ID == "" {
				t.Error("a card without id was taken")
			}
		}
		for _, b := range all.bad {
			if b.ID == "" {
				t.Error("a card without id fails alone")
			}
		}
	})
}
