package event_test

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/event"
)

// An event is declared once; whoever cares subscribes, for some models or for all.
func Example() {
	onWrite := event.New[int]("on_record_write")
	onWrite.Subscribe("delay_export", func(_ context.Context, model string, id int) error {
		fmt.Printf("export %s %d\n", model, id)
		return nil
	}, "project.task")
	onWrite.Subscribe("log", func(_ context.Context, model string, id int) error {
		fmt.Printf("%s %d was written\n", model, id)
		return nil
	})

	_ = onWrite.Fire(context.Background(), "project.task", 7)
	_ = onWrite.Fire(context.Background(), "res.partner", 9)
	// Output:
	// project.task 7 was written
	// export project.task 7
	// res.partner 9 was written
}

// A customisation puts its own consumer in the place of a default one.
func ExampleEvent_Replace() {
	onWrite := event.New[int]("on_record_write")
	onWrite.Subscribe("delay_export", func(context.Context, string, int) error {
		fmt.Println("export at once")
		return nil
	})
	onWrite.Replace("delay_export", func(context.Context, string, int) error {
		fmt.Println("export at night")
		return nil
	})
	_ = onWrite.Fire(context.Background(), "project.task", 7)
	// Output: export at night
}
