-- A copy of which something was found lost is none any more: it is made anew where it is needed. Its row stays, so that the
-- database knows whose what is left of it is.
ALTER TABLE template_copy ADD COLUMN is_lost SMALLINT NOT NULL DEFAULT 0;
DROP VIEW template_in_store;
CREATE VIEW template_in_store AS
  SELECT id AS template_id, store, index_session FROM template
  UNION ALL SELECT template_id, store, index_session FROM template_copy WHERE is_lost = 0;
