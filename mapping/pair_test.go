package mapping_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// pairOf builds a pair of both directions between an external field "x" and an Odoo field "o".
func pairOf(t testing.TB, odooType string, kind record.Kind, change func(*mapping.Pair)) mapping.Field {
	t.Helper()
	p := mapping.Pair{
		Odoo: "o", External: "x", Imports: true, Exports: true, OdooField: mapping.OdooField{Type: odooType}, Kind: kind,
		Prose: &mapping.Prose{
			HTML: func(s string) string { return "<p>" + s + "</p>" },
			Text: func(s string) (string, []string) {
				text := strings.NewReplacer("<p>", "", "</p>", "", "<b>", "", "</b>", "").Replace(s)
				if strings.Contains(s, "<b>") {
					return text, []string{"bold words"}
				}
				return text, nil
			},
		},
	}
	if change != nil {
		change(&p)
	}
	f, problems := p.Field()
	if len(problems) > 0 {
		t.Fatalf("%+v", problems)
	}
	return f
}

func external(v record.Value) record.Record {
	return record.New("demo", "1", map[string]record.Value{"x": v, "name": record.Text("Paint (3h)")})
}

func inOdoo(v record.Value) record.Record {
	return record.New("project.task", "1", map[string]record.Value{"o": v})
}

func text(s string) record.Value { return record.Text(s) }

func decimal(s string) record.Value {
	v, err := record.Decimal(s)
	if err != nil {
		panic(err)
	}
	return v
}

func day(s string) record.Value {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return record.Date(t)
}

func instant(s string) record.Value {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return record.Instant(t)
}

func TestPairsConvertIntoOdoo(t *testing.T) {
	for _, c := range []struct {
		odooType string
		kind     record.Kind
		in, want record.Value
		unfit    bool
	}{
		{"char", record.KindText, text("Oak"), text("Oak"), false},
		{"char", record.KindText, text(""), record.Null(), false},
		{"char", record.KindDecimal, decimal("2.50"), text("2.5"), false},
		{"text", record.KindBool, record.Bool(true), text("true"), false},
		{"char", record.KindInstant, instant("2026-03-09T15:00:00Z"), text("2026-03-09T15:00:00Z"), false},
		{"html", record.KindText, text("Oak"), text("Oak"), false},
		{"integer", record.KindDecimal, decimal("3"), record.Int(3), false},
		{"integer", record.KindDecimal, decimal("3.5"), record.Value{}, true},
		{"integer", record.KindDecimal, decimal("3000000000"), record.Value{}, true},
		{"integer", record.KindText, text(" 12 "), record.Int(12), false},
		{"integer", record.KindText, text("a dozen"), record.Value{}, true},
		{"integer", record.KindDecimal, record.Null(), record.Int(0), false},
		{"float", record.KindText, text("-1.25"), decimal("-1.25"), false},
		{"monetary", record.KindDecimal, decimal("19.90"), decimal("19.9"), false},
		{"float", record.KindDecimal, record.Null(), decimal("0"), false},
		{"boolean", record.KindBool, record.Bool(true), record.Bool(true), false},
		{"boolean", record.KindBool, record.Null(), record.Bool(false), false},
		{"boolean", record.KindText, text("True"), record.Bool(true), false},
		{"boolean", record.KindText, text("maybe"), record.Value{}, true},
		{"date", record.KindInstant, instant("2026-03-09T23:30:00Z"), day("2026-03-09"), false},
		{"date", record.KindText, text("2026-03-09"), day("2026-03-09"), false},
		{"date", record.KindText, text("9 March"), record.Value{}, true},
		{"date", record.KindInstant, record.Null(), record.Null(), false},
		{"datetime", record.KindInstant, instant("2026-03-09T15:00:00Z"), instant("2026-03-09T15:00:00Z"), false},
		{"datetime", record.KindDate, day("2026-03-09"), instant("2026-03-09T12:00:00Z"), false},
		{"datetime", record.KindText, text("2026-03-09T15:00:00+01:00"), instant("2026-03-09T14:00:00Z"), false},
	} {
		t.Run(fmt.Sprintf("Ensure %v in a %s is %v", c.in, c.odooType, c.want), func(t *testing.T) {
			f := pairOf(t, c.odooType, c.kind, nil)
			got, err := f.ReadExternal(mapping.Source{Record: external(c.in)})
			var u *mapping.UnfitError
			if errors.As(err, &u) != c.unfit || (!c.unfit && (err != nil || !got.Equal(c.want))) {
				t.Errorf("got %v (%v), %v", got, got.Kind(), err)
			}
		})
	}
}

