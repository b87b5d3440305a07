-- Events, the SQL intake log in front of them, and who owns which account.

CREATE TABLE events (
  seq          {int} NOT NULL PRIMARY KEY,
  id           {id16} NOT NULL,
  org_id       {name} NOT NULL,
  provider     {name} NOT NULL,
  app          {name} NOT NULL,
  account      {name} NOT NULL,
  object_type  {name} NOT NULL,
  object_id    {name} NOT NULL,
  kind         {name} NOT NULL,
  property     {name},
  occurred_at  {int} NOT NULL,
  received_at  {int} NOT NULL,
  raw          {bytes} NOT NULL
) {table};

-- One index is dedupe, timeline and look-up at once: the id begins with the time of occurrence.
CREATE UNIQUE INDEX events_id ON events (id);

CREATE INDEX events_organization ON events (org_id, id);

CREATE INDEX events_account ON events (account, id);

CREATE INDEX events_object ON events (object_id, id);

CREATE INDEX events_kind ON events (kind, id);

-- Numbers handed out under a row lock, so that their order is the order of commits.
CREATE TABLE sequences (
  name   {name} NOT NULL PRIMARY KEY,
  value  {int} NOT NULL
) {table};

INSERT INTO sequences (name, value) VALUES ('event', 0);

-- How many events there are: counting them would mean reading them all.
INSERT INTO sequences (name, value) VALUES ('events_stored', 0);

-- One row per group of deliveries, gone once its events are stored.
CREATE TABLE intake_log (
  seq         {serial},
  deliveries  {int} NOT NULL,
  written_at  {int} NOT NULL,
  body        {bytes} NOT NULL
) {table};

-- How far a log that lives elsewhere has been read.
CREATE TABLE log_positions (
  log       {name} NOT NULL PRIMARY KEY,
  position  {int} NOT NULL
) {table};

CREATE TABLE accounts (
  provider    {name} NOT NULL,
  account     {name} NOT NULL,
  org_id      {name} NOT NULL,
  created_at  {int} NOT NULL,
  -- The last event that was looked at since the account was assigned; NULL when none was.
  adopted_to  {id16},
  PRIMARY KEY (provider, account)
) {table};
