package trello_test

import (
	"bytes"
	"encoding/base64"
	"flag"
	"fmt"
	"html"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/trello/trellotest"
)

var update = flag.Bool("update", false, "draw the pictures of the documentation anew")

// TestPicture draws a card and its task as a sync leaves them, and holds the documentation's picture to that.
func TestPicture(t *testing.T) {
	path := filepath.Join("..", "docs", "trello-card-and-task.svg")
	drawn := drawCardAndTask(fullCard(t))
	if *update {
		if err := os.WriteFile(path, drawn, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, drawn) {
		t.Errorf("%s is not what a sync makes any more; look at it after `go test ./trello -run Picture -update`", path)
	}
}

// fullCard is a world in which a card that uses everything was brought into Odoo.
func fullCard(t *testing.T) (w *world, board trellotest.Board, card trellotest.Card) {
	w = newWorld(t)
	board = w.trello.AddBoard("Workshop")
	w.trello.AddList(board.ID, "To do")
	doing := w.trello.AddList(board.ID, "Doing")
	w.trello.AddList(board.ID, "Done")
	urgent, wood := w.trello.AddLabel(board.ID, "Urgent", "red"), w.trello.AddLabel(board.ID, "Oak", "yellow_dark")
	ann := w.trello.AddMember("annlee", "Ann Lee")
	w.addUser("ann@example.com", "Ann Lee")
	card = w.trello.AddCard(
		doing.ID, "Paint the door", trellotest.WithLabels(urgent.ID, wood.ID), trellotest.WithMembers(ann.ID),
		trellotest.WithDue(time.Date(2026, 3, 9, 15, 0, 0, 0, time.UTC)),
		trellotest.WithDesc("Two **coats**, and in between:\n\n- sand it\n- *dust* it\n\nSee [the colours](https://example.com/colours)."),
	)
	w.mustSync()
	steps := w.trello.AddChecklist(card.ID, "Steps", "Take it off its hinges", "Sand it", "Paint it")
	w.trello.UpdateCheckItem(steps.Items[0].ID, func(i *trellotest.CheckItem) { i.Complete = true })
	w.trello.AddCommentBy(card.ID, ann.ID, "Green or **blue**?")
	w.trello.AddFile(card.ID, "colours.txt", "text/plain", []byte("green\nblue\n"))
	w.mustSync()
	return w, board, card
}

// drawing is a picture in the making, a column at a time.
type drawing struct {
	bytes.Buffer
	x, y float64
}

func (d *drawing) text(style, s string) {
	_, _ = fmt.Fprintf(d, `<text x="%g" y="%g" class="%s">%s</text>`+"\n", d.x, d.y, style, html.EscapeString(s))
}

// line writes a text and goes down.
func (d *drawing) line(style, s string) {
	d.text(style, s)
	d.y += 20
}

// chips writes texts in boxes of their colours, side by side.
func (d *drawing) chips(texts []string, colour func(i int) string) {
	start := d.x
	for i, s := range texts {
		width := 16 + 7*float64(len([]rune(s)))
		_, _ = fmt.Fprintf(d, `<rect x="%g" y="%g" width="%g" height="20" rx="4" fill="%s"/>`+"\n", d.x, d.y-14, width, colour(i))
		_, _ = fmt.Fprintf(d, `<text x="%g" y="%g" class="chip">%s</text>`+"\n", d.x+8, d.y, html.EscapeString(s))
		d.x += width + 6
	}
	d.x = start
	d.y += 26
}

const pictureHead = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 960 %g" role="img" aria-label="A Trello card and its Odoo task">
<style>
text{font-family:system-ui,sans-serif;font-size:13px;fill:#172b4d}
.title{font-size:18px;font-weight:600}.head{font-weight:600}.small{font-size:11px;fill:#626f86}.chip{font-size:12px;fill:#172b4d}
.sheet{fill:#fff;stroke:#d0d5dd}.back{fill:#f1f2f4}.name{font-size:12px;fill:#626f86}
</style>
`

// shades are close to what both programs show; only for the picture.
var shades = map[string]string{"red": "#f5989d", "yellow_dark": "#e2b203", "1": "#f5989d", "3": "#f8e6a0"}

func drawCardAndTask(w *world, board trellotest.Board, card trellotest.Card) []byte {
	card, _ = w.trello.Card(card.ID)
	left := &drawing{x: 40, y: 56}
	drawCard(left, w, board, card)
	right := &drawing{x: 520, y: 56}
	drawTask(right, w, card.Name)
	height := max(left.y, right.y) + 24
	var out bytes.Buffer
	fmt.Fprintf(&out, pictureHead, height)
	fmt.Fprintf(&out, `<rect width="960" height="%g" class="back"/>`+"\n", height)
	for _, x := range []float64{20, 500} {
		fmt.Fprintf(&out, `<rect x="%g" y="32" width="440" height="%g" rx="6" class="sheet"/>`+"\n", x, height-48)
	}
	fmt.Fprintf(&out, `<text x="20" y="22" class="head">Trello</text><text x="500" y="22" class="head">Odoo</text>`+"\n")
	out.Write(left.Bytes())
	out.Write(right.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

func drawCard(d *drawing, w *world, board trellotest.Board, card trellotest.Card) {
	d.line("title", card.Name)
	for _, l := range w.trello.Lists(board.ID) {
		if l.ID == card.IDList {
			d.line("small", "in the list "+l.Name+" of "+board.Name)
		}
	}
	d.y += 6
	var names, colours []string
	for _, l := range w.trello.Labels(board.ID) {
		for _, id := range card.IDLabels {
			if id == l.ID {
				names, colours = append(names, l.Name), append(colours, l.Color)
			}
		}
	}
	d.chips(names, func(i int) string { return shades[colours[i]] })
	d.line("name", "Members: Ann Lee")
	d.line("name", "Due: "+card.Due.Format("2 January 2006, 15:04"))
	d.y += 6
	d.line("head", "Description")
	for _, l := range strings.Split(card.Desc, "\n") {
		d.line("", l)
	}
	for _, list := range w.trello.Checklists(card.ID) {
		d.y += 6
		d.line("head", list.Name)
		for _, item := range list.Items {
			d.line("", tickBox(item.Complete)+" "+item.Name)
		}
	}
	d.y += 6
	d.line("head", "Attachments")
	for _, a := range w.trello.Attachments(card.ID) {
		d.line("", fmt.Sprintf("%s, %d bytes", a.Name, a.Bytes))
	}
	d.y += 6
	d.line("head", "Comments")
	for _, text := range w.trello.Comments(card.ID) {
		d.line("", text)
	}
}

func tickBox(ticked bool) string {
	if ticked {
		return "☑"
	}
	return "☐"
}

func drawTask(d *drawing, w *world, name string) {
	id := w.odoo.Search("project.task", []any{[]any{"name", "=", name}})[0]
	task := w.odoo.Read("project.task", id, "project_id", "stage_id", "tag_ids", "user_ids", "date_deadline", "description", "child_ids")
	d.line("title", name)
	d.line("small", fmt.Sprintf("%s / %s", nameIn(task["project_id"]), nameIn(task["stage_id"])))
	d.y += 6
	var names, colours []string
	for _, tag := range task["tag_ids"].([]int64) {
		row := w.odoo.Read("project.tags", tag, "name", "color")
		names, colours = append(names, row["name"].(string)), append(colours, fmt.Sprint(row["color"]))
	}
	d.chips(names, func(i int) string { return shades[colours[i]] })
	var users []string
	for _, user := range task["user_ids"].([]int64) {
		users = append(users, w.odoo.Read("res.users", user, "name")["name"].(string))
	}
	d.line("name", "Assignees: "+strings.Join(users, ", "))
	d.line("name", fmt.Sprint("Deadline: ", task["date_deadline"]))
	d.y += 6
	d.line("head", "Description")
	for _, l := range htmlLines(task["description"].(string)) {
		d.line("", l)
	}
	d.y += 6
	d.line("head", "Sub-tasks")
	for _, child := range task["child_ids"].([]int64) {
		row := w.odoo.Read("project.task", child, "name", "state")
		d.line("", tickBox(row["state"] == "1_done")+" "+row["name"].(string))
	}
	d.y += 6
	d.line("head", "Attachments")
	of := []any{[]any{"res_model", "=", "project.task"}, []any{"res_id", "=", id}}
	for _, file := range w.odoo.Search("ir.attachment", of) {
		row := w.odoo.Read("ir.attachment", file, "name", "datas")
		content, _ := base64.StdEncoding.DecodeString(fmt.Sprint(row["datas"]))
		d.line("", fmt.Sprintf("%s, %d bytes", row["name"], len(content)))
	}
	d.y += 6
	d.line("head", "Messages")
	of = []any{[]any{"model", "=", "project.task"}, []any{"res_id", "=", id}, []any{"message_type", "=", "comment"}}
	for _, message := range w.odoo.Search("mail.message", of) {
		for _, l := range htmlLines(w.odoo.Read("mail.message", message, "body")["body"].(string)) {
			d.line("", l)
		}
	}
}

// nameIn is the name in a many2one as it is read: its id and its name.
func nameIn(pair any) string {
	if p, ok := pair.([]any); ok && len(p) == 2 {
		return fmt.Sprint(p[1])
	}
	return ""
}

var (
	breaks   = regexp.MustCompile(`</p>|<br/?>|</li>`)
	bullets  = regexp.MustCompile(`<li[^>]*>`)
	elements = regexp.MustCompile(`<[^>]*>`)
)

// htmlLines are the lines of a piece of HTML, for the picture.
func htmlLines(source string) (lines []string) {
	source = bullets.ReplaceAllString(breaks.ReplaceAllString(source, "\n"), "• ")
	for _, l := range strings.Split(html.UnescapeString(elements.ReplaceAllString(source, "")), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	return lines
}
