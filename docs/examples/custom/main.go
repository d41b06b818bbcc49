// Command ours is the connector with Trello as our company uses it.
package main

import (
	"os"

	"github.com/odoo-connector/connector/cmd"

	"example.com/ours/custom"
)

func main() {
	os.Exit(cmd.Main(cmd.Extending("trello", custom.Add)))
}
