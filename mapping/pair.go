package mapping

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/record"
)

// Pair is a pair of fields that is declared as data, without code: what a configuration's `fields:` makes. Field builds the
// mapping's Field of it.
type Pair struct {
	Odoo     string // the Odoo field
	External string // the external field; "" where Import makes the value of others
	// Imports and Exports are the directions that the pair works in.
	Imports, Exports bool
	OnlyCreate       bool
	Modifiers        []string      // names of modifiers, see ModifierNames
	Values           []Translation // a table that translates values, both ways; what is not in it fits nowhere
	// Default is what an empty external field stands for in Odoo, as a text; "" for none.
	Default string
	// Import and Export are expressions that convert a value into Odoo and out of it; "" for none.
	Import, Export string

	// OdooField is what fields_get says of the Odoo field; the zero value while nobody has asked.
	OdooField OdooField
	// Kind is what the external field holds; KindNull where that is not known or differs.
	Kind record.Kind
	// Links is the binding model that an external field with links leads to, and LinksOdoo its Odoo model.
	Links, LinksOdoo string
	// LinksOnly says that records of that binding model are linked and never created, so nothing waits for them.
	LinksOnly bool
	// Scope are the external fields that expressions can use, by the kind of what they hold.
	Scope map[string]record.Kind
	// Prose writes texts as Odoo's HTML; nil where the system has none.
	Prose *Prose
	// Zone is where days begin; nil is UTC.
	Zone *time.Location
	// Options are the values that the external field takes in a scope, where it takes given ones only; known is false where
	// it takes any. It may be nil. CreateOptions says that others are added outside.
	Options       func(scope string) (options []string, known bool)
	CreateOptions bool

	AfterCreate, Match, Local bool // as in Field
}

// Translation is one line of a table of values.
type Translation struct{ Odoo, External string }

// Prose turns an external text into Odoo's HTML and back; lost names, for people, what the HTML holds and the text cannot.
type Prose struct {
	HTML func(text string) string
	Text func(html string) (text string, lost []string)
	// Canonical is the one form of a text in which both sides are compared.
	Canonical func(text string) string
}

// Problem is what is wrong with a Pair.
type Problem struct {
	Key           string // the key of the configuration that it is about: "odoo", "modifiers", …
	Problem, Hint string
}

// modifierNames are the modifiers that a Pair can name, in the order in which they are listed.
var modifierNames = []string{"trimmed", "none", "upper", "lower", "single_line"}

// ModifierNames are the modifiers that a Pair can name: trimmed drops blanks around a text, none makes 0, false and blank
// texts empty, upper and lower change letters, single_line makes one blank of line ends and runs of blanks.
func ModifierNames() []string { return slices.Clone(modifierNames) }

// modifierOf is a modifier by its name, nil if there is none.
func modifierOf(name string) Modifier {
	switch name {
	case "trimmed":
		return Trimmed
	case "none":
		return None
	case "upper":
		return texts(strings.ToUpper)
	case "lower":
		return texts(strings.ToLower)
	case "single_line":
		return texts(func(s string) string { return strings.Join(strings.Fields(s), " ") })
	default:
		return nil
	}
}

// None makes 0, false and a blank text empty, as the reference's modifier of that name.
func None(v record.Value) record.Value {
	switch v.Kind() {
	case record.KindBool, record.KindInt, record.KindDecimal:
		if isZero(v) {
			return record.Null()
		}
	case record.KindText:
		if strings.TrimSpace(v.AsText()) == "" {
			return record.Null()
		}
	}
	return v
}

func texts(change func(string) string) Modifier {
	return func(v record.Value) record.Value {
		if v.Kind() != record.KindText {
			return v
		}
		return record.Text(change(v.AsText()))
	}
}

// isZero says that a value is 0 or false, which fields of Odoo hold that nobody filled in.
func isZero(v record.Value) bool {
	switch v.Kind() {
	case record.KindBool:
		return !v.AsBool()
	case record.KindInt, record.KindDecimal:
		return v.AsRat().Sign() == 0
	default:
		return false
	}
}

