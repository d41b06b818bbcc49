package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/config"
)

func TestParseSpan(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"30s": 30 * time.Second, "1h30m": 90 * time.Minute, "2d": 2 * day, "1w2d3h": 9*day + 3*time.Hour, "0s": 0, "0d": 0, "1.5h": 90 * time.Minute,
	} {
		t.Run("Ensure "+text+" is read", func(t *testing.T) {
			if got, err := config.ParseSpan(text); err != nil || got != want {
				t.Errorf("%s, %v; want %s", got, err, want)
			}
		})
	}
	for _, text := range []string{"", "2x", "-1h", "d", "2", "yesterday", "1d-2h", "99999999d", "9999w99999d2560000h"} {
		t.Run("Ensure "+text+" is refused", func(t *testing.T) {
			if got, err := config.ParseSpan(text); err == nil {
				t.Errorf("it is %s", got)
			}
		})
	}
}

func TestSpansOfEveryKey(t *testing.T) {
	t.Run("Ensure every key for a time span takes days and weeks", func(t *testing.T) {
		c := mustLoad(t, valid+`jobs:
  retry_pattern: {1: 10s, 5: 1d, 9: [1d12h, 1w]}
  functions: [{name: f, time_limit: 1d, retry_pattern: "{1: 2d}"}]
  retention: [{state: done, keep: 2w}]
schedule: [{name: a, run: sync, every: 2d, jitter: 1d}]
notify: [{name: n, command: [x], digest: 1d}]
`)
		if c.Jobs.RetryPattern != "{1: 10s, 5: 24h, 9: [36h, 168h]}" || c.Jobs.Functions[0].RetryPattern != "{1: 48h}" {
			t.Errorf("patterns %q, %q", c.Jobs.RetryPattern, c.Jobs.Functions[0].RetryPattern)
		}
		const day = 24 * time.Hour
		if c.Jobs.Functions[0].TimeLimit != day || c.Jobs.Retention[0].Keep != 14*day || c.Schedule[0].Every != 2*day || c.Schedule[0].Jitter != day || c.Notify[0].Digest != day {
			t.Errorf("%+v", c)
		}
	})
	t.Run("Ensure a span that is too long is told in days", func(t *testing.T) {
		_, err := load(valid + "schedule: [{name: a, run: sync, every: 60w}]\n")
		if err == nil || !strings.HasSuffix(err.Error(), `schedule[0].every: "60w" is not between 10s and 366d`) {
			t.Error(err)
		}
	})
}
