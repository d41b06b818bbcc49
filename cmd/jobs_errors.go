package cmd

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

func (a *app) jobsErrors() *cobra.Command {
	var f jobFilter
	var limit int
	c := &cobra.Command{
		Use: "errors", Short: "Group the failed jobs by what they failed for", Args: cobra.NoArgs,
		Long: `errors shows for what reasons jobs failed, the most frequent first: what differs in their messages,
such as ids, numbers and quoted names, is …. Each kind has its first and its last job, and the
command that puts just these back into the line.

Exit codes: 0 done, 1 unusable state.db, 2 usage or configuration, 3 environment.` + "\n\nNext: `connector jobs show ID`, `connector explain CODE`, `connector jobs retry ID`.",
		Example: "  connector jobs errors --since 24h\n  connector jobs errors --backend trello --model trello.card",
		RunE: func(c *cobra.Command, _ []string) error {
			if limit < 0 {
				return &usageError{fmt.Sprintf("--limit %d: write how many kinds to show, or 0 for all", limit)}
			}
			return a.groupErrors(c.Context(), &f, limit)
		},
	}
	f.register(c)
	_ = c.Flags().MarkHidden("state") // it is failed
	c.Flags().IntVar(&limit, "limit", 20, "at most so many kinds; 0 for all")
	return c
}

// failureView is one failed job as `--output json` shows it.
type failureView struct {
	ID          int64      `json:"id"`
	Backend     string     `json:"backend"`
	Description string     `json:"description"`
	Finished    *time.Time `json:"finished,omitempty"`
	Message     string     `json:"message"`
}

// errorView is a kind of failure as `--output json` shows it.
type errorView struct {
	Kind    string      `json:"kind"`
	Pattern string      `json:"pattern"`
	Count   int         `json:"count"`
	First   failureView `json:"first"`
	Last    failureView `json:"last"`
	Retry   []string    `json:"retry"` // the command that puts these jobs back into the line, word by word
}

func (a *app) groupErrors(ctx context.Context, f *jobFilter, limit int) error {
	if len(f.states) > 0 {
		return &usageError{"--state: jobs errors is about failed jobs alone"}
	}
	if err := f.check(a.clock.Now()); err != nil {
		return err
	}
	return a.lookingAtQueue(ctx, func(c *config.Config, _ *state.DB, q *jobs.Queue) error {
		if err := f.resolve(ctx, q); err != nil {
			return err
		}
		kinds, err := q.Failures(ctx, f.Filter)
		if err != nil {
			return flagged(err)
		}
		if len(kinds) == 0 && !a.json() {
			if err := a.tellUnknown(ctx, c, q, f.Filter); err != nil {
				return err
			}
		}
		return a.showErrors(kinds, f, limit)
	})
}

func (a *app) showErrors(kinds []jobs.FailureKind, f *jobFilter, limit int) error {
	shown := kinds
	if limit > 0 {
		shown = kinds[:min(len(kinds), limit)]
	}
	if a.json() {
		views := []errorView{}
		for _, k := range shown {
			views = append(views, errorView{k.Name, k.Pattern, k.Count, viewOfFailure(k.First), viewOfFailure(k.Last), retryWords(k, kinds, f)})
		}
		return a.printJSON(errorsView{views})
	}
	if len(kinds) == 0 {
		_, err := fmt.Fprintln(a.out, "No failed jobs.")
		return err
	}
	var b strings.Builder
	for i, k := range shown {
		if i > 0 {
			b.WriteString("\n")
		}
		a.showKind(&b, k)
		if words := retryWords(k, kinds, f); len(words) > 0 {
			b.WriteString("  " + shellLine(words) + "\n")
		}
	}
	if err := a.print([]string{b.String()}); err != nil {
		return err
	}
	if len(shown) < len(kinds) {
		_, _ = fmt.Fprintf(a.hints(), "the first %d of %d kinds; --limit 0 shows all\n", len(shown), len(kinds))
	}
	return nil
}

func (a *app) showKind(b *strings.Builder, k jobs.FailureKind) {
	pattern := k.Pattern
	if pattern == "" {
		pattern = "(no message)"
	}
	wrapped(b, count(k.Count, "job", "jobs")+"  ", strings.TrimPrefix(k.Name+": ", ": ")+pattern, a.columnsOf())
	example := func(name string, one jobs.Failure) {
		head := fmt.Sprintf("  %-5s  %s  job %d  ", name, when(one.Finished), one.ID)
		text := plain(one.Description)
		if room := a.columnsOf(); room > 0 {
			text = cut(text, max(narrowest, room-widthOf(head)))
		}
		b.WriteString(head + text + "\n")
		if plain(one.Message) != k.Pattern {
			wrapped(b, "         ", one.Message, a.columnsOf())
		}
	}
	if k.Count == 1 {
		example("only", k.Last)
		return
	}
	example("first", k.First)
	example("last", k.Last)
}

func viewOfFailure(f jobs.Failure) failureView {
	return failureView{f.ID, f.Backend, f.Description, optional(f.Finished), f.Message}
}

// retryWords is the command that puts the jobs of a kind back into the line: what they were filtered by, and their kind, by its
// name only where its text doesn't tell it from all others. A kind that says nothing has none.
func retryWords(k jobs.FailureKind, all []jobs.FailureKind, f *jobFilter) []string {
	own := k.Filter()
	if own.Error == "" && own.Kind == "" {
		return []string{}
	}
	words := append([]string{"connector", "jobs", "retry"}, f.words("error")...)
	twins := 0
	for _, other := range all {
		if other.Pattern == k.Pattern {
			twins++
		}
	}
	if own.Error != "" {
		words = append(words, "--error", own.Error)
	}
	if own.Kind != "" && f.Kind == "" && (own.Error == "" || twins > 1) {
		words = append(words, "--kind", own.Kind)
	}
	return words
}

// shellLine writes words as a shell reads them.
func shellLine(words []string) string {
	quotedWords := make([]string, len(words))
	for i, w := range words {
		quotedWords[i] = quoted(w)
	}
	return strings.Join(quotedWords, " ")
}
