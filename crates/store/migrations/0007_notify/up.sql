-- What is told over HTTP: endpoints, the messages for them, the delivery of each message to each endpoint, and every attempt at it.

-- News that nobody has been told yet, in the order in which it was made.
CREATE INDEX notifications_pending ON notifications (dispatched_at, created_at, id);

-- `org_id` is empty for an endpoint that gets every organization's messages. `headers` is a sealed JSON object. `failing_since`,
-- `failed_at` and `failures` are about the time since the last success.
CREATE TABLE endpoints (
  id             {name} NOT NULL PRIMARY KEY,
  org_id         {name} NOT NULL,
  url            {text} NOT NULL,
  description    {text} NOT NULL,
  filter         {text} NOT NULL,
  headers        {bytes},
  sealed_with    {name},
  rate_calls     {int},
  rate_millis    {int},
  ordered        {int} NOT NULL,
  schedule       {text},
  state          {name} NOT NULL,
  reason         {text},
  failing_since  {int},
  failed_at      {int},
  failures       {int} NOT NULL,
  paused_until   {int},
  created_at     {int} NOT NULL,
  updated_at     {int} NOT NULL,
  version        {int} NOT NULL
) {table};

CREATE INDEX endpoints_organization ON endpoints (org_id, id);
CREATE INDEX endpoints_state ON endpoints (state, id);
CREATE INDEX endpoints_key ON endpoints (sealed_with, id);

-- What messages to an endpoint are signed with. From `not_after` on, one is not used any more.
CREATE TABLE endpoint_secrets (
  id           {name} NOT NULL PRIMARY KEY,
  endpoint_id  {name} NOT NULL,
  secret       {bytes} NOT NULL,
  sealed_with  {name} NOT NULL,
  not_after    {int},
  created_at   {int} NOT NULL
) {table};

CREATE INDEX endpoint_secrets_endpoint ON endpoint_secrets (endpoint_id, id);
CREATE INDEX endpoint_secrets_key ON endpoint_secrets (sealed_with, id);

CREATE TABLE messages (
  id          {name} NOT NULL PRIMARY KEY,
  org_id      {name} NOT NULL,
  kind        {name} NOT NULL,
  order_key   {name},
  payload     {text} NOT NULL,
  created_at  {int} NOT NULL
) {table};

CREATE INDEX messages_organization ON messages (org_id, created_at, id);
CREATE INDEX messages_created ON messages (created_at, id);

-- Idempotency keys of messages that applications published, with a fingerprint of what they sent.
CREATE TABLE message_keys (
  org_id           {name} NOT NULL,
  idempotency_key  {name} NOT NULL,
  message_id       {name} NOT NULL,
  fingerprint      {id16} NOT NULL,
  created_at       {int} NOT NULL,
  PRIMARY KEY (org_id, idempotency_key)
) {table};

CREATE INDEX message_keys_created ON message_keys (created_at);

-- A message on its way to an endpoint; `org_id` is the endpoint's. `state` is 0 while it waits or is under way, 1 delivered, 2 failed,
-- 3 skipped. `at` is when it is due, or, under way, when its lease ends; afterwards when it was settled. So what a dead worker held is
-- due again by itself. `attempts` counts since it was last queued, `tried` all of them; `status` is the latest answer's.
CREATE TABLE deliveries (
  message_id   {name} NOT NULL,
  endpoint_id  {name} NOT NULL,
  org_id       {name} NOT NULL,
  order_key    {name},
  state        {int} NOT NULL,
  at           {int} NOT NULL,
  attempts     {int} NOT NULL,
  tried        {int} NOT NULL,
  lease_owner  {name},
  status       {int},
  created_at   {int} NOT NULL,
  PRIMARY KEY (message_id, endpoint_id)
) {table};

-- What of a lane is due, in that order; and what was settled in one way, in the order of that.
CREATE INDEX deliveries_due ON deliveries (endpoint_id, state, at, message_id);
CREATE INDEX deliveries_endpoint ON deliveries (endpoint_id, message_id);

-- Of endpoints that want strict order: the messages of every key that are not settled yet.
CREATE TABLE delivery_order (
  endpoint_id  {name} NOT NULL,
  order_key    {name} NOT NULL,
  message_id   {name} NOT NULL,
  PRIMARY KEY (endpoint_id, order_key, message_id)
) {table};

-- `at` is when it began, `latency` the milliseconds it took.
CREATE TABLE attempts (
  message_id   {name} NOT NULL,
  endpoint_id  {name} NOT NULL,
  at           {int} NOT NULL,
  latency      {int} NOT NULL,
  status       {int},
  headers      {text},
  body         {text},
  error        {text},
  PRIMARY KEY (message_id, endpoint_id, at)
) {table};

-- Attempts counted by the minute they ended in. `under_…` counts those that took fewer milliseconds than that and not fewer than the
-- one before.
CREATE TABLE endpoint_minutes (
  endpoint_id    {name} NOT NULL,
  minute         {int} NOT NULL,
  delivered      {int} NOT NULL,
  failed         {int} NOT NULL,
  latency_total  {int} NOT NULL,
  latency_max    {int} NOT NULL,
  under_10       {int} NOT NULL,
  under_25       {int} NOT NULL,
  under_50       {int} NOT NULL,
  under_100      {int} NOT NULL,
  under_250      {int} NOT NULL,
  under_500      {int} NOT NULL,
  under_1000     {int} NOT NULL,
  under_2500     {int} NOT NULL,
  under_5000     {int} NOT NULL,
  slower         {int} NOT NULL,
  PRIMARY KEY (endpoint_id, minute)
) {table};

CREATE INDEX endpoint_minutes_minute ON endpoint_minutes (minute);
