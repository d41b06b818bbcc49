package trello_test

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// hang attaches a file to a record in Odoo, as somebody there would.
func (w *world) hang(model string, id int64, name, content string) int64 {
	w.t.Helper()
	return w.odoo.Create("ir.attachment", map[string]any{
		"name": name, "res_model": model, "res_id": id, "datas": base64.StdEncoding.EncodeToString([]byte(content)),
	})
}

// files are the attachments of a task as "name: content" or "name → address", sorted.
func (w *world) files(task int64) (all []string) {
	w.t.Helper()
	for _, id := range w.odoo.Search("ir.attachment", []any{[]any{"res_model", "=", "project.task"}, []any{"res_id", "=", task}, []any{"res_field", "=", false}}) {
		r := w.odoo.Read("ir.attachment", id, "name", "datas", "type", "url")
		if r["type"] == "url" {
			all = append(all, fmt.Sprintf("%s → %s", r["name"], r["url"]))
			continue
		}
		text, _ := r["datas"].(string)
		content, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			w.t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%s: %s", r["name"], content))
	}
	slices.Sort(all)
	return all
}

// hung are the attachments of a card in the same form.
func (w *world) hung(card string) (all []string) {
	w.t.Helper()
	for _, a := range w.trello.Attachments(card) {
		if a.IsUpload {
			all = append(all, fmt.Sprintf("%s: %s", a.Name, a.Data))
		} else {
			all = append(all, fmt.Sprintf("%s → %s", a.Name, a.URL))
		}
	}
	slices.Sort(all)
	return all
}

// shelf is a scene with a card and its task, on which things are hung.
type shelf struct {
	*scene
	task int64
	card string
}

func shelved(t testing.TB) *shelf {
	t.Helper()
	s := &shelf{scene: bound(t)}
	s.task, _ = s.scene.task("Oil the hinges")
	s.card = s.scene.card("Oil the hinges").ID
	s.clock.Advance(time.Hour)
	return s
}

// both demands what hangs on both sides.
func (s *shelf) both(want ...string) {
	s.t.Helper()
	if got := s.files(s.task); !slices.Equal(got, want) {
		s.t.Errorf("the task has %q, want %q", got, want)
	}
	if got := s.hung(s.card); !slices.Equal(got, want) {
		s.t.Errorf("the card has %q, want %q", got, want)
	}
}

