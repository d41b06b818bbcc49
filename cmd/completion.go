package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// shells are those that completion knows.
var shells = []string{"bash", "zsh", "fish", "powershell"}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "completion bash|zsh|fish|powershell", Short: "Print a script by which a shell completes what is typed",
		Long: `completion prints a script for a shell, which then completes commands, flags and names: of backends,
binding models, jobs, channels, reviews, schedules and error codes. The names are those of the configuration and
of the local database; no server is asked.

Install it once, and open a new shell:

  bash        connector completion bash > \
                ~/.local/share/bash-completion/completions/connector
              (for all users: /etc/bash_completion.d/connector; it needs the
              package bash-completion)
  zsh         connector completion zsh > "${fpath[1]}/_connector"
              (~/.zshrc must have: autoload -U compinit; compinit)
  fish        connector completion fish > \
                ~/.config/fish/completions/connector.fish
  powershell  connector completion powershell >> $PROFILE

Exit codes: 0 done, 2 usage.

Next: type ` + "`connector jobs show`" + ` with a blank behind it, and press Tab twice.`,
		Example:   "  connector completion bash\n  source <(connector completion bash)",
		Args:      oneShell,
		ValidArgs: shells,
		RunE:      func(c *cobra.Command, args []string) error { return a.completion(c.Root(), args[0]) },
	}
}

// oneShell takes the name of a shell that completion knows.
func oneShell(_ *cobra.Command, args []string) error {
	known := strings.Join(shells, ", ")
	switch {
	case len(args) != 1:
		return &usageError{"name one shell: " + known}
	case !slices.Contains(shells, args[0]):
		return &usageError{fmt.Sprintf("there is no completion for %q; known: %s", args[0], known)}
	}
	return nil
}

func (a *app) completion(root *cobra.Command, shell string) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(a.out, true)
	case "zsh":
		return root.GenZshCompletion(a.out)
	case "fish":
		return root.GenFishCompletion(a.out, true)
	default:
		return root.GenPowerShellCompletionWithDesc(a.out)
	}
}
