package record_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/record"
)

// noon is an instant with more digits than a value keeps.
var noon = time.Date(2026, 3, 9, 12, 0, 5, 123456789, time.UTC)

func decimal(t testing.TB, s string) record.Value {
	t.Helper()
	v, err := record.Decimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// golden has a value of every kind with its stored form. A line of it may only change together with
// record.CanonicalVersion, since bindings on people's disks hold these forms.
func golden(t testing.TB) []struct {
	value record.Value
	json  string
} {
	return []struct {
		value record.Value
		json  string
	}{
		{record.Null(), `null`},
		{record.Bool(false), `{"bool":false}`},
		{record.Bool(true), `{"bool":true}`},
		{record.Int(math.MaxInt64), `{"int":9223372036854775807}`},
		{record.Int(math.MinInt64), `{"int":-9223372036854775808}`},
		{decimal(t, "-0012.50"), `{"decimal":"-12.5"}`},
		{record.Text(""), `{"text":""}`},
		{record.Text("Paint <the> door & \"frame\"\n\u2028é"), `{"text":"Paint \u003cthe\u003e door \u0026 \"frame\"\n\u2028é"}`},
		{record.HTML("<p>Oak</p>"), `{"html":"\u003cp\u003eOak\u003c/p\u003e"}`},
		{record.Markdown("*Oak*"), `{"markdown":"*Oak*"}`},
		{record.Date(noon), `{"date":"2026-03-09"}`},
		{record.Instant(noon), `{"instant":"2026-03-09T12:00:05.123456Z"}`},
		{record.Instant(time.Unix(0, 0)), `{"instant":"1970-01-01T00:00:00Z"}`},
		{record.Ref("project.tags", "4"), `{"ref":["project.tags","4"]}`},
		{record.RefSet(), `{"refs":[]}`},
		{record.RefSet(record.Reference{Model: "b", ID: "2"}, record.Reference{Model: "a", ID: "10"}, record.Reference{Model: "b", ID: "2"}), `{"refs":[["a","10"],["b","2"]]}`},
		{record.Bytes([]byte{0, 255, 'a'}), `{"bytes":"AP9h"}`},
	}
}

func TestStoredForm(t *testing.T) {
	t.Run("Ensure the canonical form's version is the one that these tests describe", func(t *testing.T) {
		if record.CanonicalVersion != 1 {
			t.Errorf("version %d: look at every golden form here and in TestCanonical", record.CanonicalVersion)
		}
	})
	kinds := map[record.Kind]bool{}
	for _, g := range golden(t) {
		kinds[g.value.Kind()] = true
		t.Run("Ensure "+g.json+" is the stored form of "+g.value.String(), func(t *testing.T) {
			b, err := json.Marshal(g.value)
			if err != nil || string(b) != g.json {
				t.Fatalf("got %s, %v", b, err)
			}
			back := record.Text("what was there before")
			if err := json.Unmarshal(b, &back); err != nil || !back.Equal(g.value) {
				t.Errorf("it reads back as %s, %v", back, err)
			}
		})
	}
	t.Run("Ensure every kind is among them", func(t *testing.T) {
		for k := record.KindNull; !strings.HasPrefix(k.String(), "kind("); k++ {
			if !kinds[k] {
				t.Errorf("no golden form of %s", k)
			}
		}
	})
	t.Run("Ensure values are found inside of other structures, null too", func(t *testing.T) {
		in := map[string]record.Value{"name": record.Text("Door"), "due": record.Null()}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out map[string]record.Value
		if err := json.Unmarshal(b, &out); err != nil || len(out) != 2 || !out["name"].Equal(in["name"]) || !out["due"].IsNull() {
			t.Errorf("%s came back as %v, %v", b, out, err)
		}
	})
}

func TestStoredFormRefused(t *testing.T) {
	for _, bad := range []string{
		`{}`, `[]`, `7`, `"text"`, `{"text":"a","int":1}`, `{"text":null}`, `{"text":7}`, `{"bool":"yes"}`, `{"int":1.5}`, `{"int":9223372036854775808}`,
		`{"decimal":"1e3"}`, `{"decimal":""}`, `{"date":"9.3.2026"}`, `{"instant":"2026-03-09"}`, `{"instant":"9999-12-31T23:59:59-01:00"}`,
		`{"ref":["project.tags"]}`, `{"ref":["a","1","2"]}`, `{"ref":["a",null]}`, `{"refs":[["a"]]}`, `{"refs":[null]}`, `{"bytes":"?"}`, `{"colour":"red"}`,
	} {
		t.Run("Ensure "+bad+" is refused", func(t *testing.T) {
			v := record.Text("before")
			err := json.Unmarshal([]byte(bad), &v)
			if err == nil {
				t.Fatalf("it was read as %s", v)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("the error has more than one line: %v", err)
			}
			if !v.Equal(record.Text("before")) {
				t.Errorf("it left %s behind", v)
			}
		})
	}
}

func TestCanonical(t *testing.T) {
	text := record.Text
	for _, c := range []struct {
		name     string
		from, to record.Value
	}{
		{"line ends of Windows become \\n", text("a\r\nb"), text("a\nb")},
		{"line ends of old Macs become \\n", text("a\rb\r\r"), text("a\nb\n\n")},
		{"control characters are dropped, tabs are not", text("a\x00\x07\tb\x1f"), text("a\tb")},
		{"noncharacters that XML cannot carry are dropped", text("a\uFFFE\uFFFFb"), text("ab")},
		{"what is no UTF-8 becomes the replacement character", text("a\xffb"), text("a\uFFFDb")},
		{"a letter and its accent become one letter", text("e\u0301"), text("é")},
		{"HTML and Markdown are cleaned as text is", record.HTML("<p>e\u0301\r\n</p>"), record.HTML("<p>é\n</p>")},
		{"an empty text is null", text(""), record.Null()},
		{"a text of nothing but control characters is null", text("\x00\x01"), record.Null()},
		{"an empty HTML is null", record.HTML(""), record.Null()},
		{"an empty Markdown is null", record.Markdown("\uFFFE"), record.Null()},
		{"a blank is a text", text(" "), text(" ")},
		{"an instant is cut to its second", record.Instant(noon), record.Instant(noon.Truncate(time.Second))},
		{"an instant before 1970 is cut downwards", record.Instant(time.Unix(-1, 5e8)), record.Instant(time.Unix(-1, 0))},
		{"an empty set of references is null", record.RefSet(), record.Null()},
		{"a set of references stays", record.RefSet(record.Reference{Model: "a", ID: "1"}), record.RefSet(record.Reference{Model: "a", ID: "1"})},
		{"false is not null", record.Bool(false), record.Bool(false)},
		{"zero is not null", record.Int(0), record.Int(0)},
		{"no bytes are not null", record.Bytes(nil), record.Bytes(nil)},
		{"null is null", record.Null(), record.Null()},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			if got := c.from.Canonical(); !got.Equal(c.to) {
				t.Errorf("%q became %q, want %q", c.from, got, c.to)
			}
		})
	}
}

