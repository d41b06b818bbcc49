package event_test

import (
	"context"
	"fmt"

	"github.com/odoo-connector/connector/event"
)

// write is what the event carries: which fields of which record were written.
type write struct {
	ID     int64
	Fields []string
}

// An event is declared once. Consumers subscribe to it, for some models or for all of them, and
// whoever customises one replaces it by its name.
func ExampleEvent_Fire() {
	onRecordWrite := event.New[write]("on_record_write")
	onRecordWrite.Subscribe("audit", func(_ context.Context, model string, w write) error {
		fmt.Printf("audit: %s %d\n", model, w.ID)
		return nil
	})
	onRecordWrite.Subscribe("export tasks", func(_ context.Context, _ string, w write) error {
		fmt.Printf("export task %d: %v\n", w.ID, w.Fields)
		return nil
	}, "project.task")

	ctx := context.Background()
	_ = onRecordWrite.Fire(ctx, "project.task", write{12, []string{"name"}})
	_ = onRecordWrite.Fire(ctx, "res.partner", write{3, []string{"email"}})

	onRecordWrite.Replace("export tasks", func(_ context.Context, _ string, w write) error {
		return fmt.Errorf("task %d is private", w.ID)
	})
	fmt.Println(onRecordWrite.Fire(ctx, "project.task", write{12, nil}))
	// Output:
	// audit: project.task 12
	// export task 12: [name]
	// audit: res.partner 3
	// audit: project.task 12
	// on_record_write of project.task, consumer export tasks: task 12 is private
}
