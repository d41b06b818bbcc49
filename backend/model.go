package backend

import (
	"context"
	"strings"

	"github.com/odoo-connector/connector/binding"
	"github.com/odoo-connector/connector/mapping"
	"github.com/odoo-connector/connector/odoo"
	"github.com/odoo-connector/connector/record"
)

// Model is a binding model: the pair of an external type and an Odoo model.
type Model struct {
	Name      string // "trello.card"
	OdooModel string // "project.task"
	Noun      string // what people call the external record: "card"
	OdooNoun  string // what people call the Odoo record: "task"

	NameField     string // external field with the display name
	OdooNameField string // Odoo field with the display name
	TimeField     string // external field with the moment of the last change, "" for none

	// Parent is the binding model of the record that this one lives in, "" for none; ParentField
	// holds its external id, and OdooParent is the Odoo field (many2one or x2many) with the Odoo
	// parent, "" where the Odoo record lives in none.
	Parent      string
	ParentField string
	OdooParent  string
	// Scoped says that one Odoo record may stand for one external record in each parent.
	Scoped bool
	// Rooted says that an external record lives and dies with its parent: it cannot be moved to another one, and is
	// deleted with it. An Odoo record that leaves the parent leaves the external record behind.
	Rooted bool
	// OffBy tells by the backend's settings (config.Backend.Settings) that the model is switched off; nil: never.
	OffBy func(settings any) bool

	// ByName says that an external record always binds to the Odoo record of its name, whose name
	// is unique in the database; a second external record of that name is an alias.
	ByName bool
	// LinkOnly says that records of the model are linked where both sides have them already, and neither
	// created nor written on either: people. They have no jobs; linking is part of the poll. The adapter is
	// a Lister and a Linker.
	LinkOnly bool
	// Creates says that Odoo records without a counterpart are created outside. With ByDomain they are
	// only where the configuration gives the model a domain, and with OnDemand only once a record that is
	// itself synchronized points to them.
	Creates  bool
	ByDomain bool
	OnDemand bool
	// Domain narrows the Odoo records that can be matched or created outside, beside the parent's
	// condition. It may be nil.
	Domain odoo.Domain
	// Alike says that records whose match values are equal are the same to everyone (two files of one
	// content), so an unbound record is bound to the first such one in its parent. The Odoo ones are found
	// by their parent alone, since the match value need not be a field of Odoo.
	Alike bool
	// Order keeps the records of a group in one order on both sides; nil leaves their order alone.
	Order *Order
	// CascadeFrom are Odoo many2one fields to records whose archiving archives this one, and whose
	// restoring may restore it, without a user's doing. See Plan.
	CascadeFrom []string
	// CascadeStays is the one of them whose restoring leaves archived what its archiving archived, "" for none.
	CascadeStays string
	// Joins says that an external record without a counterpart is bound to an Odoo record of its name that lives
	// in another bound parent, and that this one then lives in its parent too. Else it gets one of its own.
	Joins bool

	// Fields are the external fields that a configuration can map, as far as they are known without asking the server.
	Fields []ExternalField
	// OpenFields is the prefix of further external fields, which only the server knows: "custom:"; "" for none. See Describer.
	OpenFields string
	// Prose writes the external texts as Odoo's HTML and back, for fields that a configuration maps; nil where there is none.
	Prose *mapping.Prose
}

// ExternalField is what a system says of one field of its records.
type ExternalField struct {
	Name  string
	Kind  record.Kind // of what the field holds; KindNull where that can be anything
	Links string      // the binding model that its links lead to, "" for no links
	// ReadOnly says that it cannot be written, Required that a record cannot be created without, AfterCreate that it can
	// only be written once the record is there.
	ReadOnly, Required, AfterCreate bool
	// Local says that a record may lose its value where it moves to another parent, so that it is sent with the move.
	Local bool
	// Options are the values that it takes, by the external id of the parent; a parent that is not named takes any.
	Options map[string][]string
	// Note says for people what it is: "a list of Board A and Board B".
	Note string
	// Differs says why the field cannot be mapped although it is there, "" if it can: it is of two types.
	Differs string
}

