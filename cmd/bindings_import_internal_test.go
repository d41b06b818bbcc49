package cmd

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/state"
)

// forget takes all bindings out of the state.
func (d *desk) forget() {
	d.Helper()
	d.on(func(ctx context.Context, db *state.DB) error {
		return db.Write(ctx, func(tx *state.Tx) error {
			_, err := tx.ExecContext(ctx, "DELETE FROM binding")
			return err
		})
	})
}

func TestExportAndImport(t *testing.T) {
	for _, form := range []string{"jsonl", "csv"} {
		t.Run("Ensure that what was exported as "+form+" comes back as it was, once", func(t *testing.T) {
			d := newDesk(t, sandboxed)
			d.must("sync")
			file := d.path("bindings." + form)
			mustHave(t, d.must("bindings", "export", "--to", file), "84 bindings written to "+file+"\n")
			before := d.must("bindings", "export", "trello")
			d.forget()
			mustHave(t, d.must("bindings", "import", file, "--dry-run"), "84 pairs would be bound, 0 were so before\n")
			if out := d.must("bindings", "list"); out != "No bindings.\n" {
				t.Errorf("a dry run bound\n%s", out)
			}
			mustHave(t, d.must("bindings", "import", file), "84 pairs bound, 0 were so before\n")
			if after := d.must("bindings", "export"); after != before {
				t.Errorf("other bindings came back:\n%s\nthan were kept:\n%s", after, before)
			}
			mustHave(t, d.must("bindings", "import", file), "0 pairs bound, 84 were so before\n")
			mustHave(t, d.must("sync"), "Nothing changed.\n")
		})
	}
	t.Run("Ensure that ids alone are enough, and that an import that broke off is gone on with", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.must("sync")
		var page bindingsPage
		d.read(&page, "bindings", "list", "--limit", "0")
		lines := []string{"model,external_id,odoo_id,role,parent"}
		for _, b := range page.Bindings {
			lines = append(lines, fmt.Sprintf("%s,%s,%d,%s,%s", b.Model, b.ExternalID, b.OdooID, b.Role, b.Parent))
		}
		d.forget()
		d.write("some.csv", strings.Join(lines[:30], "\n"))
		d.write("all.csv", strings.Join(lines, "\n"))
		mustHave(t, d.must("bindings", "import", d.path("some.csv")), "29 pairs bound, 0 were so before\n")
		mustHave(t, d.must("bindings", "import", d.path("all.csv")), "55 pairs bound, 29 were so before\n")
		out := d.must("sync")
		if strings.Contains(out, "created") {
			t.Errorf("something was made twice:\n%s", out)
		}
		mustHave(t, d.must("sync"), "Nothing changed.\n")
	})
}

