-- SPDX-License-Identifier: MIT
-- The rules of the policy, a row for each version: the newest counts, none is ever changed.

CREATE TABLE policy_versions (
  version     INTEGER PRIMARY KEY,
  rules       TEXT    NOT NULL,
  note        TEXT    NOT NULL DEFAULT '',
  user_name   TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
CREATE TRIGGER policy_versions_no_update BEFORE UPDATE ON policy_versions
BEGIN
  SELECT RAISE (ABORT, 'a version of the policy is never changed');
END;
CREATE TRIGGER policy_versions_no_delete BEFORE DELETE ON policy_versions
BEGIN
  SELECT RAISE (ABORT, 'a version of the policy is never deleted');
END;

-- The least level that calls of a tool count as, where an administrator trusts what the tool tells of each call.
CREATE TABLE tool_floors (
  tool        TEXT    NOT NULL PRIMARY KEY,
  level       TEXT    NOT NULL CHECK (level IN ('read', 'write', 'exec')),
  user_name   TEXT    NOT NULL,
  created_at  INTEGER NOT NULL
) STRICT;
