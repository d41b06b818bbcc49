package trellotest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCredentials(t *testing.T) {
	w := newWorld(Options{})
	const address = "http://trello.invalid/1/members/me"
	with := func(header string) reply {
		r := newRequest(t, "GET", address, "")
		r.Header.Set("Authorization", header)
		return send(t, w.Server, r)
	}
	t.Run("Ensure the OAuth header is accepted", func(t *testing.T) {
		equal(t, "username", with(demoAuthorization).field("username"), "demo")
	})
	t.Run("Ensure the header of an OAuth 1 client is accepted, its signature aside", func(t *testing.T) {
		equal(t, "status", with(`OAuth oauth_nonce="1", oauth_consumer_key="demo-key", oauth_token="demo-token", oauth_signature="x%3D"`).status, 200)
	})
	t.Run("Ensure credentials work in the query and in a form", func(t *testing.T) { // facts, "auth"
		equal(t, "status", send(t, w.Server, newRequest(t, "GET", address+"?key=demo-key&token=demo-token", "")).status, 200)
		r := newRequest(t, "PUT", "http://trello.invalid/1/cards/"+w.card.ID, "key=demo-key&token=demo-token&name=Paint")
		equal(t, "status", send(t, w.Server, r).status, 200)
	})
	for _, c := range []struct{ what, header, text string }{ // facts, "tokens"
		{"a wrong key", `OAuth oauth_consumer_key="x", oauth_token="demo-token"`, "invalid key"},
		{"a wrong token", `OAuth oauth_consumer_key="demo-key", oauth_token="x"`, "invalid token"},
		{"no credentials", "", "invalid key"},
		{"another scheme", "Bearer demo-token", "invalid key"},
	} {
		t.Run("Ensure "+c.what+" is refused as plain text", func(t *testing.T) {
			r := with(c.header)
			if r.status != 401 || r.text != c.text || !strings.HasPrefix(r.header.Get("Content-Type"), "text/plain") {
				t.Errorf("got %d %q %q", r.status, r.text, r.header.Get("Content-Type"))
			}
		})
	}
	t.Run("Ensure no request in the log holds a credential", func(t *testing.T) {
		okay(t, w.Server, "GET", "tokens/demo-token/member")
		if all := fmt.Sprint(w.Requests()); strings.Contains(all, "demo-token") || strings.Contains(all, "demo-key") {
			t.Errorf("the log holds a credential: %s", all)
		}
	})
}

func TestParameters(t *testing.T) {
	w := newWorld(Options{})
	authorised := func(method, path, contentType, body string) reply {
		r := newRequest(t, method, "http://trello.invalid/1/"+path, body)
		r.Header.Set("Authorization", demoAuthorization)
		r.Header.Set("Content-Type", contentType)
		return send(t, w.Server, r)
	}
	t.Run("Ensure parameters come from query, form, JSON and multipart alike", func(t *testing.T) {
		multipart := "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nfour\r\n--b--\r\n"
		equal(t, "name", authorised("PUT", "cards/"+w.card.ID+"?name=one", "", "").field("name"), "one")
		equal(t, "name", authorised("PUT", "cards/"+w.card.ID, "application/x-www-form-urlencoded", "name=two").field("name"), "two")
		equal(t, "name", authorised("PUT", "cards/"+w.card.ID, "application/json; charset=utf-8", `{"name":"three","closed":true}`).field("name"), "three")
		equal(t, "name", authorised("PUT", "cards/"+w.card.ID, "multipart/form-data; boundary=b", multipart).field("name"), "four")
	})
	t.Run("Ensure JSON arrays and null mean lists and nothing", func(t *testing.T) {
		body := fmt.Sprintf(`{"idLabels":[%q,%q],"due":"2030-01-02T03:04:05.678Z","pos":7}`, w.red.ID, w.green.ID)
		got := authorised("PUT", "cards/"+w.card.ID, "application/json", body)
		equal(t, "due", got.field("due"), "2030-01-02T03:04:05.678Z")
		equal(t, "pos", got.field("pos"), "7")
		equal(t, "labels", got.count("idLabels"), 2)
		equal(t, "due", authorised("PUT", "cards/"+w.card.ID, "application/json", `{"due":null}`).field("due"), "null")
	})
	t.Run("Ensure a body that is no JSON is refused", func(t *testing.T) {
		equal(t, "status", authorised("PUT", "cards/"+w.card.ID, "application/json", `{"name"`).status, 400)
	})
	t.Run("Ensure every text comes back as it was sent", func(t *testing.T) {
		name := "Ümläut <b>&amp; \"quote\" \\ \t 🎨\u2028 end"
		equal(t, "name", okay(t, w.Server, "PUT", "cards/"+w.card.ID, "name", name).object()["name"], any(name))
	})
	t.Run("Ensure an unknown parameter is ignored and an ill-typed one refused", func(t *testing.T) {
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "colour", "red")
		refused(t, w.Server, 400, "invalid value for closed", "PUT", "cards/"+w.card.ID, "closed", "maybe")
		refused(t, w.Server, 400, "invalid value for due", "PUT", "cards/"+w.card.ID, "due", "tomorrow")
		refused(t, w.Server, 400, "invalid value for pos", "PUT", "cards/"+w.card.ID, "pos", "-1")
		refused(t, w.Server, 400, "invalid value for limit", "GET", "boards/"+w.board.ID+"/actions", "limit", "1001")
	})
}

