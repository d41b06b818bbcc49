package backend_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// adapter reads records whose only field is the path that they would be read from.
type adapter struct{ prefix string }

func (a *adapter) Read(_ context.Context, keys []backend.Key) ([]backend.Result, error) {
	out := make([]backend.Result, len(keys))
	for i, k := range keys {
		out[i].Record = record.New("demo.card", k.ID, map[string]record.Value{"path": record.Text(a.prefix + "/" + k.ID)})
		if k.ID == "" {
			out[i] = backend.Result{Err: fmt.Errorf("a card without an id: %w", backend.ErrNotFound)}
		}
	}
	return out, nil
}

func cards(prefix string) backend.AdapterFactory {
	return func(*backend.Environment) (backend.Adapter, error) { return &adapter{prefix}, nil }
}

// versions of the service "demo": generic has everything, 2.0 speaks to another path, custom is a 2.0 with one field more.
func versions() (generic, second, custom *backend.Backend) {
	mapper := mapping.New(mapping.Direct("title", "name"), mapping.Active("closed"))
	generic = backend.New("demo", "generic").
		Configure("https://demo.test/api", func() any { return new(struct{}) }).
		Declare(backend.Model{Name: "demo.board", OdooModel: "project.project"}, backend.Model{Name: "demo.card", OdooModel: "project.task", Parent: "demo.board"}).
		Requires(backend.Right{Group: "project.group_project_user", Name: "Project / User"}).
		Adapter("demo.board", cards("boards")).Mapper("demo.board", mapper).
		Adapter("demo.card", cards("cards")).Mapper("demo.card", mapper).
		Importer("demo.card", backend.Importer{Skip: func(record.Record) string { return "generic says no" }})
	second = generic.Version("2.0").Adapter("demo.card", cards("v2/tickets"))
	custom = second.Version("custom").Mapper("demo.card", mapper.Extend(mapping.Direct("points", "x_points")))
	return generic, second, custom
}

func path(t *testing.T, b *backend.Backend, model string) string {
	t.Helper()
	env := &backend.Environment{Backend: b}
	a, err := env.Adapter(model)
	if err != nil {
		t.Fatal(err)
	}
	got, err := a.Read(t.Context(), []backend.Key{{ID: "7"}})
	if err != nil {
		t.Fatal(err)
	}
	return got[0].Record.Value("path").AsText()
}

func fields(t *testing.T, b *backend.Backend, model string) []string {
	t.Helper()
	m, err := b.MapperOf(model)
	if err != nil {
		t.Fatal(err)
	}
	return m.OdooFields()
}

func TestVersionsSideBySide(t *testing.T) {
	generic, second, custom := versions()
	for _, c := range []struct {
		version *backend.Backend
		path    string
		fields  []string
		adapter *backend.Backend // where the cards' adapter comes from
		mapper  *backend.Backend
	}{
		{generic, "cards/7", []string{"active", "name"}, generic, generic},
		{second, "v2/tickets/7", []string{"active", "name"}, second, generic},
		{custom, "v2/tickets/7", []string{"active", "name", "x_points"}, second, custom},
	} {
		t.Run("Ensure "+c.version.String()+" has its own units and inherits the others", func(t *testing.T) {
			if got := path(t, c.version, "demo.card"); got != c.path {
				t.Errorf("cards are read from %s, want %s", got, c.path)
			}
			if got := path(t, c.version, "demo.board"); got != "boards/7" {
				t.Errorf("boards are read from %s", got)
			}
			if got := fields(t, c.version, "demo.card"); !slices.Equal(got, c.fields) {
				t.Errorf("cards have the fields %v, want %v", got, c.fields)
			}
			if got := fields(t, c.version, "demo.board"); !slices.Equal(got, []string{"active", "name"}) {
				t.Errorf("boards have the fields %v", got)
			}
			if got := c.version.Source("demo.card", backend.AdapterUnit); got != c.adapter {
				t.Errorf("the adapter comes from %s, want %s", got, c.adapter)
			}
			if got := c.version.Source("demo.card", backend.MapperUnit); got != c.mapper {
				t.Errorf("the mapper comes from %s, want %s", got, c.mapper)
			}
			if got := c.version.ImporterOf("demo.card").Skip(record.Record{}); got != "generic says no" {
				t.Errorf("the importer says %q", got)
			}
		})
	}
	t.Run("Ensure a unit that is registered late reaches the children", func(t *testing.T) {
		generic.Exporter("demo.card", backend.Exporter{Skip: func(record.Record) string { return "late" }})
		if got := custom.ExporterOf("demo.card").Skip(record.Record{}); got != "late" {
			t.Errorf("the exporter says %q", got)
		}
	})
	t.Run("Ensure an adapter's method and error pass through the interface", func(t *testing.T) {
		a, err := (&backend.Environment{Backend: generic}).Adapter("demo.card")
		if err != nil {
			t.Fatal(err)
		}
		got, err := a.Read(t.Context(), []backend.Key{{ID: ""}, {ID: "1"}})
		if err != nil || !errors.Is(got[0].Err, backend.ErrNotFound) || got[1].Err != nil {
			t.Errorf("got %v, %v", got, err)
		}
		if _, can := a.(backend.Creator); can {
			t.Error("an adapter that only reads can create")
		}
	})
}