func TestAttachments(t *testing.T) {
	t.Run("Ensure a file and a link of a card come to its task", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFile(s.card, "plan.txt", "text/plain", []byte("Two coats"))
		s.trello.AddLink(s.card, "Colours", "https://example.com/colours?a=1&b=2")
		s.mustSync()
		s.both("Colours → https://example.com/colours?a=1&b=2", "plan.txt: Two coats")
		s.quiet()
	})
	t.Run("Ensure a file and a link of a task come to its card", func(t *testing.T) {
		s := shelved(t)
		s.hang("project.task", s.task, "plan.txt", "Two coats")
		s.odoo.Create("ir.attachment", map[string]any{"name": "Colours", "res_model": "project.task", "res_id": s.task, "type": "url", "url": "https://example.com/colours"})
		s.mustSync()
		s.both("Colours → https://example.com/colours", "plan.txt: Two coats")
		s.quiet()
	})
	t.Run("Ensure the same file under another name is the same file", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFile(s.card, "plan (1).txt", "text/plain", []byte("Two coats"))
		s.trello.AddFile(s.card, "other.txt", "text/plain", []byte("One coat!"))
		s.hang("project.task", s.task, "plan.txt", "Two coats")
		s.mustSync()
		if got := s.files(s.task); !slices.Equal(got, []string{"other.txt: One coat!", "plan.txt: Two coats"}) {
			t.Errorf("the task has %q", got)
		}
		if got := s.hung(s.card); !slices.Equal(got, []string{"other.txt: One coat!", "plan (1).txt: Two coats"}) {
			t.Errorf("the card has %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure two files of one content stay two on both sides", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFile(s.card, "a.txt", "text/plain", []byte("Same"))
		s.trello.AddFile(s.card, "b.txt", "text/plain", []byte("Same"))
		s.hang("project.task", s.task, "c.txt", "Same")
		s.mustSync()
		if o, x := s.files(s.task), s.hung(s.card); len(o) != 2 || len(x) != 2 {
			t.Errorf("the task has %q and the card %q", o, x)
		}
		s.quiet()
	})
	t.Run("Ensure nothing of another record leaks", func(t *testing.T) {
		s := shelved(t)
		s.hang("project.project", s.task, "foreign.txt", "Of a project that has the task's id")
		s.hang("res.partner", s.task, "partner.txt", "Of a partner that has the task's id")
		s.odoo.Create("ir.attachment", map[string]any{"name": "image.png", "res_model": "project.task", "res_id": s.task, "res_field": "displayed_image_id", "datas": "aGVsbG8="})
		note := s.hang("project.task", s.task, "margin.txt", "40 %")
		s.odoo.Write("mail.message", []int64{s.note(s.task, "Bob Baker", "<p>For us only</p>")}, map[string]any{"attachment_ids": []int64{note}})
		s.quiet()
		if got := s.hung(s.card); len(got) != 0 {
			t.Errorf("the card has %q", got)
		}
	})
	t.Run("Ensure a file of a message that leaves does so too", func(t *testing.T) {
		s := shelved(t)
		file := s.hang("project.task", s.task, "plan.txt", "Two coats")
		s.odoo.Write("mail.message", []int64{s.say(s.task, "Bob Baker", "<p>See the plan</p>")}, map[string]any{"attachment_ids": []int64{file}})
		s.mustSync()
		s.both("plan.txt: Two coats")
		s.quiet()
	})
	t.Run("Ensure names lose folders, control characters and excess on their way", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFile(s.card, "../../etc/passwd", "text/plain", []byte("1"))
		s.trello.AddFile(s.card, strings.Repeat("n", 300)+".txt", "text/plain", []byte("2"))
		s.trello.AddFile(s.card, "no extension", "", []byte("3"))
		s.trello.AddFile(s.card, "nul\x00 and\nline", "text/plain", []byte("4"))
		s.hang("project.task", s.task, `..\..\boot.ini`, "5")
		s.mustSync()
		want := []string{`..\..\boot.ini: 5`, strings.Repeat("n", 116) + ".txt: 2", "no extension: 3", "nul andline: 4", "passwd: 1"}
		if got := s.files(s.task); !slices.Equal(got, want) {
			t.Errorf("the task has %q, want %q", got, want)
		}
		if got := s.hung(s.card); !slices.Contains(got, "boot.ini: 5") {
			t.Errorf("the card has %q", got)
		}
		s.quiet()
	})
	t.Run("Ensure an empty file comes from Trello and none leaves Odoo", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFile(s.card, "empty.txt", "text/plain", nil)
		s.odoo.Create("ir.attachment", map[string]any{"name": "hollow.txt", "res_model": "project.task", "res_id": s.task})
		s.mustSync()
		if o, x := s.files(s.task), s.hung(s.card); !slices.Equal(o, []string{"empty.txt: ", "hollow.txt: "}) && !slices.Equal(o, []string{"hollow.txt: "}) || len(x) != 1 {
			t.Errorf("the task has %q and the card %q", o, x)
		}
		s.quiet()
	})
	t.Run("Ensure a cover stays and a file becomes none", func(t *testing.T) {
		s := shelved(t)
		s.hang("project.task", s.task, "photo.png", "\x89PNG\r\n\x1a\n")
		s.mustSync()
		for _, r := range s.trello.Requests() {
			if r.Method == "POST" && strings.HasSuffix(r.Path, "/attachments") && r.Params["setCover"] != "false" {
				t.Errorf("the file was posted with %v", r.Params)
			}
		}
	})
}

