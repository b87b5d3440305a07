-- Connected accounts with their sealed credentials, and the authorizations under way.

CREATE TABLE connections (
  id             {name} NOT NULL PRIMARY KEY,
  org_id         {name} NOT NULL,
  user_id        {name} NOT NULL,
  provider       {name} NOT NULL,
  app            {name} NOT NULL,
  account        {name} NOT NULL,
  account_name   {name} NOT NULL,
  method         {name} NOT NULL,
  status         {name} NOT NULL,
  reason         {text},
  scopes         {text} NOT NULL,
  credentials    {bytes},
  sealed_with    {name},
  version        {int} NOT NULL,
  expires_at     {int},
  refresh_at     {int},
  refresh_owner  {name},
  refresh_until  {int},
  created_at     {int} NOT NULL,
  updated_at     {int} NOT NULL
) {table};

-- One organization connects an account through one app once; connecting again renews the row.
CREATE UNIQUE INDEX connections_account ON connections (provider, account, org_id, app);
CREATE INDEX connections_organization ON connections (org_id, created_at, id);
CREATE INDEX connections_created ON connections (created_at, id);
CREATE INDEX connections_refresh ON connections (status, refresh_at);
CREATE INDEX connections_key ON connections (sealed_with);

-- `state` and `browser` are fingerprints: whoever reads this table cannot complete a flow.
CREATE TABLE authorizations (
  state         {name} NOT NULL PRIMARY KEY,
  browser       {name} NOT NULL,
  org_id        {name} NOT NULL,
  user_id       {name} NOT NULL,
  provider      {name} NOT NULL,
  app           {name} NOT NULL,
  verifier      {bytes} NOT NULL,
  redirect_uri  {text} NOT NULL,
  origin        {text},
  created_at    {int} NOT NULL,
  expires_at    {int} NOT NULL,
  used_at       {int},
  connection_id {name}
) {table};

CREATE INDEX authorizations_expiry ON authorizations (expires_at);
