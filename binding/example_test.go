package binding_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/state"
)

// A binder remembers which records are the same thing, asks in both directions, and refuses to bind
// a record twice.
func Example() {
	if err := example(context.Background()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// task 12
	// card 5f1c
	// last agreed: "Paint the door"
	// demo.card 5f1c ↔ project.task 13 was not bound: one of the two is bound already; look at `connector bindings list`
}

func example(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "binding")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	db, err := state.Open(ctx, filepath.Join(dir, "state.db"), state.Options{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()

	binder := binding.New(db, "https://odoo.example.com/production", "workshop")
	bind := func(external string, odoo int64, fields binding.Fields) error {
		return db.Write(ctx, func(tx *state.Tx) error {
			return binder.Save(ctx, tx, &binding.Binding{
				Model: "demo.card", ExternalID: external, OdooModel: "project.task", OdooID: odoo, Fields: fields,
			})
		})
	}
	if err := bind("5f1c", 12, binding.Fields{"name": {Base: record.Text("Paint the door")}}); err != nil {
		return err
	}

	task, _, err := binder.ToOdoo(ctx, "demo.card", "5f1c")
	if err != nil {
		return err
	}
	fmt.Println("task", task)
	card, _, err := binder.ToBackend(ctx, "demo.card", 12, "")
	if err != nil {
		return err
	}
	fmt.Println("card", card)
	found, err := binder.ByExternal(ctx, "demo.card", []string{"5f1c"})
	if err != nil {
		return err
	}
	name, _ := found["5f1c"].Base("name")
	fmt.Println("last agreed:", name.Base)

	var duplicate *binding.DuplicateError
	if err := bind("5f1c", 13, nil); errors.As(err, &duplicate) {
		fmt.Println(duplicate)
	}
	return nil
}
