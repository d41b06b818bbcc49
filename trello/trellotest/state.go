package trellotest

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"time"
)

// Board is a board's data.
type Board struct {
	ID, Name, Desc, ShortLink string
	Closed                    bool
	DateLastActivity          time.Time
}

// List is a list's data. Lists cannot be deleted, only closed.
type List struct {
	ID, IDBoard, Name string
	Closed            bool
	Pos               float64
}

// Label is a label's data. An empty Color is a label without colour; an empty Name is usual.
type Label struct {
	ID, IDBoard, Name, Color string
}

// Card is a card's data. A zero Due or Start means none. IDLabels and IDMembers are in the order in which they were put on.
type Card struct {
	ID, IDBoard, IDList, Name, Desc, ShortLink string
	IDShort                                    int
	Closed, DueComplete                        bool
	Pos                                        float64
	Due, Start, DateLastActivity               time.Time
	IDLabels, IDMembers                        []string
	IDAttachmentCover                          string
}

// Member is a user of Trello.
type Member struct {
	ID, Username, FullName string
	// Ghost is somebody who was invited and is no member of Trello yet.
	Ghost bool
}

// board is a board with what is on it, each in the order in which it came.
type board struct {
	Board
	idOrganization string
	prefs          map[string]any
	lists          []*List
	labels         []*Label
	cards          []*card
	actions        []*action
	lastShort      int // the latest idShort given to a card
	labelNames     map[string]string
	fields         []*customField
	noFields       bool // the Custom Fields Power-Up is off
	rights         Rights
	left           []string // ids of members who are not on it any more
}

// card is a card with its checklists and the number of its comments.
type card struct {
	Card
	checklists  []*checklist
	attachments []*attachment
	items       []*fieldItem
	voters      []string // ids of members
	pluginData  []object
	comments    int
}

// state is all that the fake Trello remembers. It has no lock of its own.
type state struct {
	now        time.Time // of the request at work, in whole milliseconds
	lastID     uint64
	lastLink   uint64
	members    []*Member
	boards     []*board
	boardsByID map[string]*board
	lists      map[string]*List
	labels     map[string]*Label
	cards      map[string]*card
	checklists map[string]*checklist
	actions    map[string]*action
	fields     map[string]*customField
	byLink     map[string]any // *board or *card

	organizations []*organization
	webhooks      map[string]*webhook
	notifications map[string]*notification
}

func newState() *state {
	return &state{
		members:    []*Member{{ID: "5c0000000000000000000001", Username: "demo", FullName: "Demo Member"}},
		boardsByID: map[string]*board{},
		lists:      map[string]*List{},
		labels:     map[string]*Label{},
		cards:      map[string]*card{},
		checklists: map[string]*checklist{},
		actions:    map[string]*action{},
		fields:     map[string]*customField{},
		byLink:     map[string]any{},

		webhooks:      map[string]*webhook{},
		notifications: map[string]*notification{},
	}
}

// newID gives 24 hexadecimal digits: the first eight are the seconds of its creation (facts/trello.md, "ids"), the rest a counter, so
// that the same changes at the same times give the same ids.
func (st *state) newID() string {
	st.lastID++
	return fmt.Sprintf("%08x%016x", uint32(st.now.Unix()), st.lastID) //nolint:gosec // as Trello: 32 bits of seconds
}

// newLink gives the next short link: eight letters and digits, never the same twice.
func (st *state) newLink() string {
	const (
		digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		all    = 62 * 62 * 62 * 62 * 62 * 62 * 62 * 62
		stride = 123456789012347 // has no factor in common with 62, so that no two multiples fall together
	)
	st.lastLink++
	hi, lo := bits.Mul64(st.lastLink, stride)
	n := bits.Rem64(hi, lo, all)
	var link [8]byte
	for i := range link {
		link[i] = digits[n%62]
		n /= 62
	}
	return string(link[:])
}

// missing is the answer for an id that leads nowhere: 404 for one that could be an id or a short link, else 400.
func missing(id string) error {
	if isID(id) || isLink(id) {
		return notFound()
	}
	return malformedID()
}

func isLink(s string) bool {
	return len(s) == 8 && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}) < 0
}

func (st *state) findBoard(id string) (*board, error) {
	if b := st.boardsByID[id]; b != nil {
		return b, nil
	}
	if b, found := st.byLink[id].(*board); found {
		return b, nil
	}
	return nil, missing(id)
}

func (st *state) findCard(id string) (*card, error) {
	if c := st.cards[id]; c != nil {
		return c, nil
	}
	if c, found := st.byLink[id].(*card); found {
		return c, nil
	}
	return nil, missing(id)
}

// find looks an id up among the lists, labels, checklists or actions.
func find[T any](things map[string]*T, id string) (*T, error) {
	if thing := things[id]; thing != nil {
		return thing, nil
	}
	if !isID(id) {
		return nil, malformedID()
	}
	return nil, notFound()
}

// findMember takes an id, a username or "me".
func (st *state) findMember(id string) (*Member, error) {
	if id == "me" {
		return st.members[0], nil
	}
	for _, m := range st.members {
		if m.ID == id || m.Username == id {
			return m, nil
		}
	}
	return nil, notFound()
}

// later is now, but never the same instant twice, so that a change can be seen even when the clock stands still.
func (st *state) later(before time.Time) time.Time {
	if st.now.After(before) {
		return st.now
	}
	return before.Add(time.Millisecond)
}

// place gives a position among others as the recorded exchanges show: the first is 16384, the bottom 16384 more than the last
// (captures/trello/can_success_create_a_checklist, can_move_a_card_to_another_board_without_specific_list), the top half of the first
// (can_success_create_a_list: 65535 → 32767.5 → 16383.75). A number is taken as it is.
func place(where string, others []float64) float64 {
	const step = 16384
	if number, valid := parsePos(where); valid && where != "top" && where != "bottom" {
		return number
	}
	if len(others) == 0 {
		return step
	}
	if where != "top" {
		return slices.Max(others) + step
	}
	first := slices.Min(others)
	if first <= 0 {
		return first - step
	}
	return first / 2
}

// slug is the readable end of an address: "Test Trello::Card.create" is "test-trellocardcreate" (captures/trello/
// can_success_create_a_card). Letters outside ASCII are left out (a choice).
func slug(name string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(name) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case (r == ' ' || r == '-' || r == '_') && b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	return strings.TrimSuffix(b.String(), "-")
}

func without[T comparable](all []T, one T) []T {
	return slices.DeleteFunc(slices.Clone(all), func(x T) bool { return x == one })
}
