package conformance_test

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// variables are what the steps of a case saved, by name.
type variables map[string]any

// value is what a node of a case stands for: a bool, int64, float64, string, nil, []any or
// map[string]any. A text "$name" is the saved value itself, "${name}" inside a text its words.
func (v variables) value(n *yaml.Node) (any, error) {
	switch n.Kind {
	case yaml.AliasNode:
		return v.value(n.Alias)
	case yaml.SequenceNode:
		if n.Tag == "!repeat" {
			return v.repeated(n)
		}
		list := make([]any, len(n.Content))
		for i, item := range n.Content {
			var err error
			if list[i], err = v.value(item); err != nil {
				return nil, err
			}
		}
		return list, nil
	case yaml.MappingNode:
		out := make(map[string]any, len(n.Content)/2)
		for i := 0; i < len(n.Content); i += 2 {
			key, err := v.text(n.Content[i])
			if err != nil {
				return nil, err
			}
			if out[key], err = v.value(n.Content[i+1]); err != nil {
				return nil, err
			}
		}
		return out, nil
	default:
		return v.scalar(n)
	}
}

// repeated is a text many times: !repeat [text, times].
func (v variables) repeated(n *yaml.Node) (any, error) {
	if len(n.Content) != 2 {
		return nil, fmt.Errorf("line %d: write !repeat [text, times]", n.Line)
	}
	times, err := strconv.Atoi(n.Content[1].Value)
	return strings.Repeat(n.Content[0].Value, times), err
}

func (v variables) scalar(n *yaml.Node) (any, error) {
	switch n.ShortTag() {
	case "!!null":
		return nil, nil //nolint:nilnil // null is a value here
	case "!!bool":
		return strconv.ParseBool(n.Value)
	case "!!int":
		return strconv.ParseInt(n.Value, 0, 64)
	case "!!float":
		return strconv.ParseFloat(n.Value, 64)
	}
	if name, ok := strings.CutPrefix(n.Value, "$"); ok && variable.MatchString("${"+name+"}") && !strings.ContainsAny(name, "{}") {
		saved, known := v[name]
		if !known {
			return nil, fmt.Errorf("line %d: nothing is saved as %q", n.Line, name)
		}
		return saved, nil
	}
	return v.text(n)
}

// variable is a saved value's place in a text.
var variable = regexp.MustCompile(`\$\{(\w+)\}`)

// text is a scalar's text with the saved values put in.
func (v variables) text(n *yaml.Node) (string, error) {
	var missing error
	text := variable.ReplaceAllStringFunc(n.Value, func(place string) string {
		name := place[2 : len(place)-1]
		saved, ok := v[name]
		if !ok {
			missing = fmt.Errorf("line %d: nothing is saved as %q", n.Line, name)
		}
		return fmt.Sprint(saved)
	})
	return text, missing
}

// match reports how got differs from what the node asks for, nil where it does not. Beside plain
// values there are tags:
//
//	!any, !absent (of a map's key), !type int|float|text|bool|list|map, !re regexp, !len n,
//	!has map or list (others may stand beside), !set list (in any order), !pair id ([id, a name]),
//	!not pattern, !oneof list, !gt, !ge, !lt value, !now (a moment within ten minutes of the clock)
func (v variables) match(n *yaml.Node, got any) error {
	if n.Kind == yaml.AliasNode {
		return v.match(n.Alias, got)
	}
	if strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!") && n.Tag != "!repeat" {
		return v.matchTag(n, got)
	}
	switch {
	case n.Kind == yaml.SequenceNode && n.Tag != "!repeat":
		return v.matchList(n, got)
	case n.Kind == yaml.MappingNode:
		return v.matchMap(n, got, true)
	}
	want, err := v.value(n)
	if err != nil {
		return err
	}
	if !same(want, got) {
		return fmt.Errorf("got %s, not %s", show(got), show(want))
	}
	return nil
}

// matchTag is match for a pattern with a tag of the suite's own.
func (v variables) matchTag(n *yaml.Node, got any) error {
	switch n.Tag {
	case "!any":
		return nil
	case "!type":
		return matchType(n.Value, got)
	case "!re":
		return matchText(n, got)
	case "!len":
		if want, ok := length(got); !ok || strconv.Itoa(want) != n.Value {
			return fmt.Errorf("got %s, not %s items", show(got), n.Value)
		}
		return nil
	case "!now":
		return matchNow(got)
	case "!gt", "!ge", "!lt":
		return v.matchOrder(n, got)
	default:
		return v.matchGroup(n, got)
	}
}

// matchGroup is matchTag for the tags that hold patterns.
func (v variables) matchGroup(n *yaml.Node, got any) error {
	plain := *n
	plain.Tag = ""
	switch n.Tag {
	case "!not":
		if v.match(&plain, got) == nil {
			return fmt.Errorf("got %s all the same", show(got))
		}
		return nil
	case "!oneof":
		for _, one := range n.Content {
			if v.match(one, got) == nil {
				return nil
			}
		}
		return fmt.Errorf("got %s, which is none of the %d", show(got), len(n.Content))
	case "!pair":
		list, ok := got.([]any)
		if !ok || len(list) != 2 {
			return fmt.Errorf("got %s, no pair", show(got))
		}
		if _, ok := list[1].(string); !ok {
			return fmt.Errorf("got %s, without a name", show(got))
		}
		return v.match(&plain, list[0])
	case "!set":
		return v.matchSet(n, got, true)
	case "!has":
		if n.Kind == yaml.MappingNode {
			return v.matchMap(n, got, false)
		}
		return v.matchSet(n, got, false)
	default:
		return fmt.Errorf("line %d: no pattern %s", n.Line, n.Tag)
	}
}

