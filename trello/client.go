package trello

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/transport"
)

// Client speaks Trello's REST API. Credentials go into the Authorization header, never into a URL,
// where they would end in logs (Trello's authorization guide allows both).
type Client struct {
	http    *transport.Client
	members *transport.Client // for what is below /1/members, which has a narrower limit
	pace    *pace
	base    string
	clock   backend.Clock
	boards  map[string]snapshot[*board]
	cards   map[string]snapshot[*cards]
	paged   map[string]int            // sizes of pages, by the ids of boards whose cards are too many for one answer
	loose   map[string]snapshot[card] // cards that were read or written alone, by id
	mine    *snapshot[[]*board]
	asked   []time.Time // when mine was asked for, the latest times

	asListed bool            // a snapshot is good enough whatever its age
	narrowed map[string]bool // the boards that listings are kept to; nil: all

	storage  *transport.Client // without credentials
	mark     string            // of the token
	myself   string            // the id of the token's member, "" until it was asked for
	partners map[string]string // names of Odoo's partners by their ids

	cardFields string                   // to ask for: those that are always read, and those that the configuration maps
	custom     []string                 // custom fields that the configuration maps
	defined    map[string][]customField // by board, where any is mapped
	syncLabel  string                   // the label of the cards that take part, "" for all
	labelled   map[string][]string      // ids of the labels of that name, by board

	inText bool                         // checklists are told with their cards
	people map[string]map[string]string // names of members by their ids, by board, where checklists are told
}

// connect makes a client that shares the limits of its token with others of this program.
func (b *buckets) connect(ctx context.Context, s backend.Setup) (any, error) {
	settings, ok := s.Config.Settings.(*Settings)
	if !ok {
		return nil, fmt.Errorf("backend %s has no settings of trello", s.Config.Name)
	}
	if settings.Rate < 0 {
		return nil, &SettingsError{Backend: s.Config.Name, Problem: "`requests_per_10s` is negative", Key: "requests_per_10s"}
	}
	key, err := settings.Key.Reveal(ctx)
	if err != nil {
		return nil, err
	}
	token, err := settings.Token.Reveal(ctx)
	if err != nil {
		return nil, err
	}
	return newClient(s, key, token, b.of(token, cmp.Or(settings.Rate, defaultRate))), nil
}

// NewClient makes a client that shares its limits with no other. The base URL may come with or without its "/1"; rate is how many
// requests are sent in any 10 seconds at most, 90 if it is 0.
func NewClient(s backend.Setup, key, token string, rate int) *Client {
	if rate <= 0 {
		rate = defaultRate
	}
	return newClient(s, key, token, newBucket(rate))
}

func newClient(s backend.Setup, key, token string, b *bucket) *Client {
	authorization := fmt.Sprintf(`OAuth oauth_consumer_key="%s", oauth_token="%s"`, key, token)
	options := transport.Options{
		System: "Trello", Base: s.Transport, Clock: s.Clock, Hook: s.Hook, Timeout: s.Config.Timeout,
		Limit: b.requests, Secrets: []string{key, token}, Codes: ownCodes,
		Authorize: func(r *http.Request) { r.Header.Set("Authorization", authorization) },
	}
	ofMembers := options
	ofMembers.Limit = cmp.Or(b.members, b.requests)
	return &Client{
		http: transport.New(options), members: transport.New(ofMembers), pace: &b.pace,
		// Where Trello keeps files is another's: it gets no credentials.
		storage: transport.New(transport.Options{System: "Trello's storage", Base: s.Transport, Clock: s.Clock, Hook: s.Hook, Timeout: s.Config.Timeout}),
		base:    baseURL(s.Config.URL), clock: s.Clock,
		boards: map[string]snapshot[*board]{}, cards: map[string]snapshot[*cards]{},
		paged: map[string]int{}, loose: map[string]snapshot[card]{},
		cardFields: cardFields, defined: map[string][]customField{}, labelled: map[string][]string{}, people: map[string]map[string]string{},
		mark: tokenMark(token), partners: map[string]string{},
	}
}

