package screen

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/odoo-connector/connector/jobs"
	"github.com/odoo-connector/connector/state"
)

// Tab is one of the lists.
type Tab int

// The tabs, in their order on the screen.
const (
	Running Tab = iota
	Waiting
	Failed
	Channels
	tabs
)

// String is the tab's title.
func (t Tab) String() string { return [...]string{"Running", "Waiting", "Failed", "Channels"}[t] }

// Picture is what is seen at one moment.
type Picture struct {
	At      time.Time
	Counts  map[string]int // by state; "delayed" are pending jobs whose time is to come
	Loads   []jobs.Load
	Rows    []Row // of the tab that was asked for, Channels apart
	Done    float64
	Failed  float64       // both a minute
	Over    time.Duration // the time that they were counted over, a minute at most
	Pauses  []jobs.Pause
	Workers int // alive
}

// Row is a job of a list.
type Row struct {
	jobs.Job
	Why string // what keeps it waiting, or what it failed for
}

// Desk reads a queue for the screen, and changes it. Each look costs a few queries on indexes, whatever the number of jobs that are
// done.
type Desk struct {
	db      *state.DB
	queue   *jobs.Queue
	show    func(ctx context.Context, id int64) (string, error)
	begun   time.Time
	counted time.Time // up to when ends were counted
	ends    []ends
}

// ends are how many jobs ended between two looks.
type ends struct {
	at           time.Time
	done, failed int
}

// NewDesk gives the desk of a queue. show gives the text of one job.
func NewDesk(db *state.DB, q *jobs.Queue, show func(ctx context.Context, id int64) (string, error)) *Desk {
	now := db.Clock().Now()
	return &Desk{db: db, queue: q, show: show, begun: now, counted: now}
}

// most is how many jobs a list shows; the filter finds others.
const most = 500

// Look gives the picture with the rows of a tab, as many as the filter selects; its errors are those of the state, and a
// *jobs.FilterError.
func (d *Desk) Look(ctx context.Context, tab Tab, f Filter) (p Picture, err error) {
	p = Picture{At: d.db.Clock().Now(), Counts: map[string]int{}}
	standings, err := d.queue.Standings(ctx)
	if err != nil {
		return p, err
	}
	for _, s := range standings {
		name := string(s.State)
		if s.Later {
			name = "delayed"
		}
		p.Counts[name] += s.Count
	}
	if p.Loads, err = d.queue.Loads(ctx); err != nil {
		return p, err
	}
	if p.Pauses, err = d.queue.Pauses(ctx); err != nil {
		return p, err
	}
	workers, err := d.queue.Workers(ctx)
	if err != nil {
		return p, err
	}
	for _, w := range workers {
		if w.Alive && !w.StandsBy() {
			p.Workers++
		}
	}
	if err := d.rates(ctx, &p); err != nil {
		return p, err
	}
	p.Rows, err = d.rows(ctx, tab, f)
	return p, err
}

// rates counts what ended since the last look, and keeps the last minute of it.
func (d *Desk) rates(ctx context.Context, p *Picture) error {
	one := ends{at: p.At}
	err := d.queue.Endings(ctx, d.counted, p.At, func(e jobs.Ending) {
		switch e.State {
		case jobs.StateDone:
			one.done++
		case jobs.StateFailed:
			one.failed++
		}
	})
	if err != nil {
		return err
	}
	d.counted = p.At
	d.ends = slices.DeleteFunc(append(d.ends, one), func(e ends) bool { return p.At.Sub(e.at) >= time.Minute })
	p.Over = min(time.Minute, p.At.Sub(d.begun))
	if p.Over < time.Second {
		return nil
	}
	for _, e := range d.ends {
		p.Done += float64(e.done)
		p.Failed += float64(e.failed)
	}
	minutes := p.Over.Minutes()
	p.Done, p.Failed = p.Done/minutes, p.Failed/minutes
	return nil
}

func (d *Desk) rows(ctx context.Context, tab Tab, f Filter) (rows []Row, err error) {
	states := map[Tab][]jobs.State{Running: {jobs.StateStarted}, Failed: {jobs.StateFailed},
		Waiting: {jobs.StatePending, jobs.StateWaitDependencies, jobs.StateEnqueued}}[tab]
	if states == nil {
		return nil, nil
	}
	query := f.query
	query.States, query.Limit = states, most
	switch tab {
	case Running:
		query.Sort = jobs.Sort{Key: jobs.SortStarted}
	case Failed:
		query.Sort = jobs.Sort{Key: jobs.SortFinished, Descending: true}
	case Waiting, Channels, tabs:
	}
	list, err := d.queue.List(ctx, query)
	for _, j := range list {
		r := Row{Job: j, Why: d.why(j)}
		if f.matches(r) {
			rows = append(rows, r)
		}
	}
	return rows, err
}

