-- The dirty bitmap that notes what is written to the machine's disk since this snapshot of it.
ALTER TABLE template ADD COLUMN disk_bitmap TEXT;
UPDATE template SET disk_print = NULL WHERE disk_print LIKE 'checkpoint %';
