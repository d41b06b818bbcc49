package cmd

import (
	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
)

func (a *app) configSchemaCommand() *cobra.Command {
	return &cobra.Command{
		Use: "schema", Short: "Print a JSON Schema of the configuration, for editors", Args: cobra.NoArgs,
		Long: `schema prints the JSON Schema (draft 2020-12) of the configuration, with the keys of every system that
this program has. It reads no file. An editor that knows YAML schemas completes keys and marks
mistakes where the configuration begins with the line

  # yaml-language-server: $schema=config.schema.json

Exit codes: 0 done, 2 usage.

Next: ` + "`connector config validate`" + ` finds what a schema cannot see.`,
		Example: "  connector config schema > config.schema.json",
		RunE:    func(*cobra.Command, []string) error { return a.configSchema() },
	}
}

func (a *app) configSchema() error {
	text, err := config.Schema(a.registry.Kinds(), a.choices())
	if err != nil {
		return err
	}
	_, err = a.out.Write(text)
	return err
}

// choices are the values of keys that only the command line knows.
func (a *app) choices() config.Choices {
	var runs []string
	for _, one := range actions() {
		runs = append(runs, one.name)
	}
	return config.Choices{"schedule[].run": runs, "jobs.functions[].name": a.functionNames()}
}
