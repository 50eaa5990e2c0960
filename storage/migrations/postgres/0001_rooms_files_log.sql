-- The first schema: the tables of SQLite's 0001, the functions that write to
-- them, and the walls between tenants.

CREATE TABLE tenant (
  id   bigint PRIMARY KEY,
  name text   NOT NULL UNIQUE
);
INSERT INTO tenant (id, name) VALUES (1, 'default');

CREATE TABLE room (
  key           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     bigint NOT NULL REFERENCES tenant (id),
  id            text   NOT NULL UNIQUE,             -- public, in links
  name          text   NOT NULL,
  created_at_ms bigint NOT NULL,
  epoch         bigint NOT NULL DEFAULT 0           -- who may append: claim_room
);

CREATE TABLE file (
  key           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id     bigint NOT NULL REFERENCES tenant (id),
  room_key      bigint NOT NULL REFERENCES room (key) ON DELETE CASCADE,
  name          text   NOT NULL,
  language      text   NOT NULL,
  eol           text   NOT NULL DEFAULT 'lf',       -- what exports write; the text has it as given
  created_at_ms bigint NOT NULL,
  removed_at_ms bigint
);
CREATE UNIQUE INDEX file_by_name ON file (room_key, name) WHERE removed_at_ms IS NULL;
CREATE INDEX file_by_room ON file (room_key);       -- with the removed ones: for remove_room

-- The log. One row holds the operations that one file got in one commit
-- (storage/op_codec.hpp). No foreign key: it would be looked up for each row;
-- remove_room deletes what belongs to a file.
CREATE TABLE op_run (
  file_key  bigint NOT NULL,
  first_rev bigint NOT NULL,
  last_rev  bigint NOT NULL,
  tenant_id bigint NOT NULL,
  ops       bytea  NOT NULL,
  PRIMARY KEY (file_key, first_rev)
);

CREATE TABLE snapshot (
  file_key  bigint NOT NULL,
  rev       bigint NOT NULL,
  tenant_id bigint NOT NULL,
  text      bytea  NOT NULL,
  PRIMARY KEY (file_key, rev)
);

-- The last edit of each client as of the file's latest snapshot; the log after
-- it holds the rest. A client is a digest of 16 bytes, which is what uuid holds.
CREATE TABLE client_edit (
  file_key  bigint NOT NULL REFERENCES file (key) ON DELETE CASCADE,
  client    uuid   NOT NULL,
  tenant_id bigint NOT NULL,
  seq       bigint NOT NULL,
  rev       bigint NOT NULL,
  PRIMARY KEY (file_key, client)
);

CREATE TABLE chat (
  room_key          bigint NOT NULL REFERENCES room (key) ON DELETE CASCADE,
  n                 bigint NOT NULL,
  tenant_id         bigint NOT NULL,
  author            text   NOT NULL,
  client            uuid   NOT NULL,
  client_message_id bigint NOT NULL,
  text              text   NOT NULL,
  at_ms             bigint NOT NULL,
  PRIMARY KEY (room_key, n)
);

-- ---- tenants are kept apart ----
--
-- A row can be seen and written by whoever has set tandem.tenant, for this
-- transaction, to its tenant. Who has set nothing gets an error, not an empty
-- answer: current_setting fails on a name that was never set, and the cast on
-- the empty text that a setting leaves behind at its transaction's end.

CREATE FUNCTION current_tenant() RETURNS bigint LANGUAGE sql STABLE
AS $$ SELECT current_setting('tandem.tenant')::bigint $$;

DO $$
DECLARE
  walled text;
BEGIN
  FOREACH walled IN ARRAY ARRAY['room', 'file', 'op_run', 'snapshot', 'client_edit', 'chat'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', walled);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', walled);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = current_tenant())', walled);
  END LOOP;
END $$;

ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON tenant FOR SELECT USING (id = current_tenant());

-- Keys of rooms and files are good for all tenants, so whoever has one must be
-- able to ask whose it is. The answer is a number and nothing of the tenant's.
-- The functions run as the owner of the tables, who may look at these two.
CREATE POLICY owner_looks_up ON room FOR SELECT TO CURRENT_USER USING (true);
CREATE POLICY owner_looks_up ON file FOR SELECT TO CURRENT_USER USING (true);

