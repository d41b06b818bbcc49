package redmine

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/explain"
	"github.com/odoo-connector/connector/transport"
)

// Our codes.
const (
	codeKey     = "CON-REDMINE-401"
	codeDenied  = "CON-REDMINE-403"
	codeIgnored = "CON-REDMINE-IGNORED"
	codeSetting = "CON-REDMINE-SETTING"
)

func keyRefused() explain.Entry {
	return explain.Entry{
		Code: codeKey, Exit: explain.Denied,
		What:   "Redmine does not accept the API key.",
		Causes: []string{"the key was reset, or its user was locked"},
		Do:     []string{"look at the key under My account, and put it where api_key: points", "run the sync again: nothing was lost"},
		See:    []string{"doctor"},
	}
}

func denied() explain.Entry {
	return explain.Entry{
		Code: codeDenied, Exit: explain.Denied,
		What: "Redmine lets the user of the API key not do this.",
		Causes: []string{
			"the project was archived, or closed while something in it was to change",
			"the user is no member any more, or the role has not the permission",
			"the REST web service is off",
		},
		Do: []string{
			"give the role the permissions to view, add and edit issues, or the user the project",
			"switch the REST web service on under Administration, Settings, API",
		},
		See: []string{"jobs"},
	}
}

func ignored() explain.Entry {
	return explain.Entry{
		Code: codeIgnored, Exit: explain.FailedJobs,
		What: "Redmine answered that the issue was changed, and left a field as it was.",
		Causes: []string{
			"the workflow does not let the user's role go from the one status to the other",
			"the issue has subtasks, which its dates and its priority follow",
			"the role may not manage subtasks, or the tracker has not the field",
		},
		Do:  []string{"change it in Redmine, or let the role do it (Administration, Workflow), and retry the job"},
		See: []string{"jobs"},
	}
}

func setting() explain.Entry {
	return explain.Entry{
		Code: codeSetting, Exit: explain.Usage,
		What:   "The configuration names something that this Redmine does not have.",
		Causes: []string{"a name is misspelt, or was changed in Redmine"},
		Do:     []string{"run `connector doctor`, which lists the names that there are, and correct the configuration"},
		See:    []string{"doctor"},
	}
}

// settingError is a value of the configuration that this server cannot have.
type settingError struct{ text string }

func (e *settingError) Error() string { return e.text }

// Code is what `connector explain` explains.
func (*settingError) Code() string { return codeSetting }

// client speaks Redmine's REST API. It remembers for one run what hardly ever changes.
type client struct {
	http  *transport.Client
	base  string
	mutex sync.Mutex
	lists map[string][]object // "issue_statuses"
}

// object is a record as the server's JSON has it: what is empty is null, or left out.
type object map[string]any

// connect implements backend.Connect.
func connect(ctx context.Context, s backend.Setup) (any, error) {
	settings, ok := s.Config.Settings.(*Settings)
	if !ok {
		return nil, fmt.Errorf("backend %s has no settings of redmine", s.Config.Name)
	}
	key, err := settings.Key.Reveal(ctx)
	if err != nil {
		return nil, err
	}
	return &client{
		base: strings.TrimRight(s.Config.URL, "/"), lists: map[string][]object{},
		http: transport.New(transport.Options{
			System: "Redmine", Base: s.Transport, Clock: s.Clock, Hook: s.Hook, Timeout: s.Config.Timeout,
			Limit:     transport.PerSecond(cmp.Or(settings.Rate, 10)),
			Secrets:   []string{key},
			Codes:     map[string]string{"CON-HTTP-401": codeKey, "CON-HTTP-403": codeDenied},
			Authorize: func(r *http.Request) { r.Header.Set("X-Redmine-API-Key", key) },
		}),
	}, nil
}

// Requests is how many requests were sent, for the report of a run.
func (c *client) Requests() int { return c.http.Requests() }

// Refresh forgets what an earlier run read.
func (c *client) Refresh() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	clear(c.lists)
}

