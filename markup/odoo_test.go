package markup_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// sample is a text, the HTML that we made of it, and what Odoo's sanitizers made of that: for each result that differs, the
// fields that had it, as "18 project.task.description".
type sample struct {
	Markdown  string              `json:"markdown"`
	HTML      string              `json:"html"`
	Sanitized map[string][]string `json:"sanitized,omitempty"`
}

// samplesFile holds what real servers did.
var samplesFile = filepath.Join("testdata", "sanitized.jsonl")

// sampleTexts are all fixtures, all tested pieces and 500 generated texts, always the same, each once. JSON can hold them.
func sampleTexts() (all []string) {
	seen := map[string]bool{}
	add := func(text string) bool {
		fits := !seen[text] && markup.HTML(text) != "" && utf8.ValidString(text)
		seen[text] = true
		if fits {
			all = append(all, text)
		}
		return fits
	}
	for _, c := range texts {
		add(c.markdown)
	}
	for _, piece := range pieces {
		add(piece)
	}
	for _, text := range []string{
		strings.Repeat("> ", 30) + "deep", strings.Repeat("- ", 40) + "deep", strings.Repeat("word ", 3000), "```\na\n-- \nb\n> c\n```", "--\nMarc",
		"[a](https://x.example/ü[b]$c)", "> --\n> Marc\n\nafter",
	} {
		add(text)
	}
	for seed, generated := 0, 0; generated < 500; seed++ {
		if add(anyMarkdown().Example(2*seed) + "\n\n" + anyMarkdown().Example(2*seed+1)) {
			generated++
		}
	}
	return all
}

