package binding_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/state/statetest"
)

var now = time.Date(2026, 3, 9, 12, 0, 5, 123456000, time.UTC)

func TestMain(m *testing.M) { os.Exit(statetest.Main(m)) }

// world is a binder with what tests do to it.
type world struct {
	testing.TB
	db *state.DB
	*binding.Binder
}

func newWorld(t testing.TB, s statetest.Store) *world {
	db := s.Another(t).Open(t, state.Options{})
	return &world{t, db, binding.New(db, "https://odoo.test/db", "shop")}
}

func (w *world) write(fn func(tx *state.Tx) error) error { return w.db.Write(w.Context(), fn) }

func (w *world) must(fn func(tx *state.Tx) error) {
	w.Helper()
	if err := w.write(fn); err != nil {
		w.Fatal(err)
	}
}

// save stores bindings and gives them back with their ids.
func (w *world) save(bindings ...binding.Binding) []binding.Binding {
	w.Helper()
	w.must(func(tx *state.Tx) error {
		for i := range bindings {
			if err := w.Save(w.Context(), tx, &bindings[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return bindings
}

func (w *world) get(id int64) binding.Binding {
	w.Helper()
	b, ok, err := w.Get(w.Context(), id)
	if err != nil || !ok {
		w.Fatalf("binding %d: %v, %v", id, ok, err)
	}
	return b
}

func card(external string, odoo int64, scope string) binding.Binding {
	return binding.Binding{Model: "demo.card", OdooModel: "project.task", ExternalID: external, OdooID: odoo, Scope: scope}
}

func externalIDs(bindings []binding.Binding) (ids []string) {
	for _, b := range bindings {
		ids = append(ids, b.ExternalID)
	}
	return ids
}

func TestSave(t *testing.T) { statetest.Each(t, testSave) }

func testSave(t *testing.T, s statetest.Store) {
	t.Run("Ensure everything that a binding holds comes back", func(t *testing.T) {
		w := newWorld(t, s)
		full := binding.Binding{
			Model: "demo.card", ExternalID: "c1", OdooModel: "project.task", OdooID: 7, Scope: "B1", Role: binding.Primary, Parent: "B1", Name: "Door",
			Fields: binding.Fields{
				"name":    {External: "aa", Odoo: "bb", Base: record.Text("Door")},
				"tag_ids": {External: "cc", Base: record.RefSet(record.Reference{Model: "project.tags", ID: "4"})},
				"due":     {},
			},
			OdooWriteDate: "2026-03-09 12:00:05", ActiveFlip: "2026-03-08 00:00:00", SyncDate: now, ExternalGone: now.Add(time.Second), OdooGone: now.Add(time.Minute), Retired: now.Add(time.Hour),
			Intent: binding.Export, IntentAt: now.Add(time.Hour),
			Sent: binding.Sent{
				Values: map[string]record.Value{"title": record.Text("Door")}, Name: "Door", Parent: "B1", Repeated: true,
				Fields: binding.Fields{"name": {Base: record.Text("Door")}},
			},
		}
		saved := w.save(full)[0]
		if saved.ID == 0 || saved.Canonical != record.CanonicalVersion {
			t.Errorf("it has the id %d and version %d", saved.ID, saved.Canonical)
		}
		if got := w.get(saved.ID); !reflect.DeepEqual(got, saved) {
			t.Errorf("stored was\n%+v\nand came back as\n%+v", saved, got)
		}
		t.Run("Ensure a change of it comes back too", func(t *testing.T) {
			changed := saved
			changed.Name, changed.Intent, changed.IntentAt, changed.Sent = "Gate", binding.None, time.Time{}, binding.Sent{}
			changed.ExternalGone, changed.OdooGone, changed.Retired = time.Time{}, time.Time{}, time.Time{}
			changed = w.save(changed)[0]
			if got := w.get(saved.ID); !reflect.DeepEqual(got, changed) {
				t.Errorf("stored was\n%+v\nand came back as\n%+v", changed, got)
			}
		})
	})
	t.Run("Ensure a binding that leaves its role out is a primary one, on disk and in hand", func(t *testing.T) {
		w := newWorld(t, s)
		saved := w.save(card("c1", 1, ""))[0]
		if got := w.get(saved.ID); saved.Role != binding.Primary || got.Role != binding.Primary {
			t.Errorf("in hand it is %q, on disk %q", saved.Role, got.Role)
		}
	})
	t.Run("Ensure nothing is there after the transaction failed", func(t *testing.T) {
		w := newWorld(t, s)
		stop := errors.New("stop")
		b := card("c1", 1, "")
		err := w.write(func(tx *state.Tx) error {
			if err := w.Save(w.Context(), tx, &b); err != nil {
				return err
			}
			return stop
		})
		all, allErr := w.All(t.Context(), "demo.card")
		if !errors.Is(err, stop) || allErr != nil || len(all) != 0 {
			t.Errorf("%v left %v behind, %v", err, all, allErr)
		}
	})
	t.Run("Ensure a binding can be taken away", func(t *testing.T) {
		w := newWorld(t, s)
		saved := w.save(card("c1", 1, ""), card("c2", 2, ""))
		w.must(func(tx *state.Tx) error { return w.Delete(w.Context(), tx, saved[0].ID) })
		all, err := w.All(t.Context(), "demo.card")
		if err != nil || !slices.Equal(externalIDs(all), []string{"c2"}) {
			t.Errorf("left are %v, %v", all, err)
		}
		if _, ok, err := w.Get(t.Context(), saved[0].ID); ok || err != nil {
			t.Errorf("it is found: %v, %v", ok, err)
		}
	})
}

func TestDuplicates(t *testing.T) { statetest.Each(t, testDuplicates) }

func testDuplicates(t *testing.T, s statetest.Store) {
	alias := func(b binding.Binding) binding.Binding { b.Role = binding.Alias; return b }
	for _, c := range []struct {
		name    string
		second  binding.Binding
		refused bool
	}{
		{"an external record is bound once", card("c1", 2, ""), true},
		{"an external record is bound once, in whatever scope", card("c1", 2, "B2"), true},
		{"an external record is bound once, in whatever role", alias(card("c1", 2, "")), true},
		{"an Odoo record has one primary in a scope", card("c2", 1, "B1"), true},
		{"an Odoo record may have a primary in another scope", card("c2", 1, "B2"), false},
		{"an Odoo record may have an alias in the same scope", alias(card("c2", 1, "B1")), false},
		{"another model has its own ids", func() binding.Binding { b := card("c1", 1, "B1"); b.Model = "demo.list"; return b }(), false},
		{"an export's intent takes the Odoo record's place", card("", 1, "B1"), true},
		{"an import's intent takes the external record's place", card("c1", 0, ""), true},
	} {
		t.Run("Ensure "+c.name, func(t *testing.T) {
			w := newWorld(t, s)
			w.save(card("c1", 1, "B1"))
			err := w.write(func(tx *state.Tx) error { return w.Save(w.Context(), tx, &c.second) })
			var duplicate *binding.DuplicateError
			if !c.refused {
				if err != nil {
					t.Errorf("it was refused: %v", err)
				}
				return
			}
			if !errors.As(err, &duplicate) || !state.IsUniqueViolation(err) {
				t.Fatalf("got %v", err)
			}
			if !strings.Contains(err.Error(), c.second.String()) || strings.Contains(err.Error(), "\n") {
				t.Errorf("the error says %v", err)
			}
		})
	}
	t.Run("Ensure a change that makes a duplicate is refused as well", func(t *testing.T) {
		w := newWorld(t, s)
		second := w.save(card("c1", 1, ""), card("c2", 2, ""))[1]
		second.OdooID = 1
		var duplicate *binding.DuplicateError
		if err := w.write(func(tx *state.Tx) error { return w.Save(w.Context(), tx, &second) }); !errors.As(err, &duplicate) || duplicate.Binding.ID != second.ID {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure several intents may be open at a time", func(t *testing.T) {
		w := newWorld(t, s)
		w.save(card("", 1, ""), card("", 2, ""), card("c3", 0, ""), card("c4", 0, ""))
	})
	t.Run("Ensure backends and databases don't share their bindings", func(t *testing.T) {
		w := newWorld(t, s)
		w.save(card("c1", 1, ""))
		for _, other := range []*binding.Binder{binding.New(w.db, w.Database(), "other"), binding.New(w.db, "https://odoo.test/other", w.Backend())} {
			b := card("c1", 1, "")
			w.must(func(tx *state.Tx) error { return other.Save(w.Context(), tx, &b) })
			all, err := other.All(t.Context(), "demo.card")
			if err != nil || len(all) != 1 || all[0].ID != b.ID {
				t.Errorf("%s of %s has %v, %v", other.Backend(), other.Database(), all, err)
			}
			if _, ok, err := w.Get(t.Context(), b.ID); ok || err != nil {
				t.Errorf("the first binder finds it: %v, %v", ok, err)
			}
		}
	})
}

func TestFinding(t *testing.T) { statetest.Each(t, testFinding) }

func testFinding(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	alias := card("rouge", 4, "B1")
	alias.Role = binding.Alias
	saved := w.save(alias, card("red1", 4, "B1"), card("red2", 4, "B2"), card("blue", 5, ""), card("", 6, ""), card("new", 0, ""))
	ctx := t.Context()

	t.Run("Ensure external records are found by their ids, and unbound ones are absent", func(t *testing.T) {
		found, err := w.ByExternal(ctx, "demo.card", []string{"red1", "rouge", "nobody", "new"})
		if err != nil || len(found) != 3 || found["red1"].ID != saved[1].ID || found["rouge"].Role != binding.Alias || found["new"].Bound() {
			t.Errorf("found are %v, %v", found, err)
		}
	})
	t.Run("Ensure Odoo records are found with all their bindings, primaries first", func(t *testing.T) {
		found, err := w.ByOdoo(ctx, "demo.card", []int64{4, 6, 99})
		if err != nil || len(found) != 2 || !slices.Equal(externalIDs(found[4]), []string{"red1", "red2", "rouge"}) || len(found[6]) != 1 {
			t.Errorf("found are %v, %v", found, err)
		}
	})
	t.Run("Ensure no ids and another model find nothing", func(t *testing.T) {
		byExternal, err := w.ByExternal(ctx, "demo.card", nil)
		byOdoo, err2 := w.ByOdoo(ctx, "demo.list", []int64{4, 5})
		if len(byExternal)+len(byOdoo) != 0 || err != nil || err2 != nil {
			t.Errorf("found are %v and %v, %v, %v", byExternal, byOdoo, err, err2)
		}
	})
	for _, c := range []struct {
		external string
		id       int64
		ok       bool
	}{{"red1", 4, true}, {"rouge", 4, true}, {"blue", 5, true}, {"new", 0, false}, {"nobody", 0, false}, {"", 0, false}} {
		t.Run(fmt.Sprintf("Ensure %q is bound to %d", c.external, c.id), func(t *testing.T) {
			if id, ok, err := w.ToOdoo(ctx, "demo.card", c.external); id != c.id || ok != c.ok || err != nil {
				t.Errorf("got %d, %v, %v", id, ok, err)
			}
		})
	}
	for _, c := range []struct {
		odoo         int64
		scope, wants string
	}{{4, "B1", "red1"}, {4, "B2", "red2"}, {4, "", ""}, {4, "B3", ""}, {5, "", "blue"}, {6, "", ""}, {99, "", ""}} {
		t.Run(fmt.Sprintf("Ensure %d in scope %q goes out through %q", c.odoo, c.scope, c.wants), func(t *testing.T) {
			if id, ok, err := w.ToBackend(ctx, "demo.card", c.odoo, c.scope); id != c.wants || ok != (c.wants != "") || err != nil {
				t.Errorf("got %q, %v, %v", id, ok, err)
			}
		})
	}
	t.Run("Ensure all are listed, primaries first, intents among them", func(t *testing.T) {
		all, err := w.All(ctx, "demo.card")
		if got := externalIDs(all); err != nil || !slices.Equal(got, []string{"red1", "red2", "blue", "", "new", "rouge"}) {
			t.Errorf("got %q, %v", got, err)
		}
	})
}

func TestManyAtOnce(t *testing.T) { statetest.Each(t, testManyAtOnce) }

func testManyAtOnce(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	const bound, asked = 2000, 40000 // SQLite takes at most 32,766 parameters, and as ids in a list of them the question would fail
	bindings := make([]binding.Binding, bound)
	for i := range bindings {
		bindings[i] = card(strconv.Itoa(i), int64(i)+1, "")
	}
	w.save(bindings...)
	external, odoo := make([]string, asked), make([]int64, asked)
	for i := range asked {
		external[i], odoo[i] = strconv.Itoa(i), int64(i)+1
	}
	t.Run("Ensure 2,000 external records are found by one question", func(t *testing.T) {
		for _, n := range []int{bound, asked} {
			found, err := w.ByExternal(t.Context(), "demo.card", external[:n])
			if err != nil || len(found) != bound || found["1999"].OdooID != 2000 {
				t.Errorf("asked for %d, found %d, %v", n, len(found), err)
			}
		}
	})
	t.Run("Ensure 2,000 Odoo records are found by one question", func(t *testing.T) {
		for _, n := range []int{bound, asked} {
			found, err := w.ByOdoo(t.Context(), "demo.card", odoo[:n])
			if err != nil || len(found) != bound || found[2000][0].ExternalID != "1999" {
				t.Errorf("asked for %d, found %d, %v", n, len(found), err)
			}
		}
	})
	t.Run("Ensure ids are compared as they are written", func(t *testing.T) {
		odd := []string{`a"b`, "a'b", "<&>", "é\u2028", "007", "7.0", "NULL", " 8"}
		for i, id := range odd {
			w.save(card(id, int64(10_000+i), ""))
		}
		found, err := w.ByExternal(t.Context(), "demo.card", odd)
		if err != nil || len(found) != len(odd) || found["007"].ExternalID != "007" {
			t.Errorf("found are %v, %v", found, err)
		}
	})
}

func TestIntents(t *testing.T) { statetest.Each(t, testIntents) }

func testIntents(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	intent := func(b binding.Binding, i binding.Intent, sent binding.Sent) binding.Binding {
		b.Intent, b.IntentAt, b.Sent = i, now, sent
		return b
	}
	sent := binding.Sent{Values: map[string]record.Value{"title": record.Text("Door")}, Name: "Door"}
	repeated := sent
	repeated.Repeated = true
	list := intent(card("", 3, ""), binding.Export, sent)
	list.Model = "demo.list"
	saved := w.save(
		card("c0", 9, ""),
		intent(card("", 1, "B1"), binding.Export, sent),
		intent(card("c2", 0, "B1"), binding.Import, sent),
		intent(card("c3", 4, ""), binding.None, repeated),
		list,
	)
	ids := func(bindings []binding.Binding) (out []int64) {
		for _, b := range bindings {
			out = append(out, b.ID)
		}
		return out
	}
	t.Run("Ensure open intents of every model are listed, oldest first", func(t *testing.T) {
		got, err := w.Intents(t.Context())
		if err != nil || !slices.Equal(ids(got), []int64{saved[1].ID, saved[2].ID, saved[4].ID}) {
			t.Errorf("got %v, %v", got, err)
		}
		if got[0].Bound() || got[0].Sent.Values["title"].AsText() != "Door" || !got[0].IntentAt.Equal(now) {
			t.Errorf("the intent is %+v", got[0])
		}
	})
	t.Run("Ensure unsettled are a model's open exports, and those whose request was repeated", func(t *testing.T) {
		got, err := w.Unsettled(t.Context(), "demo.card")
		if err != nil || !slices.Equal(ids(got), []int64{saved[1].ID, saved[3].ID}) {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("Ensure an intent that succeeded is neither", func(t *testing.T) {
		done := saved[1]
		done.ExternalID, done.Intent, done.IntentAt, done.Sent = "c1", binding.None, time.Time{}, binding.Sent{}
		w.save(done)
		open, err := w.Intents(t.Context())
		unsettled, err2 := w.Unsettled(t.Context(), "demo.card")
		if len(open) != 2 || len(unsettled) != 1 || err != nil || err2 != nil {
			t.Errorf("got %v and %v, %v, %v", open, unsettled, err, err2)
		}
	})
}

func TestBase(t *testing.T) { statetest.Each(t, testBase) }

func testBase(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	b := card("c1", 1, "")
	b.Fields = binding.Fields{"name": {External: "aa", Odoo: "bb", Base: record.Text("Door")}, "due": {Base: record.Null()}}
	saved := w.save(b)[0]
	t.Run("Ensure a base is known as soon as it was written, be it empty", func(t *testing.T) {
		for _, of := range []binding.Binding{saved, w.get(saved.ID)} {
			st, known := of.Base("name")
			if !known || st.Base.AsText() != "Door" || st.External != "aa" || st.Odoo != "bb" {
				t.Errorf("got %+v, %v", st, known)
			}
			if _, known := of.Base("due"); !known {
				t.Error("the empty base is not known")
			}
			if _, known := of.Base("other"); known {
				t.Error("a field that never was has a base")
			}
		}
	})
	t.Run("Ensure a base of another canonical form is not known", func(t *testing.T) {
		for _, version := range []int{record.CanonicalVersion - 1, record.CanonicalVersion + 1} {
			w.must(func(tx *state.Tx) error {
				_, err := tx.ExecContext(t.Context(), `UPDATE binding SET canonical = ? WHERE id = ?`, version, saved.ID)
				return err
			})
			if _, known := w.get(saved.ID).Base("name"); known {
				t.Errorf("the base of version %d is known", version)
			}
		}
	})
	t.Run("Ensure a binding that cannot be read is an error that says which one", func(t *testing.T) {
		for _, column := range []string{"fields", "intent_sent"} {
			broken := w.save(card("broken "+column, 0, ""))[0]
			w.must(func(tx *state.Tx) error {
				_, err := tx.ExecContext(t.Context(), `UPDATE binding SET `+column+` = '{"name":{"base":{"colour":"red"}}, "values":[]}' WHERE id = ?`, broken.ID)
				return err
			})
			if _, _, err := w.Get(t.Context(), broken.ID); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("binding %d", broken.ID)) {
				t.Errorf("%s: %v", column, err)
			}
		}
	})
}

func TestBinding(t *testing.T) {
	t.Run("Ensure a pair is bound when both halves are there, and gone when one was deleted", func(t *testing.T) {
		if !card("c", 1, "").Bound() || card("", 1, "").Bound() || card("c", 0, "").Bound() || card("c", 1, "").Gone() {
			t.Error("a half pair counts as bound, or a whole one as gone")
		}
		if !(binding.Binding{ExternalGone: now}).Gone() || !(binding.Binding{OdooGone: now}).Gone() {
			t.Error("a deleted half is not gone")
		}
	})
	t.Run("Ensure a pair takes part unless a half is missing, was deleted or it is retired", func(t *testing.T) {
		whole, gone, retired := card("c", 1, ""), card("c", 1, ""), card("c", 1, "")
		gone.OdooGone, retired.Retired = now, now
		if !whole.TakesPart() || gone.TakesPart() || retired.TakesPart() || card("c", 0, "").TakesPart() {
			t.Errorf("%v %v %v", whole.TakesPart(), gone.TakesPart(), retired.TakesPart())
		}
	})
	t.Run("Ensure people see the pair", func(t *testing.T) {
		if got := card("c1", 7, "").String(); got != "demo.card c1 ↔ project.task 7" {
			t.Errorf("got %s", got)
		}
		if got := card("", 7, "").String(); got != "demo.card – ↔ project.task 7" {
			t.Errorf("got %s", got)
		}
		if binding.OdooID(7) != "7" {
			t.Errorf("got %s", binding.OdooID(7))
		}
	})
}

func TestReviews(t *testing.T) { statetest.Each(t, testReviews) }

func testReviews(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	ctx := t.Context()
	review := func(external string, odoo int64, scope, field string) binding.Review {
		return binding.Review{
			Model: "demo.card", ExternalID: external, OdooID: odoo, Scope: scope, Field: field, Parent: "B1", Name: "Door",
			Kind: binding.Conflict, Reason: "both sides changed it", Fingerprint: "f1", Created: now,
		}
	}
	save := func(reviews ...binding.Review) {
		t.Helper()
		w.must(func(tx *state.Tx) error {
			for _, r := range reviews {
				if err := w.SaveReview(ctx, tx, r); err != nil {
					return err
				}
			}
			return nil
		})
	}
	list := func() []binding.Review {
		t.Helper()
		got, err := w.Reviews(ctx, "demo.card")
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	keys := func() (out []string) {
		for _, r := range list() {
			out = append(out, fmt.Sprintf("%s/%d/%s/%s", r.ExternalID, r.OdooID, r.Scope, r.Field))
		}
		return out
	}

	first := review("c1", 1, "B1", "name")
	save(first)
	t.Run("Ensure a review comes back as it was opened", func(t *testing.T) {
		got := list()
		if len(got) != 1 || got[0].ID == 0 {
			t.Fatalf("got %+v", got)
		}
		want := first
		want.ID = got[0].ID
		if got[0] != want {
			t.Errorf("got %+v, want %+v", got[0], want)
		}
	})
	t.Run("Ensure the same record and field refreshes it and keeps when it was opened", func(t *testing.T) {
		again := first
		again.Kind, again.Reason, again.Fingerprint, again.Name, again.Created = binding.Lossy, "another reason", "f2", "Gate", now.Add(time.Hour)
		save(again)
		got := list()
		if len(got) != 1 || got[0].Kind != binding.Lossy || got[0].Reason != "another reason" || got[0].Fingerprint != "f2" || got[0].Name != "Gate" {
			t.Fatalf("got %+v", got)
		}
		if !got[0].Created.Equal(now) {
			t.Errorf("it was opened at %v", got[0].Created)
		}
	})
	save(review("c1", 1, "B1", "due"), review("c1", 0, "", ""), review("", 1, "B1", ""), review("", 1, "B2", ""), review("c2", 2, "B1", ""), review("", 0, "", ""))
	t.Run("Ensure a refresh takes no number", func(t *testing.T) {
		if got := list(); got[1].ID != got[0].ID+1 {
			t.Errorf("after the review %d comes %d", got[0].ID, got[1].ID)
		}
	})
	t.Run("Ensure other fields, halves and scopes have reviews of their own, oldest first", func(t *testing.T) {
		want := []string{"c1/1/B1/name", "c1/1/B1/due", "c1/0//", "/1/B1/", "/1/B2/", "c2/2/B1/", "/0//"}
		if got := keys(); !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
	t.Run("Ensure another model, backend and database have none of them", func(t *testing.T) {
		for _, other := range []*binding.Binder{binding.New(w.db, w.Database(), "x"), binding.New(w.db, "x", w.Backend())} {
			if got, err := other.Reviews(ctx, "demo.card"); err != nil || len(got) != 0 {
				t.Errorf("got %v, %v", got, err)
			}
		}
		if got, err := w.Reviews(ctx, "demo.list"); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
	t.Run("Ensure the reviews that are named stay, with their numbers", func(t *testing.T) {
		before, err := w.Reviews(ctx, "demo.card")
		if err != nil {
			t.Fatal(err)
		}
		var all []int64
		for _, r := range before {
			all = append(all, r.ID)
		}
		w.must(func(tx *state.Tx) error { return w.CloseReviews(ctx, tx, "demo.card", "c1", 1, "B1", all...) })
		if after, err := w.Reviews(ctx, "demo.card"); err != nil || !slices.EqualFunc(before, after, func(a, b binding.Review) bool { return a.ID == b.ID }) {
			t.Errorf("%v, want %v (%v)", after, before, err)
		}
	})
	t.Run("Ensure a record's reviews are closed by its external id and, in its scope, by its Odoo id", func(t *testing.T) {
		w.must(func(tx *state.Tx) error { return w.CloseReviews(ctx, tx, "demo.card", "c1", 1, "B1") })
		if got, want := keys(), []string{"/1/B2/", "c2/2/B1/", "/0//"}; !slices.Equal(got, want) {
			t.Errorf("left are %v, want %v", got, want)
		}
	})
	t.Run("Ensure closing half a pair's reviews leaves those of other halves", func(t *testing.T) {
		w.must(func(tx *state.Tx) error { return w.CloseReviews(ctx, tx, "demo.card", "", 2, "B1") })
		w.must(func(tx *state.Tx) error { return w.CloseReviews(ctx, tx, "demo.card", "nobody", 0, "") })
		if got, want := keys(), []string{"/1/B2/", "/0//"}; !slices.Equal(got, want) {
			t.Errorf("left are %v, want %v", got, want)
		}
	})
}

func TestDatabases(t *testing.T) { statetest.Each(t, testDatabases) }

func testDatabases(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	ctx := t.Context()
	for i, database := range []string{"b", "a", "b"} {
		b := card(strconv.Itoa(i), int64(i)+1, "")
		w.must(func(tx *state.Tx) error { return binding.New(w.db, database, "shop").Save(ctx, tx, &b) })
	}
	w.must(func(tx *state.Tx) error {
		r := binding.Review{Model: "demo.card", ExternalID: "c", Kind: binding.Deleted, Reason: "gone", Created: now}
		if err := binding.New(w.db, "0", "shop").SaveReview(ctx, tx, r); err != nil {
			return err
		}
		return binding.New(w.db, "z", "other").SaveReview(ctx, tx, r)
	})
	t.Run("Ensure a backend's databases are listed once and sorted, also those with nothing but reviews", func(t *testing.T) {
		if got, err := binding.Databases(ctx, w.db, "shop"); err != nil || !slices.Equal(got, []string{"0", "a", "b"}) {
			t.Errorf("got %v, %v", got, err)
		}
		if got, err := binding.Databases(ctx, w.db, "nobody"); err != nil || len(got) != 0 {
			t.Errorf("got %v, %v", got, err)
		}
	})
}

func TestCancelled(t *testing.T) { statetest.Each(t, testCancelled) }

func testCancelled(t *testing.T, s statetest.Store) {
	w := newWorld(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("Ensure every question ends with its context", func(t *testing.T) {
		_, byExternal := w.ByExternal(ctx, "m", []string{"a"})
		_, byOdoo := w.ByOdoo(ctx, "m", []int64{1})
		_, _, toOdoo := w.ToOdoo(ctx, "m", "a")
		_, _, toBackend := w.ToBackend(ctx, "m", 1, "")
		_, _, get := w.Get(ctx, 1)
		_, reviews := w.Reviews(ctx, "m")
		_, databases := binding.Databases(ctx, w.db, "shop")
		for i, err := range []error{byExternal, byOdoo, toOdoo, toBackend, get, reviews, databases} {
			if !errors.Is(err, context.Canceled) {
				t.Errorf("question %d gives %v", i, err)
			}
		}
	})
}