func TestStrict(t *testing.T) {
	w := newWorld(Options{Strict: true})
	for _, c := range []struct{ what, method, path, text string }{
		{"an unknown parameter", "GET", "cards/" + w.card.ID + "?flds=name", `unknown parameter "flds"`},
		{"a parameter of a batched request", "GET", "batch?urls=/cards/" + w.card.ID + "%3Fflds%3Dname", ""},
		{"an ill-typed parameter", "GET", "boards/" + w.board.ID + "/cards?limit=ten", "invalid value for limit"},
		{"an unknown field", "GET", "cards/" + w.card.ID + "?fields=nam", "invalid value for fields"},
		{"an unknown endpoint", "GET", "cards/" + w.card.ID + "/a/b", "unknown endpoint"},
		{"a key in the URL", "GET", "cards/" + w.card.ID + "?key=demo-key", `credential "key" in the URL`},
		{"a token in the path", "GET", "tokens/demo-token", `credential "token" in the URL`},
	} {
		t.Run("Ensure "+c.what+" is refused and recorded", func(t *testing.T) {
			before := len(w.Violations())
			r := newRequest(t, c.method, "http://trello.invalid/1/"+c.path, "")
			r.Header.Set("Authorization", demoAuthorization)
			got := send(t, w.Server, r)
			if c.text != "" && (got.status != 400 || got.text != c.text) {
				t.Errorf("got %d %q, want 400 %q", got.status, got.text, c.text)
			}
			violations := w.Violations()
			equal(t, "number of violations", len(violations), before+1)
			if strings.Contains(violations[before], "demo-") {
				t.Errorf("a violation holds a credential: %s", violations[before])
			}
		})
	}
	t.Run("Ensure a proper request is none", func(t *testing.T) {
		before := len(w.Violations())
		okay(t, w.Server, "PUT", "cards/"+w.card.ID+"/idList", "value", w.doing.ID)
		okay(t, w.Server, "PUT", "boards/"+w.board.ID, "prefs/comments", "org")
		okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "filter", "all", "fields", "name,idList", "checklists", "all")
		equal(t, "number of violations", len(w.Violations()), before)
	})
}

