package metrics_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/metrics"
)

// The lines of Prometheus' text format, as its documentation ("Exposition formats") has them.
var (
	metaLine   = regexp.MustCompile(`^# (HELP|TYPE) ([a-z_]+) (.+)$`)
	sampleLine = regexp.MustCompile(`^([a-z_]+)(\{(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*"(?:,|\}))+)? (\+Inf|-?[0-9][0-9.e+-]*)$`)
	labelPair  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\\n]|\\[\\"n])*)"`)
)

// parse reads the text format strictly: a metric's lines together, help and type first, no sample twice, buckets that never
// fall and end with +Inf, which is the count.
func parse(t testing.TB, text string) map[string]string {
	t.Helper()
	if !strings.HasSuffix(text, "\n") {
		t.Fatalf("the text does not end with a line break")
	}
	values := map[string]string{}
	seen := map[string]bool{}
	current, kind, last := "", "", 0.0
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if m := metaLine.FindStringSubmatch(line); m != nil {
			switch {
			case m[1] == "HELP" && seen[m[2]]:
				t.Errorf("line %d: %s comes twice", i+1, m[2])
			case m[1] == "TYPE" && m[2] != current:
				t.Errorf("line %d: a type of %s after the help of %s", i+1, m[2], current)
			}
			current, seen[m[2]], last = m[2], true, 0
			if m[1] == "TYPE" {
				kind = m[3]
			}
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("line %d is not of the format: %s", i+1, line)
			continue
		}
		name, value := m[1], m[3]
		number, err := strconv.ParseFloat(value, 64)
		if err != nil {
			t.Errorf("line %d: %v", i+1, err)
		}
		switch base := strings.TrimPrefix(name, current); {
		case kind != "histogram" && base != "", kind == "histogram" && !slices.Contains([]string{"_bucket", "_sum", "_count"}, base):
			t.Errorf("line %d: %s among the samples of the %s %s", i+1, name, kind, current)
		case base == "_bucket" && number < last, base == "_count" && number != last:
			t.Errorf("line %d: %s after %v", i+1, line, last)
		case base == "_bucket":
			last = number
		case base == "_count":
			last = 0
		}
		if _, twice := values[name+m[2]]; twice {
			t.Errorf("line %d: %s comes twice", i+1, line)
		}
		values[name+m[2]] = value
	}
	return values
}

func TestFormat(t *testing.T) {
	t.Run("Ensure names and labels keep to Prometheus' conventions", func(t *testing.T) {
		seen := map[string]bool{}
		for _, f := range metrics.Catalogue() {
			switch {
			case seen[f.Name]:
				t.Errorf("%s comes twice", f.Name)
			case f.Type == metrics.Counter != strings.HasSuffix(f.Name, "_total"):
				t.Errorf("%s is a %s; counters end in _total, and nothing else does", f.Name, f.Type)
			case f.Help == "" || !strings.HasSuffix(f.Help, ".") || strings.Contains(f.Help, "\n"):
				t.Errorf("the help of %s is %q, want a sentence", f.Name, f.Help)
			case !strings.HasPrefix(f.Name, "connector_") && !strings.HasPrefix(f.Name, "process_"):
				t.Errorf("%s has no namespace", f.Name)
			case slices.Contains(f.Labels, "le") || slices.Contains(f.Labels, "job") || slices.Contains(f.Labels, "instance"):
				t.Errorf("%s has a label that Prometheus sets: %v", f.Name, f.Labels)
			}
			seen[f.Name] = true
		}
	})
	t.Run("Ensure quotes, backslashes, line breaks and broken UTF-8 in names do no harm", func(t *testing.T) {
		b := newBench(t)
		name := "a\"b\\c\nd}, ü=1"
		b.exec("INSERT INTO backend_state (backend, code) VALUES (?, 'timeout')", name)
		got := b.read()
		want := `connector_backend_outage{backend="a\"b\\c\nd}, ü=1",code="timeout"}`
		b.want(got, map[string]string{want: "1"})
		m := labelPair.FindStringSubmatch(want)
		if back := strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(m[2]); back != name {
			t.Errorf("read back as %q", back)
		}
	})
}
