-- What operators see: why a backend is out, counters that go on over restarts, and what is to be told.
ALTER TABLE backend_state ADD COLUMN code TEXT NOT NULL DEFAULT '';    -- kind of the outage in one word; '': none
ALTER TABLE backend_state ADD COLUMN since BIGINT NOT NULL DEFAULT 0;  -- when the outage was first met; 0: none
CREATE INDEX job_attempt_finished ON job_attempt (finished);
-- metric_counter: sums over all that ended, which are counted once; meta's metrics.position says up to when.
CREATE TABLE metric_counter (
  name   TEXT   NOT NULL,
  labels TEXT   NOT NULL,                      -- JSON list of the labels' values
  value  BIGINT NOT NULL,                      -- times in microseconds
  PRIMARY KEY (name, labels)
);
-- notify_receiver: who is told of troubles, and how far.
CREATE TABLE notify_receiver (
  name     TEXT    PRIMARY KEY,
  position BIGINT  NOT NULL,                   -- what happened before was looked at
  sent     BIGINT  NOT NULL DEFAULT 0,         -- when the last message went out
  next     BIGINT  NOT NULL DEFAULT 0,         -- no message before
  tries    INTEGER NOT NULL DEFAULT 0,         -- that failed since then
  problem  TEXT    NOT NULL DEFAULT ''         -- of the last of them
);
-- notify_item: what a receiver has not been told yet, a line of its next message each.
CREATE TABLE notify_item (
  receiver TEXT NOT NULL, event TEXT NOT NULL, topic TEXT NOT NULL, -- what makes it one line
  count    BIGINT NOT NULL,
  first_at BIGINT NOT NULL, first TEXT NOT NULL,
  last_at  BIGINT NOT NULL, last TEXT NOT NULL,
  PRIMARY KEY (receiver, event, topic)
);
-- notify_open: troubles that last, and that a receiver was told of or is going to be.
CREATE TABLE notify_open (
  receiver TEXT NOT NULL, event TEXT NOT NULL, topic TEXT NOT NULL, since BIGINT NOT NULL,
  PRIMARY KEY (receiver, event, topic)
);
