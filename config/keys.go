package config

import "slices"

// Key describes one key of the file, for its schema, its documentation and `config show`. The reader takes the names that a block
// may have from the same tables, so that none is known to one alone.
type Key struct {
	// Name is the key as the file has it.
	Name string
	// Doc says in sentences what the key is for. It may hold `code` as Markdown has it.
	Doc string
	// Type is what the value is; a system leaves it out, since the field of its settings tells.
	Type Type
	// List says that the value is a list of such values.
	List bool
	// Required says that the key must be given. SandboxFills says that a sandbox makes it needless.
	Required, SandboxFills bool
	// Enum lists the values that there are; empty for any.
	Enum []string
	// Default is what holds where the key is left out, as YAML; empty for none. Otherwise says it in words where that is no value.
	Default, Otherwise string
	// Min and Max are the bounds of a number or a time span, as the file would have them; empty for none.
	Min, Max string
	// Example is a value as YAML on one line.
	Example string
	// Keys are those of a block, or of each block of a list.
	Keys []Key
	// Ask is the question by which `config init` gets the value; nil for none.
	Ask *Question
}

// Question is how a person is asked for the value of a key that a system has.
type Question struct {
	// Text is the question, as "API key".
	Text string
	// Help says where the answer is to be found; it may be empty.
	Help string
}

// Type is what the value of a key is.
type Type string

// The types. A list is a Key's own matter.
const (
	TypeText   Type = "text"
	TypeName   Type = "name"   // of letters, digits, dots, - and _
	TypeURL    Type = "URL"    // http://, https:// or sandbox://
	TypeSpan   Type = "span"   // of time
	TypeKeep   Type = "keep"   // a span of time, or never
	TypeWhole  Type = "whole"  // number
	TypeNumber Type = "number" // any finite one
	TypeTruth  Type = "truth"  // true or false
	TypeSecret Type = "secret" // a text, or where it comes from
	TypeBlock  Type = "block"  // of keys
	TypePath   Type = "path"   // of a file
	TypeDomain Type = "domain" // of Odoo
	TypePlain  Type = "plain"  // a text, a number, or true or false
	TypeIDName Type = "id or name"
	TypeRetry  Type = "retry pattern"
	TypeLines  Type = "lines" // a text, or a list of texts
	TypeState  Type = "state" // a path, a URL, or a block of them
	// TypeVersion is a text that may be written as a number.
	TypeVersion Type = "version"
)

// Documented is a settings struct (see [Kind.Settings]) that describes its keys. Keys of structs within are in [Key.Keys]. Each
// field is described once; a name that no field has panics when the configuration is read, since it is a mistake of the system's
// author. The values of [Key.Enum] are checked when the file is read.
type Documented interface {
	// SettingKeys gives the description of each key in the order in which people read about them.
	SettingKeys() []Key
}

// FileKeys gives the keys of the file, with those of the blocks in it. They are shared: nobody may change them.
func FileKeys() []Key { return topBlock }

// SecretKeys gives the keys of a secret that says where it comes from. They are shared: nobody may change them.
func SecretKeys() []Key { return secretBlock }

// namesOf lists the names of keys in their order.
func namesOf(keys []Key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	return names
}

// findKey gives the key of a name.
func findKey(keys []Key, name string) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}