func TestHooks(t *testing.T) {
	t.Run("Ensure a model without hooks has empty ones, which do nothing", func(t *testing.T) {
		b := backend.New("demo", "generic")
		i, e, d := b.ImporterOf("demo.card"), b.ExporterOf("demo.card"), b.DeleterOf("demo.card")
		if i.Skip != nil || i.Before != nil || i.Validate != nil || i.After != nil || e.Skip != nil || e.Before != nil || e.Validate != nil || e.After != nil || d.After != nil {
			t.Error("there is a hook")
		}
		if b.Source("demo.card", backend.ImporterUnit) != nil {
			t.Error("the hooks have a source")
		}
	})
	t.Run("Ensure a child's hooks replace all of its parent's", func(t *testing.T) {
		parent := backend.New("demo", "generic").Deleter("demo.card", backend.Deleter{}).
			Importer("demo.card", backend.Importer{Skip: func(record.Record) string { return "no" }})
		child := parent.Version("2.0").Importer("demo.card", backend.Importer{}).
			Deleter("demo.card", backend.Deleter{After: func(context.Context, *backend.Environment, binding.Binding) error { return errors.New("called") }})
		if child.ImporterOf("demo.card").Skip != nil || parent.ImporterOf("demo.card").Skip == nil {
			t.Error("the child has its parent's hook, or the parent lost it")
		}
		if err := child.DeleterOf("demo.card").After(t.Context(), nil, binding.Binding{}); err == nil || parent.DeleterOf("demo.card").After != nil {
			t.Errorf("the child's deleter says %v", err)
		}
	})
}

func TestNoUnit(t *testing.T) {
	_, second, _ := versions()
	_, mapperErr := second.MapperOf("demo.user")
	_, adapterErr := (&backend.Environment{Backend: second}).Adapter("demo.user")
	for want, err := range map[string]error{
		"backend demo 2.0 has no mapper for demo.user; register one with Backend.Mapper":   mapperErr,
		"backend demo 2.0 has no adapter for demo.user; register one with Backend.Adapter": adapterErr,
	} {
		t.Run("Ensure the error says "+want, func(t *testing.T) {
			var none *backend.NoUnitError
			if !errors.As(err, &none) || err.Error() != want {
				t.Fatalf("got %v", err)
			}
			if none.Service != "demo" || none.Version != "2.0" || none.Model != "demo.user" {
				t.Errorf("it is of %+v", none)
			}
		})
	}
	t.Run("Ensure nothing is the source of a unit that isn't there", func(t *testing.T) {
		if got := second.Source("demo.user", backend.AdapterUnit); got != nil {
			t.Errorf("it comes from %s", got)
		}
	})
}

