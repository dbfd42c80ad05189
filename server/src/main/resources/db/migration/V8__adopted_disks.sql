-- The name of an adopted disk in its domain, such as vda; null for machines without a domain, and for those that were
-- adopted before it was noted.
ALTER TABLE machine ADD COLUMN disk_target VARCHAR(64);
-- The length of an adopted raw disk when it was last captured, or adopted; 0 for other formats.
ALTER TABLE machine ADD COLUMN disk_file_bytes BIGINT NOT NULL DEFAULT 0;
UPDATE machine SET disk_file_bytes = disk_bytes WHERE disk_format = 'raw';
