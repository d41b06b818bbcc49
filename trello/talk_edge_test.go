package trello_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

func TestCommentsOnEveryVersion(t *testing.T) {
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		t.Run("Ensure comments, edits and deletions cross with Odoo "+version, func(t *testing.T) {
			s := &scene{world: newWorldOf(t, version)}
			workshop(s.world)
			s.mustSync()
			s.clock.Advance(time.Hour)
			task, _ := s.task("Oil the hinges")
			card := s.card("Oil the hinges").ID
			theirs := s.trello.AddComment(card, "Which *oil*?\n- linseed\n- tung")
			ours := s.say(task, "Bob Baker", "<p>Linseed <b>please</b></p>")
			s.mustSync()
			if got := s.trello.Comments(card); len(got) != 2 || got[1] != "**Bob Baker (Odoo):**\n\nLinseed **please**" {
				t.Errorf("the card has the comments %q", got)
			}
			if got := s.messages(task); len(got) != 2 || !strings.HasSuffix(got[1], "</a> (Trello):</p><p>Which <em>oil</em>?</p><ul><li>linseed</li><li>tung</li></ul>") {
				t.Errorf("the task has the messages %q", got)
			}
			s.quiet()
			s.set("mail.message", ours, "body", `<p>Tung<span class="o-mail-Message-edited"></span></p>`) // as the web client of 18 and 19 does
			s.trello.EditComment(theirs, "Which?")
			s.mustSync()
			if got := s.trello.Comments(card); !slices.Equal(got, []string{"Which?", "**Bob Baker (Odoo):**\n\nTung"}) {
				t.Errorf("the card has the comments %q", got)
			}
			s.quiet()
			s.set("mail.message", ours, "body", `<span class="o-mail-Message-edited"></span>`)
			s.trello.DeleteComment(theirs)
			s.mustSync()
			if got := s.trello.Comments(card); len(got) != 0 {
				t.Errorf("the card has the comments %q", got)
			}
			s.quiet()
		})
	}
}

func TestCommentSettings(t *testing.T) {
	t.Run("Ensure comments that are off are neither asked for nor written", func(t *testing.T) {
		s := chat(t)
		s.tune = func(o *trello.Settings) { o.Comments = "off" }
		s.trello.AddComment(s.card, "One more")
		s.say(s.task, "Bob Baker", "<p>And another</p>")
		s.quiet()
		for _, r := range s.odoo.Requests() {
			if r.Model == "mail.message" && r.Method != "fields_get" && !strings.Contains(fmt.Sprint(r.Args), "attachment_ids") {
				t.Errorf("the messages were asked for: %v", r.Args)
			}
		}
	})
	t.Run("Ensure a setting that is none is said before anything is done", func(t *testing.T) {
		for line, problems := range map[string]int{
			"comments: some": 1, "odoo_messages: mails": 1, "comment_deletions: maybe": 1, "attachment_deletions: maybe": 1, "max_size: much": 1,
			"max_size: -1 MB": 1, "boards: []": 1, "members: [{trello: annlee}]": 1, "members: [{odoo: admin}]": 1, "requests_per_10s: 0": 1,
			"comments: all, odoo_messages: notes, comment_deletions: keep, attachment_deletions: follow, max_size: 1.5 MB": 0,
		} {
			text := "odoo: [{name: main, url: sandbox://demo}]\nbackends: [{name: trello, kind: trello, url: sandbox://demo, " + line + "}]"
			_, err := config.LoadBytes("config.yaml", []byte(text), []config.Kind{trello.Backend().Kind()})
			var all config.Errors
			if errors.As(err, &all); len(all) != problems {
				t.Errorf("%s has the problems %v", line, err)
			}
		}
	})
	t.Run("Ensure comments go one way where that is configured", func(t *testing.T) {
		s := chat(t)
		s.direct(trello.CommentModel, config.DirectionImport)
		s.say(s.task, "Bob Baker", "<p>And another</p>")
		s.trello.AddComment(s.card, "One more")
		s.mustSync()
		if got := s.trello.Comments(s.card); len(got) != 3 {
			t.Errorf("the card has the comments %q", got)
		}
		if got := s.messages(s.task); len(got) != 4 {
			t.Errorf("the task has the messages %q", got)
		}
		s.quiet()
	})
}

