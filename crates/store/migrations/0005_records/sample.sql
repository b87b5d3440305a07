INSERT INTO records (connection_id, object_type, record_id, org_id, collection, name, modified_at, archived, gone_at, merged_into, hash, read_at, seen_at, created_at, changed_at, version, item, body) VALUES ('con_01', 'contacts', '123', 'acme', '', 'ada lovelace', 1767225600000, 0, NULL, NULL, {x'00112233445566778899aabbccddeeff'}, 1767225600100, 1767225600200, 1767225600300, 1767225600300, 1, '{"name":"Ada Lovelace"}', '{"id":"123"}');

INSERT INTO records (connection_id, object_type, record_id, org_id, collection, name, modified_at, archived, gone_at, merged_into, hash, read_at, seen_at, created_at, changed_at, version, item, body) VALUES ('con_01', 'contacts', '124', 'acme', '', '', NULL, 1, 1767225600400, '123', {x'ffeeddccbbaa99887766554433221100'}, 1767225600100, NULL, 1767225600300, 1767225600500, 2, '{}', '{}');

INSERT INTO runs (id, org_id, connection_id, active_key, kind, mode, cause, state, wish, created_at, started_at, finished_at, heartbeat_at, cancel_requested, reason, records_read, records_changed, records_gone) VALUES ('run_01', 'acme', 'con_01', 'con_01', 'load', 'full', 'connect', 'running', '{}', 1767225600000, 1767225600100, NULL, 1767225600200, 0, NULL, 2, 2, 1);

INSERT INTO runs (id, org_id, connection_id, active_key, kind, mode, cause, state, wish, created_at, started_at, finished_at, heartbeat_at, cancel_requested, reason, records_read, records_changed, records_gone) VALUES ('run_02', 'acme', 'con_01', NULL, 'load', 'incremental', 'schedule', 'failed', '{}', 1767225500000, 1767225500100, 1767225500300, 1767225500200, 0, 'the provider refused', 0, 0, 0);

INSERT INTO run_lanes (run_id, lane, object_type, collection, title, complete, detail, state, since, saved, started_at, high_water, records_read, created, changed, unchanged, stale, gone, pages, total, notice, error, updated_at) VALUES ('run_01', 'contacts', 'contacts', '', 'Contacts', 1, 'null', 'running', NULL, '{"after":"2"}', 1767225600100, 1767225600000, 2, 2, 0, 0, 0, 1, 1, 9, NULL, NULL, 1767225600200);

INSERT INTO positions (connection_id, lane, high_water, full_at, updated_at) VALUES ('con_01', 'contacts', 1767225600000, NULL, 1767225600300);

INSERT INTO notifications (id, org_id, connection_id, kind, payload, created_at, dispatched_at) VALUES ('ntf_01', 'acme', 'con_01', 'connection.created', '{}', 1767225600000, NULL);

INSERT INTO stale_records (connection_id, object_type, record_id, collection, asked_at) VALUES ('con_01', 'contacts', '123', '', 1767225600500);

INSERT INTO hooks (id, connection_id, provider, remote_id, part, url, secret, sealed_with, position, expires_at, created_at, updated_at) VALUES ('hok_01', 'con_01', 'airtable', 'ach01', 'appA', 'https://hub.example.com/webhooks/airtable/main', {x'01ff'}, '00112233aabbccdd', 4, 1767830400000, 1767225600000, 1767225600000);
