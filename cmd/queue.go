package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/synchronizer"
)

// newQueue gives the queue of a state as the configuration wants it.
func newQueue(db *state.DB, c *config.Config) *jobs.Queue {
	return jobs.New(db, queueOptions(c.Jobs)...)
}

// queueOptions turns the section `jobs:`, which checkJobs has seen, into the queue's own words.
func queueOptions(c config.Jobs) (options []jobs.Option) {
	if channels, err := jobs.ParseChannels(c.Channels); err == nil {
		options = append(options, jobs.WithChannels(channels))
	}
	if p := retryPattern(c.RetryPattern); p != nil {
		options = append(options, jobs.WithRetryPattern(p))
	}
	for _, f := range c.Functions {
		options = append(options, jobs.WithFunction(f.Name, jobs.FunctionOptions{
			Channel: f.Channel, RetryPattern: retryPattern(f.RetryPattern), MaxRetries: f.MaxRetries, Priority: f.Priority, TimeLimit: f.TimeLimit,
		}))
	}
	return options
}

// retryPattern gives nil for what is left out.
func retryPattern(text string) jobs.RetryPattern {
	p, err := jobs.ParseRetryPattern(text)
	if err != nil {
		return nil
	}
	return p
}

// checkJobs finds what is wrong with the section `jobs:` as far as only the queue knows.
func (a *app) checkJobs(c *config.Config) []config.SettingProblem {
	k := jobsCheck{config: c}
	var err error
	if k.channels, err = jobs.ParseChannels(c.Jobs.Channels); err != nil {
		k.refuse("jobs.channels", err.Error(), "")
	}
	k.pattern("jobs.retry_pattern", c.Jobs.RetryPattern)
	for i, f := range c.Jobs.Functions {
		at := fmt.Sprintf("jobs.functions[%d].", i)
		k.name(at+"name", "job function", f.Name, a.functionNames())
		k.pattern(at+"retry_pattern", f.RetryPattern)
		k.channel(at+"channel", f.Channel)
	}
	for i, r := range c.Jobs.Retention {
		k.channel(fmt.Sprintf("jobs.retention[%d].channel", i), r.Channel)
	}
	return k.problems
}

// jobsCheck collects problems.
type jobsCheck struct {
	config   *config.Config
	channels jobs.Channels
	problems []config.SettingProblem
}

func (k *jobsCheck) refuse(path, problem, hint string) {
	k.problems = append(k.problems, config.SettingProblem{Path: path, Problem: problem, Hint: hint})
}

func (k *jobsCheck) pattern(path, text string) {
	if text == "" {
		return
	}
	if _, err := jobs.ParseRetryPattern(text); err != nil {
		k.refuse(path, err.Error(), "")
	}
}

// channel wants a name that is configured, or that of a backend's own channel: a misspelt one would have no limit.
func (k *jobsCheck) channel(path, name string) {
	if name == "" {
		return
	}
	known := []string{jobs.Root}
	for _, b := range k.config.Backends {
		if own := jobs.DefaultChannel(b.Name); !slices.Contains(known, own) { // a name may be missing, or there twice
			known = append(known, own)
		}
	}
	for _, ch := range k.channels.Configured() {
		if !slices.Contains(known, ch.Name) {
			known = append(known, ch.Name)
		}
	}
	k.name(path, "channel", k.channels.Get(name).Name, known)
}

func (k *jobsCheck) name(path, kind, name string, known []string) {
	if slices.Contains(known, name) {
		return
	}
	hint := "known: " + strings.Join(known, ", ")
	if near, ok := config.Nearest(name, known); ok {
		hint = fmt.Sprintf("did you mean %q? (%s)", near, strings.Join(known, ", "))
	}
	k.refuse(path, fmt.Sprintf("there is no %s %q", kind, name), hint)
}

// functionNames are the job functions that jobs of this program may have.
func (a *app) functionNames() []string {
	return append(synchronizer.Functions(), a.registry.FunctionNames()...)
}
