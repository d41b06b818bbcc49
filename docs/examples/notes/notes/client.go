package notes

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/explain"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/transport"
)

// codeDenied takes the place of transport's own code for a 401.
const codeDenied = "CON-NOTES-401"

// explained is what `connector explain` says of our codes.
func explained() explain.Entry {
	return explain.Entry{
		Code: codeDenied, Exit: explain.Denied,
		What:   "The notes server does not accept the token.",
		Causes: []string{"the token was revoked, or its user left"},
		Do:     []string{"make a new token under Settings, API tokens, and put it where token: points", "run the sync again: nothing was lost"},
		See:    []string{"doctor"},
	}
}

// client speaks the notes server's REST API.
type client struct {
	http *transport.Client
	base string
}

// connect implements backend.Connect.
func connect(ctx context.Context, s backend.Setup) (any, error) {
	settings, ok := s.Config.Settings.(*Settings)
	if !ok {
		return nil, fmt.Errorf("backend %s has no settings of notes", s.Config.Name)
	}
	token, err := settings.Token.Reveal(ctx)
	if err != nil {
		return nil, err
	}
	return &client{
		base: strings.TrimRight(s.Config.URL, "/"),
		http: transport.New(transport.Options{
			System: "Notes", Base: s.Transport, Clock: s.Clock, Hook: s.Hook, Timeout: s.Config.Timeout,
			Limit:     transport.PerSecond(cmp.Or(settings.Rate, 5)),
			Secrets:   []string{token},
			Codes:     map[string]string{"CON-HTTP-401": codeDenied},
			Authorize: func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) },
		}),
	}, nil
}

// Requests is how many requests were sent, for the report of a run.
func (c *client) Requests() int { return c.http.Requests() }

// Examine implements backend.Examiner: what `connector doctor` says of the server. It writes nothing.
func (c *client) Examine(ctx context.Context, b config.Backend) (found backend.Examined) {
	add := func(level odoo.Level, what, remedy string) {
		found.Findings = append(found.Findings, backend.Finding{Check: "notebooks", Level: level, What: what, Remedy: remedy})
	}
	var all []object
	if err := c.do(ctx, http.MethodGet, "/notebooks", nil, &all); err != nil {
		add(odoo.LevelFail, err.Error(), "put address and token right")
		return found
	}
	there := map[string]string{}
	for _, n := range all {
		there[n.id("id")] = n.text("name")
	}
	add(odoo.LevelOK, fmt.Sprintf("%d notebooks are seen", len(there)), "")
	settings, ok := b.Settings.(*Settings)
	if !ok {
		return found
	}
	for _, id := range settings.Notebooks {
		if name, ok := there[id]; ok {
			found.Parts = append(found.Parts, backend.Part{ID: id, Name: name})
			continue
		}
		add(odoo.LevelFail, "there is no notebook "+id, "correct notebooks:, or let the token's user see it")
	}
	return found
}

// page is where people see a record.
func page(b config.Backend, of binding.Binding) string {
	return strings.TrimRight(b.URL, "/") + "/web/" + strings.TrimPrefix(of.Model, "notes.") + "/" + of.ExternalID
}

// do sends a request and reads its answer into the value that into points to. A GET and a PATCH can be repeated; a POST cannot.
func (c *client) do(ctx context.Context, method, path string, body, into any) error {
	r := transport.Request{Method: method, URL: c.base + path, Op: method + " " + path, Idempotent: method != http.MethodPost}
	if body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			return err
		}
		r.Body, r.Header = data, http.Header{"Content-Type": {"application/json"}}
	}
	answer, err := c.http.Do(ctx, r)
	var e *transport.Error
	if errors.As(err, &e) && e.Kind == transport.NotFound {
		return &notFoundError{e}
	}
	if err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(answer.Body))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return &transport.Error{
			System: "Notes", Op: r.Op, Kind: transport.Protocol, Status: answer.Status, Text: "the answer is not the JSON that was expected",
			OutcomeUnknown: method == http.MethodPost, Err: err,
		}
	}
	return nil
}

// notFoundError is the server's 404 in its own words, and backend.ErrNotFound to errors.Is.
type notFoundError struct{ cause *transport.Error }

func (e *notFoundError) Error() string { return e.cause.Error() }

// Is makes it the framework's ErrNotFound.
func (*notFoundError) Is(target error) bool { return target == backend.ErrNotFound }

// Unwrap is what transport said.
func (e *notFoundError) Unwrap() error { return e.cause }
