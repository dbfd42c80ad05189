-- Snapshots by a schedule: auto_snapshot_due is when the next one is to be begun, null where none is.
ALTER TABLE machine ADD COLUMN auto_snapshot_enabled SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN auto_snapshot_frequency VARCHAR(16);
ALTER TABLE machine ADD COLUMN auto_snapshot_save_count INTEGER;
ALTER TABLE machine ADD COLUMN auto_snapshot_due BIGINT;
CREATE INDEX machine_by_auto_snapshot ON machine (auto_snapshot_due, id)
  WHERE auto_snapshot_due IS NOT NULL AND dt_deleted IS NULL;
-- Whether a snapshot is taken when the launch is done.
ALTER TABLE machine ADD COLUMN initial_snapshot SMALLINT NOT NULL DEFAULT 0;

-- auto_shutdown_timeout in hours; auto_shutdown_force null where it was never said.
ALTER TABLE machine ADD COLUMN auto_shutdown_enabled SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN auto_shutdown_timeout INTEGER;
ALTER TABLE machine ADD COLUMN auto_shutdown_force SMALLINT;
-- Since when it runs, or the limit counts; since when it is idle, null where it is not, and when it was last seen to be;
-- and whether its guest's agent has answered since it runs.
ALTER TABLE machine ADD COLUMN running_since BIGINT;
ALTER TABLE machine ADD COLUMN idle_since BIGINT;
ALTER TABLE machine ADD COLUMN idle_seen BIGINT;
ALTER TABLE machine ADD COLUMN agent_answers SMALLINT NOT NULL DEFAULT 0;
CREATE INDEX machine_by_auto_shutdown ON machine (id) WHERE auto_shutdown_enabled = 1 AND dt_deleted IS NULL;
