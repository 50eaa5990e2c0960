-- Accounts, roles, invites and the audit log. Flags are 0 and 1, digests are
-- SHA-256 in hexadecimal digits, roles and the like are words.

CREATE TABLE account (
  key           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     bigint  NOT NULL REFERENCES tenant (id),
  login         text    NOT NULL UNIQUE,            -- in lower case
  name          text    NOT NULL,
  role          text    NOT NULL,                   -- member, admin
  password      text,                               -- as libsodium writes it; null: has none
  identity      text    UNIQUE,                     -- at a provider: issuer, space, subject
  is_disabled   bigint  NOT NULL DEFAULT 0,
  created_at_ms bigint  NOT NULL,
  seen_at_ms    bigint 
);
CREATE INDEX account_by_tenant ON account (tenant_id);

-- What an account is known by: a browser's session or a program's token.
CREATE TABLE token (
  key           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     bigint  NOT NULL,
  account_key   bigint  NOT NULL REFERENCES account (key) ON DELETE CASCADE,
  digest        text    NOT NULL UNIQUE,
  kind          text    NOT NULL,                   -- session, program
  name          text    NOT NULL,                   -- of a program's; a session's browser
  scopes        text    NOT NULL,
  room_id       text,                               -- if it is for that room alone
  address       text    NOT NULL,
  created_at_ms bigint  NOT NULL,
  expires_at_ms bigint  NOT NULL,
  seen_at_ms    bigint 
);
CREATE INDEX token_by_account ON token (account_key);

-- Who may come into a room, besides its members. Without a row: as in a server
-- without accounts, everybody with its link edits.
CREATE TABLE room_access (
  room_id    text    PRIMARY KEY,
  tenant_id  bigint  NOT NULL,
  visibility text    NOT NULL,                      -- private, tenant, link
  link_role  text    NOT NULL,
  is_locked  bigint  NOT NULL DEFAULT 0
);

CREATE TABLE room_member (
  room_id     text    NOT NULL,
  account_key bigint  NOT NULL REFERENCES account (key) ON DELETE CASCADE,
  tenant_id   bigint  NOT NULL,
  role        text    NOT NULL,
  PRIMARY KEY (room_id, account_key)
);
CREATE INDEX room_member_by_account ON room_member (account_key);

-- Into a room, or, without one, to sign up.
CREATE TABLE invite (
  key           bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     bigint  NOT NULL,
  room_id       text,
  digest        text    NOT NULL UNIQUE,
  role          text    NOT NULL,
  created_at_ms bigint  NOT NULL,
  expires_at_ms bigint  NOT NULL,
  uses          bigint ,                            -- null: any number
  used          bigint  NOT NULL DEFAULT 0
);
CREATE INDEX invite_by_room ON invite (tenant_id, room_id);

-- A guest who comes back uses an invite once.
CREATE TABLE invite_use (
  invite_key bigint  NOT NULL REFERENCES invite (key) ON DELETE CASCADE,
  client     text    NOT NULL,
  tenant_id  bigint  NOT NULL,
  PRIMARY KEY (invite_key, client)
);

CREATE TABLE audit (
  key         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id   bigint  NOT NULL,
  at_ms       bigint  NOT NULL,
  account_key bigint ,
  name        text    NOT NULL,                     -- at that time; a login that failed
  address     text    NOT NULL,
  action      text    NOT NULL,
  room_id     text,
  target      text,
  detail      text
);
CREATE INDEX audit_by_tenant ON audit (tenant_id, key);
CREATE INDEX audit_by_time ON audit (tenant_id, at_ms);

CREATE INDEX room_by_tenant ON room (tenant_id);


-- Before it is known whose something is, only that can be asked.
CREATE FUNCTION tenant_of_key(what text, wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = tandem, pg_temp
AS $$
  SELECT CASE what
    WHEN 'room' THEN (SELECT tenant_id FROM room WHERE id = wanted)
    WHEN 'login' THEN (SELECT tenant_id FROM account WHERE login = wanted)
    WHEN 'token' THEN (SELECT tenant_id FROM token WHERE digest = wanted)
    WHEN 'invite' THEN (SELECT tenant_id FROM invite WHERE digest = wanted)
    WHEN 'identity' THEN (SELECT tenant_id FROM account WHERE identity = wanted)
  END
$$;

DO $$
DECLARE
  walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['account', 'token', 'room_access', 'room_member', 'invite',
                                'invite_use', 'audit'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = current_tenant())', walled);
  END LOOP;
  FOREACH walled IN ARRAY ARRAY['account', 'token', 'invite'] LOOP
    EXECUTE format('CREATE POLICY owner_looks_up ON %I FOR SELECT TO CURRENT_USER USING (true)',
                   walled);
  END LOOP;
END $$;

CREATE FUNCTION forget_room_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM room_access WHERE room_id = OLD.id;
  DELETE FROM room_member WHERE room_id = OLD.id;
  DELETE FROM invite WHERE room_id = OLD.id;
  DELETE FROM token WHERE room_id = OLD.id;
  RETURN OLD;
END $$;
CREATE TRIGGER room_access_goes AFTER DELETE ON room
  FOR EACH ROW EXECUTE FUNCTION forget_room_access();

-- Who owns the tables makes tenants (tandem admin); the program that serves, as
-- tandem_app, cannot.
CREATE POLICY owner_looks_up ON tenant FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_adds ON tenant FOR INSERT TO CURRENT_USER WITH CHECK (true);
