// Package jobs is the queue: jobs that wait in the state, one per record, and the worker that runs them one after the
// other. It knows nothing of any system; a job is a function's name and its arguments.
//
// A job's identity names the record that it works on, and is its lock: a record waits in one job at most, and one job at
// most works on it. [Queue.Enqueue] therefore gives back the job that waits already. [Queue.Claim] hands out the head of
// the line as a slice of jobs that may share their calls; each of them still ends on its own, with an [Outcome]. What an
// outcome brings along to store, the job's completion and the jobs that follow from it are committed in one transaction,
// or none of them is.
//
// Work is done at least once. A worker that dies leaves its jobs started; the next holder of the backend's lock takes
// them back with [Queue.Recover]. Which of several jobs in hand killed it cannot be told, so they run alone from then on,
// and only a job that was alone is charged for a death.
package jobs
