package config

import (
	"net"
	"net/mail"
	"strings"
	"time"
)

// Notify is an entry of `notify:`: somebody who is told of troubles, or a watchman who is told of every run.
type Notify struct {
	// Name is what `connector notify test NAME` calls it.
	Name string
	// On lists the events that it is told of, as [NotifyEvents] names them; all but review where left out, none for a Ping.
	On []string
	// Digest is the shortest time between two messages, from 0 to 24 h; [DefaultDigest] where left out.
	Digest time.Duration
	// One of the following ways is given. Command is a program with its arguments, which reads the message on its standard
	// input; Webhook the URL that it is posted to as JSON; Email a letter.
	Command []string
	Webhook Secret
	Email   *Email
	// Ping is the URL of a dead man's switch, as healthchecks.io has them: it is told when a run begins and how it ends.
	Ping Secret
	// Runs are the commands whose runs the Ping is told of, as [NotifyRuns] names them; sync where left out.
	Runs []string
	// Line is where the entry begins in the file, counted from 1.
	Line int
}

// Email is how a letter is sent.
type Email struct {
	To   []string // addresses, at least one
	From string
	// Server is HOST:PORT of the server that takes letters; Security how it is spoken to: starttls (the default), tls from the
	// beginning, or none.
	Server, Security string
	// Username and Password log in; both may be left out.
	Username string
	Password Secret
}

// DefaultDigest is the shortest time between two messages to a receiver where the file gives none.
const DefaultDigest = 10 * time.Minute

const maxDigest = 24 * time.Hour

// NotifyEvents are the events that `on:` can name.
func NotifyEvents() []string { return []string{"failed", "schedule", "outage", "stuck", "review"} }

// NotifyRuns are the commands that `runs:` can name.
func NotifyRuns() []string { return []string{"sync", "poll", "jobs", "schedule"} }

var (
	notifyWays = []string{"command", "webhook", "email", "ping"}
	securities = []string{"starttls", "tls", "none"}
)

// FindNotify gives the entry of that name and whether there is one.
func (c *Config) FindNotify(name string) (Notify, bool) {
	for _, n := range c.Notify {
		if n.Name == name {
			return n, true
		}
	}
	return Notify{}, false
}

func (r *reader) notify(top mapping) (all []Notify) {
	v, ok := top.get("notify")
	if !ok {
		return nil
	}
	items, _ := v.list()
	taken := names{}
	for _, item := range items {
		if m, ok := item.mapping(notifyKeys); ok {
			all = append(all, m.notify(taken))
		}
	}
	return all
}

func (m mapping) notify(taken names) Notify {
	n := Notify{Line: m.place.Line, Name: taken.take(m, "name", value.name), Digest: DefaultDigest}
	m.way(&n)
	_, pings := m.get("ping")
	if v, ok := m.get("digest"); ok {
		n.Digest, _ = v.duration(0, maxDigest)
		if pings {
			v.fail("a ping has no digest: every run is told", "leave it out")
		}
	}
	if v, ok := m.get("on"); ok {
		n.On = v.choices("an event", NotifyEvents())
		if pings {
			v.fail("a ping is told of runs, not of events", "use runs:, or another way of telling")
		}
	} else if !pings {
		n.On = []string{"failed", "schedule", "outage", "stuck"}
	}
	if v, ok := m.get("runs"); ok {
		n.Runs = v.choices("a command that ends by itself", NotifyRuns())
		if !pings {
			v.fail("runs goes with ping", "use on: for the events to be told of")
		}
	} else if pings {
		n.Runs = []string{"sync"}
	}
	return n
}

