-- A node that gives a room away says to whom: nobody else can be faster. The epoch
-- stays until the new one leases the room, under which the old one appends no more.
CREATE FUNCTION pass_room(tenant bigint, room_id text, from_node text, to_node text)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  -- Who buries it waits until this has committed, and then finds the lease.
  PERFORM FROM node WHERE id = to_node FOR KEY SHARE;
  IF NOT FOUND THEN
    DELETE FROM room_lease l USING room r
    WHERE r.tenant_id = tenant AND r.id = room_id AND l.room_key = r.key
      AND l.node_id = from_node;
    RETURN;
  END IF;
  UPDATE room_lease l SET node_id = to_node FROM room r
  WHERE r.tenant_id = tenant AND r.id = room_id AND l.room_key = r.key
    AND l.node_id = from_node;
END $$;
