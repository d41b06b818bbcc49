package config

import (
	"fmt"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // zones are known by name on every machine alike
)

// Scheduled is an entry of `schedule:`: something that runs at certain times.
type Scheduled struct {
	// Name is what `connector schedule run NAME` calls it.
	Name string
	// Run says what it does, as sync; the program knows what there is.
	Run string
	// Backends are those that it works on, by name; all where it is empty.
	Backends []string
	// At is a cron expression, empty where Every is given. It is checked by whoever can read it.
	At string
	// Every is an interval of 10 s to 366 days, 0 where At is given.
	Every time.Duration
	// TimeZone is that of At, as Europe/Brussels; the machine's own where it is empty.
	TimeZone string
	// Jitter is how much later it may run, at most a day and no more than Every.
	Jitter time.Duration
	// Line is where the entry begins in the file, counted from 1.
	Line int
}

// Location is the time zone of At.
func (s Scheduled) Location() *time.Location {
	if location, err := time.LoadLocation(s.TimeZone); err == nil && s.TimeZone != "" {
		return location
	}
	return time.Local
}

// FindScheduled gives the entry of that name and whether there is one.
func (c *Config) FindScheduled(name string) (Scheduled, bool) {
	i := slices.IndexFunc(c.Schedule, func(s Scheduled) bool { return s.Name == name })
	if i < 0 {
		return Scheduled{}, false
	}
	return c.Schedule[i], true
}

const (
	minEvery  = 10 * time.Second
	maxEvery  = 366 * 24 * time.Hour
	maxJitter = 24 * time.Hour
	zoneHint  = "write it as Europe/Brussels, or UTC"
)

func (r *reader) schedule(top mapping, backends []Backend) (all []Scheduled) {
	v, ok := top.get("schedule")
	if !ok {
		return nil
	}
	items, _ := v.list()
	taken := names{}
	for _, item := range items {
		m, ok := item.mapping(scheduledKeys)
		if !ok {
			all = append(all, Scheduled{}) // the entries keep their numbers
			continue
		}
		all = append(all, m.scheduled(taken, backends))
	}
	return all
}

func (m mapping) scheduled(taken names, backends []Backend) Scheduled {
	s := Scheduled{Line: m.place.Line, Name: taken.take(m, "name", value.name)}
	if v, ok := m.require("run", "say what it does, as sync"); ok {
		s.Run, _ = v.text()
	}
	if v, ok := m.get("backends"); ok {
		s.Backends = v.backendNames(backends)
	}
	m.times(&s)
	if v, ok := m.get("time_zone"); ok {
		s.TimeZone = v.timeZone()
	}
	if v, ok := m.get("jitter"); ok {
		s.Jitter, _ = v.duration(0, maxJitter)
		if s.Every > 0 && s.Jitter > s.Every {
			v.fail(fmt.Sprintf("a jitter of %s is longer than the %s from one run to the next", short(s.Jitter), short(s.Every)), "")
		}
	}
	return s
}

// times reads one of at and every.
func (m mapping) times(s *Scheduled) {
	at, hasAt := m.get("at")
	every, hasEvery := m.get("every")
	switch {
	case hasAt && hasEvery:
		every.fail("at and every exclude each other", "give one of the two")
	case hasAt:
		s.At, _ = at.text()
	case hasEvery:
		s.Every, _ = every.duration(minEvery, maxEvery)
		if zone, ok := m.get("time_zone"); ok {
			zone.fail("an interval has no time zone", "give it with at")
		}
	default:
		m.fail("nothing says when it runs", `give at, as "0 3 * * *", or every, as 5m`)
	}
}

func (v value) backendNames(backends []Backend) (all []string) {
	var known []string
	for _, b := range backends {
		known = append(known, b.Name)
	}
	items, _ := v.list()
	for _, item := range items {
		name, ok := item.text()
		switch {
		case !ok:
		case !slices.Contains(known, name):
			item.fail("there is no backend named "+shown(name), suggest(name, known))
		case slices.Contains(all, name):
			item.fail(fmt.Sprintf("backend %s is named twice", name), "")
		default:
			all = append(all, name)
		}
	}
	return all
}

func (v value) timeZone() string {
	name, ok := v.text()
	if !ok {
		return ""
	}
	if _, err := time.LoadLocation(name); err != nil || name == "Local" || strings.HasPrefix(name, ".") {
		v.fail("there is no time zone "+shown(name), zoneHint)
		return ""
	}
	return name
}

func (s Scheduled) redacted() map[string]any {
	shape := map[string]any{"name": s.Name, "run": s.Run}
	if len(s.Backends) > 0 {
		shape["backends"] = redactedTexts(s.Backends)
	}
	for key, text := range map[string]string{"at": s.At, "time_zone": s.TimeZone} {
		if text != "" {
			shape[key] = text
		}
	}
	for key, span := range map[string]time.Duration{"every": s.Every, "jitter": s.Jitter} {
		if span > 0 {
			shape[key] = short(span)
		}
	}
	return shape
}

func redactedTexts(texts []string) []any {
	all := make([]any, len(texts))
	for i, text := range texts {
		all[i] = text
	}
	return all
}
