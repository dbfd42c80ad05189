-- What is to be told to the address that "notify" names, written by the transaction it is about. body is what is sent, the
-- same each time. dt_due is when it is tried next, null once it is given up. What was delivered is deleted.
CREATE TABLE notice (
  id          VARCHAR(40) PRIMARY KEY,
  kind        VARCHAR(32) NOT NULL,
  body        TEXT NOT NULL,
  attempts    INTEGER NOT NULL DEFAULT 0,
  failure     TEXT,
  dt_created  BIGINT NOT NULL,
  dt_due      BIGINT,
  dt_given_up BIGINT
);
CREATE INDEX notice_by_due ON notice (dt_due, id) WHERE dt_due IS NOT NULL;
CREATE INDEX notice_by_given_up ON notice (dt_given_up) WHERE dt_given_up IS NOT NULL;

-- What is amiss for longer than a moment, and was told already.
CREATE TABLE alarm (
  kind      VARCHAR(32) PRIMARY KEY,
  dt_raised BIGINT NOT NULL
);
