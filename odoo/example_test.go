package odoo_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport/xmlrpc"
)

// exampleServer is a tiny Odoo with the model project.task.
func exampleServer() *scripted {
	return withFields(func(c called) (any, error) {
		switch c.method {
		case "search_read":
			return []any{map[string]any{"id": int64(5), "name": "Paint the door", "stage_id": int64(4), "active": true}}, nil
		case "load":
			return map[string]any{"ids": []any{int64(6)}, "messages": []any{}}, nil
		default:
			return nil, &xmlrpc.Fault{Code: 4, Text: "You are not allowed to modify 'Task' (project.task) records."}
		}
	})
}

func ExampleSession_SearchRead() {
	ctx := context.Background()
	session, err := odoo.Dial(ctx, options(exampleServer()))
	if err != nil {
		fmt.Println(err)
		return
	}
	session = session.WithContext(map[string]any{"lang": "en_US", "active_test": false})
	tasks, err := session.SearchRead(ctx, "project.task", odoo.Cond("project_id", "=", 7), []string{"name", "stage_id"}, odoo.SearchOptions{Limit: 10})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, task := range tasks {
		fmt.Println(task.ID, task.Value("name"), task.Value("stage_id"))
	}
	// Output: 5 "Paint the door" [project.task.type,4]
}

func ExampleSession_LoadRecords() {
	ctx := context.Background()
	session, err := odoo.Dial(ctx, options(exampleServer()))
	if err != nil {
		fmt.Println(err)
		return
	}
	results, err := session.LoadRecords(ctx, "project.task", []odoo.NewRecord{{
		Identifier: "__connector__.trello_trello.card_5f2b",
		Values:     map[string]record.Value{"name": record.Text("Paint the door"), "active": record.Bool(true)},
	}})
	fmt.Println(results[0].ID, results[0].Err, err)
	// Output: 6 <nil> <nil>
}

func ExampleError() {
	ctx := context.Background()
	session, err := odoo.Dial(ctx, options(exampleServer()))
	if err != nil {
		fmt.Println(err)
		return
	}
	err = session.Write(ctx, "project.task", []int64{5}, map[string]record.Value{"name": record.Text("Paint it black")})
	var failure *odoo.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Kind, failure.OutcomeUnknown)
	}
	fmt.Println(err)
	// Output:
	// no right false
	// Odoo main: project.task write: no right: You are not allowed to modify 'Task' (project.task) records; give the Odoo user this right, or do not ask for it
}
