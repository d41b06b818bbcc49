// Package config turns config.yaml into one typed, validated struct that is safe to print.
//
// The file is read node by node, so that every problem is reported with its file, line and path, and all problems of a file
// are reported at once (see [Errors]). Names (of databases, backends and models) are always values in the file, never keys.
// A system (Trello, Magento, …) declares the keys of its own in a [Kind]; the package decodes a backend's block into the
// struct that the Kind makes. Secrets stay what the file says about them until they are needed, see [Secret.Reveal].
package config

import (
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// DefaultTimeout is how long one request may take where the file gives no `timeout:`.
const DefaultTimeout = 30 * time.Second

// outcomeMargin is what a server may take beyond our deadline to carry a request out whose answer nobody waits for any more.
const outcomeMargin = 30 * time.Second

const (
	minTimeout    = time.Second
	maxTimeout    = 10 * time.Minute
	defaultState  = "state.db"
	sandboxScheme = "sandbox"
	maxID         = 1<<31 - 1 // of a record of Odoo
)

// Config is one validated configuration file.
type Config struct {
	// Path is the file as it was named to [Load]; messages name it in this form.
	Path string
	// Dir is the absolute directory of the file; relative paths in the file start here.
	Dir string
	// State is where bindings and jobs are kept: the absolute path of an SQLite file, state.db beside the configuration where
	// `state:` is left out; or the URL of a PostgreSQL database, postgres://…, without its password.
	State string
	// StatePassword is the password that the URL or `state:`'s password: gives; none where it is left out, as for a file and
	// where PGPASSWORD or ~/.pgpass has it. [Config.StateLocation] puts both together.
	StatePassword Secret
	// Odoo holds the Odoo databases in the order of the file, at least one, each with a name of its own.
	Odoo []Odoo
	// Backends holds the external systems in the order of the file, at least one, each with a name of its own.
	Backends []Backend
	// Jobs is the job queue's section.
	Jobs Jobs
	// Schedule is what runs at certain times, each entry with a name of its own.
	Schedule []Scheduled
	// Notify is who is told of troubles and runs, each entry with a name of its own.
	Notify []Notify
	// Warnings are what is odd about the file and no error, in the order of its lines: files of secrets that others may read, keys
	// that have no effect.
	Warnings Errors

	secrets          []Secret // all that the file mentions
	root             *yaml.Node
	stateKeyPassword Secret // of the client's key, by which it shows PostgreSQL who it is

	known *ledger // the secrets that were fetched
}

// Odoo is one Odoo database and the user that the connector logs in as.
type Odoo struct {
	// Name is what a backend's `odoo:` refers to.
	Name string
	// URL is http://…, https://… or sandbox://NAME; it carries no credentials, query or fragment.
	URL string
	// Database may be empty: then it is the only one that the server shows.
	Database string
	// Username may be empty where URL is a sandbox, which fills it in, and with [ProtocolJSON2], whose key tells the user.
	Username string
	// Password and APIKey are how the user logs in: one of them is given, neither needs to be where URL is a sandbox.
	Password Secret
	APIKey   Secret
	// Protocol is [ProtocolAuto] where left out.
	Protocol Protocol
	// CAFile is the absolute path of a PEM file with certificates of authorities that are trusted beside the system's; empty
	// where left out. It was there and held certificates when the configuration was read.
	CAFile string
	// CallsAtOnce is how many calls may be under way at a time, from 1 to 16; 2 where left out. CallsPerSecond bounds how many
	// begin, from 0.01 to 1000, 0 for any number; where left out it is 1 under odoo.com and 0 elsewhere. Both count for the
	// server as a whole, see [Odoo.Server].
	CallsAtOnce    int
	CallsPerSecond float64
	// Language is the code of the language in which Odoo's texts are read and written, as fr_FR; empty for Odoo's source language.
	Language string
	// Companies are those in which the connector works, the first of them the one that new records belong to; the user's own
	// company where left out.
	Companies []Company
	// TrackingDisable says that Odoo posts no message about a change, which makes writes several times quicker.
	TrackingDisable bool
	// Timeout is the deadline of one request, from 1 s to 10 min; [DefaultTimeout] where left out.
	Timeout time.Duration
	// Line is where the entry begins in the file, counted from 1.
	Line int
}

// Protocol is how Odoo is spoken to.
type Protocol string

// The protocols of Odoo's external API.
const (
	// ProtocolAuto is JSON-2 for an API key on Odoo 19 and later, XML-RPC else; the default.
	ProtocolAuto   Protocol = "auto"
	ProtocolXMLRPC Protocol = "xmlrpc" // Odoo 16 and later, until it goes away
	ProtocolJSON2  Protocol = "json2"  // Odoo 19 and later, with an API key
)

// Company names one company of Odoo: by its database id, or where that is 0 by its name.
type Company struct {
	ID   int64
	Name string
}

// String is the name, or the id in decimal.
func (c Company) String() string {
	if c.ID > 0 {
		return strconv.FormatInt(c.ID, 10)
	}
	return c.Name
}

// Backend is one external system that is kept in step with one Odoo database.
type Backend struct {
	// Name is what the command line calls it, as in `connector sync trello`.
	Name string
	// Kind names the system and Version its version, as a [Kind] declares them; the Kind's first version where left out.
	Kind    string
	Version string
	// Odoo is the name of an entry of [Config.Odoo]; the only one where left out.
	Odoo string
	// URL is http://…, https://… or sandbox://NAME; the Kind's DefaultURL where left out.
	URL string
	// Timeout is the deadline of one request, from 1 s to 10 min; [DefaultTimeout] where left out.
	Timeout time.Duration
	// OutcomeWindow is how long after it was begun a creation whose answer was lost may still take effect: it is repeated only
	// then. Timeout and 30 s where left out.
	OutcomeWindow time.Duration
	// Models holds every binding model of the Kind, in the Kind's order: the defaults, changed by what `models:` says.
	Models []Model
	// Settings is what the Kind's Settings function made, filled with the system's own keys; nil where it made none.
	Settings any
	// Line is where the entry begins in the file, counted from 1.
	Line int
}

// Model says how the records of one binding model cross between Odoo and a backend.
type Model struct {
	// Model is the binding model, as trello.card.
	Model string
	// Direction is Both where left out.
	Direction Direction
	// Domain restricts the Odoo records: an Odoo domain in prefix form as nested lists of string, int64, float64, bool and
	// []any (YAML's null is false, as in Odoo). It is nil where left out and empty, not nil, where the file says [].
	Domain []any
	// Conflict is Ask where left out.
	Conflict Conflict
	// OnLeave is [LeaveKeep] where left out.
	OnLeave OnLeave
	// Fields are pairs of fields that are added to those of the system, that replace one, or that take one out.
	Fields []Field
	// Line is where the entry begins in the file, counted from 1; 0 where the file does not mention the model.
	Line int
	// Path leads to the entry, as backends[0].models[1]; empty where the file does not mention the model.
	Path string
}

// Direction says which way the records of a model cross.
type Direction string

// The directions that a model can take.
const (
	DirectionBoth   Direction = "both"   // changes cross both ways; the default
	DirectionImport Direction = "import" // changes cross from the backend into Odoo only
	DirectionExport Direction = "export" // changes cross from Odoo to the backend only
	DirectionOff    Direction = "off"    // the model is left alone
)

// Imports tells whether changes of the backend are written into Odoo.
func (d Direction) Imports() bool { return d == DirectionBoth || d == DirectionImport }

// Exports tells whether changes of Odoo are written to the backend.
func (d Direction) Exports() bool { return d == DirectionBoth || d == DirectionExport }

// Conflict says which side wins where both changed the same field of a record.
type Conflict string

// The policies for a conflict. It is recorded whichever of them holds.
const (
	ConflictAsk     Conflict = "ask"     // nothing is written until a person decides; the default
	ConflictOdoo    Conflict = "odoo"    // Odoo's value wins
	ConflictBackend Conflict = "backend" // the backend's value wins
	ConflictNewest  Conflict = "newest"  // the value that was written last wins
)

// OnLeave says what becomes of a bound record that leaves the model's domain.
type OnLeave string

// The ways to treat a record that leaves the domain. Neither deletes anything.
const (
	LeaveKeep   OnLeave = "keep"   // it stays in step; the domain is asked only before something is created; the default
	LeaveRetire OnLeave = "retire" // it is left alone on both sides until it comes back
)

// Kind describes what a system adds to a backend's block: its name, versions, binding models and keys of its own.
type Kind struct {
	// Name is the value of `kind:`, as trello.
	Name string
	// Versions lists the values that `version:` can take, at least one; the first is the default.
	Versions []string
	// Models lists the binding models, as trello.card, in the order in which [Backend.Models] gives them.
	Models []string
	// DefaultURL is the backend's URL where `url:` is left out; empty where it must be given.
	DefaultURL string
	// CheckModel says what is wrong with the fields of a model of a version, as far as can be told without asking a server. It
	// is nil where a system cannot tell.
	CheckModel func(version string, m Model) []*Error
	// Settings makes a pointer to a struct for the system's own keys; nil where it has none. A field's key is its yaml tag;
	// the tag config:"required" makes the key compulsory unless the backend is a sandbox. Fields may be string, bool, ints,
	// floats, [time.Duration], [Secret], structs and pointers of these, and slices of any of these. A struct that breaks
	// these rules, or takes a key that every backend has, is a mistake of the system's author and panics in [Load]. A
	// [Checker] is asked about its values.
	Settings func() any
}

// SandboxName gives demo for sandbox://demo and tells whether the Odoo side is played by a sandbox.
func (o Odoo) SandboxName() (string, bool) { return sandboxName(o.URL) }

// SandboxName gives demo for sandbox://demo and tells whether the backend is played by a sandbox.
func (b Backend) SandboxName() (string, bool) { return sandboxName(b.URL) }

// Server names the server behind the URL, alike for every spelling of it: https://example.odoo.com:443. Entries of one server are
// entries of one machine that wants to be treated gently.
func (o Odoo) Server() string {
	u, err := url.Parse(o.URL)
	if err != nil {
		return o.URL
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return u.Scheme + "://" + net.JoinHostPort(strings.ToLower(strings.TrimSuffix(u.Hostname(), ".")), port)
}

func sandboxName(rawURL string) (string, bool) {
	return strings.CutPrefix(rawURL, sandboxScheme+"://")
}

// FindOdoo gives the Odoo entry of that name and whether there is one.
func (c *Config) FindOdoo(name string) (Odoo, bool) {
	for _, o := range c.Odoo {
		if o.Name == name {
			return o, true
		}
	}
	return Odoo{}, false
}

// FindBackend gives the backend of that name and whether there is one.
func (c *Config) FindBackend(name string) (Backend, bool) {
	for _, b := range c.Backends {
		if b.Name == name {
			return b, true
		}
	}
	return Backend{}, false
}

// FindModel gives the settings of that binding model and whether the backend's kind has it.
func (b Backend) FindModel(model string) (Model, bool) {
	for _, m := range b.Models {
		if m.Model == model {
			return m, true
		}
	}
	return Model{}, false
}
