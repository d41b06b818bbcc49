// Command tracker is the connector with Redmine beside the systems that it has.
package main

import (
	"os"

	"github.com/odoo-connector/connector/cmd"

	"example.com/tracker/redmine"
	"example.com/tracker/redmine/redminetest"
)

func main() {
	os.Exit(cmd.Main(cmd.With(redmine.Backend, redminetest.System)))
}
