-- damage says what is lost of a template, in words, and damaged_chunk names one of the chunks (null where the index is
-- lost). Its state is 'damaged' then.
ALTER TABLE template ADD COLUMN damage TEXT;
ALTER TABLE template ADD COLUMN damaged_chunk VARCHAR(64);
CREATE INDEX template_damaged ON template (id) WHERE damage IS NOT NULL;
CREATE INDEX machine_by_digest ON machine (base_digest) WHERE dt_deleted IS NULL;

-- What the command line asks of the process that has the store: kind is 'collect' or 'repair'. It has ended when
-- dt_finished is set, and has a report (JSON) or an error then.
CREATE TABLE upkeep_request (
  id          VARCHAR(40) ${c} PRIMARY KEY,
  kind        VARCHAR(16) NOT NULL,
  dry_run     SMALLINT NOT NULL,
  template_id VARCHAR(40),
  done        BIGINT NOT NULL DEFAULT 0,
  total       BIGINT NOT NULL DEFAULT 0,
  report      TEXT,
  error       TEXT,
  dt_created  BIGINT NOT NULL,
  dt_finished BIGINT
);
CREATE INDEX upkeep_request_by_time ON upkeep_request (dt_finished);

-- db-scheduler's table for the upkeep of the store.
CREATE TABLE upkeep_job (
  task_name            VARCHAR(100) NOT NULL,
  task_instance        VARCHAR(100) NOT NULL,
  task_data            ${bytes},
  execution_time       ${instant} NOT NULL,
  picked               BOOLEAN NOT NULL,
  picked_by            TEXT,
  last_success         ${instant},
  last_failure         ${instant},
  consecutive_failures INTEGER,
  last_heartbeat       ${instant},
  version              BIGINT NOT NULL,
  priority             SMALLINT,
  PRIMARY KEY (task_name, task_instance)
);
CREATE INDEX upkeep_job_by_time ON upkeep_job (execution_time);
CREATE INDEX upkeep_job_by_heartbeat ON upkeep_job (last_heartbeat);
