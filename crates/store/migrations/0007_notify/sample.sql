INSERT INTO endpoints (id, org_id, url, description, filter, headers, sealed_with, rate_calls, rate_millis, ordered, schedule, state, reason, failing_since, failed_at, failures, paused_until, created_at, updated_at, version) VALUES ('ep_01', 'acme', 'https://hooks.example.com/syncline', 'CRM', '["sync.*"]', {x'01ff'}, '00112233aabbccdd', 100, 1000, 1, '{"waits":[5,300],"jitter_percent":10}', 'enabled', NULL, 1767225600000, 1767225600100, 2, 1767225601000, 1767225600000, 1767225600000, 1);

INSERT INTO endpoints (id, org_id, url, description, filter, headers, sealed_with, rate_calls, rate_millis, ordered, schedule, state, reason, failing_since, failed_at, failures, paused_until, created_at, updated_at, version) VALUES ('ep_02', '', 'https://ops.example.com/', '', '[]', NULL, NULL, NULL, NULL, 0, NULL, 'disabled', 'it answered 410 Gone', NULL, NULL, 0, NULL, 1767225600000, 1767225600200, 2);

INSERT INTO endpoint_secrets (id, endpoint_id, secret, sealed_with, not_after, created_at) VALUES ('sec_01', 'ep_01', {x'01ff'}, '00112233aabbccdd', NULL, 1767225600000);

INSERT INTO messages (id, org_id, kind, order_key, payload, created_at) VALUES ('msg_01', 'acme', 'sync.complete', 'con_01', '{"webhook_event_type":"sync.complete"}', 1767225600000);

INSERT INTO message_keys (org_id, idempotency_key, message_id, fingerprint, created_at) VALUES ('acme', 'order-7', 'msg_01', {x'00112233445566778899aabbccddeeff'}, 1767225600000);

INSERT INTO deliveries (message_id, endpoint_id, org_id, order_key, state, at, attempts, tried, lease_owner, status, created_at) VALUES ('msg_01', 'ep_01', 'acme', 'con_01', 0, 1767225605000, 1, 1, NULL, 500, 1767225600000);

INSERT INTO delivery_order (endpoint_id, order_key, message_id) VALUES ('ep_01', 'con_01', 'msg_01');

INSERT INTO attempts (message_id, endpoint_id, at, latency, status, headers, body, error) VALUES ('msg_01', 'ep_01', 1767225600000, 12, 500, '{"content-type":"text/plain"}', 'oops', NULL);

INSERT INTO endpoint_minutes (endpoint_id, minute, delivered, failed, latency_total, latency_max, under_10, under_25, under_50, under_100, under_250, under_500, under_1000, under_2500, under_5000, slower) VALUES ('ep_01', 1767225600000, 0, 1, 12, 12, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);
