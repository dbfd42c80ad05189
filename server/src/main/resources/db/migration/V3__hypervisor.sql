-- The UUID of an adopted domain; null for machines without a domain of their own making, and for those launched here,
-- whose domain is named after their id.
ALTER TABLE machine ADD COLUMN domain VARCHAR(40);
-- Whether the launch ends with a start.
ALTER TABLE machine ADD COLUMN start_on_create SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN private_ip VARCHAR(64);
ALTER TABLE machine ADD COLUMN network_id VARCHAR(40);
ALTER TABLE machine ADD COLUMN startup_script_id VARCHAR(40);
CREATE UNIQUE INDEX machine_by_domain ON machine (domain) WHERE dt_deleted IS NULL AND domain IS NOT NULL;
CREATE INDEX machine_by_network ON machine (network_id) WHERE dt_deleted IS NULL AND network_id IS NOT NULL;
CREATE INDEX machine_by_startup_script ON machine (startup_script_id)
  WHERE dt_deleted IS NULL AND startup_script_id IS NOT NULL;

CREATE TABLE startup_script (
  id          VARCHAR(40) ${c} PRIMARY KEY,
  team_id     VARCHAR(40) ${c} NOT NULL REFERENCES team (id),
  name        TEXT ${c} NOT NULL,
  name_folded TEXT ${c} NOT NULL,
  description TEXT,
  script      TEXT NOT NULL,
  is_enabled  SMALLINT NOT NULL,
  is_run_once SMALLINT NOT NULL,
  dt_created  BIGINT NOT NULL,
  dt_deleted  BIGINT
);
CREATE INDEX startup_script_by_created ON startup_script (team_id, dt_created, id) WHERE dt_deleted IS NULL;
CREATE INDEX startup_script_by_name ON startup_script (team_id, name, id) WHERE dt_deleted IS NULL;

-- number makes the subnet: 10.200.0.0/24 is that of number 0.
CREATE TABLE private_network (
  id          VARCHAR(40) ${c} PRIMARY KEY,
  team_id     VARCHAR(40) ${c} NOT NULL REFERENCES team (id),
  name        TEXT ${c} NOT NULL,
  name_folded TEXT ${c} NOT NULL,
  region      VARCHAR(16) NOT NULL,
  number      INTEGER NOT NULL,
  dt_created  BIGINT NOT NULL,
  dt_deleted  BIGINT
);
CREATE UNIQUE INDEX private_network_by_number ON private_network (number) WHERE dt_deleted IS NULL;
CREATE INDEX private_network_by_created ON private_network (team_id, dt_created, id) WHERE dt_deleted IS NULL;
CREATE INDEX private_network_by_name ON private_network (team_id, name, id) WHERE dt_deleted IS NULL;

-- The third queue: what waits for guests, so that a launch never does.
CREATE TABLE power_job (
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
CREATE INDEX power_job_by_time ON power_job (execution_time);
CREATE INDEX power_job_by_heartbeat ON power_job (last_heartbeat);

-- How the disk of a running machine was taken: agent or crash.
ALTER TABLE event ADD COLUMN consistency VARCHAR(16);
