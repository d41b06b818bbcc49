// Package cmd is the command line: the only place where systems, fakes, transports and the framework
// are wired together, and the only list of systems.
//
// A third party builds its own binary with a main of three lines:
//
//	func main() { os.Exit(cmd.Main(cmd.With(mysystem.Backend, mysystemtest.Fake))) }
package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/sandbox"
	"github.com/odoo-connector/connector/state"
	"github.com/odoo-connector/connector/trello"
	"github.com/odoo-connector/connector/trello/trellotest"
)

// Option changes what the binary is made of.
type Option func(*app)

// With adds a system: its backend with all its versions, and the fake that stands for its server in
// the sandbox. A nil fake means that the sandbox does not serve the system.
func With(system func() *backend.Backend, fake func() sandbox.System) Option {
	return func(a *app) {
		root := system()
		a.registry.Add(root)
		if fake != nil {
			a.fakes = append(a.fakes, fake())
		}
	}
}

// Extending changes a system that the binary has already, by adding a version to it:
//
//	cmd.Extending("trello", func(b *backend.Backend) { b.Version("custom").Mapper(…) })
//
// A system that there is none of panics: it is a mistake of whoever builds the binary.
func Extending(service string, change func(root *backend.Backend)) Option {
	return func(a *app) {
		root, ok := a.registry.System(service)
		if !ok {
			panic(fmt.Sprintf("cmd: there is no system %q to extend", service))
		}
		change(root)
	}
}

// app is one start of the program.
type app struct {
	registry *backend.Registry
	fakes    []sandbox.System
	in       io.Reader
	out, err io.Writer
	console  *console // of both
	clock    state.Clock
	signal   os.Signal                     // that stopped the run, nil for none
	stop     func()                        // stops the run as a signal does
	lost     atomic.Pointer[lostLockError] // that stopped the run otherwise, nil for nothing
	working  atomic.Bool                   // a backend is open, so that stopping may take a while
	pause    atomic.Pointer[pause]         // the wait that is under way, nil for none
	counting bool                          // the run's end shows metrics, so that what it does is to be counted from its beginning
	config   string                        // the file, as it is named in messages
	place    configPlace                   // where it was found
	warned   bool                          // of what is odd about the configuration
	output   string
	wait     time.Duration // for a backend that another run works on
	quiet    bool          // only trouble is told, unless the result is what a command is there for
	noColor  bool
	silent   bool // nobody wants to see how far a run is
	level    slog.Level
	jsonLog  bool
	log      *slog.Logger // beside the result, on stderr
	tell     *slog.Logger // the lines of commands that go on, on stdout
	trace    *trace       // of the requests; nil: nobody wants one
	known    struct {     // whose secrets are hidden in texts of unknown origin
		mu      sync.Mutex
		configs []*config.Config
	}
}

func newApp(options ...Option) *app {
	a := &app{registry: &backend.Registry{}, in: os.Stdin, out: os.Stdout, err: os.Stderr}
	a.clock = &patientClock{Clock: state.SystemClock(), app: a}
	for _, o := range append([]Option{With(trello.Backend, trelloFake)}, options...) {
		o(a)
	}
	return a
}

// trelloFake is Trello's part of the sandbox.
func trelloFake() sandbox.System {
	return sandbox.System{
		Name: "trello",
		New: func(o sandbox.FakeOptions) sandbox.Fake {
			return trellotest.New(trellotest.Options{Clock: o.Clock, Journal: o.Journal})
		},
		Demo: func(f sandbox.Fake) {
			if server, ok := f.(*trellotest.Server); ok {
				trellotest.Demo(server)
			}
		},
		Credentials: map[string]string{"key": "demo-key", "token": "demo-token"},
		Try:         tryTrello,
	}
}

