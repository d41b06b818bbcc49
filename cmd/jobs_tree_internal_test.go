package cmd

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/jobs"
)

// graphOf makes jobs of lines such as "3 failed 1 2": id, state, and what it depends on.
func graphOf(t *testing.T, text string) (list []jobs.Job) {
	t.Helper()
	for line := range strings.Lines(strings.TrimSpace(text)) {
		words := strings.Fields(line)
		j := jobs.Job{State: jobs.State(words[1]), Description: "Import card " + words[0]}
		for i, word := range append(words[:1:1], words[2:]...) {
			var id int64
			if _, err := fmt.Sscan(word, &id); err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				j.ID = id
			} else {
				j.DependsOn = append(j.DependsOn, id)
			}
		}
		list = append(list, j)
	}
	return list
}

func drawnTree(list []jobs.Job, focus int64, screen int, all bool) (string, *tree) {
	t := newTree(list, focus, screen, all)
	t.draw()
	return t.out.String(), t
}

func TestTree(t *testing.T) {
	t.Run("Ensure that a small graph is drawn whole, a chain straight down and a join once", func(t *testing.T) {
		got, _ := drawnTree(graphOf(t, `
			1 done
			2 done 1
			3 failed 1
			4 started 1
			5 wait_dependencies 2 3 4
			6 wait_dependencies 5
			7 wait_dependencies 6`), 5, 0, false)
		want := `1 [done] Import card 1
 ├─ 2 [done] Import card 2
 │  └─ * 5 [wait_dependencies] Import card 5 (waits for 3)
 │     ↓ 6 [wait_dependencies] Import card 6
 │     ↓ 7 [wait_dependencies] Import card 7
 ├─ 3 [failed] Import card 3
 │  └─ ↑ 1 job shown above
 └─ 4 [started] Import card 4
    └─ ↑ 1 job shown above
`
		if got != want {
			t.Errorf("it is\n%swant\n%s", got, want)
		}
	})
	t.Run("Ensure that of a thousand jobs beside each other a few are drawn, and the failed ones all", func(t *testing.T) {
		var b strings.Builder
		b.WriteString("1 done\n")
		for i := 2; i <= 1000; i++ {
			state := []string{"done", "pending"}[i%2]
			if i == 500 {
				state = "failed"
			}
			fmt.Fprintf(&b, "%d %s 1\n", i, state)
		}
		got, tree := drawnTree(graphOf(t, b.String()), 700, 0, false)
		want := `1 [done] Import card 1
 ├─ 3 [pending] Import card 3
 ├─ 5 [pending] Import card 5
 ├─ 7 [pending] Import card 7
 ├─ 500 [failed] Import card 500
 ├─ * 700 [done] Import card 700
 ├─ … 496 more pending
 └─ … 498 done
`
		if got != want || tree.hidden != 994 {
			t.Errorf("it is\n%s(%d hidden) want\n%s", got, tree.hidden, want)
		}
	})
	t.Run("Ensure that a chain of a thousand is drawn by its ends and by what is special", func(t *testing.T) {
		var b strings.Builder
		for i := 1; i <= 1000; i++ {
			state := "wait_dependencies"
			if i < 400 {
				state = "done"
			} else if i == 400 {
				state = "failed"
			}
			fmt.Fprintf(&b, "%d %s", i, state)
			if i > 1 {
				fmt.Fprintf(&b, " %d", i-1)
			}
			b.WriteString("\n")
		}
		got, tree := drawnTree(graphOf(t, b.String()), 600, 0, false)
		if n := strings.Count(got, "\n"); n > 20 || tree.hidden != 1000-n+3 {
			t.Errorf("it has %d lines, %d are hidden:\n%s", n, tree.hidden, got)
		}
		for _, part := range []string{"1 [done]", "399 [done]", "400 [failed]", "* 600 [wait", "1000 [wait"} {
			if !strings.Contains(got, part) {
				t.Errorf("%q is missing:\n%s", part, got)
			}
		}
	})
	t.Run("Ensure that each job is drawn once when all are asked for, and else drawn or counted", func(t *testing.T) {
		var b strings.Builder
		for i := 1; i <= 60; i++ { // layers of ten, each job waits for all of the layer above
			fmt.Fprintf(&b, "%d %s", i, []string{"done", "done", "pending"}[i%3])
			for on := (i-1)/10*10 - 9; on > 0 && on <= (i-1)/10*10; on++ {
				fmt.Fprintf(&b, " %d", on)
			}
			b.WriteString("\n")
		}
		list := graphOf(t, b.String())
		got, _ := drawnTree(list, 33, 0, true)
		for _, j := range list {
			if n := len(regexp.MustCompile(fmt.Sprintf(`(?m) ?\b%d \[`, j.ID)).FindAllString(got, -1)); n != 1 {
				t.Errorf("job %d is drawn %d times:\n%s", j.ID, n, got)
			}
		}
		got, tree := drawnTree(list, 33, 0, false)
		if drawn := strings.Count(got, " ["); drawn+tree.hidden != len(list) {
			t.Errorf("%d are drawn and %d hidden of %d:\n%s", drawn, tree.hidden, len(list), got)
		}
	})
	t.Run("Ensure that no line is wider than the screen, with wide characters, too", func(t *testing.T) {
		list := graphOf(t, "1 failed\n2 pending 1")
		list[0].Description, list[0].ExcMessage = strings.Repeat("漢字", 40), "why\nnot"
		got, _ := drawnTree(list, 1, 50, false)
		for line := range strings.Lines(got) {
			if w := widthOf(strings.TrimSuffix(line, "\n")); w > 50 {
				t.Errorf("%d columns: %s", w, line)
			}
		}
	})
}

