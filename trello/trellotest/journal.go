package trellotest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// entry is a line of the journal: a request that changed something, without credentials, and when.
type entry struct {
	At     time.Time `json:"at"`
	Method string    `json:"method"`
	Path   string    `json:"path"`
	Params params    `json:"params,omitempty"`
	// Files are those of a multipart body.
	Files map[string]upload `json:"files,omitempty"`
}

func (in *incoming) entry(now time.Time) []byte {
	line, err := json.Marshal(entry{now.UTC(), in.method, in.path, in.params, in.files})
	if err != nil {
		panic("trellotest: a journal line cannot be written: " + err.Error()) // texts and a time: cannot happen
	}
	return line
}

// Replay applies a line of the journal again: the same change at the same time with the same ids. A server that is made and seeded as the
// first one was, and that replays all lines in order, has the same state; neither the log of requests nor the limits nor a hook of
// [Server.Fail] nor the journal sees a replayed line. The error says why a line could not be applied; the state is then as before.
func (s *Server) Replay(line []byte) error {
	var e entry
	if err := json.Unmarshal(line, &e); err != nil {
		return fmt.Errorf("a line of the fake Trello's journal is not JSON: %w; the journal is damaged from there on", err)
	}
	in := &incoming{method: e.Method, path: e.Path, params: e.Params, files: e.Files, origin: trelloOrigin}
	if in.params == nil {
		in.params = params{}
	}
	if in.route, in.args = s.routes.find(e.Method, e.Path); !in.writes() {
		return fmt.Errorf("the fake Trello's journal holds %s %s, which changes nothing; it was not written by this program", e.Method, e.Path)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if a := s.state.run(s, in, e.At); a.status != http.StatusOK {
		return fmt.Errorf("%s %s of the fake Trello's journal was refused: %s; was the server seeded as before?", e.Method, e.Path, a.body)
	}
	return nil
}