// way reads the one way of telling that is given.
func (m mapping) way(n *Notify) {
	var given []string
	for _, key := range notifyWays {
		v, ok := m.get(key)
		if !ok {
			continue
		}
		if given = append(given, key); len(given) > 1 {
			v.fail("an entry has one way of telling, and "+given[0]+" is given already", "make an entry of its own for each way")
			continue
		}
		switch key {
		case "command":
			n.Command = v.texts("the program")
		case "webhook":
			n.Webhook, _ = v.secret()
		case "ping":
			n.Ping, _ = v.secret()
		case "email":
			n.Email = v.email()
		}
	}
	if len(given) == 0 {
		m.fail("says no way of telling", "give one of "+strings.Join(notifyWays, ", "))
	}
}

// choices gives a list of known names, each once; an empty one is reported.
func (v value) choices(what string, known []string) (all []string) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("is an empty list", "use some of "+strings.Join(known, ", ")+", or leave it out")
	}
	for _, item := range items {
		if name, ok := item.choice(what, known); ok {
			all = append(all, name)
		}
	}
	return all
}

// texts gives a list of texts, at least one.
func (v value) texts(first string) (all []string) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("is an empty list", "name "+first)
	}
	for _, item := range items {
		if text, ok := item.text(); ok {
			all = append(all, text)
		}
	}
	return all
}

func (v value) email() *Email {
	m, ok := v.mapping(emailKeys)
	if !ok {
		return nil
	}
	e := &Email{Security: "starttls"}
	if to, ok := m.require("to", "list the addresses"); ok {
		e.To = to.addresses()
	}
	if from, ok := m.require("from", "the address that letters come from"); ok {
		e.From = from.address()
	}
	if server, ok := m.require("server", "write it as HOST:PORT, as smtp.example.com:587"); ok {
		e.Server, _ = server.text()
		if host, port, err := net.SplitHostPort(e.Server); e.Server != "" && (err != nil || host == "" || port == "") {
			server.fail(shown(e.Server)+" is no server", "write it as HOST:PORT, as smtp.example.com:587")
		}
	}
	if security, ok := m.get("security"); ok {
		e.Security, _ = security.choice("a way to speak to the server", securities)
	}
	m.mailLogin(e)
	return e
}

// mailLogin reads who logs in to the mail server, where anybody does.
func (m mapping) mailLogin(e *Email) {
	m.optionalText("username", &e.Username)
	if password, ok := m.get("password"); ok {
		e.Password, _ = password.secret()
		if e.Username == "" {
			password.fail("a password without a username", "give username:, too")
		}
	} else if e.Username != "" {
		m.require("password", secretHint)
	}
}

func (v value) addresses() (all []string) {
	items, ok := v.list()
	if ok && len(items) == 0 {
		v.fail("is an empty list", "list at least one address")
	}
	for _, item := range items {
		all = append(all, item.address())
	}
	return all
}

// address is that of a mailbox alone.
func (v value) address() string {
	text, ok := v.text()
	if !ok {
		return ""
	}
	if parsed, err := mail.ParseAddress(text); err != nil || parsed.Address != text {
		v.fail(shown(text)+" is no e-mail address", "write it as ann@example.com, without a name")
	}
	return text
}

func (n Notify) redacted() map[string]any {
	shape := map[string]any{"name": n.Name}
	text := func(name string) any { return name }
	if len(n.On) > 0 {
		shape["on"], shape["digest"] = anyList(n.On, text), short(n.Digest)
	}
	if len(n.Runs) > 0 {
		shape["runs"] = anyList(n.Runs, text)
	}
	switch {
	case len(n.Command) > 0:
		shape["command"] = anyList(n.Command, func(string) any { return mask })
		shape["command"].([]any)[0] = n.Command[0] //nolint:forcetypeassert // made just now
	case !n.Webhook.IsZero():
		shape["webhook"] = n.Webhook.redacted()
	case !n.Ping.IsZero():
		shape["ping"] = n.Ping.redacted()
	case n.Email != nil:
		e := map[string]any{"to": anyList(n.Email.To, text), "from": n.Email.From, "server": n.Email.Server, "security": n.Email.Security}
		if n.Email.Username != "" {
			e["username"], e["password"] = n.Email.Username, n.Email.Password.redacted()
		}
		shape["email"] = e
	}
	return shape
}
