package trello

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/record"
)

// board is Trello's own JSON, cut to what is mapped.
type board struct {
	ID           string            `json:"id"`
	Name         string            `json:"name"`
	Desc         string            `json:"desc"`
	Closed       bool              `json:"closed"`
	ShortLink    string            `json:"shortLink"`
	ShortURL     string            `json:"shortUrl"`
	Prefs        prefs             `json:"prefs"`
	Lists        many[list]        `json:"lists"`
	Labels       many[label]       `json:"labels"`
	Members      many[member]      `json:"members"`
	CustomFields many[customField] `json:"customFields"`
	Comments     many[comment]     `json:"actions"` // the newest first
}

// prefs are a board's settings.
type prefs struct {
	IsTemplate bool `json:"isTemplate"`
}

// boardFields are asked of every board.
const boardFields = "name,desc,closed"

// boardAddresses are asked for where Trello is asked for boards; the answer to a change lacks them.
const boardAddresses = ",shortLink,shortUrl"

func (*board) noun() string    { return "board" }
func (*board) asked() []string { return strings.Split(boardFields, ",") }

func (b *board) record() record.Record {
	return record.New(BoardModel, b.ID, common(b.ID, map[string]record.Value{
		"name": record.Text(b.Name), "desc": record.Text(b.Desc), "closed": record.Bool(b.Closed),
		"shortLink": record.Text(b.ShortLink), "shortUrl": record.Text(b.ShortURL),
	}))
}

// SettingsError says that a value of the configuration does not fit what Trello has.
type SettingsError struct {
	Backend string
	Problem string
	Key     string // of the configuration; "" for boards
}

// Error names the backend, the problem and the remedy.
func (e *SettingsError) Error() string {
	return fmt.Sprintf("backend %s: %s; change `%s:` in the configuration", e.Backend, e.Problem, cmp.Or(e.Key, "boards"))
}

// Usage marks the error as the configuration's.
func (*SettingsError) Usage() bool { return true }

// longKnown is how long it is good enough to know which boards there are, except when they are polled themselves: Trello counts what is
// asked below /1/members narrowly (100 requests in 900 seconds).
const longKnown = 15 * time.Minute

// listMine are all boards of the token's member, closed ones too, as they were within the given time. The member comes along.
func (c *Client) listMine(ctx context.Context, within time.Duration) ([]*board, error) {
	if c.scarce() {
		within = max(within, scarcelyKnown)
	}
	if c.mine != nil && (c.asListed || c.clock.Now().Sub(c.mine.at) < within) {
		return c.mine.value, nil
	}
	c.noteAsked()
	var me struct {
		ID     string   `json:"id"`
		Boards []*board `json:"boards"`
	}
	err := c.get(ctx, "members/me", url.Values{
		"fields": {"username"}, "boards": {"all"}, "board_fields": {boardFields + boardAddresses + ",prefs"},
	}, &me)
	if err != nil {
		return nil, err
	}
	c.myself = me.ID
	c.mine = &snapshot[[]*board]{value: me.Boards, at: c.clock.Now()}
	return me.Boards, nil
}

// scarcelyKnown is what is good enough instead where a program that goes on syncs again and again.
const scarcelyKnown = time.Minute

// askedOften is how often, in a stretch of Trello's limit below /1/members, is often: less than our limiter lets through at once.
const askedOften = memberRate / 4

// scarce tells that it was asked often lately which boards there are.
func (c *Client) scarce() bool {
	return len(c.asked) == askedOften && c.clock.Now().Sub(c.asked[0]) < memberPause
}

// noteAsked remembers the latest times.
func (c *Client) noteAsked() {
	if len(c.asked) == askedOften {
		c.asked = append(c.asked[:0], c.asked[1:]...)
	}
	c.asked = append(c.asked, c.clock.Now())
}

// selection are the boards to be polled: those the configuration names, or all open ones that are no templates, and
// always every bound one that still exists; where boards are not synchronized, the bound ones alone.
func (c *Client) selection(ctx context.Context, env *backend.Environment, within time.Duration) ([]*board, error) {
	mine, err := c.listMine(ctx, within)
	if err != nil {
		return nil, err
	}
	bound, err := boundBoards(ctx, env)
	if err != nil {
		return nil, err
	}
	named, err := namedBoards(ctx, env, mine)
	if err != nil {
		return nil, err
	}
	off := env.Settings(BoardModel).Direction == config.DirectionOff
	return slices.DeleteFunc(slices.Clone(mine), func(b *board) bool {
		return !bound[b.ID] && (off || !named[b.ID] && (named != nil || b.Closed || b.Prefs.IsTemplate))
	}), nil
}

