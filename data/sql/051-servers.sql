-- SPDX-License-Identifier: MIT
-- The inventory: what opens servers, and the servers.

CREATE TABLE credentials (
  id          TEXT    NOT NULL PRIMARY KEY,
  name        TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  kind        TEXT    NOT NULL CHECK (kind IN ('ssh_key', 'password')),
  public_key  TEXT,
  fingerprint TEXT,
  sealed      TEXT    NOT NULL,
  created_at  INTEGER NOT NULL,
  updated_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX credentials_name ON credentials (name COLLATE NOCASE);

CREATE TABLE servers (
  id             TEXT    NOT NULL PRIMARY KEY,
  name           TEXT    NOT NULL COLLATE NOCASE CHECK (name <> ''),
  host           TEXT    NOT NULL CHECK (host <> ''),
  port           INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
  user_name      TEXT    NOT NULL CHECK (user_name <> ''),
  credential_id  TEXT    REFERENCES credentials (id) ON DELETE RESTRICT,
  tags           TEXT    NOT NULL,
  notes          TEXT    NOT NULL,
  host_key       TEXT,
  status         TEXT    NOT NULL CHECK (status IN ('unknown', 'up', 'failed')),
  status_message TEXT,
  system         TEXT,
  checked_at     INTEGER,
  last_seen_at   INTEGER,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX servers_name ON servers (name COLLATE NOCASE);
CREATE INDEX servers_credential ON servers (credential_id);

-- Which Operators may use a server; none: all may.
CREATE TABLE server_operators (
  server_id   TEXT NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
  operator_id TEXT NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
  PRIMARY KEY (server_id, operator_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX server_operators_operator ON server_operators (operator_id);
