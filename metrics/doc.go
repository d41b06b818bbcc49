// Package metrics shows a state to Prometheus: what its queue has to do and did, its backends, its schedule, its workers.
//
// What is now ([Collector.Collect]) is read from the state with queries whose cost doesn't depend on how many jobs are done
// already. What became of jobs is counted once, when somebody looks, and kept in the state: so the counters go on over the end
// of a process, and those of a cron job that lives for seconds are as good as those of a service.
package metrics
