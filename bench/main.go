// Command bench measures the job queue beside its peers: bare SQLite, which is the limit, and River on SQLite and on
// PostgreSQL. See README.md.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
)

// options are what the command line says.
type options struct {
	scale   float64  // of the numbers of jobs; 1: those of the scenarios
	runs    int      // of each measurement; odd, for a median
	only    []string // names of scenarios; none: all
	peers   []string // beginnings of peers' names; none: all
	dir     string   // where databases are made
	profile string   // directory for CPU profiles; "": none
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == childCommand {
		os.Exit(exitCode(runChild(os.Args[2:], os.Stdout)))
	}
	os.Exit(exitCode(run(os.Args[1:])))
}

func run(args []string) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	o, err := parse(args)
	if err != nil {
		return err
	}
	return measureAll(ctx, o, os.Stdout)
}

func exitCode(err error) int {
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	return 1
}

func parse(args []string) (options, error) {
	var o options
	var only, peers string
	flags := flag.NewFlagSet("bench", flag.ExitOnError)
	flags.Float64Var(&o.scale, "scale", 1, "factor of the numbers of jobs; 0.01 is a quick look")
	flags.IntVar(&o.runs, "runs", 3, "how often each rate is measured, all peers in turn; the median counts")
	flags.StringVar(&only, "only", "", "scenarios, separated by commas: "+strings.Join(scenarioNames(), ", "))
	flags.StringVar(&peers, "peers", "", "beginnings of peers' names, separated by commas: ours, bare, river; default all")
	flags.StringVar(&o.dir, "dir", os.TempDir(), "where databases are made; a file system on a disk")
	flags.StringVar(&o.profile, "profile", "", "directory for a CPU profile of each measured rate")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.only, o.peers = list(only), list(peers)
	for _, name := range o.only {
		if !slices.Contains(scenarioNames(), name) {
			return o, fmt.Errorf("there is no scenario %q; there are: %s", name, strings.Join(scenarioNames(), ", "))
		}
	}
	if o.scale <= 0 || o.runs < 1 {
		return o, fmt.Errorf("-scale and -runs must be above 0")
	}
	return o, nil
}

func list(text string) (names []string) {
	for name := range strings.SplitSeq(text, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// measureAll runs the scenarios and prints what each found.
func measureAll(ctx context.Context, o options, out io.Writer) (err error) {
	b, err := newBench(ctx, o, out)
	if err != nil {
		return err
	}
	defer func() { err = joinErrors(err, b.close()) }()
	b.printSetting()
	for _, s := range scenarios() {
		if len(o.only) > 0 && !slices.Contains(o.only, s.name) {
			continue
		}
		b.printf("\n## %s\n\n", s.title)
		if err := s.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}
