-- Runs that look at a part are no success of the whole: JSON, when each binding model and direction was last looked at, in
-- microseconds, where that is later than last_success.
ALTER TABLE backend_state ADD COLUMN looked TEXT NOT NULL DEFAULT '';
