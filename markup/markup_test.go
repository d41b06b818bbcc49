package markup_test

import (
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/odoo-connector/connector/markup"
)

// texts are pieces of canonical Markdown and the same as HTML.
var texts = []struct{ name, markdown, html string }{
	{"nothing", "", ""},
	{"a paragraph", "Paint the door", "<p>Paint the door</p>"},
	{"two paragraphs", "One\n\nTwo", "<p>One</p><p>Two</p>"},
	{"a line end, which Trello keeps", "One\nTwo", "<p>One<br>Two</p>"},
	{"bold", "Two **coats** now", "<p>Two <strong>coats</strong> now</p>"},
	{"italics", "Two *coats* now", "<p>Two <em>coats</em> now</p>"},
	{"a stroke", "Two ~~coats~~ now", "<p>Two <s>coats</s> now</p>"},
	{"bold inside of italics", "*Two **coats** now*", "<p><em>Two <strong>coats</strong> now</em></p>"},
	{"bold and italics at once", "***Two** coats*", "<p><em><strong>Two</strong> coats</em></p>"},
	{"bold inside of a word", "**H**ello", "<p><strong>H</strong>ello</p>"},
	{"code", "Run `make  all` now", "<p>Run <code>make&nbsp; all</code> now</p>"},
	{"code with marks in it", "Run `` `a` * ``", "<p>Run <code>`a` *</code></p>"},
	{"a block of code", "```\nif a < b {\n\n\treturn\n}\n```", "<pre>if a &lt; b {\n\n\treturn\n}</pre>"},
	{"a block of code in a language", "```go\nx := 1\n```", `<pre class="language-go">x := 1</pre>`},
	{"a block of code with a fence in it", "````\n```\n````", "<pre>```</pre>"},
	{"headings", "# One\n\n### Three\n\nx", "<h1>One</h1><h3>Three</h3><p>x</p>"},
	{"a heading that ends with a number sign", "# C \\#", "<h1>C #</h1>"},
	{"a list", "- a\n- b", "<ul><li>a</li><li>b</li></ul>"},
	{"a numbered list", "1. a\n2. b", "<ol><li>a</li><li>b</li></ol>"},
	{"a list that starts at three", "3. a\n4. b", `<ol start="3"><li>a</li><li>b</li></ol>`},
	{"two numbered lists in a row", "1. a\n\n1) b", "<ol><li>a</li></ol><ol><li>b</li></ol>"},
	{"nested lists", "- a\n  - b\n    1. c\n- d", "<ul><li>a<ul><li>b<ol><li>c</li></ol></li></ul></li><li>d</li></ul>"},
	{"two paragraphs in an item", "- a\n\n  b\n- c", "<ul><li><p>a</p><p>b</p></li><li>c</li></ul>"},
	{"two lines in an item", "- a\n  b", "<ul><li>a<br>b</li></ul>"},
	{"code in an item", "1. a\n\n   ```\n   x\n   ```", "<ol><li>a<pre>x</pre></li></ol>"},
	{"a quote", "> a\n> b\n\nc", "<blockquote><p>a<br>b</p></blockquote><p>c</p>"},
	{"a quote in a quote with a list", "> > a\n>\n> - b", "<blockquote><blockquote><p>a</p></blockquote><ul><li>b</li></ul></blockquote>"},
	{"a rule", "a\n\n---\n\nb", "<p>a</p><hr><p>b</p>"},
	{"a link", "See [the *plan*](https://x.example/a?b=1&c=2)", `<p>See <a href="https://x.example/a?b=1&amp;c=2">the <em>plan</em></a></p>`},
	{"a link as Trello's editor writes it", `[https://x.example](https://x.example "smartCard-inline")`, `<p><a href="https://x.example" title="smartCard-inline">https://x.example</a></p>`},
	{"a bare address", "See https://x.example/a_b_c.", `<p>See <a href="https://x.example/a_b_c">https://x.example/a_b_c</a>.</p>`},
	{"a bare address in parentheses", "(https://x.example/a_(b))", `<p>(<a href="https://x.example/a_(b)">https://x.example/a_(b)</a>)</p>`},
	{"a bold bare address", "**https://x.example**", `<p><a href="https://x.example"><strong>https://x.example</strong></a></p>`},
	{"a mail address behind words", "[write](mailto:a@b.example)", `<p><a href="mailto:a@b.example">write</a></p>`},
	{"an image of the web", "![a door](https://x.example/p.png)", `<p><img src="https://x.example/p.png" alt="a door"></p>`},
	{"mentions and emoji", "@joe :smile: 🚪", "<p>@joe :smile: 🚪</p>"},
	{"what is no Markdown", "snake_case, 2 * 3, a < b, [x] done, C:\\dir, #1, R&D, 1.5", "<p>snake_case, 2 * 3, a &lt; b, [x] done, C:\\dir, #1, R&amp;D, 1.5</p>"},
	{"what would be Markdown", `\*a\* \_b\_ \` + "`c\\` [d\\](e) \\~\\~f\\~\\~ \\&amp; \\!" + "[g](https://x.example)", `<p>*a* _b_ ` + "`c` [d](e) ~~f~~ &amp;amp; !" + `<a href="https://x.example">g</a></p>`},
	{"what would begin a block", "\\# a\n\\- b\n1\\. c\n\\> d\n\\---\n\\===", "<p># a<br>- b<br>1. c<br>&gt; d<br>---<br>===</p>"},
	{"a table, which Trello has not", "| a | b |\n|---|---|\n| 1 | 2 |", "<p>| a | b |<br>|---|---|<br>| 1 | 2 |</p>"},
	{"raw HTML", "<b>x</b> <script>alert(1)</script>", "<p>&lt;b&gt;x&lt;/b&gt; &lt;script&gt;alert(1)&lt;/script&gt;</p>"},
}

func TestBothWays(t *testing.T) {
	for _, c := range texts {
		t.Run("Ensure "+c.name+" is the same text on both sides", func(t *testing.T) {
			if got := markup.HTML(c.markdown); got != c.html {
				t.Errorf("%q became\n%s, want\n%s", c.markdown, got, c.html)
			}
			if got, lost := markup.Markdown(c.html); got != c.markdown || len(lost) > 0 {
				t.Errorf("%s became\n%q without %q, want\n%q", c.html, got, lost, c.markdown)
			}
			if got := markup.Canonical(c.markdown); got != c.markdown {
				t.Errorf("the canonical form of %q is %q", c.markdown, got)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"blanks mean nothing", "  a \t b\u00a0c  \n\n\n\n d \n", "a b c\n\nd"},
		{"line ends of Windows mean nothing", "a\r\nb\rc", "a\nb\nc"},
		{"a backslash or two blanks at a line end mean no more than the line end", "a\\\nb  \nc", "a\nb\nc"},
		{"underscores are stars", "__a__ _b_", "**a** *b*"},
		{"pluses and stars are dashes", "* a\n\n+ b", "- a\n- b"},
		{"numbers follow the first one", "2. a\n2. b\n9. c", "2. a\n3. b\n4. c"},
		{"underlined headings have number signs", "a\n===\nb\n---", "# a\n\n## b"},
		{"a heading's closing number signs mean nothing", "# a #", "# a"},
		{"indented code has fences", "    a\n    b", "```\na\nb\n```"},
		{"tildes are fences too", "~~~\na\n~~~", "```\na\n```"},
		{"an address in angle brackets is bare", "<https://x.example>", "https://x.example"},
		{"a link with its address as words is bare", "[https://x.example/a](https://x.example/a)", "https://x.example/a"},
		{"a link without words has its address", "[](https://x.example/a)", "https://x.example/a"},
		{"an address that ends inside of a word is not bare", "[https://x.example](https://x.example)abc", "[https\\:\\/\\/x\\.example](https://x.example)abc"},
		{"entities are what they stand for", "&copy; &#42;a* &amp;lt; &notit; &lt;b>", "© \\*a\\* \\&lt; &notit; <b>"},
		{"needless backslashes go", "\\a \\. \\-", "\\a . -"},
		{"empty things go", "#\n\n-\n\n>\n\n```\n```\n\n<!-- -->", "<!-- -->"},
		{"definitions of links stay as words", "[a]: https://x.example", "\\[a]: https://x.example"},
		{"code that begins with words behind the fence keeps them", "``` two words\na\n```", "```\ntwo words\na\n```"},
		{"single tildes are text", "~a~ ~/x", "~a~ ~/x"},
		{"no-one sees controls", "a\x00b\x07c", "abc"},
		{"broken UTF-8 is told", "a\xffb", "a\uFFFDb"},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			if got := markup.Canonical(c.text); got != c.want {
				t.Errorf("the canonical form of %q is\n%q, want\n%q", c.text, got, c.want)
			}
		})
	}
}

func TestSafety(t *testing.T) {
	for _, text := range []string{
		"[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](java\nscript:alert(1))", "<javascript:alert(1)>", "[x](data:text/html,x)", "[x](vbscript:x)", "![x](javascript:alert(1))",
		"[x](file:///etc/passwd)", "[x](//x.example)", "[x](/web)", "[x](#a)", "[x](&#106;avascript:alert(1))", "[x](\u0001javascript:alert(1))", "[x](https:javascript:alert(1))",
		"[x](https://x.example/?q=javascript:alert(1))", "[x](https://x.example/data%3A1)", "[x](https://x.example/d%20ata:1)",
	} {
		t.Run("Ensure "+text+" is no link but stays as words", func(t *testing.T) {
			body := markup.HTML(text)
			if strings.Contains(body, "href") || strings.Contains(body, "src=") || !strings.ContainsAny(body, "x(") {
				t.Errorf("got %s", body)
			}
		})
	}
	t.Run("Ensure quotes in an address or title end no attribute", func(t *testing.T) {
		body := markup.HTML(`[x](<https://x.example/" onclick="alert(1)> "\" onclick=\"alert(1)")`)
		if want := `<p><a href="https://x.example/%22%20onclick=%22alert(1)" title="&quot; onclick=&quot;alert(1)">x</a></p>`; body != want {
			t.Errorf("got %s, want %s", body, want)
		}
	})
	t.Run("Ensure an Odoo image, whose address may hold a key, does not go out", func(t *testing.T) {
		for _, src := range []string{"/web/image/1", "https://odoo.example/web/image/1?access_token=secret", "https://odoo.example/web/content/1", "data:image/png;base64,AAAA", "https://x.example/p?access_token=secret"} {
			text, lost := markup.Markdown(`<p>a<img src="` + src + `" alt="secret">b</p>`)
			if text != "ab" || !slices.Equal(lost, []string{"an image"}) {
				t.Errorf("%s became %q without %q", src, text, lost)
			}
		}
	})
}

