-- The one data directory that works on this database. place tells a copy of the directory from the directory itself:
-- it is another one after a move, a copy or a restart of the host. beat counts the signs of life; dt_heartbeat is the
-- last one by this database's clock, null where the directory was given up in order.
CREATE TABLE database_claim (
  one          SMALLINT PRIMARY KEY CHECK (one = 1),
  directory_id VARCHAR(64) NOT NULL,
  place        TEXT NOT NULL,
  path         TEXT NOT NULL,
  host         TEXT NOT NULL,
  process      BIGINT NOT NULL,
  beat         BIGINT NOT NULL,
  dt_heartbeat BIGINT
);

-- An eviction asks which base images were built from templates of this database.
CREATE INDEX template_by_digest ON template (index_digest);
