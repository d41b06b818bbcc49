package backend_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// shelf is an adapter that reads from memory.
type shelf map[string]string

func (s shelf) Read(_ context.Context, keys []backend.Key) ([]backend.Result, error) {
	results := make([]backend.Result, len(keys))
	for i, k := range keys {
		title, ok := s[k.ID]
		if !ok {
			results[i].Err = backend.ErrNotFound
			continue
		}
		results[i].Record = record.New("demo.book", k.ID, map[string]record.Value{"title": record.Text(title)})
	}
	return results, nil
}

// A system is a root version with a unit of each kind. A customised version replaces one unit and
// inherits the others; all versions can be used beside each other.
func Example() {
	generic := backend.New("demo", "generic").
		Declare(backend.Model{Name: "demo.book", OdooModel: "product.template"}).
		Adapter("demo.book", func(*backend.Environment) (backend.Adapter, error) { return shelf{"1": "Doors"}, nil }).
		Mapper("demo.book", mapping.New(mapping.Direct("title", "name")))
	generic.Version("custom").
		Mapper("demo.book", mapping.New(mapping.Direct("title", "name"), mapping.Direct("pages", "x_pages")))

	var registry backend.Registry
	registry.Add(generic)
	for _, version := range generic.Versions() {
		b, err := registry.Get("demo", version)
		if err != nil {
			fmt.Println(err)
			return
		}
		m, err := b.MapperOf("demo.book")
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%s: %v, adapter of %s\n", b, m.OdooFields(), b.Source("demo.book", backend.AdapterUnit))
	}
	// Output:
	// demo generic: [name], adapter of demo generic
	// demo custom: [name x_pages], adapter of demo generic
}

// Units are looked up in an environment. One that no version has is an error that says what to do.
func ExampleEnvironment_Adapter() {
	b := backend.New("demo", "generic").
		Adapter("demo.book", func(*backend.Environment) (backend.Adapter, error) { return shelf{"1": "Doors"}, nil })
	env := &backend.Environment{Backend: b}

	books, err := env.Adapter("demo.book")
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := books.Read(context.Background(), []backend.Key{{ID: "1"}, {ID: "2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(results[0].Record.Value("title"), errors.Is(results[1].Err, backend.ErrNotFound))

	_, err = env.Adapter("demo.author")
	fmt.Println(err)
	// Output:
	// "Doors" true
	// backend demo generic has no adapter for demo.author; register one with Backend.Adapter
}
