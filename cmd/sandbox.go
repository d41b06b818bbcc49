package cmd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/explain"
	"github.com/odoo-connector/connector/sandbox"
)

func (a *app) sandboxCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "sandbox", Short: "A demo Odoo and Trello on this machine", Args: cobra.NoArgs,
		Long: `The sandbox is a demo Odoo and the demo servers of the systems, inside this program. An address
sandbox://demo in the configuration starts it for the time of a command; serve keeps it open for any
client.

Exit codes: 0 done, 2 usage.` + "\n\nNext: `connector sandbox serve`.",
		Example: "  connector sandbox serve",
		RunE:    func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(a.sandboxServe(), a.sandboxReplay())
	return c
}

// serveOptions are the flags of `sandbox serve`.
type serveOptions struct {
	addr  map[string]*string
	only  string
	data  string
	empty bool
}

func (a *app) sandboxServe() *cobra.Command {
	o := serveOptions{addr: map[string]*string{"odoo": new(string)}}
	for _, f := range a.fakes {
		o.addr[f.Name] = new(string)
	}
	c := &cobra.Command{
		Use: "serve", Short: "Keep the sandbox open until it is stopped", Args: cobra.NoArgs,
		Long: `serve keeps the sandbox open in the foreground, for any client. It needs no configuration and listens
on this machine only. With --output json its first line, written when all sides accept, tells
addresses and credentials; as text it tells a command for each side, too, that edits something there.
Stop it with Ctrl-C or SIGTERM; what was written stays in --data.

Exit codes: 0 stopped, 1 a journal that cannot be read, 2 usage, 3 environment (an address in use, a
directory that cannot be written), 11 another command holds this sandbox.` + "\n\nNext: `connector sync` in another terminal, with the addresses that it tells in the configuration.",
		Example: "  connector sandbox serve --odoo 127.0.0.1:8069 --trello 127.0.0.1:8070",
		RunE:    func(c *cobra.Command, _ []string) error { return a.serve(c.Context(), o) },
	}
	for _, name := range a.sides() {
		c.Flags().StringVar(o.addr[name], name, "127.0.0.1:0", "the loopback address that "+name+" listens on; port 0 is any free one")
	}
	c.Flags().StringVar(&o.only, "only", "", fmt.Sprintf("serve this side alone, one of %v", a.sides()))
	c.Flags().BoolVar(&o.empty, "empty", false, "begin without demo data")
	c.Flags().StringVar(&o.data, "data", "sandbox-demo", "the directory that keeps what is written")
	return c
}

// sides are the names of all that the sandbox can serve, Odoo first.
func (a *app) sides() []string {
	names := []string{"odoo"}
	for _, f := range a.fakes {
		names = append(names, f.Name)
	}
	return names
}

func (a *app) serve(ctx context.Context, o serveOptions) (err error) {
	options := sandbox.Options{Odoo: o.only == "" || o.only == "odoo", Empty: o.empty, Clock: a.clock.Now, Addr: map[string]string{}}
	known := o.only == "" || o.only == "odoo"
	for name, addr := range o.addr {
		options.Addr[name] = *addr
	}
	for _, f := range a.fakes {
		if o.only == "" || o.only == f.Name {
			options.Systems, known = append(options.Systems, f), true
		}
	}
	if !known {
		return &usageError{fmt.Sprintf("--only %q is no side of the sandbox; known: %v", o.only, a.sides())}
	}
	dir, err := filepath.Abs(o.data)
	if err != nil {
		return &usageError{err.Error()}
	}
	box, err := sandbox.Open(dir, options)
	if err != nil {
		return environment(err)
	}
	defer func() { err = errors.Join(err, box.Close()) }()
	if err := a.announce(box, dir); err != nil {
		return err
	}
	<-ctx.Done()
	a.signal = nil // being stopped is how it ends
	return nil
}

// credentialKeys are the keys of a side but for its address: Odoo's in the order in which people give them, then a system's own.
func credentialKeys(side map[string]string) []string {
	known := []string{"url", "database", "username", "password"}
	own := slices.DeleteFunc(slices.Sorted(maps.Keys(side)), func(key string) bool { return slices.Contains(known, key) })
	return slices.DeleteFunc(slices.Concat(known[1:], own), func(key string) bool { return side[key] == "" })
}

// announce tells the addresses and credentials, once all sides accept.
func (a *app) announce(box *sandbox.Sandbox, dir string) error {
	sides := sidesView{}
	if o, ok := box.Odoo(); ok {
		sides["odoo"] = map[string]string{"url": o.URL, "database": o.Database, "username": o.Username, "password": o.Password}
	}
	for _, f := range a.fakes {
		if s, ok := box.System(f.Name); ok {
			sides[f.Name] = map[string]string{"url": s.URL}
			for k, v := range s.Credentials {
				sides[f.Name][k] = v
			}
		}
	}
	if a.json() {
		return a.printJSON(sides)
	}
	for _, name := range a.sides() {
		s := sides[name]
		if s == nil {
			continue
		}
		_, _ = fmt.Fprintf(a.out, "%s\t%s\n", name, s["url"])
		for _, key := range credentialKeys(s) {
			_, _ = fmt.Fprintf(a.out, "  %s\t%s\n", key, s[key])
		}
	}
	if tries := a.tries(box); tries != "" {
		_, _ = fmt.Fprintf(a.out, "\nTo see changes cross, edit something, and run `connector sync`:\n\n%s\n", tries)
	}
	_, err := fmt.Fprintf(a.out, "What is written is kept in %s.\nWithout that folder the demo begins anew. Stop with Ctrl-C.\n", dir)
	return err
}

// tries are lines of shell that edit something on each side.
func (a *app) tries(box *sandbox.Sandbox) string {
	var b strings.Builder
	for _, name := range a.sides() {
		if try := box.Try(name); try != "" {
			b.WriteString(try + "\n")
		}
	}
	return b.String()
}

// environmentError is a failure of the machine: an address in use, a directory without rights.
type environmentError struct{ err error }

func (e *environmentError) Error() string { return e.err.Error() }
func (e *environmentError) Unwrap() error { return e.err }

// Code is the cause's, if it has one.
func (e *environmentError) Code() string { return cmp.Or(explain.Code(e.err), "CON-MACHINE-FAILED") }

func environment(err error) error {
	var path *os.PathError
	var network *net.OpError
	if errors.As(err, &path) || errors.As(err, &network) {
		return &environmentError{err}
	}
	return err
}
