-- The mirror of accounts' records, the runs that fill it, and what has to be read again or told.

-- `name` is the item's name as searching looks at it: in lower case, cut to what an index could hold. `seen_at` is NULL once a
-- record is gone, which takes it out of what a sweep looks through.
CREATE TABLE records (
  connection_id  {name} NOT NULL,
  object_type    {name} NOT NULL,
  record_id      {name} NOT NULL,
  org_id         {name} NOT NULL,
  collection     {name} NOT NULL,
  name           {name} NOT NULL,
  modified_at    {int},
  archived       {int} NOT NULL,
  gone_at        {int},
  merged_into    {name},
  hash           {id16} NOT NULL,
  read_at        {int} NOT NULL,
  seen_at        {int},
  created_at     {int} NOT NULL,
  changed_at     {int} NOT NULL,
  version        {int} NOT NULL,
  item           {text} NOT NULL,
  body           {text} NOT NULL,
  PRIMARY KEY (connection_id, object_type, record_id)
) {table};

-- What a complete walk along one collection has not seen, and how many there are of each.
CREATE INDEX records_seen ON records (connection_id, object_type, collection, seen_at);

-- `active_key` is the connection while the run is unfinished, and NULL afterwards: one unfinished run per connection.
CREATE TABLE runs (
  id                {name} NOT NULL PRIMARY KEY,
  org_id            {name} NOT NULL,
  connection_id     {name} NOT NULL,
  active_key        {name},
  kind              {name} NOT NULL,
  mode              {name} NOT NULL,
  cause             {name} NOT NULL,
  state             {name} NOT NULL,
  wish              {text} NOT NULL,
  created_at        {int} NOT NULL,
  started_at        {int},
  finished_at       {int},
  heartbeat_at      {int},
  cancel_requested  {int} NOT NULL,
  reason            {text},
  records_read      {int} NOT NULL,
  records_changed   {int} NOT NULL,
  records_gone      {int} NOT NULL
) {table};

CREATE UNIQUE INDEX runs_active ON runs (active_key);
CREATE INDEX runs_organization ON runs (org_id, created_at, id);
CREATE INDEX runs_connection ON runs (connection_id, created_at, id);
CREATE INDEX runs_state ON runs (state, created_at, id);
CREATE INDEX runs_created ON runs (created_at, id);
CREATE INDEX runs_finished ON runs (finished_at);

CREATE TABLE run_lanes (
  run_id       {name} NOT NULL,
  lane         {name} NOT NULL,
  object_type  {name} NOT NULL,
  collection   {name} NOT NULL,
  title        {text} NOT NULL,
  complete     {int} NOT NULL,
  detail       {text} NOT NULL,
  state        {name} NOT NULL,
  since        {int},
  saved        {text},
  started_at   {int},
  high_water   {int},
  records_read {int} NOT NULL,
  created      {int} NOT NULL,
  changed      {int} NOT NULL,
  unchanged    {int} NOT NULL,
  stale        {int} NOT NULL,
  gone         {int} NOT NULL,
  pages        {int} NOT NULL,
  total        {int},
  notice       {text},
  error        {text},
  updated_at   {int} NOT NULL,
  PRIMARY KEY (run_id, lane)
) {table};

-- What is remembered of a lane from run to run.
CREATE TABLE positions (
  connection_id  {name} NOT NULL,
  lane           {name} NOT NULL,
  high_water     {int},
  full_at        {int},
  updated_at     {int} NOT NULL,
  PRIMARY KEY (connection_id, lane)
) {table};

-- What the application is to be told; written in the transaction that makes it true.
CREATE TABLE notifications (
  id             {name} NOT NULL PRIMARY KEY,
  org_id         {name} NOT NULL,
  connection_id  {name},
  kind           {name} NOT NULL,
  payload        {text} NOT NULL,
  created_at     {int} NOT NULL,
  dispatched_at  {int}
) {table};

CREATE INDEX notifications_organization ON notifications (org_id, created_at, id);
CREATE INDEX notifications_kind ON notifications (kind, created_at, id);
CREATE INDEX notifications_created ON notifications (created_at, id);

-- Records that have to be read again, because an event says that they changed.
CREATE TABLE stale_records (
  connection_id  {name} NOT NULL,
  object_type    {name} NOT NULL,
  record_id      {name} NOT NULL,
  collection     {name} NOT NULL,
  asked_at       {int} NOT NULL,
  PRIMARY KEY (connection_id, object_type, record_id)
) {table};

-- Which has waited longest, and which others of its type and collection can be read with it.
CREATE INDEX stale_records_asked ON stale_records (connection_id, asked_at);
CREATE INDEX stale_records_alike ON stale_records (connection_id, object_type, collection, asked_at);

-- Our webhook subscriptions at providers. `position` is how far a provider's list of changes has been read.
CREATE TABLE hooks (
  id             {name} NOT NULL PRIMARY KEY,
  connection_id  {name} NOT NULL,
  provider       {name} NOT NULL,
  remote_id      {name} NOT NULL,
  part           {name} NOT NULL,
  url            {text} NOT NULL,
  secret         {bytes},
  sealed_with    {name},
  position       {int},
  expires_at     {int},
  created_at     {int} NOT NULL,
  updated_at     {int} NOT NULL
) {table};

CREATE INDEX hooks_connection ON hooks (connection_id, id);
CREATE INDEX hooks_remote ON hooks (provider, remote_id, id);
CREATE INDEX hooks_expiry ON hooks (expires_at, id);
CREATE INDEX hooks_key ON hooks (sealed_with, id);
