INSERT INTO api_keys (id, name, org_id, prefix, hash, created_at, last_used_at, revoked_at) VALUES ('key_01', 'ci', NULL, 'sk_abc', 'f00d', 1767225600000, NULL, NULL);

INSERT INTO portal_settings (name, value) VALUES ('password', 'x');

INSERT INTO portal_sessions (hash, csrf, created_at, expires_at) VALUES ('beef', 'c', 1767225600000, 1767229200000);
