package cmd

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/odoo-connector/connector/config"
)

// spanValue is a flag for a span of time, which may be given in days and weeks as well.
type spanValue time.Duration

// spanVar adds such a flag.
func spanVar(flags *pflag.FlagSet, into *time.Duration, name string, usual time.Duration, usage string) {
	*into = usual
	flags.Var((*spanValue)(into), name, usage)
}

// String writes the span as Set reads it.
func (v *spanValue) String() string {
	if *v == 0 {
		return "0"
	}
	text := time.Duration(*v).String() // 1h0m0s
	if whole, is := strings.CutSuffix(text, "m0s"); is {
		text = whole + "m"
	}
	if whole, is := strings.CutSuffix(text, "h0m"); is {
		text = whole + "h"
	}
	return text
}

// Set reads the span.
func (v *spanValue) Set(text string) error {
	d, err := config.ParseSpan(text)
	*v = spanValue(d)
	return err
}

// Type is how the help calls what is to be given.
func (v *spanValue) Type() string { return "span" }

// instants are the forms of an instant, in local time where they name no zone.
var instants = []string{time.RFC3339, "2006-01-02T15:04:05", time.DateTime, "2006-01-02 15:04", time.DateOnly}

// parseInstant reads an instant: one of its own, a time of today, or a span before (sign -1) or after (1) now.
func parseInstant(text string, now time.Time, sign time.Duration) (time.Time, error) {
	text = strings.TrimSpace(text)
	if text == "now" {
		return now, nil
	}
	if d, err := config.ParseSpan(text); err == nil {
		return now.Add(sign * d), nil
	}
	for _, form := range instants {
		if t, err := time.ParseInLocation(form, text, time.Local); err == nil {
			return t, nil
		}
	}
	if t, err := time.ParseInLocation("15:04", text, time.Local); err == nil {
		y, m, d := now.Local().Date()
		return time.Date(y, m, d, t.Hour(), t.Minute(), 0, 0, time.Local), nil
	}
	return time.Time{}, fmt.Errorf("%q is no time; write a span such as 30m, 2h or 3d, or an instant such as \"2026-03-02 15:04\"", text)
}

// span writes a span of time as short as people say it, in two units at most.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d <= 0:
		return "0s"
	case d < time.Millisecond:
		return d.Round(time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < 10*time.Second:
		return d.Round(100 * time.Millisecond).String()
	case d < time.Minute:
		return d.Round(time.Second).String()
	case d < time.Hour:
		return two(d, time.Minute, "m", time.Second, "s")
	case d < 2*day:
		return two(d, time.Hour, "h", time.Minute, "m")
	default:
		return two(d, day, "d", time.Hour, "h")
	}
}

// ago is how long ago something was, for people: nobody needs milliseconds there.
func ago(d time.Duration) string {
	if d < justNow {
		return "just now"
	}
	return span(d) + " ago"
}

const justNow = 5 * time.Second

// two writes a span in a unit and a smaller one.
func two(d, unit time.Duration, name string, smaller time.Duration, smallerName string) string {
	d = d.Round(smaller)
	text := strconv.Itoa(int(d/unit)) + name
	if rest := int(d % unit / smaller); rest > 0 {
		text += strconv.Itoa(rest) + smallerName
	}
	return text
}
