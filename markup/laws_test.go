package markup_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/odoo-connector/connector/markup"
	"github.com/odoo-connector/connector/record"
)

// markdownLaws fails where a Markdown text breaks a law.
func markdownLaws(t failer, text string) {
	canonical := markup.Canonical(text)
	if again := markup.Canonical(canonical); again != canonical {
		t.Fatalf("the canonical form of %.500q is %.500q, and of that %.500q", text, canonical, again)
	}
	if value := record.Markdown(canonical).Canonical(); value.AsText() != canonical {
		t.Fatalf("the canonical form of %.500q is %.500q, as a value %.500q", text, canonical, value.AsText())
	}
	body := markup.HTML(text)
	back, lost := markup.Markdown(body)
	if len(lost) > 0 {
		t.Fatalf("%.500q became %.500q, of which %.500q is lost", text, body, lost)
	}
	if back != canonical {
		t.Fatalf("%.500q became %.500q and came back as %.500q, want %.500q", text, body, back, canonical)
	}
	if again := markup.HTML(canonical); again != body {
		t.Fatalf("%.500q is %.500q as HTML, but its canonical form %.500q is %.500q", text, body, canonical, again)
	}
	if a, b := seen(body), seen(markup.HTML(back)); a != b {
		t.Fatalf("the words of %.500q are %.500q there and %.500q back", text, a, b)
	}
}

// htmlLaws fails where a piece of HTML breaks a law.
func htmlLaws(t failer, body string) {
	text, _ := markup.Markdown(body)
	if canonical := markup.Canonical(text); canonical != text {
		t.Fatalf("%.500q became %.500q, whose canonical form is %.500q", body, text, canonical)
	}
	if value := record.Markdown(text).Canonical(); value.AsText() != text {
		t.Fatalf("%.500q became %.500q, as a value %.500q", body, text, value.AsText())
	}
	again := markup.HTML(text)
	back, lost := markup.Markdown(again)
	if back != text || len(lost) > 0 {
		t.Fatalf("%.500q became %.500q, that %.500q, and that %.500q without %.500q", body, text, again, back, lost)
	}
	if a, b := seen(record.XMLText(body)), seen(again); a != b {
		t.Fatalf("the words of %.500q were %.500q and are %.500q", body, a, b)
	}
}

type failer interface {
	Fatalf(format string, args ...any)
}

var hidden = map[string]bool{
	"script": true, "style": true, "title": true, "template": true, "noscript": true, "iframe": true, "object": true, "embed": true, "video": true, "audio": true,
	"svg": true, "canvas": true, "textarea": true, "select": true, "head": true, "datalist": true, "noembed": true, "noframes": true, "xmp": true, "plaintext": true,
}

// seen are the visible characters of a piece of HTML, without blanks and what XML cannot carry.
func seen(source string) (words string) {
	body := &html.Node{Type: html.ElementNode, Data: "body", DataAtom: atom.Body}
	nodes, err := html.ParseFragment(strings.NewReader(source), body)
	if err != nil {
		panic(err)
	}
	var b strings.Builder
	defer func() { words = norm.NFD.String(b.String()) }()
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			for _, r := range n.Data {
				if !unicode.IsSpace(r) && !unicode.IsControl(r) && r != 0xFFFE && r != 0xFFFF {
					b.WriteRune(r)
				}
			}
		}
		if n.Type == html.ElementNode && hidden[n.Data] {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range nodes {
		walk(n)
	}
	return ""
}