func boundBoards(ctx context.Context, env *backend.Environment) (map[string]bool, error) {
	all, err := env.Binder.Lean().All(ctx, BoardModel)
	bound := map[string]bool{}
	for _, b := range all {
		bound[b.ExternalID] = b.TakesPart()
	}
	return bound, err
}

// namedBoards resolves the configuration's names and ids; nil if it names none.
func namedBoards(ctx context.Context, env *backend.Environment, mine []*board) (map[string]bool, error) {
	settings, ok := env.Config.Settings.(*Settings)
	if !ok || len(settings.Boards) == 0 {
		return nil, nil
	}
	named := map[string]bool{}
	for _, name := range settings.Boards {
		id, err := namedBoard(ctx, env, name, mine)
		if err != nil {
			return nil, err
		}
		named[id] = true
	}
	return named, nil
}

// namedBoard is the id of the board that the configuration names. A name is remembered with its board, so that renaming the
// board, on either side, does not break the configuration, and a board that the member lost does not stop the others.
func namedBoard(ctx context.Context, env *backend.Environment, name string, mine []*board) (string, error) {
	key := "board " + name
	before, err := env.Binder.Recall(ctx, key)
	if err != nil {
		return "", err
	}
	id, err := findBoard(env.Config.Name, name, mine)
	switch {
	case err != nil && before != "":
		return before, nil
	case err != nil || id == before:
		return id, err
	default:
		return id, env.Binder.Remember(ctx, key, id)
	}
}

func findBoard(backendName, name string, mine []*board) (string, error) {
	var found []*board
	for _, b := range mine {
		if b.ID == name || b.ShortLink == name {
			return b.ID, nil
		}
		if b.Name == name {
			found = append(found, b)
		}
	}
	if open := slices.DeleteFunc(slices.Clone(found), func(b *board) bool { return b.Closed }); len(open) > 0 {
		found = open
	}
	switch len(found) {
	case 1:
		return found[0].ID, nil
	case 0:
		return "", &SettingsError{Backend: backendName, Problem: fmt.Sprintf("the token's member has no board %q%s", name, instead(name, mine))}
	default:
		return "", &SettingsError{Backend: backendName, Problem: fmt.Sprintf(
			"%d boards are called %q, so name the one that is meant by its id (%s)", len(found), name, ids(found))}
	}
}

// instead tells which board may be meant, or which there are where they are few.
func instead(name string, mine []*board) string {
	var names []string
	for _, b := range mine {
		if !b.Closed {
			names = append(names, strconv.Quote(b.Name))
		}
	}
	near, ok := config.Nearest(strconv.Quote(name), names)
	switch {
	case ok:
		return fmt.Sprintf(" (did you mean %s?)", near)
	case len(names) > 0 && len(names) <= 10:
		return " (it has " + strings.Join(names, ", ") + ")"
	default:
		return ""
	}
}

func ids(boards []*board) string {
	var all []string
	for _, b := range boards {
		all = append(all, b.ID)
	}
	return strings.Join(all, ", ")
}

// openParents are the boards whose lists, labels and cards are polled: not those that wait for
// review, since nothing is written below them.
func (c *Client) openParents(ctx context.Context, env *backend.Environment) ([]*board, error) {
	boards, err := c.selection(ctx, env, longKnown)
	if err != nil {
		return nil, err
	}
	reviews, err := env.Binder.Reviews(ctx, BoardModel)
	if err != nil {
		return nil, err
	}
	waiting := map[string]bool{}
	for _, r := range reviews {
		waiting[r.ExternalID] = r.Field == ""
	}
	bindings, err := env.Binder.Lean().All(ctx, BoardModel)
	if err != nil {
		return nil, err
	}
	for _, b := range bindings {
		waiting[b.ExternalID] = waiting[b.ExternalID] || !b.Retired.IsZero()
	}
	return slices.DeleteFunc(boards, func(b *board) bool { return waiting[b.ID] }), nil
}

// listedParents are those of them that a listing looks into.
func (c *Client) listedParents(ctx context.Context, env *backend.Environment) ([]*board, error) {
	boards, err := c.openParents(ctx, env)
	if c.narrowed != nil {
		boards = slices.DeleteFunc(boards, func(b *board) bool { return !c.narrowed[b.ID] })
	}
	return boards, err
}

// answering does something for each board. One that stopped answering is left out, so that nothing on it is taken for deleted; any
// other error ends it.
func answering(boards []*board, do func(*board) error) error {
	for _, b := range boards {
		if err := do(b); err != nil && !noAnswer(err) {
			return err
		}
	}
	return nil
}

// boardAdapter reads and writes boards.
type boardAdapter struct {
	client *Client
	env    *backend.Environment
	prefix string
}