func TestRefusedRequestsChangeNothing(t *testing.T) {
	journalled := 0
	w := newWorld(Options{Journal: func([]byte) error { journalled++; return nil }})
	other, list, _, label := w.otherBoard()
	nobody := "0123456789abcdef01234567"
	long := strings.Repeat("x", 16385) // facts, "limits"
	before := w.dump()
	for _, c := range []struct {
		status             int
		text, method, path string
		pairs              []string
	}{
		{404, "The requested resource was not found.", "PUT", "cards/" + nobody, []string{"name", "x"}},
		{404, "The requested resource was not found.", "GET", "cards/" + nobody, nil},
		{404, "The requested resource was not found.", "DELETE", "labels/" + nobody, nil},
		{404, "The requested resource was not found.", "GET", "nothing/here", nil},
		{400, "invalid id", "GET", "cards/12", nil},
		{400, "invalid id", "GET", "labels/xyz", nil},
		{400, "invalid value for idList", "POST", "cards", []string{"name", "x"}},
		{400, "invalid value for idList", "POST", "cards", []string{"name", "x", "idList", nobody}},
		{400, "invalid value for name", "POST", "cards", []string{"idList", w.todo.ID}},
		{400, "invalid value for name", "POST", "cards", []string{"idList", w.todo.ID, "name", long}},
		{400, "invalid value for desc", "PUT", "cards/" + w.card.ID, []string{"name", "y", "desc", long}},
		{400, "invalid value for name", "PUT", "cards/" + w.card.ID, []string{"name", "", "desc", "z"}},
		{400, "invalid value for name", "PUT", "boards/" + w.board.ID, []string{"name", "", "closed", "true"}},
		{400, "invalid value for name", "PUT", "lists/" + w.todo.ID, []string{"name", "", "closed", "true"}},
		{400, "label not found", "POST", "cards", []string{"name", "x", "idList", w.todo.ID, "idLabels", w.red.ID + "," + w.red.ID}}, // facts, "schema drift"
		{400, "invalid value for idLabels", "PUT", "cards/" + w.card.ID, []string{"name", "y", "idLabels", label.ID}},
		{400, "invalid value for idMembers", "PUT", "cards/" + w.card.ID, []string{"name", "y", "idMembers", nobody}},
		{400, "invalid value for idList", "PUT", "cards/" + w.card.ID, []string{"name", "y", "idList", list.ID}},
		{400, "invalid value for value", "POST", "cards/" + w.card.ID + "/idLabels", []string{"value", label.ID}},
		{400, "that label is already on the card", "POST", "cards/" + w.card.ID + "/idLabels", []string{"value", w.red.ID}},
		{400, "invalid value for idBoard", "PUT", "lists/" + w.todo.ID, []string{"name", "y", "idBoard", nobody}},
		{400, "invalid value for color", "POST", "labels", []string{"name", "x", "color", "beige", "idBoard", other.ID}},
		{400, "invalid value for color", "PUT", "labels/" + w.red.ID, []string{"name", "x", "color", "beige"}},
		{400, "invalid value for filter", "GET", "boards/" + w.board.ID + "/cards", []string{"filter", "some"}},
		{400, "invalid value for urls", "GET", "batch", []string{"urls", strings.Repeat("/members/me,", 10) + "/members/me"}}, // facts, "batch"
	} {
		refused(t, w.Server, c.status, c.text, c.method, c.path, c.pairs...)
	}
	if w.dump() != before {
		t.Error("a refused request changed something")
	}
	equal(t, "number of journal lines", journalled, 0)
}

func TestRateLimit(t *testing.T) {
	now := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	s := New(Options{RateLimit: true, Clock: func() time.Time { return now }})
	t.Run("Ensure the headers count down", func(t *testing.T) { // seen in every capture
		r := okay(t, s, "GET", "search", "query", "x")
		equal(t, "remaining for the token", r.header.Get("X-Rate-Limit-Api-Token-Remaining"), "99")
		equal(t, "limit of the key", r.header.Get("X-Rate-Limit-Api-Key-Max"), "300")
		equal(t, "interval of the member", r.header.Get("X-Rate-Limit-Member-Interval-Ms"), "10000")
	})
	t.Run("Ensure the 101st request in 10 s is refused and the next window takes more", func(t *testing.T) { // facts, "rate" and "429 body"
		for range 99 {
			okay(t, s, "GET", "search", "query", "x")
		}
		r := do(t, s, "GET", "search", "query", "x")
		equal(t, "status", r.status, 429)
		equal(t, "body", r.text, `{"error":"API_TOKEN_LIMIT_EXCEEDED","message":"Rate limit exceeded"}`)
		equal(t, "Retry-After", r.header.Get("Retry-After"), "")
		now = now.Add(10 * time.Second)
		okay(t, s, "GET", "search", "query", "x")
	})
	t.Run("Ensure members have a limit of their own", func(t *testing.T) {
		for range 100 {
			now = now.Add(time.Second)
			okay(t, s, "GET", "members/me")
		}
		r := do(t, s, "GET", "members/me")
		equal(t, "body", r.text, `{"error":"RATE_LIMIT_EXCEEDED","message":"Rate limit exceeded"}`)
	})
	t.Run("Ensure nothing is refused without the option", func(t *testing.T) {
		free := New(Options{Clock: func() time.Time { return now }})
		for range 400 {
			okay(t, free, "GET", "members/me")
		}
	})
}

