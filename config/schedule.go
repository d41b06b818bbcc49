package config

import (
	"fmt"
	"math"
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
	// Models are the binding models that a sync looks at, of those that the backends have; all where it is empty.
	Models []string
	// Direction is import or export where a sync goes one way only, "" for both.
	Direction Direction
	// Limit is how many records of each backend a sync writes at most; 0: as many as there are.
	Limit int
	// Full has a sync read everything and compare every pair anew.
	Full bool
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
	m.narrowing(&s, backends)
	return s
}

// runSync is the one thing to run that can be narrowed.
const runSync = "sync"

// narrowing reads what a sync is narrowed to, or widened, as the flags of `connector sync` do.
func (m mapping) narrowing(s *Scheduled, backends []Backend) {
	for _, key := range narrowingKeys {
		if v, ok := m.get(key); ok && s.Run != "" && s.Run != runSync {
			v.fail("only a sync can have "+key, "leave it out, or use run: "+runSync)
		}
	}
	if v, ok := m.get("models"); ok {
		s.Models = v.modelNames(modelsOf(backends, s.Backends))
	}
	if v, ok := m.get("direction"); ok {
		text, _ := v.choice("one way", oneWay)
		s.Direction = Direction(text)
	}
	if v, ok := m.get("limit"); ok {
		n, _ := v.whole(1, math.MaxInt64)
		s.Limit = int(n)
	}
	if v, ok := m.get("full"); ok {
		s.Full, _ = v.truth()
	}
}

// modelsOf are the binding models of the named backends, of all where none is named, in the order in which they are first met.
func modelsOf(backends []Backend, names []string) (models []string) {
	for _, b := range backends {
		for _, m := range b.Models {
			if (len(names) == 0 || slices.Contains(names, b.Name)) && !slices.Contains(models, m.Model) {
				models = append(models, m.Model)
			}
		}
	}
	return models
}

// modelNames reads a list of binding models, of which some are known; where none is, the backends' own mistakes are reported already.
func (v value) modelNames(known []string) (all []string) {
	items, isList := v.list()
	if isList && len(items) == 0 {
		v.fail("is an empty list", "leave it out, for all models")
	}
	if len(known) == 0 {
		for _, item := range items {
			item.text()
		}
		return nil
	}
	return namesAmong(items, known, "there is no binding model", "model")
}

// namesAmong reads names that are known, each once. lacking begins what is said of one that is not; noun is what they name.
func namesAmong(items []value, known []string, lacking, noun string) (all []string) {
	for _, item := range items {
		name, ok := item.text()
		switch {
		case !ok:
		case !slices.Contains(known, name):
			item.fail(lacking+" "+shown(name), suggest(name, known))
		case slices.Contains(all, name):
			item.fail(fmt.Sprintf("%s %s is named twice", noun, name), "")
		default:
			all = append(all, name)
		}
	}
	return all
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
		if b.Name != "" && !slices.Contains(known, b.Name) { // else the entry has an error of its own
			known = append(known, b.Name)
		}
	}
	items, _ := v.list()
	return namesAmong(items, known, "there is no backend named", "backend")
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
	if len(s.Models) > 0 {
		shape["models"] = redactedTexts(s.Models)
	}
	if s.Limit > 0 {
		shape["limit"] = s.Limit
	}
	if s.Full {
		shape["full"] = true
	}
	for key, text := range map[string]string{"at": s.At, "time_zone": s.TimeZone, "direction": string(s.Direction)} {
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
