package cmd

import (
	"slices"
	"strings"
	"testing"
)

func TestLineDifference(t *testing.T) {
	for _, c := range []struct{ name, before, after, want string }{
		{"nothing for equal texts", "a b c", "a b c", ""},
		{"a changed line in the middle", "a b c", "a x c", "- b;+ x"},
		{"lines that come before and after what stays", "b", "a b c", "+ a;+ c"},
		{"lines that go", "a b c d", "b d", "- a;- c"},
		{"all lines of a text that was empty", "", "a b", "+ a;+ b"},
		{"what stays in between", "a k b", "x k y", "- a;+ x;- b;+ y"},
	} {
		t.Run("Ensure it shows "+c.name, func(t *testing.T) {
			if got := strings.Join(lineDifference(strings.Fields(c.before), strings.Fields(c.after)), ";"); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("Ensure very long texts are shown line by line, without being compared", func(t *testing.T) {
		before, after := slices.Repeat([]string{"a"}, 3000), slices.Repeat([]string{"b"}, 3000)
		got := lineDifference(before, after)
		if len(got) != 6000 || got[0] != "- a" || got[5999] != "+ b" {
			t.Errorf("got %d lines", len(got))
		}
	})
}
