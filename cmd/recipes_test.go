package cmd_test

import (
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// kitchen is where a recipe of docs/trello.md is tried: both servers, and the program with the recipe as its configuration.
type kitchen struct {
	t      *testing.T
	odoo   *odootest.Server
	trello *trellotest.Server
	config string
	board  trellotest.Board // "Workshop", with the lists "To do" and "Done"
	todo   trellotest.List
	done   trellotest.List
}

// recipe is one of the page: its heading and its block of YAML.
var recipe = regexp.MustCompile("(?s)\n### (?:\\d+\\. )?([^\n]+)\n(.*?)```yaml\n(.*?)```")

// recipesOf are the recipes of docs/trello.md by their headings.
func recipesOf(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile(filepath.Join("..", "docs", "trello.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, found := strings.Cut(string(page), "\n## Recipes\n")
	if !found {
		t.Fatal("docs/trello.md has no chapter Recipes")
	}
	all := map[string]string{}
	for _, m := range recipe.FindAllStringSubmatch(chapter, -1) {
		if strings.Contains(m[2], "\n### ") {
			t.Fatalf("the recipe %q has no block of YAML", m[1])
		}
		all[m[1]] = m[3]
	}
	return all
}

func newKitchen(t *testing.T, text string) *kitchen {
	t.Helper()
	k := &kitchen{t: t, odoo: odootest.New(odootest.Options{}), trello: trellotest.New(trellotest.Options{Strict: true})}
	odooServer, trelloServer := httptest.NewServer(k.odoo), httptest.NewServer(k.trello)
	t.Cleanup(odooServer.Close)
	t.Cleanup(trelloServer.Close)
	k.config = filepath.Join(t.TempDir(), "config.yaml")
	head := fmt.Sprintf("odoo:\n  - {name: main, url: %q, database: demo, username: admin, password: admin}\n", odooServer.URL)
	own := fmt.Sprintf("kind: trello\n    url: %s\n    key: demo-key\n    token: demo-token\n", trelloServer.URL)
	if strings.Count(text, "kind: trello\n") != 1 {
		t.Fatalf("a recipe has one line `kind: trello`, this one is\n%s", text)
	}
	k.must(os.WriteFile(k.config, []byte(head+strings.Replace(text, "kind: trello\n", own, 1)), 0o600))
	k.board = k.trello.AddBoard("Workshop")
	k.todo, k.done = k.trello.AddList(k.board.ID, "To do"), k.trello.AddList(k.board.ID, "Done")
	return k
}

func (k *kitchen) must(err error) {
	k.t.Helper()
	if err != nil {
		k.t.Fatal(err)
	}
}

// sync runs `connector sync`, which has to end well, and gives what it printed.
func (k *kitchen) sync() string {
	k.t.Helper()
	out, err := exec.CommandContext(k.t.Context(), "connector", "--config", k.config, "sync").CombinedOutput()
	if err != nil {
		k.t.Fatalf("sync: %v\n%s", err, out)
	}
	return string(out)
}

// rest demands that nothing is left to do.
func (k *kitchen) rest() {
	k.t.Helper()
	if out := k.sync(); !strings.Contains(out, "Nothing changed.") {
		k.t.Errorf("a second sync was not at rest:\n%s", out)
	}
}

// find are the Odoo records of a model that fulfil a domain, archived ones too.
func (k *kitchen) find(model string, domain ...any) []int64 {
	if strings.HasPrefix(model, "project.") && model != "project.tags" {
		domain = append(domain, []any{"active", "in", []any{true, false}})
	}
	return k.odoo.Search(model, domain)
}

// task is the one task of a name.
func (k *kitchen) task(name string) int64 {
	k.t.Helper()
	ids := k.find("project.task", []any{"name", "=", name})
	if len(ids) != 1 {
		k.t.Fatalf("there are %d tasks %q, want one", len(ids), name)
	}
	return ids[0]
}

func (k *kitchen) value(model string, id int64, field string) any {
	return k.odoo.Read(model, id, field)[field]
}

// cards are the names of a board's cards, sorted.
func (k *kitchen) cards(board string) []string {
	var names []string
	for _, c := range k.trello.Cards(board) {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

// card is the one card of a name on the board.
func (k *kitchen) card(name string) trellotest.Card {
	k.t.Helper()
	for _, c := range k.trello.Cards(k.board.ID) {
		if c.Name == name {
			return c
		}
	}
	k.t.Fatalf("there is no card %q", name)
	return trellotest.Card{}
}

func (k *kitchen) want(what string, got, want any) {
	k.t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		k.t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// TestRecipes tries every recipe of docs/trello.md, and demands that each is tried.
func TestRecipes(t *testing.T) {
	recipes, tried := recipesOf(t), recipeTests()
	for _, title := range slices.Sorted(maps.Keys(recipes)) {
		if tried[title] == nil {
			t.Errorf("the recipe %q is not tried", title)
		}
	}
	for _, title := range slices.Sorted(maps.Keys(tried)) {
		t.Run("Ensure the recipe works: "+title, func(t *testing.T) {
			text, written := recipes[title]
			if !written {
				t.Fatalf("docs/trello.md has no recipe %q", title)
			}
			tried[title](newKitchen(t, text))
		})
	}
}
