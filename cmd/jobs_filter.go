package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
)

// jobFilter is the flags that select jobs. Several commands have them.
type jobFilter struct {
	flags        *pflag.FlagSet
	states       []string
	since, until string
	graph        string
	jobs.Filter
}

// filterNames are the flags of a jobFilter.
var filterNames = []string{
	"state", "backend", "channel", "model", "function", "record", "since", "until", "error", "kind", "worker", "graph",
}

func (f *jobFilter) register(c *cobra.Command) {
	f.flags = c.Flags()
	f.flags.StringSliceVar(&f.states, "state", nil, "only jobs in one of these states: "+stateNames())
	f.flags.StringVar(&f.Backend, "backend", "", "only jobs of this backend")
	f.flags.StringVar(&f.Channel, "channel", "", "only jobs of this channel and those below it")
	f.flags.StringVar(&f.Model, "model", "", "only jobs of this binding model, as trello.card")
	f.flags.StringVar(&f.Function, "function", "", "only jobs of this function, as import_record")
	f.flags.StringVar(&f.Record, "record", "", "only jobs of the record with this id, outside or in Odoo")
	f.flags.StringVar(&f.since, "since", "", "only jobs whose last step is not older: 2h, 3d, \"2026-03-02 15:04\"")
	f.flags.StringVar(&f.until, "until", "", "only jobs whose last step is older: 1h, 2026-03-02")
	f.flags.StringVar(&f.Error, "error", "", "only jobs whose failure says this; … is any text, ^ its beginning, $ its end")
	f.flags.StringVar(&f.Kind, "kind", "", "only jobs whose failure is of this kind, as 'jobs errors' names it")
	f.flags.StringVar(&f.Worker, "worker", "", "only jobs of this worker, or of all workers of this host")
	f.flags.StringVar(&f.graph, "graph", "", "only jobs of the graph with this UUID, or of this job's graph")
}

// words are the flags as they were given, but for some.
func (f *jobFilter) words(except ...string) (words []string) {
	for _, name := range filterNames {
		if flag := f.flags.Lookup(name); flag.Changed && !slices.Contains(except, name) {
			value := flag.Value.String()
			if name == "state" {
				value = strings.Join(f.states, ",")
			}
			words = append(words, "--"+name, value)
		}
	}
	return words
}

// check reads the flags that have a form of their own.
func (f *jobFilter) check(now time.Time) error {
	for _, name := range filterNames { // as of a script's variable that is not set: it must not choose all
		if flag := f.flags.Lookup(name); flag.Changed && strings.Trim(flag.Value.String(), "[] ") == "" {
			return &usageError{fmt.Sprintf("--%s is empty; say which jobs, or leave it out", name)}
		}
	}
	known := strings.Split(stateNames(), ", ")
	for _, s := range f.states {
		if !slices.Contains(known, s) {
			return &usageError{fmt.Sprintf("--state %q is no state of a job; %s", s, nearest(s, known))}
		}
		f.States = append(f.States, jobs.State(s))
	}
	for _, at := range []struct {
		name, text string
		into       *time.Time
	}{{"since", f.since, &f.Since}, {"until", f.until, &f.Until}} {
		if at.text == "" {
			continue
		}
		t, err := parseInstant(at.text, now, -1)
		if err != nil {
			return &usageError{"--" + at.name + ": " + err.Error()}
		}
		*at.into = t
	}
	if f.since != "" && f.until != "" && !f.Since.Before(f.Until) {
		return &usageError{fmt.Sprintf("--since %s is not before --until %s; nothing can be between", f.since, f.until)}
	}
	return nil
}

// resolve finds the graph of the job that --graph names.
func (f *jobFilter) resolve(ctx context.Context, q *jobs.Queue) error {
	f.Graph = f.graph
	id, err := strconv.ParseInt(f.graph, 10, 64)
	if err != nil {
		return nil //nolint:nilerr // then it is a UUID
	}
	j, err := q.Get(ctx, id)
	if err != nil {
		return err
	}
	if j.Graph == "" {
		return &usageError{fmt.Sprintf("job %d belongs to no graph", id)}
	}
	f.Graph = j.Graph
	return nil
}

// nearest words the hint for an unknown name: the known one that it is most like, or all.
func nearest(name string, known []string) string {
	if near, ok := config.Nearest(name, known); ok {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "known: " + strings.Join(known, ", ")
}

// flagged blames the caller for a value that the queue refuses, by the name of its flag.
func flagged(err error) error {
	var bad *jobs.FilterError
	if errors.As(err, &bad) {
		return &usageError{fmt.Sprintf("--%s %q: %s", bad.Field, bad.Value, bad.Reason)}
	}
	var channel *jobs.ChannelsError
	if errors.As(err, &channel) {
		return &usageError{fmt.Sprintf("--channel %q: %s", channel.Entry, channel.Reason)}
	}
	return err
}

func stateNames() string {
	var names []string
	for _, s := range jobs.States() {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// quoted writes a word as a shell reads it.
func quoted(word string) string {
	const harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:,@+="
	switch {
	case word != "" && strings.Trim(word, harmless) == "":
		return word
	case strings.Contains(word, "'") && !strings.ContainsAny(strings.TrimSuffix(word, "$"), "\"$`\\!"):
		return `"` + word + `"`
	default:
		return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
	}
}

// jobID is the id that a command was given, as its argument or with --id.
func jobID(args []string, flag int64, c *cobra.Command) (int64, error) {
	if flag != 0 && len(args) == 0 {
		return flag, nil
	}
	if len(args) != 1 || flag != 0 {
		return 0, &usageError{fmt.Sprintf("give one job's id: `%s N`", c.CommandPath())}
	}
	return parseID(args[0])
}

func parseID(text string) (int64, error) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 {
		return 0, &usageError{fmt.Sprintf("%q is no job's id; `connector jobs list` shows them", text)}
	}
	return id, nil
}