func TestLosses(t *testing.T) {
	for _, c := range []struct {
		html, want string
		lost       []string
	}{
		{`<table><tbody><tr><td>a</td><td>b</td></tr><tr><td><p>c</p></td></tr></tbody></table><table><tr><td>d</td></tr></table>`, "a b\n\nc\n\nd", []string{"a table"}},
		{`<p><font style="color: rgb(255, 0, 0);">red</font> and <span style="background-color: yellow">marked</span></p>`, "red and marked", []string{"colours"}},
		{`<ul class="o_checklist"><li class="o_checked">a</li><li>b</li></ul>`, "- a\n- b", []string{"a checklist"}},
		{`<p style="text-align: center;">a</p>`, "a", []string{"alignment"}},
		{`<p class="text-end">a <u>b</u></p>`, "a b", []string{"alignment", "underlined words"}},
		{`<p>H<sub>2</sub>O</p>`, "H2O", []string{"raised or lowered letters"}},
		{`<div class="media_iframe_video" data-oe-expression="x"><iframe src="https://x.example"></iframe></div>`, "", []string{"a video", "an embedded block"}},
		{`<div data-embedded="file">a</div>`, "a", []string{"an embedded block"}},
		{`<p><span class="h1-fs">big</span> <span style="font-size: 24px">large</span></p>`, "big large", []string{"fonts"}},
		{`<p>a <i class="fa fa-star"></i></p>`, "a", []string{"an icon"}},
		{`<p><a href="/odoo/tasks/1">task</a> <a href="#here">here</a></p>`, "task here", []string{"a link that leads nowhere outside of Odoo"}},
		{`<p><a href="https://odoo.example/web#id=3" class="o_mail_redirect" data-oe-id="3">@Marc</a></p>`, "@Marc", []string{"a mention"}},
		{`<p><a href="https://x.example" class="btn btn-primary">Go</a></p>`, "[Go](https://x.example)", []string{"a button"}},
		{`<pre>a <b>b</b><br>c</pre>`, "```\na b\nc\n```", []string{"formatting inside of code"}},
		{`<ol type="a"><li>a</li></ol>`, "1. a", []string{"list numbers"}},
		{`<p>a<script>b</script></p>`, "a", []string{"a script"}},
		{`<p><b>Note:</b>text</p>`, "**Note**:text", []string{"letters in a style that ends inside of a word"}},
		{`<p>a<b>(b)</b>c</p>`, "a(**b**)c", []string{"letters in a style that ends inside of a word"}},
	} {
		t.Run("Ensure "+strings.Join(c.lost, " and ")+" of "+c.html+" is named and the words stay", func(t *testing.T) {
			if got, lost := markup.Markdown(c.html); got != c.want || !slices.Equal(lost, c.lost) {
				t.Errorf("got %q without %q, want %q without %q", got, lost, c.want, c.lost)
			}
		})
	}
}

