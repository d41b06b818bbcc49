package cmd

import (
	"net"
	"os"
	"strconv"
	"sync"
	"time"
)

// supervisor tells systemd how a service is: sd_notify's protocol, a datagram of lines to the socket that NOTIFY_SOCKET names
// (sd_notify(3)). Without that variable it tells nobody anything.
type supervisor struct {
	socket   string
	watchdog time.Duration // a sign of life is due within this; 0: nobody waits for one
	now      func() time.Time

	mu   sync.Mutex
	last time.Time   // of the signs of life that were sent
	seen []time.Time // when each part of the program showed that it is alive
}

// newSupervisor gives the supervisor of a program with so many parts that must all be alive.
func newSupervisor(parts int, now func() time.Time) *supervisor {
	n := &supervisor{socket: os.Getenv("NOTIFY_SOCKET"), now: now, seen: make([]time.Time, parts)}
	for i := range n.seen {
		n.seen[i] = now()
	}
	usec, err := strconv.ParseInt(os.Getenv("WATCHDOG_USEC"), 10, 64)
	if pid := os.Getenv("WATCHDOG_PID"); err == nil && usec > 0 && (pid == "" || pid == strconv.Itoa(os.Getpid())) {
		n.watchdog = time.Duration(usec) * time.Microsecond
	}
	return n
}

// tell sends lines as READY=1. Nobody is told of a failure: systemd finds out by itself.
func (n *supervisor) tell(state string) {
	if n.socket == "" {
		return
	}
	conn, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: n.socket, Net: "unixgram"})
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	_, _ = conn.Write([]byte(state))
}

// alive notes that a part of the program gets on. Systemd is told as long as all of them do, and more often than it asks for.
func (n *supervisor) alive(part int) {
	if n.watchdog == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.now()
	n.seen[part] = now
	for _, at := range n.seen {
		if now.Sub(at) >= n.watchdog {
			return
		}
	}
	if now.Sub(n.last) >= n.watchdog/4 {
		n.last = now
		n.tell("WATCHDOG=1")
	}
}