// get reads the object under a name of the answer: {"issue": {…}}.
func (c *client) get(ctx context.Context, path, name string) (object, error) {
	answer := map[string]object{}
	err := c.do(ctx, http.MethodGet, path, nil, &answer)
	return answer[name], err
}

// post creates and gives the object as the answer has it, which has the form of a read.
func (c *client) post(ctx context.Context, path, name string, values object) (object, error) {
	answer := map[string]object{}
	err := c.do(ctx, http.MethodPost, path, map[string]object{name: values}, &answer)
	return answer[name], err
}

// put changes. The answer has no body.
func (c *client) put(ctx context.Context, path, name string, values object) error {
	return c.do(ctx, http.MethodPut, path, map[string]object{name: values}, nil)
}

// pageSize is the most that Redmine gives at a time.
const pageSize = 100

// page is a page of a list. Total counts all that there are.
type page struct {
	objects []object
	total   int
}

// page reads one page of a list.
func (c *client) page(ctx context.Context, path, name string, query url.Values, offset, limit int) (p page, err error) {
	query.Set("limit", strconv.Itoa(limit))
	query.Set("offset", strconv.Itoa(offset))
	var answer map[string]json.RawMessage
	op := path + "?" + query.Encode()
	if err := c.do(ctx, http.MethodGet, op, nil, &answer); err != nil {
		return p, err
	}
	if err := decode(answer[name], &p.objects); err != nil {
		return p, unexpected(op, http.MethodGet, http.StatusOK, err)
	}
	_ = json.Unmarshal(answer["total_count"], &p.total) // lists that come whole have none
	return p, nil
}

// all reads all pages. What is listed twice, because something was put in before it meanwhile, is given once.
func (c *client) all(ctx context.Context, path, name string, query url.Values) (objects []object, err error) {
	seen := map[string]bool{}
	for offset := 0; ; offset += pageSize {
		p, err := c.page(ctx, path, name, query, offset, pageSize)
		if err != nil {
			return nil, err
		}
		for _, o := range p.objects {
			if id := o.id(); !seen[id] {
				seen[id] = true
				objects = append(objects, o)
			}
		}
		if len(p.objects) == 0 || offset+len(p.objects) >= p.total {
			return objects, nil
		}
	}
}

// once reads a list that is the same for all projects, once for a run: statuses, trackers, priorities.
func (c *client) once(ctx context.Context, path, name string) ([]object, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if known, ok := c.lists[name]; ok {
		return known, nil
	}
	p, err := c.page(ctx, path, name, url.Values{}, 0, pageSize)
	if err == nil {
		c.lists[name] = p.objects
	}
	return p.objects, err
}

// do sends a request and reads its answer into the value that into points to, or nowhere. A GET and a PUT can be repeated; a POST cannot.
func (c *client) do(ctx context.Context, method, path string, body, into any) error {
	bare, _, _ := strings.Cut(path, "?")
	r := transport.Request{Method: method, URL: c.base + path, Op: method + " " + bare, Idempotent: method != http.MethodPost}
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
	if err != nil || into == nil {
		return err
	}
	if err := decode(answer.Body, into); err != nil {
		return unexpected(r.Op, method, answer.Status, err)
	}
	return nil
}

// decode reads JSON with its numbers as they are: as float64 a large id would lose digits.
func decode(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return decoder.Decode(into)
}

func unexpected(op, method string, status int, err error) error {
	op, _, _ = strings.Cut(op, "?")
	return &transport.Error{
		System: "Redmine", Op: op, Kind: transport.Protocol, Status: status, Text: "the answer is not the JSON that was expected",
		OutcomeUnknown: method == http.MethodPost, Err: err,
	}
}

// notFoundError is the server's 404 in its own words, and backend.ErrNotFound to errors.Is.
type notFoundError struct{ cause *transport.Error }

func (e *notFoundError) Error() string { return e.cause.Error() }

// Is makes it the framework's ErrNotFound.
func (*notFoundError) Is(target error) bool { return target == backend.ErrNotFound }

// Unwrap is what transport said.
func (e *notFoundError) Unwrap() error { return e.cause }