func TestDecimal(t *testing.T) {
	for in, want := range map[string]string{
		"12.50": "12.5", "0012": "12", "12.": "12", ".5": "0.5", "-.50": "-0.5", "+3": "3", "-0": "0", "-0.000": "0", "000": "0", "1.000": "1",
		"123456789012345678901234567890.10": "123456789012345678901234567890.1",
	} {
		t.Run("Ensure "+in+" is "+want, func(t *testing.T) {
			v := decimal(t, in)
			if v.AsText() != want || v.Kind() != record.KindDecimal {
				t.Errorf("got %s", v.AsText())
			}
			if again := decimal(t, v.AsText()); !again.Equal(v) {
				t.Errorf("%s is not its own normal form", v)
			}
		})
	}
	for _, bad := range []string{"", " ", ".", "-", "+-1", "--1", "1.2.3", "1,5", "1e3", "0x10", "NaN", "Inf", "1 000", "١"} {
		t.Run(fmt.Sprintf("Ensure %q is no decimal", bad), func(t *testing.T) {
			if v, err := record.Decimal(bad); err == nil || !v.IsNull() {
				t.Errorf("got %s, %v", v, err)
			}
		})
	}
	t.Run("Ensure a float keeps the digits that it was given", func(t *testing.T) {
		for f, want := range map[float64]string{0.1: "0.1", 1e21: "1000000000000000000000", -2.50: "-2.5", 0: "0"} {
			if got := record.Float(f); got.AsText() != want {
				t.Errorf("%v became %s", f, got)
			}
		}
		for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			if got := record.Float(f); !got.IsNull() {
				t.Errorf("%v became %s", f, got)
			}
		}
	})
	t.Run("Ensure numbers are compared exactly", func(t *testing.T) {
		if a, b := decimal(t, "0.30").AsRat(), decimal(t, "0.1").AsRat(); a.Cmp(b.Add(b, decimal(t, "0.2").AsRat())) != 0 {
			t.Errorf("0.30 is not 0.1 + 0.2")
		}
		if record.Int(3).AsRat().Cmp(decimal(t, "3.0").AsRat()) != 0 || record.Text("3").AsRat() != nil {
			t.Error("an int has a number and a text has none")
		}
	})
}

