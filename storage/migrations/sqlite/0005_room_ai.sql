-- What a room's AI may be: off, local, on; null: the operator's default.
ALTER TABLE room_access ADD COLUMN ai TEXT;