func (v variables) matchList(n *yaml.Node, got any) error {
	list, ok := got.([]any)
	if !ok || len(list) != len(n.Content) {
		return fmt.Errorf("got %s, no list of %d", show(got), len(n.Content))
	}
	for i, item := range n.Content {
		if err := v.match(item, list[i]); err != nil {
			return fmt.Errorf("item %d: %w", i+1, err)
		}
	}
	return nil
}

// matchSet finds an item of its own for each pattern; whole says that none may be left.
func (v variables) matchSet(n *yaml.Node, got any, whole bool) error {
	list, ok := got.([]any)
	if !ok || whole && len(list) != len(n.Content) {
		return fmt.Errorf("got %s, no list of %d", show(got), len(n.Content))
	}
	left := slices.Clone(list)
	for i, item := range n.Content {
		at := slices.IndexFunc(left, func(one any) bool { return v.match(item, one) == nil })
		if at < 0 {
			return fmt.Errorf("got %s, without pattern %d", show(got), i+1)
		}
		left = slices.Delete(left, at, at+1)
	}
	return nil
}

func (v variables) matchMap(n *yaml.Node, got any, whole bool) error {
	m, ok := got.(map[string]any)
	if !ok {
		return fmt.Errorf("got %s, no map", show(got))
	}
	named := map[string]bool{}
	for i := 0; i < len(n.Content); i += 2 {
		key, err := v.text(n.Content[i])
		if err != nil {
			return err
		}
		named[key] = true
		item, present := m[key]
		if absent := n.Content[i+1].Tag == "!absent"; absent || !present {
			if absent == present {
				return fmt.Errorf("key %s: present is %v", key, present)
			}
			continue
		}
		if err := v.match(n.Content[i+1], item); err != nil {
			return fmt.Errorf("key %s: %w", key, err)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if whole && !named[key] {
			return fmt.Errorf("key %s came unasked", key)
		}
	}
	return nil
}

// matchOrder compares numbers, or texts as moments are.
func (v variables) matchOrder(n *yaml.Node, got any) error {
	plain := *n
	plain.Tag = ""
	want, err := v.value(&plain)
	if err != nil {
		return err
	}
	order, ok := compare(got, want)
	if ok = ok && (n.Tag == "!gt" && order > 0 || n.Tag == "!ge" && order >= 0 || n.Tag == "!lt" && order < 0); !ok {
		return fmt.Errorf("got %s, not %s %s", show(got), n.Tag[1:], show(want))
	}
	return nil
}

func compare(a, b any) (int, bool) {
	if x, ok := a.(string); ok {
		y, ok := b.(string)
		return strings.Compare(x, y), ok
	}
	x, okX := float(a)
	y, okY := float(b)
	return cmp.Compare(x, y), okX && okY
}

func float(value any) (float64, bool) {
	switch n := value.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	default:
		return 0, false
	}
}

// same compares values exactly: 1 is not 1.0, and a missing value is not False.
func same(want, got any) bool {
	switch want := want.(type) {
	case []any:
		list, ok := got.([]any)
		return ok && slices.EqualFunc(want, list, same)
	case map[string]any:
		m, ok := got.(map[string]any)
		return ok && maps.EqualFunc(want, m, same)
	default:
		return want == got
	}
}

func matchType(name string, got any) error {
	names := map[string]bool{}
	switch got.(type) {
	case int64:
		names["int"] = true
	case float64:
		names["float"] = true
	case string:
		names["text"] = true
	case bool:
		names["bool"] = true
	case []any:
		names["list"] = true
	case map[string]any:
		names["map"] = true
	}
	if !names[name] {
		return fmt.Errorf("got %s, no %s", show(got), name)
	}
	return nil
}

func matchText(n *yaml.Node, got any) error {
	text, ok := got.(string)
	expression, err := regexp.Compile(n.Value)
	if err != nil {
		return err
	}
	if !ok || !expression.MatchString(text) {
		return fmt.Errorf("got %s, which does not match %s", show(got), n.Value)
	}
	return nil
}

// matchNow allows a server's clock to be ten minutes off.
func matchNow(got any) error {
	text, _ := got.(string)
	moment, err := time.Parse(time.DateTime, text)
	if err != nil || time.Since(moment).Abs() > 10*time.Minute {
		return fmt.Errorf("got %s, no moment near now", show(got))
	}
	return nil
}

func length(value any) (int, bool) {
	switch value := value.(type) {
	case []any:
		return len(value), true
	case map[string]any:
		return len(value), true
	case string:
		return len(value), true
	default:
		return 0, false
	}
}

// show is a value for a failure's text, cut.
func show(value any) string {
	text := fmt.Sprintf("%#v", value)
	text = strings.NewReplacer("[]interface {}", "", "map[string]interface {}", "", "interface {}", "").Replace(text)
	if len(text) > 400 {
		text = text[:400] + "…"
	}
	return text
}
