INSERT INTO messages (id, org_id, kind, order_key, payload, created_at, only_for) VALUES ('msg_02', 'acme', 'sync.complete', NULL, '{"webhook_event_type":"sync.complete"}', 1767225600100, 'ep_01');
