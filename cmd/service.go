package cmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// serviceOptions are the flags of service and its commands.
type serviceOptions struct {
	user    bool
	mode    string
	every   time.Duration
	account string
	memory  string
	dry     bool
	force   bool
}

const serviceExits = "\n\nExit codes: 0 done, 1 systemd refused, 2 usage or configuration, 3 environment (a directory that cannot be written)."

func (a *app) serviceCommand() *cobra.Command {
	var o serviceOptions
	c := &cobra.Command{
		Use: "service", Short: "Let systemd run connector", Args: cobra.NoArgs,
		Long: `service writes units for systemd that run ` + "`connector watch`" + `, ` + "`connector work`" + ` or, by a timer, ` + "`connector sync`" + `,
and prints lines of a crontab for those without systemd.

Exit codes: 0 done, 2 usage.` + "\n\nNext: `connector service install --dry-run`.",
		Example: "  connector service install --user\n  connector service install --for work --dry-run",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.PersistentFlags().BoolVar(&o.user, "user", false, "a service of the user's own systemd instead of the machine's")
	c.PersistentFlags().StringVar(&o.mode, "for", "watch", "what the service runs: watch, or work")
	spanVar(c.PersistentFlags(), &o.every, "timer", 0, "run sync by a timer instead, as often as this, as 5m")
	install := &cobra.Command{
		Use: "install", Short: "Write units and start them", Args: cobra.NoArgs,
		Long: `install writes hardened units for this program with this configuration, and starts them. A unit that
somebody edited is not overwritten without --force. The machine's service runs as --account, else as
the owner of the state's directory; where that lies in /var/lib and is root's or not there yet, or the
state is a database elsewhere, as a user of its own who exists only while it runs. Whoever it is must be
able to read the configuration and its secrets. With --dry-run nothing is written: the units are
printed, and a crontab's line that does the same.` + serviceExits + "\n\nNext: `connector service status`, `connector status`.",
		Example: "  connector service install --dry-run\n  connector service install --account odoo\n  connector service install --user --timer 5m",
		RunE:    func(c *cobra.Command, _ []string) error { return a.installService(c.Context(), o) },
	}
	install.Flags().StringVar(&o.account, "account", "", "the account that the machine's service runs as")
	install.Flags().StringVar(&o.memory, "memory", "512M", "the most memory that it may take")
	install.Flags().BoolVar(&o.dry, "dry-run", false, "print the units, write nothing")
	install.Flags().BoolVar(&o.force, "force", false, "overwrite units that were edited")
	uninstall := &cobra.Command{
		Use: "uninstall", Short: "Stop units and remove them", Args: cobra.NoArgs,
		Long:    "uninstall stops the units that install wrote, and removes them; edited ones only with --force." + serviceExits + "\n\nNext: `connector service status`.",
		Example: "  connector service uninstall --user",
		RunE:    func(c *cobra.Command, _ []string) error { return a.uninstallService(c.Context(), o) },
	}
	uninstall.Flags().BoolVar(&o.dry, "dry-run", false, "print what would be removed")
	uninstall.Flags().BoolVar(&o.force, "force", false, "remove units that were edited, too")
	status := &cobra.Command{
		Use: "status", Short: "Show what systemd says of the units", Args: cobra.NoArgs,
		Long:    "status tells whether the units are there and as install wrote them, and what systemd says of them." + serviceExits + "\n\nNext: `connector service install --dry-run`, `connector status`.",
		Example: "  connector service status --user",
		RunE:    func(c *cobra.Command, _ []string) error { return a.serviceStatus(c.Context(), o) },
	}
	c.AddCommand(install, uninstall, status)
	return c
}

// memorySize is what systemd takes for an amount of memory.
var memorySize = regexp.MustCompile(`^(\d+(\.\d+)?[KMGTPE%]?|infinity)$`)

// unit is what the flags describe.
func (o serviceOptions) unit() (unitOf, error) {
	u := unitOf{mode: o.mode, every: o.every, user: o.user, account: o.account, memory: o.memory, grace: 30 * time.Second}
	switch {
	case o.mode != "watch" && o.mode != "work":
		return u, &usageError{fmt.Sprintf("--for %q is neither watch nor work", o.mode)}
	case o.every < 0 || (o.every > 0 && o.every < time.Minute):
		return u, &usageError{fmt.Sprintf("--timer %s is too short: a run each minute is the most", o.every)}
	case o.user && o.account != "":
		return u, &usageError{"--account is for the machine's service; a user's own runs as the user"}
	case strings.ContainsAny(o.account+o.memory, " \t\r\n"):
		return u, &usageError{"--account and --memory are one word each"}
	case !memorySize.MatchString(o.memory):
		return u, &usageError{fmt.Sprintf("--memory %q is no size that systemd knows; write it as 512M, 2G, 20%% or infinity", o.memory)}
	}
	if o.every > 0 {
		u.mode = "sync"
	}
	return u, nil
}

// describe completes the unit by this program and its configuration.
func (a *app) describe(u *unitOf) (err error) {
	c, err := a.load()
	if err != nil {
		return err
	}
	if u.config, err = filepath.Abs(a.config); err != nil {
		return err
	}
	if u.program, err = os.Executable(); err != nil {
		return err
	}
	if resolved, err := filepath.EvalSymlinks(u.program); err == nil {
		u.program = resolved
	}
	u.stateDir = c.StateDir()
	if u.account == "" && !u.user && u.stateDir != "" {
		u.account = ownerOf(u.stateDir)
	}
	for _, path := range []string{u.config, u.program, u.stateDir} {
		if strings.ContainsAny(path, "\r\n") {
			return &usageError{fmt.Sprintf("%q has a line break in it, which no unit can", path)}
		}
	}
	return nil
}

// ownerOf is the account that a directory belongs to; "" for a directory of root's in /var/lib, or one that is to be made there.
func ownerOf(dir string) string {
	info, err := os.Stat(dir)
	if err != nil {
		return ""
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || (stat.Uid == 0 && strings.HasPrefix(dir, "/var/lib/")) {
		return ""
	}
	owner, err := user.LookupId(strconv.FormatUint(uint64(stat.Uid), 10))
	if err != nil {
		return strconv.FormatUint(uint64(stat.Uid), 10)
	}
	return owner.Username
}

// dir is where systemd looks for units of the administrator or of the user.
func (o serviceOptions) dir() (string, error) {
	if !o.user {
		return "/etc/systemd/system", nil
	}
	base, err := os.UserConfigDir()
	if err != nil {
		return "", &usageError{err.Error()}
	}
	return filepath.Join(base, "systemd", "user"), nil
}

func (a *app) installService(ctx context.Context, o serviceOptions) error {
	u, err := o.unit()
	if err != nil {
		return err
	}
	if err := a.describe(&u); err != nil {
		return err
	}
	dir, err := o.dir()
	if err != nil {
		return err
	}
	files := u.files()
	if o.dry {
		return a.showUnits(ctx, dir, u)
	}
	if err := mayWrite(dir, files, o.force); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as systemd's own directories are
		return environment(err)
	}
	var written []unitView
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(files[name]), 0o644); err != nil { //nolint:gosec // units hold no secrets, and anybody may read them
			return environment(err)
		}
		written = append(written, unitView{Path: path, State: "written"})
	}
	if err := a.tellUnits(written); err != nil {
		return err
	}
	a.verifyUnits(ctx, o.user, dir, files)
	return a.systemctl(ctx, o.user, []string{"daemon-reload"}, []string{"enable", "--now", u.enabled()})
}

