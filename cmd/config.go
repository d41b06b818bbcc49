package cmd

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/config"
)

func (a *app) configCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "config", Short: "Make, check and show the configuration", Args: cobra.NoArgs,
		Long: `Everything about the configuration file. Without --config and CONNECTOR_CONFIG it is the first of
config.yaml here, connector/config.yaml in XDG_CONFIG_HOME (~/.config), and
/etc/connector/config.yaml.

Exit codes: 0 done, 2 usage or configuration.

Next: ` + "`connector config path`" + ` tells which file it is.`,
		Example: "  connector config path",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.configInitCommand(), a.configPathCommand(), a.configValidateCommand(), a.configShowCommand(), a.configSchemaCommand())
	return c
}

// configPlace is where the configuration is, or would be.
type configPlace struct {
	path   string                // as it is named to people
	origin string                // why this one: "--config", "CONNECTOR_CONFIG" or a config.Place's
	usual  bool                  // it was looked for in the usual places
	absent *config.NotFoundError // in none of which there is any
}

// findConfig gives the file that is named, or that of the first usual place that has one; named and origin are empty where none is.
func findConfig(named, origin string) configPlace {
	if named != "" {
		return configPlace{path: named, origin: origin}
	}
	places := config.Places(os.Getenv)
	found, err := config.Find(places)
	if err != nil {
		absent, _ := err.(*config.NotFoundError) //nolint:errorlint // Find gives no other
		return configPlace{path: places[0].Path, origin: places[0].Origin, usual: true, absent: absent}
	}
	return configPlace{path: found.Path, origin: found.Origin, usual: true}
}

// configOrigin says who named the file: a flag, the variable, or "" for nobody.
func configOrigin(c *cobra.Command) string {
	switch {
	case c.Root().PersistentFlags().Changed("config"):
		return "--config"
	case os.Getenv("CONNECTOR_CONFIG") != "":
		return "CONNECTOR_CONFIG"
	default:
		return ""
	}
}

func (a *app) configPathCommand() *cobra.Command {
	return &cobra.Command{
		Use: "path", Short: "Tell which configuration file is used, and where it was looked for", Args: cobra.NoArgs,
		Long: `path prints the absolute path of the configuration file. Each place is told on stderr: which file is
used, which are not there, and which one of them hides.

Exit codes: 0 there is one, 2 usage, or there is none.

Next: ` + "`connector config validate`" + `.`,
		Example: "  connector config path\n  $EDITOR \"$(connector config path)\"\n  connector config path --output json",
		RunE:    func(*cobra.Command, []string) error { return a.configPath() },
	}
}

// The states of a place in placeView.
const (
	placeUsed   = "used"
	placeHidden = "hidden"
	placeAbsent = "absent"
)

// placeView is a place of the configuration as `--output json` shows it.
type placeView struct {
	Path   string `json:"path"`   // absolute
	Origin string `json:"origin"` // why it is looked for, as "--config" or "the home directory"
	State  string `json:"state"`  // "used"; "hidden" by the one that is used; "absent"
}

// pathView is what `config path --output json` prints.
type pathView struct {
	Path   string      `json:"path"`   // absolute
	Origin string      `json:"origin"` // why this one
	Places []placeView `json:"places"` // all that were looked at, in their order
}

func (a *app) configPath() error {
	if err := a.place.missing(); err != nil {
		return err
	}
	view, err := a.pathView()
	if err != nil {
		return err
	}
	if a.json() {
		return a.printJSON(view)
	}
	words := map[string]string{placeUsed: "used", placeHidden: "there, but not looked at", placeAbsent: "not there"}
	for _, p := range view.Places {
		_, _ = fmt.Fprintf(a.hints(), "%s (%s): %s\n", p.Path, p.Origin, words[p.State])
	}
	_, err = fmt.Fprintln(a.out, view.Path)
	return err
}

// missing is the error that there is no file.
func (p configPlace) missing() error {
	if p.absent != nil {
		return p.absent
	}
	_, err := os.Stat(p.path)
	if os.IsNotExist(err) {
		return &usageError{fmt.Sprintf("%s: no such file (%s names it)", p.path, p.origin)}
	}
	return nil
}

// pathView tells of every place.
func (a *app) pathView() (view pathView, err error) {
	places := []config.Place{{Path: a.place.path, Origin: a.place.origin}}
	if usual := config.Places(os.Getenv); a.place.usual {
		places = usual
	} else {
		places = append(places, usual...)
	}
	for _, p := range places {
		absolute, err := filepath.Abs(p.Path)
		if err != nil {
			return view, err
		}
		v := placeView{Path: absolute, Origin: p.Origin, State: placeAbsent}
		_, err = os.Stat(absolute)
		switch {
		case p.Path == a.place.path && p.Origin == a.place.origin:
			v.State = placeUsed
			view.Path, view.Origin = absolute, p.Origin
		case err == nil:
			v.State = placeHidden
		}
		view.Places = append(view.Places, v)
	}
	return view, nil
}