func TestLargeAttachments(t *testing.T) {
	t.Run("Ensure a file of 200 MB is left alone, said once, and not asked for", func(t *testing.T) {
		s := shelved(t)
		s.trello.AddFileOfSize(s.card, "film.mp4", "video/mp4", 200<<20)
		r := s.mustSync()
		s.reviewed(trello.AttachmentModel, binding.Unfit)
		if reason := s.reviews(trello.AttachmentModel)[0].Reason; !strings.Contains(reason, "200.0 MB") || !strings.Contains(reason, "10.0 MB") {
			t.Errorf("the reason is %q", reason)
		}
		s.counts(r, trello.AttachmentModel, "skipped=1")
		s.quiet()
		for _, r := range s.trello.Requests() {
			if strings.Contains(r.Path, "/download/") {
				t.Error("it was downloaded")
			}
		}
	})
	t.Run("Ensure it crosses once it may", func(t *testing.T) {
		s := shelved(t)
		s.tune = func(o *trello.Settings) { o.MaxSize = "1 kB" }
		s.trello.AddFileOfSize(s.card, "letters.txt", "text/plain", 2000)
		s.hang("project.task", s.task, "figures.txt", strings.Repeat("0123456789", 300))
		s.mustSync()
		s.reviewed(trello.AttachmentModel, binding.Unfit, binding.Unfit)
		s.quiet()
		s.tune = func(o *trello.Settings) { o.MaxSize = "4 kB" }
		s.mustSync()
		s.reviewed(trello.AttachmentModel)
		if o, x := s.files(s.task), s.hung(s.card); len(o) != 2 || len(x) != 2 {
			t.Errorf("the task has %d and the card %d attachments, want two each", len(o), len(x))
		}
		s.quiet()
	})
	t.Run("Ensure a size that is none is said", func(t *testing.T) {
		s := shelved(t)
		s.tune = func(o *trello.Settings) { o.MaxSize = "ten" }
		if _, err := s.sync(); err == nil || !strings.Contains(err.Error(), "max_size") {
			t.Errorf("the sync reports %v", err)
		}
	})
}

func TestDownloads(t *testing.T) {
	t.Run("Ensure the credentials do not follow a redirect to the storage", func(t *testing.T) {
		s := shelved(t)
		s.trello = trellotest.New(trellotest.Options{Clock: s.clock.Now, Strict: true, RedirectDownloads: true})
		t.Cleanup(func() {
			for _, v := range s.trello.Violations() {
				t.Error(v)
			}
		})
		board := s.trello.AddBoard("Garden")
		card := s.trello.AddCard(s.trello.AddList(board.ID, "Beds").ID, "Dig")
		s.trello.AddFile(card.ID, "plan.txt", "text/plain", []byte("Two beds"))
		w := &world{t: t, clock: s.clock, odoo: s.odoo, trello: s.trello, path: s.path + "2", backend: trello.Backend(), user: "admin", name: "garden"}
		w.mustSync()
		task, _ := w.task("Dig")
		if got := w.files(task); !slices.Equal(got, []string{"plan.txt: Two beds"}) {
			t.Errorf("the task has %q", got)
		}
	})
}

func TestDeletedAttachments(t *testing.T) {
	pair := func(t *testing.T) *shelf {
		s := shelved(t)
		s.trello.AddFile(s.card, "theirs.txt", "text/plain", []byte("1"))
		s.hang("project.task", s.task, "ours.txt", "2")
		s.mustSync()
		return s
	}
	drop := func(s *shelf, name string) {
		for _, a := range s.trello.Attachments(s.card) {
			if a.Name == name {
				s.trello.DeleteAttachment(s.card, a.ID)
			}
		}
		ids := s.odoo.Search("ir.attachment", []any{[]any{"res_model", "=", "project.task"}, []any{"name", "=", "ours.txt"}})
		s.odoo.Unlink("ir.attachment", ids...)
	}
	t.Run("Ensure the other half stays and the deletion is reported", func(t *testing.T) {
		s := pair(t)
		drop(s, "theirs.txt")
		s.mustSync()
		if o, x := s.files(s.task), s.hung(s.card); !slices.Equal(o, []string{"theirs.txt: 1"}) || !slices.Equal(x, []string{"ours.txt: 2"}) {
			t.Errorf("the task has %q and the card %q", o, x)
		}
		s.reviewed(trello.AttachmentModel, binding.Deleted, binding.Deleted)
		s.quiet()
	})
	t.Run("Ensure copies of ours follow where that is configured", func(t *testing.T) {
		s := pair(t)
		s.tune = func(o *trello.Settings) { o.AttachmentDeletions = "follow" }
		drop(s, "theirs.txt")
		s.mustSync()
		s.both()
		s.quiet()
	})
}

func TestAttachmentsOneWay(t *testing.T) {
	t.Run("Ensure a model that is only exported matches what both sides have", func(t *testing.T) {
		s := shelved(t)
		s.direct(trello.AttachmentModel, config.DirectionExport)
		s.trello.AddFile(s.card, "plan.txt", "text/plain", []byte("Two coats"))
		s.hang("project.task", s.task, "plan.txt", "Two coats")
		s.hang("project.task", s.task, "more.txt", "Three")
		s.mustSync()
		if got := s.hung(s.card); !slices.Equal(got, []string{"more.txt: Three", "plan.txt: Two coats"}) {
			t.Errorf("the card has %q", got)
		}
		s.quiet()
	})
}
