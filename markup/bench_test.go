package markup_test

import (
	"bytes"
	"strings"
	"testing"

	htmltomarkdown "github.com/JohannesKaufmann/html-to-markdown/v2"
	"github.com/yuin/goldmark"

	"github.com/odoo-connector/connector/markup"
)

// long is a description as long as people write them: 40 times a bit of everything.
var long = strings.Repeat("Some **bold** words, a [link](https://x.example/a_b) and `code`.\nAnother line with *italics*.\n\n- one\n- two\n  - three\n\n> a quote\n\n", 40)

// BenchmarkHTML measures Markdown to HTML, beside goldmark alone.
func BenchmarkHTML(b *testing.B) {
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(long)))
		for b.Loop() {
			markup.HTML(long)
		}
	})
	b.Run("goldmark", func(b *testing.B) {
		b.SetBytes(int64(len(long)))
		for b.Loop() {
			var out bytes.Buffer
			if err := goldmark.Convert([]byte(long), &out); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkMarkdown measures HTML to Markdown, beside html-to-markdown alone.
func BenchmarkMarkdown(b *testing.B) {
	body := markup.HTML(long)
	b.Run("ours", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			markup.Markdown(body)
		}
	})
	b.Run("html-to-markdown", func(b *testing.B) {
		b.SetBytes(int64(len(body)))
		for b.Loop() {
			if _, err := htmltomarkdown.ConvertString(body); err != nil {
				b.Fatal(err)
			}
		}
	})
}
