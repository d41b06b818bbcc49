-- Each change of a job's state is a new version of its row with an entry in every index; this one nobody looks into, and version
-- 7 UUIDs have 74 bits of chance.
ALTER TABLE job DROP CONSTRAINT job_uuid_key;
-- Versions of rows that ended are cleared away before a tenth of the table is such; a claim passes over them until then.
ALTER TABLE job SET (autovacuum_vacuum_scale_factor = 0.05);