// Describer tells the fields that only the server knows, those with the model's prefix OpenFields.
type Describer interface {
	Describe(ctx context.Context) ([]ExternalField, error)
}

// Order says how both sides tell the order of the records of a group: of the cards in a list, say.
type Order struct {
	Group      string // external field with the id of what the order is within: "idList"
	GroupModel string // its binding model
	External   string // external field with a number that rises with the order: "pos"
	OdooGroup  string // the Odoo counterpart of Group: "stage_id". A record with several has no order of its own in any of them
	Odoo       string // Odoo's integer field that makes the order: "sequence"
	// Unplaced is the sequence of Odoo records that nobody has put in order, where a new one of them has no place of its own among others
	// that have, and stands where it was created outside; 0 where it has one.
	Unplaced int64
	// OdooOrder is how Odoo sorts the records: "priority desc, sequence, id desc".
	OdooOrder string
}

// OdooFields are what is read of an Odoo record to tell its place.
func (o *Order) OdooFields() []string {
	fields := []string{o.Odoo, o.OdooGroup}
	for part := range strings.SplitSeq(o.OdooOrder, ",") {
		if name, _, _ := strings.Cut(strings.TrimSpace(part), " "); name != "id" {
			fields = append(fields, name)
		}
	}
	return fields
}

// Key names an external record to be read.
type Key struct {
	ID     string
	Parent string // external id of its parent where it is known, else ""
}

// Result is what became of one record of a plural call.
type Result struct {
	Record record.Record // as the server has it now
	Err    error         // ErrNotFound (wrapped) where a read by id says that it doesn't exist
	// Note is what was left out of a change that went well otherwise, for people; mostly "".
	Note string
}

// Adapter reads and writes the external records of one binding model. Reading is compulsory; what
// else it can do is found by asking for the interfaces below. Every method takes and gives many
// records, with a result for each in the order they were asked for; the error beside the results is
// for what concerns them all, such as an outage.
type Adapter interface {
	Read(ctx context.Context, keys []Key) ([]Result, error)
}

// Listing is what an adapter found when it was asked for everything.
type Listing struct {
	Records []record.Record
	Parents []string // external ids of the parents that were listed in full; {""} for a model without parent
	// Unreadable are records that are there and were sent in a form that nobody can read. Reading one by its id says why.
	Unreadable []Key
	// Warnings are what an administrator should look at and what stops nothing, one line each.
	Warnings []string
}

// ListedReader reads records as a listing of this run gave them, and asks the server only for what was not listed: for imports, whose
// records were listed a moment or, in a long run, minutes ago. An edit since then is the next poll's; but what is to be written outside
// is read anew before.
type ListedReader interface {
	ReadListed(ctx context.Context, keys []Key) ([]Result, error)
}

// Lister lists all records, put away ones too: for systems that cannot tell what changed.
type Lister interface {
	List(ctx context.Context) (Listing, error)
}

// PartLister is a Lister that need not have all at once: it hands on what it lists in parts of some hundreds of records. A parent is
// named in the part that has the last of its records, or in a later one. An error of the function ends the listing and is given back as
// it is.
type PartLister interface {
	ListParts(ctx context.Context, part func(Listing) error) error
}

// Siblings lists the records of some parents (of {""} for a model without parent).
type Siblings interface {
	Siblings(ctx context.Context, parents []string) ([]record.Record, error)
}

// UnboundLister is a Lister that leaves out what lives in parents which are not bound yet. For a preview it lists the records of some such
// parents as it will list them once these are bound; what was listed in this run is not asked for again.
type UnboundLister interface {
	ListUnbound(ctx context.Context, parents []string) ([]record.Record, error)
}

// Linker says which external records of a model that is LinkOnly are which Odoo records. It is pure: what it
// says depends on what it is given.
type Linker interface {
	// Candidates holds every Odoo record that one of the external records may be, beside those that
	// they are linked to; nil if there can be none.
	Candidates(external []record.Record) odoo.Domain
	// Link says which belong together. Linked are the links as they are, by external id with the Odoo id;
	// those whose Odoo record is no more among inOdoo cannot stay.
	Link(external, inOdoo []record.Record, linked map[string]string) Linking
}

