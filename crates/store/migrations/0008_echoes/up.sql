-- Whether an event about a stale record is most likely our own write coming back: those are read after all others.
ALTER TABLE stale_records ADD COLUMN echo {int} NOT NULL DEFAULT 0;

-- Which has waited longest, of either kind. What servers of MySQL's kind want to be told besides is a comment to the others.
CREATE INDEX stale_records_turn ON stale_records (connection_id, echo, asked_at);
DROP INDEX stale_records_asked /*! ON stale_records */;
DROP INDEX stale_records_alike /*! ON stale_records */;
