package event_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/event"
)

// listener notes who was told of what.
type listener struct{ heard []string }

func (l *listener) as(name string) event.Consumer[string] {
	return func(_ context.Context, model, payload string) error {
		l.heard = append(l.heard, name+" "+model+" "+payload)
		return nil
	}
}

func (l *listener) check(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(l.heard, want) {
		t.Errorf("heard %q, want %q", l.heard, want)
	}
}

func TestEvent(t *testing.T) {
	ctx := context.Background()
	t.Run("Ensure consumers of all models are told first, then those of the model, each in order", func(t *testing.T) {
		var l listener
		e := event.New[string]("on_record_write")
		e.Subscribe("cards", l.as("cards"), "trello.card")
		e.Subscribe("all", l.as("all"))
		e.Subscribe("more cards", l.as("more cards"), "trello.list", "trello.card")
		e.Subscribe("all too", l.as("all too"))
		if err := e.Fire(ctx, "trello.card", "x"); err != nil {
			t.Fatal(err)
		}
		l.check(t, "all trello.card x", "all too trello.card x", "cards trello.card x", "more cards trello.card x")
	})
	t.Run("Ensure a consumer hears nothing of other models", func(t *testing.T) {
		var l listener
		e := event.New[string]("on_record_write")
		e.Subscribe("cards", l.as("cards"), "trello.card")
		if err := e.Fire(ctx, "trello.list", "x"); err != nil {
			t.Fatal(err)
		}
		l.check(t)
	})
	t.Run("Ensure firing without a consumer is no error", func(t *testing.T) {
		if err := event.New[string]("on_record_write").Fire(ctx, "trello.card", "x"); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a replacement takes the place and the models of the consumer it replaces", func(t *testing.T) {
		var l listener
		e := event.New[string]("on_record_write")
		e.Subscribe("delay", l.as("old"), "trello.card")
		e.Subscribe("log", l.as("log"), "trello.card")
		e.Replace("delay", l.as("new"))
		_ = e.Fire(ctx, "trello.card", "x")
		_ = e.Fire(ctx, "trello.list", "x")
		l.check(t, "new trello.card x", "log trello.card x")
	})
	t.Run("Ensure a consumer that was taken away hears nothing", func(t *testing.T) {
		var l listener
		e := event.New[string]("on_record_write")
		e.Subscribe("delay", l.as("delay"))
		e.Unsubscribe("delay")
		e.Unsubscribe("nobody")
		_ = e.Fire(ctx, "trello.card", "x")
		l.check(t)
		if e.HasConsumerFor("trello.card") {
			t.Error("the event says that someone listens")
		}
	})
	t.Run("Ensure it says for which models someone listens", func(t *testing.T) {
		var l listener
		e := event.New[string]("on_record_write")
		e.Subscribe("cards", l.as("cards"), "trello.card")
		if !e.HasConsumerFor("trello.card") || e.HasConsumerFor("trello.list") {
			t.Error("it is wrong about who listens")
		}
	})
	t.Run("Ensure the first error ends it and names event, model and consumer", func(t *testing.T) {
		var l listener
		cause := errors.New("the disk is full")
		e := event.New[string]("on_record_write")
		e.Subscribe("bad", func(context.Context, string, string) error { return cause })
		e.Subscribe("later", l.as("later"))
		err := e.Fire(ctx, "trello.card", "x")
		if !errors.Is(err, cause) {
			t.Fatalf("got the error %v", err)
		}
		for _, part := range []string{"on_record_write", "trello.card", "bad"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the error %q does not name %s", err, part)
			}
		}
		l.check(t)
	})
	for name, mistake := range map[string]func(*event.Event[string]){
		"a second consumer of one name":          func(e *event.Event[string]) { e.Subscribe("delay", (&listener{}).as("x")) },
		"replacing a consumer that is not there": func(e *event.Event[string]) { e.Replace("nobody", (&listener{}).as("x")) },
	} {
		t.Run("Ensure "+name+" panics", func(t *testing.T) {
			e := event.New[string]("on_record_write")
			e.Subscribe("delay", (&listener{}).as("x"))
			defer func() {
				if recover() == nil {
					t.Error("it did not panic")
				}
			}()
			mistake(e)
		})
	}
}
