-- A snapshot is stored as a template is, and is one to everything that looks after indexes and chunks; only its lists,
-- and what may be done with it, are its own. parent_machine_id is its machine. is_auto: taken by a schedule.
-- is_fresh: the machine's disk had no identity of its own yet, as one has that was never started.
-- restore_event_id: it is taken by this restore, before the restore changes anything.
ALTER TABLE template ADD COLUMN is_snapshot SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN is_auto SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN is_fresh SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE template ADD COLUMN restore_event_id VARCHAR(40);

DROP INDEX template_by_created;
DROP INDEX template_by_name;
DROP INDEX template_by_machine_created;
DROP INDEX template_by_machine_name;
CREATE INDEX template_by_created ON template (team_id, dt_created, id) WHERE dt_deleted IS NULL AND is_snapshot = 0;
CREATE INDEX template_by_name ON template (team_id, name, id) WHERE dt_deleted IS NULL AND is_snapshot = 0;
CREATE INDEX template_by_machine_created ON template (team_id, parent_machine_id, dt_created, id)
  WHERE dt_deleted IS NULL AND is_snapshot = 0;
CREATE INDEX template_by_machine_name ON template (team_id, parent_machine_id, name, id)
  WHERE dt_deleted IS NULL AND is_snapshot = 0;
CREATE INDEX snapshot_by_created ON template (team_id, dt_created, id) WHERE dt_deleted IS NULL AND is_snapshot = 1;
CREATE INDEX snapshot_by_name ON template (team_id, name, id) WHERE dt_deleted IS NULL AND is_snapshot = 1;
CREATE INDEX snapshot_by_machine_created ON template (team_id, parent_machine_id, dt_created, id)
  WHERE dt_deleted IS NULL AND is_snapshot = 1;
CREATE INDEX snapshot_by_machine_name ON template (team_id, parent_machine_id, name, id)
  WHERE dt_deleted IS NULL AND is_snapshot = 1;
CREATE INDEX snapshot_of_machine ON template (parent_machine_id) WHERE is_snapshot = 1;
CREATE INDEX snapshot_by_restore ON template (restore_event_id) WHERE restore_event_id IS NOT NULL;

-- What a machine stands on beside its base: during a restore the snapshot that is restored, and afterwards what the disk
-- stands on that is kept until the restored one runs.
ALTER TABLE machine ADD COLUMN other_template_id VARCHAR(40);
ALTER TABLE machine ADD COLUMN other_digest VARCHAR(64);
CREATE INDEX machine_by_other ON machine (other_template_id) WHERE other_template_id IS NOT NULL;
CREATE INDEX machine_by_other_digest ON machine (other_digest) WHERE other_digest IS NOT NULL;

DROP VIEW present_machine;
CREATE VIEW present_machine AS
SELECT id, base_template_id, base_digest, network_id, dt_deleted FROM machine WHERE dt_removed IS NULL
UNION ALL
SELECT id, other_template_id, other_digest, NULL, dt_deleted FROM machine
WHERE dt_removed IS NULL AND other_template_id IS NOT NULL;
