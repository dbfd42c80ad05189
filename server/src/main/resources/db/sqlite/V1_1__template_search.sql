-- Finds names that contain three or more given characters without reading all names. Names come folded already, so the
-- index compares them as they are. It keeps no copy of them.
CREATE VIRTUAL TABLE template_search USING fts5 (
  name, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');

CREATE TRIGGER template_search_insert AFTER INSERT ON template BEGIN
  INSERT INTO template_search (rowid, name) VALUES (new.number, new.name_folded);
END;

CREATE TRIGGER template_search_rename AFTER UPDATE OF name_folded ON template WHEN old.dt_deleted IS NULL BEGIN
  DELETE FROM template_search WHERE rowid = old.number;
  INSERT INTO template_search (rowid, name) VALUES (new.number, new.name_folded);
END;

CREATE TRIGGER template_search_delete AFTER UPDATE OF dt_deleted ON template
WHEN old.dt_deleted IS NULL AND new.dt_deleted IS NOT NULL BEGIN
  DELETE FROM template_search WHERE rowid = old.number;
END;
