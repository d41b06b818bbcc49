package trellotest

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

// upload sends a file to a card as a browser's form does.
func uploadFile(t testing.TB, s *Server, cardID, name, data string, pairs ...string) reply {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for i := 0; i+1 < len(pairs); i += 2 {
		if err := w.WriteField(pairs[i], pairs[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	part, err := w.CreateFormFile("file", name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(part, data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	r := newRequest(t, http.MethodPost, "http://trello.invalid/1/cards/"+cardID+"/attachments", body.String())
	r.Header.Set("Authorization", demoAuthorization)
	r.Header.Set("Content-Type", w.FormDataContentType())
	return send(t, s, r)
}

// fetch downloads an address, with credentials or without.
func fetch(t testing.TB, s *Server, address, authorization string) reply {
	t.Helper()
	r := newRequest(t, http.MethodGet, address, "")
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	return send(t, s, r)
}

func TestAttachments(t *testing.T) {
	t.Run("Ensure a file goes up and comes down byte by byte", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		before, _ := w.Card(w.card.ID)
		up := uploadFile(t, w.Server, w.card.ID, "plan (1).txt", "abc\x00\xff", "name", "The plan", "mimeType", "text/plain")
		equal(t, "status", up.status, http.StatusOK)
		equal(t, "name", up.field("name"), "The plan")
		equal(t, "bytes", up.field("bytes"), "5")
		equal(t, "isUpload", up.field("isUpload"), "true")
		equal(t, "fileName", up.field("fileName"), "plan__1_.txt")
		address := "https://trello.com/1/cards/" + w.card.ID + "/attachments/" + up.id() + "/download/plan__1_.txt"
		equal(t, "url", up.field("url"), address)
		for _, host := range []string{"https://trello.com", "https://api.trello.com"} {
			down := fetch(t, w.Server, strings.Replace(address, "https://trello.com", host, 1), demoAuthorization)
			equal(t, "what comes down from "+host, down.text, "abc\x00\xff")
			equal(t, "its type", down.header.Get("Content-Type"), "text/plain")
		}
		after, _ := w.Card(w.card.ID)
		equal(t, "the card's dateLastActivity moves", after.DateLastActivity.After(before.DateLastActivity), true)
		equal(t, "the badge", okay(t, w.Server, "GET", "cards/"+w.card.ID).in("badges").field("attachments"), "1")
	})
	t.Run("Ensure a download needs credentials, in the header", func(t *testing.T) {
		w := newWorld(Options{})
		address := w.AddFile(w.card.ID, "a.txt", "text/plain", []byte("a")).URL
		equal(t, "without", fetch(t, w.Server, address, "").status, http.StatusUnauthorized)
		equal(t, "in the address", fetch(t, w.Server, address+"?key=demo-key&token=demo-token", "").status, http.StatusUnauthorized)
		equal(t, "in the header", fetch(t, w.Server, address, demoAuthorization).text, "a")
	})
	t.Run("Ensure a link keeps its address and has no bytes", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		link := okay(t, w.Server, "POST", "cards/"+w.card.ID+"/attachments", "url", "https://example.com/a?b=c", "name", "Offer")
		equal(t, "url", link.field("url"), "https://example.com/a?b=c")
		equal(t, "isUpload", link.field("isUpload"), "false")
		equal(t, "bytes", link.field("bytes"), "null")
		refused(t, w.Server, http.StatusBadRequest, "invalid value for url", "POST", "cards/"+w.card.ID+"/attachments", "url", "javascript:alert(1)")
		refused(t, w.Server, http.StatusBadRequest, "Must provide either url or file", "POST", "cards/"+w.card.ID+"/attachments", "name", "x")
	})
	t.Run("Ensure they come nested in cards, with chosen fields", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		w.AddFile(w.card.ID, "a.txt", "text/plain", []byte("a"))
		cards := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/cards", "attachments", "true", "attachment_fields", "name,url", "filter", "all")
		equal(t, "attachments", cards.at(0).count("attachments"), 1)
		nested := reply{json: cards.at(0).object()["attachments"]}.at(0)
		equal(t, "fields", len(nested.object()), 3)
		equal(t, "in the list", okay(t, w.Server, "GET", "cards/"+w.card.ID+"/attachments").at(0).field("name"), "a.txt")
	})
	t.Run("Ensure deleting one records it and takes the file away", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		a := w.AddFile(w.card.ID, "a.txt", "text/plain", []byte("a"))
		path := "cards/" + w.card.ID + "/attachments/" + a.ID
		equal(t, "the answer", okay(t, w.Server, "DELETE", path).text, `{"limits":{}}`)
		refused(t, w.Server, http.StatusNotFound, "The requested resource was not found.", "DELETE", path)
		equal(t, "download", fetch(t, w.Server, a.URL, demoAuthorization).status, http.StatusNotFound)
		feed := okay(t, w.Server, "GET", "boards/"+w.board.ID+"/actions", "filter", "addAttachmentToCard,deleteAttachmentFromCard")
		equal(t, "the newest action", feed.at(0).field("type"), "deleteAttachmentFromCard")
		equal(t, "the one before", feed.at(1).in("data").in("attachment").field("name"), "a.txt")
	})
	t.Run("Ensure a file that is too large is refused", func(t *testing.T) {
		w := newWorld(Options{Strict: true, MaxAttachment: 3})
		equal(t, "status", uploadFile(t, w.Server, w.card.ID, "a.txt", "abcd").status, http.StatusRequestEntityTooLarge)
		equal(t, "attachments", len(w.Attachments(w.card.ID)), 0)
	})
	t.Run("Ensure an empty file is one", func(t *testing.T) {
		w := newWorld(Options{Strict: true})
		up := uploadFile(t, w.Server, w.card.ID, "a.txt", "")
		equal(t, "bytes", up.field("bytes"), "0")
		equal(t, "what comes down", fetch(t, w.Server, up.field("url"), demoAuthorization).text, "")
	})
	t.Run("Ensure a file of a size alone is streamed", func(t *testing.T) {
		w := newWorld(Options{})
		a := w.AddFileOfSize(w.card.ID, "film.mp4", "video/mp4", 200<<20)
		r := newRequest(t, http.MethodGet, a.URL, "")
		r.Header.Set("Authorization", demoAuthorization)
		answer, err := w.RoundTripper().RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, answer.Body)
		if n != 200<<20 || err != nil || answer.Body.Close() != nil {
			t.Errorf("%d bytes came, %v", n, err)
		}
	})
	t.Run("Ensure the storage behind a redirect refuses Trello's credentials", func(t *testing.T) {
		w := newWorld(Options{RedirectDownloads: true})
		a := w.AddFile(w.card.ID, "a.txt", "text/plain", []byte("a"))
		sent := fetch(t, w.Server, a.URL, demoAuthorization)
		equal(t, "status", sent.status, http.StatusFound)
		equal(t, "with credentials", fetch(t, w.Server, sent.header.Get("Location"), demoAuthorization).status, http.StatusBadRequest)
		equal(t, "without", fetch(t, w.Server, sent.header.Get("Location"), "").text, "a")
		equal(t, "violations", len(w.Violations()), 1)
	})
	t.Run("Ensure an uploaded file survives a replay of the journal", func(t *testing.T) {
		var lines [][]byte
		options := Options{Clock: ticking(), Journal: func(line []byte) error { lines = append(lines, bytes.Clone(line)); return nil }}
		w := newWorld(options)
		up := uploadFile(t, w.Server, w.card.ID, "a.txt", "abc\x00\xff")
		again := newWorld(Options{})
		for _, line := range lines {
			if err := again.Replay(line); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, "id", again.Attachments(again.card.ID)[0].ID, up.id())
		equal(t, "data", string(again.Attachments(again.card.ID)[0].Data), "abc\x00\xff")
	})
	t.Run("Ensure a server on loopback gives addresses of its own", func(t *testing.T) {
		w := newWorld(Options{})
		w.AddFile(w.card.ID, "a.txt", "text/plain", []byte("served"))
		origin, stop, err := w.Listen("")
		if err != nil {
			t.Fatal(err)
		}
		defer stop()
		list := overNetwork(t, origin+"/1/cards/"+w.card.ID+"/attachments")
		if !strings.Contains(list, `"url":"`+origin+`/1/cards/`) {
			t.Fatalf("the address is not on %s: %s", origin, list)
		}
		equal(t, "what comes down", overNetwork(t, w.Attachments(w.card.ID)[0].URL, "https://trello.com", origin), "served")
	})
}

// overNetwork gets an address with credentials, with one text in it replaced.
func overNetwork(t *testing.T, address string, replace ...string) string {
	t.Helper()
	r := newRequest(t, http.MethodGet, strings.NewReplacer(replace...).Replace(address), "")
	r.Header.Set("Authorization", demoAuthorization)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}
