-- Where there are several nodes, each asks for what is its own.
CREATE INDEX machine_by_node ON machine (node) WHERE dt_removed IS NULL;
CREATE INDEX event_open_by_node ON event (node) WHERE dt_finished IS NULL;
CREATE INDEX event_lost ON event (node) WHERE is_lost = 1;
CREATE INDEX event_lost_by_machine ON event (machine_id) WHERE is_lost = 1;
CREATE INDEX template_by_store ON template (store, id);

-- Jobs are of one node, and so is the upkeep of its store.
UPDATE capture_job SET task_name = task_name || '@' || (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node);
UPDATE machine_job SET task_name = task_name || '@' || (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node);
UPDATE power_job SET task_name = task_name || '@' || (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node);
UPDATE upkeep_job SET task_name = task_name || '@' || (SELECT name FROM node) WHERE EXISTS (SELECT 1 FROM node);
UPDATE setting SET name = name || '@' || (SELECT name FROM node) WHERE name IN ('store', 'store-id')
  AND EXISTS (SELECT 1 FROM node);
