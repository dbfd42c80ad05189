-- What is undeleted is found by its name again.
CREATE TRIGGER template_search_undelete AFTER UPDATE OF dt_deleted ON template
WHEN old.dt_deleted IS NOT NULL AND new.dt_deleted IS NULL BEGIN
  INSERT INTO template_search (rowid, name) VALUES (new.number, new.name_folded || char(3, 3));
END;
