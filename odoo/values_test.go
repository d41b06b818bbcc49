package odoo_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
)

// written are values that come back as they were given, or as want says.
var written = []struct {
	name         string
	model, field string
	give         record.Value
	want         *record.Value
}{
	{name: "letters of latin-1", model: "res.partner", field: "name", give: record.Text("Größe: Zoë £ ½")},
	{name: "letters beyond 16 bits", model: "res.partner", field: "name", give: record.Text("漢字 😀 \U0010FFFF")},
	{name: "what XML writes otherwise", model: "res.partner", field: "name", give: record.Text(`<a href="x">&amp; 'b' > c</a>`)},
	{name: "what looks like CDATA", model: "res.partner", field: "name", give: record.Text("<![CDATA[ x ]]> ]]>")},
	{name: "what looks like a comment", model: "res.partner", field: "name", give: record.Text("<!-- x -->")},
	{name: "spaces around", model: "res.partner", field: "name", give: record.Text("  a\tb  ")},
	{name: "what looks like a number", model: "res.partner", field: "ref", give: record.Text("007")},
	{name: "what Python calls false", model: "res.partner", field: "ref", give: record.Text("False")},
	{name: "an empty text", model: "res.partner", field: "ref", give: record.Text("")},
	{name: "nothing in a text", model: "res.partner", field: "ref", give: record.Null()},
	{name: "line ends of Windows", model: "res.partner", field: "ref", give: record.Text("a\r\nb\rc\n"), want: as(record.Text("a\nb\nc\n"))},
	{name: "the replacement character", model: "res.partner", field: "ref", give: record.Text("a\uFFFDb")},
	{name: "a combined letter", model: "res.partner", field: "ref", give: record.Text("e\u0301")},
	{name: "the largest whole number", model: "res.partner", field: "color", give: record.Int(math.MaxInt32)},
	{name: "the smallest whole number", model: "res.partner", field: "color", give: record.Int(math.MinInt32)},
	{name: "no", model: "res.partner", field: "is_company", give: record.Bool(false)},
	{name: "yes", model: "res.partner", field: "is_company", give: record.Bool(true)},
	{name: "a paragraph", model: "res.partner", field: "comment", give: record.HTML("<p>Größe &amp; mehr</p>")},
	{name: "nothing in HTML", model: "res.partner", field: "comment", give: record.Null()},
	{name: "a choice", model: "res.partner", field: "type", give: record.Text("invoice")},
	{name: "no choice", model: "res.partner", field: "type", give: record.Text(""), want: as(record.Null())},
	{name: "a link", model: "res.partner", field: "parent_id", give: record.Ref("res.partner", "1")},
	{name: "no link", model: "res.partner", field: "parent_id", give: record.Null()},
	{name: "a set of links", model: "res.users", field: "company_ids", give: record.RefSet(record.Reference{Model: "res.company", ID: "1"})},
	{name: "a moment in another zone", model: "mail.message", field: "date", give: record.Instant(time.Date(2025, 1, 31, 11, 0, 0, 0, time.FixedZone("", 3600)))},
	{name: "a fraction of a second", model: "mail.message", field: "date", give: record.Instant(time.Date(2025, 1, 31, 10, 0, 0, 999_999_000, time.UTC)),
		want: as(record.Instant(time.Date(2025, 1, 31, 10, 0, 0, 0, time.UTC)))},
	{name: "the first moment", model: "mail.message", field: "date", give: record.Instant(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))},
	{name: "the last moment", model: "mail.message", field: "date", give: record.Instant(time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC))},
}

func as(v record.Value) *record.Value { return &v }

// unwritten are values that are answered by an error before anything is sent.
var unwritten = []struct {
	name         string
	model, field string
	give         record.Value
	text         string
}{
	{"a whole number beyond 32 bits", "res.partner", "color", record.Int(math.MaxInt32 + 1), "32 bits"},
	{"a negative one", "res.partner", "color", record.Int(math.MinInt32 - 1), "32 bits"},
	{"a control character", "res.partner", "name", record.Text("bell \x07"), "U+0007 at byte 5"},
	{"a zero byte", "res.partner", "name", record.Text("\x00"), "U+0000"},
	{"a character that makes answers malformed", "res.partner", "name", record.Text("\uFFFE"), "U+FFFE"},
	{"its neighbour, in HTML", "res.partner", "comment", record.HTML("<p>\uFFFF</p>"), "U+FFFF"},
	{"bytes that are no UTF-8", "res.partner", "ref", record.Text("a\xff"), "not valid UTF-8"},
	{"half of a pair of UTF-16", "res.partner", "ref", record.Text("\xed\xa0\x80"), "not valid UTF-8"},
	{"a choice that is none", "res.partner", "type", record.Text("nonsense"), `"nonsense" is none of its choices (contact, invoice`},
	{"a link elsewhere", "res.partner", "parent_id", record.Ref("res.users", "1"), "leads to res.users, not to res.partner"},
	{"a link to nothing", "res.partner", "parent_id", record.Ref("res.partner", "0"), "no database id"},
	{"a link beyond 32 bits", "res.partner", "parent_id", record.Ref("res.partner", "4294967297"), "no database id"},
	{"an id that is written otherwise", "res.partner", "parent_id", record.Ref("res.partner", "+1"), "no database id"},
	{"a text for a link", "res.partner", "parent_id", record.Text("1"), "takes no value of kind text"},
	{"a text for a boolean", "res.partner", "is_company", record.Text("False"), "takes no value of kind text"},
	{"a fraction for a whole number", "res.partner", "color", record.Float(3.9), "takes no value of kind decimal"},
	{"text where HTML stands", "res.partner", "comment", record.Text("a"), "takes no value of kind text"},
	{"the year 10000", "mail.message", "date", record.Instant(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)), "years 1 to 9999"},
	{"the year 0", "mail.message", "date", record.Instant(time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC)), "years 1 to 9999"},
	{"a date for a moment", "mail.message", "date", record.Date(time.Now()), "takes no value of kind date"},
	{"Odoo's own field", "res.partner", "write_date", record.Instant(time.Unix(0, 0)), "that Odoo sets itself"},
}

