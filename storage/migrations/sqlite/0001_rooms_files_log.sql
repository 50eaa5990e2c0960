-- The first schema. Every table of a tenant's data has its tenant_id.

CREATE TABLE tenant (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
);
INSERT INTO tenant (id, name) VALUES (1, 'default');

CREATE TABLE room (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id     INTEGER NOT NULL REFERENCES tenant (id),
  id            TEXT    NOT NULL UNIQUE,          -- public, in links
  name          TEXT    NOT NULL,
  created_at_ms INTEGER NOT NULL,
  epoch         INTEGER NOT NULL DEFAULT 0        -- who may append: see "More than one machine"
);

CREATE TABLE file (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id     INTEGER NOT NULL REFERENCES tenant (id),
  room_key      INTEGER NOT NULL REFERENCES room (key) ON DELETE CASCADE,
  name          TEXT    NOT NULL,
  language      TEXT    NOT NULL,
  eol           TEXT    NOT NULL DEFAULT 'lf',    -- what exports write; the text has it as given
  created_at_ms INTEGER NOT NULL,
  removed_at_ms INTEGER
);
CREATE UNIQUE INDEX file_by_name ON file (room_key, name) WHERE removed_at_ms IS NULL;

-- The log. One row holds the operations that one file got in one commit
-- (storage/op_codec.hpp). key = file * 2^32 + the revision of its first
-- operation: a file's rows lie side by side, without an index to keep up.
CREATE TABLE op_run (
  key       INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  last_rev  INTEGER NOT NULL,
  ops       BLOB    NOT NULL
);

-- key = file * 2^32 + revision.
CREATE TABLE snapshot (
  key       INTEGER PRIMARY KEY,
  tenant_id INTEGER NOT NULL,
  text      BLOB    NOT NULL
);

-- The last edit of each client as of the file's latest snapshot; the log after
-- it holds the rest.
CREATE TABLE client_edit (
  file_key  INTEGER NOT NULL REFERENCES file (key) ON DELETE CASCADE,
  client    BLOB    NOT NULL,                     -- digest, 16 bytes
  tenant_id INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  rev       INTEGER NOT NULL,
  PRIMARY KEY (file_key, client)
) WITHOUT ROWID;

CREATE TABLE chat (
  room_key          INTEGER NOT NULL REFERENCES room (key) ON DELETE CASCADE,
  n                 INTEGER NOT NULL,
  tenant_id         INTEGER NOT NULL,
  author            TEXT    NOT NULL,
  client            BLOB    NOT NULL,
  client_message_id INTEGER NOT NULL,
  text              TEXT    NOT NULL,
  at_ms             INTEGER NOT NULL,
  PRIMARY KEY (room_key, n)
) WITHOUT ROWID;
