-- SPDX-License-Identifier: MIT
-- Times are UTC microseconds since 1970, ids UUIDv7 text, structured values JSON text.
-- seq orders rows as they came, which ids and clocks cannot promise across restarts.

CREATE TABLE internal_values (
  name        TEXT    NOT NULL PRIMARY KEY,
  value       TEXT    NOT NULL
) STRICT;

CREATE TABLE settings (
  name        TEXT    NOT NULL PRIMARY KEY,
  value       TEXT    NOT NULL
) STRICT;

CREATE TABLE users (
  id          TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  role        TEXT    NOT NULL CHECK (role IN ('owner', 'administrator', 'approver', 'viewer')),
  record      TEXT    NOT NULL,
  disabled    INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
  created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX users_name ON users (name COLLATE NOCASE);
CREATE UNIQUE INDEX users_owner ON users (role) WHERE role = 'owner';

CREATE TABLE logins (
  token_sha256 TEXT    NOT NULL PRIMARY KEY,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  address      TEXT,
  user_agent   TEXT,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER NOT NULL,
  ended_at     INTEGER
) STRICT;
CREATE INDEX logins_user ON logins (user_id);
CREATE INDEX logins_expiry ON logins (expires_at);
CREATE INDEX logins_ended ON logins (ended_at) WHERE ended_at IS NOT NULL;

CREATE TABLE tokens (
  seq          INTEGER PRIMARY KEY,
  id           TEXT    NOT NULL UNIQUE,
  user_id      TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name         TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  token_sha256 TEXT    NOT NULL UNIQUE,
  created_at   INTEGER NOT NULL,
  expires_at   INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE UNIQUE INDEX tokens_name ON tokens (user_id, name COLLATE NOCASE);
CREATE INDEX tokens_list ON tokens (user_id, seq);

CREATE TABLE providers (
  id            TEXT    NOT NULL PRIMARY KEY,
  name          TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  type          TEXT    NOT NULL CHECK (type <> ''),
  base_url      TEXT,
  default_model TEXT,
  enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  is_default    INTEGER NOT NULL CHECK (is_default IN (0, 1)),
  sealed_key    TEXT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX providers_name ON providers (name COLLATE NOCASE);
CREATE UNIQUE INDEX providers_default ON providers (is_default) WHERE is_default = 1;

CREATE TABLE operators (
  id                TEXT    NOT NULL PRIMARY KEY,
  name              TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  description       TEXT    NOT NULL,
  system_prompt     TEXT    NOT NULL,
  soul              TEXT    NOT NULL,
  provider_id       TEXT    REFERENCES providers (id) ON DELETE RESTRICT,
  model             TEXT,
  permission_level  TEXT    NOT NULL CHECK (permission_level IN ('read', 'write', 'exec', 'elevate')),
  trust_mode        TEXT    NOT NULL CHECK (trust_mode IN ('inherit', 'strict', 'lenient')),
  working_directory TEXT,
  enabled           INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  created_at        INTEGER NOT NULL,
  updated_at        INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX operators_name ON operators (name COLLATE NOCASE);
CREATE INDEX operators_provider ON operators (provider_id);

CREATE TABLE operator_tools (
  operator_id TEXT    NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
  position    INTEGER NOT NULL,
  tool        TEXT    NOT NULL CHECK (tool <> ''),
  PRIMARY KEY (operator_id, tool)
) STRICT;

CREATE TABLE sessions (
  id          TEXT    NOT NULL PRIMARY KEY,
  user_id     TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  title       TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_list ON sessions (user_id, updated_at, id);

CREATE TABLE runs (
  seq            INTEGER PRIMARY KEY,
  id             TEXT    NOT NULL UNIQUE,
  session_id     TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  user_id        TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  state          TEXT    NOT NULL CHECK (state IN ('routing', 'asking', 'resolving', 'done', 'failed', 'stopped')),
  operator_id    TEXT    REFERENCES operators (id) ON DELETE SET NULL,
  operator_name  TEXT,
  routing_reason TEXT,
  error          TEXT,
  turns          INTEGER NOT NULL DEFAULT 0,
  input_tokens   INTEGER,
  output_tokens  INTEGER,
  stop_requested INTEGER NOT NULL DEFAULT 0 CHECK (stop_requested IN (0, 1)),
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  ended_at       INTEGER
) STRICT;
CREATE UNIQUE INDEX runs_live ON runs (session_id) WHERE state IN ('routing', 'asking', 'resolving');
CREATE INDEX runs_session ON runs (session_id, seq);
CREATE INDEX runs_user ON runs (user_id, seq);
CREATE INDEX runs_state ON runs (state, seq);
CREATE INDEX runs_operator ON runs (operator_id);

CREATE TABLE messages (
  seq           INTEGER PRIMARY KEY,
  id            TEXT    NOT NULL UNIQUE,
  session_id    TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  run_id        TEXT    REFERENCES runs (id) ON DELETE CASCADE,
  kind          TEXT    NOT NULL CHECK (kind IN ('user', 'assistant', 'tools', 'notice')),
  operator_name TEXT,
  content       TEXT    NOT NULL,
  created_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX messages_session ON messages (session_id, seq);
CREATE INDEX messages_run ON messages (run_id, seq);

-- A call is written five times or so, and CHECK (x IN (...)) of more than two values fills a table of its own for each row that is written.
CREATE TABLE calls (
  seq              INTEGER PRIMARY KEY,
  id               TEXT    NOT NULL UNIQUE,
  run_id           TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  message_id       TEXT    REFERENCES messages (id) ON DELETE CASCADE,
  provider_call_id TEXT,
  tool             TEXT    NOT NULL,
  arguments        TEXT,
  level            TEXT    CHECK (level = 'read' OR level = 'write' OR level = 'exec' OR level = 'elevate'),
  resource         TEXT,
  state            TEXT    NOT NULL CHECK (state = 'new' OR state = 'waiting' OR state = 'declaring' OR state = 'running' OR state = 'recording' OR state = 'done'),
  decision         TEXT,
  approval_id      TEXT,
  outcome          TEXT    CHECK (outcome = 'success' OR outcome = 'failed' OR outcome = 'denied' OR outcome = 'interrupted' OR outcome = 'unknown'),
  result           TEXT,
  created_at       INTEGER NOT NULL,
  started_at       INTEGER,
  ended_at         INTEGER
) STRICT;
CREATE INDEX calls_run ON calls (run_id, seq);
CREATE INDEX calls_message ON calls (message_id);

-- An approval remembers its Operator by id and name after that is gone.
CREATE TABLE approvals (
  seq              INTEGER PRIMARY KEY,
  id               TEXT    NOT NULL UNIQUE,
  call_id          TEXT    NOT NULL REFERENCES calls (id) ON DELETE CASCADE,
  run_id           TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  session_id       TEXT    NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  user_id          TEXT    NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  operator_id      TEXT    NOT NULL,
  operator_name    TEXT    NOT NULL,
  tool             TEXT    NOT NULL,
  level            TEXT    NOT NULL CHECK (level IN ('read', 'write', 'exec', 'elevate')),
  resource         TEXT,
  arguments        TEXT    NOT NULL,
  arguments_sha256 TEXT    NOT NULL,
  reason           TEXT    NOT NULL,
  preview          TEXT,
  status           TEXT    NOT NULL CHECK (status IN ('pending', 'approved', 'denied', 'expired', 'cancelled')),
  mode             TEXT    CHECK (mode IN ('once', 'timed')),
  minutes          INTEGER CHECK (minutes > 0),
  decided_by       TEXT,
  deny_reason      TEXT,
  created_at       INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  decided_at       INTEGER
) STRICT;
CREATE INDEX approvals_status ON approvals (status, seq);
CREATE INDEX approvals_session ON approvals (session_id);
CREATE INDEX approvals_run ON approvals (run_id);
CREATE INDEX approvals_user ON approvals (user_id);
-- The same call asks once, however often it is retried or resumed.
CREATE UNIQUE INDEX approvals_pending ON approvals (call_id) WHERE status = 'pending';
CREATE INDEX approvals_call ON approvals (call_id);

CREATE TABLE grants (
  seq              INTEGER PRIMARY KEY,
  id               TEXT    NOT NULL UNIQUE,
  approval_id      TEXT    REFERENCES approvals (id) ON DELETE SET NULL,
  operator_id      TEXT    NOT NULL,
  operator_name    TEXT    NOT NULL,
  tool             TEXT    NOT NULL,
  level            TEXT    NOT NULL CHECK (level IN ('read', 'write', 'exec', 'elevate')),
  resource         TEXT,
  mode             TEXT    NOT NULL CHECK (mode IN ('once', 'timed')),
  arguments_sha256 TEXT    CHECK (mode <> 'once' OR arguments_sha256 IS NOT NULL),
  granted_by       TEXT    NOT NULL,
  created_at       INTEGER NOT NULL,
  expires_at       INTEGER NOT NULL,
  used_at          INTEGER,
  revoked_at       INTEGER,
  signature        TEXT    NOT NULL
) STRICT;
CREATE INDEX grants_live ON grants (operator_id, tool, expires_at) WHERE used_at IS NULL AND revoked_at IS NULL;
CREATE INDEX grants_approval ON grants (approval_id);

CREATE TABLE plugins_allowed (
  id          TEXT    NOT NULL PRIMARY KEY,
  sha256      TEXT    NOT NULL,
  user_name   TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;

-- No foreign keys out of it: what it names may be deleted, the record stays.
CREATE TABLE audit (
  seq           INTEGER PRIMARY KEY AUTOINCREMENT,
  id            TEXT    NOT NULL,
  at            INTEGER NOT NULL,
  event         TEXT    NOT NULL CHECK (event <> ''),
  user_name     TEXT,
  operator_name TEXT,
  session_id    TEXT,
  run_id        TEXT,
  call_id       TEXT,
  approval_id   TEXT,
  tool          TEXT,
  level         TEXT,
  resource      TEXT,
  arguments     TEXT,
  decision      TEXT,
  rule          TEXT,
  reason        TEXT,
  outcome       TEXT,
  error         TEXT,
  duration_us   INTEGER,
  detail        TEXT
) STRICT;
CREATE INDEX audit_time ON audit (at);
CREATE INDEX audit_event ON audit (event, seq);
CREATE INDEX audit_operator ON audit (operator_name, seq) WHERE operator_name IS NOT NULL;
CREATE INDEX audit_tool ON audit (tool, seq) WHERE tool IS NOT NULL;
CREATE INDEX audit_session ON audit (session_id, seq) WHERE session_id IS NOT NULL;
CREATE INDEX audit_call ON audit (call_id, seq) WHERE call_id IS NOT NULL;
CREATE INDEX audit_run ON audit (run_id, seq) WHERE run_id IS NOT NULL;

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
-- REPLACE deletes without telling the trigger above.
CREATE TRIGGER audit_no_replace BEFORE INSERT ON audit WHEN NEW.seq IN (SELECT seq FROM audit)
BEGIN
  SELECT RAISE (ABORT, 'the audit log is append-only');
END;
