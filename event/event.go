// Package event lets one part of the program say that something happened without knowing who
// cares: an Event is declared once, subscribed to by any number of consumers, filtered by model,
// and dispatched synchronously. It keeps nothing: what a consumer has seen is stored by others.
package event

import (
	"context"
	"fmt"
	"slices"
)

// Consumer takes what an event says of records of one model. The error goes back to whoever fired.
type Consumer[T any] func(ctx context.Context, model string, payload T) error

// Event is one kind of happening, "on_record_write", with a payload of type T.
type Event[T any] struct {
	name          string
	subscriptions []subscription[T]
}

type subscription[T any] struct {
	name    string
	models  []string // nil: every model
	consume Consumer[T]
}

func (s subscription[T]) wants(model string) bool {
	return len(s.models) == 0 || slices.Contains(s.models, model)
}

// New declares an event.
func New[T any](name string) *Event[T] { return &Event[T]{name: name} }

// Name is the event's name.
func (e *Event[T]) Name() string { return e.name }

// Subscribe adds a consumer for the named models, or for all where none is named. The consumer's
// own name makes it replaceable; a second one of the same name panics, as it is a mistake of the
// program.
func (e *Event[T]) Subscribe(name string, consume Consumer[T], models ...string) {
	if e.find(name) >= 0 {
		panic(fmt.Sprintf("event %s: consumer %s is subscribed twice", e.name, name))
	}
	e.subscriptions = append(e.subscriptions, subscription[T]{name: name, models: slices.Clone(models), consume: consume})
}

// Replace puts another consumer in the place of the named one, for the same models. There must be
// one of that name.
func (e *Event[T]) Replace(name string, consume Consumer[T]) {
	i := e.find(name)
	if i < 0 {
		panic(fmt.Sprintf("event %s: there is no consumer %s to replace", e.name, name))
	}
	e.subscriptions[i].consume = consume
}

// Unsubscribe takes the named consumer away; a name that isn't there is no mistake.
func (e *Event[T]) Unsubscribe(name string) {
	// A copy, since the consumer that Fire is calling just now may be the one to go.
	e.subscriptions = slices.DeleteFunc(slices.Clone(e.subscriptions), func(s subscription[T]) bool { return s.name == name })
}

func (e *Event[T]) find(name string) int {
	return slices.IndexFunc(e.subscriptions, func(s subscription[T]) bool { return s.name == name })
}

// HasConsumerFor reports whether anyone wants to hear of the model.
func (e *Event[T]) HasConsumerFor(model string) bool {
	return slices.ContainsFunc(e.subscriptions, func(s subscription[T]) bool { return s.wants(model) })
}

// Fire tells every consumer of the model, those of all models first, each in the order of their
// subscription. The first error ends it and comes back with the consumer's name.
func (e *Event[T]) Fire(ctx context.Context, model string, payload T) error {
	for _, global := range []bool{true, false} {
		for _, s := range e.subscriptions {
			if (len(s.models) == 0) != global || !s.wants(model) {
				continue
			}
			if err := s.consume(ctx, model, payload); err != nil {
				return fmt.Errorf("%s of %s, consumer %s: %w", e.name, model, s.name, err)
			}
		}
	}
	return nil
}
