package markup_test

import "testing"

// FuzzMarkdown looks for a Markdown text that breaks a law.
func FuzzMarkdown(f *testing.F) {
	for _, c := range texts {
		f.Add(c.markdown)
	}
	for _, p := range pieces {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) < 4096 { // longer ones say no more and take longer
			markdownLaws(t, text)
		}
	})
}

// FuzzHTML looks for a piece of HTML that breaks a law.
func FuzzHTML(f *testing.F) {
	for _, c := range texts {
		f.Add(c.html)
	}
	for seed := range 50 {
		f.Add(anyHTML().Example(seed))
	}
	f.Fuzz(func(t *testing.T, body string) {
		if len(body) < 4096 {
			htmlLaws(t, body)
		}
	})
}
