package trello

import (
	"context"
	"fmt"
	"time"
	_ "time/tzdata" // zones are known by name on every machine alike

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// clockTime is a time of day, since midnight as a clock on the wall shows it.
type clockTime time.Duration

// The times of day at which a day begins and ends where Odoo knows only the day.
const (
	defaultDueTime = clockTime(17 * time.Hour)
	startTime      = clockTime(9 * time.Hour)
)

// parseClock reads "17:00".
func parseClock(text string) (clockTime, error) {
	t, err := time.Parse("15:04", text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a time of day", text)
	}
	return clockOf(t), nil
}

// clockOf is the time of day in t's own location.
func clockOf(t time.Time) clockTime {
	h, m, s := t.Clock()
	return clockTime(time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s)*time.Second)
}

// on is the moment at which a clock in the zone shows the time on a day (midnight UTC of it). A time that
// the clock leaves out is as much later as the clock was put forward, and one that it shows twice is the
// first of the two, as calendars do (RFC 5545, "DATE-TIME").
func (c clockTime) on(day time.Time, zone *time.Location) time.Time {
	wall := day.Add(time.Duration(c))
	before, after := wall.Add(-offsetAt(wall.Add(-24*time.Hour), zone)), wall.Add(-offsetAt(wall.Add(24*time.Hour), zone))
	shows := func(t time.Time) bool { return wall.Equal(t.Add(offsetAt(t, zone))) }
	if !shows(before) && shows(after) {
		return after
	}
	return before
}

// offsetAt is how far the zone's clocks are ahead of UTC at a moment.
func offsetAt(t time.Time, zone *time.Location) time.Duration {
	_, seconds := t.In(zone).Zone()
	return time.Duration(seconds) * time.Second
}

// dated pairs a moment outside with an Odoo field that is a moment (date_deadline since Odoo 17) or a day
// (date_deadline on 16), as fields_get says. Moments are equal to the second, which is all that Odoo keeps. A day is
// that of the zone: it goes out at the time that the moment had before, or at the given one.
func dated(external, inOdoo string, at clockTime, zone *time.Location) mapping.Field {
	f := mapping.Direct(external, inOdoo)
	f.FromExternal = func(s mapping.Source) (record.Value, error) {
		v := s.Record.Value(external)
		if s.Types[inOdoo] == "date" && v.Kind() == record.KindInstant {
			return record.Date(v.AsTime().In(zone)), nil
		}
		return v, nil
	}
	f.ToExternal = func(t mapping.Target) (mapping.Values, error) {
		return mapping.Values{external: moment(t.Value, t.Current.Value(external), at, zone)}, nil
	}
	return f
}

// moment is when a day or a moment is, for an external side that holds current.
func moment(v, current record.Value, at clockTime, zone *time.Location) record.Value {
	if v.Kind() != record.KindDate {
		return v
	}
	if current.Kind() == record.KindInstant {
		was := current.AsTime().In(zone)
		if record.Date(was).Equal(v) {
			return current
		}
		at = clockOf(was)
	}
	return record.Instant(at.on(v.AsTime(), zone))
}

// zone is where days begin and end: as the configuration says, or as the Odoo user has it, or UTC. It is asked for only
// where Odoo knows a date as a day.
func zone(ctx context.Context, env *backend.Environment, settings *Settings) (*time.Location, error) {
	name := settings.TimeZone
	if name == "" {
		user, err := env.Session.User(ctx)
		switch {
		case odoo.IsKind(err, odoo.AccessError):
		case err != nil:
			return nil, err
		default:
			name = user.TimeZone
		}
	}
	if name == "" {
		return time.UTC, nil
	}
	location, err := time.LoadLocation(name)
	if err != nil {
		return nil, &SettingsError{
			Backend: env.Config.Name, Key: "time_zone",
			Problem: fmt.Sprintf("the time zone %q of the Odoo user is not one that is known here, so name one", name),
		}
	}
	return location, nil
}