// editedError says that units are not what install wrote.
type editedError struct {
	paths  []string
	remedy string
}

func (e *editedError) Error() string {
	return fmt.Sprintf("%s: edited since it was written, or somebody else's; %s", strings.Join(e.paths, ", "), e.remedy)
}

// Code is that of units which are not overwritten.
func (*editedError) Code() string { return "CON-SERVICE-EDITED" }

// Usage marks the error as the caller's.
func (*editedError) Usage() bool { return true }

// mayWrite refuses to overwrite what a person edited.
func mayWrite(dir string, files map[string]string, force bool) error {
	edited := &editedError{remedy: "--force overwrites it, or put your changes into a drop-in (systemctl edit)"}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path) //nolint:gosec // a unit's path
		switch {
		case errors.Is(err, os.ErrNotExist):
		case err != nil:
			return environment(err)
		case !force && !untouched(string(text)):
			edited.paths = append(edited.paths, path)
		}
	}
	if len(edited.paths) > 0 {
		return edited
	}
	return nil
}

// showUnits prints what install would write, and what systemd thinks of it.
func (a *app) showUnits(ctx context.Context, dir string, u unitOf) error {
	files := u.files()
	if err := a.printUnits(dir, u, files); err != nil {
		return err
	}
	temporary, err := os.MkdirTemp("", "connector-units")
	if err != nil {
		return environment(err)
	}
	defer func() { _ = os.RemoveAll(temporary) }()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(temporary, name), []byte(text), 0o600); err != nil {
			return environment(err)
		}
	}
	a.verifyUnits(ctx, u.user, temporary, files)
	return nil
}

