-- SPDX-License-Identifier: MIT
-- Scope: what scans have found. A host is its address; a later scan changes what is there, and what changed is written down beside it.

CREATE TABLE scope_scans (
  seq             INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id              TEXT    NOT NULL UNIQUE,
  call_id         TEXT,
  run_id          TEXT,
  session_id      TEXT,
  operator_name   TEXT,
  user_name       TEXT,
  profile         TEXT    NOT NULL CHECK (profile IN ('discovery', 'ports', 'services', 'os')),
  protocol        TEXT    NOT NULL CHECK (protocol IN ('tcp', 'udp')),
  targets         TEXT    NOT NULL,
  ports           TEXT,
  complete        INTEGER NOT NULL,
  problem         TEXT,
  n_addresses     INTEGER NOT NULL,
  n_hosts         INTEGER NOT NULL,
  n_open          INTEGER NOT NULL,
  n_changes       INTEGER NOT NULL,
  seconds         REAL    NOT NULL,
  scanner_version TEXT,
  created_at      INTEGER NOT NULL
) STRICT;
CREATE INDEX scope_scans_call ON scope_scans (call_id);

CREATE TABLE scope_hosts (
  id            TEXT    NOT NULL PRIMARY KEY,
  address       TEXT    NOT NULL UNIQUE,
  address_key   TEXT    NOT NULL UNIQUE, -- sorts as the addresses do
  subnet        TEXT    NOT NULL,
  subnet_key    TEXT    NOT NULL,
  mac           TEXT,
  vendor        TEXT,
  names         TEXT    NOT NULL,
  os            TEXT,
  os_accuracy   INTEGER,
  label         TEXT,
  notes         TEXT    NOT NULL,
  status        TEXT    NOT NULL CHECK (status IN ('up', 'gone')),
  n_open        INTEGER NOT NULL,
  n_findings    INTEGER NOT NULL,
  severity      INTEGER NOT NULL,        -- of the worst open finding; 0: none
  server_id     TEXT    REFERENCES servers (id) ON DELETE SET NULL,
  last_scan_id  TEXT    NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX scope_hosts_subnet ON scope_hosts (subnet_key, address_key);
CREATE INDEX scope_hosts_server ON scope_hosts (server_id);

CREATE TABLE scope_services (
  host_id       TEXT    NOT NULL REFERENCES scope_hosts (id) ON DELETE CASCADE,
  protocol      TEXT    NOT NULL CHECK (protocol IN ('tcp', 'udp')),
  port          INTEGER NOT NULL CHECK (port BETWEEN 0 AND 65535),
  state         TEXT    NOT NULL CHECK (state IN ('open', 'open|filtered', 'gone')),
  name          TEXT,
  product       TEXT,
  version       TEXT,
  extra         TEXT,
  tunnel        TEXT,
  cpe           TEXT    NOT NULL,
  first_seen_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  PRIMARY KEY (host_id, protocol, port)
) STRICT, WITHOUT ROWID;
CREATE INDEX scope_services_name ON scope_services (name, state);

CREATE TABLE scope_changes (
  seq        INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  scan_id    TEXT    NOT NULL,
  host_id    TEXT    NOT NULL REFERENCES scope_hosts (id) ON DELETE CASCADE,
  kind       TEXT    NOT NULL CHECK (kind IN ('host_new', 'host_gone', 'host_back', 'port_opened', 'port_closed', 'service_changed', 'mac_changed', 'os_changed')),
  protocol   TEXT,
  port       INTEGER,
  before     TEXT,
  after      TEXT,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX scope_changes_host ON scope_changes (host_id, seq);
CREATE INDEX scope_changes_scan ON scope_changes (scan_id, seq);
CREATE INDEX scope_changes_kind ON scope_changes (kind, seq);

CREATE TABLE scope_findings (
  seq           INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
  id            TEXT    NOT NULL UNIQUE,
  host_id       TEXT    NOT NULL REFERENCES scope_hosts (id) ON DELETE CASCADE,
  rule          TEXT    NOT NULL,
  protocol      TEXT    NOT NULL,
  port          INTEGER NOT NULL,
  severity      INTEGER NOT NULL CHECK (severity BETWEEN 1 AND 4), -- low, medium, high, critical
  state         TEXT    NOT NULL CHECK (state IN ('open', 'accepted', 'resolved')),
  note          TEXT,
  decided_by    TEXT,
  first_seen_at INTEGER NOT NULL,
  last_seen_at  INTEGER NOT NULL,
  resolved_at   INTEGER,
  UNIQUE (host_id, rule, protocol, port)
) STRICT;
CREATE INDEX scope_findings_state ON scope_findings (state, severity, seq);
CREATE INDEX scope_findings_host ON scope_findings (host_id, state);
