-- Syncs, the links between their two sides' records, and what is known, waiting, disputed, planned and done about them.
-- In every table a side is 0 for the left one and 1 for the right one.

-- What of the agreement the database is asked about stands in columns of its own. Before `primed_at` nobody can say which
-- records are new: both sides have to be known first.
CREATE TABLE syncs (
  id                {name} NOT NULL PRIMARY KEY,
  org_id            {name} NOT NULL,
  name              {text} NOT NULL,
  left_connection   {name} NOT NULL,
  left_type         {name} NOT NULL,
  left_collection   {name} NOT NULL,
  right_connection  {name} NOT NULL,
  right_type        {name} NOT NULL,
  right_collection  {name} NOT NULL,
  agreement         {text} NOT NULL,
  left_schema       {text} NOT NULL,
  right_schema      {text} NOT NULL,
  state             {name} NOT NULL,
  reason            {text},
  every             {int},
  primed_at         {int},
  created_at        {int} NOT NULL,
  updated_at        {int} NOT NULL,
  version           {int} NOT NULL
) {table};

-- Which syncs a stored record is a matter of.
CREATE INDEX syncs_left ON syncs (left_connection, id);
CREATE INDEX syncs_right ON syncs (right_connection, id);
CREATE INDEX syncs_organization ON syncs (org_id, id);
CREATE INDEX syncs_state ON syncs (state, id);

-- `link` is all of it, JSON; the columns are what is looked for. `ended_on` is the side whose deletion we carried over.
CREATE TABLE sync_links (
  id          {name} NOT NULL PRIMARY KEY,
  sync_id     {name} NOT NULL,
  org_id      {name} NOT NULL,
  left_id     {name},
  right_id    {name},
  name        {name} NOT NULL,
  state       {name} NOT NULL,
  trouble     {name} NOT NULL,
  ended_on    {int},
  ended_at    {int},
  link        {text} NOT NULL,
  created_at  {int} NOT NULL,
  updated_at  {int} NOT NULL,
  version     {int} NOT NULL
) {table};

-- A record is in one link of a sync at most.
CREATE UNIQUE INDEX sync_links_left ON sync_links (sync_id, left_id);
CREATE UNIQUE INDEX sync_links_right ON sync_links (sync_id, right_id);
CREATE INDEX sync_links_sync ON sync_links (sync_id, id);
CREATE INDEX sync_links_state ON sync_links (sync_id, state, id);
CREATE INDEX sync_links_trouble ON sync_links (sync_id, trouble, id);
CREATE INDEX sync_links_ended ON sync_links (sync_id, ended_on, ended_at);

-- What records are found by when it is asked which of the other side is the same.
CREATE TABLE sync_keys (
  sync_id    {name} NOT NULL,
  side       {int} NOT NULL,
  record_id  {name} NOT NULL,
  match_key  {name} NOT NULL,
  PRIMARY KEY (sync_id, side, record_id, match_key)
) {table};

CREATE INDEX sync_keys_match ON sync_keys (sync_id, side, match_key, record_id);

-- Records that a sync has to look at.
CREATE TABLE sync_marks (
  sync_id    {name} NOT NULL,
  side       {int} NOT NULL,
  record_id  {name} NOT NULL,
  asked_at   {int} NOT NULL,
  due_at     {int} NOT NULL,
  attempts   {int} NOT NULL,
  PRIMARY KEY (sync_id, side, record_id)
) {table};

-- Which are due, and which of them has waited longest.
CREATE INDEX sync_marks_due ON sync_marks (sync_id, due_at, side, record_id);
-- What was marked since then.
CREATE INDEX sync_marks_asked ON sync_marks (sync_id, asked_at, side, record_id);

