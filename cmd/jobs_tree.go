package cmd

import (
	"fmt"
	"strings"

	"github.com/odoo-connector/connector/jobs"
)

// tree draws a graph of jobs in lines of text.
type tree struct {
	list     []jobs.Job // parents first
	focus    int64
	screen   int // columns; 0: any number
	all      bool
	parents  map[int64]int
	children map[int64][]jobs.Job
	over     map[int64]bool // jobs that are done, as all below them are; the focus isn't among them
	drawn    map[int64]bool
	hidden   int // jobs that are only counted
	out      strings.Builder
}

// Up to these sizes all is shown.
const (
	smallGraph    = 20 // jobs in all
	fewOfOneState = 5  // jobs of one state beside each other with nothing below, or in a chain
	shownOfMany   = 3  // of more than that
)

func newTree(list []jobs.Job, focus int64, screen int, all bool) *tree {
	t := &tree{
		list: list, focus: focus, screen: screen, all: all || len(list) <= smallGraph,
		parents: map[int64]int{}, children: map[int64][]jobs.Job{}, over: map[int64]bool{}, drawn: map[int64]bool{},
	}
	byID := map[int64]jobs.Job{}
	for _, j := range list {
		byID[j.ID] = j
	}
	eachEdge(list, func(from, to int64) {
		t.parents[to]++
		t.children[from] = append(t.children[from], byID[to])
	})
	for i := len(list) - 1; i >= 0; i-- { // children first
		j := list[i]
		t.over[j.ID] = j.State == jobs.StateDone && j.ID != focus
		for _, c := range t.children[j.ID] {
			t.over[j.ID] = t.over[j.ID] && t.over[c.ID]
		}
	}
	return t
}

func (t *tree) draw() {
	var roots []jobs.Job
	for _, j := range t.list {
		if t.parents[j.ID] == 0 {
			roots = append(roots, j)
		}
	}
	t.level("", roots, true)
}

// branch is what stands beside others on a level: a job, or a line about several.
type branch struct {
	job  jobs.Job
	text string // instead of a job
}

// level draws jobs that stand beside each other.
func (t *tree) level(indent string, list []jobs.Job, top bool) {
	branches := t.branches(list)
	for i, br := range branches {
		head, below := indent+"├─ ", indent+"│  "
		if i == len(branches)-1 {
			head, below = indent+"└─ ", indent+"   "
		}
		if top {
			head, below = indent, indent
		}
		switch {
		case br.text != "":
			t.write(head, br.text)
		case t.drawn[br.job.ID]: // below one of those beside it
			t.write(head, fmt.Sprintf("↑ %d shown above", br.job.ID))
		default:
			t.chain(head, below, br.job)
		}
	}
}

// siblings counts jobs that stand beside each other.
type siblings struct {
	leaves map[jobs.State]int // with nothing below and nothing special
	taken  map[jobs.State]int // of those
	over   int                // that are done, with all below them
	above  int                // that are drawn already
}

// branches chooses which of the jobs beside each other are drawn, and counts the others.
func (t *tree) branches(list []jobs.Job) (shown []branch) {
	s := siblings{leaves: map[jobs.State]int{}, taken: map[jobs.State]int{}}
	for _, j := range list {
		if t.plainLeaf(j) {
			s.leaves[j.State]++
		}
	}
	for _, j := range list {
		if t.counted(j, &s) {
			continue
		}
		shown = append(shown, branch{job: j})
	}
	for _, state := range jobs.States() {
		if more := s.taken[state] - shownOfMany; s.leaves[state] > fewOfOneState && more > 0 {
			shown = append(shown, branch{text: fmt.Sprintf("… %d more %s", more, state)})
		}
	}
	if s.over > 0 {
		shown = append(shown, branch{text: fmt.Sprintf("… %d done", s.over)})
	}
	if s.above > 0 {
		shown = append(shown, branch{text: fmt.Sprintf("↑ %s shown above", count(s.above, "job", "jobs"))})
	}
	return shown
}

// counted tells whether a job is only counted among those beside it.
func (t *tree) counted(j jobs.Job, s *siblings) bool {
	switch {
	case t.drawn[j.ID]:
		s.above++
		return true
	case t.all:
		return false
	case t.over[j.ID]:
		s.over += t.sweep(j)
		return true
	case !t.plainLeaf(j) || s.leaves[j.State] <= fewOfOneState:
		return false
	}
	if s.taken[j.State]++; s.taken[j.State] <= shownOfMany {
		return false
	}
	t.sweep(j)
	return true
}

// plainLeaf tells whether a job has nothing below and nothing special.
func (t *tree) plainLeaf(j jobs.Job) bool {
	return len(t.children[j.ID]) == 0 && j.ID != t.focus && !t.drawn[j.ID]
}

// sweep takes a job and all below it for drawn, and counts them.
func (t *tree) sweep(j jobs.Job) (n int) {
	stack := []jobs.Job{j}
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if t.drawn[top.ID] {
			continue
		}
		t.drawn[top.ID] = true
		n++
		stack = append(stack, t.children[top.ID]...)
	}
	t.hidden += n
	return n
}

// chain draws a job, and those after it as long as there is one only and it waits for nothing else; then what is below the
// last of them.
func (t *tree) chain(head, below string, j jobs.Job) {
	links := []jobs.Job{j}
	for last := j; len(t.children[last.ID]) == 1 && t.parents[t.children[last.ID][0].ID] == 1; {
		last = t.children[last.ID][0]
		if !t.all && t.over[last.ID] {
			break
		}
		links = append(links, last)
	}
	for i := 0; i < len(links); {
		run := t.run(links[i:])
		for n, one := range links[i : i+run] {
			t.drawn[one.ID] = true
			if t.all || run <= fewOfOneState || n < shownOfMany-1 || n == run-1 {
				t.job(head, one)
			} else if n == shownOfMany-1 {
				t.hidden += run - shownOfMany
				t.write(head, fmt.Sprintf("… %d more %s", run-shownOfMany, one.State))
			}
			head = below + "↓ "
		}
		i += run
	}
	last := links[len(links)-1]
	if below == "" {
		below = " "
	}
	t.level(below, t.children[last.ID], false)
}

// run is how many jobs at the beginning of a chain are of one state and nothing special.
func (t *tree) run(links []jobs.Job) int {
	n := 1
	for links[0].ID != t.focus && n < len(links) && links[n].State == links[0].State && links[n].ID != t.focus {
		n++
	}
	return n
}

// job draws one job.
func (t *tree) job(head string, j jobs.Job) {
	text := fmt.Sprintf("%d [%s] %s", j.ID, j.State, j.Description)
	if j.ID == t.focus {
		text = "* " + text
	}
	if n := t.parents[j.ID]; n > 1 {
		text += fmt.Sprintf(" (waits for %d)", n)
	}
	if j.State == jobs.StateFailed && j.ExcMessage != "" {
		text += ": " + j.ExcMessage
	}
	t.write(head, text)
}

func (t *tree) write(head, text string) {
	text = plain(text)
	if t.screen > 0 {
		text = cut(text, max(narrowest, t.screen-widthOf(head)))
	}
	t.out.WriteString(head + text + "\n")
}
