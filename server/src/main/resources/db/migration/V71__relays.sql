-- What one node is allowed to ask another for a client, once: the SHA-256 of a secret, the node that takes it, who asks
-- (the team and its key), and the request, method and path.
CREATE TABLE relay_token (
  hash       VARCHAR(64) ${c} PRIMARY KEY,
  node       VARCHAR(50) ${c} NOT NULL,
  team_id    VARCHAR(40) ${c} NOT NULL,
  key_id     VARCHAR(40) ${c} NOT NULL,
  request    TEXT NOT NULL,
  dt_expires BIGINT NOT NULL
);
-- The SHA-256 of the certificate that the node shows where it listens; empty where it speaks no TLS.
ALTER TABLE node ADD COLUMN certificate VARCHAR(64) NOT NULL DEFAULT '';
-- What the disk took on its node when that looked last, in bytes. The node itself looks each time it is asked.
ALTER TABLE machine ADD COLUMN disk_used BIGINT NOT NULL DEFAULT 0;
-- The bucket that a distribution copies into, where the node that does it uses another store: what is in that node's directory
-- alone, no other one can read. Empty for every other event.
ALTER TABLE event ADD COLUMN store VARCHAR(64) NOT NULL DEFAULT '';
