INSERT INTO syncs (id, org_id, name, left_connection, left_type, left_collection, right_connection, right_type, right_collection, agreement, left_schema, right_schema, state, reason, every, created_at, updated_at, version) VALUES ('syn_01', 'acme', 'People', 'con_01', 'contacts', '', 'con_02', 'customer', '', '{"sides":{"left":{"object_type":"contacts","external":"tte_customer_uri"},"right":{"object_type":"customer"}},"rules":[{"name":"email","fields":{"left":["email"],"right":["email"]}}]}', '{"fields":{}}', '{"fields":{},"open":true}', 'active', NULL, 3600000, 1767225600000, 1767225600000, 1);

INSERT INTO sync_links (id, sync_id, org_id, left_id, right_id, name, state, trouble, ended_on, ended_at, link, created_at, updated_at, version) VALUES ('lnk_01', 'syn_01', 'acme', '123', '/customer/7/', 'ada lovelace', 'linked', 'none', NULL, NULL, '{"ids":{"left":"123","right":"/customer/7/"},"state":{"is":"linked"},"bases":{"email":{"faces":{"left":["ada@example.com"],"right":["ada@example.com"]},"known_at":{"left":"2026-01-01T00:00:00.000Z","right":"2026-01-01T00:00:00.000Z"}}}}', 1767225600000, 1767225600100, 2);

INSERT INTO sync_links (id, sync_id, org_id, left_id, right_id, name, state, trouble, ended_on, ended_at, link, created_at, updated_at, version) VALUES ('lnk_02', 'syn_01', 'acme', '124', NULL, '', 'ended', 'none', 0, 1767225600200, '{"ids":{"left":"124","right":null},"state":{"is":"ended","why":"deleted","side":"left"}}', 1767225600000, 1767225600200, 3);

INSERT INTO sync_keys (sync_id, side, record_id, match_key) VALUES ('syn_01', 0, '123', '0:ada@example.com');

INSERT INTO sync_marks (sync_id, side, record_id, asked_at, due_at, attempts) VALUES ('syn_01', 1, '/customer/7/', 1767225600300, 1767225600300, 0);

INSERT INTO sync_conflicts (id, sync_id, org_id, link_id, open_about, open_key, kind, subject, left_id, right_id, conflict, state, choice, resolved_by, opened_at, updated_at, resolved_at) VALUES ('cfl_01', 'syn_01', 'acme', 'lnk_01', 'link lnk_01', 'field email link lnk_01', 'field', 'email', '123', '/customer/7/', '{"kind":{"kind":"field","rule":"email"},"faces":{"left":["ada@example.com"],"right":["ada@example.org"]},"times":{"left":"2026-01-01T00:00:00.000Z","right":null},"base":null,"winner":null}', 'open', NULL, NULL, 1767225600300, 1767225600300, NULL);

INSERT INTO sync_runs (id, org_id, sync_id, active_key, towards, dry_run, reading, cause, state, phase, saved, counts, total, created_at, started_at, finished_at, heartbeat_at, cancel_requested, reason) VALUES ('srn_01', 'acme', 'syn_01', 'syn_01', NULL, 1, 'full', 'manual', 'running', 'left', '{"after":"123"}', '{"looked_at":1}', 9, 1767225600000, 1767225600100, NULL, 1767225600200, 0, NULL);

INSERT INTO sync_plans (run_id, n, side, what, left_id, right_id, detail) VALUES ('srn_01', 0, 1, 'update', '123', '/customer/7/', '{"fields":{}}');

INSERT INTO sync_history (sync_id, org_id, link_id, at, side, what, left_id, right_id, detail) VALUES ('syn_01', 'acme', 'lnk_01', 1767225600100, 1, 'updated', '123', '/customer/7/', '{}');
