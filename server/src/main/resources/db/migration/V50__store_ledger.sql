-- What the processes that share a store in a bucket agree upon (s3store, Ledger). Sessions and collections of a store are
-- numbered by last_id; lease is the number of the collection that has the right to collect, 0 for none.
CREATE TABLE store (
  name       VARCHAR(64) ${c} PRIMARY KEY,
  -- The node that uses it; null until one does.
  node       VARCHAR(50),
  generation BIGINT NOT NULL,
  lease      BIGINT NOT NULL,
  last_id    BIGINT NOT NULL
);

CREATE TABLE store_session (
  store      VARCHAR(64) ${c} NOT NULL,
  id         BIGINT NOT NULL,
  generation BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);

-- Of other chunks nothing is noted. state: condemned or deleting, null for neither; lease: of the collection that deletes it.
CREATE TABLE store_chunk (
  store  VARCHAR(64) ${c} NOT NULL,
  id     VARCHAR(64) ${c} NOT NULL,
  state  VARCHAR(16),
  lease  BIGINT NOT NULL,
  epoch  INTEGER NOT NULL,
  is_bad SMALLINT NOT NULL,
  bytes  BIGINT NOT NULL,
  PRIMARY KEY (store, id)
);
CREATE INDEX store_chunk_by_state ON store_chunk (store, state, id) WHERE state IS NOT NULL;
