INSERT INTO stale_records (connection_id, object_type, record_id, collection, asked_at, echo) VALUES ('con_01', 'contacts', '124', '', 1767225600400, 1);
