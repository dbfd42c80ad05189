-- Each node looks at its own store and its own dumps: what is amiss at one is not over because another is well.
ALTER TABLE alarm RENAME TO alarm_before;
CREATE TABLE alarm (
  kind      VARCHAR(32) NOT NULL,
  node      VARCHAR(50) ${c} NOT NULL,
  dt_raised BIGINT NOT NULL,
  PRIMARY KEY (kind, node)
);
INSERT INTO alarm (kind, node, dt_raised) SELECT kind, COALESCE((SELECT MIN(name) FROM node), ''), dt_raised FROM alarm_before;
DROP TABLE alarm_before;
