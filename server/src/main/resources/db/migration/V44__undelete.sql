-- A deleted template or snapshot can be undeleted until it is purged: dt_purged is when it was given up for good. Until then
-- its index is needed as that of any other is. What was deleted before this has lost its index already, or may lose it any
-- moment. is_protected: it can't be deleted.
ALTER TABLE template ADD COLUMN dt_purged BIGINT;
ALTER TABLE template ADD COLUMN is_protected SMALLINT NOT NULL DEFAULT 0;
UPDATE template SET dt_purged = dt_deleted WHERE dt_deleted IS NOT NULL;
CREATE INDEX template_to_purge ON template (dt_deleted, id) WHERE dt_deleted IS NOT NULL AND dt_purged IS NULL;
CREATE INDEX template_deleted ON template (team_id, dt_created, id) WHERE dt_deleted IS NOT NULL AND dt_purged IS NULL;
