-- Finds names that contain three or more given characters without reading all names. The extension comes with
-- PostgreSQL (package postgresql-contrib on some systems), and the owner of a database may create it.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX template_search ON template USING gin (name_folded gin_trgm_ops) WHERE dt_deleted IS NULL;
