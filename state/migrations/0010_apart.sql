-- Pairs that are bound no more are counted whenever somebody asks for the status, and are few among many: retired ones, and those of
-- which a half was deleted.
CREATE INDEX binding_apart ON binding (database, backend, model, external_gone, odoo_gone, retired)
  WHERE retired <> 0 OR external_gone <> 0 OR odoo_gone <> 0;
