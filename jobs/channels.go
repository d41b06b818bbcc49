package jobs

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Root is the channel that all others are below.
const Root = "root"

// Channel is one line of jobs: how many slices of it may run at a time, over all workers and machines. A job takes a slot
// of its own channel and of every channel above it.
type Channel struct {
	Name       string        // full name, e.g. "root.trello.import"
	Capacity   int           // slots; 0: without limit
	Sequential bool          // the jobs run in the order of the line: a failed one, and one whose eta is to come, keep the later ones waiting
	Throttle   time.Duration // at least so long between two starts; 0: none
}

// Channels says what each channel may do. The zero value has the defaults alone: a channel right below root, such as the
// one that a backend has of its own, runs one slice at a time; root and all others run any number.
type Channels struct{ configured map[string]Channel }

// ChannelsError says that a text names no channels.
type ChannelsError struct {
	Entry  string // the part of the text
	Reason string
}

// Error shows the part and what is expected.
func (e *ChannelsError) Error() string {
	return fmt.Sprintf("channel %q: %s; write name:capacity[:sequential][:throttle=SECONDS], e.g. root:4,root.trello:1", e.Entry, e.Reason)
}

// ParseChannels reads channels in the words of OCA's queue_job: entries `name:capacity:key=value…`, separated by commas or
// new lines, with the keys sequential and throttle (seconds, or a duration such as 500ms). "root." in front may be left out,
// the capacity defaults to 1, and 0 is no limit. What is unknown, doubtful or there twice gives a *ChannelsError.
func ParseChannels(text string) (Channels, error) {
	c := Channels{configured: map[string]Channel{}}
	for _, entry := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if entry, _, _ = strings.Cut(entry, "#"); strings.TrimSpace(entry) == "" {
			continue
		}
		ch, err := parseChannel(strings.TrimSpace(entry))
		if err != nil {
			return Channels{}, err
		}
		if _, twice := c.configured[ch.Name]; twice {
			return Channels{}, &ChannelsError{entry, "it is there twice"}
		}
		c.configured[ch.Name] = ch
	}
	return c, nil
}

func parseChannel(entry string) (Channel, error) {
	refuse := func(format string, args ...any) (Channel, error) {
		return Channel{}, &ChannelsError{entry, fmt.Sprintf(format, args...)}
	}
	parts := strings.Split(entry, ":")
	name, err := channelName(parts[0])
	if err != nil {
		return refuse("%v", err)
	}
	ch := Channel{Name: name, Capacity: 1}
	given := map[string]bool{}
	for i, part := range parts[1:] {
		key, value, hasValue := strings.Cut(strings.TrimSpace(part), "=")
		if i == 0 && !hasValue {
			if ch.Capacity, err = strconv.Atoi(key); err != nil || ch.Capacity < 0 {
				return refuse("its capacity must be a number of slots, not %q", key)
			}
			continue
		}
		if given[key] {
			return refuse("%s is there twice", key)
		}
		given[key] = true
		if problem := ch.set(key, value, hasValue); problem != "" {
			return refuse("%s", problem)
		}
	}
	if ch.Sequential && ch.Capacity != 1 {
		return refuse("a sequential channel must have the capacity 1")
	}
	return ch, nil
}

// set takes one key of an entry, and gives what is wrong with it.
func (ch *Channel) set(key, value string, hasValue bool) string {
	switch key {
	case "sequential":
		on, err := strconv.ParseBool(cmp.Or(value, "true"))
		if err != nil {
			return fmt.Sprintf("sequential is true or false, not %q", value)
		}
		ch.Sequential = on
	case "throttle":
		d, err := time.ParseDuration(value)
		if seconds, numErr := strconv.ParseFloat(value, 64); numErr == nil {
			d, err = time.Duration(seconds*float64(time.Second)), nil
		}
		if err != nil || d < 0 || !hasValue {
			return fmt.Sprintf("throttle is a number of seconds, not %q", value)
		}
		ch.Throttle = d
	default:
		return fmt.Sprintf("it has no key %q", key)
	}
	return ""
}

// channelName completes a name with the root.
func channelName(name string) (string, error) {
	name = strings.TrimSpace(name)
	for _, part := range strings.Split(name, ".") {
		if part == "" || strings.ContainsAny(part, " \t=") {
			return "", fmt.Errorf("it has no proper name")
		}
	}
	if name == Root || strings.HasPrefix(name, Root+".") {
		return name, nil
	}
	return Root + "." + name, nil
}

// Get gives what a channel may do; the name may lack its root.
func (c Channels) Get(name string) Channel {
	if full, err := channelName(name); err == nil {
		name = full
	}
	if ch, ok := c.configured[name]; ok {
		return ch
	}
	ch := Channel{Name: name}
	if strings.Count(name, ".") == 1 {
		ch.Capacity = 1
	}
	return ch
}

// Configured gives the channels that were named, by name.
func (c Channels) Configured() []Channel {
	list := slices.Collect(maps.Values(c.configured))
	slices.SortFunc(list, func(a, b Channel) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// String writes the configured channels as ParseChannels reads them.
func (c Channels) String() string {
	list := c.Configured()
	entries := make([]string, len(list))
	for i, ch := range list {
		entries[i] = ch.String()
	}
	return strings.Join(entries, ",")
}

// String writes the channel as ParseChannels reads it.
func (ch Channel) String() string {
	text := ch.Name + ":" + strconv.Itoa(ch.Capacity)
	if ch.Sequential {
		text += ":sequential"
	}
	if ch.Throttle > 0 {
		text += ":throttle=" + strconv.FormatFloat(ch.Throttle.Seconds(), 'f', -1, 64)
	}
	return text
}

// upwards gives a channel and those above it, itself first.
func upwards(name string) []string {
	list := []string{name}
	for at := strings.LastIndexByte(name, '.'); at >= 0; at = strings.LastIndexByte(name, '.') {
		name = name[:at]
		list = append(list, name)
	}
	return list
}

// within tells whether a channel is another one or below it.
func within(name, above string) bool {
	return name == above || strings.HasPrefix(name, above) && name[len(above)] == '.'
}
