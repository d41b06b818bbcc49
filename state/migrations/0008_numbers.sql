-- A number that people know a job, a binding or a review by is never given again: whoever still has it in a terminal must not
-- meet another. AUTOINCREMENT is a property of the table, so the tables are made anew. What points to jobs comes first, as
-- dropping a table deletes its rows, and those that point to them.
CREATE TABLE review_new (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  database    TEXT NOT NULL, backend TEXT NOT NULL, model TEXT NOT NULL,
  external_id TEXT NOT NULL DEFAULT '', odoo_id INTEGER NOT NULL DEFAULT 0, scope TEXT NOT NULL DEFAULT '',
  field       TEXT NOT NULL DEFAULT '',         -- '' for the whole record
  parent      TEXT NOT NULL DEFAULT '',
  name        TEXT NOT NULL DEFAULT '',
  kind        TEXT NOT NULL,                    -- ambiguous, unequal, conflict, lossy, shared, deleted, missing_reference, twin
  reason      TEXT NOT NULL,
  fingerprint TEXT NOT NULL DEFAULT '',         -- hash of both raw sides when it was reported
  created     INTEGER NOT NULL,
  decision TEXT NOT NULL DEFAULT ''            -- JSON; '' while nothing is decided
);
INSERT INTO review_new SELECT * FROM review;
CREATE TABLE binding_new (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  database        TEXT    NOT NULL,             -- key of the Odoo database (url and name)
  backend         TEXT    NOT NULL,             -- backend's name
  model           TEXT    NOT NULL,             -- binding model, e.g. trello.card
  external_id     TEXT,                         -- NULL while an export's intent is open
  odoo_model      TEXT    NOT NULL,
  odoo_id         INTEGER,                      -- NULL while an import's intent is open
  scope           TEXT    NOT NULL DEFAULT '',
  role            TEXT    NOT NULL DEFAULT 'primary' CHECK (role IN ('primary','alias')),
  parent          TEXT    NOT NULL DEFAULT '',  -- external id of the parent, e.g. the board
  name            TEXT    NOT NULL DEFAULT '',  -- display name, for people
  fields          TEXT    NOT NULL DEFAULT '{}',-- JSON: field -> {x: raw hash, o: raw hash, base: canonical value}
  canonical       INTEGER NOT NULL DEFAULT 1,   -- version of the canonical form
  odoo_write_date TEXT    NOT NULL DEFAULT '',
  active_flip     TEXT    NOT NULL DEFAULT '',  -- write_date at which the Odoo record was last seen archived or restored
  sync_date       INTEGER NOT NULL DEFAULT 0,   -- microseconds
  external_gone   INTEGER NOT NULL DEFAULT 0,   -- microseconds at which a read by id said so; 0: there
  odoo_gone       INTEGER NOT NULL DEFAULT 0,
  intent          TEXT    NOT NULL DEFAULT '',  -- '', 'import' or 'export'
  intent_at       INTEGER NOT NULL DEFAULT 0,   -- microseconds
  intent_sent     TEXT    NOT NULL DEFAULT '',  -- JSON: what was sent
  retired INTEGER NOT NULL DEFAULT 0,          -- when it left what is synchronized: microseconds; 0: it takes part
  made TEXT NOT NULL DEFAULT ''                -- where its pair was made first: 'import' outside, 'export' in Odoo, '' on both sides, or nobody knows
);
INSERT INTO binding_new SELECT * FROM binding;
CREATE TABLE job_new (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  uuid         TEXT    NOT NULL UNIQUE,
  function     TEXT    NOT NULL,               -- what to call, e.g. trello.card.import
  backend      TEXT    NOT NULL DEFAULT '',
  model        TEXT    NOT NULL DEFAULT '',    -- binding model, e.g. trello.card
  channel      TEXT    NOT NULL,
  identity     TEXT    NOT NULL DEFAULT '',    -- what is worked on; '': nobody else's business
  args         TEXT    NOT NULL,               -- JSON
  description  TEXT    NOT NULL DEFAULT '',    -- for people
  state        TEXT    NOT NULL CHECK (state IN
               ('wait_dependencies','pending','enqueued','started','done','failed','cancelled')),
  priority     INTEGER NOT NULL,               -- low is early
  eta          INTEGER NOT NULL DEFAULT 0,
  hold         INTEGER NOT NULL DEFAULT 0,     -- 1: a run doesn't end before this eta
  retry        INTEGER NOT NULL DEFAULT 0,     -- attempts spent
  max_retries  INTEGER NOT NULL,               -- 0: for ever
  crashes      INTEGER NOT NULL DEFAULT 0,     -- deaths of a worker that had only this job in hand
  alone        INTEGER NOT NULL DEFAULT 0,     -- 1: its worker died once; it shares no slice any more
  waits        INTEGER NOT NULL DEFAULT 0,     -- how often a run ended waiting for dependencies
  claims       INTEGER NOT NULL DEFAULT 0,     -- counts the claims; who completes must know the number
  slice        INTEGER NOT NULL DEFAULT 0,     -- size of the slice of its last claim
  created      INTEGER NOT NULL,
  enqueued     INTEGER NOT NULL DEFAULT 0,     -- when it last became ready to run
  started      INTEGER NOT NULL DEFAULT 0,
  finished     INTEGER NOT NULL DEFAULT 0,
  worker       TEXT    NOT NULL DEFAULT '',
  result       TEXT    NOT NULL DEFAULT '',
  exc_name     TEXT    NOT NULL DEFAULT '',
  exc_message  TEXT    NOT NULL DEFAULT '',
  exc_info     TEXT    NOT NULL DEFAULT '',
  pair TEXT NOT NULL DEFAULT '',               -- the record pair that is worked on, and its lock; '': none
  graph TEXT NOT NULL DEFAULT '',              -- uuid shared by the jobs of one graph; '': none
  due INTEGER NOT NULL DEFAULT 0,              -- 1: its eta has come, it stands in the line
  slot BIGINT NOT NULL DEFAULT 0,              -- while started: the slot of its channel that its slice takes
  args_version INTEGER NOT NULL DEFAULT 1,     -- version of the arguments' form
  time_limit BIGINT NOT NULL DEFAULT 0,        -- microseconds that a run may take; 0: the worker's limit
  next_run TEXT NOT NULL DEFAULT ''            -- JSON: the call to enqueue when this one has ended; '': none
);
INSERT INTO job_new SELECT * FROM job;
CREATE TABLE job_dependency_new (
  job_id     INTEGER NOT NULL REFERENCES job_new (id) ON DELETE CASCADE,
  depends_on INTEGER NOT NULL REFERENCES job_new (id) ON DELETE CASCADE,
  PRIMARY KEY (job_id, depends_on)
);
INSERT INTO job_dependency_new SELECT * FROM job_dependency -- without what somebody left who deleted jobs by hand
  WHERE job_id IN (SELECT id FROM job) AND depends_on IN (SELECT id FROM job);
