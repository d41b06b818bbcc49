package cmd_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"time"
)

// patience is how long a test waits for something that comes at once on an idle machine.
const patience = 3 * time.Minute

// stream keeps what a process writes and tells who waits for it.
type stream struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // closed and made anew with every write
}

func newStream() *stream { return &stream{changed: make(chan struct{})} }

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(p)
}

func (s *stream) String() string {
	text, _ := s.now()
	return text
}

func (s *stream) now() (text string, changed <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.changed
}

// await gives the first match of a pattern, as soon as it was written or when the process is done.
func (s *stream) await(pattern *regexp.Regexp, done <-chan struct{}) (string, error) {
	return s.awaitAfter(new(int), pattern, done)
}

// awaitAfter gives the first match behind a place in the text, and moves the place behind it.
func (s *stream) awaitAfter(place *int, pattern *regexp.Regexp, done <-chan struct{}) (string, error) {
	late, ended := time.After(patience), false
	for {
		text, changed := s.now()
		text = text[*place:]
		if found := pattern.FindStringIndex(text); len(found) == 2 && found[0] < found[1] {
			*place += found[1]
			return text[found[0]:found[1]], nil
		}
		if ended {
			return "", fmt.Errorf("the process ended without writing %q; it wrote %q", pattern, text)
		}
		select {
		case <-changed:
		case <-done:
			ended = true
		case <-late:
			return "", fmt.Errorf("nothing like %q was written in time; there is %q", pattern, text)
		}
	}
}

// process is one that runs beside the test.
type process struct {
	cmd      *exec.Cmd
	out, err *stream
	done     chan struct{} // closed when it ended and all that it wrote was read
	failure  error
	ended    time.Time
	person   *os.File // the other end of its terminal, where it has one
	answered int      // how much of what it wrote was answered there
}

func newProcess(c *exec.Cmd) *process {
	return &process{cmd: c, out: newStream(), err: newStream(), done: make(chan struct{})}
}

// await waits for the end of a process that was started.
func (p *process) await() {
	defer close(p.done)
	p.failure = p.cmd.Wait()
	p.ended = time.Now()
}

// start starts a program. The test has to see to its end: by wait, or by kill.
func start(c *exec.Cmd) (*process, error) {
	p := newProcess(c)
	if c.Stdout == nil {
		c.Stdout = p.out
	}
	c.Stderr = p.err
	if err := c.Start(); err != nil {
		return nil, err
	}
	go p.await()
	return p, nil
}

// wait gives the exit code; a signal that nobody caught is 128 and its number, as shells say it.
func (p *process) wait() (int, error) {
	select {
	case <-p.done:
		return exitCode(p.failure)
	case <-time.After(patience):
		p.kill()
		return 0, fmt.Errorf("%v did not end; it wrote %q and %q", p.cmd.Args, p.out, p.err)
	}
}

func exitCode(err error) (int, error) {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0, nil
	case !errors.As(err, &exit):
		return 0, err
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return exit.ExitCode(), nil
}

// kill ends the process as kill -9 does and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

func (p *process) signal(s os.Signal) error { return p.cmd.Process.Signal(s) }