// create asks for a card and returns the status, or the error of a lost answer.
func create(t *testing.T, w *world) (int, error) {
	t.Helper()
	r := newRequest(t, "POST", "http://trello.invalid/1/cards?name=New&idList="+w.todo.ID, "")
	r.Header.Set("Authorization", demoAuthorization)
	response, err := w.RoundTripper().RoundTrip(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func TestFail(t *testing.T) {
	for _, c := range []struct {
		what  string
		after bool
		cards int
	}{{"before", false, 1}, {"after", true, 2}} {
		t.Run("Ensure an answer dropped "+c.what+" the effect reaches the client as an error", func(t *testing.T) {
			w := newWorld(Options{})
			w.Fail(func(r Request) error {
				if r.Write && r.After == c.after {
					return ErrDropped
				}
				return nil
			})
			_, err := create(t, w)
			if !errors.Is(err, ErrDropped) {
				t.Errorf("the error is %v", err)
			}
			equal(t, "number of cards", len(w.Cards(w.board.ID)), c.cards)
		})
		t.Run("Ensure a status can be given "+c.what+" the effect", func(t *testing.T) {
			w := newWorld(Options{})
			w.Fail(func(r Request) error {
				if r.After == c.after {
					return fmt.Errorf("injected: %w", &Refusal{Status: 503})
				}
				return nil
			})
			status, err := create(t, w)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, "status", status, 503)
			equal(t, "number of cards", len(w.Cards(w.board.ID)), c.cards)
		})
	}
}

func TestFailHook(t *testing.T) {
	t.Run("Ensure a refusal speaks as Trello does", func(t *testing.T) {
		w := newWorld(Options{})
		for status, text := range map[int]string{401: "invalid token", 429: `{"error":"API_TOKEN_LIMIT_EXCEEDED","message":"Rate limit exceeded"}`, 503: "Service Unavailable"} {
			w.Fail(func(Request) error { return &Refusal{Status: status} })
			equal(t, "text", do(t, w.Server, "GET", "members/me").text, text)
		}
	})
	t.Run("Ensure a panic of the hook reaches the caller and leaves the server usable", func(t *testing.T) {
		w := newWorld(Options{})
		w.Fail(func(r Request) error {
			if r.After {
				panic("crash point")
			}
			return nil
		})
		func() {
			defer func() { equal(t, "what was recovered", recover(), any("crash point")) }()
			_, _ = create(t, w)
		}()
		w.Fail(nil)
		okay(t, w.Server, "GET", "members/me")
	})
	t.Run("Ensure the hook may look at the server and change it", func(t *testing.T) {
		w := newWorld(Options{})
		w.Fail(func(r Request) error {
			if r.After && r.Write {
				w.ArchiveCard(w.card.ID)
			}
			return nil
		})
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "name", "Paint")
		c, _ := w.Card(w.card.ID)
		equal(t, "closed", c.Closed, true)
	})
}

func TestTransport(t *testing.T) {
	t.Run("Ensure a context that has ended stops a request before its effect", func(t *testing.T) {
		w := newWorld(Options{})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		r := newRequest(t, "DELETE", "http://trello.invalid/1/cards/"+w.card.ID, "").WithContext(ctx)
		r.Header.Set("Authorization", demoAuthorization)
		if _, err := w.RoundTripper().RoundTrip(r); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		equal(t, "number of cards", len(w.Cards(w.board.ID)), 1)
		equal(t, "number of requests", len(w.Requests()), 0)
	})
	t.Run("Ensure a context that ends while the request works loses the answer", func(t *testing.T) {
		w := newWorld(Options{})
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		w.Fail(func(r Request) error {
			if r.After {
				cancel()
			}
			return nil
		})
		r := newRequest(t, "DELETE", "http://trello.invalid/1/cards/"+w.card.ID, "").WithContext(ctx)
		r.Header.Set("Authorization", demoAuthorization)
		if _, err := w.RoundTripper().RoundTrip(r); !errors.Is(err, context.Canceled) {
			t.Errorf("the error is %v", err)
		}
		equal(t, "number of cards", len(w.Cards(w.board.ID)), 0)
	})
	t.Run("Ensure requests are logged with their parameters and status", func(t *testing.T) {
		w := newWorld(Options{})
		okay(t, w.Server, "PUT", "cards/"+w.card.ID, "name", "x")
		do(t, w.Server, "GET", "cards/0123456789abcdef01234567")
		got := w.Requests()
		equal(t, "number of requests", len(got), 2)
		equal(t, "first", fmt.Sprintf("%+v", got[0]), "{Method:PUT Path:/1/cards/"+w.card.ID+" Params:map[name:x] Write:true After:true Status:200}")
		equal(t, "second is a write", got[1].Write, false)
		equal(t, "second's status", got[1].Status, 404)
		w.ResetRequests()
		equal(t, "number of requests", len(w.Requests()), 0)
	})
}

