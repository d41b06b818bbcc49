package jobs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// RetryDelay is how long a job waits before its next attempt: Min, or where Max is longer some time between the two that
// chance picks anew each time, so that jobs which failed together don't come back together.
type RetryDelay struct{ Min, Max time.Duration }

// RetryPattern says how long a job waits before its next attempt, by the number of attempts spent: the value of the largest
// key that is not above it counts, as in OCA's queue_job. Below the smallest key it is ten minutes.
type RetryPattern map[int]RetryDelay

// lateRetry is the delay of an attempt that a pattern says nothing about.
const lateRetry = 10 * time.Minute

// defaultPattern is a queue's own, where it is given none.
func defaultPattern() RetryPattern {
	return RetryPattern{1: {Min: 10 * time.Second}, 2: {Min: time.Minute}, 3: {Min: 5 * time.Minute}, 4: {Min: 10 * time.Minute}}
}

// Delay gives the pause after so many attempts. random gives a number from 0 to n-1.
func (p RetryPattern) Delay(attempts int, random func(n int64) int64) time.Duration {
	from := 0
	for n := range p {
		if n <= attempts && n > from {
			from = n
		}
	}
	if from == 0 {
		return lateRetry
	}
	d := p[from]
	if d.Max <= d.Min {
		return d.Min
	}
	return d.Min + time.Duration(random(int64(d.Max-d.Min)+1))
}

// String writes the pattern as ParseRetryPattern reads it.
func (p RetryPattern) String() string {
	var entries []string
	for _, n := range slices.Sorted(maps.Keys(p)) {
		entries = append(entries, fmt.Sprintf("%d: %s", n, p[n]))
	}
	return "{" + strings.Join(entries, ", ") + "}"
}

// String writes one delay as ParseRetryPattern reads it.
func (d RetryDelay) String() string {
	if d.Max <= d.Min {
		return shortSpan(d.Min)
	}
	return "[" + shortSpan(d.Min) + ", " + shortSpan(d.Max) + "]"
}

// shortSpan words a span without zero parts: 10m instead of 10m0s.
func shortSpan(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// RetryPatternError says that a text is no retry pattern.
type RetryPatternError struct {
	Entry  string // the part of the text
	Reason string
}

// Error shows the part and what is expected.
func (e *RetryPatternError) Error() string {
	return fmt.Sprintf("retry pattern, %q: %s; write {ATTEMPTS: DELAY, …}, e.g. {1: 10s, 5: 1m, 10: [5m, 15m]}", e.Entry, e.Reason)
}

// ParseRetryPattern reads a pattern such as `{1: 10s, 5: 1m, 10: 10m}`, or with random delays `{1: [5s, 30s]}`. As in
// OCA's queue_job, a bare number is seconds and a range may be written (5, 30). The braces may be left out. What is no
// pattern gives a *RetryPatternError.
func ParseRetryPattern(text string) (RetryPattern, error) {
	inner := strings.TrimSpace(text)
	if rest, ok := strings.CutPrefix(inner, "{"); ok {
		if inner, ok = strings.CutSuffix(rest, "}"); !ok {
			return nil, &RetryPatternError{text, "its brace isn't closed"}
		}
	}
	p := RetryPattern{}
	for _, entry := range splitOutside(inner) {
		attempts, d, reason := parseRetryEntry(entry)
		if _, twice := p[attempts]; twice && reason == "" {
			reason = "this number of attempts is there twice"
		}
		if reason != "" {
			return nil, &RetryPatternError{strings.TrimSpace(entry), reason}
		}
		p[attempts] = d
	}
	return p, nil
}

// splitOutside splits a text at the commas that are in no brackets. A text of blanks has no parts.
func splitOutside(text string) (parts []string) {
	depth, begin := 0, 0
	for i, c := range text {
		switch c {
		case '[', '(':
			depth++
		case ']', ')':
			depth--
		case ',':
			if depth == 0 {
				parts, begin = append(parts, text[begin:i]), i+1
			}
		}
	}
	if last := text[begin:]; strings.TrimSpace(last) != "" || len(parts) == 0 {
		parts = append(parts, last)
	}
	return parts
}

// parseRetryEntry reads `5: 1m`, and gives what is wrong with it.
func parseRetryEntry(entry string) (attempts int, d RetryDelay, reason string) {
	key, value, ok := strings.Cut(entry, ":")
	if !ok {
		return 0, d, "it is no number of attempts with a delay"
	}
	attempts, err := strconv.Atoi(strings.TrimSpace(key))
	if err != nil || attempts < 1 {
		return 0, d, "the number of attempts must be 1 or more"
	}
	value = strings.TrimSpace(value)
	bounds := []string{value}
	if len(value) > 1 && (value[0] == '[' && value[len(value)-1] == ']' || value[0] == '(' && value[len(value)-1] == ')') {
		if bounds = strings.Split(value[1:len(value)-1], ","); len(bounds) != 2 {
			return 0, d, "a random delay lies between two"
		}
	}
	var spans []time.Duration
	for _, bound := range bounds {
		span, ok := parseSpan(strings.TrimSpace(bound))
		if !ok {
			return 0, d, "the delay must be a time span or a number of seconds"
		}
		spans = append(spans, span)
	}
	d = RetryDelay{Min: spans[0]}
	if len(spans) == 2 {
		d.Max = spans[1]
		if d.Max < d.Min {
			return 0, d, "the shorter delay comes first"
		}
	}
	return attempts, d, ""
}

// longestRetry bounds a delay, so that no sum of instants overflows.
const longestRetry = 365 * 24 * time.Hour

// parseSpan reads a time span or a number of seconds, above zero.
func parseSpan(text string) (time.Duration, bool) {
	d, err := time.ParseDuration(text)
	if seconds, numErr := strconv.Atoi(text); numErr == nil && seconds <= int(longestRetry.Seconds()) {
		d, err = time.Duration(seconds)*time.Second, nil
	}
	return d, err == nil && d > 0 && d <= longestRetry
}
