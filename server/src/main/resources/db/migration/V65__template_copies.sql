-- Stores that have a template besides the one that its row names. index_session is as of the row.
CREATE TABLE template_copy (
  template_id   VARCHAR(40) ${c} NOT NULL REFERENCES template (id),
  store         VARCHAR(64) ${c} NOT NULL,
  index_session BIGINT,
  dt_copied     BIGINT NOT NULL,
  PRIMARY KEY (template_id, store)
);
CREATE INDEX template_copy_by_store ON template_copy (store, template_id);

-- All stores that have, or are to have, a template.
CREATE VIEW template_in_store AS
  SELECT id AS template_id, store, index_session FROM template
  UNION ALL SELECT template_id, store, index_session FROM template_copy;

-- Each store that has a template is told of its changes.
ALTER TABLE manifest_change RENAME TO manifest_change_of_one;
CREATE TABLE manifest_change (
  store       VARCHAR(64) ${c} NOT NULL,
  template_id VARCHAR(40) ${c} NOT NULL,
  number      BIGINT NOT NULL,
  PRIMARY KEY (store, template_id)
);
INSERT INTO manifest_change (store, template_id, number)
SELECT t.store, c.template_id, c.number FROM manifest_change_of_one c JOIN template t ON t.id = c.template_id;
DROP TABLE manifest_change_of_one;