// Linking is what a Linker found.
type Linking struct {
	Links    map[string]string // external id to Odoo id: all links as they shall be
	Warnings []string          // what an administrator should put right, one line each
}

// Chooser tells which external records take part, where the configuration chooses among them. Others
// are not imported even if a record that takes part points to them.
type Chooser interface {
	Chooses(ctx context.Context, id string) (bool, error)
}

// Selector chooses among the records that an adapter reads: others are not imported, and a bound one that is not chosen any more
// retires until it is chosen again. Selecting says that there is a choice at all.
type Selector interface {
	Selecting() bool
	Selects(r record.Record) bool
}

// Marker is a Selector whose records a person chooses by something that he puts on them. A record that is not chosen yet and is called
// as one of Odoo's that is to be created outside may be the same: a person decides that.
type Marker interface {
	Selector
	// Unmarked goes on after a record's name and says what it lacks and what to do: "has no label 'odoo' yet; put the label on it".
	Unmarked() string
	// Mark chooses a record as it was read. Once it is chosen, doing so again changes nothing.
	Mark(ctx context.Context, r record.Record) error
}

// Creator makes external records. An error whose outcome is unknown says so by OutcomeUnknown.
type Creator interface {
	Create(ctx context.Context, values []mapping.Values) ([]Result, error)
}

// Change is an update of one external record: only the fields that change.
type Change struct {
	Key    Key
	Values mapping.Values
}

// Updater changes external records and returns them as they are afterwards.
type Updater interface {
	Update(ctx context.Context, changes []Change) ([]Result, error)
}

// Move puts an external record right behind another one of its group.
type Move struct {
	Key   Key
	Group string // external id of what both are in
	After string // external id of the other one; "" puts it first
}

// Mover changes the order of external records. The moves build on each other and are done one after the other.
type Mover interface {
	Move(ctx context.Context, moves []Move) ([]Result, error)
}

// Importer are the hooks around the import of one record into Odoo. Each may be nil.
type Importer struct {
	// Skip gives a reason not to import the record, "" to go on.
	Skip func(r record.Record) string
	// Before is called when the record was read and before anything is planned.
	Before func(ctx context.Context, env *Environment, r record.Record) error
	// Complete adds to a record that is not bound what takes asking, before it is matched or created.
	Complete func(ctx context.Context, env *Environment, r record.Record) (record.Record, error)
	// Validate refuses values by an error, before they are written.
	Validate func(values mapping.Values) error
	// Creator creates the Odoo records in its own way; nil: by load.
	Creator OdooCreator
	// After is called when the record was written, just before its binding is committed. An error fails
	// the job; the binding is committed all the same. After a crash it may be called again, or, where a
	// creation was found afterwards by what was sent, not at all.
	After func(ctx context.Context, env *Environment, b binding.Binding) error
}

// Exporter are the hooks around the export of one record out of Odoo. Each may be nil.
type Exporter struct {
	Skip     func(r record.Record) string
	Before   func(ctx context.Context, env *Environment, r record.Record) error
	Complete func(ctx context.Context, env *Environment, r record.Record) (record.Record, error)
	Validate func(values mapping.Values) error
	After    func(ctx context.Context, env *Environment, b binding.Binding) error
	// Domain narrows the Odoo records that may be created outside, beside the model's own domain: by the
	// backend's settings, or by what takes asking. It is asked once for each poll; nil is no condition.
	Domain func(ctx context.Context, env *Environment) (odoo.Domain, error)
	// Emptied says that an Odoo record is still there and means that somebody deleted it, as a message
	// without words.
	Emptied func(r record.Record) bool
}

// Deleter are the hooks around a deletion that one side reports. Each may be nil.
type Deleter struct {
	// Follow says, of what is left of a pair whose other half was deleted, that it is deleted too: nil and
	// false leave it as it is. Which side is left tells the record's Model.
	Follow func(env *Environment, left record.Record) bool
	// After is called when a binding is about to be marked as deleted on one side. An error fails the job.
	After func(ctx context.Context, env *Environment, b binding.Binding) error
}
