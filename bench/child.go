package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// childCommand is the first argument of a process that this program starts to measure it.
const childCommand = "child"

// errand is what a child process does.
type errand struct {
	Peer   string        `json:"peer"`
	Dir    string        `json:"dir"`
	Server string        `json:"server"`
	Schema string        `json:"schema"`
	Lanes  int           `json:"lanes"`
	Jobs   int           `json:"jobs"`  // to run; 0: wait instead
	Prune  bool          `json:"prune"` // delete old jobs instead
	Wait   time.Duration `json:"wait"`  // how long a waiting one is measured
}

// usage is what a child process tells about itself.
type usage struct {
	PeakBytes int64         `json:"peak_bytes"` // of resident memory
	PeakOwn   int64         `json:"peak_own"`   // of the memory that no file backs, as far as it was looked at
	CPU       time.Duration `json:"cpu"`        // user and system, while it was measured
	Elapsed   time.Duration `json:"elapsed"`
	Deleted   int           `json:"deleted"` // old jobs
}

// settle is how long a waiting worker may take to come to rest before it is measured.
const settle = 2 * time.Second

// send lets a process of its own do an errand at a place.
func (b *bench) send(ctx context.Context, p peer, at place, e errand) (u usage, err error) {
	e.Peer, e.Dir, e.Server, e.Schema, e.Lanes = p.name, at.dir, at.server, at.schema, at.lanes
	text, err := json.Marshal(e)
	if err != nil {
		return u, err
	}
	self, err := os.Executable()
	if err != nil {
		return u, err
	}
	c := exec.CommandContext(ctx, self, childCommand, string(text)) //nolint:gosec // this program
	c.Stderr = os.Stderr
	answer, err := c.Output()
	if err != nil {
		return u, fmt.Errorf("%s in a process of its own: %w", p.name, err)
	}
	err = json.Unmarshal(answer, &u)
	return u, err
}

// runChild is the child's side of send.
func runChild(args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet(childCommand, flag.ContinueOnError)
	if err := flags.Parse(args); err != nil || flags.NArg() != 1 {
		return errors.Join(err, errors.New("this command is for bench itself"))
	}
	var e errand
	if err := json.Unmarshal([]byte(flags.Arg(0)), &e); err != nil {
		return err
	}
	p, err := find(e.Peer)
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := p.open(ctx, place{dir: e.Dir, server: e.Server, schema: e.Schema, lanes: e.Lanes})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	u, err := e.do(ctx, s)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(u)
}

func (e errand) do(ctx context.Context, s store) (u usage, err error) {
	start := time.Now()
	pruning, canPrune := s.(pruner)
	switch {
	case e.Prune && canPrune:
		u.Deleted, err = pruning.prune(ctx)
	case e.Jobs > 0:
		stop := watchOwn(&u.PeakOwn)
		err = s.run(ctx, e.Jobs, 100)
		stop()
		u.CPU, u.Elapsed = cpuTime(), time.Since(start)
	default:
		u, err = e.idle(ctx, s)
	}
	if err != nil {
		return u, err
	}
	u.PeakBytes, err = peakMemory()
	return u, err
}

// idle measures a worker that waits, after it has settled.
func (e errand) idle(ctx context.Context, s store) (u usage, err error) {
	ctx, cancel := context.WithTimeout(ctx, settle+e.Wait)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- s.wait(ctx, 100) }()
	select {
	case err := <-done:
		return u, err
	case <-time.After(settle):
	}
	before, start := cpuTime(), time.Now()
	<-ctx.Done()
	u.CPU, u.Elapsed = cpuTime()-before, time.Since(start)
	return u, <-done
}

// cpuTime gives the processor time of this process so far.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		panic(err) // it has no other argument to refuse
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// peakMemory gives the most memory that this process had resident, in bytes.
func peakMemory() (int64, error) { return memory("VmHWM:") }

// memory gives a line of this process's status, in bytes.
func memory(name string) (int64, error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(text), name)
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, errors.New("/proc/self/status has no " + name)
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}

// watchOwn looks at this process's own memory a hundred times a second, until it is stopped: the heap and SQLite's caches, not the
// program's text and mapped files, which are the kernel's to take away.
func watchOwn(peak *int64) (stop func()) {
	end, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			if now, err := memory("RssAnon:"); err == nil {
				*peak = max(*peak, now)
			}
			select {
			case <-end:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() { close(end); <-ended }
}
