-- Several servers on one database: which nodes there are, which of them has which
-- room, and what each must hear of. No row here is a tenant's data, so there are
-- no walls.

CREATE TABLE node (
  id            text    PRIMARY KEY,                -- of one run of it: random
  name          text    NOT NULL UNIQUE,            -- the operator's
  address       text    NOT NULL,                   -- HOST:PORT, for the other nodes
  speaks_from   bigint  NOT NULL,                   -- versions of the protocol between nodes
  speaks_to     bigint  NOT NULL,
  beat          bigint  NOT NULL,                   -- rises while the node lives
  is_draining   boolean NOT NULL,
  started_at_ms bigint  NOT NULL
);

-- A room without a row is free. Who buries a node frees all that it had.
CREATE TABLE room_lease (
  room_key bigint PRIMARY KEY REFERENCES room (key) ON DELETE CASCADE,
  node_id  text   NOT NULL REFERENCES node (id) ON DELETE CASCADE,
  epoch    bigint NOT NULL                          -- what its node appends with
);
CREATE INDEX room_lease_by_node ON room_lease (node_id);

-- ---- nodes ----

CREATE FUNCTION enter_node(new_id text, new_name text, new_address text, new_from bigint,
                           new_to bigint, first_beat bigint, drains boolean, at_ms bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  -- Two runs under one name take turns, and the later one stays.
  PERFORM pg_advisory_xact_lock(hashtextextended('tandem node ' || new_name, 0));
  DELETE FROM node WHERE name = new_name OR id = new_id;
  INSERT INTO node (id, name, address, speaks_from, speaks_to, beat, is_draining, started_at_ms)
  VALUES (new_id, new_name, new_address, new_from, new_to, first_beat, drains, at_ms);
END $$;

-- One beat, and all nodes as they are after it. Nothing if there is no such node.
CREATE FUNCTION beat_node(beating text) RETURNS SETOF node LANGUAGE plpgsql AS $$
BEGIN
  UPDATE node SET beat = beat + 1 WHERE id = beating;
  IF FOUND THEN
    RETURN QUERY SELECT * FROM node;
  END IF;
END $$;

-- ---- leases ----
--
-- Everybody locks in this order: the node, the room, the lease.

-- As claim_room, for one node of several. No row: there is no such room. Else one
-- of three: the node is buried; another has the room (`holder`), and nothing
-- changes; or the room is the node's from here on, under a new epoch.
CREATE FUNCTION lease_room(tenant bigint, room_id text, by_node text)
RETURNS TABLE (room_key bigint, new_epoch bigint, holder text, is_buried boolean)
LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  -- Who buries it waits until this has committed, and then finds the lease.
  PERFORM FROM node WHERE id = by_node FOR KEY SHARE;
  is_buried := NOT FOUND;
  IF is_buried THEN
    RETURN NEXT;
    RETURN;
  END IF;
  -- Waits for an append under way, as a claim does.
  SELECT key INTO room_key FROM room WHERE tenant_id = tenant AND id = room_id
    FOR NO KEY UPDATE;
  IF NOT FOUND THEN
    RETURN;
  END IF;
  -- A statement of its own, after the lock: it sees who was faster.
  SELECT l.node_id INTO holder FROM room_lease l
    WHERE l.room_key = lease_room.room_key AND l.node_id <> by_node;
  IF FOUND THEN
    RETURN NEXT;
    RETURN;
  END IF;
  UPDATE room SET epoch = epoch + 1 WHERE key = lease_room.room_key
    RETURNING epoch INTO new_epoch;
  INSERT INTO room_lease (room_key, node_id, epoch)
  VALUES (lease_room.room_key, by_node, new_epoch)
  ON CONFLICT ON CONSTRAINT room_lease_pkey DO UPDATE SET epoch = excluded.epoch;
  RETURN NEXT;
END $$;

-- Whoever leased it anew meanwhile keeps it.
CREATE FUNCTION release_room(tenant bigint, room_id text, by_node text, held_epoch bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  DELETE FROM room_lease l USING room r
  WHERE r.tenant_id = tenant AND r.id = room_id AND l.room_key = r.key
    AND l.node_id = by_node AND l.epoch = held_epoch;
END $$;

-- A server that is no node takes the room from whichever has it: that one's epoch
-- is old from here on, and so is its lease.
CREATE OR REPLACE FUNCTION claim_room(tenant bigint, room_id text)
RETURNS TABLE (room_key bigint, new_epoch bigint) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  UPDATE room SET epoch = epoch + 1 WHERE tenant_id = tenant AND id = room_id
    RETURNING key, epoch INTO room_key, new_epoch;
  IF FOUND THEN
    DELETE FROM room_lease l WHERE l.room_key = claim_room.room_key;
    RETURN NEXT;
  END IF;
END $$;

-- Nodes hold rooms of all tenants. Runs as the owner of the tables, like
-- tenant_of_key, and tells ids and numbers, nothing of what is in a room.
CREATE FUNCTION leased_rooms(at_most bigint)
RETURNS TABLE (tenant_id bigint, room_id text, node_id text, epoch bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = tandem, pg_temp
AS $$
  SELECT r.tenant_id, r.id, l.node_id, l.epoch
  FROM room_lease l JOIN room r ON r.key = l.room_key
  ORDER BY r.id COLLATE "C" LIMIT at_most
$$;

-- ---- what every node hears of ----
--
-- By NOTIFY, at commit, whoever made the change: another node, tandem admin, a
-- person with psql. A text in which `room_bytes` is the length of the room's id,
-- so that an id may have any characters:
--
--   KIND ACCOUNT ROOM_BYTES ROOMTEXT       rights 7 0
--                                          renamed - 3 r42New name
--
-- Whoever may connect to the database may listen: no login, token or digest is in
-- it, but ids and names of rooms are. What is too long for a notice becomes one
-- that says nothing, and is read as "anything may have changed".
CREATE FUNCTION tell_cluster(kind text, account bigint, room_id text, told text)
RETURNS void LANGUAGE sql AS $$
  SELECT pg_notify('tandem', CASE WHEN octet_length(notice) < 8000 THEN notice
                                  ELSE 'anything' END)
  FROM (SELECT format('%s %s %s %s%s', kind, coalesce(account::text, '-'),
                      octet_length(coalesce(room_id, '')), room_id, told) AS notice) AS made
$$;

-- Its arguments: the columns with the account and with the room, empty for none.
-- Triggers run with whatever search_path their cause has set: so they set it.
CREATE FUNCTION tell_rights() RETURNS trigger LANGUAGE plpgsql
SET search_path = tandem, pg_temp AS $$
DECLARE
  concerned jsonb;
BEGIN
  FOR concerned IN SELECT to_jsonb(OLD) WHERE TG_OP <> 'INSERT'
                   UNION ALL SELECT to_jsonb(NEW) WHERE TG_OP <> 'DELETE' LOOP
    PERFORM tell_cluster('rights', (concerned ->> TG_ARGV[0])::bigint, concerned ->> TG_ARGV[1],
                         NULL);
  END LOOP;
  RETURN NULL;
END $$;

CREATE FUNCTION tell_room() RETURNS trigger LANGUAGE plpgsql
SET search_path = tandem, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM tell_cluster('removed', NULL, OLD.id, NULL);
  ELSE
    PERFORM tell_cluster('renamed', NULL, NEW.id, NEW.name);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION tell_nodes() RETURNS trigger LANGUAGE plpgsql
SET search_path = tandem, pg_temp AS $$
BEGIN
  PERFORM tell_cluster('nodes', NULL, NULL, NULL);
  RETURN NULL;
END $$;

-- What is noted often changes nobody's rights: when somebody was seen, a use of
-- an invite that has more. A beat is no news either.
CREATE TRIGGER end_is_told AFTER DELETE ON account
  FOR EACH ROW EXECUTE FUNCTION tell_rights('key', '');
CREATE TRIGGER change_is_told AFTER UPDATE ON account FOR EACH ROW
  WHEN ((OLD.role, OLD.is_disabled) IS DISTINCT FROM (NEW.role, NEW.is_disabled))
  EXECUTE FUNCTION tell_rights('key', '');

CREATE TRIGGER end_is_told AFTER DELETE ON token
  FOR EACH ROW EXECUTE FUNCTION tell_rights('account_key', '');
CREATE TRIGGER change_is_told AFTER UPDATE ON token FOR EACH ROW
  WHEN ((OLD.account_key, OLD.kind, OLD.scopes, OLD.room_id, OLD.expires_at_ms)
        IS DISTINCT FROM (NEW.account_key, NEW.kind, NEW.scopes, NEW.room_id, NEW.expires_at_ms))
  EXECUTE FUNCTION tell_rights('account_key', '');

CREATE TRIGGER change_is_told AFTER INSERT OR UPDATE OR DELETE ON room_member
  FOR EACH ROW EXECUTE FUNCTION tell_rights('account_key', 'room_id');
CREATE TRIGGER change_is_told AFTER INSERT OR UPDATE OR DELETE ON room_access
  FOR EACH ROW EXECUTE FUNCTION tell_rights('', 'room_id');

-- An invite to sign up gives nobody a role in a room.
CREATE TRIGGER end_is_told AFTER DELETE ON invite FOR EACH ROW
  WHEN (OLD.room_id IS NOT NULL) EXECUTE FUNCTION tell_rights('', 'room_id');
CREATE TRIGGER change_is_told AFTER UPDATE ON invite FOR EACH ROW
  WHEN (OLD.room_id IS NOT NULL
        AND (OLD.role, OLD.expires_at_ms, OLD.uses, OLD.used >= OLD.uses)
            IS DISTINCT FROM (NEW.role, NEW.expires_at_ms, NEW.uses, NEW.used >= NEW.uses))
  EXECUTE FUNCTION tell_rights('', 'room_id');

-- As the functions above: who removes a room by hand may have another search_path.
ALTER FUNCTION forget_room_access() SET search_path = tandem, pg_temp;
CREATE TRIGGER end_is_told AFTER DELETE ON room
  FOR EACH ROW EXECUTE FUNCTION tell_room();
CREATE TRIGGER change_is_told AFTER UPDATE ON room FOR EACH ROW
  WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION tell_room();

CREATE TRIGGER change_is_told AFTER INSERT OR DELETE ON node
  FOR EACH ROW EXECUTE FUNCTION tell_nodes();
CREATE TRIGGER drain_is_told AFTER UPDATE ON node FOR EACH ROW
  WHEN (OLD.is_draining IS DISTINCT FROM NEW.is_draining) EXECUTE FUNCTION tell_nodes();

-- False if no node has the room: nobody would hear it.
CREATE FUNCTION ask_to_move(wanted text, to_node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  tenant bigint := tenant_of_key('room', wanted);
BEGIN
  IF tenant IS NULL THEN
    RETURN false;
  END IF;
  PERFORM set_tenant(tenant);
  PERFORM FROM room r JOIN room_lease l ON l.room_key = r.key
    WHERE r.tenant_id = tenant AND r.id = wanted;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  PERFORM tell_cluster('move', NULL, wanted, to_node);
  RETURN true;
END $$;