func TestModels(t *testing.T) {
	generic, second, custom := versions()
	second.Declare(backend.Model{Name: "demo.card", OdooModel: "project.task", Noun: "ticket"}, backend.Model{Name: "demo.epic", OdooModel: "project.milestone"})
	custom.Declare(backend.Model{Name: "demo.epic", OdooModel: "project.project"})
	names := func(b *backend.Backend) (out []string) {
		for _, m := range b.AllModels() {
			out = append(out, m.Name+"="+m.OdooModel)
		}
		return out
	}
	for _, c := range []struct {
		b    *backend.Backend
		want []string
	}{
		{generic, []string{"demo.board=project.project", "demo.card=project.task"}},
		{second, []string{"demo.board=project.project", "demo.card=project.task", "demo.epic=project.milestone"}},
		{custom, []string{"demo.board=project.project", "demo.card=project.task", "demo.epic=project.project"}},
	} {
		t.Run("Ensure "+c.b.String()+" has its own models in their parents' places", func(t *testing.T) {
			if got := names(c.b); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
	t.Run("Ensure a model is found as its own version declares it", func(t *testing.T) {
		parents, _ := generic.Model("demo.card")
		own, ok := custom.Model("demo.card")
		if !ok || own.Noun != "ticket" || parents.Noun != "" {
			t.Errorf("got %+v and %+v", own, parents)
		}
		if _, ok := generic.Model("demo.epic"); ok {
			t.Error("the parent has its child's model")
		}
	})
}

func TestVersionTree(t *testing.T) {
	generic, second, custom := versions()
	if got := generic.Versions(); !slices.Equal(got, []string{"generic", "2.0", "custom"}) {
		t.Errorf("the versions are %v", got)
	}
	if generic.Find("custom") != custom || generic.Find("3.0") != nil || custom.Find("generic") != nil {
		t.Error("a version is not found below, or found above")
	}
	if generic.Parent() != nil || custom.Parent() != second || custom.Service() != "demo" || custom.VersionName() != "custom" || custom.String() != "demo custom" {
		t.Errorf("%s is a child of %s", custom, custom.Parent())
	}
}

func TestRights(t *testing.T) {
	generic, second, custom := versions()
	second.Requires(backend.Right{Group: "a"}, backend.Right{Group: "b"})
	custom.Requires(backend.Right{Group: "c"})
	groups := func(b *backend.Backend) (out []string) {
		for _, r := range b.Rights() {
			out = append(out, r.Group)
		}
		return out
	}
	t.Run("Ensure a version needs what its parents need, and more", func(t *testing.T) {
		if got := groups(custom); !slices.Equal(got, []string{"project.group_project_user", "a", "b", "c"}) {
			t.Errorf("got %v", got)
		}
		if got := groups(generic); !slices.Equal(got, []string{"project.group_project_user"}) {
			t.Errorf("the parent got its children's: %v", got)
		}
	})
	t.Run("Ensure siblings don't get each other's", func(t *testing.T) {
		sibling := second.Version("sibling").Requires(backend.Right{Group: "d"})
		if got := groups(custom); !slices.Equal(got[1:], []string{"a", "b", "c"}) || groups(sibling)[3] != "d" {
			t.Errorf("got %v and %v", got, groups(sibling))
		}
	})
}

func TestOpen(t *testing.T) {
	says := func(s string) backend.Connect {
		return func(_ context.Context, setup backend.Setup) (any, error) { return s + " " + setup.Config.Name, nil }
	}
	generic, second, custom := versions()
	setup := backend.Setup{Config: config.Backend{Name: "workshop"}}
	t.Run("Ensure a system that doesn't say how to connect says so", func(t *testing.T) {
		if _, err := custom.Open(t.Context(), setup); err == nil || !strings.Contains(err.Error(), "demo custom") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure the nearest version makes the client", func(t *testing.T) {
		generic.Connects(says("plain"))
		second.Connects(says("signed"))
		for b, want := range map[*backend.Backend]string{generic: "plain workshop", second: "signed workshop", custom: "signed workshop"} {
			if got, err := b.Open(t.Context(), setup); err != nil || got != want {
				t.Errorf("%s: %v, %v", b, got, err)
			}
		}
	})
}

func TestRegistry(t *testing.T) {
	generic, second, custom := versions()
	var r backend.Registry
	r.Add(generic)
	r.Add(backend.New("other", "1"))
	for version, want := range map[string]*backend.Backend{"generic": generic, "2.0": second, "custom": custom} {
		t.Run("Ensure the version "+version+" is found", func(t *testing.T) {
			if got, err := r.Get("demo", version); err != nil || got != want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	t.Run("Ensure what is missing is named, with what there is", func(t *testing.T) {
		if _, err := r.Get("demo", "3.0"); err == nil || err.Error() != `demo has no version "3.0"; it has ["generic" "2.0" "custom"]` {
			t.Errorf("got %v", err)
		}
		if _, err := r.Get("nobody", "1"); err == nil || err.Error() != `there is no system "nobody"` {
			t.Errorf("got %v", err)
		}
	})
	t.Run("Ensure a system is found by its name", func(t *testing.T) {
		if got, ok := r.System("demo"); !ok || got != generic {
			t.Errorf("got %v, %v", got, ok)
		}
		if got, ok := r.System("nobody"); ok || got != nil {
			t.Errorf("got %v, %v", got, ok)
		}
	})
	t.Run("Ensure the configuration gets to know all systems, in their order", func(t *testing.T) {
		kinds := r.Kinds()
		if len(kinds) != 2 || kinds[1].Name != "other" {
			t.Fatalf("got %+v", kinds)
		}
		k := kinds[0]
		if k.Name != "demo" || k.DefaultURL != "https://demo.test/api" || k.Settings() == nil ||
			!slices.Equal(k.Versions, []string{"generic", "2.0", "custom"}) || !slices.Equal(k.Models, []string{"demo.board", "demo.card"}) {
			t.Errorf("got %+v", k)
		}
	})
	t.Run("Ensure any version gives the kind of the whole system, and asking again adds nothing", func(t *testing.T) {
		for range 2 {
			if k := custom.Kind(); k.Name != "demo" || len(k.Versions) != 3 || len(k.Models) != 2 {
				t.Errorf("got %+v", k)
			}
		}
	})
}

func TestMistakes(t *testing.T) {
	generic, second, _ := versions()
	var r backend.Registry
	r.Add(generic)
	for _, c := range []struct {
		name, says string
		mistake    func()
	}{
		{"a system without a name", "needs a service", func() { backend.New("", "1") }},
		{"a version without a name", "needs a service", func() { generic.Version("") }},
		{"a version of a name that the tree has elsewhere", `demo has two versions "custom"`, func() { generic.Version("custom") }},
		{"a child of its parent's name", `demo has two versions "generic"`, func() { second.Version("generic") }},
		{"a second adapter of one model", "demo generic has two units adapter for demo.card", func() { generic.Adapter("demo.card", cards("x")) }},
		{"a second mapper of one model", "demo generic has two units mapper for demo.card", func() { generic.Mapper("demo.card", mapping.New()) }},
		{"a model declared twice", "demo generic declares demo.card twice", func() { generic.Declare(backend.Model{Name: "demo.card"}) }},
		{"a second system of one name", `two systems are called "demo"`, func() { r.Add(backend.New("demo", "1")) }},
	} {
		t.Run("Ensure "+c.name+" panics at start", func(t *testing.T) {
			defer func() {
				if got := fmt.Sprint(recover()); !strings.Contains(got, c.says) {
					t.Errorf("got %s, want %s", got, c.says)
				}
			}()
			c.mistake()
		})
	}
}

func TestEnvironment(t *testing.T) {
	t.Run("Ensure an adapter is made once, with the environment that it works in", func(t *testing.T) {
		made := 0
		b := backend.New("demo", "generic").Adapter("demo.card", func(env *backend.Environment) (backend.Adapter, error) {
			made++
			return &adapter{env.Config.Name}, nil
		})
		env := &backend.Environment{Backend: b, Config: config.Backend{Name: "workshop"}}
		first, err := env.Adapter("demo.card")
		second, err2 := env.Adapter("demo.card")
		if err != nil || err2 != nil || first != second || made != 1 || first.(*adapter).prefix != "workshop" {
			t.Errorf("made %d, %v, %v", made, err, err2)
		}
		if other, err := (&backend.Environment{Backend: b}).Adapter("demo.card"); err != nil || other == first {
			t.Errorf("another environment has the same adapter, %v", err)
		}
	})
	t.Run("Ensure an adapter that cannot be made is tried again", func(t *testing.T) {
		broken := errors.New("the client is of another system")
		b := backend.New("demo", "generic").Adapter("demo.card", func(env *backend.Environment) (backend.Adapter, error) {
			if env.Client == nil {
				return nil, broken
			}
			return &adapter{}, nil
		})
		env := &backend.Environment{Backend: b}
		if a, err := env.Adapter("demo.card"); !errors.Is(err, broken) || a != nil {
			t.Errorf("got %v, %v", a, err)
		}
		env.Client = "here"
		if a, err := env.Adapter("demo.card"); err != nil || a == nil {
			t.Errorf("got %v, %v", a, err)
		}
	})
	t.Run("Ensure a model that the configuration leaves out crosses both ways and asks", func(t *testing.T) {
		env := &backend.Environment{Config: config.Backend{Models: []config.Model{{Model: "demo.board", Direction: config.DirectionImport, Conflict: config.ConflictOdoo}}}}
		if m := env.Settings("demo.board"); m.Direction != config.DirectionImport || m.Conflict != config.ConflictOdoo {
			t.Errorf("got %+v", m)
		}
		if m := env.Settings("demo.card"); m.Model != "demo.card" || m.Direction != config.DirectionBoth || m.Conflict != config.ConflictAsk {
			t.Errorf("got %+v", m)
		}
	})
	t.Run("Ensure steps are told to whoever listens, and to nobody if nobody does", func(t *testing.T) {
		var steps []string
		env := &backend.Environment{}
		env.Explainf("nobody hears %d", 1)
		env.Explain = func(step string) { steps = append(steps, step) }
		env.Explainf("read %d %s", 2, "cards")
		if !slices.Equal(steps, []string{"read 2 cards"}) {
			t.Errorf("got %q", steps)
		}
	})
}
