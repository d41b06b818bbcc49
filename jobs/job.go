package jobs

import (
	"cmp"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/odoo-connector/connector/state"
)

// Job is one piece of work on one record, as it is stored.
type Job struct {
	ID       int64
	UUID     string
	Function string // the job function's name, e.g. "trello.card.import"
	Backend  string // the backend's name in the configuration
	Model    string // the binding model, e.g. "trello.card"
	Channel  string
	Identity string // what stands for the job while it waits: a backend has one waiting job of an identity. "": none
	Pair     string // the record pair that it works on, and its lock: jobs of one backend and pair never run at once. "": none
	Graph    string // the uuid that the jobs of one graph share; "": none

	Args        json.RawMessage
	ArgsVersion int // version of the arguments' form, as the function counted when the job was enqueued

	Description string // for people
	State       State
	Priority    int           // a low number is early
	ETA         time.Time     // not before; zero: at once
	Hold        bool          // a run waits for this job's eta before it ends
	Retry       int           // attempts spent
	MaxRetries  int           // attempts it may spend; 0: for ever
	Crashes     int           // how often its worker died with only this job in hand
	Alone       bool          // its worker died once; it shares no slice any more
	Waits       int           // how often a run ended waiting for dependencies
	TimeLimit   time.Duration // how long a run may take; zero: the worker's limit
	RunsAgain   bool          // enqueued again meanwhile with [RunAgain]: another job follows when this one has ended

	Created  time.Time
	Enqueued time.Time // when it last became ready to run
	Started  time.Time // of its last run
	Finished time.Time // zero while it isn't done, failed or cancelled
	Worker   string    // owner of its last claim

	Result     string // of the last run, for people
	ExcName    string // kind of the last failure: its code, CON-ODOO-403, or where it has none, its Go type
	ExcMessage string // its message; of a waiting job: what keeps it waiting for good
	ExcInfo    string // its chain of causes, or the stack of a panic

	DependsOn []int64 // the jobs that must be done first, ascending

	claims    int    // number of its claims, which only the last claimer knows
	slot      int64  // of its channel, while it is started
	next      string // stored call that follows, see follow.go
	policy    IdentityPolicy
	takenBack bool // from a dead worker

	later    []Job // further calls of its identity in the same batch
	replaced bool  // it has the arguments of a further call
}

// Spec describes a job to enqueue.
type Spec struct {
	Function    string // compulsory
	Backend     string
	Model       string
	Channel     string         // default: a channel of the backend's own, "root.<backend>"
	Identity    string         // what stands for the job while it waits
	IdentityBy  IdentityKey    // makes the identity where none is given: IdentityExact or IdentityHashed
	Policy      IdentityPolicy // what becomes of the new call where a job of its identity waits already; default: it is dropped
	Pair        string         // the record pair that it works on; default: the identity
	Description string
	Args        any           // what json.Marshal takes; ids only, never a secret
	Priority    int           // default 10
	ETA         time.Time     // default: at once
	After       time.Duration // where no ETA is given: not before this time has passed
	Hold        bool          // a run doesn't end before the eta came and the job ran
	MaxRetries  *int          // default 5; 0: for ever
	DependsOn   []int64       // ids of jobs that must be done first
	TimeLimit   time.Duration // default: the worker's
	ArgsVersion int           // version of the arguments' form; default 1
	Graph       string        // set by [Queue.EnqueueGraph]
}

// IdentityPolicy says what becomes of a new call when a job of its identity waits already. A running job never counts: what
// it has read may be older than what the new call is for.
type IdentityPolicy int

// The policies.
const (
	KeepFirst   IdentityPolicy = iota // the waiting job does for both; the new call is dropped
	ReplaceArgs                       // the waiting job takes the new arguments, priority and eta, in its old place
	RunAgain                          // the waiting job stays as it is, and the new call runs when it has ended
)

// The defaults of a Spec.
const (
	DefaultPriority   = 10
	DefaultMaxRetries = 5
)

// DefaultChannel is the channel that the jobs of a backend go through where none is named: one of its own, right below root.
func DefaultChannel(backend string) string {
	if backend == "" {
		return Root
	}
	return Root + "." + strings.Map(func(r rune) rune {
		if strings.ContainsRune(". \t=", r) {
			return '_'
		}
		return r
	}, backend)
}

// newJob completes a spec. Its text never shows the arguments when they cannot be encoded.
func newJob(s Spec, uuid string, now time.Time) (Job, error) {
	if s.Function == "" {
		return Job{}, errors.New("enqueue a job: it names no function")
	}
	args, err := encodeArgs(s.Function, s.Args)
	if err != nil {
		return Job{}, err
	}
	if s.Identity == "" && s.IdentityBy != nil {
		if s.Identity, err = s.IdentityBy(s); err != nil {
			return Job{}, err
		}
	}
	if s.ETA.IsZero() && s.After > 0 {
		s.ETA = now.Add(s.After)
	}
	j := Job{UUID: uuid, Function: s.Function, Backend: s.Backend, Model: s.Model, Channel: s.Channel,
		Identity: s.Identity, Pair: cmp.Or(s.Pair, s.Identity), Graph: s.Graph, ArgsVersion: max(s.ArgsVersion, 1),
		TimeLimit: s.TimeLimit, policy: s.Policy, Description: s.Description, Args: args, State: StatePending, Priority: s.Priority, ETA: s.ETA,
		Hold: s.Hold, MaxRetries: DefaultMaxRetries, Created: now, DependsOn: sortedIDs(s.DependsOn)}
	if j.Priority == 0 {
		j.Priority = DefaultPriority
	}
	if s.MaxRetries != nil {
		j.MaxRetries = *s.MaxRetries
	}
	if j.Channel == "" {
		j.Channel = DefaultChannel(s.Backend)
	}
	if j.Channel, err = channelName(j.Channel); err != nil {
		return Job{}, &ChannelsError{s.Channel, err.Error()}
	}
	return j, nil
}

// columns are those of scanJob, in its order.
const columns = `id, uuid, function, backend, model, channel, identity, pair, graph, args, args_version, time_limit, next_run, slot, description, state, priority, eta, hold,
	retry, max_retries, crashes, alone, waits, claims, created, enqueued, started, finished, worker,
	result, exc_name, exc_message, exc_info`

type scanner = state.Scanner

func scanJob(row scanner) (Job, error) {
	var j Job
	var args string
	var eta, created, enqueued, started, finished, limit int64
	err := row.Scan(&j.ID, &j.UUID, &j.Function, &j.Backend, &j.Model, &j.Channel, &j.Identity, &j.Pair, &j.Graph, &args,
		&j.ArgsVersion, &limit, &j.next, &j.slot, &j.Description,
		&j.State, &j.Priority, &eta, &j.Hold, &j.Retry, &j.MaxRetries, &j.Crashes, &j.Alone, &j.Waits, &j.claims,
		&created, &enqueued, &started, &finished, &j.Worker, &j.Result, &j.ExcName, &j.ExcMessage, &j.ExcInfo)
	j.Args, j.TimeLimit, j.RunsAgain = json.RawMessage(args), time.Duration(limit)*time.Microsecond, j.next != "" && j.next != ownCall
	j.ETA, j.Created, j.Enqueued = state.FromMicros(eta), state.FromMicros(created), state.FromMicros(enqueued)
	j.Started, j.Finished = state.FromMicros(started), state.FromMicros(finished)
	return j, err
}

// flag is a yes or no as it is stored.
func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

// dueAt is the column due of a pending job with this eta: whether it stands in the line now.
func dueAt(eta, now time.Time) int { return flag(!eta.After(now)) }
