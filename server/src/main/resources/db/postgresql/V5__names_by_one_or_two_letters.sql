-- One or two letters are found too: pg_trgm has no groups that short.
CREATE FUNCTION short_parts (name TEXT) RETURNS TEXT[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT substr(name, start, length))
  FROM generate_series(1, char_length(name)) AS start, generate_series(1, 2) AS length
$$;
CREATE INDEX template_search_short ON template USING gin (short_parts(name_folded)) WHERE dt_deleted IS NULL;
-- What an index over part of a table knows of its own expression is not used for estimates: without this, letters that many
-- names have would be taken for rare ones.
CREATE STATISTICS template_short_parts ON (short_parts(name_folded)) FROM template;
ANALYZE template;
