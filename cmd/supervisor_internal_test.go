package cmd

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// supervised is a supervisor of two parts whose time is moved by hand, and what systemd hears.
func supervised(t *testing.T, pid string) (s *supervisor, pass func(time.Duration), heard func() int) {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: socket, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", socket)
	t.Setenv("WATCHDOG_USEC", "60000000")
	t.Setenv("WATCHDOG_PID", pid)
	now := time.Date(2024, 5, 6, 12, 0, 0, 0, time.UTC)
	s = newSupervisor(2, func() time.Time { return now })
	return s, func(d time.Duration) { now = now.Add(d) }, func() (n int) {
		if _, err := conn.WriteTo([]byte("end"), conn.LocalAddr()); err != nil { // behind what was told before
			t.Fatal(err)
		}
		for buf := make([]byte, 64); ; n++ {
			got, err := conn.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			if string(buf[:got]) == "end" {
				return n
			}
		}
	}
}

func TestSupervisor(t *testing.T) {
	own := strconv.Itoa(os.Getpid())
	t.Run("Ensure systemd hears of life while all parts get on, not more often than it needs", func(t *testing.T) {
		s, pass, heard := supervised(t, own)
		for range 60 {
			pass(time.Second)
			s.alive(0)
			s.alive(1)
		}
		if n := heard(); n != 4 {
			t.Errorf("it heard %d times in a minute", n)
		}
	})
	t.Run("Ensure it hears nothing any more when one part stands still", func(t *testing.T) {
		s, pass, heard := supervised(t, own)
		s.alive(0)
		s.alive(1)
		heard()
		for range 10 {
			pass(59 * time.Second)
			s.alive(0)
		}
		if n := heard(); n != 1 { // the other part was alive within the minute
			t.Errorf("it heard %d times", n)
		}
		s.alive(1)
		if n := heard(); n != 1 {
			t.Errorf("when it goes on it heard %d times", n)
		}
	})
	t.Run("Ensure another process's watchdog is not answered", func(t *testing.T) {
		s, pass, heard := supervised(t, "1")
		pass(time.Minute)
		s.alive(0)
		if n := heard(); n != 0 {
			t.Errorf("it heard %d times", n)
		}
	})
}
