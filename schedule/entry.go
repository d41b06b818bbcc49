package schedule

import (
	"strconv"
	"time"
)

// Entry is something that runs by a rule.
type Entry struct {
	Name   string // no two entries of a state share one
	Rule   Rule
	Jitter time.Duration // it runs up to so much later than the rule says, each time another part of it
}

// Next gives the first time after the given one at which the entry runs, its jitter included; zero where there is none.
func (e Entry) Next(after time.Time) time.Time {
	for at := e.Rule.Next(after.Add(-e.Jitter)); !at.IsZero(); at = e.Rule.Next(at) {
		if late := at.Add(e.delay(at)); late.After(after) {
			return late
		}
	}
	return time.Time{}
}

// delay is the jitter of one time, on which all processes agree.
func (e Entry) delay(at time.Time) time.Duration {
	return spread(e.Name+" "+strconv.FormatInt(at.Unix(), 10), e.Jitter)
}
