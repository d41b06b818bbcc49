package event_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/event"
)

// log notes which consumer was told of what.
type log []string

func (l *log) consumer(name string) event.Consumer[int] {
	return func(_ context.Context, model string, payload int) error {
		*l = append(*l, fmt.Sprintf("%s:%s:%d", name, model, payload))
		return nil
	}
}

func (l *log) expect(t *testing.T, want ...string) {
	t.Helper()
	if !slices.Equal(*l, want) {
		t.Errorf("told were %v, want %v", *l, want)
	}
	*l = nil
}

func fire(t *testing.T, e *event.Event[int], model string, payload int) {
	t.Helper()
	if err := e.Fire(t.Context(), model, payload); err != nil {
		t.Fatal(err)
	}
}

func TestFire(t *testing.T) {
	t.Run("Ensure consumers of all models come first, each group in its order, and of the others only who asked", func(t *testing.T) {
		var l log
		e := event.New[int]("on_record_write")
		e.Subscribe("tasks", l.consumer("tasks"), "project.task")
		e.Subscribe("first", l.consumer("first"))
		e.Subscribe("both", l.consumer("both"), "project.project", "project.task")
		e.Subscribe("second", l.consumer("second"))
		fire(t, e, "project.task", 7)
		l.expect(t, "first:project.task:7", "second:project.task:7", "tasks:project.task:7", "both:project.task:7")
		fire(t, e, "project.project", 8)
		l.expect(t, "first:project.project:8", "second:project.project:8", "both:project.project:8")
		fire(t, e, "res.partner", 9)
		l.expect(t, "first:res.partner:9", "second:res.partner:9")
	})
	t.Run("Ensure an event that nobody hears is no mistake", func(t *testing.T) {
		e := event.New[int]("on_record_write")
		fire(t, e, "project.task", 1)
		if e.Name() != "on_record_write" || e.HasConsumerFor("project.task") {
			t.Errorf("%s has a consumer", e.Name())
		}
	})
	t.Run("Ensure a consumer without a model is one of all, and asking for a list copies it", func(t *testing.T) {
		var l log
		models := []string{"project.task"}
		e := event.New[int]("on_record_write")
		e.Subscribe("tasks", l.consumer("tasks"), models...)
		models[0] = "res.partner"
		if !e.HasConsumerFor("project.task") || e.HasConsumerFor("res.partner") {
			t.Error("the consumer changed with the caller's list")
		}
		e.Subscribe("all", l.consumer("all"))
		if !e.HasConsumerFor("res.partner") {
			t.Error("nobody hears of partners")
		}
	})
	t.Run("Ensure the first error ends it and says event, model and consumer", func(t *testing.T) {
		var l log
		cause := errors.New("the queue is full")
		e := event.New[int]("on_record_write")
		e.Subscribe("before", l.consumer("before"))
		e.Subscribe("broken", func(context.Context, string, int) error { return cause })
		e.Subscribe("after", l.consumer("after"))
		e.Subscribe("tasks", l.consumer("tasks"), "project.task")
		err := e.Fire(t.Context(), "project.task", 1)
		if !errors.Is(err, cause) || err.Error() != "on_record_write of project.task, consumer broken: the queue is full" {
			t.Errorf("got %v", err)
		}
		l.expect(t, "before:project.task:1")
	})
	t.Run("Ensure the context reaches the consumer", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		e := event.New[int]("on_record_write")
		e.Subscribe("asks", func(ctx context.Context, _ string, _ int) error { return ctx.Err() })
		if err := e.Fire(ctx, "m", 1); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestSubscriptions(t *testing.T) {
	t.Run("Ensure a consumer can be replaced in its place, for its models", func(t *testing.T) {
		var l log
		e := event.New[int]("e")
		e.Subscribe("a", l.consumer("a"), "m")
		e.Subscribe("b", l.consumer("b"), "m")
		e.Replace("a", l.consumer("other"))
		fire(t, e, "m", 1)
		fire(t, e, "n", 2)
		l.expect(t, "other:m:1", "b:m:1")
	})
	t.Run("Ensure a consumer can be taken away, even one that isn't there, and come back", func(t *testing.T) {
		var l log
		e := event.New[int]("e")
		e.Subscribe("a", l.consumer("a"), "m")
		e.Unsubscribe("a")
		e.Unsubscribe("a")
		fire(t, e, "m", 1)
		l.expect(t)
		if e.HasConsumerFor("m") {
			t.Error("somebody is still there")
		}
		e.Subscribe("a", l.consumer("a"), "m")
		fire(t, e, "m", 2)
		l.expect(t, "a:m:2")
	})
	t.Run("Ensure a consumer may take itself away while it is called", func(t *testing.T) {
		var l log
		e := event.New[int]("e")
		once := l.consumer("once")
		e.Subscribe("once", func(ctx context.Context, model string, payload int) error {
			e.Unsubscribe("once")
			return once(ctx, model, payload)
		})
		e.Subscribe("all", l.consumer("all"))
		e.Subscribe("model", l.consumer("model"), "m")
		fire(t, e, "m", 1)
		fire(t, e, "m", 2)
		l.expect(t, "once:m:1", "all:m:1", "model:m:1", "all:m:2", "model:m:2")
	})
	e := event.New[int]("on_record_write")
	var l log
	e.Subscribe("twice", l.consumer("a"))
	for name, mistake := range map[string]func(){
		"Ensure a second consumer of one name panics":      func() { e.Subscribe("twice", l.consumer("b")) },
		"Ensure a consumer that isn't there can't be lost": func() { e.Replace("nobody", l.consumer("b")) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, "on_record_write") {
					t.Errorf("got %s", got)
				}
			}()
			mistake()
		})
	}
}
