// Package notify tells people of troubles: jobs that failed for good, outages, a schedule that didn't run, jobs that hang,
// reviews that wait. It finds them in the state, whichever process met them, and keeps there whom it told of what: so runs from
// cron, which live for seconds, send one message about an outage of a night, and not one each.
//
// A [Notifier] never fails a run and never holds it up for longer than [Timeout]; what could not be sent is tried again by the
// next look. A [Pinger] tells a dead man's switch of single runs.
package notify
