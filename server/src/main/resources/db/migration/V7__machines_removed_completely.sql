-- When the last of a deleted machine was gone: its domain and its disk. NULL until then.
ALTER TABLE machine ADD COLUMN dt_removed BIGINT;
CREATE INDEX machine_by_removal ON machine (id) WHERE dt_deleted IS NOT NULL AND dt_removed IS NULL;

-- Machines of which something may be there: those that are not deleted, and deleted ones that are not removed yet. What
-- one of them uses is in use: its base image, the index of its template, its private network.
CREATE VIEW present_machine AS
SELECT id, base_template_id, base_digest, network_id, dt_deleted FROM machine WHERE dt_removed IS NULL;
DROP INDEX machine_by_digest;
CREATE INDEX machine_by_digest ON machine (base_digest) WHERE dt_removed IS NULL;
DROP INDEX machine_by_network;
CREATE INDEX machine_by_network ON machine (network_id) WHERE dt_removed IS NULL AND network_id IS NOT NULL;

-- What the job of an event has done, for the attempt that goes on after it.
ALTER TABLE event ADD COLUMN step VARCHAR(32);