func TestHash(t *testing.T) {
	ref := func(model, id string) record.Reference { return record.Reference{Model: model, ID: id} }
	different := [][]record.Value{
		{},
		{record.Null()},
		{record.Null(), record.Null()},
		{record.Bool(false)},
		{record.Int(0)},
		{record.Int(1)},
		{record.Bool(true)},
		{record.Instant(time.UnixMicro(1))},
		{record.Text("")},
		{record.HTML("")},
		{record.Markdown("")},
		{record.Bytes(nil)},
		{record.Text("1")},
		{decimal(t, "1")},
		{record.Text("2026-03-09")},
		{record.Date(noon)},
		{record.Text("a"), record.Text("bc")},
		{record.Text("ab"), record.Text("c")},
		{record.Text("abc")},
		{record.Text("abc"), record.Text("")},
		{record.Text(""), record.Text("abc")},
		{record.Text("a;text1:b0")},
		{record.Text("a"), record.Text("b")},
		{record.Ref("a", "12")},
		{record.Ref("a1", "2")},
		{record.RefSet(ref("a", "12"))},
		{record.RefSet(ref("a", "1"), ref("a", "2"))},
		{record.RefSet(ref("a", "1"), ref("a", "2")), record.RefSet()},
		{record.RefSet(ref("a", "1")), record.RefSet(ref("a", "2"))},
		{record.RefSet()},
		{record.Text("é")},
		{record.Text("e\u0301")},
	}
	seen := map[string][]record.Value{}
	for _, values := range different {
		h := record.HashValues(values...)
		if other, twice := seen[h]; twice {
			t.Errorf("%v and %v have one hash", values, other)
		}
		if seen[h] = values; len(h) != 16 {
			t.Errorf("the hash %s has not 16 digits", h)
		}
	}
	t.Run("Ensure equal values have one hash, whatever way they were made", func(t *testing.T) {
		if a, b := decimal(t, "1.50").Hash(), decimal(t, "+1.5").Hash(); a != b {
			t.Errorf("1.50 has %s and 1.5 has %s", a, b)
		}
		if a, b := record.RefSet(ref("a", "1"), ref("b", "2")), record.RefSet(ref("b", "2"), ref("a", "1"), ref("b", "2")); a.Hash() != b.Hash() {
			t.Errorf("the order of references shows in the hash")
		}
	})
	t.Run("Ensure the hash is the one that bindings on disk hold", func(t *testing.T) {
		got := record.HashValues(record.Text("Paint the door"), record.Null(), record.Ref("project.tags", "4"))
		if want := "b0be3568e98f5c57"; got != want {
			t.Errorf("got %s, want %s: another hash makes every field look changed once", got, want)
		}
	})
}

