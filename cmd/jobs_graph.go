package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/jobs"
)

// graphFormats are the forms in which a graph is written as text.
var graphFormats = []string{"tree", "dot", "mermaid"}

func (a *app) jobsGraph() *cobra.Command {
	var flag int64
	var format string
	var all bool
	c := &cobra.Command{
		Use: "graph ID", Short: "Show the jobs that a job is tied to",
		Long: `graph shows all jobs that a job is tied to: those that it depends on, those that depend on it, and so on,
and those of its graph. A job stands below the first of those that it waits for. ↓ is a chain: each waits
for the one above. What is done, and many of one kind, are counted; --all shows each.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration (no such job, too), 3 environment.` + "\n\nNext: `connector jobs show ID` of the job that the others wait for.",
		Example: `  connector jobs graph 7
  connector jobs graph 7 --format dot | dot -Tsvg > jobs.svg`,
		Args: cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			id, err := jobID(args, flag, c)
			if err != nil {
				return err
			}
			if !slices.Contains(graphFormats, format) {
				return &usageError{fmt.Sprintf("--format %q: %s", format, nearest(format, graphFormats))}
			}
			return a.withQueue(c.Context(), func(q *jobs.Queue) error {
				r, err := q.Related(c.Context(), id)
				if err != nil {
					return err
				}
				return a.showGraph(r, id, format, all)
			})
		},
	}
	c.Flags().Int64Var(&flag, "id", 0, "the job's id, as an argument gives it, too")
	c.Flags().StringVar(&format, "format", "tree", "tree, dot (Graphviz) or mermaid")
	c.Flags().BoolVar(&all, "all", false, "show each job in the tree")
	return c
}

// graphView is a graph as `--output json` shows it.
type graphView struct {
	Job   int64     `json:"job"`
	Graph string    `json:"graph,omitempty"`
	Jobs  []jobView `json:"jobs"` // each after those that it depends on
	More  bool      `json:"more,omitempty"`
}

func (a *app) showGraph(r jobs.Related, id int64, format string, all bool) error {
	if a.json() {
		v := graphView{Job: id, Graph: r.Graph, Jobs: make([]jobView, len(r.Jobs)), More: r.More}
		for i, j := range r.Jobs {
			v.Jobs[i] = viewOf(j)
		}
		return a.printJSON(v)
	}
	if r.More {
		_, _ = fmt.Fprintf(a.hints(), "there are more; these are the nearest %d\n", len(r.Jobs))
	}
	switch format {
	case "dot":
		return a.print([]string{dot(r.Jobs, id)})
	case "mermaid":
		return a.print([]string{mermaid(r.Jobs, id)})
	}
	t := newTree(r.Jobs, id, a.columnsOf(), all)
	t.draw()
	if t.hidden > 0 {
		_, _ = fmt.Fprintf(a.hints(), "%s in all; --all shows each\n", count(len(r.Jobs), "job", "jobs"))
	}
	return a.print([]string{t.out.String()})
}

// dot writes a graph for Graphviz.
func dot(list []jobs.Job, focus int64) string {
	var b strings.Builder
	b.WriteString("digraph jobs {\n  rankdir=LR;\n  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n")
	label := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	for _, j := range list {
		width := ""
		if j.ID == focus {
			width = ", penwidth=3"
		}
		fmt.Fprintf(&b, "  %d [label=\"%d %s\\n%s\", fillcolor=\"%s\"%s];\n",
			j.ID, j.ID, j.State, label.Replace(cut(j.Description, 60)), colour(j.State), width)
	}
	eachEdge(list, func(from, to int64) { fmt.Fprintf(&b, "  %d -> %d;\n", from, to) })
	b.WriteString("}\n")
	return b.String()
}

// mermaid writes a graph as Mermaid's flow chart.
func mermaid(list []jobs.Job, focus int64) string {
	var b strings.Builder
	b.WriteString("flowchart LR\n")
	label := strings.NewReplacer(`"`, "#quot;", "#", "#35;", "<", "#lt;", ">", "#gt;", "`", "#96;")
	for _, j := range list {
		fmt.Fprintf(&b, "  j%d[\"%d %s<br/>%s\"]:::%s\n", j.ID, j.ID, j.State, label.Replace(cut(j.Description, 60)), j.State)
	}
	eachEdge(list, func(from, to int64) { fmt.Fprintf(&b, "  j%d --> j%d\n", from, to) })
	for _, s := range jobs.States() {
		if slices.ContainsFunc(list, func(j jobs.Job) bool { return j.State == s }) {
			fmt.Fprintf(&b, "  classDef %s fill:%s,stroke:#555,color:#000\n", s, colour(s))
		}
	}
	fmt.Fprintf(&b, "  style j%d stroke-width:4px\n", focus)
	return b.String()
}

// eachEdge goes through the dependencies whose both ends are in the list.
func eachEdge(list []jobs.Job, fn func(from, to int64)) {
	there := map[int64]bool{}
	for _, j := range list {
		there[j.ID] = true
	}
	for _, j := range list {
		for _, on := range j.DependsOn {
			if there[on] {
				fn(on, j.ID)
			}
		}
	}
}

func colour(s jobs.State) string {
	switch s {
	case jobs.StateDone:
		return "#c8e6c9"
	case jobs.StateFailed:
		return "#ffcdd2"
	case jobs.StateCancelled:
		return "#e0e0e0"
	case jobs.StateStarted, jobs.StateEnqueued:
		return "#bbdefb"
	case jobs.StatePending:
		return "#fff9c4"
	case jobs.StateWaitDependencies:
		return "#ffe0b2"
	}
	return "#ffffff"
}
