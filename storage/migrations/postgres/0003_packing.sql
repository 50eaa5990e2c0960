-- Old operations are packed (storage/op_pack.hpp): many rows of the log become
-- one, and of old snapshots few stay. packed_rev: the log is packed up to here.
-- Snapshots need no format of their own as in SQLite: PostgreSQL compresses them.
ALTER TABLE file ADD COLUMN packed_rev bigint NOT NULL DEFAULT 0;

-- Puts one row in the place of those from `first` to `last`. False if somebody
-- else has done so, or the file is gone. The room is held as a foreign key holds
-- it: remove_room waits, an append does not.
CREATE FUNCTION pack_runs(tenant bigint, wanted bigint, first bigint, last bigint, packed bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  PERFORM FROM room WHERE key = (SELECT room_key FROM file WHERE key = wanted) FOR KEY SHARE;
  UPDATE file SET packed_rev = last WHERE key = wanted AND packed_rev = first - 1;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  DELETE FROM op_run WHERE file_key = wanted AND first_rev BETWEEN first AND last;
  INSERT INTO op_run (file_key, first_rev, last_rev, tenant_id, ops)
  VALUES (wanted, first, last, tenant, packed);
  RETURN true;
END $$;

-- Of the snapshots before the latest, keeps one in `spacing` revisions.
CREATE FUNCTION thin_snapshots(tenant bigint, wanted bigint, spacing bigint)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  kept bigint := 0;
  old bigint;
BEGIN
  PERFORM set_tenant(tenant);
  FOR old IN SELECT rev FROM snapshot WHERE file_key = wanted
             AND rev < (SELECT max(rev) FROM snapshot WHERE file_key = wanted) ORDER BY rev LOOP
    IF old - kept < spacing THEN
      DELETE FROM snapshot WHERE file_key = wanted AND rev = old;
    ELSE
      kept := old;
    END IF;
  END LOOP;
END $$;