-- `open_key` says what a conflict is about and `open_about` whom, while it is open; both are NULL afterwards: one open conflict
-- about one thing.
CREATE TABLE sync_conflicts (
  id           {name} NOT NULL PRIMARY KEY,
  sync_id      {name} NOT NULL,
  org_id       {name} NOT NULL,
  link_id      {name},
  open_about   {name},
  open_key     {name},
  kind         {name} NOT NULL,
  subject      {name} NOT NULL,
  left_id      {name},
  right_id     {name},
  conflict     {text} NOT NULL,
  state        {name} NOT NULL,
  choice       {text},
  resolved_by  {name},
  opened_at    {int} NOT NULL,
  updated_at   {int} NOT NULL,
  resolved_at  {int}
) {table};

CREATE UNIQUE INDEX sync_conflicts_open ON sync_conflicts (sync_id, open_key);
CREATE INDEX sync_conflicts_about ON sync_conflicts (sync_id, open_about);
CREATE INDEX sync_conflicts_sync ON sync_conflicts (sync_id, id);
CREATE INDEX sync_conflicts_sync_state ON sync_conflicts (sync_id, state, id);
CREATE INDEX sync_conflicts_kind ON sync_conflicts (sync_id, kind, id);
CREATE INDEX sync_conflicts_link ON sync_conflicts (link_id, id);
CREATE INDEX sync_conflicts_organization ON sync_conflicts (org_id, id);
CREATE INDEX sync_conflicts_organization_state ON sync_conflicts (org_id, state, id);
CREATE INDEX sync_conflicts_state ON sync_conflicts (state, id);
CREATE INDEX sync_conflicts_resolved ON sync_conflicts (resolved_at);

-- `active_key` is the sync while the run is unfinished, and NULL afterwards: one unfinished run per sync.
CREATE TABLE sync_runs (
  id                {name} NOT NULL PRIMARY KEY,
  org_id            {name} NOT NULL,
  sync_id           {name} NOT NULL,
  active_key        {name},
  towards           {int},
  dry_run           {int} NOT NULL,
  reading           {name} NOT NULL,
  cause             {name} NOT NULL,
  state             {name} NOT NULL,
  phase             {name} NOT NULL,
  saved             {text},
  counts            {text} NOT NULL,
  total             {int},
  created_at        {int} NOT NULL,
  started_at        {int},
  finished_at       {int},
  heartbeat_at      {int},
  cancel_requested  {int} NOT NULL,
  reason            {text}
) {table};

CREATE UNIQUE INDEX sync_runs_active ON sync_runs (active_key);
CREATE INDEX sync_runs_sync ON sync_runs (sync_id, created_at, id);
CREATE INDEX sync_runs_organization ON sync_runs (org_id, created_at, id);
CREATE INDEX sync_runs_state ON sync_runs (state, created_at, id);
CREATE INDEX sync_runs_created ON sync_runs (created_at, id);
CREATE INDEX sync_runs_finished ON sync_runs (finished_at);

-- What a dry run would have done.
CREATE TABLE sync_plans (
  run_id    {name} NOT NULL,
  n         {int} NOT NULL,
  side      {int},
  what      {name} NOT NULL,
  left_id   {name},
  right_id  {name},
  detail    {text} NOT NULL,
  PRIMARY KEY (run_id, n)
) {table};

-- What was done and noticed about records, in the order it was stored.
CREATE TABLE sync_history (
  seq       {serial},
  sync_id   {name} NOT NULL,
  org_id    {name} NOT NULL,
  link_id   {name},
  at        {int} NOT NULL,
  side      {int},
  what      {name} NOT NULL,
  left_id   {name},
  right_id  {name},
  detail    {text} NOT NULL
) {table};

CREATE INDEX sync_history_sync ON sync_history (sync_id, seq);
CREATE INDEX sync_history_link ON sync_history (link_id, seq);
CREATE INDEX sync_history_left ON sync_history (sync_id, left_id, seq);
CREATE INDEX sync_history_right ON sync_history (sync_id, right_id, seq);
CREATE INDEX sync_history_at ON sync_history (at);
