// Package binding keeps which external record and which Odoo record are the same thing, and what
// both sides last agreed on: the reference's binding records and its Binder, in the local database.
package binding

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/odoo-connector/connector/record"
)

// Role tells whether a binding is the one that an Odoo record is exported through.
type Role string

// The roles of a binding.
const (
	Primary Role = "primary" // the external record that stands for the Odoo record in its scope
	Alias   Role = "alias"   // one more external record that stands for the same Odoo record
)

// Intent tells that a record is about to be created on the other side. It is committed before the
// request leaves, so that a crash cannot make a second one.
type Intent string

// The intents of a binding.
const (
	None   Intent = ""       // both halves are there
	Import Intent = "import" // an Odoo record is being created
	Export Intent = "export" // an external record is being created
)

// FieldState is what a binding knows of one field: the raw hash of each side when they last agreed
// and the canonical value they agreed on. An empty hash means "not known": the side is compared by
// its canonical value.
type FieldState struct {
	External string       `json:"x"`
	Odoo     string       `json:"o"`
	Base     record.Value `json:"base"`
	Writing  *Writing     `json:"writing,omitempty"` // nil once the outcome of the last write is known
	// Memory is what a field remembers of the Odoo side beside the base; nil for nothing.
	Memory *record.Value `json:"memory,omitempty"`
	// Replaced are ids of links in the base that stand for others now, and those: the external record that they stood for was given
	// another meaning. It is nil once Odoo has them.
	Replaced map[string]string `json:"replaced,omitempty"`
	// Apart is the side that had nothing to compare: there is no base, and the hashes tell what was seen. NoSide where both had.
	Apart Side `json:"apart,omitempty"`
}

// Remembered is the Memory, null for nothing.
func (s FieldState) Remembered() record.Value {
	if s.Memory == nil {
		return record.Null()
	}
	return *s.Memory
}

// Remember sets the Memory.
func (s *FieldState) Remember(v record.Value) {
	if s.Memory = nil; !v.IsNull() {
		s.Memory = &v
	}
}

// Writing is a canonical value that was about to be written into one side. If that side holds it, we
// wrote it and not a person.
type Writing struct {
	Odoo  bool         `json:"odoo"` // into Odoo, else into the external side
	Value record.Value `json:"value"`
}

// Fields are the states of a binding's fields by the name of the mapping's field.
type Fields map[string]FieldState

// Sent is what an intent sent, or is about to send, so that an outcome that nobody saw can be
// found out.
type Sent struct {
	Values   map[string]record.Value `json:"values"`             // what was sent
	Name     string                  `json:"name"`               // the name as it was sent
	Parent   string                  `json:"parent,omitempty"`   // external id of the parent, for an export
	Fields   Fields                  `json:"fields"`             // the binding's fields once it succeeded
	Repeated bool                    `json:"repeated,omitempty"` // it was sent a second time, so a late twin may appear
	// Newest is, for an import, the highest id that the Odoo model had before: what has the identifier and no higher one was not made by
	// what was sent.
	Newest int64 `json:"newest,omitempty"`
}

// Binding is one pair of records.
type Binding struct {
	ID            int64
	Model         string // the binding model, "trello.card"
	ExternalID    string // "" while an export's intent is open
	OdooModel     string
	OdooID        int64 // 0 while an import's intent is open
	Scope         string
	Role          Role
	Parent        string // external id of the parent
	Name          string // for people
	Fields        Fields
	Canonical     int    // version of the canonical form of Fields
	OdooWriteDate string // of the Odoo record when it was last read, "2006-01-02 15:04:05"
	ActiveFlip    string // write_date at which the Odoo record was last seen archived or restored
	SyncDate      time.Time
	ExternalGone  time.Time // when a read by id said that it was deleted; zero while it is there
	OdooGone      time.Time
	Retired       time.Time // when the pair left what is synchronized; zero while it takes part
	Intent        Intent
	IntentAt      time.Time
	Sent          Sent
	Made          Intent // what brought the pair about: Import if the external record was first, Export if Odoo's was, None if both were

	lean  bool   // without Fields and Sent
	known *known // as its holder read or stored it; nil: neither
}

// Bound reports whether both halves are there.
func (b Binding) Bound() bool { return b.ExternalID != "" && b.OdooID != 0 }

// Gone reports whether one half was deleted on its side.
func (b Binding) Gone() bool { return !b.ExternalGone.IsZero() || !b.OdooGone.IsZero() }

// TakesPart reports that the pair is to be kept in step: both halves are there and it is not retired.
func (b Binding) TakesPart() bool { return b.Bound() && !b.Gone() && b.Retired.IsZero() }

// Base is the canonical value that both sides last agreed on in the field; known is false if they
// never did or could not, or if it was written by another version of the canonical form.
func (b Binding) Base(field string) (state FieldState, known bool) {
	state, known = b.Fields[field]
	return state, known && state.Apart == NoSide && b.Canonical == record.CanonicalVersion
}

// String names the pair for people.
func (b Binding) String() string {
	return fmt.Sprintf("%s %s ↔ %s %d", b.Model, orDash(b.ExternalID), b.OdooModel, b.OdooID)
}

func orDash(s string) string {
	if s == "" {
		return "–"
	}
	return s
}

func encode(v any) (string, error) {
	b, err := json.Marshal(v)
	return string(b), err
}
