package trellotest

import (
	"bytes"
	"encoding/json"
	"strings"
)

// Alter sets a hook that sees the body of every answer of status 200 in JSON and gives what is sent in its place: for tests of a client
// that meets what this server would never say. It runs without the server's lock. nil takes the hook away. See [NewFields], [Truncated],
// [WithoutField] and [WithField].
func (s *Server) Alter(hook func(r Request, body []byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alter = hook
}

// altered asks the hook.
func (s *Server) altered(r Request, a answer) answer {
	s.mu.Lock()
	hook := s.alter
	s.mu.Unlock()
	if hook != nil && a.status == 200 && strings.HasPrefix(a.contentType, "application/json") {
		a.body = hook(r, a.body)
	}
	return a
}

// NewFields is a hook of [Server.Alter]: every object has six fields that no client knows, one of each type of JSON. Trello adds fields
// any month (facts/trello.md, "schema drift").
func NewFields(_ Request, body []byte) []byte {
	return remake(body, func(o map[string]any) {
		o["newText"], o["newNumber"], o["newFlag"], o["newNull"] = "text", 1.5, true, nil
		o["newArray"], o["newObject"] = []any{"a", 1}, map[string]any{"id": "new", "name": 7}
	})
}

// Truncated is a hook of [Server.Alter]: the last n bytes of each answer of a path that ends so are missing.
func Truncated(path string, n int) func(Request, []byte) []byte {
	return func(r Request, body []byte) []byte {
		if !strings.HasSuffix(r.Path, path) {
			return body
		}
		return body[:max(0, len(body)-n)]
	}
}

// WithoutField is a hook of [Server.Alter]: the object of this id lacks a field wherever it comes.
func WithoutField(id, name string) func(Request, []byte) []byte {
	return func(_ Request, body []byte) []byte {
		return remake(body, func(o map[string]any) {
			if o["id"] == id {
				delete(o, name)
			}
		})
	}
}

// WithField is a hook of [Server.Alter]: the object of this id has another value in a field wherever it comes. The value is anything that
// encoding/json can write.
func WithField(id, name string, value any) func(Request, []byte) []byte {
	return func(_ Request, body []byte) []byte {
		return remake(body, func(o map[string]any) {
			if o["id"] == id {
				o[name] = value
			}
		})
	}
}

// remake changes every object of a JSON text, the outer ones last.
func remake(body []byte, change func(map[string]any)) []byte {
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		panic("trellotest: an answer of its own is no JSON: " + err.Error())
	}
	visit(v, change)
	out, err := json.Marshal(v)
	if err != nil {
		panic("trellotest: a value that JSON cannot hold: " + err.Error())
	}
	return out
}

func visit(v any, change func(map[string]any)) {
	switch v := v.(type) {
	case map[string]any:
		for _, inner := range v {
			visit(inner, change)
		}
		change(v)
	case []any:
		for _, inner := range v {
			visit(inner, change)
		}
	}
}
