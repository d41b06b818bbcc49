-- Where a binding's pair was made first: 'import' outside, 'export' in Odoo, '' on both sides, or nobody knows.
ALTER TABLE binding ADD COLUMN made TEXT NOT NULL DEFAULT '';
-- record_order: in what order both sides of a group of records were left.
CREATE TABLE record_order (
  database TEXT NOT NULL, backend TEXT NOT NULL, model TEXT NOT NULL,
  record_group TEXT NOT NULL,                   -- external id of what the order is within, e.g. the list
  agreed       TEXT NOT NULL,                   -- JSON: external ids as they are outside, and in Odoo where that differs
  moving       TEXT NOT NULL DEFAULT '',        -- JSON: external ids that a run is moving; '' once it is done
  PRIMARY KEY (database, backend, model, record_group)
);
