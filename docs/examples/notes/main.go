// Command mine is the connector with a system of our own beside those that it has.
package main

import (
	"os"

	"github.com/odoo-connector/connector/cmd"

	"example.com/mine/notes"
	"example.com/mine/notes/notestest"
)

func main() {
	os.Exit(cmd.Main(cmd.With(notes.Backend, notestest.System)))
}
