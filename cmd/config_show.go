package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/odoo-connector/connector/config"
)

func (a *app) configShowCommand() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "Print what holds, with the place that each value comes from", Args: cobra.NoArgs,
		Long: `show prints the effective configuration: the file with its defaults filled in, as a file that means the
same. A comment behind each value says where it comes from: its file and line, or default. At the top
are the global settings that a flag or the environment gives; with --output json all of them. A secret
shows the place that it is in, or ****** where the file holds it; none is fetched.

Exit codes: 0 done, 2 usage or configuration.

Next: ` + "`connector config validate`" + `.`,
		Example: "  connector config show\n  connector --output json config show",
		RunE:    func(c *cobra.Command, _ []string) error { return a.configShow(c.Root().PersistentFlags()) },
	}
}

// The origins of a value in settingView and valueView.
const (
	originFlag        = "flag"
	originEnvironment = "environment"
	originFile        = "file"
	originDefault     = "default"
)

// settingView is a global setting as `--output json` shows it.
type settingView struct {
	Name   string `json:"name"`   // as the flag is called
	Value  string `json:"value"`  // as a flag takes it
	Origin string `json:"origin"` // "flag", "environment" or "default"
}

// valueView is a value of the configuration as `--output json` shows it.
type valueView struct {
	Path   string `json:"path"`           // as backends[0].models[2].direction
	Value  any    `json:"value"`          // a text, number, boolean, list or map; a secret as {"env": NAME} and the like, or "******"
	Origin string `json:"origin"`         // "file" or "default"
	Line   int    `json:"line,omitempty"` // of the file, counted from 1
}

// showView is what `config show --output json` prints.
type showView struct {
	File     string        `json:"file"` // absolute
	Settings []settingView `json:"settings"`
	Values   []valueView   `json:"values"`
}

func (a *app) configShow(flags *pflag.FlagSet) error {
	c, err := a.load()
	if err != nil {
		return err
	}
	file, err := filepath.Abs(a.config)
	if err != nil {
		return err
	}
	view := showView{File: file, Settings: a.settingViews(flags)}
	if !a.json() {
		return a.printShown(c, view)
	}
	for _, v := range c.Values() {
		one := valueView{Path: v.Path, Value: v.Value, Origin: originDefault, Line: v.Line}
		if v.Line > 0 {
			one.Origin = originFile
		}
		view.Values = append(view.Values, one)
	}
	return a.printJSON(view)
}

// settingViews are the global flags with what holds.
func (a *app) settingViews(flags *pflag.FlagSet) (all []settingView) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "help" {
			return
		}
		v := settingView{Name: f.Name, Value: f.Value.String(), Origin: originDefault}
		environment := os.Getenv("CONNECTOR_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")))
		switch {
		case f.Changed:
			v.Origin = originFlag
		case environment != "":
			v.Value, v.Origin = environment, originEnvironment
		case f.Name == "config":
			v.Value = a.config
		}
		all = append(all, v)
	})
	return all
}

func (a *app) printShown(c *config.Config, view showView) error {
	text, err := c.YAML()
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", view.File)
	for _, s := range view.Settings {
		if s.Origin == originDefault {
			continue
		}
		fmt.Fprintf(&b, "# --%s=%s (%s)\n", s.Name, quoted(plainLine(s.Value)), s.Origin)
	}
	b.WriteString("\n")
	b.Write(text)
	_, err = fmt.Fprint(a.out, b.String())
	return err
}
