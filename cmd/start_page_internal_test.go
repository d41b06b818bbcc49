package cmd

import (
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/sandbox"
)

// differing is what differs from run to run in what a page shows: spans, ids of records, ports; and how many requests it takes.
var differing = regexp.MustCompile(`\b[0-9.]+m?s\b|\b\d+ requests\b|\b[0-9a-f]{24}\b|127\.0\.0\.1:\d+`)

func alike(text string) string { return differing.ReplaceAllString(strings.TrimRight(text, " "), "*") }

// pageShows tells whether a page shows these lines, where … stands for any number of them. A page that shows none says nothing of them.
func pageShows(shown, lines []string) bool {
	if len(shown) == 0 {
		return len(lines) == 0
	}
	if shown[0] == "…" {
		return pageShows(shown[1:], lines) || len(lines) > 0 && pageShows(shown, lines[1:])
	}
	return len(lines) > 0 && alike(shown[0]) == alike(lines[0]) && pageShows(shown[1:], lines[1:])
}

// curl sends the request that a line of shell with curl sends.
func curl(t *testing.T, line string) {
	t.Helper()
	words, err := shellWords(strings.ReplaceAll(line, "\\\n", ""))
	if err != nil || len(words) < 2 || words[0] != "curl" {
		t.Fatalf("%q is no line with curl: %v", line, err)
	}
	method, url, header, data := http.MethodPost, "", http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []string(nil)
	for i := 1; i < len(words); i++ {
		switch words[i] {
		case "-s":
		case "-X":
			i++
			method = words[i]
		case "-H":
			i++
			name, value, _ := strings.Cut(words[i], ": ")
			header.Set(name, value)
		case "-d":
			i++
			data = append(data, words[i])
		default:
			url = words[i]
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(strings.Join(data, "&")))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = header
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if body, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK || strings.Contains(string(body), `"error"`) {
		t.Fatalf("%s: %s %s %v", line, answer.Status, body, err)
	}
}

// TestStartPage follows the part of docs/start.md that is about the demo, word for word, as one who begins does.
func TestStartPage(t *testing.T) {
	t.Setenv("CONNECTOR_CONFIG", "")
	page, err := os.ReadFile("../docs/start.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "\n## 2. ")
	demo, _, found := strings.Cut(rest, "\n## 3. ")
	if !found {
		t.Fatal("the page has no second and third part")
	}
	d := newDesk(t, "")
	box, err := sandbox.Open(d.path("sandbox-demo"), sandbox.Options{Clock: d.Now, Odoo: true, Systems: []sandbox.System{trelloFake()}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = box.Close() }()
	odoo, _ := box.Odoo()
	trello, _ := box.System("trello")
	tries := box.Try("odoo") + "\n" + box.Try("trello")
	t.Run("Ensure the sandbox tells addresses, credentials, and how to edit something on each side", func(t *testing.T) {
		var out strings.Builder
		a := newApp()
		a.out = &out
		if err := a.announce(box, d.dir); err != nil {
			t.Fatal(err)
		}
		mustHave(t, out.String(), odoo.URL, "demo-token", "\n\n"+tries+"\n\n", d.dir)
	})
	for n, block := range strings.Split(demo, "\n```")[1:] {
		language, text, _ := strings.Cut(block, "\n")
		switch {
		case n%2 == 1: // what stands between two blocks
		case language == "yaml":
			d.write("config.yaml", strings.NewReplacer("http://127.0.0.1:8069", odoo.URL, "http://127.0.0.1:8070", trello.URL).Replace(text))
		case language == "console":
			d.follow(t, text)
		default:
			t.Run("Ensure the edits are those that the sandbox tells", func(t *testing.T) {
				if alike(text) != alike(tries) {
					t.Errorf("the page has\n%s, the sandbox tells\n%s", text, tries)
				}
			})
			curl(t, box.Try("odoo"))
			curl(t, box.Try("trello"))
		}
	}
	t.Run("Ensure both edits have crossed in the end", func(t *testing.T) {
		mustHave(t, d.must("bindings", "list"), "Edited in Odoo", "Edited in Trello")
		mustHave(t, d.must("sync"), "Nothing changed.")
	})
}

// follow runs the commands of a block, and compares what they print with what it shows.
func (d *desk) follow(t *testing.T, block string) {
	t.Helper()
	for _, part := range strings.Split("\n"+block, "\n$ ")[1:] {
		shown := strings.Split(part, "\n")
		args := commandOf(t, "$ "+shown[0])
		if args[0] == "sandbox" { // which is open already
			continue
		}
		t.Run("Ensure `"+shown[0]+"` prints what the page shows", func(t *testing.T) {
			out := d.must(args...)
			if lines := strings.Split(strings.TrimRight(out, "\n"), "\n"); len(shown) > 1 && !pageShows(shown[1:], lines) {
				t.Errorf("the page shows\n%s\nand it prints\n%s", strings.Join(shown[1:], "\n"), out)
			}
		})
	}
}