func TestPairsConvertOutOfOdoo(t *testing.T) {
	choices := func(p *mapping.Pair) {
		p.OdooField.Choices = []mapping.Choice{{Value: "0", Label: "Low"}, {Value: "1", Label: "High"}}
	}
	for _, c := range []struct {
		odooType string
		kind     record.Kind
		in, want record.Value
		change   func(*mapping.Pair)
	}{
		{"char", record.KindText, text("Oak"), text("Oak"), nil},
		{"char", record.KindDecimal, text("2.5"), decimal("2.5"), nil},
		{"html", record.KindText, record.HTML("<p>Oak</p>"), text("Oak"), nil},
		{"integer", record.KindDecimal, record.Int(3), decimal("3"), nil},
		{"integer", record.KindText, record.Int(3), text("3"), nil},
		{"float", record.KindDecimal, decimal("0"), decimal("0"), nil},
		{"boolean", record.KindBool, record.Bool(false), record.Bool(false), nil},
		{"boolean", record.KindText, record.Bool(true), text("true"), nil},
		{"date", record.KindInstant, day("2026-03-09"), instant("2026-03-09T12:00:00Z"), nil},
		{"datetime", record.KindInstant, instant("2026-03-09T15:00:00Z"), instant("2026-03-09T15:00:00Z"), nil},
		{"datetime", record.KindText, record.Null(), record.Null(), nil},
		{"selection", record.KindText, text("1"), text("High"), choices},
		{"selection", record.KindText, text("gone"), text("gone"), choices},
	} {
		t.Run(fmt.Sprintf("Ensure %v of a %s goes out as %v", c.in, c.odooType, c.want), func(t *testing.T) {
			f := pairOf(t, c.odooType, c.kind, c.change)
			v, err := f.ReadOdoo(mapping.Source{Record: inOdoo(c.in)})
			if err != nil {
				t.Fatal(err)
			}
			got, err := f.WriteExternal(mapping.Target{Value: v})
			if err != nil || !got["x"].Equal(c.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	t.Run("Ensure a text that is no number waits, and names itself", func(t *testing.T) {
		f := pairOf(t, "char", record.KindDecimal, nil)
		_, err := f.WriteExternal(mapping.Target{Value: text("a dozen")})
		var u *mapping.UnfitError
		if !errors.As(err, &u) || u.Error() != `"a dozen" is no number` {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure a day keeps the hour that the other side has on it", func(t *testing.T) {
		f := pairOf(t, "date", record.KindInstant, nil)
		for current, want := range map[string]string{"2026-03-09T08:15:00Z": "2026-03-09T08:15:00Z", "2026-03-10T08:15:00Z": "2026-03-09T12:00:00Z"} {
			got, err := f.WriteExternal(mapping.Target{Value: day("2026-03-09"), Current: external(instant(current))})
			if err != nil || !got["x"].Equal(instant(want)) {
				t.Errorf("over %s it writes %v, %v", current, got, err)
			}
		}
	})
	t.Run("Ensure days begin in the zone that is given", func(t *testing.T) {
		zone := time.FixedZone("west", -5*3600)
		f := pairOf(t, "date", record.KindInstant, func(p *mapping.Pair) { p.Zone = zone })
		got, err := f.ReadExternal(mapping.Source{Record: external(instant("2026-03-10T02:00:00Z"))})
		if err != nil || !got.Equal(day("2026-03-09")) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("Ensure formatting that the text cannot hold makes the field lossy", func(t *testing.T) {
		f := pairOf(t, "html", record.KindText, nil)
		if f.Lossy == nil || lossy(f, "<p>Oak</p>") || !lossy(f, "<p><b>Oak</b></p>") {
			t.Error("bold words are not told from plain ones")
		}
		got, err := f.WriteOdoo(mapping.Target{Value: text("Oak")})
		if err != nil || !got["o"].Equal(record.HTML("<p>Oak</p>")) {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestTablesOfValues(t *testing.T) {
	f := pairOf(t, "selection", record.KindText, func(p *mapping.Pair) {
		p.Values = []mapping.Translation{{Odoo: "1", External: "High"}, {Odoo: "1", External: "Urgent"}, {Odoo: "2", External: "Low"}}
		p.Default = "0"
		p.OdooField.Choices = []mapping.Choice{{Value: "0"}, {Value: "1"}, {Value: "2"}}
	})
	for in, want := range map[string]string{"High": "1", "Urgent": "1", "Low": "2", "": "0"} {
		t.Run(fmt.Sprintf("Ensure %q stands for %s", in, want), func(t *testing.T) {
			got, err := f.ReadExternal(mapping.Source{Record: external(text(in))})
			if err != nil || !got.Equal(text(want)) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	for in, want := range map[string]record.Value{"1": text("High"), "2": text("Low"), "0": record.Null()} {
		t.Run(fmt.Sprintf("Ensure %s goes out as %v", in, want), func(t *testing.T) {
			got, err := f.WriteExternal(mapping.Target{Value: text(in)})
			if err != nil || !got["x"].Equal(want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	t.Run("Ensure what is not in the table fits nowhere", func(t *testing.T) {
		_, err := f.ReadExternal(mapping.Source{Record: external(text("Medium"))})
		var u *mapping.UnfitError
		if !errors.As(err, &u) || u.Error() != `"Medium" is not in the table under values:` {
			t.Errorf("got %v", err)
		}
		if _, err = f.WriteExternal(mapping.Target{Value: text("3")}); !errors.As(err, &u) {
			t.Errorf("got %v", err)
		}
	})
}

func TestChoices(t *testing.T) {
	f := pairOf(t, "selection", record.KindText, func(p *mapping.Pair) {
		p.OdooField.Choices = []mapping.Choice{{Value: "a", Label: "Alpha"}, {Value: "b", Label: "Beta"}, {Value: "c", Label: "beta"}}
	})
	for in, want := range map[string]string{"a": "a", "alpha": "a", "Beta": "", "gamma": ""} {
		t.Run(fmt.Sprintf("Ensure %q is taken for the choice %q", in, want), func(t *testing.T) {
			got, err := f.ReadExternal(mapping.Source{Record: external(text(in))})
			var u *mapping.UnfitError
			if (want == "") != errors.As(err, &u) || got.AsText() != want && want != "" {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

func TestNamedModifiers(t *testing.T) {
	for name, want := range map[string]record.Value{
		"trimmed": text("Oak  Tree"), "upper": text(" OAK  TREE"), "lower": text(" oak  tree"), "single_line": text("Oak Tree"), "none": text(" Oak  Tree"),
	} {
		t.Run("Ensure "+name+" changes a text on both sides alike", func(t *testing.T) {
			f := pairOf(t, "char", record.KindText, func(p *mapping.Pair) { p.Modifiers = []string{name} })
			x, err := f.ReadExternal(mapping.Source{Record: external(text(" Oak  Tree"))})
			o, errOdoo := f.ReadOdoo(mapping.Source{Record: inOdoo(text(" Oak  Tree"))})
			if err != nil || errOdoo != nil || !x.Equal(want) || !o.Equal(want) {
				t.Errorf("got %v and %v, %v, %v", x, o, err, errOdoo)
			}
		})
	}
	t.Run("Ensure none makes zero, false and blanks empty", func(t *testing.T) {
		for _, v := range []record.Value{record.Int(0), record.Bool(false), decimal("0"), text("  ")} {
			if got := mapping.None(v); !got.IsNull() {
				t.Errorf("%v stays %v", v, got)
			}
		}
		if got := mapping.None(record.Int(2)); !got.Equal(record.Int(2)) {
			t.Errorf("2 becomes %v", got)
		}
	})
	t.Run("Ensure every name that is listed is known", func(t *testing.T) {
		pairOf(t, "char", record.KindText, func(p *mapping.Pair) { p.Modifiers = mapping.ModifierNames() })
	})
}

func TestExpressions(t *testing.T) {
	scope := map[string]record.Kind{"name": record.KindText}
	importing := func(text, odooType string, kind record.Kind) func(*testing.T, record.Value) (record.Value, error) {
		return func(t *testing.T, in record.Value) (record.Value, error) {
			f := pairOf(t, odooType, kind, func(p *mapping.Pair) { p.Import, p.Exports, p.Scope = text, false, scope })
			return f.ReadExternal(mapping.Source{Record: external(in)})
		}
	}
	for _, c := range []struct {
		text, odooType string
		kind           record.Kind
		in, want       record.Value
	}{
		{`upper(value)`, "char", record.KindText, text("oak"), text("OAK")},
		{`upper(value)`, "char", record.KindText, record.Null(), record.Null()},
		{`value ?? "none"`, "char", record.KindText, record.Null(), text("none")},
		{`value * 60`, "integer", record.KindDecimal, decimal("1.5"), record.Int(90)},
		{`float(capture(name, "\\((\\d+)h\\)"))`, "float", record.KindText, text("x"), decimal("3")},
		{`replace(value, "-", "")`, "char", record.KindText, text("a-b-c"), text("abc")},
		{`value ? "1" : "0"`, "selection", record.KindBool, record.Bool(true), text("1")},
		{`value + duration("24h")`, "date", record.KindDate, day("2026-02-28"), day("2026-03-01")},
		{`value.Year()`, "integer", record.KindInstant, instant("2026-03-09T15:00:00Z"), record.Int(2026)},
		{`split(value, " ")[0]`, "char", record.KindText, text("Oak tree"), text("Oak")},
		{`value matches "^O" and len(value) > 2`, "boolean", record.KindText, text("Oak"), record.Bool(true)},
		{`int(value)`, "integer", record.KindNull, text("7"), record.Int(7)},
	} {
		t.Run(fmt.Sprintf("Ensure %s makes %v of %v", c.text, c.want, c.in), func(t *testing.T) {
			got, err := importing(c.text, c.odooType, c.kind)(t, c.in)
			if err != nil || !got.Equal(c.want) {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	t.Run("Ensure what an expression cannot convert is the value's matter", func(t *testing.T) {
		_, err := importing(`int(value)`, "integer", record.KindText)(t, text("a dozen"))
		var u *mapping.UnfitError
		if !errors.As(err, &u) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure the fields that an expression names are part of what is compared", func(t *testing.T) {
		f := pairOf(t, "char", record.KindText, func(p *mapping.Pair) {
			p.Import, p.Exports, p.Scope = `name + (value ?? "")`, false, scope
		})
		if got := strings.Join(f.External, " "); got != "x name" {
			t.Errorf("it reads %s", got)
		}
	})
	t.Run("Ensure an expression without a field of its own reads those that it names", func(t *testing.T) {
		f := pairOf(t, "char", record.KindText, func(p *mapping.Pair) {
			p.External, p.Import, p.Exports, p.Scope = "", `lower(name)`, false, scope
		})
		got, err := f.ReadExternal(mapping.Source{Record: external(record.Null())})
		if err != nil || got.AsText() != "paint (3h)" || f.Name != "o ↔ import" {
			t.Errorf("%s gives %v, %v", f.Name, got, err)
		}
	})
	t.Run("Ensure both directions of expressions undo each other", func(t *testing.T) {
		f := pairOf(t, "integer", record.KindDecimal, func(p *mapping.Pair) { p.Import, p.Export = "int(value * 60)", "value / 60" })
		got, err := f.WriteExternal(mapping.Target{Value: record.Int(90)})
		if err != nil || !got["x"].Equal(decimal("1.5")) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("Ensure texts do not grow beyond bounds", func(t *testing.T) {
		grow := `replace(replace(replace(value, "a", value), "a", value), "a", value)`
		_, err := importing(grow, "char", record.KindText)(t, text(strings.Repeat("a", 1000)))
		var u *mapping.UnfitError
		if !errors.As(err, &u) || !strings.Contains(err.Error(), "more than a megabyte") {
			t.Errorf("got %.200v", err)
		}
	})
}

// TestPairsAgreeWithThemselves holds what the plan relies on: what a side was given reads back as what was given, whatever the
// types, and bringing a value to its canonical form twice is as bringing it once.
func TestPairsAgreeWithThemselves(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	types := []string{"char", "text", "html", "integer", "float", "monetary", "boolean", "date", "datetime", "selection"}
	kinds := []record.Kind{record.KindText, record.KindMarkdown, record.KindInt, record.KindDecimal, record.KindBool, record.KindDate, record.KindInstant}
	checked := 0
	for range 400000 {
		odooType, kind := types[random.IntN(len(types))], kinds[random.IntN(len(kinds))]
		p := mapping.Pair{
			Odoo: "o", External: "x", Imports: true, Exports: true, OdooField: mapping.OdooField{Type: odooType}, Kind: kind,
			Prose: &mapping.Prose{HTML: func(s string) string { return s }, Text: func(s string) (string, []string) { return s, nil }},
		}
		if random.IntN(3) == 0 {
			p.Modifiers = []string{mapping.ModifierNames()[random.IntN(5)]}
		}
		f, problems := p.Field()
		if len(problems) > 0 {
			continue
		}
		v, err := f.ReadExternal(mapping.Source{Record: external(randomValue(random, kind))})
		if err != nil {
			continue
		}
		written, err := f.WriteOdoo(mapping.Target{Value: v})
		if err != nil {
			t.Fatalf("%s ↔ %v: %v cannot be written: %v", odooType, kind, v, err)
		}
		back, err := f.ReadOdoo(mapping.Source{Record: inOdoo(written["o"])})
		if err != nil || !back.Equal(v) {
			t.Fatalf("%s ↔ %v %v: %v was written into Odoo and reads back as %v, %v", odooType, kind, p.Modifiers, v, back, err)
		}
		out, err := f.WriteExternal(mapping.Target{Value: back})
		if err != nil {
			continue
		}
		again, err := f.ReadExternal(mapping.Source{Record: external(out["x"])})
		if err != nil || !again.Equal(back) {
			t.Fatalf("%s ↔ %v %v: %v went out as %v and comes back as %v, %v", odooType, kind, p.Modifiers, back, out["x"], again, err)
		}
		checked++
	}
	if checked < 1000 {
		t.Errorf("only %d values were compared", checked)
	}
}

func randomValue(random *rand.Rand, kind record.Kind) record.Value {
	if random.IntN(8) == 0 {
		return record.Null()
	}
	moment := time.Unix(random.Int64N(4e9), random.Int64N(1e9))
	switch kind {
	case record.KindInt:
		return record.Int(random.Int64N(2000) - 1000)
	case record.KindDecimal:
		return record.Float(float64(random.IntN(2000)) / 4)
	case record.KindBool:
		return record.Bool(random.IntN(2) == 0)
	case record.KindDate:
		return record.Date(moment)
	case record.KindInstant:
		return record.Instant(moment)
	default:
		words := []string{"Oak", " tree ", "12", "2.5", "true", "2026-03-09", "2026-03-09T15:00:00Z", "é\r\n", ""}
		return text(words[random.IntN(len(words))] + words[random.IntN(len(words))])
	}
}

// names is a lookup that knows three records by name.
type names struct{ mapping.Lookup }

func (names) Named(model, name string) (string, int) {
	switch {
	case model != "res.partner":
		return "", -1
	case name == "Azure":
		return "14", 1
	case name == "Twin":
		return "15", 2
	default:
		return "", 0
	}
}

func (names) NameOf(_, id string) (string, bool) { return "Azure", id == "14" }

func TestLinksByName(t *testing.T) {
	f := pairOf(t, "many2one", record.KindText, func(p *mapping.Pair) { p.OdooField.Relation = "res.partner" })
	t.Run("Ensure a name becomes the link to the one record of that name", func(t *testing.T) {
		got, err := f.ReadExternal(mapping.Source{Record: external(text("Azure")), Lookup: names{}})
		if err != nil || !got.Equal(record.Ref("res.partner", "14")) {
			t.Errorf("got %v, %v", got, err)
		}
		if needs := f.NeedsNamed(external(text("Azure"))); len(needs) != 1 || needs[0] != (record.Reference{Model: "res.partner", ID: "Azure"}) {
			t.Errorf("it needs %v", needs)
		}
	})
	for name, want := range map[string]string{
		"Twin":   `"Twin" is the name of 2 records of res.partner`,
		"Nobody": `"Nobody" is the name of no record of res.partner that can be seen`,
	} {
		t.Run("Ensure "+name+" fits nowhere", func(t *testing.T) {
			_, err := f.ReadExternal(mapping.Source{Record: external(text(name)), Lookup: names{}})
			var u *mapping.UnfitError
			if !errors.As(err, &u) || u.Error() != want {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("Ensure a link goes out as the record's name, and nothing as nothing", func(t *testing.T) {
		link := record.Ref("res.partner", "14")
		got, err := f.WriteExternal(mapping.Target{Value: link, Source: mapping.Source{Lookup: names{}}})
		if err != nil || !got["x"].Equal(text("Azure")) {
			t.Errorf("got %v, %v", got, err)
		}
		if needs := f.NeedsNames(inOdoo(link)); len(needs) != 1 || needs[0].ID != "14" {
			t.Errorf("it needs %v", needs)
		}
		if got, err = f.WriteExternal(mapping.Target{Value: record.Null()}); err != nil || !got["x"].IsNull() {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestOptions(t *testing.T) {
	options := func(scope string) ([]string, bool) { return []string{"Small", "Big"}, scope == "B1" }
	f := pairOf(t, "char", record.KindText, func(p *mapping.Pair) { p.Options = options })
	open := pairOf(t, "char", record.KindText, func(p *mapping.Pair) { p.Options, p.CreateOptions = options, true })
	write := func(f mapping.Field, scope string) error {
		_, err := f.WriteExternal(mapping.Target{Value: text("Huge"), Source: mapping.Source{Scope: scope}})
		return err
	}
	t.Run("Ensure a value that is no option waits, with what can be done", func(t *testing.T) {
		err := write(f, "B1")
		var u *mapping.UnfitError
		if !errors.As(err, &u) || u.Error() != `"Huge" is none of the options of x (Small, Big); add it there, or set create_options: true` {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure it goes out where options are created, or where any value will do", func(t *testing.T) {
		if err := write(open, "B1"); err != nil {
			t.Error(err)
		}
		if err := write(f, "B2"); err != nil {
			t.Error(err)
		}
	})
	t.Run("Ensure a record that lacks the field takes no part", func(t *testing.T) {
		without := record.New("demo", "1", map[string]record.Value{})
		if _, err := f.ReadExternal(mapping.Source{Record: without}); !errors.Is(err, mapping.ErrSkip) {
			t.Errorf("got %v", err)
		}
		values, err := f.WriteExternal(mapping.Target{Value: text("Small"), Current: without})
		if err != nil || len(values) != 0 {
			t.Errorf("got %v, %v", values, err)
		}
	})
}

func lossy(f mapping.Field, html string) bool {
	return len(f.Lossy(inOdoo(record.HTML(html)))) > 0
}

func TestMustField(t *testing.T) {
	t.Run("Ensure a program's own pair works both ways and is named as its Odoo field", func(t *testing.T) {
		f := mapping.Pair{
			Odoo: "priority", External: "important", Kind: record.KindBool,
			Values: []mapping.Translation{{Odoo: "1", External: "true"}, {Odoo: "0", External: "false"}},
		}.MustField()
		got, err := f.WriteExternal(mapping.Target{Value: record.Text("1")})
		if err != nil || f.Name != "priority" || !got["important"].Equal(record.Bool(true)) {
			t.Errorf("%s writes %v with the error %v", f.Name, got, err)
		}
	})
	t.Run("Ensure a wrong one panics", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("nothing panics")
			}
		}()
		mapping.Pair{Odoo: "priority", External: "important", Modifiers: []string{"shout"}}.MustField()
	})
}

func TestDayOutsideAndMomentInOdoo(t *testing.T) {
	f := pairOf(t, "datetime", record.KindDate, nil)
	evening := inOdoo(instant("2026-03-09T17:30:00Z"))
	read := func(v record.Value, err error) record.Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}

	t.Run("Ensure the hour that only Odoo has is no difference", func(t *testing.T) {
		fromOdoo := read(f.ReadOdoo(mapping.Source{Record: evening}))
		out, err := f.WriteExternal(mapping.Target{Value: fromOdoo})
		if err != nil || !out["x"].Equal(day("2026-03-09")) {
			t.Fatalf("%v goes out, with the error %v", out, err)
		}
		if back := read(f.ReadExternal(mapping.Source{Record: external(out["x"])})); !back.Equal(fromOdoo) {
			t.Errorf("%v comes back, want %v", back, fromOdoo)
		}
	})

	t.Run("Ensure another day gets the hour that Odoo has", func(t *testing.T) {
		other := read(f.ReadExternal(mapping.Source{Record: external(day("2026-03-11"))}))
		got, err := f.WriteOdoo(mapping.Target{Value: other, Current: evening})
		if err != nil || !got["o"].Equal(instant("2026-03-11T17:30:00Z")) {
			t.Errorf("%v is written, with the error %v", got, err)
		}
	})
}
