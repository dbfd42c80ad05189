-- One schema for SQLite and PostgreSQL. Placeholders: c = byte order for text, so that names sort by code point on
-- both; serial = a primary key that counts up; instant and bytes = the types that db-scheduler's customization for
-- that database expects.
-- Times are milliseconds since 1970-01-01 UTC, sizes bytes, flags 0 or 1.

CREATE TABLE setting (
  name  VARCHAR(64) PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE team (
  id           VARCHAR(40) PRIMARY KEY,
  name         TEXT ${c} NOT NULL UNIQUE,
  -- Counts the renames and state changes in this team; its row lock puts them in commit order (see list_move).
  list_version BIGINT NOT NULL DEFAULT 0,
  dt_created   BIGINT NOT NULL
);

CREATE TABLE api_key (
  id         VARCHAR(40) PRIMARY KEY,
  team_id    VARCHAR(40) NOT NULL REFERENCES team (id),
  name       TEXT NOT NULL,
  hash       VARCHAR(64) NOT NULL UNIQUE,
  read_only  SMALLINT NOT NULL,
  dt_created BIGINT NOT NULL,
  dt_revoked BIGINT
);

-- number identifies a row to SQLite's search index, which knows rows by integers only.
-- team_id is null for OS templates: they belong to everybody, and are imported from the disk at source_path. A deleted or failed template has dt_deleted.
CREATE TABLE template (
  number            ${serial},
  id                VARCHAR(40) ${c} NOT NULL UNIQUE,
  team_id           VARCHAR(40) ${c} REFERENCES team (id),
  parent_machine_id VARCHAR(40) ${c},
  name              TEXT ${c} NOT NULL,
  name_folded       TEXT ${c} NOT NULL,
  state             VARCHAR(16) NOT NULL,
  agent_type        TEXT NOT NULL,
  os_label          TEXT NOT NULL,
  region            VARCHAR(16) NOT NULL,
  architecture      VARCHAR(16) NOT NULL,
  firmware          VARCHAR(16) NOT NULL,
  disk_bytes        BIGINT NOT NULL,
  index_digest      VARCHAR(64),
  source_path       TEXT,
  source_format     VARCHAR(16),
  dt_created        BIGINT NOT NULL,
  dt_deleted        BIGINT
);
CREATE INDEX template_by_created ON template (team_id, dt_created, id) WHERE dt_deleted IS NULL;
CREATE INDEX template_by_name ON template (team_id, name, id) WHERE dt_deleted IS NULL;
CREATE INDEX template_by_machine_created ON template (team_id, parent_machine_id, dt_created, id)
  WHERE dt_deleted IS NULL;
CREATE INDEX template_by_machine_name ON template (team_id, parent_machine_id, name, id) WHERE dt_deleted IS NULL;

-- disk_path and disk_format are set for an adopted disk; a machine launched here has its disk in the data directory,
-- over the base image named base_digest, whose index is base_template_id's.
CREATE TABLE machine (
  id               VARCHAR(40) ${c} PRIMARY KEY,
  team_id          VARCHAR(40) ${c} NOT NULL REFERENCES team (id),
  name             TEXT ${c} NOT NULL,
  name_folded      TEXT ${c} NOT NULL,
  state            VARCHAR(16) ${c} NOT NULL,
  machine_type     VARCHAR(32) NOT NULL,
  agent_type       TEXT NOT NULL,
  os_label         TEXT NOT NULL,
  region           VARCHAR(16) NOT NULL,
  architecture     VARCHAR(16) NOT NULL,
  firmware         VARCHAR(16) NOT NULL,
  disk_bytes       BIGINT NOT NULL,
  disk_path        TEXT,
  disk_format      VARCHAR(16),
  base_template_id VARCHAR(40),
  base_digest      VARCHAR(64),
  dt_created       BIGINT NOT NULL,
  dt_modified      BIGINT NOT NULL,
  dt_deleted       BIGINT
);
CREATE INDEX machine_by_created ON machine (team_id, dt_created, id) WHERE dt_deleted IS NULL;
CREATE INDEX machine_by_name ON machine (team_id, name, id) WHERE dt_deleted IS NULL;
CREATE INDEX machine_by_state ON machine (team_id, state, id) WHERE dt_deleted IS NULL;
CREATE INDEX machine_by_base ON machine (base_template_id);

-- attempt is the fence: a worker may change the event, and what it is about, only while the number it was given stands.
CREATE TABLE event (
  id               VARCHAR(40) ${c} PRIMARY KEY,
  team_id          VARCHAR(40) ${c} REFERENCES team (id),
  machine_id       VARCHAR(40) ${c},
  template_id      VARCHAR(40) ${c},
  name             VARCHAR(32) NOT NULL,
  state            VARCHAR(16) NOT NULL,
  error            TEXT,
  attempt          INTEGER NOT NULL DEFAULT 0,
  phase            TEXT,
  bytes_done       BIGINT NOT NULL DEFAULT 0,
  bytes_total      BIGINT NOT NULL DEFAULT 0,
  bytes_per_second BIGINT NOT NULL DEFAULT 0,
  -- What its work moved, once it is done.
  bytes_read       BIGINT NOT NULL DEFAULT 0,
  bytes_stored     BIGINT NOT NULL DEFAULT 0,
  dt_created       BIGINT NOT NULL,
  dt_started       BIGINT,
  dt_finished      BIGINT
);
CREATE INDEX event_by_created ON event (team_id, dt_created, id);
CREATE INDEX event_by_machine ON event (team_id, machine_id, dt_created, id);
CREATE INDEX event_open ON event (machine_id) WHERE dt_finished IS NULL;
CREATE INDEX event_open_by_template ON event (template_id) WHERE dt_finished IS NULL;

-- The key an object was sorted by before a rename or a change of state, so that a walk begun before the change still
-- meets the object once. Rows older than the longest walk are deleted.
CREATE TABLE list_move (
  team_id   VARCHAR(40) ${c} NOT NULL REFERENCES team (id),
  list      VARCHAR(32) NOT NULL,
  version   BIGINT NOT NULL,
  object_id VARCHAR(40) ${c} NOT NULL,
  old_key   TEXT ${c} NOT NULL,
  dt_moved  BIGINT NOT NULL,
  PRIMARY KEY (team_id, list, version)
);
CREATE INDEX list_move_by_object ON list_move (object_id, list, version);
CREATE INDEX list_move_by_time ON list_move (dt_moved);

-- db-scheduler's table, twice: captures and everything else queue apart, so that a launch never waits for a capture.
CREATE TABLE capture_job (
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
CREATE INDEX capture_job_by_time ON capture_job (execution_time);
CREATE INDEX capture_job_by_heartbeat ON capture_job (last_heartbeat);

CREATE TABLE machine_job (
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
CREATE INDEX machine_job_by_time ON machine_job (execution_time);
CREATE INDEX machine_job_by_heartbeat ON machine_job (last_heartbeat);
