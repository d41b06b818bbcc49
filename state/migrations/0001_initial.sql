-- job: one piece of work on one record. Instants are microseconds since 1970; 0: not yet, or at once for eta.
CREATE TABLE job (
  id           INTEGER PRIMARY KEY,
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
  exc_info     TEXT    NOT NULL DEFAULT ''
);
-- A record waits in one job at most, and is worked on by one job at most.
CREATE UNIQUE INDEX job_waiting ON job (backend, identity)
  WHERE identity <> '' AND state IN ('wait_dependencies','pending','enqueued');
CREATE UNIQUE INDEX job_running ON job (backend, identity) WHERE identity <> '' AND state = 'started';
CREATE INDEX job_failed ON job (backend, identity) WHERE identity <> '' AND state = 'failed';
-- The line that the next claim reads from its head.
CREATE INDEX job_line ON job (backend, priority, created, id) WHERE state = 'pending';
CREATE INDEX job_state ON job (backend, state);
CREATE TABLE job_dependency (
  job_id     INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  depends_on INTEGER NOT NULL REFERENCES job (id) ON DELETE CASCADE,
  PRIMARY KEY (job_id, depends_on)
);
CREATE INDEX job_dependency_on ON job_dependency (depends_on);
-- binding: one record pair. An intent is a binding whose other half is still empty.
CREATE TABLE binding (
  id              INTEGER PRIMARY KEY,
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
  intent_sent     TEXT    NOT NULL DEFAULT ''   -- JSON: what was sent
);
CREATE UNIQUE INDEX binding_external ON binding (database, backend, model, external_id) WHERE external_id IS NOT NULL;
CREATE UNIQUE INDEX binding_odoo ON binding (database, backend, model, odoo_id, scope) WHERE odoo_id IS NOT NULL AND role = 'primary';
CREATE INDEX binding_intent ON binding (backend, intent) WHERE intent <> '';
-- review: what a person has to decide (OCA connector's checkpoint).
CREATE TABLE review (
  id          INTEGER PRIMARY KEY,
  database    TEXT NOT NULL, backend TEXT NOT NULL, model TEXT NOT NULL,
  external_id TEXT NOT NULL DEFAULT '', odoo_id INTEGER NOT NULL DEFAULT 0, scope TEXT NOT NULL DEFAULT '',
  field       TEXT NOT NULL DEFAULT '',         -- '' for the whole record
  parent      TEXT NOT NULL DEFAULT '',
  name        TEXT NOT NULL DEFAULT '',
  kind        TEXT NOT NULL,                    -- ambiguous, unequal, conflict, lossy, shared, deleted, missing_reference, twin
  reason      TEXT NOT NULL,
  fingerprint TEXT NOT NULL DEFAULT '',         -- hash of both raw sides when it was reported
  created     INTEGER NOT NULL
);
CREATE UNIQUE INDEX review_record ON review (database, backend, model, external_id, odoo_id, scope, field);
CREATE TABLE poll_position (
  database TEXT NOT NULL, model TEXT NOT NULL, consumer TEXT NOT NULL,
  position TEXT NOT NULL, updated INTEGER NOT NULL, PRIMARY KEY (database, model, consumer)
);
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE backend_state (
  backend TEXT PRIMARY KEY, paused_until INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT '',
  last_success INTEGER NOT NULL DEFAULT 0, last_run INTEGER NOT NULL DEFAULT 0
);
