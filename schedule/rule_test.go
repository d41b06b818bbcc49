package schedule_test

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/odoo-connector/connector/schedule"
)

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return l
}

func cron(tb testing.TB, expression, place string) schedule.Rule {
	tb.Helper()
	r, err := schedule.Cron(expression, zone(tb, place))
	if err != nil {
		tb.Fatalf("%s: %v", expression, err)
	}
	return r
}

func instant(tb testing.TB, text string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// wantTimes checks which times follow, each written with its own distance from UTC.
func wantTimes(t *testing.T, next func(time.Time) time.Time, after string, want ...string) {
	t.Helper()
	at := instant(t, after)
	for i, text := range want {
		if at = next(at); !at.Equal(instant(t, text)) {
			t.Fatalf("the %d. time after %s is %s, want %s", i+1, after, at.Format(time.RFC3339), text)
		}
	}
}

func TestCron(t *testing.T) {
	for about, test := range map[string]struct {
		expression, place, after string
		want                     []string
	}{
		"a time of each day":       {"0 3 * * *", "UTC", "2024-05-06T12:00:00Z", []string{"2024-05-07T03:00:00Z", "2024-05-08T03:00:00Z"}},
		"the same instant is over": {"0 3 * * *", "UTC", "2024-05-07T03:00:00Z", []string{"2024-05-08T03:00:00Z"}},
		"weekdays by name":         {"30 6 * * mon-fri", "UTC", "2024-05-10T06:30:00Z", []string{"2024-05-13T06:30:00Z", "2024-05-14T06:30:00Z"}},
		"a day of the month or of the week, as in crontabs": {"0 0 1 * 5", "UTC", "2024-05-31T00:00:00Z",
			[]string{"2024-06-01T00:00:00Z", "2024-06-07T00:00:00Z"}},
		"a word":              {"@weekly", "UTC", "2024-05-06T12:00:00Z", []string{"2024-05-12T00:00:00Z"}},
		"a leap day":          {"0 0 29 2 *", "UTC", "2024-03-01T00:00:00Z", []string{"2028-02-29T00:00:00Z"}},
		"a place's own clock": {"0 3 * * *", "Asia/Kolkata", "2024-05-06T12:00:00Z", []string{"2024-05-06T21:30:00Z"}},
		"the day before summer time and after its beginning": {"0 8 * * *", "Europe/Brussels", "2024-03-29T12:00:00Z",
			[]string{"2024-03-30T08:00:00+01:00", "2024-03-31T08:00:00+02:00"}},
		"a time that the clocks leave out is the moment of their jump": {"30 2 * * *", "Europe/Brussels", "2024-03-30T03:00:00+01:00",
			[]string{"2024-03-31T03:00:00+02:00", "2024-04-01T02:30:00+02:00"}},
		"several such times are one": {"0,15,30 2 * * *", "Europe/Brussels", "2024-03-30T03:00:00+01:00",
			[]string{"2024-03-31T03:00:00+02:00", "2024-04-01T02:00:00+02:00"}},
		"midnight that the clocks leave out": {"0 0 * * *", "America/Sao_Paulo", "2018-11-03T12:00:00-03:00",
			[]string{"2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"}},
		"a time that comes twice is taken once": {"30 2 * * *", "Europe/Brussels", "2024-10-26T12:00:00+02:00",
			[]string{"2024-10-27T02:30:00+02:00", "2024-10-28T02:30:00+01:00"}},
		"one that begins within the doubled hour": {"30 2 * * *", "Europe/Brussels", "2024-10-27T02:30:00+02:00", []string{"2024-10-28T02:30:00+01:00"}},
		"half an hour of summer time": {"15 2 * * *", "Australia/Lord_Howe", "2024-10-05T12:00:00+10:30",
			[]string{"2024-10-06T02:30:00+11:00", "2024-10-07T02:15:00+11:00"}},
		"every hour goes by the time that passes": {"30 * * * *", "Europe/Brussels", "2024-10-27T01:30:00+02:00",
			[]string{"2024-10-27T02:30:00+02:00", "2024-10-27T02:30:00+01:00", "2024-10-27T03:30:00+01:00"}},
		"every hour over the jump": {"30 * * * *", "Europe/Brussels", "2024-03-31T01:00:00+01:00",
			[]string{"2024-03-31T01:30:00+01:00", "2024-03-31T03:30:00+02:00"}},
	} {
		t.Run("Ensure "+about+" comes right", func(t *testing.T) {
			wantTimes(t, cron(t, test.expression, test.place).Next, test.after, test.want...)
		})
	}
	for expression, want := range map[string]string{
		"":                    "empty spec string",
		"0 3 * *":             "expected exactly 5 fields, found 4: [0 3 * *]",
		"0 25 * * *":          "end of range (25) above maximum (23): \"25\"",
		"@every 5m":           "@every is not a time of the clock; write every: with the time span instead",
		"TZ=UTC 0 3 * * *":    "the time zone is not part of the expression; write time_zone: beside it",
		"0 0 30 2 *":          "there is no such day within five years",
		"@reboot":             "unrecognized descriptor: \"@reboot\"",
		"0 3 * * someday":     "failed to parse int from \"someday\"",
		"0 0 3 * * *":         "expected exactly 5 fields, found 6: [0 0 3 * * *]",
		"*/0 * * * *":         "",
		"a b c d e":           "",
		"1-0 * * * *  * *":    "",
		"\x00 \xff * * ☃":     "",
		"99999999999 * * * *": "",
	} {
		t.Run("Ensure the expression "+expression+" is refused", func(t *testing.T) {
			_, err := schedule.Cron(expression, time.UTC)
			if err == nil || (want != "" && err.Error() != want) {
				t.Errorf("got %v, want %q", err, want)
			}
		})
	}
	t.Run("Ensure no place makes it stand still or go back", func(t *testing.T) {
		for _, place := range []string{"Europe/Brussels", "America/Sao_Paulo", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca", "Asia/Tehran"} {
			for _, expression := range []string{"*/20 0-3 * * *", "*/45 * * * *", "0 0,1,2,3 * * *"} {
				r, at := cron(t, expression, place), instant(t, "2011-09-01T00:00:00Z")
				for at.Before(instant(t, "2012-04-10T00:00:00Z")) {
					next := r.Next(at)
					if !next.After(at) || next.Sub(at) > 49*time.Hour {
						t.Fatalf("%s in %s: after %s comes %s", expression, place, at, next)
					}
					at = next
				}
			}
		}
	})
}

func TestEvery(t *testing.T) {
	t.Run("Ensure the times are as far apart as it says, whoever asks and when", func(t *testing.T) {
		r := schedule.Every(5*time.Minute, "sync")
		first := r.Next(instant(t, "2024-05-06T12:00:00Z"))
		for _, after := range []time.Duration{time.Nanosecond, time.Minute, 5 * time.Minute} {
			if got := r.Next(first.Add(-after)); !got.Equal(first) {
				t.Errorf("%s before %s the next time is %s", after, first, got)
			}
		}
		if second := r.Next(first); second.Sub(first) != 5*time.Minute {
			t.Errorf("%s follows %s", second, first)
		}
	})
	t.Run("Ensure two names don't run at the same moment", func(t *testing.T) {
		at := instant(t, "2024-05-06T12:00:00Z")
		if schedule.Every(time.Hour, "one").Next(at).Equal(schedule.Every(time.Hour, "two").Next(at)) {
			t.Error("both at once")
		}
	})
}

func TestJitter(t *testing.T) {
	e := schedule.Entry{Name: "sync", Rule: cron(t, "0 3 * * *", "UTC"), Jitter: 30 * time.Minute}
	t.Run("Ensure a run is late by less than the jitter, each day by another part of it", func(t *testing.T) {
		delays := map[time.Duration]bool{}
		at := instant(t, "2024-05-06T12:00:00Z")
		for day := range 20 {
			at = e.Next(at)
			due := instant(t, "2024-05-07T03:00:00Z").AddDate(0, 0, day)
			if late := at.Sub(due); late < 0 || late >= 30*time.Minute {
				t.Fatalf("day %d: %s late", day, late)
			}
			delays[at.Sub(due)] = true
		}
		if len(delays) < 15 {
			t.Errorf("only %d different delays in 20 days", len(delays))
		}
	})
	t.Run("Ensure asking between the rule's time and the run's gives that run", func(t *testing.T) {
		run := e.Next(instant(t, "2024-05-06T12:00:00Z"))
		if got := e.Next(run.Add(-time.Second)); !got.Equal(run) {
			t.Errorf("%s, want %s", got, run)
		}
	})
}