// baseURL adds the API's version where the URL is a bare origin.
func baseURL(raw string) string {
	raw = strings.TrimRight(raw, "/")
	if u, err := url.Parse(raw); err == nil && u.Path == "" {
		return raw + "/1"
	}
	return raw
}

// Requests is how many requests were sent so far.
func (c *Client) Requests() int { return c.http.Requests() + c.members.Requests() }

// Refresh forgets what an earlier run read, so that the next reading asks the server; but for which boards there are, where that was
// asked so often lately that Trello may refuse to tell.
func (c *Client) Refresh() {
	mine := c.mine
	c.forget()
	if c.scarce() {
		c.mine = mine
	}
}

// forget forgets all that was read.
func (c *Client) forget() {
	c.forgetBoards()
	c.forgetCards()
}

// forgetBoards forgets the boards with what is on them but for their cards.
func (c *Client) forgetBoards() {
	c.mine = nil
	clear(c.boards)
	clear(c.people)
}

// forgetCards forgets the cards with what hangs on them.
func (c *Client) forgetCards() {
	clear(c.cards)
	clear(c.loose)
}

func (c *Client) get(ctx context.Context, path string, query url.Values, into any) error {
	target := c.base + "/" + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return c.do(ctx, transport.Request{Method: http.MethodGet, URL: target, Op: "GET /" + path, Idempotent: true}, into)
}

// send posts or puts parameters as a form, the way the recorded clients do (captures of Trello, PUT
// /1/cards). A PUT with the same values twice is one with them once.
func (c *Client) send(ctx context.Context, method, path string, form url.Values, into any) error {
	return c.do(ctx, transport.Request{
		Method: method, URL: c.base + "/" + path, Op: method + " /" + path, Body: []byte(form.Encode()),
		Header:     http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Idempotent: method == http.MethodPut,
	}, into)
}

// sendJSON puts a body of JSON, which Trello takes where values have parts (Trello's guide to custom fields).
func (c *Client) sendJSON(ctx context.Context, method, path string, body, into any) error {
	data, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return c.do(ctx, transport.Request{
		Method: method, URL: c.base + "/" + path, Op: method + " /" + path, Body: data,
		Header:     http.Header{"Content-Type": {"application/json"}},
		Idempotent: method == http.MethodPut,
	}, into)
}

func (c *Client) do(ctx context.Context, r transport.Request, into any) error {
	r.Header = withAccept(r.Header)
	answer, err := c.ask(ctx, r)
	if err != nil {
		return ofOneRecord(err, r.Method != http.MethodGet)
	}
	if err := decodeOne(answer.Body, into); err != nil {
		return &transport.Error{
			System: "Trello", Op: r.Op, Kind: transport.Protocol, Status: answer.Status,
			Text: textOf(err), OutcomeUnknown: r.Method == http.MethodPost, Err: err,
		}
	}
	return nil
}

// ask sends a request when its turn has come, and minds what the answer says of the limits.
func (c *Client) ask(ctx context.Context, r transport.Request) (*transport.Response, error) {
	c.pace.wait(ctx, c.clock)
	by := c.http
	if strings.HasPrefix(r.URL, c.base+"/members/") {
		by = c.members
	}
	answer, err := by.Do(ctx, r)
	var e *transport.Error
	switch {
	case err == nil:
		c.pace.note(answer.Header, c.clock.Now())
	case errors.As(err, &e) && e.Response != nil:
		c.pace.note(e.Response.Header, c.clock.Now())
		if e.Kind == transport.RateLimited && e.RetryAfter == 0 {
			e.RetryAfter = pauseOf(bodyOf(e))
		}
	}
	return answer, err
}

// textOf says what is wrong with an answer.
func textOf(err error) string {
	var bad *UnreadableError
	if errors.As(err, &bad) {
		return bad.Error()
	}
	return "the answer is not the JSON that was expected"
}

