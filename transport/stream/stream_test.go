package stream_test

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/transport/json2"
	"github.com/odoo-connector/connector/transport/stream"
)

// played gives tokens and then an error.
type played struct {
	tokens []stream.Token
	err    error
}

// Next gives the next token.
func (p *played) Next() (stream.Token, error) {
	if len(p.tokens) == 0 {
		return stream.Token{}, p.err
	}
	token := p.tokens[0]
	p.tokens = p.tokens[1:]
	return token, nil
}

// play gives a Reader of tokens of these kinds.
func play(kinds ...stream.Kind) *played {
	p := &played{err: io.EOF}
	for _, kind := range kinds {
		token := stream.Token{Kind: kind}
		if kind == stream.Name {
			token.Text = []byte("a")
		}
		p.tokens = append(p.tokens, token)
	}
	return p
}

func TestValues(t *testing.T) {
	t.Run("Ensure a value of all kinds is built", func(t *testing.T) {
		r := &played{err: io.EOF, tokens: []stream.Token{
			{Kind: stream.StructStart}, {Kind: stream.Name, Text: []byte("a")}, {Kind: stream.ListStart}, {},
			{Kind: stream.Bool, Bool: true}, {Kind: stream.Int, Int: 5}, {Kind: stream.Float, Float: 2.5}, {Kind: stream.Text, Text: []byte("x")},
			{Kind: stream.StructStart}, {Kind: stream.StructEnd}, {Kind: stream.ListStart}, {Kind: stream.ListEnd},
			{Kind: stream.ListEnd}, {Kind: stream.Name, Text: []byte("")}, {Kind: stream.Text}, {Kind: stream.StructEnd},
		}}
		want := map[string]any{"a": []any{nil, true, int64(5), 2.5, "x", map[string]any{}, []any{}}, "": ""}
		if got, err := stream.Whole(r); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %#v, %v, want %#v", got, err, want)
		}
	})
	t.Run("Ensure a text outlives the reader's buffer", func(t *testing.T) {
		shared := []byte("one")
		r := &played{err: io.EOF, tokens: []stream.Token{{Kind: stream.Text, Text: shared}}}
		got, err := stream.Value(r)
		copy(shared, "two")
		if got != "one" || err != nil {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("Ensure values are read one after the other inside a list", func(t *testing.T) {
		r := json2.NewDecoder(strings.NewReader(`[1, {"a": [2]}, 3]`))
		if first, err := r.Next(); err != nil || first.Kind != stream.ListStart {
			t.Fatal(first, err)
		}
		if one, err := stream.Value(r); one != int64(1) || err != nil {
			t.Errorf("got %v, %v", one, err)
		}
		if err := stream.Skip(r); err != nil {
			t.Error(err)
		}
		token, _ := r.Next()
		if three, err := stream.ValueOf(r, token); three != int64(3) || err != nil {
			t.Errorf("got %v, %v", three, err)
		}
		if token, err := r.Next(); token.Kind != stream.ListEnd || err != nil {
			t.Errorf("got %v, %v", token, err)
		}
		if err := stream.End(r); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure many names are read right", func(t *testing.T) {
		var b strings.Builder
		for i := range 3000 {
			fmt.Fprintf(&b, `,"name %d":%d`, i, i)
		}
		got, err := stream.Whole(json2.NewDecoder(strings.NewReader("{" + b.String()[1:] + "}")))
		members, _ := got.(map[string]any)
		if err != nil || len(members) != 3000 || members["name 2999"] != int64(2999) {
			t.Errorf("got %d members, %v", len(members), err)
		}
	})
}

func TestWhatIsNoValue(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		name string
		r    *played
		want func(error) bool
	}{
		{"nothing", play(), func(err error) bool { return err == io.EOF }}, //nolint:errorlint // bare.
		{"a list without its end", play(stream.ListStart), func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"a struct without its end", play(stream.StructStart, stream.Name), func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		{"the end of a list", play(stream.ListEnd), isOrder(stream.ListEnd)},
		{"the end of a struct", play(stream.StructEnd), isOrder(stream.StructEnd)},
		{"a name", play(stream.Name), isOrder(stream.Name)},
		{"an error in a list", &played{tokens: play(stream.ListStart).tokens, err: broken}, func(err error) bool { return errors.Is(err, broken) }},
		{"deep nesting", play(deep(stream.MaxDepth + 1)...), func(err error) bool {
			var depth *stream.DepthError
			return errors.As(err, &depth)
		}},
	} {
		t.Run("Ensure "+c.name+" is an error, read or skipped", func(t *testing.T) {
			again := &played{tokens: c.r.tokens, err: c.r.err}
			if got, err := stream.Value(c.r); !c.want(err) {
				t.Errorf("read: got %v, %v", got, err)
			}
			if err := stream.Skip(again); !c.want(err) {
				t.Errorf("skipped: got %v", err)
			}
		})
	}
	t.Run("Ensure a value in place of a name is an error", func(t *testing.T) {
		if _, err := stream.Value(play(stream.StructStart, stream.Int, stream.Int, stream.StructEnd)); !isOrder(stream.Int)(err) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure nesting up to the limit is no error", func(t *testing.T) {
		kinds := deep(stream.MaxDepth)
		for range stream.MaxDepth {
			kinds = append(kinds, stream.ListEnd)
		}
		if err := stream.Skip(play(kinds...)); err != nil {
			t.Error(err)
		}
		if _, err := stream.Value(play(kinds...)); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a second value is no end", func(t *testing.T) {
		if got, err := stream.Whole(play(stream.Int, stream.Bool)); !isOrder(stream.Bool)(err) || got != nil {
			t.Errorf("got %v, %v", got, err)
		}
		if err := stream.End(&played{err: broken}); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
	})
}

// deep opens n lists.
func deep(n int) []stream.Kind {
	kinds := make([]stream.Kind, n)
	for i := range kinds {
		kinds[i] = stream.ListStart
	}
	return kinds
}

// isOrder tells an OrderError of that kind.
func isOrder(kind stream.Kind) func(error) bool {
	return func(err error) bool {
		var order *stream.OrderError
		return errors.As(err, &order) && order.Kind == kind && strings.Contains(err.Error(), kind.String())
	}
}

func TestKindsHaveNames(t *testing.T) {
	for kind, want := range map[stream.Kind]string{stream.Null: "null", stream.StructEnd: "end of struct", 77: "kind 77"} {
		if got := kind.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Rows are taken from the tokens as they come, however many there are.
func Example() {
	r := json2.NewDecoder(strings.NewReader(`[{"id": 1, "name": "Azure"}, {"id": 2, "name": "Brandon", "child_ids": [3]}]`))
	for {
		token, err := r.Next()
		if err != nil {
			fmt.Println(err)
			return
		}
		if token.Kind != stream.Name {
			continue
		}
		switch string(token.Text) {
		case "name":
			value, err := stream.Value(r)
			fmt.Println(value, err)
		default:
			if err := stream.Skip(r); err != nil {
				fmt.Println(err)
			}
		}
	}
	// Output:
	// Azure <nil>
	// Brandon <nil>
	// EOF
}