func (a *app) printUnits(dir string, u unitOf, files map[string]string) error {
	views := []unitView{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		views = append(views, unitView{Path: filepath.Join(dir, name), Text: files[name]})
	}
	if a.json() {
		return a.printJSON(unitsView{Units: views, Crontab: u.crontab()})
	}
	for _, v := range views {
		_, _ = fmt.Fprintf(a.out, "# %s\n%s\n", v.Path, v.Text)
	}
	_, err := fmt.Fprintf(a.out, "# without systemd, a line of a crontab:\n%s", u.crontab())
	return err
}

// verifyUnits lets systemd look at units, where it is there, and passes on what it finds wrong.
func (a *app) verifyUnits(ctx context.Context, ofUser bool, dir string, files map[string]string) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		_, _ = fmt.Fprintln(a.err, "connector: there is no systemd-analyze here, so nobody has looked at the units")
		return
	}
	args := []string{"verify", "--man=no"}
	if ofUser {
		args = append(args, "--user")
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		args = append(args, filepath.Join(dir, name))
	}
	var said bytes.Buffer
	c := exec.CommandContext(ctx, program, args...) //nolint:gosec // systemd's own
	c.Stdout, c.Stderr = &said, &said
	if err := c.Run(); err != nil || said.Len() > 0 {
		for line := range strings.Lines(said.String()) {
			if strings.Contains(line, "connector-") { // of our units, not of the machine's others
				_, _ = fmt.Fprintf(a.err, "systemd: %s", line)
			}
		}
	}
}

// systemctl runs its commands one after the other.
func (a *app) systemctl(ctx context.Context, ofUser bool, commands ...[]string) error {
	program, err := exec.LookPath("systemctl")
	if err != nil {
		_, _ = fmt.Fprintln(a.err, "connector: there is no systemctl here; start the units yourself")
		commands = nil
	}
	for _, args := range commands {
		if ofUser {
			args = append([]string{"--user"}, args...)
		}
		var said bytes.Buffer
		c := exec.CommandContext(ctx, program, args...) //nolint:gosec // systemd's own
		c.Stdout, c.Stderr = &said, &said
		if err := c.Run(); err != nil {
			return fmt.Errorf("systemctl %s: %s (%w)", strings.Join(args, " "), cut(said.String(), 300), err)
		}
	}
	return nil
}

func (a *app) uninstallService(ctx context.Context, o serviceOptions) error {
	u, err := o.unit()
	if err != nil {
		return err
	}
	dir, err := o.dir()
	if err != nil {
		return err
	}
	there := map[string]string{}
	for name := range u.files() {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			there[name] = ""
		}
	}
	if len(there) == 0 {
		return a.tellNoUnits(u.enabled(), dir)
	}
	if err := mayWrite(dir, there, o.force); err != nil {
		var edited *editedError
		if errors.As(err, &edited) {
			edited.remedy = "--force removes it"
		}
		return err
	}
	if !o.dry {
		if err := a.systemctl(ctx, o.user, []string{"disable", "--now", u.enabled()}); err != nil {
			_, _ = fmt.Fprintf(a.err, "connector: %v\n", err)
		}
	}
	removed, err := removeUnits(dir, there, o.dry)
	if err != nil {
		return err
	}
	if err := a.tellUnits(removed); err != nil || o.dry {
		return err
	}
	return a.systemctl(ctx, o.user, []string{"daemon-reload"})
}

func (a *app) serviceStatus(ctx context.Context, o serviceOptions) error {
	u, err := o.unit()
	if err != nil {
		return err
	}
	dir, err := o.dir()
	if err != nil {
		return err
	}
	views := []unitView{}
	for _, name := range slices.Sorted(maps.Keys(u.files())) {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path) //nolint:gosec // a unit's path
		kind := "as it was written"
		switch {
		case errors.Is(err, os.ErrNotExist):
			kind = notInstalled
		case err != nil:
			return environment(err)
		case !untouched(string(text)):
			kind = "edited"
		}
		views = append(views, unitView{Path: path, State: kind, Active: activity(ctx, o.user, name)})
	}
	if err := a.showUnitStates(views); err != nil {
		return err
	}
	for _, v := range views {
		if v.State == notInstalled {
			return &notInstalledError{unit: u.enabled(), dir: dir}
		}
	}
	return nil
}

// activity is what systemd says of a unit, "" where there is none.
func activity(ctx context.Context, ofUser bool, name string) string {
	args := []string{"is-active", name}
	if ofUser {
		args = append([]string{"--user"}, args...)
	}
	said, _ := exec.CommandContext(ctx, "systemctl", args...).Output() //nolint:gosec // its code tells the same as its words
	return strings.TrimSpace(string(said))
}
