-- A node that lets rooms go: what it gives away is what it has, and it can find what
-- it has and does not know of.

-- As pass_room before, which older programs still call; under another epoch the node
-- has the room no more, or has leased it anew meanwhile.
CREATE FUNCTION pass_room(tenant bigint, room_id text, from_node text, to_node text,
                          held_epoch bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_tenant(tenant);
  -- Who buries it waits until this has committed, and then finds the lease.
  PERFORM FROM node WHERE id = to_node FOR KEY SHARE;
  IF NOT FOUND THEN
    PERFORM release_room(tenant, room_id, from_node, held_epoch);
    RETURN;
  END IF;
  UPDATE room_lease l SET node_id = to_node FROM room r
  WHERE r.tenant_id = tenant AND r.id = room_id AND l.room_key = r.key
    AND l.node_id = from_node AND l.epoch = held_epoch;
END $$;

-- As leased_rooms, of one node.
CREATE FUNCTION rooms_leased_by(leasing text, at_most bigint)
RETURNS TABLE (tenant_id bigint, room_id text, node_id text, epoch bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = tandem, pg_temp
AS $$
  SELECT r.tenant_id, r.id, l.node_id, l.epoch
  FROM room_lease l JOIN room r ON r.key = l.room_key
  WHERE l.node_id = leasing
  ORDER BY r.id COLLATE "C" LIMIT at_most
$$;
