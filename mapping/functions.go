package mapping

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// arguments are those of a function of texts. The expression was checked, but what a field holds may be nothing.
func arguments(params []any, n int) ([]string, error) {
	texts := make([]string, n)
	for i := range texts {
		if i >= len(params) {
			return nil, fmt.Errorf("it takes %d texts", n)
		}
		text, ok := params[i].(string)
		if !ok {
			return nil, errors.New("it takes texts, and one is empty or none")
		}
		texts[i] = text
	}
	return texts, nil
}

// replace is replace(text, old, new): every old made new. What would grow out of bounds is refused.
func replace(params ...any) (any, error) {
	texts, err := arguments(params, 3)
	if err != nil {
		return nil, err
	}
	text, before, after := texts[0], texts[1], texts[2]
	if before == "" {
		return text, nil
	}
	if len(text)+strings.Count(text, before)*(len(after)-len(before)) > longestText {
		return nil, errors.New("replace would make a text of more than a megabyte")
	}
	return strings.ReplaceAll(text, before, after), nil
}

// capture is capture(text, pattern): what the pattern's first group matched, or the whole match where it has none; nothing
// where the pattern does not match. Patterns are Go's, whose time grows with the text only.
func capture(params ...any) (any, error) {
	texts, err := arguments(params, 2)
	if err != nil {
		return nil, err
	}
	pattern, err := regexp.Compile(texts[1])
	if err != nil {
		return nil, err
	}
	found := pattern.FindStringSubmatch(texts[0])
	switch {
	case found == nil:
		return nil, nil
	case len(found) > 1:
		return found[1], nil
	default:
		return found[0], nil
	}
}
