-- SPDX-License-Identifier: MIT
-- Endpoints that a person has described as tools. `request` is JSON: what is sent, and what a call may fill in.

CREATE TABLE http_tools (
  id            TEXT    NOT NULL PRIMARY KEY,
  name          TEXT    NOT NULL UNIQUE CHECK (name <> ''),
  title         TEXT    NOT NULL,
  description   TEXT    NOT NULL CHECK (description <> ''),
  level         TEXT    NOT NULL CHECK (level IN ('read', 'write', 'exec', 'elevate')),
  enabled       INTEGER NOT NULL CHECK (enabled IN (0, 1)),
  request       TEXT    NOT NULL,
  credential_id TEXT    REFERENCES credentials (id) ON DELETE RESTRICT,
  created_at    INTEGER NOT NULL,
  updated_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX http_tools_credential ON http_tools (credential_id);
