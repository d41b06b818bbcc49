package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/odoo-connector/connector/config"
)

// SendError says that a receiver was not reached. It holds no secret, and an address that is one neither.
type SendError struct {
	Receiver string // as the configuration names it
	Err      error
}

// Error names the receiver.
func (e *SendError) Error() string {
	return fmt.Sprintf("%s could not be notified: %v", e.Receiver, e.Err)
}

// Unwrap gives the cause.
func (e *SendError) Unwrap() error { return e.Err }

// Code is that of a receiver who was not reached.
func (*SendError) Code() string { return "CON-NOTIFY-SEND" }

// Test sends a message that says it is a test, past the digest; for a ping, one about a run that begins and ends well.
func Test(ctx context.Context, r config.Notify, dir string) error {
	host, _ := os.Hostname() // without a name it is just connector
	if !r.Ping.IsZero() {
		p := &Pinger{receivers: []config.Notify{r}}
		return errors.Join(p.send(ctx, r, "/start", ""), p.send(ctx, r, "", "This is a test of connector."))
	}
	at := Occurrence{time.Now(), "This is a test: nothing has happened."}
	m := Message{Host: host, Receiver: r.Name, Subject: "connector on " + host + ": a test", Items: []Item{{Event: "test", Count: 1, First: at, Last: at}}}
	return (&Notifier{options: Options{Dir: dir}}).send(ctx, r, m)
}

// send brings one message on its way. Its error is a *SendError.
func (n *Notifier) send(ctx context.Context, r config.Notify, m Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), Timeout)
	defer cancel()
	var err error
	switch {
	case len(r.Command) > 0:
		err = runCommand(ctx, n.options.Dir, r.Command, m)
	case !r.Webhook.IsZero():
		var body []byte
		if body, err = m.JSON(); err == nil {
			err = post(ctx, r.Webhook, "", "application/json", body)
		}
	case r.Email != nil:
		err = sendEmail(ctx, *r.Email, m)
	}
	if err != nil {
		return &SendError{r.Name, err}
	}
	return nil
}

// post sends a body to an address that may be a secret; path is put after it.
func post(ctx context.Context, address config.Secret, path, kind string, body []byte) error {
	text, err := address.Reveal(ctx)
	if err != nil {
		return err
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return errors.New("its address is no URL; write it as https://HOST/PATH")
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + path
	if path == "" {
		u, _ = url.Parse(strings.TrimSpace(text))
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return errors.New("its address is no URL; write it as https://HOST/PATH")
	}
	r.Header.Set("Content-Type", kind)
	r.Header.Set("User-Agent", "connector")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := client.Do(r)
	if err != nil {
		return withoutAddress(ctx, err)
	}
	defer func() { _ = answer.Body.Close() }() // its answer is of no interest
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("its server answered HTTP %d", answer.StatusCode)
	}
	return nil
}

// withoutAddress takes the address out of an error.
func withoutAddress(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("its server didn't answer in time")
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	return err
}

// runCommand gives the message to a program on its standard input, and the subject in its environment.
func runCommand(ctx context.Context, dir string, argv []string, m Message) error {
	var said bytes.Buffer
	c := exec.CommandContext(ctx, argv[0], argv[1:]...) //nolint:gosec // the administrator's own configuration names it
	c.Dir, c.WaitDelay = dir, time.Second
	c.Stdin = strings.NewReader(m.Subject + "\n\n" + m.Text())
	c.Stdout, c.Stderr = io.Discard, &limited{&said, 4096}
	c.Env = append(os.Environ(), "CONNECTOR_NOTIFY_SUBJECT="+m.Subject, "CONNECTOR_NOTIFY_RECEIVER="+m.Receiver)
	err := c.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("%s took longer than %s", argv[0], Timeout)
	case errors.As(err, &exit):
		return fmt.Errorf("%s failed with %w: %s", argv[0], err, oneLine(said.String()))
	}
	return err
}

// limited keeps the beginning of what is written.
type limited struct {
	kept *bytes.Buffer
	room int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(l.room, len(p))
	l.kept.Write(p[:n])
	l.room -= n
	return len(p), nil
}
