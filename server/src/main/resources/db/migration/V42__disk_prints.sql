-- What the files of a snapshot's disk were when it was captured, where that tells whether they were written to since.
ALTER TABLE template ADD COLUMN disk_print TEXT;
