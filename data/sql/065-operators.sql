-- SPDX-License-Identifier: MIT
-- Built-in Operators, and what each Operator was before.

-- builtin: which one it was made from. builtin_base: the values that came with builtin_version: what differs from them is a person's.
ALTER TABLE operators ADD COLUMN builtin TEXT;
ALTER TABLE operators ADD COLUMN builtin_version INTEGER;
ALTER TABLE operators ADD COLUMN builtin_base TEXT;
CREATE UNIQUE INDEX operators_builtin ON operators (builtin) WHERE builtin IS NOT NULL;

CREATE TABLE operator_versions (
  seq         INTEGER PRIMARY KEY,
  operator_id TEXT    NOT NULL REFERENCES operators (id) ON DELETE CASCADE,
  version     INTEGER NOT NULL CHECK (version > 0),
  content     TEXT    NOT NULL,
  note        TEXT    NOT NULL,
  user_name   TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX operator_versions_number ON operator_versions (operator_id, version);
