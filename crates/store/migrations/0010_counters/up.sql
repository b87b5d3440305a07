-- Counters: their definitions, the numbers with their pushes, what changed them, what was sent, and what comparing them found.

-- `body` is the definition without what is secret; `secrets` is that, sealed. `trigger_shown` is the trigger's address as people may see it.
CREATE TABLE counter_definitions (
  id             {name} NOT NULL PRIMARY KEY,
  org_id         {name} NOT NULL,
  name           {name} NOT NULL,
  connection_id  {name} NOT NULL,
  body           {text} NOT NULL,
  secrets        {bytes},
  sealed_with    {name},
  trigger_shown  {text},
  state          {name} NOT NULL,
  reason         {text},
  reconcile_at   {int},
  created_at     {int} NOT NULL,
  updated_at     {int} NOT NULL,
  version        {int} NOT NULL
) {table};

CREATE UNIQUE INDEX counter_definitions_name ON counter_definitions (org_id, name);
CREATE INDEX counter_definitions_organization ON counter_definitions (org_id, id);
CREATE INDEX counter_definitions_connection ON counter_definitions (connection_id, id);
CREATE INDEX counter_definitions_state ON counter_definitions (state, id);
CREATE INDEX counter_definitions_due ON counter_definitions (state, reconcile_at, id);
CREATE INDEX counter_definitions_key ON counter_definitions (sealed_with, id);

-- `stage` is 0 quiet, 1 the trigger is to be called, 2 the property is to be written, 3 the property is to be read, 4 parked. `due_at` is
-- when, or, under way, when the lease ends: so what a dead worker held is due again by itself. `push` is the rest of what is known of the
-- push, JSON. `waiting_since` is the first change that the property has not shown yet, `agreed_at` when the property was last known to be
-- right, `repairing` the run that found it wrong, until it is right, `shown_version` the version that the property showed last.
CREATE TABLE counters (
  definition_id  {name} NOT NULL,
  counter_key    {name} NOT NULL,
  value          {int} NOT NULL,
  version        {int} NOT NULL,
  stage          {int} NOT NULL,
  due_at         {int} NOT NULL,
  lease_owner    {name},
  push           {text} NOT NULL,
  waiting_since  {int},
  changed_at     {int} NOT NULL,
  vanished_at    {int},
  agreed_at      {int},
  repairing      {name},
  shown_version  {int} NOT NULL,
  PRIMARY KEY (definition_id, counter_key)
) {table};

CREATE INDEX counters_due ON counters (definition_id, stage, due_at, counter_key);

-- Every change that was made; `version` is the counter's after it.
CREATE TABLE counter_changes (
  definition_id  {name} NOT NULL,
  counter_key    {name} NOT NULL,
  version        {int} NOT NULL,
  at             {int} NOT NULL,
  op             {name} NOT NULL,
  amount         {int} NOT NULL,
  value          {int} NOT NULL,
  value_before   {int} NOT NULL,
  source         {name} NOT NULL,
  PRIMARY KEY (definition_id, counter_key, version)
) {table};

CREATE INDEX counter_changes_at ON counter_changes (at);

-- Idempotency keys of requests that changed counters, with a fingerprint of what was sent and what was answered.
CREATE TABLE counter_requests (
  org_id           {name} NOT NULL,
  idempotency_key  {name} NOT NULL,
  request_id       {name} NOT NULL,
  fingerprint      {id16} NOT NULL,
  answer           {text},
  created_at       {int} NOT NULL,
  PRIMARY KEY (org_id, idempotency_key)
) {table};

CREATE INDEX counter_requests_created ON counter_requests (created_at);

-- What was sent and what came of it; `latency` is how long the answer took, or, of what is shown, how long the change waited for that.
CREATE TABLE counter_pushes (
  seq            {serial},
  definition_id  {name} NOT NULL,
  counter_key    {name} NOT NULL,
  at             {int} NOT NULL,
  what           {name} NOT NULL,
  value          {int} NOT NULL,
  latency        {int} NOT NULL,
  detail         {text}
) {table};

CREATE INDEX counter_pushes_definition ON counter_pushes (definition_id, seq);
CREATE INDEX counter_pushes_counter ON counter_pushes (definition_id, counter_key, seq);
CREATE INDEX counter_pushes_at ON counter_pushes (at);

-- Changes, calls and what was shown, counted by the minute. `under_…` counts what was shown within fewer seconds after its change than
-- that and not fewer than the one before.
CREATE TABLE counter_minutes (
  definition_id  {name} NOT NULL,
  minute         {int} NOT NULL,
  changes        {int} NOT NULL,
  accepted       {int} NOT NULL,
  failed         {int} NOT NULL,
  call_total     {int} NOT NULL,
  shown          {int} NOT NULL,
  parked         {int} NOT NULL,
  shown_total    {int} NOT NULL,
  shown_max      {int} NOT NULL,
  under_1        {int} NOT NULL,
  under_2        {int} NOT NULL,
  under_5        {int} NOT NULL,
  under_10       {int} NOT NULL,
  under_30       {int} NOT NULL,
  under_60       {int} NOT NULL,
  under_300      {int} NOT NULL,
  under_900      {int} NOT NULL,
  under_3600     {int} NOT NULL,
  slower         {int} NOT NULL,
  PRIMARY KEY (definition_id, minute)
) {table};

CREATE INDEX counter_minutes_minute ON counter_minutes (minute);

-- Comparisons of a definition's counters with the truth and the property. `position` is the last key that was looked at in this `pass`: the
-- first looks at all counters, the second at those that the first suspected.
CREATE TABLE counter_runs (
  id                {name} NOT NULL PRIMARY KEY,
  org_id            {name} NOT NULL,
  definition_id     {name} NOT NULL,
  active_key        {name},
  state             {name} NOT NULL,
  cause             {name} NOT NULL,
  dry_run           {int} NOT NULL,
  pass              {int} NOT NULL,
  position          {name} NOT NULL,
  checked           {int} NOT NULL,
  alike             {int} NOT NULL,
  in_flight         {int} NOT NULL,
  unknown           {int} NOT NULL,
  drifted           {int} NOT NULL,
  repaired          {int} NOT NULL,
  size              {int} NOT NULL,
  calls             {int} NOT NULL,
  reason            {text},
  cancel_requested  {int} NOT NULL,
  created_at        {int} NOT NULL,
  started_at        {int},
  heartbeat_at      {int},
  finished_at       {int}
) {table};

CREATE UNIQUE INDEX counter_runs_active ON counter_runs (active_key);
CREATE INDEX counter_runs_definition ON counter_runs (definition_id, created_at, id);
CREATE INDEX counter_runs_organization ON counter_runs (org_id, created_at, id);
CREATE INDEX counter_runs_created ON counter_runs (created_at, id);
CREATE INDEX counter_runs_finished ON counter_runs (finished_at, id);

-- What a run found. `detail` is the suspicion, the drift or the source's words, JSON; `settled_at` is when the property was right again.
CREATE TABLE counter_findings (
  run_id       {name} NOT NULL,
  counter_key  {name} NOT NULL,
  verdict      {name} NOT NULL,
  outcome      {name} NOT NULL,
  detail       {text} NOT NULL,
  found_at     {int} NOT NULL,
  settled_at   {int},
  PRIMARY KEY (run_id, counter_key)
) {table};

CREATE INDEX counter_findings_verdict ON counter_findings (run_id, verdict, counter_key);