CREATE FUNCTION tenant_of_room(wanted bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = tandem, pg_temp
AS $$ SELECT tenant_id FROM room WHERE key = wanted $$;

CREATE FUNCTION tenant_of_file(wanted bigint) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = tandem, pg_temp
AS $$ SELECT tenant_id FROM file WHERE key = wanted $$;

CREATE FUNCTION set_tenant(tenant bigint) RETURNS void LANGUAGE sql
AS $$ SELECT set_config('tandem.tenant', tenant::text, true) $$;

-- ---- what is written ----
--
-- Each function is called as a statement of its own, outside of a transaction:
-- one round trip, and no lock is ever held while the server waits for a client
-- that may have stopped. They run with the rights of the caller. Each statement
-- in them sees what was committed before it began (READ COMMITTED), so what is
-- read after a lock was waited for is new.
--
-- A running program relies on them: a later migration adds a function under a
-- new name, and drops an old one when no program that is still in use calls it.

CREATE FUNCTION add_file(tenant bigint, room bigint, name text, language text, at_ms bigint,
                         last_rev bigint, ops bytea)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  added bigint;
BEGIN
  INSERT INTO file (tenant_id, room_key, name, language, created_at_ms)
  VALUES (tenant, room, add_file.name, add_file.language, at_ms) RETURNING key INTO added;
  IF last_rev > 0 THEN
    INSERT INTO op_run (file_key, first_rev, last_rev, tenant_id, ops)
    VALUES (added, 1, add_file.last_rev, tenant, add_file.ops);
  END IF;
  RETURN added;
END $$;

-- Null if the id is taken.
-- files: [{name, language, at_ms, last_rev, start, length}]; start and length
-- say where in `bytes` a file's first run is.
CREATE FUNCTION create_room(tenant bigint, room_id text, room_name text, at_ms bigint,
                            files jsonb, bytes bytea)
RETURNS TABLE (room_key bigint, file_keys bigint[]) LANGUAGE plpgsql AS $$
DECLARE
  new_file record;
BEGIN
  PERFORM set_tenant(tenant);
  INSERT INTO room (tenant_id, id, name, created_at_ms)
  VALUES (tenant, room_id, room_name, at_ms) ON CONFLICT DO NOTHING RETURNING key INTO room_key;
  IF room_key IS NULL THEN
    RETURN;
  END IF;
  file_keys := '{}';
  FOR new_file IN SELECT * FROM jsonb_to_recordset(files)
      AS f (name text, language text, at_ms bigint, last_rev bigint, start int, length int) LOOP
    file_keys := file_keys
      || add_file(tenant, room_key, new_file.name, new_file.language, new_file.at_ms,
                  new_file.last_rev, substr(bytes, new_file.start + 1, new_file.length));
  END LOOP;
  RETURN NEXT;
END $$;

CREATE FUNCTION remove_room(tenant bigint, room_id text)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  removed bigint;
BEGIN
  PERFORM set_tenant(tenant);
  SELECT key INTO removed FROM room WHERE tenant_id = tenant AND id = room_id FOR UPDATE;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM op_run WHERE file_key IN (SELECT key FROM file WHERE room_key = removed);
  DELETE FROM snapshot WHERE file_key IN (SELECT key FROM file WHERE room_key = removed);
  DELETE FROM room WHERE key = removed;
  RETURN true;
END $$;

-- Waits for an append under way: it holds the room's row.
CREATE FUNCTION claim_room(tenant bigint, room_id text)
RETURNS TABLE (room_key bigint, new_epoch bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  RETURN QUERY UPDATE room SET epoch = epoch + 1 WHERE tenant_id = tenant AND id = room_id
               RETURNING key, epoch;
END $$;

-- A group of writes. Returns a row for each write that was refused, with its
-- number and nothing else, and one for each file that was created.
--
-- A step is writes of one tenant in which no room occurs twice; steps are
-- numbered from 1, and a write with step 0 is refused unseen. Writes and runs
-- are columns: rooms[i], epochs[i] and steps[i] are write i. Of the runs, which
-- are many, too; what is rare comes as JSON. start and length say where in
-- `bytes` something is.
--
--   changes     [{write, kind: create | rename | remove, file, name, language, at_ms,
--                 last_rev, start, length}]
--   messages    [{write, n, author, client, client_message_id, text, at_ms}]
--   snapshots   [{write, file, rev, start, length}]
--   last_edits  [{write, file, client, seq, rev}]
CREATE FUNCTION append_group(
  step_tenants bigint[],
  rooms bigint[], epochs bigint[], steps int[],
  run_writes int[], run_files bigint[], run_firsts bigint[], run_lasts bigint[],
  run_starts int[], run_lengths int[],
  bytes bytea, changes jsonb, messages jsonb, snapshots jsonb, last_edits jsonb)
RETURNS TABLE (write_number int, created_file bigint) LANGUAGE plpgsql AS $$
DECLARE
  taken boolean[] := array_fill(false, ARRAY[cardinality(rooms)]);
  refused int[];
  tenant bigint;
  change record;
  is_plain boolean := '[]' = ALL (ARRAY[changes, messages, snapshots, last_edits]);
BEGIN
  FOR current_step IN 1 .. cardinality(step_tenants) LOOP
    tenant := step_tenants[current_step];
    PERFORM set_tenant(tenant);

    -- Everybody locks rooms in this order. Who had to wait sees the newest epoch.
    taken := ARRAY(
      SELECT CASE WHEN wish.step = current_step THEN coalesce(held.epoch = wish.epoch, false)
                  ELSE wish.was_taken END
      FROM (SELECT * FROM unnest(rooms, epochs, steps, taken) WITH ORDINALITY
              AS every (room, epoch, step, was_taken, number) ORDER BY room) AS wish
      LEFT JOIN LATERAL (SELECT room.epoch FROM room
                         WHERE room.key = wish.room AND wish.step = current_step
                         FOR NO KEY UPDATE) AS held ON true
      ORDER BY wish.number);

    -- A statement of its own, after the locks: it sees what whoever held them wrote.
    refused := ARRAY(
      SELECT run.write
      FROM unnest(run_writes, run_files, run_firsts) AS run (write, file, first)
      LEFT JOIN file ON file.key = run.file AND file.room_key = rooms[run.write]
      WHERE steps[run.write] = current_step
        AND (file.key IS NULL
             OR run.first <> 1 + coalesce((SELECT last_rev FROM op_run WHERE file_key = run.file
                                           ORDER BY first_rev DESC LIMIT 1), 0)));
    FOR i IN 1 .. cardinality(refused) LOOP
      taken[refused[i]] := false;
    END LOOP;

    INSERT INTO op_run (file_key, first_rev, last_rev, tenant_id, ops)
    SELECT run.file, run.first, run.last, tenant, substr(bytes, run.start + 1, run.length)
    FROM unnest(run_writes, run_files, run_firsts, run_lasts, run_starts, run_lengths)
           AS run (write, file, first, last, start, length)
    WHERE steps[run.write] = current_step AND taken[run.write];

    -- Most groups have nothing but operations.
    CONTINUE WHEN is_plain;

    FOR change IN SELECT * FROM jsonb_to_recordset(changes)
        AS c (write int, kind text, file bigint, name text, language text, at_ms bigint,
              last_rev bigint, start int, length int)
        WHERE steps[c.write] = current_step AND taken[c.write] LOOP
      CASE change.kind
        WHEN 'create' THEN
          write_number := change.write;
          created_file := add_file(tenant, rooms[change.write], change.name, change.language,
                                   change.at_ms, change.last_rev,
                                   substr(bytes, change.start + 1, change.length));
          RETURN NEXT;
        WHEN 'rename' THEN
          UPDATE file SET name = change.name, language = change.language
          WHERE key = change.file AND room_key = rooms[change.write];
        WHEN 'remove' THEN
          UPDATE file SET removed_at_ms = change.at_ms
          WHERE key = change.file AND room_key = rooms[change.write];
      END CASE;
    END LOOP;

    INSERT INTO chat (room_key, n, tenant_id, author, client, client_message_id, text, at_ms)
    SELECT rooms[m.write], m.n, tenant, m.author, m.client, m.client_message_id, m.text, m.at_ms
    FROM jsonb_to_recordset(messages)
           AS m (write int, n bigint, author text, client uuid, client_message_id bigint,
                 text text, at_ms bigint)
    WHERE steps[m.write] = current_step AND taken[m.write];

    INSERT INTO snapshot (file_key, rev, tenant_id, text)
    SELECT s.file, s.rev, tenant, substr(bytes, s.start + 1, s.length)
    FROM jsonb_to_recordset(snapshots)
           AS s (write int, file bigint, rev bigint, start int, length int)
    WHERE steps[s.write] = current_step AND taken[s.write]
    ON CONFLICT (file_key, rev) DO UPDATE SET text = excluded.text;

    INSERT INTO client_edit (file_key, client, tenant_id, seq, rev)
    SELECT e.file, e.client, tenant, e.seq, e.rev
    FROM jsonb_to_recordset(last_edits)
           AS e (write int, file bigint, client uuid, seq bigint, rev bigint)
    WHERE steps[e.write] = current_step AND taken[e.write]
    ON CONFLICT (file_key, client) DO UPDATE SET seq = excluded.seq, rev = excluded.rev;
  END LOOP;

  RETURN QUERY SELECT number::int, NULL::bigint
               FROM unnest(taken) WITH ORDINALITY AS wish (is_taken, number) WHERE NOT is_taken;
END $$;
