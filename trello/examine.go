package trello

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/backend"
	"github.com/odoo-connector/connector/config"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/transport"
)

// What Examine looks at, beside what an Odoo has, too.
const (
	checkLimit  = "limit"  // requests that Trello lets through
	checkBoards = "boards" // those that the configuration chooses
	checkRights = "rights" // of the token's member on each of them
	checkLabel  = "label"  // sync_label
	checkFields = "fields" // custom fields that the configuration maps
)

const (
	examinePatience = 15 * time.Second // for one answer
	skewNoticed     = 30 * time.Second // between two clocks
	mostExamined    = 50               // boards are asked one by one
)

// examination is one Examine under way.
type examination struct {
	*Client
	config   config.Backend
	settings *Settings
	me       examinedMember
	found    backend.Examined
}

// examinedMember is the token's member, with all his boards.
type examinedMember struct {
	ID       string   `json:"id"`
	Username string   `json:"username"`
	FullName string   `json:"fullName"`
	Boards   []*board `json:"boards"`
}

// examinedBoard is what is asked of one board.
type examinedBoard struct {
	Memberships []struct {
		Member string `json:"idMember"`
		Type   string `json:"memberType"`
	} `json:"memberships"`
	Labels       many[label]       `json:"labels"`
	CustomFields many[customField] `json:"customFields"`
}

// Examine looks at Trello as a sync would use it. It implements backend.Examiner.
func (c *Client) Examine(ctx context.Context, conf config.Backend) backend.Examined {
	settings, _ := conf.Settings.(*Settings)
	if settings == nil {
		settings = &Settings{}
	}
	x := &examination{Client: c, config: conf, settings: settings}
	if x.reach(ctx) {
		x.clocks()
		x.boardsOf(ctx)
	}
	return x.found
}

func (x *examination) add(f backend.Finding) { x.found.Findings = append(x.found.Findings, f) }

func (x *examination) ok(check, format string, args ...any) {
	x.add(backend.Finding{Check: check, Level: odoo.LevelOK, What: fmt.Sprintf(format, args...)})
}

// asked is an answer that is waited for no longer than examinePatience.
func (x *examination) asked(ctx context.Context, path string, query url.Values, into any) (*transport.Response, error) {
	within, cancel := context.WithTimeout(ctx, examinePatience)
	defer cancel()
	r := transport.Request{
		Method: http.MethodGet, URL: x.base + "/" + path + "?" + query.Encode(), Op: "GET /" + path, Idempotent: true, Header: withAccept(nil),
	}
	answer, err := x.ask(within, r)
	if err == nil {
		err = decodeOne(answer.Body, into)
	}
	if err != nil && within.Err() != nil && ctx.Err() == nil {
		err = errSilent
	}
	return answer, err
}

// errSilent says that no answer came.
var errSilent = fmt.Errorf("no answer within %s", examinePatience)

// reach asks who the token's member is: that tells whether the server is reached, and lets us in.
func (x *examination) reach(ctx context.Context) bool {
	began := x.clock.Now()
	answer, err := x.asked(ctx, "members/me", url.Values{
		"fields": {"username,fullName"}, "boards": {"all"}, "board_fields": {boardFields + boardAddresses + ",prefs"},
	}, &x.me)
	var t *transport.Error
	switch {
	case errors.As(err, &t) && t.Kind == transport.Denied:
		x.ok(odoo.CheckConnection, "%s answers", x.base)
		x.add(backend.Finding{
			Check: odoo.CheckLogin, Level: odoo.LevelFail, Denied: true, What: "Trello refuses the key and the token: " + t.Detail(),
			Why: "nothing behind the login can be looked at", Remedy: "check key: and token:; a token ends when its member revokes it, or by its own date",
		})
		return false
	case err != nil:
		x.add(broken(odoo.CheckConnection, err, "nothing else can be looked at"))
		return false
	}
	x.ok(odoo.CheckConnection, "%s answers in %s", x.base, x.clock.Now().Sub(began).Round(time.Millisecond))
	x.ok(odoo.CheckLogin, "%s (%s), by key and token", x.me.FullName, x.me.Username)
	x.limits(answer.Header)
	return true
}

