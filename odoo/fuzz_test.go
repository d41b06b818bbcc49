package odoo_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
)

// dice makes values out of the bytes of a fuzzer.
type dice struct{ data []byte }

// seeds are bytes to begin with, the same each time: enough that a test without fuzzing meets each kind of condition.
func seeds(f *testing.F) {
	source := rand.NewChaCha8([32]byte{1})
	for i := range 150 {
		data := make([]byte, 8+i%40)
		if _, err := source.Read(data); err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// roll is a number below n, 0 when the bytes are used up.
func (d *dice) roll(n int) int {
	if len(d.data) == 0 {
		return 0
	}
	b := d.data[0]
	d.data = d.data[1:]
	return int(b) % n
}

func one[T any](d *dice, of ...T) T { return of[d.roll(len(of))] }

func (d *dice) text() string {
	n := min(d.roll(12), len(d.data))
	text := string(d.data[:n])
	d.data = d.data[n:]
	return text
}

func (d *dice) number() int64 {
	n := int64(0)
	for range d.roll(9) {
		n = n<<8 | int64(d.roll(256))
	}
	return n
}

// value is anything that a caller may put into a domain, and some of what it may not.
func (d *dice) value(depth int) any {
	switch d.roll(16) {
	case 0:
		return nil
	case 1:
		return true
	case 2:
		return int(d.number())
	case 3:
		return d.number()
	case 4:
		return math.Float64frombits(uint64(d.number()))
	case 5:
		return d.text()
	case 6:
		return one(d, "Garden", "a%", "1", "0", "2025-01-31", "2025-01-31 10:00:00", "2025-01-31T10:00:00.5Z", "today", "1_done", "")
	case 7:
		return time.Unix(d.number()%(1<<40), d.number()%1e9)
	case 8:
		return []int64{d.number(), 1}
	case 9:
		return []string{d.text(), "Garden"}
	case 10:
		return map[string]any{"a": 1}
	case 11:
		return odoo.Domain(d.items(depth + 1))
	case 12:
		return d.items(depth + 1)
	default:
		return int64(d.roll(6))
	}
}

// items are a list that is most often a domain.
func (d *dice) items(depth int) []any {
	if depth > 4 {
		return nil
	}
	if d.roll(4) == 3 {
		return d.anything(depth)
	}
	items := d.tree(depth)
	for range d.roll(3) {
		items = append(items, d.tree(depth)...)
	}
	return items
}

// tree is a condition, or one or two trees under a sign.
func (d *dice) tree(depth int) []any {
	sign := d.roll(8)
	switch {
	case depth > 4 || sign < 4:
		return []any{d.condition(depth)}
	case sign == 4:
		return append([]any{"!"}, d.tree(depth+1)...)
	default:
		items := append([]any{one(d, "&", "|")}, d.tree(depth+1)...)
		return append(items, d.tree(depth+1)...)
	}
}

// condition is one whose value most often suits its field.
func (d *dice) condition(depth int) any {
	equal := []string{"=", "!=", "in", "not in", "<>", "=?"}
	switch d.roll(10) {
	case 0:
		return d.comparison(append(equal, "like", "ilike", "not ilike", "=like"), []string{"name", "display_name", "project_id.name", "stage_id.project_ids.name", "child_ids.name"})
	case 1, 2:
		return []any{one(d, "id", "parent_id", "stage_id", "tag_ids", "project_id", "child_ids"), one(d, equal...), one[any](d, 1, 2, false, nil, []any{1, 3}, []int64{2}, "Task 1")}
	case 3:
		return []any{one(d, "sequence", "tag_ids.color", "parent_id.sequence"), one(d, append(equal, "<", ">=")...), one[any](d, 0, 2, 4, 3.0, "4", []any{4, nil})}
	case 4:
		return []any{"active", one(d, equal...), one[any](d, true, false, 1, 0, []any{true})}
	case 5:
		return []any{"priority", one(d, append(equal, "ilike")...), one[any](d, "0", "1", 1, nil, []string{"1", "5"})}
	case 6:
		return []any{one(d, "date_deadline", "write_date"), one(d, ">=", "<", "=", "!="), one[any](d, "2025-01-31 10:00:00", "2025-01-31T10:00", nil, time.Unix(1738317600, 0))}
	case 7:
		return []any{one(d, "stage_id", "tag_ids", "project_id", "parent_id"), one(d, "any", "not any"), odoo.Domain(d.items(depth + 2))}
	default:
		return []any{d.field(), d.operator(), d.value(depth)}
	}
}

// comparison is one with a text.
func (d *dice) comparison(operators, fields []string) any {
	return []any{one(d, fields...), one(d, operators...), one[any](d, "Task 1", "Task%", "Garden", "Done", "", "Task _", []string{"Task 1", "Done"}, nil)}
}

// anything is a list that may be a domain.
func (d *dice) anything(depth int) []any {
	items := make([]any, d.roll(5))
	for i := range items {
		switch d.roll(12) {
		case 0:
			items[i] = d.value(depth)
		case 1, 2, 3:
			items[i] = one[any](d, "&", "|", "!")
		case 4:
			items[i] = []any{int64(d.roll(3)), "=", int64(d.roll(3))}
		default:
			items[i] = []any{d.field(), d.operator(), d.value(depth)}
		}
	}
	return items
}

func (d *dice) field() any {
	return one[any](d, "name", "id", "active", "sequence", "priority", "stage_id", "tag_ids", "project_id", "parent_id", "write_date", "date_deadline",
		"display_name", "project_id.name", "stage_id.project_ids.name", "tag_ids.color", "child_ids.name", "description", "nam", "", "name.x", d.text(), 1)
}

func (d *dice) operator() any {
	return one[any](d, "=", "!=", "<", "<=", ">", ">=", "=?", "in", "not in", "like", "ilike", "not like", "not ilike", "=like", "=ilike", "child_of", "parent_of",
		"any", "not any", "<>", "ILIKE", "==", "not =like", "", 1, d.text())
}

// garden is a server of a version with some tasks, and a session that hides no archived ones.
func garden(f *testing.F, version string) *odoo.Session {
	server := odootest.New(odootest.Options{Version: version})
	project := server.Create("project.project", map[string]any{"name": "Garden"})
	stage := server.Create("project.task.type", map[string]any{"name": "Done", "project_ids": []int64{project}})
	blue := server.Create("project.tags", map[string]any{"name": "Blue", "color": 4})
	parent := int64(0)
	for i := range 6 {
		task := map[string]any{"name": fmt.Sprintf("Task %d", i), "project_id": project, "active": i != 2, "sequence": i, "priority": fmt.Sprint(i % 2)}
		if i > 2 {
			task["parent_id"], task["stage_id"], task["tag_ids"], task["date_deadline"] = parent, stage, []int64{blue}, "2025-01-31 10:00:00"
		}
		parent = server.Create("project.task", task)
	}
	s, err := odoo.Dial(ctx, fakeOptions(server))
	if err != nil {
		f.Fatal(err)
	}
	return s.WithContext(map[string]any{"active_test": false})
}

// found are the tasks of a domain; ok is false where the session or Odoo refuses it, which each must do by the right kind.
func found(t *testing.T, s *odoo.Session, domain odoo.Domain) (ids []int64, ok bool) {
	checked := s.CheckDomain(ctx, "project.task", domain)
	ids, err := s.Search(ctx, "project.task", domain, odoo.SearchOptions{Order: "id"})
	switch {
	case checked != nil:
		if !odoo.IsKind(checked, odoo.InvalidCall, odoo.InvalidValue, odoo.UnknownField) || err == nil {
			t.Errorf("%#v: the check says %v, the search %v", domain, checked, err)
		}
		return nil, false
	case err != nil:
		if !odoo.IsKind(err, odoo.ValueError, odoo.UnknownField) && !strings.Contains(err.Error(), "KeyError: 'parent_id'") {
			t.Errorf("%#v passes the check, and Odoo says %v", domain, err)
		}
		return nil, false
	}
	return ids, true
}

func FuzzDomain(f *testing.F) {
	var servers []*odoo.Session
	for _, version := range []string{"16.0", "17.0", "18.0", "19.0"} {
		servers = append(servers, garden(f, version))
	}
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data: data}
		s := servers[d.roll(len(servers))]
		a, b := odoo.Domain(d.items(0)), odoo.Domain(d.items(0))
		inA, okA := found(t, s, a)
		inB, okB := found(t, s, b)
		parsed, err := odoo.ParseDomain(a)
		if okA && err != nil {
			t.Fatalf("%#v is found by, and cannot be parsed: %v", a, err)
		}
		if !okA {
			_, _, _ = odoo.And(a, b).Check(), odoo.Or(a, b).Check(), odoo.Not(a).Check()
			return
		}
		every, _ := found(t, s, nil)
		same(t, s, "parsed", parsed, inA)
		same(t, s, "not", odoo.Not(a), without(every, inA))
		if okB {
			same(t, s, "and", odoo.And(a, b), without(inA, without(every, inB)))
			same(t, s, "or", odoo.Or(a, b), without(every, without(without(every, inA), inB)))
			same(t, s, "neither", odoo.Not(odoo.Or(odoo.Not(odoo.Not(a)), b)), without(without(every, inA), inB))
		}
	})
}

