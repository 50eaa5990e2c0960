-- Who serves may ask which tenant has a name, and for no more than that.
CREATE OR REPLACE FUNCTION tenant_of_key(what text, wanted text) RETURNS bigint
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = tandem, pg_temp
AS $$
  SELECT CASE what
    WHEN 'room' THEN (SELECT tenant_id FROM room WHERE id = wanted)
    WHEN 'login' THEN (SELECT tenant_id FROM account WHERE login = wanted)
    WHEN 'token' THEN (SELECT tenant_id FROM token WHERE digest = wanted)
    WHEN 'invite' THEN (SELECT tenant_id FROM invite WHERE digest = wanted)
    WHEN 'identity' THEN (SELECT tenant_id FROM account WHERE identity = wanted)
    WHEN 'tenant' THEN (SELECT id FROM tenant WHERE name = wanted)
  END
$$;