// broken tells of a question that Trello did not answer.
func broken(check string, err error, why string) backend.Finding {
	f := backend.Finding{Check: check, Level: odoo.LevelFail, What: err.Error(), Why: why, Remedy: "try again later"}
	var t *transport.Error
	if errors.As(err, &t) {
		f.What, f.Remedy, f.Denied = string(t.Kind), t.Hint(), t.Kind == transport.Denied
		if d := t.Detail(); d != "" {
			f.What += ": " + d
		}
	}
	return f
}

// limits tell how many requests are left for now; whoever else uses the token counts, too.
func (x *examination) limits(h http.Header) {
	left, ok := number(h, "X-Rate-Limit-Api-Token-Remaining")
	most, ok2 := number(h, "X-Rate-Limit-Api-Token-Max")
	switch {
	case !ok || !ok2:
	case left < most/2:
		x.add(backend.Finding{
			Check: checkLimit, Level: odoo.LevelWarn, What: fmt.Sprintf("%d of %d requests are left for the next seconds", left, most),
			Why: "other programs use the same token at the moment", Remedy: "give the connector a token of its own",
		})
	default:
		x.ok(checkLimit, "%d of %d requests are left for the next seconds", left, most)
	}
}

func (x *examination) clocks() {
	skew, known := x.members.Skew()
	switch {
	case !known:
	case skew.Abs() <= skewNoticed:
		x.ok(odoo.CheckClock, "in step with this machine's")
	default:
		direction := "behind"
		if skew > 0 {
			direction = "ahead of"
		}
		x.add(backend.Finding{
			Check: odoo.CheckClock, Level: odoo.LevelWarn, What: fmt.Sprintf("Trello's clock is %s %s this machine's", skew.Abs(), direction),
			Why: "which side was changed last is decided by times", Remedy: "set this machine's clock by a time server (NTP)",
		})
	}
}

// boardsOf finds the boards that the configuration chooses and looks at each.
func (x *examination) boardsOf(ctx context.Context) {
	chosen := x.chosen()
	if len(chosen) == 0 {
		return
	}
	d := &describing{index: map[string]int{}}
	mapped, _ := x.config.FindModel(CardModel)
	names := customNames(mapped)
	labelled := 0
	for i, b := range chosen {
		x.found.Parts = append(x.found.Parts, backend.Part{ID: b.ID, Name: b.Name})
		if i >= mostExamined {
			continue
		}
		var one examinedBoard
		_, err := x.asked(ctx, "boards/"+url.PathEscape(b.ID), url.Values{
			"fields": {"name,memberships"}, "memberships": {"all"}, "customFields": {"true"},
			"labels": {"all"}, "label_fields": {"name,color"}, "labels_limit": {"1000"},
		}, &one)
		if err != nil {
			x.add(broken(checkRights, fmt.Errorf("the board %q: %w", b.Name, err), "what the member may do there is not known"))
			if errors.Is(err, errSilent) || ctx.Err() != nil {
				return // each further board would be waited for as long
			}
			continue
		}
		x.rightsOn(b, one)
		b.CustomFields = one.CustomFields
		d.board(b, names)
		if slices.ContainsFunc(one.Labels.all, func(l label) bool { return l.Name == x.settings.SyncLabel }) {
			labelled++
		}
	}
	x.fields(d, names)
	x.label(labelled, len(chosen))
}

