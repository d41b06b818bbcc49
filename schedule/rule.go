// Package schedule runs what is configured to run at certain times. Entries have a name and a rule, as a cron expression
// or an interval; the state keeps when each ran and runs next, so that any number of processes on any number of machines
// may share a schedule: one of them runs an entry that is due, no entry runs twice at a time, and one that was missed runs
// once. It knows nothing of what the entries do.
package schedule

import (
	"errors"
	"hash/fnv"
	"strings"
	"time"

	cron "github.com/netresearch/go-cron"
)

// Rule says when something runs. It holds no state: any two processes agree on the next time.
type Rule struct {
	spec     *cron.SpecSchedule // nil for an interval
	location *time.Location
	every    time.Duration
	phase    time.Duration // of an interval: how far its times are from multiples of it since 1970
}

// parser reads the five fields of a crontab and @daily and the like. As in every crontab, a day is right when either the day of the
// month or that of the week is, where both are given.
var parser = cron.MustNewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor | cron.DowOrDom)

// Cron gives the rule of a cron expression, "0 3 * * 1-5" or @daily, in the clock time of a place. Where summer time begins, a
// time that the clocks leave out is at the moment of their jump; where it ends, a time that comes twice is taken once, the first
// time. An expression for every hour, as */10 * * * *, follows the time that passes instead. The error says what is wrong with the
// expression.
func Cron(expression string, location *time.Location) (Rule, error) {
	expression = strings.TrimSpace(expression)
	switch {
	case strings.HasPrefix(expression, "@every"):
		return Rule{}, errors.New("@every is not a time of the clock; write every: with the time span instead")
	case strings.Contains(expression, "="):
		return Rule{}, errors.New("the time zone is not part of the expression; write time_zone: beside it")
	}
	s, err := parser.Parse(expression)
	if err != nil {
		text, _, _ := strings.Cut(err.Error(), ": strconv.") // Go's own words help nobody
		return Rule{}, errors.New(text)
	}
	spec, ok := s.(*cron.SpecSchedule)
	if !ok {
		return Rule{}, errors.New("the expression names no times of the clock")
	}
	r := Rule{spec: spec, location: location}
	if r.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Rule{}, errors.New("there is no such day within five years")
	}
	return r, nil
}

// Every gives the rule of an interval. Two names, or installations, with the same interval don't run at the same moment: the name
// tells where the times lie.
func Every(interval time.Duration, name string) Rule {
	return Rule{every: interval, phase: spread(name, interval)}
}

// Next gives the first time after the given one; zero where there is none within five years.
func (r Rule) Next(after time.Time) time.Time {
	switch {
	case r.spec == nil:
		return after.Add(-r.phase).Truncate(r.every).Add(r.phase + r.every).UTC()
	case r.spec.Hour>>63 == 1: // every hour
		s := *r.spec
		s.Location = r.location
		return utc(s.Next(after.In(r.location)))
	default:
		return r.nextOfClock(after)
	}
}

// hiddenByJump is longer than any clock was ever put forward or back.
const hiddenByJump = 3 * time.Hour

// nextOfClock goes by what a clock on the wall shows.
func (r Rule) nextOfClock(after time.Time) time.Time {
	s := *r.spec
	s.Location = time.UTC
	wall := wallOf(after.In(r.location)).Add(-hiddenByJump)
	for {
		if wall = s.Next(wall); wall.IsZero() {
			return wall
		}
		if at := instantOf(wall, r.location); at.After(after) {
			return at.UTC()
		}
	}
}

// wallOf is what the clock shows, as a time in UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// instantOf is when a clock shows that: the first time where it does so twice, the moment of its jump where it never does.
func instantOf(wall time.Time, location *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, location)
	start, end := t.ZoneBounds()
	switch shows := wallOf(t); {
	case shows.After(wall):
		return start
	case shows.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	_, now := t.Zone()
	_, before := start.Add(-time.Second).Zone()
	if first := t.Add(-time.Duration(before-now) * time.Second); before > now && first.Before(start) {
		return first
	}
	return t
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

// spread gives a part of a time span that depends on the name alone.
func spread(name string, span time.Duration) time.Duration {
	if span <= 0 {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte(name)) // it cannot fail
	return time.Duration(h.Sum64()>>1) % span
}