// Boards is the adapter of boards. Prefix is the resource's path below the base URL, "boards".
func Boards(prefix string) backend.AdapterFactory {
	return func(env *backend.Environment) (backend.Adapter, error) {
		c, err := clientOf(env)
		return &boardAdapter{c, env, prefix}, err
	}
}

func clientOf(env *backend.Environment) (*Client, error) {
	c, ok := env.Client.(*Client)
	if !ok {
		return nil, errors.New("the environment's client is not Trello's")
	}
	settings := env.Settings(CardModel) // whoever reads cards first reads them for all
	c.cardFields, c.custom = cardFieldsFor(settings), customNames(settings)
	if s, ok := env.Config.Settings.(*Settings); ok {
		c.syncLabel, c.inText = s.SyncLabel, s.Checklists == ChecklistsHTML
	}
	return c, nil
}

// Refresh makes the next reading ask the server.
func (a *boardAdapter) Refresh() { a.client.forget() }

func (a *boardAdapter) List(ctx context.Context) (backend.Listing, error) {
	boards, err := a.client.selection(ctx, a.env, fresh)
	listing := backend.Listing{Parents: []string{""}}
	if err != nil {
		return listing, err
	}
	for _, b := range boards {
		listing.Records = append(listing.Records, b.record())
	}
	listing.Warnings, err = a.unseen(ctx)
	return listing, err
}

// unseen tells of the boards that are bound or named and that the token's member has no more: without a word everything would look
// unchanged.
func (a *boardAdapter) unseen(ctx context.Context) (warnings []string, err error) {
	mine, err := a.client.listMine(ctx, longKnown)
	if err != nil {
		return nil, err
	}
	has := func(id string) bool { return slices.ContainsFunc(mine, func(b *board) bool { return b.ID == id }) }
	all, err := a.env.Binder.Lean().All(ctx, BoardModel)
	for _, b := range all {
		if b.Bound() && !b.Gone() && b.TakesPart() && !has(b.ExternalID) {
			warnings = append(warnings, fmt.Sprintf("backend %s: the token's member does not see the board '%s' any more, so nothing on it is "+
				"synchronized; add the member to the board again", a.env.Config.Name, b.Name))
		}
	}
	if err != nil || len(warnings) > 0 {
		return warnings, err
	}
	named, err := namedBoards(ctx, a.env, mine)
	for _, id := range slices.Sorted(maps.Keys(named)) {
		if !has(id) {
			warnings = append(warnings, fmt.Sprintf("backend %s: boards: names the board %s, which the token's member has no more; "+
				"take its entry out of the configuration", a.env.Config.Name, id))
		}
	}
	return warnings, err
}

// Chooses tells whether a board is one of those that are synchronized.
func (a *boardAdapter) Chooses(ctx context.Context, id string) (bool, error) {
	boards, err := a.client.selection(ctx, a.env, longKnown)
	return slices.ContainsFunc(boards, func(b *board) bool { return b.ID == id }), err
}

func (a *boardAdapter) Siblings(ctx context.Context, _ []string) ([]record.Record, error) {
	l, err := a.List(ctx)
	return l.Records, err
}

func (a *boardAdapter) Read(ctx context.Context, keys []backend.Key) ([]backend.Result, error) {
	mine, err := a.client.listMine(ctx, fresh)
	if err != nil {
		return nil, err
	}
	return each(ctx, keys, func(ctx context.Context, k backend.Key) (record.Record, error) {
		if i := slices.IndexFunc(mine, func(b *board) bool { return b.ID == k.ID }); i >= 0 {
			return mine[i].record(), nil
		}
		var b board
		err := a.client.get(ctx, a.prefix+"/"+url.PathEscape(k.ID), url.Values{"fields": {boardFields + boardAddresses}}, &b)
		return b.record(), err
	})
}

func (a *boardAdapter) Update(ctx context.Context, changes []backend.Change) ([]backend.Result, error) {
	defer a.client.forget()
	return each(ctx, changes, func(ctx context.Context, ch backend.Change) (record.Record, error) {
		var b board
		err := a.client.send(ctx, http.MethodPut, a.prefix+"/"+url.PathEscape(ch.Key.ID), form(ch.Values), &b)
		return b.record(), err
	})
}

// Create makes boards without Trello's own lists and labels: the project's stages and tags take their place.
func (a *boardAdapter) Create(ctx context.Context, values []mapping.Values) ([]backend.Result, error) {
	defer a.client.forget()
	return each(ctx, values, func(ctx context.Context, v mapping.Values) (record.Record, error) {
		values := form(v)
		values.Set("defaultLists", "false")
		values.Set("defaultLabels", "false")
		var b board
		err := a.client.send(ctx, http.MethodPost, a.prefix, values, &b)
		return b.record(), err
	})
}
