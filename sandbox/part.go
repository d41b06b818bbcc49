package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"
)

// suffix is how the names of the journals end.
const suffix = ".journal"

// header is the first line of a journal: what the fake was begun with. The same header makes the same fake again.
type header struct {
	Format int       `json:"sandbox"`        // of the journal's lines
	Began  time.Time `json:"began"`          // the clock's reading for all demo data
	Demo   bool      `json:"demo"`           // false: begun without data
	Seed   string    `json:"seed,omitempty"` // hash of what the fake journalled while the demo data were made
}

// format is today's format of journals.
const format = 1

// beginning is what new journals of the folder begin with: as the ones that are there, so that the demo data of one side fit those of
// the other; in a new folder, the options.
func beginning(dir string, o Options) (header, error) {
	found := header{Format: format, Began: o.Clock().UTC().Truncate(time.Second), Demo: !o.Empty}
	paths, err := filepath.Glob(filepath.Join(escapeGlob(dir), "*"+suffix))
	if err != nil {
		return found, err
	}
	for _, path := range paths {
		head, begun, err := peek(path)
		if err != nil {
			return found, err
		}
		if begun && head.Demo && o.Empty {
			return found, &NotEmptyError{Dir: dir}
		}
		if begun {
			head.Seed = ""
			return head, nil
		}
	}
	return found, nil
}

// peek reads the header of a journal without changing it.
func peek(path string) (head header, begun bool, err error) {
	j, err := openJournal(path)
	if err != nil {
		return head, false, err
	}
	head, begun, err = j.header()
	return head, begun, errors.Join(err, j.close())
}

// part is one side of the sandbox: a fake, its journal and its address.
type part struct {
	name    string
	fake    Fake
	journal *journal
	clock   *clock
	url     string
	stop    func() // nil while it isn't served
}

// openPart brings a side to the state that its journal tells of, or begins it.
func openPart(dir string, system System, begin header, now func() time.Time) (*part, error) {
	j, err := openJournal(filepath.Join(dir, system.Name+suffix))
	if err != nil {
		return nil, err
	}
	p := &part{name: system.Name, journal: j, clock: &clock{now: now}}
	if err := p.restore(system, begin); err != nil {
		return nil, errors.Join(err, p.close())
	}
	return p, nil
}

// restore makes the fake, its demo data and its changes again.
func (p *part) restore(system System, begin header) error {
	head, begun, err := p.journal.header()
	if err != nil {
		return err
	}
	if !begun {
		head = begin
	}
	seed := p.seed(system, head)
	if !begun {
		head.Seed = seed
		return p.journal.begin(head)
	}
	if head.Seed != seed {
		return p.journal.corrupt("was begun with other demo data than this version of the program has", nil)
	}
	return p.replay()
}

// seed makes the fake and its demo data, at the time of its beginning, and gives the hash of what it journalled meanwhile.
func (p *part) seed(system System, head header) string {
	hash := newHash()
	p.journal.divert(hash)
	p.clock.stopAt(head.Began)
	p.fake = system.New(FakeOptions{Clock: p.clock.read, Journal: p.journal.append})
	if head.Demo && system.Demo != nil {
		system.Demo(p.fake)
	}
	p.clock.run()
	p.journal.divert(nil)
	return hash.sum()
}

// replay applies all changes of the journal.
func (p *part) replay() error {
	for {
		line, err := p.journal.next()
		if errors.Is(err, io.EOF) {
			return p.journal.repair()
		}
		if err != nil {
			return err
		}
		if err := p.fake.Replay(line); err != nil {
			return p.journal.corrupt("holds a change that cannot be made again", err)
		}
	}
}

// listen serves the fake.
func (p *part) listen(addr string) (err error) {
	host, port, _ := net.SplitHostPort(addr) // was checked
	if host == "" {
		host = "127.0.0.1"
	}
	if port == "" {
		port = "0"
	}
	if p.url, p.stop, err = p.fake.Listen(net.JoinHostPort(host, port)); err != nil {
		return fmt.Errorf("the sandbox's %s cannot be served: %w; choose another address, or leave it out for any free port", p.name, err)
	}
	return nil
}

// close stops serving and closes the journal.
func (p *part) close() error {
	if p.stop != nil {
		p.stop()
	}
	return p.journal.close()
}

// checkAddress takes addresses of the loopback interface only.
func checkAddress(name, addr string) error {
	if addr == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return &AddressError{Name: name, Addr: addr, Err: err}
	}
	if ip := net.ParseIP(host); host != "" && host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &AddressError{Name: name, Addr: addr}
	}
	return nil
}

// escapeGlob makes a path that stands for itself alone in a pattern.
func escapeGlob(path string) string {
	var escaped []rune
	for _, r := range path {
		if r == '*' || r == '?' || r == '[' || (r == '\\' && os.PathSeparator != '\\') {
			escaped = append(escaped, '\\')
		}
		escaped = append(escaped, r)
	}
	return string(escaped)
}

// clock is a clock that can be stopped.
type clock struct {
	now     func() time.Time
	stopped atomic.Pointer[time.Time]
}

func (c *clock) read() time.Time {
	if at := c.stopped.Load(); at != nil {
		return *at
	}
	return c.now()
}

func (c *clock) stopAt(at time.Time) { c.stopped.Store(&at) }

func (c *clock) run() { c.stopped.Store(nil) }
