package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// Message is what a receiver is sent.
type Message struct {
	Host, Receiver string
	Subject        string // one line
	Items          []Item // what matters most first
}

// shownItems is how many lines of a message are shown; the rest is counted.
const shownItems = 30

func messageOf(host, receiver string, items []Item) Message {
	sortItems(items)
	return Message{Host: host, Receiver: receiver, Subject: subject(host, items), Items: items}
}

// subject counts by event, as "connector on box: trello is out, 3 jobs failed".
func subject(host string, items []Item) string {
	counts := map[string]int{}
	var out, back []string
	for _, i := range items {
		counts[i.Event] += i.Count
		if backend, again := strings.CutSuffix(i.Topic, " again"); i.Event == Outage && again {
			back = append(back, backend)
		} else if i.Event == Outage {
			out = append(out, i.Topic)
		}
	}
	var parts []string
	if len(out) > 0 {
		parts = append(parts, strings.Join(out, ", ")+" out")
	}
	if len(back) > 0 {
		parts = append(parts, strings.Join(back, ", ")+" back")
	}
	for _, one := range []struct{ event, one, many string }{
		{Schedule, "run of the schedule missed or failed", "runs of the schedule missed or failed"},
		{Failed, "job failed", "jobs failed"}, {Stuck, "job hangs", "jobs hang"}, {Review, "record for review", "records for review"},
	} {
		if n := counts[one.event]; n == 1 {
			parts = append(parts, "1 "+one.one)
		} else if n > 1 {
			parts = append(parts, fmt.Sprintf("%d %s", n, one.many))
		}
	}
	return "connector on " + host + ": " + strings.Join(parts, ", ")
}

// Text is the message for people: a paragraph for each line, in plain text.
func (m Message) Text() string {
	var b strings.Builder
	for i, item := range m.Items {
		if i == shownItems {
			fmt.Fprintf(&b, "… and %d more kinds of trouble.\n\n", len(m.Items)-i)
			break
		}
		if item.Count == 1 {
			fmt.Fprintf(&b, "%s\n\n", item.First.Text)
			continue
		}
		fmt.Fprintf(&b, "%d times: %s\n  first %s: %s\n  last  %s: %s\n\n", item.Count, oneLine(item.Topic),
			clockTime(item.First.At), item.First.Text, clockTime(item.Last.At), item.Last.Text)
	}
	for _, hint := range []struct{ event, text string }{
		{Failed, "`connector jobs errors` groups failures, `connector jobs retry` tries them again."},
		{Review, "`connector review list` shows what waits for a decision."},
		{Outage, "The jobs of a backend that is out wait and lose no attempt; `connector doctor` looks for the cause."},
		{Schedule, "`connector schedule list` shows when what runs."},
	} {
		for _, item := range m.Items {
			if item.Event == hint.event {
				b.WriteString(hint.text + "\n")
				break
			}
		}
	}
	return b.String()
}

// JSON is the message for programs: an object whose text is what chats show.
func (m Message) JSON() ([]byte, error) {
	type occurrence struct {
		At   time.Time `json:"at"`
		Text string    `json:"text"`
	}
	type item struct {
		Event string     `json:"event"`
		Topic string     `json:"topic"`
		Count int        `json:"count"`
		First occurrence `json:"first"`
		Last  occurrence `json:"last"`
	}
	items := make([]item, len(m.Items))
	for i, one := range m.Items {
		items[i] = item{one.Event, one.Topic, one.Count, occurrence(one.First), occurrence(one.Last)}
	}
	return json.Marshal(struct {
		Text     string `json:"text"`
		Subject  string `json:"subject"`
		Host     string `json:"host"`
		Receiver string `json:"receiver"`
		Events   []item `json:"events"`
	}{m.Subject + "\n\n" + m.Text(), m.Subject, m.Host, m.Receiver, items})
}
