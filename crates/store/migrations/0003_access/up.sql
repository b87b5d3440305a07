-- Who may read: API keys (hashed, of one organization or of all), the portal's password and its sessions.

CREATE TABLE api_keys (
  id            {name} NOT NULL PRIMARY KEY,
  name          {name} NOT NULL,
  org_id        {name},
  prefix        {name} NOT NULL,
  hash          {name} NOT NULL,
  created_at    {int} NOT NULL,
  last_used_at  {int},
  revoked_at    {int}
) {table};

CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

-- Single values: the portal's password hash, the first-start link's hash.
CREATE TABLE portal_settings (
  name   {name} NOT NULL PRIMARY KEY,
  value  {text} NOT NULL
) {table};

CREATE TABLE portal_sessions (
  hash        {name} NOT NULL PRIMARY KEY,
  csrf        {name} NOT NULL,
  created_at  {int} NOT NULL,
  expires_at  {int} NOT NULL
) {table};

CREATE INDEX portal_sessions_expiry ON portal_sessions (expires_at);