func TestValues(t *testing.T) {
	for _, d := range dialers {
		server := odootest.New(odootest.Options{Version: d.version, APIKey: adminKey})
		s := d.dial(t, server)
		records := map[string]int64{
			"res.partner":  server.Create("res.partner", map[string]any{"name": "x", "ref": "x", "type": "other", "comment": "x", "parent_id": 1}),
			"res.users":    2,
			"mail.message": server.Create("mail.message", map[string]any{"body": "x"}),
		}
		for _, c := range written {
			t.Run("Ensure "+c.name+" is written as it is, on Odoo "+d.version+" by "+d.name, func(t *testing.T) {
				want := c.give
				if c.want != nil {
					want = *c.want
				}
				id := records[c.model]
				if err := s.Write(ctx, c.model, []int64{id}, map[string]record.Value{c.field: c.give}); err != nil {
					t.Fatal(err)
				}
				rows, _, err := s.Read(ctx, c.model, []int64{id}, []string{c.field})
				if err != nil || len(rows) != 1 || !rows[0].Value(c.field).Equal(want) {
					t.Errorf("read %v, want %v, error %v", rows, want, err)
				}
			})
		}
		for _, c := range unwritten {
			t.Run("Ensure "+c.name+" is not sent, on Odoo "+d.version+" by "+d.name, func(t *testing.T) {
				before := s.Requests()
				values := map[string]record.Value{c.field: c.give}
				_, errCreate := s.Create(ctx, c.model, []map[string]record.Value{values})
				errWrite := s.Write(ctx, c.model, []int64{records[c.model]}, values)
				loaded, errLoad := s.LoadRecords(ctx, c.model, []odoo.NewRecord{{Identifier: "__connector__.x", Values: values}})
				if errLoad != nil || s.Requests() != before {
					t.Errorf("%d requests, error %v", s.Requests()-before, errLoad)
				}
				for _, err := range []error{errCreate, errWrite, loaded[0].Err} {
					e := failed(t, err)
					if e.Kind != odoo.InvalidValue || e.Model != c.model || e.Field != c.field || !strings.Contains(e.Text, c.text) || e.OutcomeUnknown {
						t.Errorf("kind %q, model %q, field %q, text %q", e.Kind, e.Model, e.Field, e.Text)
					}
				}
			})
		}
	}
}

// raw are values of Go that a caller of ExecuteKW may hand over, and whether a protocol can carry them.
var raw = []struct {
	name      string
	give      any
	xml, json bool
}{
	{"a whole number beyond 32 bits", int64(1) << 40, false, true},
	{"a control character", "bell \x07", false, true},
	{"a character that makes answers malformed", "\uFFFE", false, true},
	{"a zero byte", "\x00", false, false},
	{"bytes that are no UTF-8", "a\xff", false, false},
	{"nothing", nil, false, false},
	{"nothing in a list", []any{nil}, false, false},
	{"raw bytes", []byte("a"), false, false},
	{"a time", time.Now(), false, false},
	{"a number that is none", math.NaN(), false, false},
	{"an infinite number", math.Inf(-1), false, false},
	{"a struct", struct{ A int }{1}, false, false},
	{"a value deep inside", []any{map[string]any{"x": []any{time.Now()}}}, false, false},
}

