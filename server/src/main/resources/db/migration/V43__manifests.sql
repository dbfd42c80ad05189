-- What the store says of a template (manifest/ID.json) follows its row. manifest_number counts the changes of the row
-- that the manifest tells of, in their order, since each is counted under the row's lock. manifest_change has the
-- templates whose manifest is behind: the number that it must reach.
ALTER TABLE template ADD COLUMN manifest_number BIGINT NOT NULL DEFAULT 0;

CREATE TABLE manifest_change (
  template_id VARCHAR(40) ${c} PRIMARY KEY,
  number      BIGINT NOT NULL
);

-- The template that the captured machine stood on, which may be deleted by now.
ALTER TABLE template ADD COLUMN parent_template_id VARCHAR(40);
UPDATE template SET parent_template_id = (
  SELECT base_template_id FROM machine WHERE machine.id = template.parent_machine_id);

-- Those from before get theirs.
UPDATE template SET manifest_number = 1 WHERE index_digest IS NOT NULL;
INSERT INTO manifest_change (template_id, number) SELECT id, 1 FROM template WHERE index_digest IS NOT NULL;