// chosen are the boards that the configuration names, or all open ones.
func (x *examination) chosen() (boards []*board) {
	if len(x.settings.Boards) == 0 {
		for _, b := range x.me.Boards {
			if !b.Closed && !b.Prefs.IsTemplate {
				boards = append(boards, b)
			}
		}
		if len(boards) == 0 {
			x.add(backend.Finding{
				Check: checkBoards, Level: odoo.LevelWarn, What: "the token's member has no open board", Why: "there is nothing to synchronize",
				Remedy: "add the member to the boards, or take a token of another member",
			})
			return nil
		}
		x.ok(checkBoards, "all %d open ones of the member: %s", len(boards), boardNames(boards))
		return boards
	}
	for _, name := range x.settings.Boards {
		id, err := findBoard(x.config.Name, name, x.me.Boards)
		if err != nil {
			var settings *SettingsError
			what := err.Error()
			if errors.As(err, &settings) {
				what = settings.Problem
			}
			x.add(backend.Finding{
				Check: checkBoards, Level: odoo.LevelFail, What: what, Why: "boards: names it, so a sync would stop",
				Remedy: "change boards: in the configuration, or add the member to the board",
			})
			continue
		}
		at := slices.IndexFunc(x.me.Boards, func(b *board) bool { return b.ID == id })
		boards = append(boards, x.me.Boards[at])
		if x.me.Boards[at].Closed {
			x.add(backend.Finding{
				Check: checkBoards, Level: odoo.LevelWarn, What: fmt.Sprintf("the board %q is closed", x.me.Boards[at].Name),
				Why: "nobody can work on it in Trello", Remedy: "open it again in Trello, or take it out of boards:",
			})
			continue
		}
		x.ok(checkBoards, "%s", x.me.Boards[at].Name)
	}
	return boards
}

func boardNames(boards []*board) string {
	var names []string
	for _, b := range boards[:min(len(boards), 10)] {
		names = append(names, b.Name)
	}
	text := strings.Join(names, ", ")
	if more := len(boards) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// rightsOn tells whether the member may write on a board. What an administrator of the workspace may do without being a member of the
// board, memberships don't tell.
func (x *examination) rightsOn(b *board, one examinedBoard) {
	mine := ""
	for _, m := range one.Memberships {
		if m.Member == x.me.ID {
			mine = m.Type
		}
	}
	reads := backend.Finding{
		Check: checkRights, Level: odoo.LevelWarn, Why: "nothing can be written to it, so what changes in Odoo fails there",
		Remedy: "make the member a normal one of the board, or set direction: import",
	}
	switch mine {
	case "admin", "normal":
		x.ok(checkRights, "%s: a member who may write (%s)", b.Name, mine)
	case "":
		reads.What = fmt.Sprintf("%s: not a member, so it may be read only", b.Name)
		x.add(reads)
	default:
		reads.What = fmt.Sprintf("%s: a member of the kind %s, who may read only", b.Name, mine)
		x.add(reads)
	}
}

// fields look for the custom fields that the configuration maps.
func (x *examination) fields(d *describing, names []string) {
	var known []string
	for _, f := range d.fields {
		known = append(known, f.Name)
	}
	for _, name := range names {
		at, there := d.index[name]
		f := backend.Finding{
			Check: checkFields, Level: odoo.LevelFail, Why: "the configuration maps it, so a sync would stop", Remedy: "correct fields: in the configuration",
		}
		switch {
		case !there:
			f.What = fmt.Sprintf("no board has the custom field %q", strings.TrimPrefix(name, customPrefix))
			if near, ok := config.Nearest(name, known); ok {
				f.Remedy = fmt.Sprintf("did you mean %q? Correct fields: in the configuration", near)
			}
			x.add(f)
		case d.fields[at].Differs != "":
			f.What = fmt.Sprintf("the custom field %q %s", strings.TrimPrefix(name, customPrefix), d.fields[at].Differs)
			x.add(f)
		default:
			x.ok(checkFields, "%s, a %s", name, d.fields[at].Note)
		}
	}
}

// label looks for the label of the cards that take part.
func (x *examination) label(has, of int) {
	switch {
	case x.settings.SyncLabel == "":
	case has == 0:
		x.add(backend.Finding{
			Check: checkLabel, Level: odoo.LevelWarn, What: fmt.Sprintf("no board has a label %q", x.settings.SyncLabel),
			Why: "sync_label names it, so no card is imported", Remedy: "make the label in Trello and put it on the cards, or correct sync_label:",
		})
	default:
		x.ok(checkLabel, "%q is on %d of %d boards", x.settings.SyncLabel, has, of)
	}
}
