package config

import (
	"bytes"
	"fmt"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Value is one value of the effective configuration with the place that it comes from.
type Value struct {
	// Path leads to the value, as backends[0].models[2].direction. Models are numbered as [Backend.Models] has them.
	Path string
	// Value is a text, a number, true or false, or a list or map of these; a secret shows where it comes from, or ******.
	Value any
	// Line is where the file has it, counted from 1; 0 for a default.
	Line int
}

// Values gives the effective configuration, defaults filled in and secrets masked, value by value in the order of the documentation.
func (c *Config) Values() []Value {
	s := shower{config: c}
	s.block(topBlock, c.Redacted(), "", "")
	return s.values
}

// YAML gives the effective configuration as a file that means the same, but for secrets that are masked. A comment behind each value
// says where it comes from: config.yaml:12, or default.
func (c *Config) YAML() ([]byte, error) {
	s := shower{config: c}
	root := s.block(topBlock, c.Redacted(), "", "")
	if s.err != nil {
		return nil, s.err
	}
	var out bytes.Buffer
	encoder := yaml.NewEncoder(&out)
	encoder.SetIndent(2)
	err := encoder.Encode(root)
	return out.Bytes(), err
}

// shower walks the effective configuration along the tables of keys.
type shower struct {
	config *Config
	values []Value
	err    error
}

// nowhere is the place in the file of what it does not mention.
const nowhere = "-"

// block gives a node of a block's keys in the order of the table. path leads to it in what is shown, place in the file.
func (s *shower) block(keys []Key, shape map[string]any, path, place string) *yaml.Node {
	node := &yaml.Node{Kind: yaml.MappingNode}
	for _, k := range keys {
		value, there := shape[k.Name]
		if !there {
			continue
		}
		node.Content = append(node.Content, s.scalar(k.Name, ""), s.value(k, value, below(path, k.Name), below(place, k.Name)))
	}
	return node
}

func below(path, key string) string { return strings.TrimPrefix(path+"."+key, ".") }

func (s *shower) value(k Key, value any, path, place string) *yaml.Node {
	entries, isList := value.([]any)
	shape, isBlock := value.(map[string]any)
	switch {
	case k.List && isList && len(k.Keys) > 0:
		node := &yaml.Node{Kind: yaml.SequenceNode}
		for i, entry := range entries {
			one, _ := entry.(map[string]any)
			at := fmt.Sprintf("[%d]", i)
			node.Content = append(node.Content, s.block(s.keysOf(k, path, i), one, path+at, s.placeOf(path, place, i)))
		}
		return node
	case isBlock && len(k.Keys) > 0:
		return s.block(k.Keys, shape, path, place)
	default:
		line := s.lineOf(place)
		s.values = append(s.values, Value{Path: path, Value: value, Line: line})
		return s.scalar(value, s.origin(line))
	}
}

// keysOf gives the keys of an entry of a list; those of a backend's own kind are added.
func (s *shower) keysOf(k Key, path string, i int) []Key {
	if path != "backends" || s.config.Backends[i].Settings == nil {
		return k.Keys
	}
	own := s.config.Backends[i].Settings
	return append(append([]Key(nil), k.Keys...), keysOf(reflect.ValueOf(own).Elem(), documented(own))...)
}

// placeOf gives the place in the file of an entry of a list: what is shown has every model, the file some of them.
func (s *shower) placeOf(path, place string, i int) string {
	at := fmt.Sprintf("%s[%d]", place, i)
	rest, isBackend := strings.CutPrefix(path, "backends[")
	number, isModels := strings.CutSuffix(rest, "].models")
	if !isBackend || !isModels {
		return at
	}
	if b, err := strconv.Atoi(number); err == nil && s.config.Backends[b].Models[i].Path != "" {
		return s.config.Backends[b].Models[i].Path
	}
	return nowhere
}

// lineOf gives the line of the value at a place of the file, 0 where it has none.
func (s *shower) lineOf(place string) int {
	if s.config.root == nil || strings.HasPrefix(place, nowhere) {
		return 0
	}
	found := mapping{value: (&reader{}).at(s.config.root, "")}.find(place)
	if found.path != place || isNull(found.node) {
		return 0
	}
	return found.place.Line
}

func (s *shower) origin(line int) string {
	if line == 0 {
		return "default"
	}
	return filepath.Base(s.config.Path) + ":" + strconv.Itoa(line)
}

// scalar gives a node of a single value, or of one that fits on a line, with a comment behind it.
func (s *shower) scalar(value any, comment string) *yaml.Node {
	var node yaml.Node
	if err := node.Encode(value); err != nil {
		s.err = err
		return &node
	}
	if node.Kind == yaml.MappingNode || node.Kind == yaml.SequenceNode {
		node.Style = yaml.FlowStyle
	}
	node.LineComment = comment
	return &node
}