var pieces = []string{
	"word", "Ölfarbe", "日本", "🚪", "e\u0301", " ", " ", " ", "  ", "\n", "\n", "\n\n", "\t", "*", "**", "***", "_", "__", "~~", "~", "~~~", "`", "``", "```", "```go\n", "\\", "\\*",
	"# ", "## ", "#", "- ", "* ", "+ ", "  - ", "    ", "1. ", "2) ", "10. ", "> ", ">", "---", "===", "***\n", "[", "]", "(", ")", "](", "![", "[a](https://x.example)", "[a b](https://x.example/_a_ \"title\")",
	"<b>", "</b>", "<script>alert(1)</script>", "<https://y.example>", "<a@b.example>", "[x](javascript:alert(1))", "[x](/y)", "https://x.example/a_b_c?d=1&e=2", "http://h.example/(a)_b.", "HTTPS://U.EXAMPLE",
	"&", "&amp;", "&lt;", "&nbsp;", "&#42;", "&notit;", "<", ">", "\"", "'", ".", ",", ":", ";", "!", "?", "=", "|", "@joe", ":smile:", "[ ] ", "[x] ", "\u00a0", "\u2003", "\u200b", "\u202e", "\x00", "\x01", "\xff",
	"https://x.example/data:1", "[m](mailto:a@b.example)", "[https://x.example](https://x.example \"smartCard-inline\")", "![pic](https://x.example/p.png)", "a", "b", "1", "- a\n  - b\n    1. c\n", "> q\n> - l\n",
	"encoding=", "[t](https://x.example \" encoding=x\")", "--", "-- \n", "\u1fefa\u1fef", "\u0338", "&#x338;", "&#x1fef;a", "=&#x338;", "[ref]: https://x.example\n", "| a | b |\n|---|---|\n",
}

func anyMarkdown() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 0, 30).Draw(t, "pieces"), "")
	})
}

var tags = []string{
	"p", "p", "div", "span", "b", "strong", "i", "em", "u", "s", "del", "code", "pre", "ul", "ol", "li", "li", "blockquote", "h1", "h2", "h3", "table", "tr", "td", "font", "a href=\"https://x.example\"",
	"a href=\"/web\"", "a href=\"javascript:x\"", "ul class=\"o_checklist\"", "li class=\"oe-nested\"", "span style=\"color:red\"", "p style=\"text-align:center\"", "span style=\"font-weight:bold\"", "script", "style", "sub",
	"ol start=\"5\"", "a href=\"https://x.example/ü (b\" title=\"t &quot; \\\"", "pre class=\"language-go\"", "details", "summary", "dl", "dt", "x-y",
}

func anyHTML() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var b strings.Builder
		for range rapid.IntRange(0, 30).Draw(t, "length") {
			switch rapid.IntRange(0, 5).Draw(t, "kind") {
			case 0, 1:
				b.WriteString("<" + rapid.SampledFrom(tags).Draw(t, "tag") + ">")
			case 2:
				name, _, _ := strings.Cut(rapid.SampledFrom(tags).Draw(t, "tag"), " ")
				b.WriteString("</" + name + ">")
			case 3:
				b.WriteString(rapid.SampledFrom([]string{"<br>", "<br><br>", "<hr>", "<img src=\"/web/image/1\">", "<img src=\"https://x.example/p.png\" alt=\"a ] b\">", "&nbsp;", "&amp;", "&lt;", "<!-- c -->"}).Draw(t, "void"))
			default:
				b.WriteString(html.EscapeString(rapid.SampledFrom(pieces).Draw(t, "text")))
			}
		}
		return b.String()
	})
}

// letters are the letters of a text in their order.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) {
			return -1
		}
		return r
	}, norm.NFD.String(text))
}

var fences = regexp.MustCompile("`{3,}|~{3,}")

func TestWords(t *testing.T) {
	plain := slices.DeleteFunc(slices.Clone(pieces), func(piece string) bool { return !utf8.ValidString(piece) || strings.ContainsAny(piece, "&:/\u1fef") })
	t.Run("Ensure each letter of a Markdown text is one of its HTML, in the same order", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) {
			text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(plain), 0, 30).Draw(t, "pieces"), "")
			text = fences.ReplaceAllString(text, ".") // what stands behind a fence is no letter of the text
			if a, b := letters(text), letters(seen(markup.HTML(text))); a != b {
				t.Fatalf("the letters of %q are %q, and as HTML %q", text, a, b)
			}
		})
	})
}

func TestLaws(t *testing.T) {
	t.Run("Ensure any Markdown has one canonical form, and comes back through HTML in it", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { markdownLaws(t, anyMarkdown().Draw(t, "markdown")) })
	})
	t.Run("Ensure any HTML becomes canonical Markdown, and the second pass changes nothing", func(t *testing.T) {
		rapid.Check(t, func(t *rapid.T) { htmlLaws(t, anyHTML().Draw(t, "html")) })
	})
}