func same(t *testing.T, s *odoo.Session, what string, domain odoo.Domain, want []int64) {
	if got, ok := found(t, s, domain); !ok || !slices.Equal(got, want) {
		t.Errorf("%s: %#v finds %v (%v), want %v", what, domain, got, ok, want)
	}
}

func without(ids, gone []int64) []int64 {
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return slices.Contains(gone, id) })
}

// fuzzedFields are fields of each type that odootest keeps.
var fuzzedFields = []struct{ model, name, kind string }{
	{"res.partner", "ref", "char"}, {"res.partner", "color", "integer"}, {"res.partner", "is_company", "boolean"}, {"res.partner", "type", "selection"},
	{"res.partner", "parent_id", "many2one"}, {"res.partner", "comment", "html"}, {"mail.message", "date", "datetime"}, {"res.users", "company_ids", "many2many"},
}

// fieldValue is a value of any kind, most often of the one that the field takes.
func (d *dice) fieldValue(kind string) record.Value {
	if d.roll(8) == 1 {
		kind = one(d, "char", "integer", "boolean", "many2one", "html", "datetime", "many2many", "null", "decimal", "bytes")
	}
	switch kind {
	case "char":
		return record.Text(d.text())
	case "selection":
		return record.Text(one(d, "contact", "invoice", "", d.text()))
	case "integer":
		return record.Int(d.number())
	case "boolean":
		return record.Bool(d.roll(2) == 1)
	case "many2one":
		return record.Ref("res.partner", one(d, "1", "2", d.text()))
	case "html":
		return record.HTML(d.text())
	case "datetime":
		return record.Instant(time.Unix(d.number()%(1<<40), d.number()%1e9))
	case "many2many":
		return record.RefSet(record.Reference{Model: one(d, "res.company", "res.users"), ID: one(d, "1", d.text())})
	case "decimal":
		return record.Float(math.Float64frombits(uint64(d.number())))
	case "bytes":
		return record.Bytes([]byte(d.text()))
	default:
		return record.Null()
	}
}

