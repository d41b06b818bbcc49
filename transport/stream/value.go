package stream

import "io"

// builder makes values of tokens. It keeps the names that it has seen, since a
// list of rows has the same few names over and over.
type builder struct {
	r     Reader
	depth int
	names map[string]string
}

// value reads the value that begins with first.
func (b *builder) value(first Token) (any, error) {
	switch first.Kind {
	case Null:
		return nil, nil //nolint:nilnil // null is the value nil.
	case Bool:
		return first.Bool, nil
	case Int:
		return first.Int, nil
	case Float:
		return first.Float, nil
	case Text:
		return string(first.Text), nil
	case ListStart:
		return b.nested(b.list)
	case StructStart:
		return b.nested(b.members)
	case ListEnd, Name, StructEnd:
	}
	return nil, &OrderError{Kind: first.Kind}
}

// nested reads a list or a struct, one deeper.
func (b *builder) nested(read func() (any, error)) (any, error) {
	if b.depth++; b.depth > MaxDepth {
		return nil, &DepthError{}
	}
	defer func() { b.depth-- }()
	return read()
}

// list reads up to the list's end.
func (b *builder) list() (any, error) {
	list := []any{}
	for {
		token, err := b.r.Next()
		if err != nil {
			return nil, noEOF(err)
		}
		if token.Kind == ListEnd {
			return list, nil
		}
		value, err := b.value(token)
		if err != nil {
			return nil, err
		}
		list = append(list, value)
	}
}

// members reads up to the struct's end.
func (b *builder) members() (any, error) {
	members := map[string]any{}
	for {
		token, err := b.r.Next()
		if err != nil {
			return nil, noEOF(err)
		}
		if token.Kind == StructEnd {
			return members, nil
		}
		if token.Kind != Name {
			return nil, &OrderError{Kind: token.Kind}
		}
		name := b.name(token.Text)
		if token, err = b.r.Next(); err != nil {
			return nil, noEOF(err)
		}
		if members[name], err = b.value(token); err != nil {
			return nil, err
		}
	}
}

// name gives text as a string, the same one each time.
func (b *builder) name(text []byte) string {
	if name, known := b.names[string(text)]; known {
		return name
	}
	if b.names == nil {
		b.names = map[string]string{}
	}
	name := string(text)
	if len(b.names) < maxNames {
		b.names[name] = name
	}
	return name
}

// maxNames bounds the names kept, for a struct whose names are data.
const maxNames = 1000

// noEOF makes the end of the tokens inside a value an error of its own.
func noEOF(err error) error {
	if err == io.EOF { //nolint:errorlint // a Reader's io.EOF is never wrapped; an error that wraps it is another.
		return io.ErrUnexpectedEOF
	}
	return err
}
