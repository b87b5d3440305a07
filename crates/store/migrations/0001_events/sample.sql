INSERT INTO events (seq, id, org_id, provider, app, account, object_type, object_id, kind, property, occurred_at, received_at, raw) VALUES (1, {x'019b76daa800aaaaaaaaaaaaaaaaaaaa'}, 'acme', 'hubspot', 'main', '62515', 'contact', '123', 'contact.creation', NULL, 1767225600000, 1767225600500, {x'7b7d'});

UPDATE sequences SET value = 1;

INSERT INTO intake_log (deliveries, written_at, body) VALUES (1, 1767225600000, {x'01'});

INSERT INTO log_positions (log, position) VALUES ('embedded', 7);

INSERT INTO accounts (provider, account, org_id, created_at) VALUES ('hubspot', '62515', 'acme', 1767225600000);
