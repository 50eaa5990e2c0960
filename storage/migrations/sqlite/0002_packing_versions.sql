-- Old rows of the log are packed: several op_run rows become one, in the packed
-- format (storage/op_pack.hpp). Operations up to packed_rev are in such rows.
ALTER TABLE file ADD COLUMN packed_rev INTEGER NOT NULL DEFAULT 0;

-- Old snapshots are thinned out, and those that stay are deflated: then this is
-- the text's length in bytes.
ALTER TABLE snapshot ADD COLUMN deflated_from_bytes INTEGER;

-- Named versions of a room: which revision each of its files had.
CREATE TABLE version (
  key       INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id INTEGER NOT NULL,
  room_key  INTEGER NOT NULL REFERENCES room (key) ON DELETE CASCADE,
  name      TEXT    NOT NULL,
  author    TEXT    NOT NULL,
  at_ms     INTEGER NOT NULL,
  UNIQUE (room_key, name)
);

CREATE TABLE version_file (
  version_key INTEGER NOT NULL REFERENCES version (key) ON DELETE CASCADE,
  tenant_id   INTEGER NOT NULL,
  file_key    INTEGER NOT NULL,
  name        TEXT    NOT NULL,                   -- at that time
  rev         INTEGER NOT NULL,
  PRIMARY KEY (version_key, file_key)
) WITHOUT ROWID;
