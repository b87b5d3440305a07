-- Who did what, when, to what, through which door. Never a secret, never a value of a record.

CREATE TABLE audit_log (
  seq        {serial},
  at         {int} NOT NULL,
  -- `portal`, `api`, `cli`, `page`, `hub`.
  door       {name} NOT NULL,
  -- The API key's name, the portal's session, the page's origin; empty for the hub itself.
  actor      {name} NOT NULL,
  action     {name} NOT NULL,
  -- Empty where it concerns no organization, or all of them.
  org_id     {name} NOT NULL,
  object_id  {name} NOT NULL,
  detail     {text} NOT NULL
) {table};

CREATE INDEX audit_log_at ON audit_log (at);

CREATE INDEX audit_log_organization ON audit_log (org_id, seq);

CREATE INDEX audit_log_actor ON audit_log (actor, seq);

CREATE INDEX audit_log_action ON audit_log (action, seq);

CREATE INDEX audit_log_object ON audit_log (object_id, seq);
