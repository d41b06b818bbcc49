package mapping

import (
	"fmt"
	"slices"

	"github.com/odoo-connector/connector/record"
)

// mappable are the types of Odoo's fields that a Pair can have.
var mappable = []string{
	typeBoolean, typeInteger, typeFloat, typeMonetary, typeChar, typeText, typeHTML, typeSelection, typeDate, typeDatetime, typeMany2one, typeMany2many,
}

// check says what is wrong with the pair beside its expressions and modifiers.
func (p Pair) check(c *conversion) []Problem {
	problems := p.checkDirections(c)
	if p.OdooField.Type == "" {
		return problems
	}
	return append(problems, p.checkOdoo(c)...)
}

func (p Pair) checkDirections(c *conversion) (problems []Problem) {
	add := func(wrong bool, key, problem, hint string) {
		if wrong {
			problems = append(problems, Problem{key, problem, hint})
		}
	}
	both, lone := p.Imports && p.Exports, p.External == ""
	add(lone && p.Import == "", "external", "the external field is missing", "name it, or make the value of others by import:")
	add(lone && p.Import != "" && p.Exports, "direction", "a pair without an external field can only be imported", "set direction: import")
	add(!lone && both && p.Import != "" && p.Export == "", "import", "the value is converted one way only", "give export: too, or set direction: import")
	add(both && p.Export != "" && p.Import == "", "export", "the value is converted one way only", "give import: too, or set direction: export")
	add(p.Import != "" && !p.Imports, "import", "the pair is not imported", "leave import: out, or change the direction")
	add(p.Export != "" && !p.Exports, "export", "the pair is not exported", "leave export: out, or change the direction")
	add(p.CreateOptions && !p.Exports, "create_options", "the pair is not exported, so no option is ever created",
		"leave create_options: out, or change the direction")
	add(p.Links != "" && p.converts(), "external", p.External+" holds links, which are translated by their bindings and by nothing else",
		"leave import, export, values, modifiers and default out")
	return append(problems, p.checkExpressionTypes(c)...)
}

// converts says that the pair asks for more than that values are brought to the other side's type.
func (p Pair) converts() bool {
	return p.Import != "" || p.Export != "" || len(p.Values) > 0 || len(p.Modifiers) > 0 || p.Default != ""
}

// checkExpressionTypes finds expressions whose type can never fit the other side.
func (p Pair) checkExpressionTypes(c *conversion) (problems []Problem) {
	if c.exporting != nil && !convertible(c.exporting.gives(), p.Kind) {
		text := fmt.Sprintf("it gives a %s, and %s holds a %s", kindWord(c.exporting.gives()), p.External, kindWord(p.Kind))
		problems = append(problems, Problem{"export", text, ""})
	}
	if c.importing != nil && len(p.Values) == 0 && !convertible(c.importing.gives(), p.OdooField.kind()) {
		text := fmt.Sprintf("it gives a %s, and %s is of type %s", kindWord(c.importing.gives()), p.Odoo, p.OdooField.Type)
		problems = append(problems, Problem{"import", text, ""})
	}
	return problems
}

// checkOdoo checks the pair against Odoo's field.
func (p Pair) checkOdoo(c *conversion) (problems []Problem) {
	add := func(problem, hint string) { problems = append(problems, Problem{"odoo", problem, hint}) }
	f := p.OdooField
	switch {
	case !slices.Contains(mappable, f.Type):
		add(fmt.Sprintf("%s is of type %s, which cannot be mapped", p.Odoo, f.Type), "")
	case f.Type == typeHTML && p.Prose == nil:
		add(p.Odoo+" holds HTML, which this system has no text for", "")
	case p.Links != "":
		problems = append(problems, p.checkLinks()...)
	case f.Type == typeMany2many:
		add(fmt.Sprintf("%s holds many records of %s, and %s holds no links to such", p.Odoo, f.Relation, p.External), "")
	case p.apart(c):
		add(fmt.Sprintf("%s is of type %s, and %s holds a %s", p.Odoo, f.Type, p.External, kindWord(p.Kind)),
			"convert it by values:, or by import: and export:")
	}
	return append(problems, p.checkFixed()...)
}

func (p Pair) checkFixed() []Problem {
	if !p.OdooField.Fixed || !p.Imports {
		return nil
	}
	return []Problem{{"odoo", p.Odoo + " is set by Odoo itself, which keeps nothing that is written to it", "set direction: export"}}
}

// apart says that a value has to cross which no conversion makes one of the other side's.
func (p Pair) apart(c *conversion) bool {
	in := c.importing == nil && p.Imports && !convertible(p.Kind, p.OdooField.kind())
	out := c.exporting == nil && p.Exports && !convertible(p.OdooField.kind(), p.Kind)
	return len(p.Values) == 0 && (in || out)
}

func (p Pair) checkLinks() []Problem {
	f := p.OdooField
	switch {
	case f.Relation != p.LinksOdoo || (f.Type != typeMany2one && f.Type != typeMany2many):
		return []Problem{{"odoo", fmt.Sprintf("%s leads to %s, and %s to %s", p.Odoo, orNothing(f.Relation), p.External, p.LinksOdoo), ""}}
	case (f.Type == typeMany2many) != (p.Kind == record.KindRefSet):
		return []Problem{{"odoo", fmt.Sprintf("one of %s and %s holds one link, the other several", p.Odoo, p.External), ""}}
	default:
		return nil
	}
}

func orNothing(model string) string {
	if model == "" {
		return "no model"
	}
	return model
}

// sorts are kinds that become each other: text, numbers, moments, yes or no.
var sorts = map[record.Kind]string{
	record.KindText: "text", record.KindMarkdown: "text", record.KindHTML: "text", record.KindInt: "number", record.KindDecimal: "number",
	record.KindDate: "moment", record.KindInstant: "moment", record.KindBool: "truth",
}

// convertible says that values of one kind can become values of another at all. Of KindNull nothing is known; every sort has a
// text, and a text may be any of them.
func convertible(from, to record.Kind) bool {
	a, b := sorts[from], sorts[to]
	switch {
	case from == record.KindNull || to == record.KindNull || from == to:
		return true
	case a == "" || b == "":
		return false
	default:
		return a == b || a == "text" || b == "text"
	}
}

// kindWord is what people call values of a kind.
func kindWord(k record.Kind) string {
	switch k {
	case record.KindBool:
		return "yes or no"
	case record.KindInt, record.KindDecimal:
		return "number"
	case record.KindDate:
		return "date"
	case record.KindInstant:
		return "moment"
	case record.KindRef:
		return "link"
	case record.KindRefSet:
		return "set of links"
	default:
		return "text"
	}
}

// KindWord is what people call values of a kind: "text", "number", "moment", ….
func KindWord(k record.Kind) string { return kindWord(k) }