func TestListen(t *testing.T) {
	w := newWorld(Options{})
	url, closeServer, err := w.Listen("")
	if err != nil {
		t.Fatal(err)
	}
	get := func(method, path string) (int, string, error) {
		r := newRequest(t, method, url+path, "")
		r.Header.Set("Authorization", demoAuthorization)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, "", err
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		return response.StatusCode, string(body), err
	}
	t.Run("Ensure the server answers over loopback", func(t *testing.T) {
		status, body, err := get("GET", "/1/cards/"+w.card.ShortLink+"?fields=name")
		if err != nil || status != 200 || body != `{"id":"`+w.card.ID+`","name":"Paint the door"}` {
			t.Errorf("got %d %s %v", status, body, err)
		}
		if !strings.HasPrefix(url, "http://127.0.0.1:") || strings.HasSuffix(url, "/") {
			t.Errorf("the url is %s", url)
		}
	})
	t.Run("Ensure a dropped answer closes the connection after the effect", func(t *testing.T) {
		w.Fail(func(r Request) error {
			if r.After {
				return ErrDropped
			}
			return nil
		})
		defer w.Fail(nil)
		if _, _, err := get("DELETE", "/1/cards/"+w.card.ID); err == nil {
			t.Error("there is an answer")
		}
		if _, exists := w.Card(w.card.ID); exists {
			t.Error("the card is still there")
		}
	})
	t.Run("Ensure it stops when closed, and that an address in use is an error", func(t *testing.T) {
		if _, _, err := w.Listen(strings.TrimPrefix(url, "http://")); err == nil {
			t.Error("the same address was given twice")
		}
		closeServer()
		if _, _, err := get("GET", "/1/members/me"); err == nil {
			t.Error("it still answers")
		}
	})
}

func TestJournal(t *testing.T) {
	t.Run("Ensure a replayed journal gives the same state", func(t *testing.T) {
		var lines [][]byte
		w := newWorld(Options{Journal: func(line []byte) error { lines = append(lines, append([]byte(nil), line...)); return nil }})
		everyChange(t, w)
		again := newWorld(Options{})
		for _, line := range lines {
			if strings.Contains(string(line), "demo-") || strings.ContainsRune(string(line), '\n') {
				t.Errorf("a line holds a credential or a line break: %s", line)
			}
			if err := again.Replay(line); err != nil {
				t.Fatal(err)
			}
		}
		if want, got := w.dump(), again.dump(); want != got {
			t.Errorf("the states differ:\n%s\n%s", want, got)
		}
		equal(t, "number of logged requests", len(again.Requests()), 0)
	})
	t.Run("Ensure a journal that fails is answered with 500", func(t *testing.T) {
		w := newWorld(Options{Journal: func([]byte) error { return errors.New("disk full") }})
		equal(t, "status", do(t, w.Server, "PUT", "cards/"+w.card.ID, "name", "x").status, 500)
		equal(t, "status of a reading", do(t, w.Server, "GET", "cards/"+w.card.ID).status, 200)
	})
	t.Run("Ensure a damaged, a foreign and an impossible line are errors", func(t *testing.T) {
		w := newWorld(Options{})
		before := w.dump()
		for _, line := range []string{"{", `{"method":"GET","path":"/1/members/me"}`, `{"method":"PUT","path":"/1/cards/0123456789abcdef01234567","params":{"name":"x"}}`} {
			if err := w.Replay([]byte(line)); err == nil {
				t.Errorf("%s was applied", line)
			}
		}
		equal(t, "state", w.dump(), before)
	})
}