// comesBack is what Odoo gives back of a value: the documented differences, and HTML, which it cleans.
func comesBack(kind string, v record.Value, loaded bool) (want record.Value, exact bool) {
	switch {
	case kind == "html":
		return v, false
	case kind == "boolean" && v.IsNull():
		return record.Bool(false), true
	case kind == "integer" && v.IsNull():
		return record.Int(0), true
	case kind == "many2many" && v.IsNull():
		return record.RefSet(), true
	case v.Kind() == record.KindText && v.AsText() == "" && (loaded || kind == "selection"):
		return record.Null(), true
	case v.Kind() == record.KindText:
		return record.Text(strings.ReplaceAll(strings.ReplaceAll(v.AsText(), "\r\n", "\n"), "\r", "\n")), true
	default:
		if v.Kind() == record.KindInstant {
			return v.Canonical(), true
		}
		return v, true
	}
}

func FuzzValues(f *testing.F) {
	type wired struct {
		*odoo.Session
		ids map[string]int64
	}
	var ways []wired
	for _, d := range dialers {
		server := odootest.New(odootest.Options{Version: d.version, APIKey: adminKey})
		s, err := odoo.Dial(ctx, d.options(server))
		if err != nil {
			f.Fatal(err)
		}
		partner := server.Create("res.partner", map[string]any{"name": "x"})
		server.Create("ir.model.data", map[string]any{"module": "fuzz", "name": "partner", "model": "res.partner", "res_id": partner})
		ways = append(ways, wired{s, map[string]int64{"res.partner": partner, "res.users": 2, "mail.message": server.Create("mail.message", map[string]any{"body": "x"})}})
	}
	seeds(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		d := &dice{data: data}
		way := ways[d.roll(len(ways))]
		field := one(d, fuzzedFields...)
		give := d.fieldValue(field.kind)
		values := map[string]record.Value{field.name: give}
		err := way.Write(ctx, field.model, []int64{way.ids[field.model]}, values)
		back(t, way.Session, field.model, field.name, field.kind, way.ids[field.model], give, err, false)
		if field.model == "res.partner" {
			results, ended := way.LoadRecords(ctx, field.model, []odoo.NewRecord{{Identifier: "fuzz.partner", Values: values}})
			if ended != nil && results[0].Err == nil {
				t.Fatal(ended)
			}
			back(t, way.Session, field.model, field.name, field.kind, way.ids[field.model], give, results[0].Err, true)
		}
	})
}

// back checks that a written value is read as it was, or was refused for what it is: by the session, or by Odoo where it leads
// to a record that is not there or to itself.
func back(t *testing.T, s *odoo.Session, model, field, kind string, id int64, give record.Value, err error, loaded bool) {
	if err != nil {
		leads := give.Kind() == record.KindRef || give.Kind() == record.KindRefSet
		if !odoo.IsKind(err, odoo.InvalidValue) && (!leads || !odoo.Refused(err) && !odoo.IsKind(err, odoo.ValueError, odoo.MissingError)) {
			t.Errorf("%v for %s: %v", give, field, err)
		}
		return
	}
	rows, _, err := s.Read(ctx, model, []int64{id}, []string{field})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%v for %s cannot be read again: %v", give, field, err)
	}
	if want, exact := comesBack(kind, give, loaded); exact && !rows[0].Value(field).Equal(want) {
		t.Errorf("%v for %s is read as %v (loaded %v)", give, field, rows[0].Value(field), loaded)
	}
}