// tryTrello renames the first card that was made in the demo's Trello.
func tryTrello(f sandbox.Fake, url string) string {
	var ids []string
	if server, ok := f.(*trellotest.Server); ok {
		for _, b := range server.Boards() {
			for _, c := range server.Cards(b.ID) {
				ids = append(ids, c.ID)
			}
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return fmt.Sprintf("curl -s -X PUT %s/1/cards/%s \\\n  -d key=demo-key -d token=demo-token -d name='Edited in Trello'", url, slices.Min(ids))
}

// Main runs the command line and gives the exit code.
func Main(options ...Option) int {
	thriftily()
	a := newApp(options...)
	return a.run(os.Args[1:])
}

// thriftily lets garbage take half as much memory as what is in use, not as much again: a run waits for servers most of the time. A sync
// of 20,000 pairs at rest takes 72 MB so, and 85 without. GOGC in the environment says otherwise.
func thriftily() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50)
	}
}

func (a *app) run(args []string) (code int) {
	defer func() {
		if v := recover(); v != nil {
			code = a.exit(a.panicked(v, debug.Stack()))
		}
	}()
	a.console = &console{}
	a.out, a.err = a.console.stream(a.out), a.console.stream(a.err)
	a.log = a.logger(a.err, style{}) // until the flags are read
	ctx, stop := a.signals(context.Background())
	defer stop()
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	defer a.endTrace()
	return a.exit(root.ExecuteContext(ctx))
}

// signals ends the context with the first signal, so that the record in hand can end, and the
// process with the second.
func (a *app) signals(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(parent)
	a.stop = cancel
	got := make(chan os.Signal, 2)
	signal.Notify(got, os.Interrupt, syscall.SIGTERM)
	go func() {
		first, ok := <-got
		if !ok {
			return
		}
		a.signal = first
		came := time.Now()
		cancel()
		if a.working.Load() {
			a.log.Info("finishing the record in hand; a second signal stops at once")
		}
		for second := range got {
			if sameStop(first, second, time.Since(came)) {
				continue
			}
			a.console.hide()
			os.Exit(signalCode(second))
		}
	}()
	return ctx, func() {
		signal.Stop(got)
		cancel()
	}
}

// sameStop tells that a signal is the first one once more: timeout(1) and other supervisors send SIGTERM to the process and to its
// group. A person's Ctrl-C is none of these.
func sameStop(first, second os.Signal, after time.Duration) bool {
	return first == syscall.SIGTERM && second == syscall.SIGTERM && after < 250*time.Millisecond
}

// stopFor stops the run as a signal does, for the first such reason.
func (a *app) stopFor(reason *lostLockError) {
	if a.lost.CompareAndSwap(nil, reason) {
		a.stop()
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "connector",
		Short: "Keep external systems in step with Odoo",
		Long: `connector keeps external systems (Trello today) in step with Odoo, from outside: it logs in over
Odoo's external API, polls both sides for changes, turns each change into a job and runs the jobs
one by one. Bindings and jobs are kept in a local SQLite file, or in PostgreSQL.

Exit codes: 0 done, 2 usage; each command's help tells its own.

Next: ` + "`connector sandbox serve`" + ` to try it without a server; with a configuration ` + "`connector doctor`" + `,
` + "`connector sync --dry-run`" + `, ` + "`connector sync`" + `.`,
		Example: "  connector --config config.yaml sync trello\n  connector status\n  connector help jobs",
		Args:    cobra.NoArgs, SilenceUsage: true, SilenceErrors: true,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.PersistentFlags().StringVar(&a.config, "config", "", "the configuration file (CONNECTOR_CONFIG); else the first that config path finds")
	root.PersistentFlags().StringVar(&a.output, "output", "text", "text or json (CONNECTOR_OUTPUT)")
	root.PersistentFlags().BoolVar(&a.quiet, "quiet", false, "tell of trouble only, so that cron mails nothing else (CONNECTOR_QUIET)")
	root.PersistentFlags().BoolVar(&a.noColor, "no-color", false, "no colours on a terminal (CONNECTOR_NO_COLOR, NO_COLOR)")
	root.PersistentFlags().BoolVar(&a.silent, "no-progress", false, "don't show how far a run is (CONNECTOR_NO_PROGRESS)")
	root.PersistentFlags().String("trace", "", "write all requests to this file, as a HAR archive without secrets (CONNECTOR_TRACE)")
	root.PersistentFlags().String("log-level", "", "error, warn, info or debug; info, or warn with --quiet (CONNECTOR_LOG_LEVEL)")
	root.PersistentFlags().String("log-format", "text", "text or json, of what is logged (CONNECTOR_LOG_FORMAT)")
	spanVar(root.PersistentFlags(), &a.wait, "wait", 0, "how long to wait for a backend that another run works on, as 5m (CONNECTOR_WAIT)")
	root.PersistentPreRunE = func(c *cobra.Command, _ []string) error { return a.settings(c) }
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return &usageError{flagProblem(err) + "; " + flagHint(c, err)}
	})
	root.SetHelpFunc(func(c *cobra.Command, _ []string) { writeHelp(c.OutOrStdout(), c) })
	root.CompletionOptions.DisableDefaultCmd = true
	a.addCommands(root)
	blameCaller(root)
	return root
}

