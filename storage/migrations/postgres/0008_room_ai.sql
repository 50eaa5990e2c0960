-- What a room's AI may be: off, local, on; null: the operator's default. Whoever changes
-- it tells the other nodes, by the trigger that tells of the room's rights.
ALTER TABLE room_access ADD COLUMN ai text;