func TestImportRefuses(t *testing.T) {
	d := newDesk(t, sandboxed)
	d.must("sync")
	b := d.aCard()
	t.Run("Ensure that all that is wrong is told by its line, and nothing is bound", func(t *testing.T) {
		d.write("bad.jsonl", strings.Join([]string{
			`{"model":"trello.card","external_id":"65f1a0c000000000000000ff","odoo_id":99999}`,
			`{"model":"trello.card","external_id":"x"}`,
			`{"model":"trello.crad","external_id":"x","odoo_id":1}`,
			``,
			`nonsense`,
			`{"model":"trello.card","external_id":"x","odoo_id":"1"}`,
			`{"model":"trello.card","externalid":"x","odoo_id":1}`,
		}, "\n"))
		code, _, errs := d.run("bindings", "import", d.path("bad.jsonl"))
		if code != exitUsage {
			t.Errorf("exit %d", code)
		}
		mustHave(t, errs, "bad.jsonl:2: it needs model, external_id and odoo_id", `bad.jsonl:3: there is no binding model "trello.crad"; did you mean "trello.card"?`,
			"bad.jsonl:5: no binding in JSON: a line looks like those that `connector bindings export` writes [",
			"bad.jsonl:6: no binding in JSON: odoo_id cannot be a string", `bad.jsonl:7: no binding in JSON: there is no "externalid"; did you mean "external_id"?`,
			"nothing was bound; correct the lines and import the file again")
	})
	t.Run("Ensure that records that are not there, bound elsewhere or given twice are told", func(t *testing.T) {
		d.write("bad.jsonl", strings.Join([]string{
			`{"model":"trello.card","external_id":"65f1a0c000000000000000ff","odoo_id":1}`,
			fmt.Sprintf(`{"model":"trello.card","external_id":%q,"odoo_id":99999}`, b.ExternalID),
			fmt.Sprintf(`{"model":"trello.card","external_id":%q,"odoo_id":%d}`, b.ExternalID, b.OdooID),
		}, "\n"))
		code, _, errs := d.run("bindings", "import", d.path("bad.jsonl"))
		if code != exitUsage {
			t.Errorf("exit %d", code)
		}
		mustHave(t, errs, "bad.jsonl:1: there is no card 65f1a0c000000000000000ff outside",
			"bad.jsonl:2: there is no task 99999 in Odoo, or the user may not see it",
			"bad.jsonl:3: one of its records is in the file twice")
	})
	t.Run("Ensure that a file that is none is refused", func(t *testing.T) {
		d.refused("the file cannot be read: "+d.path("nowhere")+": no such file or directory", "bindings", "import", d.path("nowhere"))
		d.write("head.csv", "modell,external_id,odoo_id\n")
		d.refused(`head.csv:1: there is no column "modell"; did you mean "model"?`, "bindings", "import", d.path("head.csv"))
		d.refused(`--format "xml" is neither jsonl nor csv`, "bindings", "import", d.path("head.csv"), "--format", "xml")
		d.refused("--to FILE writes into a file", "bindings", "export", "bindings.jsonl")
		d.refused("name a file that is not there yet", "bindings", "export", "--to", d.path("head.csv"))
		if text, err := os.ReadFile(d.path("head.csv")); err != nil || len(text) != 27 {
			t.Errorf("it was written over: %q (%v)", text, err)
		}
	})
}

func TestDryImport(t *testing.T) {
	t.Run("Ensure that a dry run writes nothing into the state, whatever an earlier run has left there", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.must("sync")
		file := d.path("bindings.jsonl")
		d.must("bindings", "export", "--to", file)
		d.on(func(ctx context.Context, db *state.DB) error {
			return db.Write(ctx, func(tx *state.Tx) error { // a creation whose outcome is open, and a job in the hands of nobody
				for _, left := range []string{
					"UPDATE binding SET odoo_id = NULL, intent = 'import', intent_at = 1 WHERE id = (SELECT MAX(id) FROM binding WHERE model = 'trello.card')",
					"UPDATE job SET state = 'started', worker = 'gone:1' WHERE id = (SELECT MAX(id) FROM job)",
				} {
					if _, err := tx.ExecContext(ctx, left); err != nil {
						return err
					}
				}
				return nil
			})
		})
		sums := func() (text string) {
			d.on(func(ctx context.Context, db *state.DB) error {
				all, err := db.Sums(ctx)
				text = fmt.Sprint(all)
				return err
			})
			return text
		}
		before := sums()
		mustHave(t, d.must("bindings", "import", file, "--dry-run"), "would be bound")
		if after := sums(); after != before {
			t.Errorf("the state holds\n%s\nand held before\n%s", after, before)
		}
	})
	t.Run("Ensure that a dry run makes no state, and waits for no other run", func(t *testing.T) {
		d := newDesk(t, sandboxed)
		d.must("sync")
		file := d.path("bindings.jsonl")
		d.must("bindings", "export", "--to", file)
		lock, err := state.Lock(d.path("state.db"), "trello", d.now)
		if err != nil {
			t.Fatal(err)
		}
		mustHave(t, d.must("bindings", "import", file, "--dry-run"), "0 pairs would be bound, 84 were so before\n")
		if err := lock.Release(); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(d.path("state.db")); err != nil {
			t.Fatal(err)
		}
		mustHave(t, d.must("bindings", "import", file, "--dry-run"), "84 pairs would be bound, 0 were so before\n")
		if _, err := os.Stat(d.path("state.db")); !os.IsNotExist(err) {
			t.Errorf("a state was made: %v", err)
		}
	})
}
