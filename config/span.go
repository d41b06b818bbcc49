package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// spanParts are the parts of a span of time that time.ParseDuration doesn't know, and the rest.
var spanParts = regexp.MustCompile(`^(?:(\d{1,4})w)?(?:(\d{1,5})d)?(.*)$`)

const (
	day      = 24 * time.Hour
	spanHint = "write a number with its unit, as 30s, 2m or 1d"
)

// ParseSpan reads a span of time such as 30s, 90m, 1h30m, 2d or 1w, with weeks and days before the rest, as every key of the file
// and every flag takes it. A span is never negative.
func ParseSpan(text string) (time.Duration, error) {
	fail := func() (time.Duration, error) {
		return 0, fmt.Errorf("%q is no span of time; write it as 30s, 90m, 1h30m, 2d or 1w", text)
	}
	part := spanParts.FindStringSubmatch(text)
	if part == nil {
		return fail()
	}
	var d time.Duration
	for i, days := range []int{7, 1} {
		if n, err := strconv.Atoi(part[i+1]); err == nil {
			d += time.Duration(min(n*days, maxKeepDays+1)) * day // more is beyond all that is asked for, and must not overflow
		}
	}
	if rest := part[3]; rest != "" || part[1]+part[2] == "" {
		more, err := time.ParseDuration(rest)
		if err != nil || more < 0 || d+more < d {
			return fail()
		}
		d += more
	}
	return d, nil
}

// short words a span without zero parts: 10m instead of 10m0s, 366d instead of 8784h.
func short(d time.Duration) string {
	if d >= 2*day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// duration gives a time span between min and max.
func (v value) duration(shortest, longest time.Duration) (time.Duration, bool) {
	return v.span(shortest, longest, spanHint)
}

func (v value) span(shortest, longest time.Duration, hint string) (time.Duration, bool) {
	if v.isScalar("!!int", "!!float") {
		v.fail("expected a time span, found a number", hint)
		return 0, false
	}
	got, ok := v.text()
	if !ok {
		return 0, false
	}
	d, err := ParseSpan(got)
	switch {
	case err != nil:
		v.fail(shown(got)+" is not a time span", hint)
	case d < shortest || d > longest:
		v.fail(fmt.Sprintf("%s is not between %s and %s", shown(got), short(shortest), short(longest)), "")
	default:
		return d, true
	}
	return 0, false
}

// longSpan is what may be a span with weeks or days inside other text.
var longSpan = regexp.MustCompile(`\b\d+[dw][0-9a-zµ.]*`)

// inHours writes the spans of days and weeks in a text in hours, for those who know no days.
func inHours(text string) string {
	return longSpan.ReplaceAllStringFunc(text, func(word string) string {
		d, err := ParseSpan(word)
		if err != nil {
			return word
		}
		hours := d.String()
		return strings.TrimSuffix(strings.TrimSuffix(hours, "0s"), "0m")
	})
}
