package cmd

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/state"
)

// read is what a command tells programs.
func (d *desk) read(into any, args ...string) {
	d.Helper()
	text := d.must(append([]string{"--output", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), into); err != nil {
		d.Fatalf("%v: %v\n%s", args, err, text)
	}
}

// refused is run for a command that must be refused.
func (d *desk) refused(why string, args ...string) {
	d.Helper()
	if code, out, errs := d.run(args...); code != exitUsage || !strings.Contains(errs, why) {
		d.Errorf("%v: exit %d, %q; want %q\n%s", args, code, errs, why, out)
	}
}

// aCard is a bound card.
func (d *desk) aCard() bindingView {
	d.Helper()
	var page bindingsPage
	d.read(&page, "bindings", "list", "--model", "trello.card", "--search", "bookshelf")
	if len(page.Bindings) != 1 {
		d.Fatalf("%+v", page)
	}
	return page.Bindings[0]
}

func TestBindings(t *testing.T) {
	d := newDesk(t, sandboxed)
	d.must("sync")
	t.Run("Ensure pages follow each other, by number and by what the one before says", func(t *testing.T) {
		var first, second, byNumber bindingsPage
		d.read(&first, "bindings", "list", "--limit", "2")
		d.read(&second, "bindings", "list", "--limit", "2", "--page", first.Next)
		d.read(&byNumber, "bindings", "list", "--limit", "2", "--page", "2")
		if len(second.Bindings) != 2 || second.Bindings[0].ID <= first.Bindings[1].ID || second.Bindings[0].ID != byNumber.Bindings[0].ID {
			t.Errorf("%+v\n%+v\n%+v", first, second, byNumber)
		}
		_, out, errs := d.run("bindings", "list", "trello", "--limit", "2", "--page", "2", "--state", "alias")
		mustHave(t, out+errs, "No bindings.")
		_, _, errs = d.run("bindings", "list", "--model", "trello.board", "--limit", "2")
		mustHave(t, errs, "page 1 of 2, 3 bindings in all; --page 2 shows the next\n")
	})
	t.Run("Ensure filters are checked", func(t *testing.T) {
		d.refused(`--state "bond" is no state of a binding; did you mean "bound"?`, "bindings", "list", "--state", "bond")
		d.refused(`trello has no binding model "trello.crad"; did you mean "trello.card"?`, "bindings", "list", "--model", "trello.crad")
		d.refused(`--page "x" is no page`, "bindings", "list", "--page", "x")
		d.refused(`did you mean "trello"?`, "bindings", "list", "--backend", "trelo")
	})
	t.Run("Ensure a pair is shown by its number and by either id, with what was agreed on and its jobs", func(t *testing.T) {
		b := d.aCard()
		out := d.must("bindings", "show", strconv.FormatInt(b.ID, 10))
		mustHave(t, out, "Outside       card "+b.ExternalID+"\n", "In Odoo       task ", "State         bound\n", "  FIELD          LAST AGREED ON\n",
			`  name           "Bookshelf, 2.40 m, beech"`+"\n", "  project_id     project.project ", "\nThe latest jobs\n")
		for _, name := range []string{b.ExternalID, "trello.card:" + b.ExternalID, "project.task:" + strconv.FormatInt(b.OdooID, 10)} {
			if again := d.must("bindings", "show", name); again != out {
				t.Errorf("%s shows\n%s", name, again)
			}
		}
		d.refused("there is no binding 9999; `connector bindings list` shows them", "bindings", "show", "9999")
		d.refused("trello.card nope is not bound", "bindings", "show", "trello.card:nope")
		d.refused(`"x" is no id of a record of project.task`, "bindings", "show", "project.task:x")
		d.refused(`"nonsense" names no binding`, "bindings", "show", "nonsense")
	})
	t.Run("Ensure a pair is taken apart only by who says so, and is bound again by hand", func(t *testing.T) {
		b := d.aCard()
		name, odoo := "trello.card:"+b.ExternalID, strconv.FormatInt(b.OdooID, 10)
		d.refused("needs --yes", "bindings", "unlink", name)
		_, out, errs := d.run("bindings", "unlink", name, "--yes")
		mustHave(t, strings.Join(strings.Fields(out+errs), " "), "the next sync binds them again", "that is found by its identifier, and what differs waits for review", "both records are as they were")
		d.refused("is not bound", "bindings", "show", name)
		mustHave(t, d.must("bindings", "link", "trello.card", b.ExternalID, odoo), " is done: bound card "+b.ExternalID+" to task "+odoo)
		mustHave(t, d.must("bindings", "link", "trello.card", b.ExternalID, odoo), "they are bound already, by binding ")
		d.refused(`there is no binding model "trello.crad"; did you mean "trello.card"?`, "bindings", "link", "trello.crad", "1", "2")
		d.refused("there is no such card", "bindings", "link", "trello.card", "65f1a0c000000000000000ff", "1")
		d.refused("is no id of an Odoo record", "bindings", "link", "trello.card", "1", "x")
		mustHave(t, d.must("sync"), "Nothing changed.\n")
	})
}

func TestLinks(t *testing.T) {
	d := newDesk(t, "odoo: [{name: main, url: 'https://odoo.example', username: a, password: {env: NOT_SET}}]\n"+
		"backends: [{name: trello, kind: trello, key: {env: NOT_SET}, token: {env: NOT_SET}}]\n")
	d.failing(1)
	d.on(func(ctx context.Context, db *state.DB) error {
		b := binding.New(db, "https://odoo.example/main", "trello")
		return db.Write(ctx, func(tx *state.Tx) error {
			err := b.Save(ctx, tx, &binding.Binding{Model: "trello.card", ExternalID: "65f1", OdooModel: "project.task", OdooID: 42, Name: "Glue"})
			if err != nil {
				return err
			}
			_, err = tx.ExecContext(ctx, `UPDATE job SET args = '{"model":"trello.card","external_id":"65f1"}'`)
			return err
		})
	})
	t.Run("Ensure a pair and its job tell where both records are seen, whatever the version of Odoo", func(t *testing.T) {
		for _, out := range []string{d.must("bindings", "show", "1"), d.must("jobs", "show", "1")} {
			mustHave(t, out, " https://trello.com/c/65f1\n", " https://odoo.example/web#id=42&model=project.task&view_type=form\n")
		}
	})
	t.Run("Ensure the address is that of the version, once that is known", func(t *testing.T) {
		d.on(func(ctx context.Context, db *state.DB) error {
			return binding.New(db, "https://odoo.example/main", "trello").Remember(ctx, versionKey, "18")
		})
		var v jobDetailView
		d.read(&v, "jobs", "show", "1")
		want := linksView{Odoo: "https://odoo.example/odoo/project.task/42", External: "https://trello.com/c/65f1"}
		if v.Links != want || v.Binding != 1 {
			t.Errorf("%+v", v)
		}
	})
}
