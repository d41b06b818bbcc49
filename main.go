// Command connector keeps external systems in step with Odoo over its external API. See README.md.
package main

import (
	"os"

	"github.com/odoo-connector/connector/cmd"
)

func main() {
	os.Exit(cmd.Main())
}
