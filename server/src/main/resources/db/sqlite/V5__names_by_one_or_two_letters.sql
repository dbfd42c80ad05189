-- One or two letters are found too: as the beginnings of groups of three. Two characters that no name has (3 is "end of
-- text") stand behind each name, so that a group begins at its last letters as well.
DROP TRIGGER template_search_insert;
DROP TRIGGER template_search_rename;
DROP TABLE template_search;

CREATE VIRTUAL TABLE template_search USING fts5 (
  name, content='', contentless_delete=1, tokenize='trigram case_sensitive 1');
CREATE VIRTUAL TABLE template_search_group USING fts5vocab (template_search, instance);

CREATE TRIGGER template_search_insert AFTER INSERT ON template BEGIN
  INSERT INTO template_search (rowid, name) VALUES (new.number, new.name_folded || char(3, 3));
END;

CREATE TRIGGER template_search_rename AFTER UPDATE OF name_folded ON template WHEN old.dt_deleted IS NULL BEGIN
  DELETE FROM template_search WHERE rowid = old.number;
  INSERT INTO template_search (rowid, name) VALUES (new.number, new.name_folded || char(3, 3));
END;

INSERT INTO template_search (rowid, name)
  SELECT number, name_folded || char(3, 3) FROM template WHERE dt_deleted IS NULL;
