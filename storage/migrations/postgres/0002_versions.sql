-- Named versions of a room: which revision each of its files had.
CREATE TABLE version (
  key       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant_id bigint NOT NULL,
  room_key  bigint NOT NULL REFERENCES room (key) ON DELETE CASCADE,
  name      text   NOT NULL,
  author    text   NOT NULL,
  at_ms     bigint NOT NULL,
  UNIQUE (room_key, name)
);

CREATE TABLE version_file (
  version_key bigint NOT NULL REFERENCES version (key) ON DELETE CASCADE,
  tenant_id   bigint NOT NULL,
  file_key    bigint NOT NULL,
  name        text   NOT NULL,                      -- at that time
  rev         bigint NOT NULL,
  PRIMARY KEY (version_key, file_key)
);

ALTER TABLE version ENABLE ROW LEVEL SECURITY;
ALTER TABLE version FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON version USING (tenant_id = current_tenant());
ALTER TABLE version_file ENABLE ROW LEVEL SECURITY;
ALTER TABLE version_file FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON version_file USING (tenant_id = current_tenant());

-- Gives what the room's files are now a name. The room is locked: no append
-- comes in between. Returns nothing if there is no such room or the name is
-- taken, else an empty row, and one for each file.
CREATE FUNCTION add_version(tenant bigint, room_id text, version_name text, version_author text,
                            made_at_ms bigint)
RETURNS TABLE (kept_file bigint, kept_name text, kept_rev bigint) LANGUAGE plpgsql AS $$
DECLARE
  room_found bigint;
  added bigint;
BEGIN
  PERFORM set_tenant(tenant);
  SELECT key INTO room_found FROM room WHERE tenant_id = tenant AND id = room_id
    FOR NO KEY UPDATE;
  INSERT INTO version (tenant_id, room_key, name, author, at_ms)
  SELECT tenant, room_found, version_name, version_author, made_at_ms
  WHERE room_found IS NOT NULL
  ON CONFLICT DO NOTHING RETURNING key INTO added;
  IF added IS NULL THEN
    RETURN;
  END IF;
  RETURN NEXT;
  RETURN QUERY
    INSERT INTO version_file (version_key, tenant_id, file_key, name, rev)
    SELECT added, tenant, key, name,
           coalesce((SELECT last_rev FROM op_run WHERE op_run.file_key = file.key
                     ORDER BY first_rev DESC LIMIT 1), 0)
    FROM file WHERE room_key = room_found AND removed_at_ms IS NULL
    RETURNING file_key, name, rev;
END $$;
