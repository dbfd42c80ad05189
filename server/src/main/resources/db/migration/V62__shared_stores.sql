-- Several nodes may share a store in a bucket. The node in its row is the one that does what is done once for all of them;
-- lease_node is the one whose collection has the lease.
ALTER TABLE store RENAME COLUMN node TO keeper;
ALTER TABLE store ADD COLUMN lease_node VARCHAR(50) NOT NULL DEFAULT '';
ALTER TABLE store_session ADD COLUMN node VARCHAR(50) NOT NULL DEFAULT '';

-- The session that made the published index, whose number is part of its key; null where keys have none.
ALTER TABLE template ADD COLUMN index_session BIGINT;
