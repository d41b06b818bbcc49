-- The queue for several workers: channels, graphs, attempts, pauses, schedules, workers.
ALTER TABLE job ADD COLUMN pair TEXT NOT NULL DEFAULT '';              -- the record pair that is worked on, and its lock; '': none
ALTER TABLE job ADD COLUMN graph TEXT NOT NULL DEFAULT '';             -- uuid shared by the jobs of one graph; '': none
ALTER TABLE job ADD COLUMN due INTEGER NOT NULL DEFAULT 0;             -- 1: its eta has come, it stands in the line
ALTER TABLE job ADD COLUMN slot BIGINT NOT NULL DEFAULT 0;             -- while started: the slot of its channel that its slice takes
ALTER TABLE job ADD COLUMN args_version INTEGER NOT NULL DEFAULT 1;    -- version of the arguments' form
ALTER TABLE job ADD COLUMN time_limit BIGINT NOT NULL DEFAULT 0;       -- microseconds that a run may take; 0: the worker's limit
ALTER TABLE job ADD COLUMN next_run TEXT NOT NULL DEFAULT '';          -- JSON: the call to enqueue when this one has ended; '': none
UPDATE job SET pair = identity;
UPDATE job SET due = 1 WHERE state = 'pending' AND eta = 0;
DROP INDEX job_line;
DROP INDEX job_state;
DROP INDEX job_failed;
DROP INDEX job_running;
-- A record pair is worked on by one job at most.
CREATE UNIQUE INDEX job_running ON job (backend, pair) WHERE pair <> '' AND state = 'started';
-- What runs now, by channel: as many rows as jobs are in hands.
CREATE INDEX job_started ON job (channel, slot) WHERE state = 'started';
-- The line that the next claim reads from its head, and those that come into it later.
CREATE INDEX job_line ON job (backend, channel, priority, created, id) WHERE state = 'pending' AND due = 1;
CREATE INDEX job_later ON job (eta) WHERE state = 'pending' AND due = 0;
-- The others, for those who count and look.
CREATE INDEX job_promised ON job (backend) WHERE state = 'enqueued';
CREATE INDEX job_blocked ON job (backend) WHERE state = 'wait_dependencies';
CREATE INDEX job_failed ON job (backend, identity) WHERE state = 'failed';
CREATE INDEX job_failed_in ON job (channel) WHERE state = 'failed';
CREATE INDEX job_ended ON job (state, finished, backend, channel) WHERE state IN ('done','failed','cancelled');
CREATE INDEX job_graph ON job (graph) WHERE graph <> '';
-- job_attempt: earlier runs of a job that ended otherwise than done; the job itself keeps its last one.
CREATE TABLE job_attempt (
  job_id      BIGINT  NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  attempt     INTEGER NOT NULL,                -- number of the claim, from 1
  outcome     TEXT    NOT NULL,                -- retry, failed, wait, paused, postponed, worker died
  started     BIGINT  NOT NULL,
  finished    BIGINT  NOT NULL,
  worker      TEXT    NOT NULL DEFAULT '',
  result      TEXT    NOT NULL DEFAULT '',
  exc_name    TEXT    NOT NULL DEFAULT '',
  exc_message TEXT    NOT NULL DEFAULT '',
  exc_info    TEXT    NOT NULL DEFAULT '',
  PRIMARY KEY (job_id, attempt)
);
-- job_channel: the channels that jobs of a backend were ever put into.
CREATE TABLE job_channel (
  backend TEXT NOT NULL, channel TEXT NOT NULL,
  last_start BIGINT NOT NULL DEFAULT 0,        -- when a throttled channel last started a job
  PRIMARY KEY (backend, channel)
);
INSERT INTO job_channel (backend, channel) SELECT DISTINCT backend, channel FROM job;
-- job_pause: what takes no new job. scope: all, backend, channel (with its subchannels).
CREATE TABLE job_pause (
  scope TEXT NOT NULL CHECK (scope IN ('all','backend','channel')), name TEXT NOT NULL DEFAULT '',
  since BIGINT NOT NULL, until BIGINT NOT NULL DEFAULT 0, -- 0: until it is resumed by hand
  reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (scope, name)
);
-- job_worker: the processes that have jobs in hand.
CREATE TABLE job_worker (
  id         TEXT   PRIMARY KEY,               -- as job.worker names it: host:pid, with a number where a process has several
  slot       INTEGER NOT NULL DEFAULT 0,       -- number of the kernel lock that it holds; 0: it lives by its lease
  started    BIGINT NOT NULL,
  heartbeat  BIGINT NOT NULL,
  lease      BIGINT NOT NULL DEFAULT 0,        -- end of its lease, on the database's clock
  info       TEXT   NOT NULL DEFAULT '{}'      -- JSON for people: version, command, concurrency, backends
);
-- job_schedule: when each entry of `schedule:` ran and runs next.
CREATE TABLE job_schedule (
  name TEXT PRIMARY KEY,
  last_start BIGINT NOT NULL DEFAULT 0, last_end BIGINT NOT NULL DEFAULT 0, next BIGINT NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL DEFAULT '', message TEXT NOT NULL DEFAULT '', worker TEXT NOT NULL DEFAULT ''
);
