package cmd

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

func TestParseSpan(t *testing.T) {
	t.Run("Ensure that spans are read with days and weeks", func(t *testing.T) {
		for text, want := range map[string]time.Duration{
			"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "2d": 48 * time.Hour, "1w2d3h": (9*24 + 3) * time.Hour, "0s": 0, "1.5h": 90 * time.Minute,
		} {
			if got, err := config.ParseSpan(text); err != nil || got != want {
				t.Errorf("%s is %s, %v; want %s", text, got, err, want)
			}
		}
	})
	t.Run("Ensure that what is none is refused with the forms", func(t *testing.T) {
		for _, text := range []string{"", "2x", "-1h", "d", "2", "yesterday", "1d-2h", "99999999d"} {
			if got, err := config.ParseSpan(text); err == nil || !strings.Contains(err.Error(), "1h30m") {
				t.Errorf("%q is %s, %v", text, got, err)
			}
		}
	})
}

func TestParseInstant(t *testing.T) {
	now := time.Date(2026, 3, 2, 15, 4, 5, 0, time.Local)
	t.Run("Ensure that instants and spans are read", func(t *testing.T) {
		for text, want := range map[string]time.Time{
			"2h": now.Add(-2 * time.Hour), "now": now, "2026-03-01": now.AddDate(0, 0, -1).Truncate(0).Add(-15*time.Hour - 4*time.Minute - 5*time.Second),
			"2026-03-02 08:00": time.Date(2026, 3, 2, 8, 0, 0, 0, time.Local), "08:30": time.Date(2026, 3, 2, 8, 30, 0, 0, time.Local),
			"2026-03-02T08:00:00Z": time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC),
		} {
			if got, err := parseInstant(text, now, -1); err != nil || !got.Equal(want) {
				t.Errorf("%s is %s, %v; want %s", text, got, err, want)
			}
		}
		if got, err := parseInstant("1d", now, 1); err != nil || !got.Equal(now.Add(24*time.Hour)) {
			t.Error(got, err)
		}
	})
	t.Run("Ensure that what is none is refused", func(t *testing.T) {
		for _, text := range []string{"", "soon", "2026-13-01", "25:00"} {
			if got, err := parseInstant(text, now, -1); err == nil {
				t.Errorf("%q is %s", text, got)
			}
		}
	})
}

func TestSpan(t *testing.T) {
	t.Run("Ensure that a span is written in two units at most", func(t *testing.T) {
		for want, d := range map[string]time.Duration{
			"0s": -time.Second, "850µs": 850 * time.Microsecond, "120ms": 120*time.Millisecond + 300*time.Microsecond, "1.2s": 1234 * time.Millisecond,
			"45s": 45*time.Second + 300*time.Millisecond, "12m30s": 12*time.Minute + 30*time.Second, "3h": 3 * time.Hour, "47h59m": 48*time.Hour - time.Minute,
			"2d": 48 * time.Hour, "30d4h": 30*24*time.Hour + 4*time.Hour,
		} {
			if got := span(d); got != want {
				t.Errorf("%s is written %s, want %s", d, got, want)
			}
		}
	})
}

func TestQuoted(t *testing.T) {
	t.Run("Ensure that a shell reads what was meant", func(t *testing.T) {
		for word, want := range map[string]string{
			"trello": "trello", "": "''", "^no card$": "'^no card$'", "^no card '…'$": `"^no card '…'$"`, "it's $5": `'it'\''s $5'`,
		} {
			if got := quoted(word); got != want {
				t.Errorf("%s is written %s, want %s", word, got, want)
			}
		}
	})
}
