package odoo_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"strconv"

	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/odoo/odootest"
	"github.com/odoo-connector/connector/record"
	"github.com/odoo-connector/connector/transport"
)

func Example() {
	ctx := context.Background()
	server := odootest.New(odootest.Options{}) // a real one needs no Client below
	project := server.Create("project.project", map[string]any{"name": "Garden"})

	session, err := odoo.Dial(ctx, odoo.Options{
		Name: "main", URL: "https://example.odoo.com", Database: "demo", Username: "admin", Password: "admin",
		Client: transport.New(transport.Options{System: "Odoo main", Base: server.RoundTripper()}),
	})
	if err != nil {
		log.Fatal(err)
	}
	session = session.WithContext(map[string]any{"lang": "en_US", "active_test": false})

	// Create, with an external identifier: doing it twice makes one task.
	card := odoo.NewRecord{Identifier: "__connector__.trello_trello.card_5f2b", Values: map[string]record.Value{
		"name":       record.Text("Paint the door"),
		"project_id": record.Ref("project.project", strconv.FormatInt(project, 10)),
		"active":     record.Bool(false),
	}}
	for range 2 {
		results, err := session.LoadRecords(ctx, "project.task", []odoo.NewRecord{card})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println("loaded", results[0].ID, results[0].Err)
	}

	// Read, by a domain.
	where := odoo.And(odoo.Cond("project_id", "=", project), odoo.Cond("name", "ilike", "door"))
	tasks, err := session.SearchRead(ctx, "project.task", where, []string{"name", "project_id", "active"}, odoo.SearchOptions{Limit: 10})
	if err != nil {
		log.Fatal(err)
	}
	for _, task := range tasks {
		fmt.Println(task.ID, task.Value("name"), task.Value("project_id"), task.Value("active"))
	}
	// Output:
	// loaded 1 <nil>
	// loaded 1 <nil>
	// 1 "Paint the door" [project.project,1] false
}

func ExampleError() {
	ctx := context.Background()
	server := odootest.New(odootest.Options{})
	session, err := odoo.Dial(ctx, odoo.Options{
		Name: "main", URL: "https://example.odoo.com", Database: "demo", Username: "admin", Password: "admin",
		Client: transport.New(transport.Options{System: "Odoo main", Base: server.RoundTripper()}),
	})
	if err != nil {
		log.Fatal(err)
	}
	err = session.Write(ctx, "project.task", []int64{5}, map[string]record.Value{"color": record.Int(1), "nosuch": record.Null()})
	var failure *odoo.Error
	if errors.As(err, &failure) {
		fmt.Println(failure.Kind, "|", failure.Field, "| retry:", failure.Retryable, "| unknown:", failure.OutcomeUnknown)
	}
	fmt.Println(err)
	// Output:
	// unknown field | nosuch | retry: false | unknown: false
	// Odoo main: project.task write: unknown field: field nosuch; check the version of Odoo, the modules installed and the user's rights
}