func TestManyComments(t *testing.T) {
	t.Run("Ensure no more deletions are followed in a run than is likely", func(t *testing.T) {
		s := chat(t)
		var ids []string
		for i := range 40 {
			ids = append(ids, s.trello.AddComment(s.card, fmt.Sprintf("Comment %d", i)))
		}
		s.mustSync()
		for _, id := range ids {
			s.trello.DeleteComment(id)
		}
		s.mustSync()
		if got := s.messages(s.task); len(got) != 2+40-25 {
			t.Errorf("the task has %d messages, want those of which no more than 25 were deleted", len(got))
		}
		if got := s.reviews(trello.CommentModel); len(got) != 15 {
			t.Errorf("%d deletions are reported, want 15", len(got))
		}
		s.quiet()
	})
	t.Run("Ensure comments beyond the newest thousand of a board come once, and all of them", func(t *testing.T) {
		if raced {
			t.Skip("counts more than a thousand comments, which a race changes nothing about")
		}
		s := &scene{world: newWorld(t)}
		s.tune = func(o *trello.Settings) { o.Comments = "all" }
		workshop(s.world)
		card := s.card("Oil the hinges").ID
		for i := range 2100 {
			s.trello.AddComment(card, fmt.Sprintf("Comment %d", i))
		}
		s.mustSync()
		task, _ := s.task("Oil the hinges")
		if got := s.messages(task); len(got) != 2100 {
			t.Errorf("the task has %d messages, want 2,100", len(got))
		}
		s.quiet()
		s.quiet()
		if n := s.tally()["GET /boards/…/actions"]; n != 0 {
			t.Errorf("the older comments were asked for %d times once all were there", n)
		}
	})
	t.Run("Ensure a comment that left its board's feed is not taken for deleted", func(t *testing.T) {
		s := chat(t)
		garden := s.trello.AddBoard("Garden")
		beds := s.trello.AddList(garden.ID, "Beds")
		s.mustSync()
		s.trello.MoveCard(s.card, beds.ID)
		s.mustSync()
		if got := s.messages(s.task); len(got) != 2 {
			t.Errorf("the task has the messages %q", got)
		}
		s.trello.EditComment(s.theirs, "Which oil, here?")
		s.mustSync()
		if got := s.value("mail.message", s.posted, "body").(string); !strings.Contains(got, "here?") {
			t.Errorf("the message is %q", got)
		}
		s.quiet()
	})
}

