package odoo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// relativeSince is the first version that knows "today" and "-1d" in a domain.
const relativeSince = 19

// timeValue is a date or a moment as text that means the same on every version: "2025-01-31" for a date,
// "2025-01-31 10:00:00" in UTC for a datetime, with a fraction where one was given. A zone is worked in:
// Odoo up to 18 would ignore it in silence and 19 refuse it (captures/odoo19/json2_date_domain_tz).
func (c *domainCheck) timeValue(ctx context.Context, f Field, operator string, value any) (any, error) {
	text, ok := value.(string)
	if !ok {
		return nil, fmt.Errorf("a field of type %s takes a text like %q", f.Type, exampleOf(f))
	}
	t, bare, ok := parseMoment(text)
	switch {
	case !ok:
		return c.relative(ctx, f, text)
	case t.Year() < 1 || t.Year() > 9999:
		return nil, errors.New("the year is not in 1 to 9999")
	case f.Type == typeDate:
		return t.Format(time.DateOnly), nil
	case bare:
		return nil, fmt.Errorf("a date without a time is another moment on each version of Odoo; write %q, in UTC", text+" 00:00:00")
	case t.Nanosecond() != 0 && !strings.ContainsAny(operator, "<>"):
		return nil, fmt.Errorf("a fraction of a second equals nothing up to Odoo 18 and is cut on 19; use %q and %q", ">=", "<")
	}
	return t.Format(microseconds), nil
}

// microseconds is a moment in UTC with as much of a fraction as Odoo keeps, if there is one.
const microseconds = "2006-01-02 15:04:05.999999"

func exampleOf(f Field) string {
	if f.Type == typeDate {
		return "2025-01-31"
	}
	return "2025-01-31 10:00:00"
}

// momentLayouts are the forms of a moment that are read; a fraction may follow the seconds.
var momentLayouts = []string{time.DateTime, "2006-01-02 15:04", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"}

// parseMoment reads a date or a moment; bare says that it has no time. The day of a moment with a zone is
// that of UTC.
func parseMoment(text string) (t time.Time, bare, ok bool) {
	text = strings.TrimSpace(text)
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return t, true, true
	}
	if len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == 'T' {
		text = text[:len(time.DateOnly)] + " " + text[len(time.DateOnly)+1:]
	}
	for _, layout := range momentLayouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), false, true
		}
	}
	return time.Time{}, false, false
}

// relative lets Odoo 19 read what is no date: "today", "-1d".
func (c *domainCheck) relative(ctx context.Context, f Field, text string) (any, error) {
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("an empty text is no date; to ask for an empty field write false")
	}
	if !startsLikeDate(text) {
		version, err := c.session.Version(ctx)
		if err != nil || version.Major >= relativeSince {
			return text, err
		}
	}
	return nil, fmt.Errorf("%q is no date; write it as %q", cut(text), exampleOf(f))
}

// startsLikeDate tells a date with a mistake in it from a word.
func startsLikeDate(text string) bool {
	return len(text) > 4 && strings.Trim(text[:4], "0123456789") == "" && text[4] == '-'
}

// fourDigits is a date as Odoo gives it with the zeros that it leaves out: "1-01-01 00:00:00" (seen on Odoo 18).
func fourDigits(text string) string {
	const year = 4
	dash := strings.IndexByte(text, '-')
	if dash < 1 || dash >= year {
		return text
	}
	return strings.Repeat("0", year-dash) + text
}
