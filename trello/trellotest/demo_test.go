package trellotest

import (
	"fmt"
	"testing"
	"time"
)

// demoText is all that the demo made, as text.
func demoText(t *testing.T, at time.Time) string {
	t.Helper()
	s := New(Options{Clock: func() time.Time { return at }})
	Demo(s)
	text := ""
	for _, b := range s.Boards() {
		text += fmt.Sprintln(b, s.Lists(b.ID), s.Labels(b.ID), s.Cards(b.ID))
		text += do(t, s, "GET", "boards/"+b.ID+"/actions", "limit", "1000").text
	}
	return text
}

func TestDemo(t *testing.T) {
	at := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	t.Run("Ensure that the same time gives the same data, ids and actions included", func(t *testing.T) {
		if first, second := demoText(t, at), demoText(t, at); first != second {
			t.Errorf("first %.300s\nsecond %.300s", first, second)
		}
		if demoText(t, at) == demoText(t, at.Add(time.Hour)) {
			t.Error("the time makes no difference, so the text cannot tell")
		}
	})
	t.Run("Ensure that there are as many of each kind as are promised", func(t *testing.T) {
		s := New(Options{})
		Demo(s)
		count := map[string]int{}
		for _, b := range s.Boards() {
			count["boards"]++
			count["labels"] += len(s.Labels(b.ID))
			for _, l := range s.Lists(b.ID) {
				count["lists"]++
				if l.Closed {
					count["closed lists"]++
				}
			}
			for _, c := range s.Cards(b.ID) {
				count["cards"]++
				if c.Closed {
					count["archived cards"]++
				}
			}
		}
		if got := fmt.Sprint(count); got != "map[archived cards:4 boards:3 cards:39 closed lists:1 labels:14 lists:12]" {
			t.Error(got)
		}
	})
	t.Run("Ensure that due dates are counted from the day, whatever the hour", func(t *testing.T) {
		for _, hour := range []time.Duration{0, 23 * time.Hour} {
			s := New(Options{Clock: func() time.Time { return at.Truncate(24 * time.Hour).Add(hour) }})
			Demo(s)
			door := s.Cards(s.Boards()[0].ID)[0]
			if door.Name != "Paint the door" || !door.Due.Equal(time.Date(2024, 3, 4, 15, 0, 0, 0, time.UTC)) {
				t.Errorf("%s is due on %s", door.Name, door.Due)
			}
		}
	})
}
