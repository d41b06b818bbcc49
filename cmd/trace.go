package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"sync"

	"github.com/odoo-connector/connector/transport"
)

// tracedBody is how much of each body a trace keeps, in bytes: enough for what Odoo tells of the fields of a task (200 kB and more), without
// which nothing could be replayed.
const tracedBody = 1 << 20

// trace writes the requests of one start of the program to a file.
type trace struct {
	app     *app
	mu      sync.Mutex
	file    *os.File
	archive *transport.ArchiveWriter // nil: it cannot be written any more
}

// beginTrace begins the file that --trace names. A file that is there already is written over only if it is a trace, too.
func (a *app) beginTrace(path string) error {
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600) //nolint:gosec // the caller names the file
	if err != nil {
		return &usageError{fmt.Sprintf("--trace: %v; name a file in a directory that can be written", err)}
	}
	t := &trace{app: a, file: file}
	if err := t.empty(path); err != nil {
		return errors.Join(err, file.Close())
	}
	t.archive, err = transport.NewArchive(file, transport.HARCreator{Name: "connector", Version: version(),
		Comment: "Credentials are left out; the records' own texts are not. Look through it before you give it away."})
	if err != nil {
		return errors.Join(environment(fmt.Errorf("--trace: %w", err)), file.Close())
	}
	a.trace = t
	return nil
}

// empty makes the file an empty one that nobody else can read.
func (t *trace) empty(path string) error {
	info, err := t.file.Stat()
	if err != nil {
		return environment(err)
	}
	start := make([]byte, len(traceStart))
	n, err := t.file.ReadAt(start, 0)
	if !info.Mode().IsRegular() || n > 0 && !bytes.Equal(start[:n], []byte(traceStart)) || err != nil && !errors.Is(err, io.EOF) {
		return &usageError{fmt.Sprintf("--trace %s: there is something else already, which is not written over; name a new file", path)}
	}
	if err := errors.Join(t.file.Truncate(0), t.file.Chmod(0o600)); err != nil {
		return environment(fmt.Errorf("--trace: %w", err))
	}
	return nil
}

// traceStart is how every trace begins.
const traceStart = `{"log":{"version":"1.2","creator":{"name":"connector"`

// add writes a request down. What cannot be written is told once, and keeps nothing from being done.
func (t *trace) add(s transport.Seen) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.archive == nil {
		return
	}
	if err := t.archive.Add(s.Entry()); err != nil {
		t.archive = nil
		t.app.log.Warn(fmt.Sprintf("the trace ends here: %v", err))
	}
}

// endTrace closes the file.
func (a *app) endTrace() {
	if a.trace != nil {
		_ = a.trace.file.Close() // every entry was written when it came
	}
}

// way is the way to the servers: base, or the network where that is nil, seen by those who want to see requests pass.
func (a *app) way(base http.RoundTripper) (http.RoundTripper, error) {
	if a.trace == nil && a.level > slog.LevelDebug {
		return base, nil
	}
	if base == nil {
		var err error
		if base, err = transport.Network(""); err != nil {
			return nil, err
		}
	}
	w := transport.Watcher{Now: a.clock.Now, Tell: a.seen}
	if a.trace != nil {
		w.Keep = tracedBody
	}
	return transport.Watched(base, w), nil
}

// seen tells of a request that passed: without values and without secrets.
func (a *app) seen(s transport.Seen) {
	if a.trace != nil {
		a.trace.add(s)
	}
	attrs := []any{"system", s.System, "request", s.Op, "took", s.Took}
	if s.Op == "" {
		attrs[3] = s.Request.Method + " " + s.Request.URL.Path
	}
	if s.Records > 0 {
		attrs = append(attrs, "records", s.Records)
	}
	if s.Response != nil {
		attrs = append(attrs, "status", s.Response.StatusCode, "bytes", s.GotSize)
	}
	if s.Try > 1 {
		attrs = append(attrs, "try", s.Try)
	}
	if s.Err != nil {
		attrs = append(attrs, "failure", transport.Redact(s.Entry().Error))
	}
	a.log.Debug("request", attrs...)
}
