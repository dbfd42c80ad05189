-- The owner of what belongs to everyone, OS templates: counts their renames, as the row of each team does for its own
-- objects. It has no keys, and no team can have its name.
INSERT INTO team (id, name, list_version, dt_created) VALUES ('', '', 0, 0);