func TestEditorsMarks(t *testing.T) {
	for _, c := range []struct{ name, html, want string }{
		{"empty paragraphs", `<p>a</p><p><br></p><p>b</p><p></p>`, "a\n\nb"},
		{"a description that was emptied", `<p><br></p>`, ""},
		{"the version of the text", `<p data-oe-version="1.2" data-last-history-steps="123">a</p>`, "a"},
		{"spans that say nothing", `<p><span>a</span> <span style="">b</span> <span data-x="1" style="margin: 0px; line-height: 1;">c</span></p>`, "a b c"},
		{"no-break spaces", `<p>a&nbsp; b&nbsp;</p>`, "a b"},
		{"paragraphs in items", `<ul><li><p>a</p></li><li><p>b</p></li></ul>`, "- a\n- b"},
		{"a nested list as an item of its own", `<ul><li>a</li><li class="oe-nested"><ul><li>b</li></ul></li><li>c</li></ul>`, "- a\n  - b\n- c"},
		{"a nested list outside of an item", `<ul><li>a</li><ul><li>b</li></ul></ul>`, "- a\n  - b"},
		{"divs", `<div>a</div><div><div>b</div></div>`, "a\n\nb"},
		{"two line ends", `<p>a<br><br>b<br></p>`, "a\n\nb"},
		{"b and i", `<p><b>a</b> <i>b</i> <del>c</del></p>`, "**a** *b* ~~c~~"},
		{"bold and italics as styles", `<p><span style="font-weight: bolder;">a</span> <span style="font-style: italic">b</span> <span style="text-decoration-line: line-through">c</span></p>`, "**a** *b* ~~c~~"},
		{"bold that a style takes back", `<p><b>a <span style="font-weight: normal">b</span></b></p>`, "**a** b"},
		{"blanks inside of bold", `<p>a<b> b </b>c</p>`, "a **b** c"},
		{"code as Odoo 18 marks it", `<p><code class="o_inline_code">a</code></p>`, "`a`"},
		{"the marks of mail quotes", `<blockquote data-o-mail-quote-node="1" data-o-mail-quote="1"><p data-o-mail-quote="1">a</p></blockquote>`, "> a"},
		{"a link in a new window", `<p><a href="https://x.example" target="_blank" rel="noopener" class="o_link">a</a></p>`, "[a](https://x.example)"},
		{"colours that are none", `<p style="color: inherit; background-color: transparent; text-align: left">a</p>`, "a"},
		{"line ends of the source", "<p>a\n  b</p>\n<p>c</p>\n", "a b\n\nc"},
		{"text without elements", "a &lt; b", "a < b"},
	} {
		t.Run("Ensure "+c.name+" are no loss", func(t *testing.T) {
			if got, lost := markup.Markdown(c.html); got != c.want || len(lost) > 0 {
				t.Errorf("%s became %q without %q, want %q", c.html, got, lost, c.want)
			}
		})
	}
}