// readSamples are the samples of the file.
func readSamples(t *testing.T) []sample {
	t.Helper()
	f, err := os.Open(samplesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var all []sample
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// keptBy fails where what a sanitizer made of our HTML is another text.
func keptBy(t failer, field, markdown, sanitized string) {
	canonical := markup.Canonical(markdown)
	text, lost := markup.Markdown(sanitized)
	if text != canonical || len(lost) > 0 {
		t.Fatalf("%s: of %.500q, which is %.500q as HTML, Odoo made %.500q, which is %.500q without %q", field, canonical, markup.HTML(markdown), sanitized, text, lost)
	}
	if again := markup.HTML(text); again != markup.HTML(markdown) {
		t.Fatalf("%s: the second pass of %.500q changes %.500q", field, canonical, again)
	}
}

func TestSanitized(t *testing.T) {
	samples := readSamples(t)
	t.Run("Ensure what real Odoo servers made of our HTML is the same text, and the second pass changes nothing", func(t *testing.T) {
		changed, fields := 0, map[string]bool{}
		for _, s := range samples {
			if now := markup.HTML(s.Markdown); now != s.HTML {
				t.Errorf("the HTML of %q is %q now; the samples were made with %q, so make them anew", s.Markdown, now, s.HTML)
			}
			keptBy(t, "unchanged", s.Markdown, s.HTML)
			for body, by := range s.Sanitized {
				keptBy(t, by[0], s.Markdown, body)
				changed++
				for _, field := range by {
					fields[field] = true
				}
			}
		}
		if len(samples) < 600 || changed < 50 || len(fields) < 12 {
			t.Errorf("there are %d samples, of which %d were changed in %d fields", len(samples), changed, len(fields))
		}
	})
}

// TestRealServer writes all samples into the Odoo that the environment names, if it does, and reads them back. With
// CONNECTOR_TEST_ODOO_RECORD=1 it keeps what that server did in the samples' file. What it makes, it removes.
func TestRealServer(t *testing.T) {
	env := func(name string) string { return os.Getenv("CONNECTOR_TEST_ODOO_" + name) }
	if env("URL") == "" {
		t.Skip("set CONNECTOR_TEST_ODOO_URL, _DB, _USER and _PASSWORD or _KEY to run against a real Odoo")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	s, err := odoo.Dial(ctx, odoo.Options{
		Name: "real", URL: env("URL"), Database: env("DB"), Username: env("USER"), Password: env("PASSWORD"), APIKey: env("KEY"),
		Protocol: odoo.Protocol(env("PROTOCOL")),
	})
	if err != nil {
		t.Fatal(err)
	}
	version, err := s.Version(ctx)
	if err != nil {
		t.Fatal(err)
	}
	r := &realServer{t: t, s: s.WithContext(map[string]any{"tracking_disable": true, "mail_notrack": true}), major: version.Major}
	defer r.remove(context.WithoutCancel(ctx))
	all := sampleTexts()
	results := map[string][]string{}
	for field, write := range map[string]func(context.Context, []string) []string{
		"project.project.description": r.projects, "project.task.description": r.tasks, "mail.message.body": r.messages,
	} {
		results[fmt.Sprintf("%d %s", r.major, field)] = write(ctx, all)
	}
	for field, bodies := range results {
		for i, body := range bodies {
			keptBy(t, field, all[i], body)
		}
	}
	if env("RECORD") == "1" {
		keepSamples(t, all, r.major, results)
	}
}

type realServer struct {
	t     *testing.T
	s     *odoo.Session
	major int
	made  []made
}

type made struct {
	model string
	ids   []int64
}

func (r *realServer) create(ctx context.Context, model string, rows []map[string]record.Value) []int64 {
	r.t.Helper()
	var all []int64
	for some := range slices.Chunk(rows, 50) {
		ids, err := r.s.Create(ctx, model, some)
		if err != nil {
			r.t.Fatal(err)
		}
		r.made = append(r.made, made{model, ids})
		all = append(all, ids...)
	}
	return all
}

func (r *realServer) remove(ctx context.Context) {
	for _, m := range slices.Backward(r.made) {
		if err := r.s.Unlink(ctx, m.model, m.ids); err != nil {
			r.t.Error(err)
		}
	}
}

// read are the values of a field in the order of the ids.
func (r *realServer) read(ctx context.Context, model, field string, ids []int64) []string {
	r.t.Helper()
	found, missing, err := r.s.Read(ctx, model, ids, []string{field})
	if err != nil || len(missing) > 0 {
		r.t.Fatal(err, missing)
	}
	at := map[string]string{}
	for _, f := range found {
		at[f.ID] = f.Value(field).AsText()
	}
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = at[strconv.FormatInt(id, 10)]
	}
	return out
}

func (r *realServer) described(ctx context.Context, model string, more map[string]record.Value, texts []string) []string {
	rows := make([]map[string]record.Value, len(texts))
	for i, text := range texts {
		rows[i] = map[string]record.Value{"name": record.Text("Markup"), "description": record.HTML(markup.HTML(text))}
		maps.Copy(rows[i], more)
	}
	return r.read(ctx, model, "description", r.create(ctx, model, rows))
}

func (r *realServer) projects(ctx context.Context, texts []string) []string {
	return r.described(ctx, "project.project", nil, texts)
}

func (r *realServer) tasks(ctx context.Context, texts []string) []string {
	project := r.create(ctx, "project.project", []map[string]record.Value{{"name": record.Text("Markup")}})[0]
	return r.described(ctx, "project.task", map[string]record.Value{"project_id": record.Ref("project.project", strconv.FormatInt(project, 10))}, texts)
}

// messages posts the texts as notes, which tell nobody. Since Odoo 17 a body is plain text unless it says otherwise.
func (r *realServer) messages(ctx context.Context, texts []string) []string {
	project := r.create(ctx, "project.project", []map[string]record.Value{{"name": record.Text("Markup")}})[0]
	ids := make([]int64, len(texts))
	for i, text := range texts {
		named := map[string]any{"body": markup.HTML(text), "message_type": "comment", "subtype_xmlid": "mail.mt_note"}
		if r.major >= 17 {
			named["body_is_html"] = true
		}
		answer, err := r.s.ExecuteKW(ctx, "project.project", "message_post", []any{[]any{project}}, named)
		if err != nil {
			r.t.Fatal(err)
		}
		if list, ok := answer.([]any); ok && len(list) == 1 {
			answer = list[0]
		}
		ids[i] = answer.(int64)
	}
	return r.read(ctx, "mail.message", "body", ids)
}

// keepSamples puts what a server did into the file, in the place of what a server of that version did before.
func keepSamples(t *testing.T, all []string, major int, results map[string][]string) {
	before := map[string]sample{}
	if _, err := os.Stat(samplesFile); err == nil {
		for _, s := range readSamples(t) {
			before[s.Markdown] = s
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	for i, text := range all {
		s := sample{Markdown: text, HTML: markup.HTML(text), Sanitized: map[string][]string{}}
		if b := before[text]; b.HTML == s.HTML {
			for body, by := range b.Sanitized {
				by = slices.DeleteFunc(by, func(field string) bool { return strings.HasPrefix(field, strconv.Itoa(major)+" ") })
				if len(by) > 0 {
					s.Sanitized[body] = by
				}
			}
		}
		for field, bodies := range results {
			if bodies[i] != s.HTML {
				s.Sanitized[bodies[i]] = append(s.Sanitized[bodies[i]], field)
				slices.Sort(s.Sanitized[bodies[i]])
			}
		}
		if err := encoder.Encode(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Dir(samplesFile), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(samplesFile, out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