DROP TABLE job_dependency;
CREATE TABLE job_attempt_new (
  job_id      BIGINT  NOT NULL REFERENCES job_new (id) ON DELETE CASCADE,
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
INSERT INTO job_attempt_new SELECT * FROM job_attempt WHERE job_id IN (SELECT id FROM job);
DROP TABLE job_attempt;
DROP TABLE review;
DROP TABLE binding;
DROP TABLE job;
ALTER TABLE review_new RENAME TO review;
ALTER TABLE binding_new RENAME TO binding;
ALTER TABLE job_new RENAME TO job; -- and all that refers to it
ALTER TABLE job_dependency_new RENAME TO job_dependency;
ALTER TABLE job_attempt_new RENAME TO job_attempt;
CREATE UNIQUE INDEX job_waiting ON job (backend, identity)
  WHERE identity <> '' AND state IN ('wait_dependencies','pending','enqueued');
CREATE INDEX job_dependency_on ON job_dependency (depends_on);
CREATE UNIQUE INDEX binding_external ON binding (database, backend, model, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX binding_odoo ON binding (database, backend, model, odoo_id, scope) WHERE odoo_id IS NOT NULL AND role = 'primary';
CREATE INDEX binding_intent ON binding (backend, intent) WHERE intent <> '';
CREATE UNIQUE INDEX review_record ON review (database, backend, model, external_id, odoo_id, scope, field);
CREATE UNIQUE INDEX job_running ON job (backend, pair) WHERE pair <> '' AND state = 'started';
CREATE INDEX job_started ON job (channel, slot) WHERE state = 'started';
CREATE INDEX job_line ON job (backend, channel, priority, created, id) WHERE state = 'pending' AND due = 1;
CREATE INDEX job_later ON job (eta) WHERE state = 'pending' AND due = 0;
CREATE INDEX job_promised ON job (backend) WHERE state = 'enqueued';
CREATE INDEX job_blocked ON job (backend) WHERE state = 'wait_dependencies';
CREATE INDEX job_failed ON job (backend, identity) WHERE state = 'failed';
CREATE INDEX job_failed_in ON job (channel) WHERE state = 'failed';
CREATE INDEX job_ended ON job (state, finished, backend, channel) WHERE state IN ('done','failed','cancelled');
CREATE INDEX job_graph ON job (graph) WHERE graph <> '';
CREATE INDEX job_attempt_finished ON job_attempt (finished);