func TestHostile(t *testing.T) {
	nested := func(open, inside, shut string) string {
		return strings.Repeat(open, 10000) + inside + strings.Repeat(shut, 10000)
	}
	for name, body := range map[string]string{
		"quotes": nested("<blockquote>", "deep", "</blockquote>"), "lists": nested("<ul><li>", "deep", "</li></ul>"), "divs": nested("<div>", "deep", "</div>"),
		"bold": nested("<b>", "deep", "</b>"), "links": nested(`<a href="https://x.example">`, "deep", "</a>"), "tables": nested("<table><tr><td>", "deep", "</td></tr></table>"),
		"open fonts": strings.Repeat("<p><font><b>", 10000) + "deep", "300 quotes": strings.Repeat("<blockquote>", 300) + "deep", "200 lists": strings.Repeat("<ul><li>x", 200) + "deep",
	} {
		t.Run("Ensure 10,000 "+name+" in HTML are bounded and lose no word", func(t *testing.T) {
			within(t, time.Minute, func() {
				text, _ := markup.Markdown(body)
				if !strings.Contains(text, "deep") || markup.Canonical(text) != text {
					t.Errorf("got %.200q", text)
				}
			})
		})
	}
	for name, text := range map[string]string{
		"quotes": strings.Repeat(">", 10000) + "deep", "spaced quotes": strings.Repeat("> ", 10000) + "deep", "lists": strings.Repeat("- ", 10000) + "deep",
		"numbered lists": strings.Repeat("1. ", 5000) + "deep", "stars": strings.Repeat("*", 10000) + "deep" + strings.Repeat("*", 10000),
		"brackets": strings.Repeat("[", 10000) + "deep" + strings.Repeat("](https://x.example)", 500), "backticks": strings.Repeat("`", 10000) + "deep", "90 quotes": strings.Repeat("> ", 90) + "deep",
	} {
		t.Run("Ensure 10,000 "+name+" in Markdown are bounded and keep every law", func(t *testing.T) {
			within(t, time.Minute, func() {
				markdownLaws(t, text)
				if !strings.Contains(markup.HTML(text), "deep") {
					t.Errorf("the word is lost")
				}
			})
		})
	}
	for _, c := range []struct {
		name, unit string
		size       int
	}{
		{"many words", "word ", 1 << 18}, {"many bold words", "**word** ", 1 << 18}, {"many links", "[a](https://x.example) ", 1 << 17},
		{"many lines", "- a\n", 1 << 17}, {"many backslashes", "\\", 1 << 17}, {"many letters", "ä", 1 << 17}, {"many addresses", "https://x.example/a_b ", 1 << 17},
		{"as many open links as Trello takes", "[a](", markup.Limit}, {"as many open styles as Trello takes", "*a **b _c ", markup.Limit},
		{"as many brackets as Trello takes", "<", markup.Limit}, {"as many ampersands as Trello takes", "&", markup.Limit},
		{"as many open spans of code as Trello takes", "``a`", markup.Limit},
	} {
		t.Run("Ensure "+c.name+" keep every law", func(t *testing.T) {
			within(t, time.Minute, func() { markdownLaws(t, strings.Repeat(c.unit, c.size/len(c.unit))) })
		})
	}
	t.Run("Ensure a megabyte of HTML becomes Markdown with every word", func(t *testing.T) {
		within(t, time.Minute, func() {
			htmlLaws(t, strings.Repeat(`<p>Some <b>bold</b> words and a <a href="https://x.example">link</a></p><ul><li>item</li></ul>`, 1<<20/96))
		})
	})
}

// within fails a test that takes more of a processor than anything sane. The time on a clock would count what else the machine does.
func within(t *testing.T, limit time.Duration, do func()) {
	t.Helper()
	before := processorTime(t)
	do()
	if took := processorTime(t) - before; took > limit {
		t.Errorf("took %s of a processor, want less than %s", took, limit)
	}
}

// processorTime is how long processors worked for this process.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		t.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

func TestLength(t *testing.T) {
	t.Run("Ensure a text's length is counted in characters, not in bytes", func(t *testing.T) {
		text := strings.Repeat("🚪", markup.Limit)
		if got := markup.Length(text); got != 16384 || len(text) == got || utf8.RuneCountInString(text) != got {
			t.Errorf("got %d", got)
		}
	})
}
