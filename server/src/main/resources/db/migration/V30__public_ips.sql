-- Addresses that teams have claimed out of the configured range; the id is the address. launch_id is the machine whose
-- launch claimed it, until somebody assigns it by hand: a launch that fails gives it back.
CREATE TABLE public_ip (
  id         VARCHAR(15) ${c} PRIMARY KEY,
  team_id    VARCHAR(40) ${c} NOT NULL REFERENCES team (id),
  region     VARCHAR(16) NOT NULL,
  launch_id  VARCHAR(40),
  dt_created BIGINT NOT NULL
);
CREATE INDEX public_ip_by_created ON public_ip (team_id, dt_created, id);

-- static_ip is the claimed address that is assigned to a machine; public_ip_dynamic whether a machine without one shows
-- the address that its network gives it. public_address is what its card on the public network has, for machines that
-- have a private network beside.
ALTER TABLE machine ADD COLUMN public_ip_dynamic SMALLINT NOT NULL DEFAULT 0;
ALTER TABLE machine ADD COLUMN static_ip VARCHAR(15);
ALTER TABLE machine ADD COLUMN public_address VARCHAR(64);
CREATE UNIQUE INDEX machine_by_static_ip ON machine (static_ip) WHERE dt_deleted IS NULL AND static_ip IS NOT NULL;