func TestGraphFormats(t *testing.T) {
	list := graphOf(t, "1 done\n2 failed 1\n3 pending 1 99")
	list[1].Description = `Import "A\B" <x> #1`
	t.Run("Ensure that dot has each job and each dependency, and no quotes of a name", func(t *testing.T) {
		got := dot(list, 2)
		for _, part := range []string{"digraph jobs {", "  1 -> 2;\n", "  1 -> 3;\n", `2 failed\nImport \"A\\B\" <x> #1`, "penwidth=3"} {
			if !strings.Contains(got, part) {
				t.Errorf("%q is missing:\n%s", part, got)
			}
		}
		if strings.Contains(got, "99") {
			t.Errorf("a job that isn't there is in it:\n%s", got)
		}
	})
	t.Run("Ensure that mermaid has them, too", func(t *testing.T) {
		got := mermaid(list, 2)
		for _, part := range []string{"flowchart LR", "  j1 --> j2\n", `Import #quot;A\B#quot; #lt;x#gt; #35;1`, "classDef failed", "style j2"} {
			if !strings.Contains(got, part) {
				t.Errorf("%q is missing:\n%s", part, got)
			}
		}
	})
}

func TestLayOut(t *testing.T) {
	t.Run("Ensure that wide characters and marks keep the columns straight", func(t *testing.T) {
		lines := layOut([][]string{{"A", "B"}, {"漢字", "x"}, {"e\u0301", "y"}, {"🎉", "z"}}, 0)
		want := []string{"A     B\n", "漢字  x\n", "e\u0301     y\n", "🎉    z\n"}
		for i, line := range lines {
			if line != want[i] {
				t.Errorf("%q, want %q", line, want[i])
			}
		}
	})
	t.Run("Ensure that the widest of the columns that give way is cut, and never another", func(t *testing.T) {
		rows := [][]string{{"1", strings.Repeat("a", 60), strings.Repeat("漢", 40), "wait_dependencies"}}
		line := strings.TrimSuffix(layOut(rows, 80, 1, 2)[0], "\n")
		if w := widthOf(line); w > 80 || w < 78 || !strings.HasSuffix(line, "wait_dependencies") || strings.Count(line, "…") != 2 {
			t.Errorf("%d columns: %s", w, line)
		}
	})
	t.Run("Ensure that a column that is named twice gives way twice as much, and the others where that is not enough", func(t *testing.T) {
		rows := [][]string{{"1234567890", strings.Repeat("a", 60), strings.Repeat("b", 60), strings.Repeat("c", 12)}}
		line := layOut(rows, 88, 1, 2, 2)[0]
		if a, b := strings.Count(line, "a"), strings.Count(line, "b"); a < 2*b-2 || a > 2*b+3 || !strings.Contains(line, rows[0][3]) {
			t.Errorf("%d and %d: %s", a, b, line)
		}
		if line = layOut(rows, 44, 1, 2, 2)[0]; !strings.HasPrefix(line, rows[0][0]+"  ") || widthOf(line)-1 > 44 {
			t.Errorf("%d columns: %s", widthOf(line)-1, line)
		}
	})
	t.Run("Ensure that a screen that is too narrow for anything is no reason to fail", func(t *testing.T) {
		if got := layOut([][]string{{"abc", "def"}}, 3, 0, 1); got[0] != "abc  def\n" {
			t.Errorf("%q", got)
		}
	})
}

func TestCut(t *testing.T) {
	for _, c := range []struct {
		text string
		n    int
		want string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"漢字", 4, "漢字"}, {"漢字漢字", 4, "漢…"}, {"a\nb\tc", 9, "a b c"},
		{"red \x1b[31mtext", 20, "red [31mtext"}, {"", 0, ""}, {"ab", 1, "…"},
	} {
		if got := cut(c.text, c.n); got != c.want {
			t.Errorf("cut(%q, %d) is %q, want %q", c.text, c.n, got, c.want)
		}
	}
}
