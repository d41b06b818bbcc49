package config

import (
	"fmt"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Jobs is what the file says of the job queue; everything in it may be left out.
type Jobs struct {
	// Channels are the queue's channels in the words of OCA's queue_job, as root:4,root.trello:1; one a line where the file has
	// a list.
	Channels string
	// RetryPattern says when failed attempts are repeated, as {1: 10s, 5: 1m}; empty where left out.
	RetryPattern string
	// Functions are the defaults of job functions' calls, each function once.
	Functions []JobFunction
	// Retention says how long finished jobs are kept where that differs from the default.
	Retention []JobRetention
}

// JobFunction is the defaults of a job function's calls; what is left zero is the queue's own.
type JobFunction struct {
	// Name is the job function, as import_record.
	Name string
	// Channel is one of [Jobs.Channels] or a backend's own.
	Channel string
	// RetryPattern is as [Jobs.RetryPattern].
	RetryPattern string
	// TimeLimit is how long a run may take, from 1 s to 24 h.
	TimeLimit time.Duration
	// MaxRetries is how many attempts may be spent, 0 for any number; nil where left out.
	MaxRetries *int
	// Priority is from 1 to 1000; a low number is early.
	Priority int
}

// JobRetention says how long jobs are kept that ended in a state.
type JobRetention struct {
	// State is done, failed or cancelled.
	State string
	// Channel with those below it is what the rule is for; empty for all.
	Channel string
	// Keep is how long after their end the jobs stay; 0: for ever.
	Keep time.Duration
}

var endStates = []string{"done", "cancelled", "failed"}

const (
	maxTimeLimit = 24 * time.Hour
	maxRetries   = 1000
	maxPriority  = 1000
	maxKeepDays  = 100 * 365
)

func (r *reader) jobs(top mapping) (j Jobs) {
	v, ok := top.get("jobs")
	if !ok {
		return j
	}
	m, ok := v.mapping(jobsKeys)
	if !ok {
		return j
	}
	if channels, ok := m.get("channels"); ok {
		j.Channels = channels.lines()
	}
	j.RetryPattern = m.flow("retry_pattern")
	if functions, ok := m.get("functions"); ok {
		j.Functions = functions.jobFunctions()
	}
	if retention, ok := m.get("retention"); ok {
		j.Retention = retention.jobRetention()
	}
	return j
}

// lines gives a text, or the texts of a list, one a line.
func (v value) lines() string {
	if v.node.Kind != yaml.SequenceNode {
		text, _ := v.text()
		return text
	}
	items, _ := v.list()
	lines := make([]string, len(items))
	for i, item := range items {
		lines[i], _ = item.text()
	}
	return strings.Join(lines, "\n")
}

func (v value) jobFunctions() (all []JobFunction) {
	items, _ := v.list()
	taken := names{}
	for _, item := range items {
		m, ok := item.mapping(functionKeys)
		if !ok {
			all = append(all, JobFunction{}) // the entries keep their numbers
			continue
		}
		f := JobFunction{Name: taken.take(m, "name", value.text), RetryPattern: m.flow("retry_pattern")}
		m.optionalText("channel", &f.Channel)
		if limit, ok := m.get("time_limit"); ok {
			f.TimeLimit, _ = limit.duration(minTimeout, maxTimeLimit)
		}
		if retries, ok := m.get("max_retries"); ok {
			if n, ok := retries.whole(0, maxRetries); ok {
				count := int(n)
				f.MaxRetries = &count
			}
		}
		if priority, ok := m.get("priority"); ok {
			n, _ := priority.whole(1, maxPriority)
			f.Priority = int(n)
		}
		all = append(all, f)
	}
	return all
}

func (v value) jobRetention() (all []JobRetention) {
	items, _ := v.list()
	first := map[[2]string]int{}
	for _, item := range items {
		m, ok := item.mapping(retentionKeys)
		if !ok {
			all = append(all, JobRetention{})
			continue
		}
		var rule JobRetention
		if state, ok := m.require("state", "use one of "+strings.Join(endStates, ", ")); ok {
			rule.State, _ = state.choice("a state in which a job ends", endStates)
		}
		m.optionalText("channel", &rule.Channel)
		if keep, ok := m.require("keep", keepHint); ok {
			rule.Keep = keep.keep()
		}
		own := [2]string{rule.State, rule.Channel}
		if line, twice := first[own]; twice && rule.State != "" {
			item.fail(fmt.Sprintf("a second rule for %s jobs of this channel, first on line %d", rule.State, line), "")
		}
		first[own] = item.place.Line
		all = append(all, rule)
	}
	return all
}

const keepHint = "write it as 30d, 12h, or never"

// keep reads how long something stays; 0: for ever.
func (v value) keep() time.Duration {
	if v.isScalar("!!str") && v.node.Value == "never" {
		return 0
	}
	d, _ := v.span(1, maxKeepDays*day, keepHint)
	return d
}

// flow gives the value of a key as YAML writes it on one line, {1: 10s, 5: [5s, 30s]}, whatever its shape in the file; empty
// where left out.
func (m mapping) flow(key string) string {
	v, ok := m.get(key)
	if !ok {
		return ""
	}
	text, ok := v.flow()
	if !ok {
		v.failType("numbers of attempts with delays", "write {1: 10s, 5: 1m, 10: [5m, 15m]}")
	}
	return inHours(text)
}

func (v value) flow() (text string, ok bool) {
	var parts []string
	for i, n := range v.node.Content {
		part, ok := v.r.at(n, v.path).flow()
		if !ok {
			return "", false
		}
		if v.node.Kind == yaml.MappingNode && i%2 == 1 {
			parts[len(parts)-1] += ": " + part
			continue
		}
		parts = append(parts, part)
	}
	switch {
	case v.node.Kind == yaml.MappingNode:
		return "{" + strings.Join(parts, ", ") + "}", true
	case v.node.Kind == yaml.SequenceNode:
		return "[" + strings.Join(parts, ", ") + "]", true
	case v.isScalar("!!str", "!!int", "!!float"):
		return v.node.Value, true
	}
	return "", false
}

func (j Jobs) redacted() map[string]any {
	shape := map[string]any{}
	if j.Channels != "" {
		shape["channels"] = strings.ReplaceAll(j.Channels, "\n", ",")
	}
	if j.RetryPattern != "" {
		shape["retry_pattern"] = j.RetryPattern
	}
	var functions, retention []any
	for _, f := range j.Functions {
		functions = append(functions, f.redacted())
	}
	for _, rule := range j.Retention {
		retention = append(retention, rule.redacted())
	}
	if len(functions) > 0 {
		shape["functions"] = functions
	}
	if len(retention) > 0 {
		shape["retention"] = retention
	}
	return shape
}

func (f JobFunction) redacted() map[string]any {
	shape := map[string]any{"name": f.Name}
	for key, text := range map[string]string{"channel": f.Channel, "retry_pattern": f.RetryPattern} {
		if text != "" {
			shape[key] = text
		}
	}
	if f.TimeLimit > 0 {
		shape["time_limit"] = short(f.TimeLimit)
	}
	if f.MaxRetries != nil {
		shape["max_retries"] = *f.MaxRetries
	}
	if f.Priority > 0 {
		shape["priority"] = f.Priority
	}
	return shape
}

func (r JobRetention) redacted() map[string]any {
	shape := map[string]any{"state": r.State, "keep": "never"}
	if r.Channel != "" {
		shape["channel"] = r.Channel
	}
	if r.Keep > 0 {
		shape["keep"] = short(r.Keep)
	}
	return shape
}