// Name names the pair; it is none of a built-in pair's, so that bases of another pair of the same Odoo field are not its own.
func (p Pair) Name() string {
	if p.External == "" {
		return p.Odoo + " ↔ import"
	}
	return p.Odoo + " ↔ " + p.External
}

// Field builds the mapping's field, or says all that is wrong with the pair as far as it can be told: while OdooField is
// the zero value, what concerns Odoo's field is not.
func (p Pair) Field() (Field, []Problem) {
	c, problems := p.conversion()
	problems = append(problems, p.check(c)...)
	if len(problems) > 0 {
		return Field{}, problems
	}
	f := c.field()
	f.Name, f.Odoo, f.External = p.Name(), []string{p.Odoo}, c.external()
	f.OnlyCreate, f.AfterCreate, f.Match, f.Local = p.OnlyCreate, p.AfterCreate, p.Match, p.Local
	if !p.Imports {
		f.ToOdoo = nil
	}
	if !p.Exports {
		f.ToExternal = nil
	}
	return f, nil
}

// conversion compiles what the pair says.
func (p Pair) conversion() (*conversion, []Problem) {
	c := &conversion{Pair: p}
	var problems []Problem
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	for _, name := range p.Modifiers {
		m := modifierOf(name)
		if m == nil {
			problems = append(problems, unknownModifier(name))
			continue
		}
		c.modifiers = append(c.modifiers, m)
	}
	var err error
	if p.Import != "" {
		if c.importing, err = compile(p.Import, p.Kind, p.Scope); err != nil {
			problems = append(problems, Problem{"import", err.Error(), expressionHint})
		}
	}
	if p.Export != "" {
		if c.exporting, err = compile(p.Export, p.OdooField.kind(), nil); err != nil {
			problems = append(problems, Problem{"export", err.Error(), expressionHint})
		}
	}
	return c, append(problems, c.translate()...)
}

const expressionHint = "the field's own value is called value"

// unknownModifier explains what the reference's modifiers have become.
func unknownModifier(name string) Problem {
	hint := "use one of " + strings.Join(modifierNames, ", ")
	base, _, _ := strings.Cut(name, "(")
	switch base {
	case "convert":
		hint = "values are converted to the type of the other side's field by themselves; for more use import: and export:"
	case "m2o_to_backend", "backend_to_m2o":
		hint = "links are translated by themselves: by their bindings, or by the names of the records"
	case "follow_m2o_relations":
		hint = "it is not here; make a related field in Odoo and map that"
	}
	return Problem{"modifiers", fmt.Sprintf("there is no modifier %q", name), hint}
}

// kind is what a canonical value of the field's type is; KindNull where that is not known.
func (f OdooField) kind() record.Kind {
	switch f.Type {
	case typeChar, typeText, typeHTML, typeSelection:
		return record.KindText
	case typeInteger:
		return record.KindInt
	case typeFloat, typeMonetary:
		return record.KindDecimal
	case typeBoolean:
		return record.KindBool
	case typeDate:
		return record.KindDate
	case typeDatetime:
		return record.KindInstant
	case typeMany2one:
		return record.KindText // its name
	default:
		return record.KindNull
	}
}

// MustField is Field for a pair that a program declares, as a system does: what is wrong with it is a mistake of the program, so it
// panics. A pair that names no direction works in both. The field is named as its Odoo field, as a system's pairs are.
func (p Pair) MustField() Field {
	both := p
	if !p.Imports && !p.Exports {
		both.Imports, both.Exports = true, true
	}
	f, problems := both.Field()
	if len(problems) > 0 {
		panic(fmt.Sprintf("mapping: the pair %s: %s: %s", p.Name(), problems[0].Key, problems[0].Problem))
	}
	f.Name = p.Odoo
	return f
}
