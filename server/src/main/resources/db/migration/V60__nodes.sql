-- The servers that work on this database, each with a data directory of its own. On SQLite there is one, whose name is
-- empty. id is that of the directory; place tells a copy of the directory from the directory itself: it is another one
-- after a move, a copy or a restart of the host. beat counts the signs of life; dt_heartbeat is the last one by this
-- database's clock, null where the node was stopped in order.
CREATE TABLE node (
  name           VARCHAR(50) ${c} PRIMARY KEY,
  directory_id   VARCHAR(64) NOT NULL UNIQUE,
  place          TEXT NOT NULL,
  path           TEXT NOT NULL,
  host           TEXT NOT NULL,
  process        BIGINT NOT NULL,
  beat           BIGINT NOT NULL,
  dt_heartbeat   BIGINT,
  -- When it was stopped in order, if it was.
  dt_stopped     BIGINT,
  -- Empty where the node takes machines of every region.
  region         VARCHAR(16) NOT NULL DEFAULT '',
  -- The store that it uses: by its node's name where that is a directory of one node.
  store          VARCHAR(64) NOT NULL DEFAULT '',
  version        VARCHAR(64) NOT NULL DEFAULT '',
  -- The newest change of the schema that its version knows.
  schema_version INTEGER NOT NULL DEFAULT 0,
  address        TEXT NOT NULL DEFAULT '',
  is_draining    SMALLINT NOT NULL DEFAULT 0,
  has_hypervisor SMALLINT NOT NULL DEFAULT 0,
  -- What it has, and what its machines are given of that: vCPUs and bytes.
  cpus           INTEGER NOT NULL DEFAULT 0,
  memory         BIGINT NOT NULL DEFAULT 0,
  disk           BIGINT NOT NULL DEFAULT 0,
  disk_free      BIGINT NOT NULL DEFAULT 0,
  used_cpus      INTEGER NOT NULL DEFAULT 0,
  used_memory    BIGINT NOT NULL DEFAULT 0,
  used_disk      BIGINT NOT NULL DEFAULT 0,
  machines       INTEGER NOT NULL DEFAULT 0
);
INSERT INTO node (name, directory_id, place, path, host, process, beat, dt_heartbeat)
SELECT ${node}, directory_id, place, path, host, process, beat, dt_heartbeat FROM database_claim;
DROP TABLE database_claim;

-- Which node has it: the one that does its work. Empty on SQLite.
ALTER TABLE machine ADD COLUMN node VARCHAR(50) NOT NULL DEFAULT '';
ALTER TABLE event ADD COLUMN node VARCHAR(50) NOT NULL DEFAULT '';
-- Whether another node ended it, since its own was silent, which has yet to look at what the job left.
ALTER TABLE event ADD COLUMN is_lost SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE private_network ADD COLUMN node VARCHAR(50) NOT NULL DEFAULT '';
ALTER TABLE public_ip ADD COLUMN node VARCHAR(50) NOT NULL DEFAULT '';
-- Which store has its chunks and its index.
ALTER TABLE template ADD COLUMN store VARCHAR(64) NOT NULL DEFAULT '';
UPDATE machine SET node = (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node WHERE name <> '');
UPDATE event SET node = (SELECT name FROM node)
  WHERE dt_finished IS NULL AND EXISTS (SELECT 1 FROM node WHERE name <> '');
UPDATE private_network SET node = (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node WHERE name <> '');
UPDATE public_ip SET node = (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node WHERE name <> '');
UPDATE template SET store = (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node WHERE name <> '');
UPDATE node SET store = name;

-- The base images that a node has.
CREATE TABLE node_image (
  node   VARCHAR(50) ${c} NOT NULL REFERENCES node (name),
  digest VARCHAR(64) ${c} NOT NULL,
  PRIMARY KEY (node, digest)
);
