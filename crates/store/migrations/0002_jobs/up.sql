-- Durable work, and the leases that make one process at a time responsible for something.

CREATE TABLE jobs (
  id            {name} NOT NULL PRIMARY KEY,
  kind          {name} NOT NULL,
  org_id        {name} NOT NULL,
  coalesce_key  {name},
  payload       {text} NOT NULL,
  state         {int} NOT NULL,
  run_at        {int} NOT NULL,
  attempts      {int} NOT NULL,
  again_at      {int},
  lease_owner   {name},
  lease_until   {int},
  last_error    {text},
  created_at    {int} NOT NULL,
  updated_at    {int} NOT NULL
) {table};

-- At most one job per key; NULL stands for "no key" and is not counted.
CREATE UNIQUE INDEX jobs_coalesce ON jobs (coalesce_key);

-- What is due, organization by organization, in the order it is claimed in.
CREATE INDEX jobs_due ON jobs (state, org_id, run_at, id);

-- When the next one is due, whosever it is.
CREATE INDEX jobs_next ON jobs (state, run_at);

-- Whose lease ran out.
CREATE INDEX jobs_lease ON jobs (state, lease_until);

-- What is parked, of one kind, latest first.
CREATE INDEX jobs_kind ON jobs (state, kind, updated_at);

CREATE TABLE leases (
  name   {name} NOT NULL PRIMARY KEY,
  owner  {name} NOT NULL,
  until  {int} NOT NULL
) {table};
