-- A snapshot's text is checked against this when it is read: SQLite would not
-- notice what a disk did to it. Null: written before, or deflated (which has a
-- sum of its own).
ALTER TABLE snapshot ADD COLUMN crc32 INTEGER;
