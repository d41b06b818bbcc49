package jobs

import (
	"cmp"
	"time"
)

// FunctionOptions are what a queue knows of a job function, as OCA's queue_job keeps it in its job functions: the
// properties of a call that says nothing of its own. What is left zero is the queue's default.
type FunctionOptions struct {
	Channel      string        // default: the backend's own channel
	RetryPattern RetryPattern  // default: the queue's
	MaxRetries   *int          // default 5; 0: for ever
	Priority     int           // default 10
	TimeLimit    time.Duration // default: the worker's
}

// WithFunction sets the defaults of a job function's calls. They count when a call is enqueued, but for the retry pattern,
// which counts when an attempt fails.
func WithFunction(name string, o FunctionOptions) Option {
	return func(q *Queue) {
		if q.functions == nil {
			q.functions = map[string]FunctionOptions{}
		}
		q.functions[name] = o
	}
}

// Function gives the options of a job function; the zero value where it has none.
func (q *Queue) Function(name string) FunctionOptions { return q.functions[name] }

// completed fills in what a call leaves to its function.
func (q *Queue) completed(s Spec) Spec {
	o := q.functions[s.Function]
	s.Channel = cmp.Or(s.Channel, o.Channel)
	s.Priority = cmp.Or(s.Priority, o.Priority)
	s.TimeLimit = cmp.Or(s.TimeLimit, o.TimeLimit)
	if s.MaxRetries == nil {
		s.MaxRetries = o.MaxRetries
	}
	return s
}

// retryDelay gives the pause of a job that spent so many attempts.
func (q *Queue) retryDelay(j Job) time.Duration {
	pattern := q.functions[j.Function].RetryPattern
	if pattern == nil {
		pattern = q.pattern
	}
	return pattern.Delay(max(j.Retry, 1), q.random)
}
