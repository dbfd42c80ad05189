-- What was answered to a request that carries an Idempotency-Key. The row is written in the transaction of what the
-- request changed, so a change without its answer, or an answer without its change, can't be.
CREATE TABLE idempotent_request (
  team_id     VARCHAR(40) ${c} NOT NULL REFERENCES team (id),
  request_key VARCHAR(255) ${c} NOT NULL,
  -- SHA-256 of method, path and body, in hexadecimal.
  fingerprint VARCHAR(64) NOT NULL,
  -- 0 and empty only inside the transaction that does the work.
  status      SMALLINT NOT NULL,
  body        TEXT NOT NULL,
  dt_created  BIGINT NOT NULL,
  PRIMARY KEY (team_id, request_key)
);
CREATE INDEX idempotent_request_by_time ON idempotent_request (dt_created);
