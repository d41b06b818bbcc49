package metrics

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ContentType is the type of what [Snapshot.Write] writes: Prometheus' text format, version 0.0.4.
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// Snapshot is all metrics at one instant.
type Snapshot struct{ samples map[string][]sample }

// sample is one value of a metric.
type sample struct {
	suffix string   // of a histogram: _bucket, _sum, _count
	labels []string // values; a bucket's bound comes last
	value  float64
}

func (s *Snapshot) add(name string, value float64, labels ...string) {
	if s.samples == nil {
		s.samples = map[string][]sample{}
	}
	s.samples[name] = append(s.samples[name], sample{labels: labels, value: value})
}

// instant adds a time, as seconds since 1970; 0 for none.
func (s *Snapshot) instant(name string, t time.Time, labels ...string) {
	value := 0.0
	if !t.IsZero() {
		value = float64(t.UnixMicro()) / 1e6
	}
	s.add(name, value, labels...)
}

func (s *Snapshot) addPart(name, suffix string, value float64, labels ...string) {
	s.add(name, value, labels...)
	all := s.samples[name]
	all[len(all)-1].suffix = suffix
}

// Names gives the metrics that have a value, in the catalogue's order.
func (s Snapshot) Names() (names []string) {
	for _, f := range Catalogue() {
		if len(s.samples[f.Name]) > 0 {
			names = append(names, f.Name)
		}
	}
	return names
}

// Write writes the metrics in Prometheus' text format: metrics in the catalogue's order, each with its help and type, its
// samples in the order in which they were found.
func (s Snapshot) Write(to io.Writer) error {
	w := bufio.NewWriter(to)
	for _, f := range Catalogue() {
		all := s.samples[f.Name]
		if len(all) == 0 {
			continue
		}
		_, _ = fmt.Fprintf(w, "# HELP %s %s\n# TYPE %s %s\n", f.Name, escape(f.Help, false), f.Name, f.Type) // Flush has the error
		for _, one := range all {
			_, _ = w.WriteString(f.Name + one.suffix + labelText(f, one) + " " + number(one.value) + "\n")
		}
	}
	return w.Flush()
}

// Value is one value of a metric, for programs that don't read Prometheus' format.
type Value struct {
	Name   string            `json:"name"` // with _bucket, _sum or _count for the parts of a histogram
	Labels map[string]string `json:"labels"`
	Value  string            `json:"value"` // as Prometheus' format has it: a number, or +Inf
}

// Values gives all values in the order of [Snapshot.Write].
func (s Snapshot) Values() []Value {
	values := []Value{}
	for _, f := range Catalogue() {
		for _, one := range s.samples[f.Name] {
			labels := map[string]string{}
			for i, name := range labelNames(f, one) {
				labels[name] = one.labels[i]
			}
			values = append(values, Value{f.Name + one.suffix, labels, number(one.value)})
		}
	}
	return values
}

func labelNames(f Family, one sample) []string {
	if one.suffix == "_bucket" {
		return append(slices.Clone(f.Labels), "le")
	}
	return f.Labels
}

func labelText(f Family, one sample) string {
	names := labelNames(f, one)
	if len(names) == 0 {
		return ""
	}
	parts := make([]string, len(names))
	for i, name := range names {
		parts[i] = name + `="` + escape(one.labels[i], true) + `"`
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// escape makes a text fit for a help line or, in quotes, for a label. The format is UTF-8.
func escape(text string, quoted bool) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	pairs := []string{`\`, `\\`, "\n", `\n`}
	if quoted {
		pairs = append(pairs, `"`, `\"`)
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

func number(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "+Inf"
	case v == math.Trunc(v) && math.Abs(v) < 1e15:
		return strconv.FormatInt(int64(v), 10)
	default:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
}