func TestValueReading(t *testing.T) {
	t.Run("Ensure a value gives nothing under another kind's name", func(t *testing.T) {
		for _, g := range golden(t) {
			v, k := g.value, g.value.Kind()
			if _, ok := v.AsRef(); ok != (k == record.KindRef) {
				t.Errorf("%s: AsRef gives %v", v, ok)
			}
			if k != record.KindBool && v.AsBool() || k != record.KindInt && v.AsInt() != 0 || k != record.KindBytes && v.AsBytes() != nil {
				t.Errorf("%s is read as another kind", v)
			}
			if k != record.KindInstant && k != record.KindDate && !v.AsTime().IsZero() {
				t.Errorf("%s has the time %v", v, v.AsTime())
			}
		}
	})
	t.Run("Ensure a value gives back what it was made of", func(t *testing.T) {
		if !record.Bool(true).AsBool() || record.Int(-7).AsInt() != -7 || string(record.Bytes([]byte("x")).AsBytes()) != "x" {
			t.Error("a bool, an int or bytes got lost")
		}
		if got := record.Instant(noon).AsTime(); !got.Equal(noon.Truncate(time.Microsecond)) || got.Location() != time.UTC {
			t.Errorf("the instant came back as %v", got)
		}
		late := time.Date(2026, 3, 9, 23, 30, 0, 0, time.FixedZone("", -3600))
		if got := record.Date(late); got.AsText() != "2026-03-09" || got.AsTime().Day() != 9 {
			t.Errorf("the day of %v is %s", late, got)
		}
		if ref, ok := record.Ref("res.partner", "5").AsRef(); !ok || ref.String() != "res.partner,5" {
			t.Errorf("the reference came back as %s", ref)
		}
	})
	t.Run("Ensure people see a short form of every kind", func(t *testing.T) {
		for _, c := range []struct {
			value record.Value
			want  string
		}{
			{record.Null(), "(empty)"}, {record.Bool(true), "true"}, {record.Int(5), "5"}, {decimal(t, "1.50"), "1.5"}, {record.Text("a\nb"), `"a\nb"`},
			{record.Date(noon), "2026-03-09"}, {record.Ref("a", "1"), "[a,1]"}, {record.Bytes([]byte("secret")), "6 bytes"},
			{record.RefSet(record.Reference{Model: "a", ID: "2"}, record.Reference{Model: "a", ID: "1"}), "[a,1 a,2]"},
		} {
			if got := c.value.String(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		}
	})
}

func TestImmutability(t *testing.T) {
	t.Run("Ensure With leaves the original as it was", func(t *testing.T) {
		r := record.New("project.task", "7", map[string]record.Value{"name": record.Text("Door")})
		changed := r.With("name", record.Text("Gate")).With("color", record.Int(3))
		if r.Value("name").AsText() != "Door" || r.Has("color") || changed.Value("name").AsText() != "Gate" || changed.ID != "7" {
			t.Errorf("the original is %v, the copy %v", r.Values(), changed.Values())
		}
		if empty := (record.Record{}).With("name", record.Text("x")); !empty.Has("name") {
			t.Error("a record without values cannot get one")
		}
	})
	t.Run("Ensure the maps that go in and come out are copies", func(t *testing.T) {
		in := map[string]record.Value{"name": record.Text("Door")}
		r := record.New("m", "1", in)
		in["name"] = record.Text("changed")
		r.Values()["name"] = record.Text("changed")
		if r.Value("name").AsText() != "Door" {
			t.Errorf("the record holds %s", r.Value("name"))
		}
	})
	t.Run("Ensure a set of references copies what it is given and what it gives", func(t *testing.T) {
		in := []record.Reference{{Model: "m", ID: "2"}, {Model: "m", ID: "1"}}
		v := record.RefSet(in...)
		if in[0].ID != "2" {
			t.Error("it sorted the caller's slice")
		}
		in[1].ID = "9"
		v.AsRefs()[0].ID = "9"
		if got := v.String(); got != "[m,1 m,2]" {
			t.Errorf("the set is %s", got)
		}
	})
	t.Run("Ensure bytes are copied", func(t *testing.T) {
		in := []byte("ab")
		v := record.Bytes(in)
		in[0] = 'x'
		v.AsBytes()[1] = 'x'
		if string(v.AsBytes()) != "ab" {
			t.Errorf("the bytes are %s", v.AsBytes())
		}
	})
}

func TestDiff(t *testing.T) {
	before := record.New("m", "1", map[string]record.Value{
		"name": record.Text("Door\r\n"), "note": record.Text(""), "color": record.Int(1), "gone": record.Text("x"),
	})
	after := record.New("m", "1", map[string]record.Value{
		"name": record.Text("Door\n"), "color": record.Int(2), "active": record.Bool(false), "empty": record.Text(""),
	})
	var got []string
	for _, d := range record.Diff(before, after) {
		got = append(got, fmt.Sprintf("%s %s→%s", d.Field, d.Old, d.New))
	}
	want := []string{"active (empty)→false", "color 1→2", `gone "x"→(empty)`}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if d := record.Diff(before, before); len(d) != 0 {
		t.Errorf("a record differs from itself in %v", d)
	}
}

func TestRecord(t *testing.T) {
	r := record.New("trello.card", "abc", map[string]record.Value{"name": record.Null(), "desc": record.Text("x")})
	t.Run("Ensure an empty field and a missing one can be told apart", func(t *testing.T) {
		if v, ok := r.Get("name"); !ok || !v.IsNull() || !r.Has("name") {
			t.Errorf("the empty field is %s, %v", v, ok)
		}
		if v, ok := r.Get("due"); ok || !v.IsNull() || r.Has("due") || !r.Value("due").IsNull() {
			t.Errorf("the missing field is %s, %v", v, ok)
		}
	})
	t.Run("Ensure names are sorted and the record names itself", func(t *testing.T) {
		if got := r.Names(); !slices.Equal(got, []string{"desc", "name"}) || r.Reference().String() != "trello.card,abc" {
			t.Errorf("got %v of %s", got, r.Reference())
		}
	})
}

func FuzzStoredForm(f *testing.F) {
	for _, g := range golden(f) {
		f.Add([]byte(g.json))
	}
	f.Add([]byte(`{"refs":[["b","2"],["a","1"],["b","2"]]}`))
	f.Add([]byte(`{"instant":"0000-01-01T00:00:00+01:00"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var v, back record.Value
		if json.Unmarshal(data, &v) != nil {
			return
		}
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatalf("%q was read as %s but cannot be written: %v", data, v, err)
		}
		if err := json.Unmarshal(b, &back); err != nil || !back.Equal(v) {
			t.Fatalf("%q was read as %s, written as %s and read back as %s, %v", data, v, b, back, err)
		}
		if back.Hash() != v.Hash() {
			t.Fatalf("%s has another hash after it was stored", v)
		}
	})
}

func FuzzCanonical(f *testing.F) {
	for _, s := range []string{"", "a\r\nb", "\r\x00\n", "e\u0301\uFFFE", "a\xff", strings.Repeat("\u0301", 40), "\u1100\u1161\u11a8"} {
		f.Add(s, int64(1_500_000))
	}
	f.Fuzz(func(t *testing.T, s string, micros int64) {
		for _, v := range []record.Value{record.Text(s), record.HTML(s), record.Markdown(s), record.Instant(time.UnixMicro(micros))} {
			once := v.Canonical()
			if twice := once.Canonical(); !twice.Equal(once) {
				t.Fatalf("the canonical form of %q is %q, and of that %q", v, once, twice)
			}
			if strings.ContainsAny(once.AsText(), "\r\x00\uFFFE\uFFFF") {
				t.Fatalf("%q holds what XML cannot carry", once)
			}
		}
	})
}