func TestTalkThatCannotCross(t *testing.T) {
	t.Run("Ensure a message that is too long for a comment waits for a person and is never cut", func(t *testing.T) {
		s := chat(t)
		long := s.say(s.task, "Bob Baker", "<p>"+strings.Repeat("word ", 4000)+"</p>")
		s.mustSync()
		s.reviewed(trello.CommentModel, binding.Unfit)
		if got := s.trello.Comments(s.card); len(got) != 2 {
			t.Errorf("the card has %d comments", len(got))
		}
		s.quiet()
		s.set("mail.message", long, "body", "<p>Words</p>")
		s.mustSync()
		s.reviewed(trello.CommentModel)
		if got := s.trello.Comments(s.card); len(got) != 3 {
			t.Errorf("the card has the comments %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure an edit from Trello is not written over a message that holds more", func(t *testing.T) {
		s := chat(t)
		s.set("mail.message", s.original, "body", `<p>Linseed</p><table><tbody><tr><td>a</td></tr></tbody></table>`)
		s.mustSync()
		s.trello.EditComment(s.ours, "**Bob Baker (Odoo):**\n\nTung")
		s.mustSync()
		s.reviewed(trello.CommentModel, binding.Lossy)
		if got := s.value("mail.message", s.original, "body").(string); !strings.Contains(got, "<table>") {
			t.Errorf("the message is %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure a message that may not be written fails alone", func(t *testing.T) {
		s := chat(t)
		again := s.trello.AddComment(s.card, "Another")
		s.mustSync()
		s.trello.EditComment(again, "Another one")
		s.trello.EditComment(s.theirs, "Which oil now?")
		s.odooRefuses(func(r odootest.Request) error {
			if r.Model == "mail.message" && r.Method == "write" && strings.Contains(fmt.Sprint(r.Args), "oil now") {
				return errors.New("AccessError: no")
			}
			return nil
		})
		r, err := s.sync()
		if err == nil && r.Jobs.Failed != 1 {
			t.Errorf("got %+v, %v", r.Jobs, err)
		}
		s.heal()
		if got := strings.Join(s.messages(s.task), "\n"); !strings.Contains(got, "Another one") || strings.Contains(got, "oil now") {
			t.Errorf("the task has the messages %q", got)
		}
	})
	t.Run("Ensure Trello's refusal of one file leaves the others alone", func(t *testing.T) {
		s := shelved(t)
		s.hang("project.task", s.task, "bad.txt", "1")
		s.hang("project.task", s.task, "good.txt", "2")
		s.trelloRefuses(http.StatusBadRequest, func(r trellotest.Request) bool {
			return r.Method == http.MethodPost && strings.HasSuffix(r.Path, "/attachments") && r.Params["name"] == "bad.txt"
		})
		r := s.mustSync()
		if r.Jobs.Failed != 1 {
			t.Errorf("got %+v", r.Jobs)
		}
		if got := s.hung(s.card); !slices.Equal(got, []string{"good.txt: 2"}) {
			t.Errorf("the card has %q", got)
		}
		s.heal()
		s.mustSync()
		s.both("bad.txt: 1", "good.txt: 2")
	})
	t.Run("Ensure a file that is gone when it is downloaded holds up nobody", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFile(s.card, "gone.txt", "text/plain", []byte("1"))
		s.trello.AddFile(s.card, "good.txt", "text/plain", []byte("2"))
		s.trelloRefuses(http.StatusForbidden, func(r trellotest.Request) bool { return strings.HasSuffix(r.Path, "/download/gone.txt") })
		r := s.mustSync()
		if got := s.files(s.task); !slices.Equal(got, []string{"good.txt: 2"}) || r.Jobs.Failed != 1 {
			t.Errorf("the task has %q, %+v", got, r.Jobs)
		}
	})
}

// drain reads large bodies to their end, as a server does, and refuses them, so that none is held in this process.
type drain struct {
	base   http.RoundTripper
	sent   *int64
	length *int64
}

// RoundTrip implements http.RoundTripper.
func (d drain) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.ContentLength < 1<<20 {
		return d.base.RoundTrip(r)
	}
	n, err := io.Copy(io.Discard, r.Body)
	*d.sent, *d.length = n, r.ContentLength
	return &http.Response{StatusCode: http.StatusRequestEntityTooLarge, Header: http.Header{}, Body: http.NoBody, Request: r}, err
}

// TestMemoryOfFiles lets a file of 200 MB go from Trello to Odoo's door, and measures what is set aside for it on the way.
func TestMemoryOfFiles(t *testing.T) {
	if raced {
		t.Skip("the race detector takes memory of its own")
	}
	s := shelved(t)
	var sent, length int64
	s.tune = func(o *trello.Settings) { o.MaxSize = "250 MB" }
	s.base = func(base http.RoundTripper) http.RoundTripper { return drain{base, &sent, &length} }
	s.trello.AddFileOfSize(s.card, "film.mp4", "video/mp4", 200<<20)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	s.mustSync()
	runtime.ReadMemStats(&after)
	if sent != length || sent < 200<<20*4/3 {
		t.Errorf("%d bytes of %d were sent", sent, length)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 64<<20 {
		t.Errorf("a file of 200 MB set %d MB aside in all", grown>>20)
	} else {
		t.Logf("a file of 200 MB set %d MB aside in all", grown>>20)
	}
}

// TestLateMessages lets a message be posted after its request was given up, as a busy Odoo does.
func TestLateMessages(t *testing.T) {
	for _, after := range []string{"before it is searched for", "after the first search"} {
		t.Run("Ensure a message that comes "+after+" is there once", func(t *testing.T) {
			s := shelved(t)
			id := s.trello.AddComment(s.card, "Which oil?")
			var mark string
			searches, posts := 0, 0
			apply := func() {
				s.odoo.Create("mail.message", map[string]any{
					"model": "project.task", "res_id": s.task, "message_type": "comment", "subtype_id": s.subtype(false),
					"message_id": mark, "body": "<p>Which oil?</p>",
				})
			}
			s.odoo.Fail(func(r odootest.Request) error {
				switch {
				case r.Method == "message_post" && r.Moment == odootest.Before:
					posts++
					if mark = "<__connector__.trello_trello.comment_" + id + "@connector>"; posts == 1 {
						return odootest.ErrNoAnswer
					}
				case r.Model == "mail.message" && r.Method == "search" && strings.Contains(fmt.Sprint(r.Args), "message_id"):
					if r.Moment == odootest.Before {
						searches++
					}
					if searches == 1 && (r.Moment == odootest.Before) == (after == "before it is searched for") {
						apply()
					}
				}
				return nil
			})
			if _, err := s.sync(); !isOutage(err) {
				t.Fatalf("the sync reports %v", err)
			}
			s.mustSync()
			s.heal()
			if got := s.messages(s.task); len(got) != 1 || posts != 1 {
				t.Errorf("after %d posts the task has the messages %q", posts, got)
			}
			if b := s.bindingOf(trello.CommentModel, id); !b.Bound() {
				t.Errorf("the comment is not bound: %+v", b)
			}
		})
	}
}
