INSERT INTO jobs (id, kind, org_id, coalesce_key, payload, state, run_at, attempts, again_at, lease_owner, lease_until, last_error, created_at, updated_at) VALUES ('job_01', 'retention', '', 'retention', '{}', 0, 1767225600000, 0, NULL, NULL, NULL, NULL, 1767225600000, 1767225600000);

INSERT INTO leases (name, owner, until) VALUES ('intake-reader', 'host-1', 1767225600000);
