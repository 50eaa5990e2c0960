-- Those that have ended go whenever somebody signs in.
CREATE INDEX token_by_end ON token (tenant_id, expires_at_ms);