// why says in a few words, without a query for each job, what keeps a job; its own page tells more.
func (d *Desk) why(j jobs.Job) string {
	now := d.db.Clock().Now()
	switch {
	case j.State == jobs.StateFailed:
		return j.ExcMessage
	case j.State == jobs.StateStarted:
		return j.Worker
	case j.State == jobs.StateWaitDependencies && len(j.DependsOn) == 1:
		return fmt.Sprintf("for job %d", j.DependsOn[0])
	case j.State == jobs.StateWaitDependencies:
		return fmt.Sprintf("for %d jobs", len(j.DependsOn))
	case j.ETA.After(now) && j.ExcMessage != "":
		return "again in " + short(j.ETA.Sub(now)) + ": " + j.ExcMessage
	case j.ETA.After(now):
		return "in " + short(j.ETA.Sub(now))
	}
	return "in line"
}

// Show gives the text of a job.
func (d *Desk) Show(ctx context.Context, id int64) (string, error) { return d.show(ctx, id) }

// Action is something that a key does to a job or a channel.
type Action struct {
	Verb    string // retry, cancel, done, pause
	ID      int64  // of the job
	Channel string // for pause, which resumes a channel that is paused
}

// Do does it, and says what became of it.
func (d *Desk) Do(ctx context.Context, a Action) (said string, err error) {
	err = d.db.Write(ctx, func(tx *state.Tx) error {
		var err error
		switch a.Verb {
		case "retry":
			err = d.queue.Requeue(ctx, tx, a.ID)
			said = fmt.Sprintf("job %d is in the line again", a.ID)
		case "done":
			err = d.queue.SetDone(ctx, tx, a.ID)
			said = fmt.Sprintf("job %d counts as done", a.ID)
		case "cancel":
			var n int
			n, err = d.queue.Cancel(ctx, tx, a.ID)
			if said = fmt.Sprintf("job %d was cancelled", a.ID); n > 1 {
				said = fmt.Sprintf("job %d and %d that waited for it were cancelled", a.ID, n-1)
			}
		case "pause":
			said, err = d.pause(ctx, tx, a.Channel)
		}
		return err
	})
	return said, err
}

func (d *Desk) pause(ctx context.Context, tx *state.Tx, channel string) (string, error) {
	resumed, err := d.queue.Resume(ctx, tx, jobs.PauseChannel, channel)
	if err != nil || resumed {
		return "channel " + channel + " goes on", err
	}
	return "channel " + channel + " is paused", d.queue.Pause(ctx, tx, jobs.Pause{Scope: jobs.PauseChannel, Name: channel, Reason: "on the live screen"})
}

// Filter selects the rows of a list.
type Filter struct {
	text  string
	query jobs.Filter
	words []string // that a row must have somewhere, in lower case
}

// ParseFilter reads a filter: words that a row must have, and key:value of backend, channel, model, function, record, error and worker.
func ParseFilter(text string) (f Filter, problem string) {
	f.text = text
	keys := map[string]*string{"backend": &f.query.Backend, "channel": &f.query.Channel, "model": &f.query.Model,
		"function": &f.query.Function, "record": &f.query.Record, "error": &f.query.Error, "worker": &f.query.Worker}
	for _, word := range strings.Fields(text) {
		key, value, isPair := strings.Cut(word, ":")
		into := keys[key]
		switch {
		case isPair && into != nil && value == "":
			return f, key + ": what?"
		case isPair && into != nil:
			*into = value
		default:
			f.words = append(f.words, strings.ToLower(word))
		}
	}
	return f, ""
}

func (f Filter) matches(r Row) bool {
	for _, word := range f.words {
		if !strings.Contains(strings.ToLower(strings.Join([]string{r.Backend, r.Description, r.Why, r.Channel, fmt.Sprint(r.ID)}, " ")), word) {
			return false
		}
	}
	return true
}

// short is a time span in at most six characters: 850ms, 12s, 3m05s, 2h10m, 4d.
func short(d time.Duration) string {
	switch {
	case d < time.Second:
		return fmt.Sprintf("%dms", max(d, 0).Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	default:
		return fmt.Sprintf("%dd", int(d.Hours())/24)
	}
}
