package metrics

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/odoo-connector/connector/state"
)

// DefaultAddress is where metrics are served when nobody names another address; the port is not one that a known exporter has.
const DefaultAddress = "127.0.0.1:9464"

// AddressError says that metrics are not served at an address.
type AddressError struct{ Address, Reason string }

// Error shows the address and the reason.
func (e *AddressError) Error() string {
	return fmt.Sprintf("cannot listen on %q: %s", e.Address, e.Reason)
}

// Usage marks the error as the caller's.
func (*AddressError) Usage() bool { return true }

// Code is that of an address which nobody listens on.
func (*AddressError) Code() string { return "CON-USAGE-ADDRESS" }

// BusyError says that another program, or another process of this one, listens at an address already. It may end.
type BusyError struct{ Address string }

// Error shows the address and what to do.
func (e *BusyError) Error() string {
	return fmt.Sprintf("cannot listen on %q: another program does already; end it, or name another port", e.Address)
}

// Code is that of an address which another program has.
func (*BusyError) Code() string { return "CON-METRICS-BUSY" }

// CheckAddress refuses what is no address, as an *AddressError; and, unless public is true, one that other machines reach:
// what is served there names backends, channels and functions, and nobody is asked for a password.
func CheckAddress(address string, public bool) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || port == "" {
		return &AddressError{address, "write it as HOST:PORT, e.g. " + DefaultAddress}
	}
	if ip := net.ParseIP(host); public || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return &AddressError{address, "others could read it there; name a loopback address as 127.0.0.1, or add --listen-public"}
}

// Server serves /metrics, /healthz and /readyz over HTTP while a process works.
type Server struct {
	collector *Collector
	stall     time.Duration
	started   time.Time
	beat      atomic.Int64 // of the loop, in microseconds
	server    *http.Server
	address   string
	mu        sync.Mutex // one scrape at a time
}

// DefaultStall is how long a loop may show no sign of life before the process is not ready.
const DefaultStall = 2 * time.Minute

// Listen begins to serve the metrics at an address that [CheckAddress] has seen. stall is how long the loop may be silent,
// see [Server.Beat]; 0: DefaultStall. What cannot be listened on gives an *AddressError, or a *BusyError.
func Listen(ctx context.Context, address string, c *Collector, stall time.Duration) (*Server, error) {
	if stall == 0 {
		stall = DefaultStall
	}
	s := &Server{collector: c, stall: stall, started: c.db.Clock().Now()}
	s.Beat()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			return nil, &BusyError{address}
		}
		var op *net.OpError
		if errors.As(err, &op) {
			err = op.Err
		}
		return nil, &AddressError{address, err.Error()}
	}
	s.address = l.Addr().String()
	s.server = &http.Server{Handler: s, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	go func() { _ = s.server.Serve(l) }() // ends with Close
	return s, nil
}

// Address gives the address with the port that was taken.
func (s *Server) Address() string { return s.address }

// Beat says that the loop lives. A nil server takes it, too.
func (s *Server) Beat() {
	if s != nil {
		s.beat.Store(state.Micros(s.collector.db.Clock().Now()))
	}
}

// Close stops serving at once. A nil server has nothing to stop.
func (s *Server) Close() error {
	if s == nil {
		return nil
	}
	return s.server.Close()
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "GET only", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch r.URL.Path {
	case "/metrics":
		s.metrics(w, r)
	case "/healthz":
		s.text(w, http.StatusOK, "ok\n")
	case "/readyz":
		s.ready(w, r)
	case "/":
		s.text(w, http.StatusOK, "connector: /metrics, /healthz (the process lives), /readyz (the state answers and the loop lives)\n")
	default:
		http.NotFound(w, r)
	}
}

func (s *Server) text(w http.ResponseWriter, code int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write([]byte(text))
}

// answerTime is how long the state may take to answer a request.
const answerTime = 10 * time.Second

func (s *Server) metrics(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ctx, cancel := context.WithTimeout(r.Context(), answerTime)
	defer cancel()
	snapshot, err := s.collector.Collect(ctx)
	var text bytes.Buffer
	if err == nil {
		snapshot.instant(processStart, s.started)
		snapshot.instant(loopBeat, state.FromMicros(s.beat.Load()))
		err = snapshot.Write(&text)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", ContentType)
	_, _ = w.Write(text.Bytes())
}

// readyTime is how long the state may take to say that it is there.
const readyTime = 2 * time.Second

func (s *Server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	var one int
	if err := s.collector.db.Read().QueryRowContext(ctx, "SELECT COUNT(*) FROM meta").Scan(&one); err != nil {
		s.text(w, http.StatusServiceUnavailable, fmt.Sprintf("the state does not answer: %v\n", s.collector.db.Explain(err)))
		return
	}
	silent := s.collector.db.Clock().Now().Sub(state.FromMicros(s.beat.Load()))
	if silent > s.stall {
		s.text(w, http.StatusServiceUnavailable, fmt.Sprintf("the loop has shown no sign of life for %s\n", silent.Round(time.Second)))
		return
	}
	s.text(w, http.StatusOK, "ok\n")
}