// everyChange makes a change of each kind over HTTP.
func everyChange(t *testing.T, w *world) {
	t.Helper()
	b := okay(t, w.Server, "POST", "boards", "name", "New", "prefs_comments", "org").id()
	list := okay(t, w.Server, "POST", "lists", "name", "L", "idBoard", b).id()
	okay(t, w.Server, "POST", "boards/"+b+"/lists", "name", "M", "pos", "bottom")
	label := okay(t, w.Server, "POST", "labels", "name", "new", "color", "sky_dark", "idBoard", b).id()
	member := okay(t, w.Server, "GET", "members/me").id()
	card := okay(t, w.Server, "POST", "cards", "name", "Ä <&>", "idList", list, "idLabels", label, "due", "2030-01-01", "idMembers", member).id()
	okay(t, w.Server, "POST", "cards", "idList", w.todo.ID, "idCardSource", w.card.ID)
	okay(t, w.Server, "PUT", "cards/"+card, "closed", "true", "desc", "d")
	okay(t, w.Server, "PUT", "cards/"+w.card.ID+"/idBoard", "value", b)
	okay(t, w.Server, "DELETE", "cards/"+card+"/idLabels/"+label)
	okay(t, w.Server, "DELETE", "cards/"+card+"/idMembers/"+member)
	okay(t, w.Server, "POST", "cards/"+card+"/labels", "name", "x", "color", "null")
	check := okay(t, w.Server, "POST", "cards/"+card+"/checklists", "name", "Steps").id()
	item := okay(t, w.Server, "POST", "checklists/"+check+"/checkItems", "name", "one").id()
	okay(t, w.Server, "PUT", "cards/"+card+"/checkItem/"+item, "state", "complete")
	okay(t, w.Server, "POST", "cards/"+card+"/checklists", "idChecklistSource", check)
	okay(t, w.Server, "DELETE", "checklists/"+check+"/checkItems/"+item)
	okay(t, w.Server, "PUT", "checklists/"+check, "name", "Other", "pos", "top")
	okay(t, w.Server, "DELETE", "checklists/"+check)
	comment := okay(t, w.Server, "POST", "cards/"+card+"/actions/comments", "text", "hello").id()
	okay(t, w.Server, "PUT", "actions/"+comment, "text", "bye")
	okay(t, w.Server, "POST", "cards/"+card+"/actions/comments", "text", "again")
	okay(t, w.Server, "DELETE", "actions/"+comment)
	okay(t, w.Server, "PUT", "labels/"+label, "name", "old", "color", "")
	okay(t, w.Server, "DELETE", "labels/"+label)
	okay(t, w.Server, "PUT", "lists/"+w.todo.ID, "idBoard", b, "name", "moved")
	okay(t, w.Server, "POST", "lists/"+list+"/moveAllCards", "idBoard", b, "idList", w.todo.ID)
	okay(t, w.Server, "POST", "lists/"+w.todo.ID+"/archiveAllCards")
	okay(t, w.Server, "PUT", "lists/"+list+"/closed", "value", "true")
	okay(t, w.Server, "DELETE", "cards/"+card)
	okay(t, w.Server, "PUT", "boards/"+b, "closed", "true", "prefs/selfJoin", "false", "labelNames/red", "hot")
	okay(t, w.Server, "DELETE", "boards/"+okay(t, w.Server, "POST", "boards", "name", "Gone").id())
}

func TestConcurrentClients(t *testing.T) {
	w := newWorld(Options{})
	const clients, each = 8, 25
	var wait sync.WaitGroup
	for client := range clients {
		wait.Add(1)
		go func() {
			defer wait.Done()
			for i := range each {
				c := okay(t, w.Server, "POST", "cards", "name", fmt.Sprint(client, i), "idList", w.todo.ID).id()
				okay(t, w.Server, "PUT", "cards/"+c, "closed", "true")
				okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "filter", "closed", "limit", "5")
				w.Cards(w.board.ID)
			}
		}()
	}
	wait.Wait()
	cards := w.Cards(w.board.ID)
	equal(t, "number of cards", len(cards), clients*each+1)
	seen := map[int]bool{}
	for _, c := range cards {
		if seen[c.IDShort] {
			t.Errorf("the number %d was given twice", c.IDShort)
		}
		seen[c.IDShort] = true
	}
}