// addCommands adds the commands, in the groups of the root's help.
func (a *app) addCommands(root *cobra.Command) {
	group(root, "Synchronize", a.syncCommand(), a.watchCommand(), a.pollCommand(), a.workCommand())
	group(root, "Look and decide", a.statusCommand(), a.jobsCommand(), a.bindingsCommand(), a.reviewCommand(), a.fieldsCommand(), a.backendsCommand())
	group(root, "Operate", a.scheduleCommand(), a.serviceCommand(), a.stateCommand(), a.metricsCommand(), a.notifyCommand())
	group(root, "Set up", a.configCommand(), a.doctorCommand(), a.sandboxCommand())
	group(root, "Help", a.explainCommand(), a.completionCommand(), a.versionCommand(), a.manCommand())
	helpCommand(root)
	a.completions(root)
}

// flagProblem says what is wrong with a flag, without the words of the libraries that read numbers.
func flagProblem(err error) string {
	var value *pflag.InvalidValueError
	var number *strconv.NumError
	switch {
	case !errors.As(err, &value):
		return err.Error()
	case errors.As(err, &number) && errors.Is(number, strconv.ErrRange):
		return fmt.Sprintf("--%s %q: the number is too large", value.GetFlag().Name, value.GetValue())
	case errors.As(err, &number) && number.Func == "ParseBool":
		return fmt.Sprintf("--%s %q is neither true nor false", value.GetFlag().Name, value.GetValue())
	case errors.As(err, &number):
		return fmt.Sprintf("--%s %q is no number", value.GetFlag().Name, value.GetValue())
	default:
		return fmt.Sprintf("--%s: %v", value.GetFlag().Name, value.Unwrap())
	}
}

// flagHint says what to do about a flag that is wrong: the nearest one for one that there is none of.
func flagHint(c *cobra.Command, err error) string {
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) {
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		if near, ok := config.Nearest(unknown.GetSpecifiedName(), names); ok {
			return fmt.Sprintf("did you mean \"--%s\"?", near)
		}
	}
	return fmt.Sprintf("see `%s --help`", c.CommandPath())
}

// blameCaller makes usage errors of what cobra says about the arguments of a command and of those below it.
func blameCaller(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			err := check(c, args)
			var known *usageError
			if err == nil || len(args) == 0 || errors.As(err, &known) {
				return err
			}
			if !c.HasSubCommands() && strings.HasPrefix(err.Error(), "unknown command ") { // cobra takes any word for one
				err = fmt.Errorf("`%s` takes no argument, not even %q", c.CommandPath(), args[0])
			}
			hint := fmt.Sprintf("see `%s --help`", c.CommandPath())
			if near, ok := config.Nearest(args[0], namesOf(c.Commands())); ok {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			return &usageError{fmt.Sprintf("%v; %s", err, hint)}
		}
	}
	for _, below := range c.Commands() {
		blameCaller(below)
	}
}

func namesOf(commands []*cobra.Command) []string {
	names := make([]string, len(commands))
	for i, c := range commands {
		names[i] = c.Name()
	}
	return names
}
