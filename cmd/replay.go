package cmd

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/odoo-connector/connector/transport"
)

// replayView is what `sandbox replay` tells of the servers that it stands for.
type replayView struct {
	Requests int            `json:"requests"` // in the trace
	Whole    bool           `json:"whole"`    // the trace did not break off in a request
	Servers  []replayedView `json:"servers"`
}

// replayedView is one server.
type replayedView struct {
	Recorded string `json:"recorded"` // as it was asked when the trace was written: "https://api.trello.com"
	URL      string `json:"url"`      // where its answers are given now
}

func (a *app) sandboxReplay() *cobra.Command {
	return &cobra.Command{
		Use: "replay FILE", Short: "Answer as the servers of a trace did, until it is stopped", Args: argument("trace", "sync.har"),
		Long: `replay stands for the servers of a trace that --trace wrote: each request gets the answer that it got then,
so that what went wrong elsewhere can be looked at here, without the servers. Write the URLs that it tells into a
configuration, with any credentials, and begin with a state as it was then (none, for a first sync). Of several
answers to one request each is given in turn. A request that is in no trace, and one whose answer is cut there,
is answered with status 501 and the reason.

It listens on this machine only. Stop it with Ctrl-C or SIGTERM.

Exit codes: 0 stopped, 2 usage or no trace, 3 environment.

Next: ` + "`connector sync --log-level debug`" + `.`,
		Example: "  connector sync --trace sync.har\n  connector sandbox replay sync.har",
		RunE:    func(c *cobra.Command, args []string) error { return a.replay(c.Context(), args[0]) },
	}
}

func (a *app) replay(ctx context.Context, path string) error {
	data, err := os.ReadFile(path) //nolint:gosec // the caller names the file
	if err != nil {
		return &usageError{fmt.Sprintf("the trace cannot be read: %v", err)}
	}
	archive, whole, err := transport.ReadArchive(data)
	if err != nil {
		return &usageError{fmt.Sprintf("%s: %v; give a file that --trace wrote", path, err)}
	}
	p := transport.NewReplay(archive)
	var servers []*http.Server
	defer func() {
		for _, s := range servers {
			_ = s.Close()
		}
	}()
	view := replayView{Requests: len(archive.Log.Entries), Whole: whole, Servers: []replayedView{}}
	for _, origin := range p.Origins() {
		listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return environment(err)
		}
		server := &http.Server{Handler: p.Server(origin), ReadHeaderTimeout: time.Minute}
		servers = append(servers, server)
		go func() { _ = server.Serve(listener) }() // it ends with Close
		view.Servers = append(view.Servers, replayedView{Recorded: origin, URL: "http://" + listener.Addr().String()})
	}
	if err := a.announceReplay(view); err != nil {
		return err
	}
	<-ctx.Done()
	a.signal = nil // being stopped is how it ends
	return nil
}

func (a *app) announceReplay(v replayView) error {
	if a.json() {
		return a.printJSON(v)
	}
	for _, s := range v.Servers {
		_, _ = fmt.Fprintf(a.out, "%s answers for %s\n", s.URL, s.Recorded)
	}
	if !v.Whole {
		a.log.Warn("the trace broke off in a request")
	}
	_, err := fmt.Fprintf(a.out, "%s recorded. Stop with Ctrl-C.\n", count(v.Requests, "request was", "requests were"))
	return err
}
