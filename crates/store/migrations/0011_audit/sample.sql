INSERT INTO audit_log (at, door, actor, action, org_id, object_id, detail) VALUES (1767225600000, 'api', 'billing', 'connection.disconnected', 'acme', 'con_01', 'hubspot 62515');
