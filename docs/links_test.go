package docs_test

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// outside of code, a link or a picture: [text](target), ![text](target).
var link = regexp.MustCompile(`!?\[[^\]]*\]\(([^)\s]+)\)`)

// code is what links in are none.
var code = regexp.MustCompile("`[^`]*`")

// prose are a page's lines, those of fenced blocks and of code empty.
func prose(t *testing.T, page string) []string {
	t.Helper()
	all := lines(t, page)
	fenced := false
	for i, line := range all {
		fence := strings.HasPrefix(strings.TrimLeft(line, " "), "```")
		if fenced || fence {
			all[i] = ""
		}
		fenced = fenced != fence
	}
	return all
}

// anchors are what the headings of a page are linked by, as GitHub and the site make them.
func anchors(t *testing.T, page string) (all []string) {
	t.Helper()
	for _, line := range prose(t, page) {
		heading := strings.TrimLeft(line, "#")
		if heading == line || !strings.HasPrefix(heading, " ") {
			continue
		}
		heading = link.ReplaceAllStringFunc(heading, func(l string) string { return l[1:strings.Index(l, "]")] })
		var b strings.Builder
		for _, r := range strings.ToLower(strings.TrimSpace(heading)) {
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '_', r == '-':
				b.WriteRune(r)
			case r == ' ':
				b.WriteRune('-')
			}
		}
		all = append(all, b.String())
	}
	return all
}

// TestLinks finds links within the tree that lead nowhere.
func TestLinks(t *testing.T) {
	for _, page := range pages(t) {
		t.Run("Ensure the links of "+page+" lead somewhere", func(t *testing.T) {
			for i, line := range prose(t, page) {
				for _, found := range link.FindAllStringSubmatch(code.ReplaceAllString(line, ""), -1) {
					if why := broken(t, page, found[1]); why != "" {
						t.Errorf("%s:%d: %s %s", page, i+1, found[1], why)
					}
				}
			}
		})
	}
}

// broken is what is wrong with a link, "" for nothing. The network is not asked.
func broken(t *testing.T, page, target string) string {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		return "is no address"
	}
	if u.Scheme != "" {
		return ""
	}
	to := page
	if u.Path != "" {
		to = filepath.Join(filepath.Dir(page), u.Path)
	}
	info, err := os.Stat(to)
	switch {
	case err != nil:
		return "is not there"
	case u.Fragment == "" || info.IsDir():
		return ""
	case !slices.Contains(anchors(t, to), u.Fragment):
		return "names no heading of the page"
	default:
		return ""
	}
}

// TestDecisionsAreListed keeps the list of decisions whole.
func TestDecisionsAreListed(t *testing.T) {
	text := strings.Join(lines(t, "decisions/index.md"), "\n")
	found, err := filepath.Glob("decisions/2*.md")
	if err != nil || len(found) < 10 {
		t.Fatalf("there are the decisions %v, with the error %v", found, err)
	}
	for _, page := range found {
		title := strings.TrimPrefix(lines(t, page)[0], "# ")
		if want := "[" + title + "](" + filepath.Base(page) + ")"; !strings.Contains(text, want) {
			t.Errorf("decisions/index.md lacks %s", want)
		}
	}
}

// TestPagesAreLinked finds pages that nobody comes to.
func TestPagesAreLinked(t *testing.T) {
	index := strings.Join(lines(t, "index.md"), "\n")
	found, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range found {
		if page != "index.md" && !strings.Contains(index, "("+page+")") {
			t.Errorf("index.md has no link to %s", page)
		}
	}
}