func TestRawValues(t *testing.T) {
	for _, d := range dialers {
		server := odootest.New(odootest.Options{Version: d.version, APIKey: adminKey})
		s := d.dial(t, server)
		id := server.Create("res.partner", map[string]any{"name": "x"})
		for _, c := range raw {
			if d.name == "JSON-2" && c.json || d.name == "XML-RPC" && c.xml {
				continue
			}
			t.Run("Ensure "+c.name+" from a caller of ExecuteKW is not sent, by "+d.name+" on Odoo "+d.version, func(t *testing.T) {
				before := s.Requests()
				_, err := s.ExecuteKW(ctx, "res.partner", "write", []any{[]any{id}, map[string]any{"name": c.give}}, nil)
				e := failed(t, err)
				if e.Kind != odoo.InvalidValue || e.Model != "res.partner" || s.Requests() != before || e.OutcomeUnknown {
					t.Errorf("kind %q, model %q, %d requests: %v", e.Kind, e.Model, s.Requests()-before, e)
				}
				if _, deep := c.give.([]any); !deep && e.Field != "name" {
					t.Errorf("field %q", e.Field)
				}
			})
		}
		t.Run("Ensure a name with an & reaches Odoo whole, by "+d.name+" on Odoo "+d.version, func(t *testing.T) {
			_, err := s.ExecuteKW(ctx, "res.partner", "create", []any{[]any{map[string]any{"na&me<": "x"}}}, nil)
			if e := failed(t, err); e.Kind != odoo.UnknownField || !strings.Contains(e.Text, "na&me<") {
				t.Errorf("kind %q, text %q", e.Kind, e.Text)
			}
		})
	}
}

func TestYearsOfFewDigits(t *testing.T) {
	t.Run("Ensure a year is read as Odoo gives it, without its zeros", func(t *testing.T) {
		server := withFields(func(called) (any, error) {
			return []any{map[string]any{"id": int64(1), "date_deadline": "1-02-03 04:05:06", "day": "999-12-31"}}, nil
		})
		rows, err := dial(t, server).SearchRead(ctx, "project.task", nil, []string{"date_deadline", "day"}, odoo.SearchOptions{})
		if err != nil {
			t.Fatal(err)
		}
		at, day := time.Date(1, 2, 3, 4, 5, 6, 0, time.UTC), time.Date(999, 12, 31, 0, 0, 0, 0, time.UTC)
		if got := rows[0]; !got.Value("date_deadline").Equal(record.Instant(at)) || !got.Value("day").Equal(record.Date(day)) {
			t.Errorf("read %v and %v", got.Value("date_deadline"), got.Value("day"))
		}
	})
}

func TestNumbers(t *testing.T) {
	decimal := func(s string) record.Value {
		v, err := record.Decimal(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	sent := func(v record.Value) (any, error) {
		server := withFields(func(called) (any, error) { return true, nil })
		err := dial(t, server).Write(ctx, "project.task", []int64{1}, map[string]record.Value{"hours": v})
		if err != nil {
			return nil, err
		}
		return server.calls[1].args[1].(map[string]any)["hours"], nil
	}
	for give, want := range map[string]float64{
		"0.1": 0.1, "-12.50": -12.5, "1234567.891": 1234567.891, "9007199254740992": 1 << 53, "0": 0,
		"0.1000000000000000055511151231257827": 0.1, "33.3333333333333333333333": 100.0 / 3,
		"1000000000000000000000": 1e21, // its digits are few
	} {
		t.Run("Ensure "+give+" is sent as the nearest float", func(t *testing.T) {
			if got, err := sent(decimal(give)); err != nil || got != want {
				t.Errorf("sent %v, error %v", got, err)
			}
		})
	}
	for _, v := range []record.Value{decimal("9007199254740993"), decimal("12345678901234567890.5"), record.Int(1<<53 + 1), decimal("1" + strings.Repeat("0", 400))} {
		t.Run(fmt.Sprintf("Ensure %.30v is refused, for a float holds fewer digits", v), func(t *testing.T) {
			got, err := sent(v)
			if e := failed(t, err); e.Kind != odoo.InvalidValue || e.Field != "hours" || got != nil {
				t.Errorf("sent %v, error %v", got, err)
			}
		})
	}
}

func TestIdentifiers(t *testing.T) {
	for name, identifier := range map[string]string{
		"an empty one": "", "one without a module": "card_1", "one without a name": "__connector__.", "one with a space": "__connector__.trello card",
		"one with a line end": "__connector__.a\n", "one with a wide space": "__connector__.a\u00a0b", "one with a control character": "__connector__.\x07",
	} {
		t.Run("Ensure "+name+" is that record's error, before anything is sent", func(t *testing.T) {
			l := newLoader(badName, blameFirst)
			values := map[string]record.Value{"name": record.Text("a")}
			got, err := dial(t, l).LoadRecords(ctx, "project.task", []odoo.NewRecord{{Identifier: identifier, Values: values}, {Identifier: "m.b", Values: values}})
			if err != nil || got[1].ID == 0 || len(l.sizes) != 1 || l.sizes[0] != 1 {
				t.Fatalf("%v, %v", got, err)
			}
			if e := failed(t, got[0].Err); e.Kind != odoo.InvalidValue || e.Field != "id" {
				t.Errorf("kind %q, field %q", e.Kind, e.Field)
			}
		})
	}
}
