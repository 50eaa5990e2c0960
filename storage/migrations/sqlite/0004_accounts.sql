-- Accounts, roles, invites and the audit log. Flags are 0 and 1, digests are
-- SHA-256 in hexadecimal digits, roles and the like are words.

CREATE TABLE account (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id     INTEGER NOT NULL REFERENCES tenant (id),
  login         TEXT    NOT NULL UNIQUE,            -- in lower case
  name          TEXT    NOT NULL,
  role          TEXT    NOT NULL,                   -- member, admin
  password      TEXT,                               -- as libsodium writes it; null: has none
  identity      TEXT    UNIQUE,                     -- at a provider: issuer, space, subject
  is_disabled   INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL,
  seen_at_ms    INTEGER
);
CREATE INDEX account_by_tenant ON account (tenant_id);

-- What an account is known by: a browser's session or a program's token.
CREATE TABLE token (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id     INTEGER NOT NULL,
  account_key   INTEGER NOT NULL REFERENCES account (key) ON DELETE CASCADE,
  digest        TEXT    NOT NULL UNIQUE,
  kind          TEXT    NOT NULL,                   -- session, program
  name          TEXT    NOT NULL,                   -- of a program's; a session's browser
  scopes        TEXT    NOT NULL,
  room_id       TEXT,                               -- if it is for that room alone
  address       TEXT    NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  seen_at_ms    INTEGER
);
CREATE INDEX token_by_account ON token (account_key);

-- Who may come into a room, besides its members. Without a row: as in a server
-- without accounts, everybody with its link edits.
CREATE TABLE room_access (
  room_id    TEXT    PRIMARY KEY,
  tenant_id  INTEGER NOT NULL,
  visibility TEXT    NOT NULL,                      -- private, tenant, link
  link_role  TEXT    NOT NULL,
  is_locked  INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE room_member (
  room_id     TEXT    NOT NULL,
  account_key INTEGER NOT NULL REFERENCES account (key) ON DELETE CASCADE,
  tenant_id   INTEGER NOT NULL,
  role        TEXT    NOT NULL,
  PRIMARY KEY (room_id, account_key)
) WITHOUT ROWID;
CREATE INDEX room_member_by_account ON room_member (account_key);

-- Into a room, or, without one, to sign up.
CREATE TABLE invite (
  key           INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id     INTEGER NOT NULL,
  room_id       TEXT,
  digest        TEXT    NOT NULL UNIQUE,
  role          TEXT    NOT NULL,
  created_at_ms INTEGER NOT NULL,
  expires_at_ms INTEGER NOT NULL,
  uses          INTEGER,                            -- null: any number
  used          INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX invite_by_room ON invite (tenant_id, room_id);

-- A guest who comes back uses an invite once.
CREATE TABLE invite_use (
  invite_key INTEGER NOT NULL REFERENCES invite (key) ON DELETE CASCADE,
  client     TEXT    NOT NULL,
  tenant_id  INTEGER NOT NULL,
  PRIMARY KEY (invite_key, client)
) WITHOUT ROWID;

CREATE TABLE audit (
  key         INTEGER PRIMARY KEY AUTOINCREMENT,
  tenant_id   INTEGER NOT NULL,
  at_ms       INTEGER NOT NULL,
  account_key INTEGER,
  name        TEXT    NOT NULL,                     -- at that time; a login that failed
  address     TEXT    NOT NULL,
  action      TEXT    NOT NULL,
  room_id     TEXT,
  target      TEXT,
  detail      TEXT
);
CREATE INDEX audit_by_tenant ON audit (tenant_id, key);
CREATE INDEX audit_by_time ON audit (tenant_id, at_ms);

CREATE INDEX room_by_tenant ON room (tenant_id);

CREATE TRIGGER room_access_goes AFTER DELETE ON room BEGIN
  DELETE FROM room_access WHERE room_id = OLD.id;
  DELETE FROM room_member WHERE room_id = OLD.id;
  DELETE FROM invite WHERE room_id = OLD.id;
  DELETE FROM token WHERE room_id = OLD.id;
END;