func withAccept(h http.Header) http.Header {
	if h == nil {
		h = http.Header{}
	}
	h.Set("Accept", "application/json")
	return h
}

// ofOneRecord tells what concerns one record from what concerns the whole server: a 404 is the
// framework's ErrNotFound, and a 401 that blames neither key nor token is a missing permission
// (Trello answers 401 for both).
func ofOneRecord(err error, writing bool) error {
	var e *transport.Error
	if !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Kind == transport.NotFound:
		return &notFoundError{e}
	case e.Status == http.StatusUnauthorized && !blamesCredentials(e.Text):
		return &PermissionError{e, writing}
	default:
		return err
	}
}

// blamesCredentials reports that a 401 is about the key or the token, and so about every request.
func blamesCredentials(text string) bool {
	text = strings.ToLower(text)
	return text == "" || strings.Contains(text, "key") || strings.Contains(text, "token")
}

// PermissionError says that the token's member may not do this to this one board, list, label or
// card. Unlike wrong credentials it stops nothing else.
type PermissionError struct {
	cause   *transport.Error
	writing bool
}

// Error is Trello's answer and the remedy.
func (e *PermissionError) Error() string {
	remedy := "; the token's member needs the right to this board"
	if e.writing {
		remedy += ", and the token the scope read,write"
	}
	return e.cause.Error() + remedy
}

// Outage says that the rest of Trello can still be reached.
func (*PermissionError) Outage() bool { return false }

// Unwrap is what transport said.
func (e *PermissionError) Unwrap() error { return e.cause }

// notFoundError is Trello's 404 in its own words, and ErrNotFound to errors.Is.
type notFoundError struct{ cause *transport.Error }

func (e *notFoundError) Error() string { return e.cause.Error() }

// Is makes it the framework's ErrNotFound.
func (*notFoundError) Is(target error) bool { return target == backend.ErrNotFound }

// Unwrap is what transport said.
func (e *notFoundError) Unwrap() error { return e.cause }

// cached gives the snapshot if it is fresh, else asks.
func cached[T heavy](c *Client, m map[string]snapshot[T], id string, ask func() (T, error)) (T, error) {
	if atHand(c, m, id) {
		return m[id].value, nil
	}
	v, err := ask()
	if err == nil {
		delete(m, id)
		makeRoom(m, v.weight())
		m[id] = snapshot[T]{value: v, at: c.clock.Now()}
	}
	return v, err
}

// heavy is something whose objects can be counted, roughly.
type heavy interface{ weight() int }

// mostKept is how many of Trello's objects are kept between readings, some 100 MB.
const mostKept = 200_000

// makeRoom drops the oldest snapshots until another of that weight fits in.
func makeRoom[T heavy](m map[string]snapshot[T], weight int) {
	for _, s := range m {
		weight += s.value.weight()
	}
	for weight > mostKept && len(m) > 0 {
		oldest := ""
		for id, s := range m {
			if o := m[oldest]; oldest == "" || s.at.Before(o.at) || s.at.Equal(o.at) && id < oldest {
				oldest = id
			}
		}
		weight -= m[oldest].value.weight()
		delete(m, oldest)
	}
}

// atHand reports that a snapshot is there that is fresh, or while imports read, of any age, so that nobody need be asked.
func atHand[T any](c *Client, m map[string]snapshot[T], id string) bool {
	s, ok := m[id]
	return ok && (c.asListed || c.clock.Now().Sub(s.at) < fresh)
}

// Narrow keeps listings of what is on boards to some of them, until end is called. It is a [backend.Narrower].
func (c *Client) Narrow(to []string) (end func()) {
	c.narrowed = make(map[string]bool, len(to))
	for _, id := range to {
		c.narrowed[id] = true
	}
	return func() { c.narrowed = nil }
}

// byListing makes what was read in this run good enough whatever its age, until the function that it gives is called.
func (c *Client) byListing() (end func()) {
	c.asListed = true
	return func() { c.asListed = false }
}
