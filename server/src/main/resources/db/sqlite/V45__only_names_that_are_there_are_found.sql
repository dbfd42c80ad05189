-- Rows that are restored may be of what is deleted, whose names are not found before it is undeleted.
DROP TRIGGER template_search_insert;
CREATE TRIGGER template_search_insert AFTER INSERT ON template WHEN new.dt_deleted IS NULL BEGIN
  INSERT INTO template_search (rowid, name) VALUES (new.number, new.name_folded || char(3, 3));
END;
DELETE FROM template_search WHERE rowid IN (SELECT number FROM template WHERE dt_deleted IS NOT NULL);
