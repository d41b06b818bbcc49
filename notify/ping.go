package notify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/odoo-connector/connector/config"
)

// Pinger tells dead man's switches, as healthchecks.io has them, of one run: a POST to the address with /start when it begins, to
// the address when it ended well, and with /fail when it didn't, with the end of its output as the body.
type Pinger struct {
	receivers []config.Notify
	started   sync.WaitGroup
}

// NewPinger gives the pinger of one run of a command, as `runs:` names it. It is nil, and can be used, where nobody wants to know.
func NewPinger(all []config.Notify, command string) *Pinger {
	var mine []config.Notify
	for _, r := range all {
		if !r.Ping.IsZero() && slices.Contains(r.Runs, command) {
			mine = append(mine, r)
		}
	}
	if len(mine) == 0 {
		return nil
	}
	return &Pinger{receivers: mine}
}

// Start tells that the run begins, without waiting for anybody.
func (p *Pinger) Start(ctx context.Context) {
	if p == nil {
		return
	}
	for _, r := range p.receivers {
		p.started.Go(func() { _ = p.send(ctx, r, "/start", "") }) // End tells who cannot be reached
	}
}

// End tells how the run ended, with the end of its output. The error joins a *SendError for each that was not reached; it is
// no failure of the run.
func (p *Pinger) End(ctx context.Context, well bool, tail string) error {
	if p == nil {
		return nil
	}
	p.started.Wait() // not to be overtaken
	path := "/fail"
	if well {
		path = ""
	}
	errs := make([]error, len(p.receivers))
	var wait sync.WaitGroup
	for i, r := range p.receivers {
		wait.Go(func() { errs[i] = p.send(ctx, r, path, tail) })
	}
	wait.Wait()
	return errors.Join(errs...)
}

func (p *Pinger) send(ctx context.Context, r config.Notify, path, body string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Timeout)
	defer cancel()
	if err := post(ctx, r.Ping, path, "text/plain; charset=utf-8", []byte(body)); err != nil {
		return &SendError{r.Name, err}
	}
	return nil
}

// tailLength is how much of a run's output is kept: healthchecks.io's default limit of a body is 10,000 bytes.
const tailLength = 10_000

// Tail keeps the end of what a run writes. It may be written to from several goroutines.
type Tail struct {
	mu   sync.Mutex
	kept []byte
}

// Write takes everything.
func (t *Tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailLength; over > tailLength { // not for every write
		t.kept = append(t.kept[:0], t.kept[over:]...)
	}
	return len(p), nil
}

// String gives the last 10,000 bytes, from the beginning of a line on where something was cut off, without control characters.
func (t *Tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.kept)
	if over := len(text) - tailLength; over > 0 {
		text = text[over:]
		if at := strings.IndexByte(text, '\n'); at >= 0 {
			text = text[at+1:]
		}
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}
